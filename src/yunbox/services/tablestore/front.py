"""Tablestore over HTTP: every operation is a POST to a path of its name, with a message as its body.

The answer to who is known is signed with the caller's own secret, over its headers, as the vendor's clients check.
"""

import hashlib
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from yunbox.identity.identify import Identity
from yunbox.kernel import limits
from yunbox.kernel.call import Claim, Operation
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import InvalidArgument, KernelError, Unauthenticated, Unsupported
from yunbox.services.tablestore import faults, rows, tables
from yunbox.services.tablestore.operations import OPERATIONS
from yunbox.services.tablestore.service import On, Tablestore, check_instance
from yunbox.wire.app import Front
from yunbox.wire.http import Receive, Request, Response, Scope, parse_request
from yunbox.wire.route import Route, Router
from yunbox.wire.tablestore import signing
from yunbox.wire.tablestore.messages import read_change, read_get, read_named, read_nothing, read_table, write_error

_FORM = "application/x.pb2"


@dataclass(frozen=True)
class Asked:
    """A request: the operation that its path names, its message, and its claim once that is known."""

    request: Request
    operation: str
    body: bytes = b""
    claim: Claim | None = None


class TablestoreFront(Front[Asked]):
    """The protocol of Tablestore."""

    request_id_header = "x-ots-requestid"

    def __init__(self, service: Tablestore, identity: Identity, region: str, clock: Clock) -> None:
        self._identity = identity
        self._region = region
        self._clock = clock
        super().__init__(Router([route.bound(service) for route in ROUTES], lambda asked: asked.operation, _missing))

    def target(self, scope: Scope, receive: Receive) -> Asked:
        """The operation that is asked for."""
        request = parse_request(scope, receive)
        return Asked(request, "/".join(request.segments))

    async def open(self, request: Asked) -> tuple[Asked, Route[Asked], Claim]:
        """The request with its body, its route and its claim."""
        if request.request.method != "POST":
            raise Unsupported("Only POST method for requests is supported.", code="OTSMethodNotAllowed")
        request = replace(request, body=await _body(request.request))
        route = self.router.find(request)
        claim = self.claim(request)
        return replace(request, claim=claim), route, claim

    def claim(self, request: Asked) -> Claim:
        """What the request says of who sent it. Raises for a body that is not the one that was signed."""
        headers = request.request.headers
        claim = signing.claim_of(f"/{request.operation}", headers, request.request.peer)
        if claim.scheme != "none" and headers[signing.DIGEST] != _digest(request.body):
            raise Unauthenticated("Mismatch between MD5 value of request body and x-ots-contentmd5 in header.")
        if claim.scheme == signing.V4 and claim.scope["region"] != self._region:
            raise Unauthenticated(f"The request is signed for another region: this is {self._region}.")
        return claim

    def failure(self, error: KernelError, request: Asked | None, request_id: str, scope: Scope) -> Response:
        """An Error."""
        status, code, message = faults.reply(error)
        return Response(status, {}, write_error(code, message))

    def finish(self, response: Response, request: Asked | None, request_id: str) -> Response:
        """The headers that clients check, and where it is known whose answer it is their signature."""
        body = response.body if isinstance(response.body, bytes) else b""
        headers = {
            "x-ots-contentmd5": _digest(body), "x-ots-contenttype": "protocol buffer", "x-ots-requestid": request_id,
            "x-ots-date": signing.date(self._clock.time()),
        }  # fmt: skip
        if request is not None and request.claim is not None and response.status < 400:
            claim = signing.of_answer(request.claim)
            signature = self._identity.signer(claim)(signing.answer_text(f"/{request.operation}", headers))
            headers["Authorization"] = f"OTS {claim.access_key_id}:{signature}"
        response.headers |= headers | {"Content-Type": _FORM}
        return response


async def _body(request: Request) -> bytes:
    try:
        return await request.body.read(limits.BODY_BYTES_MAX)
    except InvalidArgument:
        raise InvalidArgument("The size of POST data is too large.", code="OTSRequestBodyTooLarge") from None


def _digest(body: bytes) -> str:
    return b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def _missing(asked: Asked) -> KernelError:
    name = asked.operation[:64]
    if name in OPERATIONS:
        return Unsupported(f"{name} is an operation that Yunbox does not offer; see the coverage page.")
    return InvalidArgument(f"Unsupported operation: {name}.")


def _route(operation: Operation[Any, Any, bytes], read: Callable[[bytes], Any]) -> Route[Asked]:
    return Route(operation, partial(_parse, read), lambda body, _asked: Response(200, {}, body), operation.name)


async def _parse(read: Callable[[bytes], Any], asked: Asked) -> On[Any]:
    return On(check_instance(asked.request.headers[signing.INSTANCE]), read(asked.body))


ROUTES = (
    _route(tables.CREATE_TABLE, read_table),
    _route(tables.DESCRIBE_TABLE, read_named),
    _route(tables.LIST_TABLE, read_nothing),
    _route(tables.DELETE_TABLE, read_named),
    _route(rows.GET_ROW, read_get),
    _route(rows.PUT_ROW, read_change),
    _route(rows.DELETE_ROW, read_change),
)
