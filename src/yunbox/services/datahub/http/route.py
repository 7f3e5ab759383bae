"""Routes of DataHub: a method, a path and an action lead to an operation."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from yunbox.kernel.call import Operation
from yunbox.kernel.errors import Unsupported
from yunbox.services.datahub.http.request import DhRequest
from yunbox.wire.http import Response
from yunbox.wire.route import PathPattern, Route

Values = Mapping[str, str]
Parse = Callable[[DhRequest, Values], Any]
Render = Callable[[Any, DhRequest], Response]
PROJECT = "/projects/{project}"
TOPIC = PROJECT + "/topics/{topic}"
SHARD = TOPIC + "/shards/{shard}"
SUBSCRIPTION = TOPIC + "/subscriptions/{sub_id}"


@dataclass(frozen=True, eq=False)
class DhRoute(Route[DhRequest]):
    """One line of the protocol."""

    method: str = ""
    path: str = ""
    action: str = ""


def on(
    method: str,
    path: str,
    operation: Operation[Any, Any, Any],
    parse: Parse,
    render: Render,
    *,
    action: str = "*",
    when: str = "",
) -> DhRoute:
    """A route; ``action`` is the one that the request must name, ``*`` any, ``when`` a parameter that it must have."""
    pattern, wanted = PathPattern(path), action.lower()

    def takes(request: DhRequest) -> bool:
        named = wanted in ("*", request.action) and (not when or request.request.has(when))
        return named and pattern.fits(request.segments)

    async def read(request: DhRequest) -> Any:
        return parse(request, pattern.values(request.segments))

    found = method, pattern.size
    return DhRoute(operation, read, render, found, takes, method=method, path=path, action=action)


def key(request: DhRequest) -> Hashable:
    """Under what a request's route is found."""
    return request.request.method, len(request.segments)


def missing(request: DhRequest) -> Unsupported:
    """What a request is told that has no route."""
    what = f"{request.request.method} {request.request.raw_path[:256]}"
    named = f" with the action {request.action[:64]!r}" if request.action else ""
    return Unsupported(f"{what}{named} is not an operation that Yunbox offers; see the coverage page")


def json(value: Any, _request: DhRequest) -> Response:
    """A document as an answer."""
    return Response(200, {"Content-Type": "application/json"}, msgspec.json.encode(value))


def created(value: Any, _request: DhRequest) -> Response:
    """The answer to who made something."""
    return Response(201, {"Content-Type": "application/json"}, msgspec.json.encode(value or {}))


def done(_value: Any, _request: DhRequest) -> Response:
    """The answer where there is nothing to say."""
    return Response(200, {"Content-Type": "application/json"}, b"{}")
