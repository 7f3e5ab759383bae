"""MaxCompute over HTTP: bytes to operations and back, and the claim a client makes about itself."""

import json
from collections.abc import Mapping

from yunbox.kernel.call import Claim
from yunbox.kernel.errors import KernelError
from yunbox.services.maxcompute import faults
from yunbox.services.maxcompute.replies import json_text, xml
from yunbox.services.maxcompute.route import Target, key, missing, target_of
from yunbox.services.maxcompute.routes import bound
from yunbox.services.maxcompute.service import MaxCompute
from yunbox.wire.app import Front
from yunbox.wire.http import Receive, Request, Response, Scope, parse_request, time_of
from yunbox.wire.odps.signing import APP_HEADER, canonical_strings, parse_app_authentication, parse_authorization
from yunbox.wire.route import Router
from yunbox.wire.xml import element


class OdpsFront(Front[Target]):
    """The protocol of MaxCompute."""

    request_id_header = "x-odps-request-id"

    def __init__(self, service: MaxCompute) -> None:
        super().__init__(Router(bound(service), key, missing))

    def target(self, scope: Scope, receive: Receive) -> Target:
        """The request, without what any path may begin with."""
        return target_of(parse_request(scope, receive))

    def claim(self, request: Target) -> Claim:
        """What the request says of who sent it."""
        return read_claim(request.request)

    def failure(self, error: KernelError, request: Target | None, request_id: str, scope: Scope) -> Response:
        """An error in XML, or for the tunnel in JSON."""
        status, code, message = faults.reply(error)
        if request is not None and request.request.segments[:1] != ("api",):
            body = {"Code": code, "Message": message, "RequestId": request_id, "HostId": "yunbox"}
            return json_text(json.dumps(body), status=status)
        root = element(
            "Error",
            element("Code", code),
            element("Message", message),
            element("RequestId", request_id),
            element("HostId", "yunbox"),
        )
        return xml(root, status=status)


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
    return time_of(headers.get("x-odps-date") or headers.get("date") or "")
