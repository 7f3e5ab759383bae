"""``GET /metrics`` over HTTP: Prometheus's text format, behind an AccessKey as user name and password.

Prometheus signs no requests in the vendor's way; HTTP Basic authentication (RFC 7617) is what it and curl can do.
"""

import math
from base64 import b64decode

from yunbox.kernel import ids
from yunbox.kernel.call import Claim
from yunbox.kernel.errors import Forbidden, Internal, InvalidArgument, KernelError, NotFound, Unauthenticated
from yunbox.services.monitor.service import GET_METRICS, Monitor
from yunbox.wire.http import ClientGone, Receive, Request, Response, Scope, Send, parse_request, send_response

_STATUSES: dict[type[KernelError], int] = {InvalidArgument: 400, Unauthenticated: 401, Forbidden: 403, NotFound: 404}
_PATH = "/metrics"
_TEXT = "text/plain; version=0.0.4; charset=utf-8"


class MonitorApp:
    """The ASGI application of the monitoring service."""

    def __init__(self, service: Monitor) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request_id = ids.request_id()
        try:
            response = await self._serve(parse_request(scope, receive), request_id)
        except ClientGone:
            return
        except Exception as error:
            response = _failure(error, request_id)
        response.headers["x-acs-request-id"] = request_id
        await send_response(response, send)

    async def _serve(self, request: Request, request_id: str) -> Response:
        if request.raw_path != _PATH or request.method not in ("GET", "HEAD"):
            raise NotFound(f"There is nothing but GET {_PATH} here")

        async def read() -> None:
            return None

        spine = self._service.spine
        body = await spine.call(self._service, GET_METRICS, read, read_claim(request), request_id)
        return Response(200, {"Content-Type": _TEXT}, body)


def read_claim(request: Request) -> Claim:
    """The user name and password as a claim: an AccessKey's id and its secret."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return Claim("none", source_ip=request.peer)
    try:
        name, _, password = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:  # no Base64, no ASCII or no UTF-8
        raise InvalidArgument("The Authorization header is not one of Basic authentication") from None
    # A password bears no date: it holds whenever it is given.
    return Claim("basic", name, password, signed=("",), expires_at=math.inf, source_ip=request.peer)


def _failure(error: Exception, request_id: str) -> Response:
    kernel = error if isinstance(error, KernelError) else Internal(f"{type(error).__name__}: {error}")
    status = next((status for kind, status in _STATUSES.items() if isinstance(kernel, kind)), 500)
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="yunbox", charset="UTF-8"'
    return Response(status, headers, f"{kernel} (request {request_id})\n".encode())
