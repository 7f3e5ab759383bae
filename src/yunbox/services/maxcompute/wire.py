"""MaxCompute over HTTP: bytes to operations and back, and the claim a client makes about itself."""

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from yunbox.kernel import ids
from yunbox.kernel.call import Claim
from yunbox.kernel.errors import Internal, KernelError
from yunbox.services.maxcompute import faults
from yunbox.services.maxcompute.replies import xml
from yunbox.services.maxcompute.route import Router, split_path
from yunbox.services.maxcompute.routes import bound
from yunbox.services.maxcompute.service import MaxCompute
from yunbox.wire.http import ClientGone, Receive, Request, Response, Scope, Send, parse_request, send_response
from yunbox.wire.odps.signing import APP_HEADER, canonical_strings, parse_app_authentication, parse_authorization
from yunbox.wire.xml import element


class MaxComputeApp:
    """The ASGI application of one MaxCompute service."""

    def __init__(self, service: MaxCompute) -> None:
        self._spine = service.spine
        self._router = Router(bound(service))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request_id = ids.request_id()
        request: Request | None = None
        started = _Started(send)
        try:
            request = parse_request(scope, receive)
            response = await self._serve(request, request_id)
            response.headers["x-odps-request-id"] = request_id
            await send_response(response, started)
        except ClientGone:
            return
        except Exception as error:
            if started.done:
                raise  # too late for another answer: the connection is cut, and the client sees a short body
            await send_response(_failure(error, request, request_id), send)

    async def _serve(self, request: Request, request_id: str) -> Response:
        segments, schema = split_path(request)
        route, values = self._router.find(request, segments)
        values["schema"] = values.get("schema", schema)
        claim = read_claim(request)
        read = partial(route.parse, request, values)
        result = await self._spine.call(route.part, route.operation, read, claim, request_id)
        return route.render(result, request)


class _Started:
    """Passes events on and remembers whether the response has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.done = False

    async def __call__(self, event: dict[str, Any]) -> None:
        self.done = True
        await self._send(event)


def read_claim(request: Request) -> Claim:
    """What the request says of who sent it."""
    headers = request.headers
    logview = request.segments == ("logview",)  # a link is opened by a browser, which cannot set a header
    bearer = request.param("token") if logview else headers.get("x-odps-bearer-token")
    if bearer:
        return Claim("bearer", security_token=bearer, source_ip=request.peer)
    authorization = headers.get("authorization", "")
    if not authorization:
        return Claim("none")
    found = parse_authorization(authorization)
    target = request.raw_path + (f"?{request.raw_query}" if request.raw_query else "")
    return Claim(
        scheme=f"odps-{found.version}",
        access_key_id=found.access_key_id,
        signature=found.signature,
        signed=canonical_strings(request.method, target, headers, _endpoint_path(request)),
        signed_at=_signed_at(headers),
        security_token=headers.get("authorization-sts-token", ""),
        scope={"date": found.date, "region": found.region},
        source_ip=request.peer,
        application=_application(headers),
    )


def _application(headers: Mapping[str, str]) -> Claim | None:
    """The claim of an application account, which signs the Authorization header."""
    text = headers.get(APP_HEADER)
    if not text:
        return None
    found = parse_app_authentication(text)
    return Claim("odps-application", found.access_key_id, found.signature, (headers["authorization"],))


def _endpoint_path(request: Request) -> str:
    return "/api" if request.segments[:1] == ("api",) else ""


def _signed_at(headers: Mapping[str, str]) -> float | None:
    text = headers.get("x-odps-date") or headers.get("date") or ""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError):
        return None


def _failure(error: Exception, request: Request | None, request_id: str) -> Response:
    kernel = error if isinstance(error, KernelError) else Internal(f"{type(error).__name__}: {error}")
    status, code, message = faults.reply(kernel)
    headers = {"x-odps-request-id": request_id}
    if request is not None and request.segments[:1] != ("api",):
        body = {"Code": code, "Message": message, "RequestId": request_id, "HostId": "yunbox"}
        return Response(status, {"Content-Type": "application/json", **headers}, json.dumps(body).encode())
    root = element(
        "Error",
        element("Code", code),
        element("Message", message),
        element("RequestId", request_id),
        element("HostId", "yunbox"),
    )
    return xml(root, status=status, headers=headers)
