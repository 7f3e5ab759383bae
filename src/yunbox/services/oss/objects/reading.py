"""What a read asks for: which object or version, under which conditions, which bytes; and bytes as an answer."""

from dataclasses import dataclass, field

from yunbox.kernel.call import Access, Stream
from yunbox.services.oss.http.pace import rate_of
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.http.website import Visit, visit_of
from yunbox.services.oss.objects.headers import (
    ANY,
    Conditions,
    Span,
    conditions,
    is_same,
    is_strict,
    overrides,
    span_of,
)
from yunbox.services.oss.params import OnVersion
from yunbox.services.oss.service import Oss
from yunbox.storage.objects.model import ObjectRecord
from yunbox.storage.objects.objects import check_key
from yunbox.wire.http import Response


@dataclass(frozen=True, slots=True)
class Reading(OnVersion):
    """What is read of one object or version. ``strict`` refuses a range that cannot be served.

    ``overrides`` are headers that the answer is to have; ``visit`` is what a website asks of a reader without a name;
    ``rate`` is how many bytes a second may go out, 0 for all; ``accepted`` are the encodings that the reader takes.
    """

    conditions: Conditions = ANY
    range: str = ""
    if_range: str = ""
    strict: bool = False
    overrides: dict[str, str] = field(default_factory=dict)
    visit: Visit | None = None
    rate: int = 0
    accepted: str = ""

    def span(self, record: ObjectRecord) -> Span:
        """The bytes that are asked for of an object; all of it, where it is another than ``if_range`` names."""
        wanted = self.range if not self.if_range or is_same(self.if_range, record) else ""
        return span_of(wanted, record.size, strict=self.strict)


@dataclass
class Bytes(Stream):
    """Bytes of an object that are sent as they are read."""

    status: int = 200
    all_headers: dict[str, str] = field(default_factory=dict)


async def reading(request: OssRequest) -> Reading:
    """The parameters of a request that reads one object."""
    check_key(request.key)
    headers = request.headers
    return Reading(
        request.bucket,
        request.key,
        request.query.get("versionId"),
        conditions(headers),
        headers.get("range", ""),
        headers.get("if-range", ""),
        is_strict(request),
        overrides(request.query, signed=request.signed),
        visit_of(request) if "authorization" not in headers else None,
        rate_of(request),
        headers.get("accept-encoding", ""),
    )


async def on_version(request: OssRequest) -> OnVersion:
    """The parameters of a request about one object or version."""
    check_key(request.key)
    return OnVersion(request.bucket, request.key, request.query.get("versionId"))


def reads(service: Oss, params: OnVersion) -> tuple[Access, ...]:
    """The access of a read."""
    return (service.touch("GetObject", params.bucket, params.key, params.version),)


def as_is(result: Response, request: OssRequest) -> Response:
    """A result that is a response already."""
    return result
