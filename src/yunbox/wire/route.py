"""Routes: from a request to an operation with its parameters, and from its result to bytes.

What distinguishes the requests of a protocol is its own: a path and a marker, an action's name, a sub-resource. A route
says under which key it is found and whether it takes a request; the router only looks up and asks, in order.
"""

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, Self, TypeVar

from yunbox.kernel.call import Operation
from yunbox.kernel.errors import KernelError, Unsupported
from yunbox.wire.http import Request, Response

Q = TypeVar("Q")
Values = Mapping[str, str]
Parse = Callable[[Request, Values], Awaitable[Any]]
Render = Callable[[Any, Request], Response]


@dataclass(frozen=True, eq=False)
class Route(Generic[Q]):
    """One line of a protocol. ``service`` is what the operation runs on, known once the route is bound; ``path`` is the
    pattern of one that is found by its path."""

    operation: Operation[Any, Any, Any]
    parse: Callable[[Q], Awaitable[Any]]
    render: Callable[[Any, Q], Response]
    key: Hashable
    takes: Callable[[Q], bool] = lambda _request: True
    service: Any = None
    path: str = ""

    def bound(self, service: Any) -> Self:
        """The route to the operation on this service, or on this part of one."""
        return replace(self, service=service)


class Router(Generic[Q]):
    """Finds a request's route: the first under the request's key that takes it."""

    def __init__(
        self, routes: Iterable[Route[Q]], key: Callable[[Q], Hashable], missing: Callable[[Q], KernelError]
    ) -> None:
        self._key = key
        self._missing = missing
        self._routes: dict[Hashable, list[Route[Q]]] = {}
        for route in routes:
            self._routes.setdefault(route.key, []).append(route)

    def find(self, request: Q) -> Route[Q]:
        """The route. Raises what the protocol says to a request that has none."""
        for route in self._routes.get(self._key(request), ()):
            if route.takes(request):
                return route
        raise self._missing(request)


# -- routes by path


class PathPattern:
    """A path whose parts in braces take any text. ``size`` is how many parts it has; only such paths are compared."""

    def __init__(self, path: str) -> None:
        self._parts = tuple(part for part in path.split("/") if part)
        self.size = len(self._parts)

    def fits(self, segments: tuple[str, ...]) -> bool:
        """Whether a path of as many parts is one of these."""
        return all(part[0] == "{" or part == given for part, given in zip(self._parts, segments, strict=True))

    def values(self, segments: tuple[str, ...]) -> dict[str, str]:
        """What stands in the place of the braces, by name."""
        return {part[1:-1]: given for part, given in zip(self._parts, segments, strict=True) if part[0] == "{"}


def path_key(request: Request) -> Hashable:
    """A request's key among routes by path: its method, and how many parts its path has."""
    return request.method, len(request.segments)


def on_path(
    method: str, path: str, operation: Operation[Any, Any, Any], parse: Parse, render: Render, *, when: str = ""
) -> Route[Request]:
    """A route by path: parts in braces take any text, which the parser gets by name.

    ``when`` names a query parameter that must be there; such routes are to be listed before those without.
    """
    pattern = PathPattern(path)

    def takes(request: Request) -> bool:
        return pattern.fits(request.segments) and (not when or request.has(when))

    async def parse_values(request: Request) -> Any:
        return await parse(request, pattern.values(request.segments))

    return Route(operation, parse_values, render, (method, pattern.size), takes)


def no_operation(request: Request) -> Unsupported:
    """What a request is told that no route by path takes."""
    return Unsupported(
        f"{request.method} {request.raw_path} is not an operation that Yunbox offers; see the coverage page",
        code="MethodNotAllowed",
    )
