"""What a writer asks of the object that is there: that there is none, or that it is a certain one."""

from dataclasses import dataclass

from yunbox.kernel.errors import Conflict, Unsupported
from yunbox.services.oss.http.target import OssRequest
from yunbox.storage.objects.model import ObjectRecord
from yunbox.storage.objects.objects import Check, forbid_overwrite


@dataclass(frozen=True, slots=True)
class Overwrite:
    """What may be overwritten: nothing (``never`` as OSS says it, ``absent`` as S3 does), or one state of an object."""

    never: bool = False
    absent: bool = False
    etag: str | None = None

    @property
    def check(self) -> Check | None:
        """What looks at the present record; None where anything may be there."""
        if self.never:
            return forbid_overwrite
        if self.absent:
            return _absent
        return self._same if self.etag is not None else None

    def _same(self, record: ObjectRecord | None) -> None:
        if record is None or record.is_marker or self.etag not in ("*", record.etag.upper()):
            raise _failed()


ANYTHING = Overwrite()
"""Whatever is there may be overwritten."""


def overwrite_of(request: OssRequest) -> Overwrite:
    """What a request asks of the object that is there."""
    headers = request.headers
    if headers.get("x-oss-forbid-overwrite", "").lower() == "true":
        return Overwrite(never=True)
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
