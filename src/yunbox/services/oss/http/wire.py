"""OSS over HTTP: bytes to operations and back."""

from functools import partial
from typing import Any

from yunbox.kernel import ids
from yunbox.kernel.call import ANONYMOUS
from yunbox.services.oss import faults
from yunbox.services.oss.buckets.buckets import check_bucket_name
from yunbox.services.oss.http import s3
from yunbox.services.oss.http.claims import dialect_of, read_claim
from yunbox.services.oss.http.cors import answer_headers
from yunbox.services.oss.http.covered import S3_SCHEME, check_covered, covered
from yunbox.services.oss.http.forms import is_form, open_form, read_form_claim
from yunbox.services.oss.http.referer import check_referer
from yunbox.services.oss.http.route import Route, Router
from yunbox.services.oss.http.target import S3, OssRequest, parse_target
from yunbox.services.oss.http.website import entrance
from yunbox.services.oss.routes import ROUTES
from yunbox.services.oss.service import Oss
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
        if request.bucket or request.key:
            check_bucket_name(request.bucket)
        form = is_form(request)
        if form:
            route = self._router.find(request)
            request = await open_form(request)
        claim = read_form_claim(request) if form else read_claim(request)
        request = covered(request, claim)
        if claim.scheme == S3_SCHEME:
            request = s3.adapt_request(request)
        if claim.scheme == ANONYMOUS and request.bucket:
            request = entrance(self._service.store.buckets.find(request.bucket), request)
        if not form:
            route = self._router.find(request)
        read = partial(self._read, route, request)
        result = await self._service.spine.call(self._service, route.operation, read, claim, request_id)
        return route.render(result, request)

    async def _read(self, route: Route, request: OssRequest) -> Any:
        """The parameters of a request, unless its bucket does not let the page that links here do so."""
        if "authorization" not in request.headers and request.bucket:
            check_referer(self._service.store.buckets.find(request.bucket), request)
        check_covered(request)
        return await route.parse(request)

    async def _send(self, response: Response, request: OssRequest | None, request_id: str, send: Send) -> None:
        response.headers["x-oss-request-id"] = request_id
        response.headers.setdefault("Server", "AliyunOSS")
        if request is not None and dialect_of(request) == S3:
            response = s3.adapt_response(response)
        if request is not None and request.method != "OPTIONS":
            self._add_cors(response, request)
        head_only = request is not None and request.method == "HEAD"
        await send_response(response, send, head_only=head_only)

    def _add_cors(self, response: Response, request: OssRequest) -> None:
        """Tell a browser whether the page that asks may see the answer."""
        if request.bucket and ("origin" in request.headers or request.method in ("GET", "HEAD")):
            bucket = self._service.store.buckets.find(request.bucket)
            response.headers |= answer_headers(bucket, request.method, request.headers)


def scope_host(scope: Scope) -> str:
    """The host that a request named."""
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
