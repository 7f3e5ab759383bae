"""OSS over HTTP: bytes to operations and back."""

from functools import partial
from typing import Any

from yunbox.kernel import ids
from yunbox.services.oss import faults, s3
from yunbox.services.oss.api.routes import ROUTES
from yunbox.services.oss.claims import dialect_of, read_claim
from yunbox.services.oss.route import Router
from yunbox.services.oss.service import Oss
from yunbox.services.oss.target import S3, OssRequest, parse_target
from yunbox.wire.http import ClientGone, Receive, Response, Scope, Send, send_response


class OssApp:
    """The ASGI application of one OSS service."""

    def __init__(self, service: Oss) -> None:
        self._service = service
        self._router = Router(ROUTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request_id = ids.request_id()
        started = False
        request: OssRequest | None = None

        async def sending(event: dict[str, Any]) -> None:
            nonlocal started
            started = True
            await send(event)

        try:
            request = parse_target(scope, receive, self._service.domain)
            response = await self._serve(request, request_id)
            await self._send(response, request, request_id, sending)
        except ClientGone:
            return
        except Exception as error:
            if started:
                raise  # too late for another answer: the connection is cut, and the client sees a short body
            response = faults.response(error, request_id, scope_host(scope))
            await self._send(response, request, request_id, send)

    async def _serve(self, request: OssRequest, request_id: str) -> Response:
        claim = read_claim(request)
        if dialect_of(request) == S3:
            request = s3.adapt_request(request)
        route = self._router.find(request)
        read = partial(route.parse, request)
        result = await self._service.spine.call(self._service, route.operation, read, claim, request_id)
        return route.render(result, request)

    async def _send(self, response: Response, request: OssRequest | None, request_id: str, send: Send) -> None:
        response.headers["x-oss-request-id"] = request_id
        response.headers.setdefault("Server", "AliyunOSS")
        if request is not None and dialect_of(request) == S3:
            response = s3.adapt_response(response)
        head_only = request is not None and request.method == "HEAD"
        await send_response(response, send, head_only=head_only)


def scope_host(scope: Scope) -> str:
    """The host that a request named."""
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
