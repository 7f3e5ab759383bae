"""Who may read objects, for processes that read them where they lie: bucket policies and ACLs, as for a GetObject."""

from collections.abc import Iterable, Sequence

from yunbox.identity.policy import Statement
from yunbox.kernel.call import Access, Principal
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import NotFound
from yunbox.services.oss.access import Grants
from yunbox.storage.database import Database
from yunbox.storage.objects.model import Bucket, ObjectRecord
from yunbox.storage.objects.view import ObjectView, view_of


class _Seen:
    """Buckets and their objects, as another process than their store's sees them."""

    def __init__(self, view: ObjectView) -> None:
        self._view = view

    def bucket(self, name: str) -> Bucket | None:
        """A bucket, or None."""
        try:
            return self._view.bucket(name)
        except NotFound:
            return None

    def record(self, bucket: Bucket, key: str, version: str | None) -> ObjectRecord | None:
        """The present object of a key, or None; no version is asked for here."""
        assert version is None
        return next((record for _, record in self._view.records(bucket.name, [key])), None)


class LentObjects:
    """Judges reads of objects."""

    binds_owner = True

    def __init__(self, view: ObjectView) -> None:
        self._seen = _Seen(view)
        self._grants = Grants(self._seen)

    def access(self, action: str, names: Sequence[str]) -> Access:
        """An action on an object, by its bucket and key; one on a bucket is ListObjects, by it and a prefix.

        Raises NotFound.
        """
        bucket, key = names
        found = self._seen.bucket(bucket)
        if found is None:
            raise NotFound("The specified bucket does not exist.", code="NoSuchBucket")
        if action == "oss:ListObjects":
            return Access(action, bucket, found.account_id, {"oss:Prefix": key})
        return Access(action, f"{bucket}/{key}", found.account_id)

    def statements(self, principal: Principal, access: Access) -> Iterable[Statement]:
        """What the bucket's policy and the ACLs say."""
        return self._grants(principal, access)


def lend(database: Database, _clock: Clock) -> LentObjects:
    """The judge of a process."""
    return LentObjects(view_of(database.path.with_name("oss")))
