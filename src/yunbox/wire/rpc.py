"""The vendor's OpenAPI in its RPC style: an action with flat parameters, an envelope of JSON, signature ACS3.

One front serves any table of operations; a service brings the table and the names of its errors. Sources: the vendor's
"Request syntax and signature method V3" (ACS3-HMAC-SHA256), and what ``alibabacloud-tea-openapi`` sends.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, quote

from yunbox.kernel import errors, limits
from yunbox.kernel.call import Claim, Operation, Sign
from yunbox.kernel.errors import InvalidArgument, KernelError, Unauthenticated, Unsupported
from yunbox.wire.app import Front
from yunbox.wire.http import Receive, Request, Response, Scope, parse_request
from yunbox.wire.route import Route, Router

ALGORITHM = "ACS3-HMAC-SHA256"
_DATE = "%Y-%m-%dT%H:%M:%SZ"
_CODES: dict[type[KernelError], tuple[int, str]] = {
    errors.InvalidArgument: (400, "InvalidParameter"),
    errors.Unauthenticated: (403, "InvalidAccessKeyId.NotFound"),
    errors.Forbidden: (403, "NoPermission"),
    errors.Refused: (403, "Forbidden"),
    errors.NotFound: (404, "EntityNotExist"),
    errors.AlreadyExists: (409, "EntityAlreadyExists"),
    errors.Conflict: (409, "OperationConflict"),
    errors.Throttled: (429, "Throttling"),
    errors.Unsupported: (400, "UnsupportedOperation"),
    errors.StorageFull: (507, "QuotaExceeded"),
    errors.Unavailable: (503, "ServiceUnavailable"),
}
"""Where the vendor has a code of its own for a case, the error carries it."""


def sign(secret: str, text: str) -> str:
    """The signature of a text to sign."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


SCHEMES: Mapping[str, Sign] = {"acs3": lambda secret, _claim, signed: sign(secret, signed)}


def text_to_sign(method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], signed: str) -> str:
    """The text that ACS3 signs; ``headers`` have lower-case names, ``signed`` are theirs with semicolons between."""
    pairs = "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))
    lines = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in signed.split(";"))
    body = headers.get("x-acs-content-sha256", "")
    request = "\n".join((method, quote(path, safe="/~"), pairs, lines, signed, body))
    return f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"


@dataclass(frozen=True)
class Action:
    """A request of the RPC style: the action, its version, and its parameters from query and form."""

    request: Request
    name: str
    version: str
    parameters: Mapping[str, str]


def action(
    operation: Operation[Any, Any, Any], render: Callable[[Any], dict[str, Any]] = lambda result: dict(result or {})
) -> Route[Action]:
    """The route to an operation whose parameters are a dataclass: each field is a parameter, in the vendor's capitals.

    Fields are texts, integers, booleans or tuples of texts (``Name.1``, ``Name.2``); those with a default are optional.
    """
    return Route(
        operation, partial(_parameters, operation.params), lambda result, _: _json(render(result)), operation.name
    )


async def _parameters(kind: type[Any], request: Action) -> Any:
    if kind is type(None):
        return None
    given = await _form(request)
    known = {capitals(field.name): field for field in fields(kind)}
    for name in given:
        if name.partition(".")[0] not in known:
            raise InvalidArgument(
                f"The parameter {name} is not known to {request.name}.", code=f"InvalidParameter.{name}"
            )
    values: dict[str, Any] = {}
    for name, field in known.items():
        value = _value(field.type, name, given)
        if value is not None:
            values[field.name] = value
        elif field.default is MISSING and field.default_factory is MISSING:
            raise InvalidArgument(f"The parameter {name} is mandatory.", code=f"Missing{name}")
    return kind(**values)


def _value(kind: Any, name: str, given: Mapping[str, str]) -> Any:
    if str(kind).startswith("tuple"):
        items = [value for key, value in sorted(given.items()) if key.startswith(f"{name}.")]
        return tuple(items) if items else None
    text = given.get(name)
    if text is None or kind in (str, "str"):
        return text
    if kind in (bool, "bool"):
        return text.lower() == "true"
    if not text.isascii() or not text.removeprefix("-").isdigit():
        raise InvalidArgument(f"The parameter {name} must be an integer.", code=f"InvalidParameter.{name}")
    return int(text[:20])


