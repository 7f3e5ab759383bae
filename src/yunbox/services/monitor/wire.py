"""``GET /metrics`` over HTTP: Prometheus's text format, behind an AccessKey as user name and password.

Prometheus signs no requests in the vendor's way; HTTP Basic authentication (RFC 7617) is what it and curl can do.
"""

import math
from base64 import b64decode

from yunbox.identity.identify import BASIC
from yunbox.kernel.call import Claim
from yunbox.kernel.errors import Forbidden, InvalidArgument, KernelError, NotFound, Unauthenticated
from yunbox.services.monitor.service import GET_METRICS, Monitor
from yunbox.wire.app import Front
from yunbox.wire.http import Receive, Request, Response, Scope, parse_request
from yunbox.wire.route import Router, Values, on_path, path_key

_STATUSES: dict[type[KernelError], int] = {InvalidArgument: 400, Unauthenticated: 401, Forbidden: 403, NotFound: 404}
_PATH = "/metrics"
_TEXT = "text/plain; version=0.0.4; charset=utf-8"


async def _nothing(_request: Request, _values: Values) -> None:
    return None


def _text(body: bytes, _request: Request) -> Response:
    return Response(200, {"Content-Type": _TEXT}, body)


def _missing(_request: Request) -> NotFound:
    return NotFound(f"There is nothing but GET {_PATH} here")


ROUTES = [on_path(method, _PATH, GET_METRICS, _nothing, _text) for method in ("GET", "HEAD")]


class MonitorFront(Front[Request]):
    """The protocol of the monitoring service."""

    def __init__(self, service: Monitor) -> None:
        super().__init__(Router([route.bound(service) for route in ROUTES], path_key, _missing))

    def target(self, scope: Scope, receive: Receive) -> Request:
        """The request."""
        return parse_request(scope, receive)

    def claim(self, request: Request) -> Claim:
        """The user name and password as a claim: an AccessKey's id and its secret."""
        return read_claim(request)

    def failure(self, error: KernelError, request: Request | None, request_id: str, scope: Scope) -> Response:
        """One line of text."""
        status = next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), 500)
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        if status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="yunbox", charset="UTF-8"'
        return Response(status, headers, f"{error} (request {request_id})\n".encode())


def read_claim(request: Request) -> Claim:
    """A claim by HTTP Basic authentication. Raises InvalidArgument for a header that is none."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return Claim("none", source_ip=request.peer)
    try:
        name, _, password = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:  # no Base64, no ASCII or no UTF-8
        raise InvalidArgument("The Authorization header is not one of Basic authentication") from None
    # A password bears no date: it holds whenever it is given.
    return Claim(BASIC, name, password, signed=("",), expires_at=math.inf, source_ip=request.peer)
