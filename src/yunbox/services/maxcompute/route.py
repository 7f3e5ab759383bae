"""Routes: from a method, a path and a query to an operation with its parameters, and from its result to bytes."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from yunbox.kernel.call import Operation
from yunbox.kernel.errors import Unsupported
from yunbox.wire.http import Request, Response

PathValues = dict[str, str]
Parse = Callable[[Request, PathValues], Awaitable[Any]]
Render = Callable[[Any, Request], Response]
PAGE_MAX = 1000
_FUNCTIONS = "registration/functions"


@dataclass(frozen=True)
class Route:
    """One line of the protocol. ``when`` names a query parameter that must be there for it to be meant.

    ``part`` is what the operation runs on, once there is a service.
    """

    method: str
    path: str
    operation: Operation[Any, Any, Any]
    parse: Parse
    render: Render
    when: str = ""
    part: Any = None

    def bound(self, part: Any) -> "Route":
        """The route to its operation on a part of a running service."""
        return replace(self, part=part)

    @property
    def segments(self) -> tuple[str, ...]:
        """The path's parts; those in braces match any one part."""
        return tuple(part for part in self.path.split("/") if part)


class Router:
    """Finds the route of a request; routes with a marker come before those without."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._by_shape: dict[tuple[str, int], list[Route]] = {}
        for route in sorted(routes, key=lambda route: not route.when):
            self._by_shape.setdefault((route.method, len(route.segments)), []).append(route)

    def find(self, request: Request, segments: tuple[str, ...]) -> tuple[Route, PathValues]:
        """The route and the values in its path. Raises Unsupported naming what was asked."""
        for route in self._by_shape.get((request.method, len(segments)), ()):
            values = _match(route.segments, segments)
            if values is not None and (not route.when or request.has(route.when)):
                return route, values
        markers = "&".join(key for key, value in request.query if not value)
        raise Unsupported(
            f"{request.method} /{'/'.join(segments)}{'?' + markers if markers else ''} is not an operation that "
            "Yunbox offers; see the coverage page",
            code="MethodNotAllowed",
        )


def _match(pattern: tuple[str, ...], segments: tuple[str, ...]) -> PathValues | None:
    values: PathValues = {}
    for expected, given in zip(pattern, segments, strict=True):
        if expected.startswith("{"):
            values[expected[1:-1]] = given
        elif expected != given:
            return None
    return values


def split_path(request: Request) -> tuple[tuple[str, ...], str]:
    """The path without ``/api`` and without ``/schemas/{schema}`` before another noun, and that schema.

    The noun ``registration/functions`` has a slash that clients send encoded: it is two segments here.
    """
    segments = request.segments[1:] if request.segments[:1] == ("api",) else request.segments
    if _FUNCTIONS in segments:
        at = segments.index(_FUNCTIONS)
        segments = (*segments[:at], *_FUNCTIONS.split("/"), *segments[at + 1 :])
    schema = request.param("curr_schema") or request.param("schema_name") or "default"
    if len(segments) > 4 and segments[0] == "projects" and segments[2] == "schemas":
        return (*segments[:2], *segments[4:]), segments[3].lower()
    return segments, schema.lower()
