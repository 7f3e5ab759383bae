"""A product's API in one version: a table of routes, and how its errors are called.

Two ways of addressing: the RPC style names an action, the ROA style a resource by its path. Both are signed in any of
the styles that ``signing`` knows, and answered in JSON or XML.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from yunbox.kernel import errors
from yunbox.kernel.call import Operation
from yunbox.kernel.errors import InvalidArgument, KernelError
from yunbox.wire.http import Request, Response
from yunbox.wire.openapi.parameters import read_parameters
from yunbox.wire.route import PathPattern, Route

Codes = Mapping[type[KernelError], tuple[int, str]]
Values = Mapping[str, str]
CODES: Codes = {
    errors.InvalidArgument: (400, "InvalidParameter"),
    errors.Unauthenticated: (400, "IncompleteSignature"),
    errors.Forbidden: (403, "NoPermission"),
    errors.Refused: (403, "Forbidden"),
    errors.NotFound: (404, "EntityNotExist"),
    errors.AlreadyExists: (409, "EntityAlreadyExists"),
    errors.Conflict: (409, "OperationConflict"),
    errors.Throttled: (400, "Throttling.User"),
    errors.Unsupported: (400, "UnsupportedOperation"),
    errors.Cancelled: (504, "GatewayTimeout"),
    errors.StorageFull: (507, "QuotaExceeded"),
    errors.Unavailable: (503, "ServiceUnavailable"),
    errors.Internal: (500, "InternalError"),
}
"""Where the vendor has a code of its own for a case, the error carries it."""


@dataclass(frozen=True)
class Asked:
    """A request: its action where the style names one, its version, and its parameters from query and form."""

    request: Request
    action: str
    version: str
    parameters: Values = field(default_factory=dict)
    body: bytes = b""
    form: Sequence[tuple[str, str]] = ()
    wants_xml: bool = False

    @property
    def is_by_path(self) -> bool:
        """Whether a resource is asked for by its path."""
        return bool(self.request.segments)


@dataclass(frozen=True)
class Api:
    """One product's API. ``codes`` are those that it has otherwise than others, ``unsigned`` actions anybody's.

    ``request_id_name`` is what its answers call the request's id; errors call it ``RequestId`` always.
    """

    product: str
    version: str
    routes: tuple[Route[Asked], ...]
    codes: Codes = field(default_factory=dict)
    unsigned: frozenset[str] = frozenset()
    request_id_name: str = "RequestId"

    def bound(self, service: Any) -> "Api":
        """The API on what its operations run on."""
        return replace(self, routes=tuple(route.bound(service) for route in self.routes))

    def code(self, error: KernelError) -> tuple[int, str]:
        """HTTP status and code of an error."""
        tables = {**CODES, **self.codes}
        kinds = (kind for kind in type(error).__mro__ if issubclass(kind, KernelError) and kind in tables)
        status, code = tables[next(kinds, errors.Internal)]
        return status, error.code or code


def plain(result: Any) -> dict[str, Any]:
    """A result that is an answer's body already; of nothing, an empty one."""
    return dict(result or {})


def action(operation: Operation[Any, Any, Any], render: Callable[[Any], dict[str, Any]] = plain) -> Route[Asked]:
    """The route to an operation by its name, whose parameters are a dataclass (``parameters``)."""

    async def read(asked: Asked) -> Any:
        return read_parameters(operation.params, asked.parameters, operation.name)

    return Route(operation, read, lambda result, _: _json(render(result)), operation.name)


def resource(
    method: str,
    path: str,
    operation: Operation[Any, Any, Any],
    parse: Callable[[Asked, Values], Any],
    render: Callable[[Any], dict[str, Any]] = plain,
) -> Route[Asked]:
    """The route to an operation by method and path; parts in braces take any text, which ``parse`` gets by name."""
    pattern = PathPattern(path)

    async def read(asked: Asked) -> Any:
        return parse(asked, pattern.values(asked.request.segments))

    return Route(
        operation, read, lambda result, _: _json(render(result)), (method, pattern.size),
        lambda asked: pattern.fits(asked.request.segments), path=path,
    )  # fmt: skip


def json_body(asked: Asked, code: str = "InvalidParameter.Body") -> dict[str, Any]:
    """The body of a request by path: an object in JSON; of an empty one, nothing. Raises InvalidArgument.

    Where the vendor's SDK takes the object as a text, it sends that text as JSON once more.
    """
    try:
        found = json.loads(asked.body) if asked.body.strip() else {}
        found = json.loads(found) if isinstance(found, str) else found
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidArgument("The body is no JSON object.", code=code)
    return found


def _json(body: Mapping[str, Any]) -> Response:
    return Response(200, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(body).encode())
