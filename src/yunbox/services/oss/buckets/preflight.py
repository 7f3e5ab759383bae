"""OptionObject: what a browser asks before it sends a request to another origin. Nobody signs it."""

from dataclasses import dataclass

from yunbox.kernel.call import Access, Call
from yunbox.kernel.errors import InvalidArgument
from yunbox.services.oss.http.cors import preflight
from yunbox.services.oss.http.route import BUCKET, OBJECT, empty, on
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.objects.reading import as_is
from yunbox.services.oss.operation import READ, operation
from yunbox.services.oss.params import at_bucket
from yunbox.services.oss.service import Oss
from yunbox.wire.http import Response


@dataclass(frozen=True)
class Preflight:
    """The request that would follow: where from, by which method, with which headers."""

    bucket: str
    origin: str
    method: str
    headers: str


async def _preflight(request: OssRequest) -> Preflight:
    headers = request.headers
    origin, method = headers.get("origin", ""), headers.get("access-control-request-method", "")
    if not origin:
        raise InvalidArgument("Insufficient information. Origin request header needed.", code="BadRequest")
    if not method:
        raise InvalidArgument("Invalid Access-Control-Request-Method: null", code="BadRequest")
    return Preflight(request.bucket, origin, method, headers.get("access-control-request-headers", ""))


async def _answer(service: Oss, call: Call[Preflight]) -> Response:
    asked = call.params
    headers = preflight(service.bucket(asked.bucket), asked.origin, asked.method, asked.headers)
    return empty(200, headers)


def _touches(service: Oss, params: Preflight) -> tuple[Access, ...]:
    return ()


OPTIONS = operation("OptionObject", Preflight, _answer, _touches, charge=READ, place=at_bucket, mounted=True)
ROUTES = (
    on("OPTIONS", OBJECT, OPTIONS, _preflight, as_is),
    on("OPTIONS", BUCKET, OPTIONS, _preflight, as_is),
)
