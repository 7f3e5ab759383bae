"""Where the objects of each bucket lie: one place that every service asks."""

from yunbox.kernel.errors import Unsupported
from yunbox.storage.objects.local import LocalBackend
from yunbox.storage.objects.model import Bucket
from yunbox.storage.objects.ports import Backend, Remotes
from yunbox.storage.objects.store import ObjectStore


class Backends:
    """The store on this disk, and the buckets elsewhere that are mounted here."""

    def __init__(self, store: ObjectStore, remotes: Remotes | None) -> None:
        self._local = LocalBackend(store)
        self._remotes = remotes

    @property
    def remotes(self) -> Remotes:
        """The mounted buckets. Raises Unsupported where there can be none."""
        if self._remotes is None:
            raise Unsupported("This server mounts no buckets.", code="NotImplemented")
        return self._remotes

    def of(self, bucket: Bucket) -> Backend:
        """The backend of a bucket."""
        return self.remotes.backend(bucket) if bucket.remote else self._local