async def _form(request: Action) -> dict[str, str]:
    """Parameters of the query and of a form body, which must be the one that was signed."""
    body = await request.request.body.read(limits.BODY_BYTES_MAX)
    signed = request.request.headers.get("x-acs-content-sha256", "")
    if hashlib.sha256(body).hexdigest() != signed:
        raise InvalidArgument("The body is not the one that was signed.", code="SignatureDoesNotMatch")
    return {**request.parameters, **dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))}


def capitals(name: str) -> str:
    """A field's name as the vendor spells parameters: ``page_size`` is ``PageSize``."""
    return "".join(part.capitalize() for part in name.split("_"))


def _json(body: Mapping[str, Any], status: int = 200) -> Response:
    return Response(status, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(body).encode())


class RpcFront(Front[Action]):
    """The RPC front of one service: its operations by action, in one version of its API."""

    def __init__(self, service: Any, version: str, routes: Iterable[Route[Action]]) -> None:
        super().__init__(Router([route.bound(service) for route in routes], lambda asked: asked.name, _missing))
        self._version = version

    def target(self, scope: Scope, receive: Receive) -> Action:
        """The action asked for: in the headers, or among the parameters."""
        request = parse_request(scope, receive)
        query = dict(request.query)
        name = request.headers.get("x-acs-action") or query.pop("Action", "")
        version = request.headers.get("x-acs-version") or query.pop("Version", "")
        return Action(request, name, version, query)

    def claim(self, request: Action) -> Claim:
        """A signature ACS3, in the Authorization header."""
        return read_claim(request.request)

    async def open(self, request: Action) -> tuple[Action, Route[Action], Claim]:
        """The route, if the request is of the API's version."""
        if request.version != self._version:
            raise InvalidArgument(f"The version must be {self._version}.", code="InvalidVersion")
        return await super().open(request)

    def failure(self, error: KernelError, request: Action | None, request_id: str, scope: Scope) -> Response:
        """The envelope of an error."""
        found = next((reply for kind, reply in _CODES.items() if isinstance(error, kind)), (500, "InternalError"))
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        code = error.code or found[1]
        return _json({"RequestId": request_id, "HostId": host, "Code": code, "Message": error.message}, found[0])

    def finish(self, response: Response, request: Action | None, request_id: str) -> Response:
        """The request's id, in the envelope too."""
        if isinstance(response.body, bytes) and response.body.startswith(b"{"):
            response = replace(
                response, body=json.dumps({"RequestId": request_id, **json.loads(response.body)}).encode()
            )
        return super().finish(response, request, request_id)


def _missing(request: Action) -> Unsupported:
    return Unsupported(
        f"The action {request.name or '(none)'} is not offered by Yunbox.", code="InvalidAction.NotFound"
    )


def read_claim(request: Request) -> Claim:
    """What the Authorization header says. Raises Unauthenticated for one that is no signature ACS3."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        return Claim("none", source_ip=request.peer)
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    if scheme != ALGORITHM or not {"Credential", "SignedHeaders", "Signature"} <= set(parts):
        raise Unauthenticated(f"The request is to be signed with {ALGORITHM}.", code="IncompleteSignature")
    path = request.raw_path.partition("?")[0] or "/"
    text = text_to_sign(request.method, path, dict(request.query), request.headers, parts["SignedHeaders"])
    _check_covered(request.headers, parts["SignedHeaders"])
    return Claim(
        "acs3",
        parts["Credential"],
        parts["Signature"],
        (text,),
        signed_at=_time(request.headers.get("x-acs-date", "")),
        security_token=request.headers.get("x-acs-security-token", ""),
        source_ip=request.peer,
    )


def _check_covered(headers: Mapping[str, str], signed: str) -> None:
    """A header of the vendor's that the signature does not cover must not have an effect."""
    loose = {name for name in headers if name.startswith("x-acs-")} - set(signed.split(";"))
    if loose:
        names = ", ".join(sorted(loose))
        raise Unauthenticated(f"The signature does not cover the headers {names}.", code="SignatureDoesNotMatch")


def _time(text: str) -> float | None:
    try:
        return datetime.strptime(text, _DATE).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
