"""What a writer asks of the object that is there: that there is none, or that it is a certain one.

Sources: the vendor's page PutObject (x-oss-forbid-overwrite has no effect in a bucket with versions, where nothing is
lost), and that of the error 0017-00000279 (its two values).
"""

from dataclasses import dataclass

from yunbox.kernel.errors import Conflict, InvalidArgument, Unsupported
from yunbox.services.oss.http.target import OssRequest
from yunbox.storage.objects.model import Bucket, ObjectRecord
from yunbox.storage.objects.objects import Check, forbid_overwrite


@dataclass(frozen=True, slots=True)
class Overwrite:
    """What may be overwritten: nothing (``never`` as OSS says it, ``absent`` as S3 does), or one state of an object."""

    never: bool = False
    absent: bool = False
    etag: str | None = None

    def check(self, bucket: Bucket) -> Check | None:
        """What looks at the present record; None where anything may be there."""
        if self.never:
            return None if bucket.versioning else forbid_overwrite
        if self.absent:
            return _absent
        return self._same if self.etag is not None else None

    def _same(self, record: ObjectRecord | None) -> None:
        if record is None or record.is_marker or self.etag not in ("*", record.etag.upper()):
            raise _failed()


ANYTHING = Overwrite()
"""Whatever is there may be overwritten."""


def overwrite_of(request: OssRequest) -> Overwrite:
    """What a request asks of the object that is there. Raises InvalidArgument."""
    forbidden = request.headers.get("x-oss-forbid-overwrite")
    if forbidden is None or forbidden.lower() == "false":
        return state_of(request)
    if forbidden.lower() != "true":
        raise InvalidArgument("The value of x-oss-forbid-overwrite is true or false.", ec="0017-00000279")
    return Overwrite(never=True)


def state_of(request: OssRequest) -> Overwrite:
    """The state that the object that is there is to be in, by the conditions of HTTP. Raises Unsupported."""
    headers = request.headers
    if headers.get("if-none-match") == "*":
        return Overwrite(absent=True)
    wanted = headers.get("if-match")
    if wanted is None and "if-none-match" not in headers:
        return ANYTHING
    if wanted is None or "," in wanted:
        raise Unsupported("A write asks by If-Match for one ETag or '*', or by If-None-Match for '*'.",
                          code="NotImplemented")  # fmt: skip
    return Overwrite(etag=wanted.strip('"').upper())


def _absent(record: ObjectRecord | None) -> None:
    if record is not None and not record.is_marker:
        raise _failed()


def _failed() -> Conflict:
    return Conflict("At least one of the pre-conditions you specified did not hold.", code="PreconditionFailed")
