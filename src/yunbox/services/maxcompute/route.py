"""Routes of MaxCompute: a method, a path and a marker in the query lead to an operation.

Every path may begin with ``/api``, and may name a schema before a table, resource or function: both are taken off
before a route is looked for.
"""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any

from yunbox.kernel.call import Operation
from yunbox.kernel.errors import Unsupported
from yunbox.wire.http import Request, Response
from yunbox.wire.route import PathPattern, Route

PathValues = dict[str, str]
Parse = Callable[[Request, PathValues], Awaitable[Any]]
Render = Callable[[Any, Request], Response]
PAGE_MAX = 1000
_FUNCTIONS = "registration/functions"


@dataclass(frozen=True)
class Target:
    """What a request is about: its path without ``/api`` and schema, and that schema."""

    request: Request
    segments: tuple[str, ...]
    schema: str


@dataclass(frozen=True, eq=False)
class OdpsRoute(Route[Target]):
    """One line of the protocol. ``when`` names a query parameter that must be there for it to be meant."""

    method: str = ""
    path: str = ""
    when: str = ""


def on(
    method: str, path: str, operation: Operation[Any, Any, Any], parse: Parse, render: Render, *, when: str = ""
) -> OdpsRoute:
    """A route by its path, whose parts in braces match any one part and reach the parser by name."""
    pattern = PathPattern(path)

    def takes(target: Target) -> bool:
        return pattern.fits(target.segments) and (not when or target.request.has(when))

    async def read(target: Target) -> Any:
        return await parse(target.request, {"schema": target.schema, **pattern.values(target.segments)})

    def answer(result: Any, target: Target) -> Response:
        return render(result, target.request)

    return OdpsRoute(operation, read, answer, (method, pattern.size), takes, method=method, path=path, when=when)


def key(target: Target) -> Hashable:
    """Under what a request's route is found: its method, and how many parts its path has."""
    return target.request.method, len(target.segments)


def missing(target: Target) -> Unsupported:
    """What a request is told that has no route."""
    request = target.request
    markers = "&".join(key for key, value in request.query if not value)
    return Unsupported(
        f"{request.method} /{'/'.join(target.segments)}{'?' + markers if markers else ''} is not an operation that "
        "Yunbox offers; see the coverage page",
        code="MethodNotAllowed",
    )


def target_of(request: Request) -> Target:
    """What a request is about.

    The noun ``registration/functions`` has a slash that clients send encoded: it is two segments here.
    """
    segments = request.segments[1:] if request.segments[:1] == ("api",) else request.segments
    if _FUNCTIONS in segments:
        at = segments.index(_FUNCTIONS)
        segments = (*segments[:at], *_FUNCTIONS.split("/"), *segments[at + 1 :])
    schema = request.param("curr_schema") or request.param("schema_name") or "default"
    if len(segments) > 4 and segments[0] == "projects" and segments[2] == "schemas":
        return Target(request, (*segments[:2], *segments[4:]), segments[3].lower())
    return Target(request, segments, schema.lower())
