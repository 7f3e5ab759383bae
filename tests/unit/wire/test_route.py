"""Routes: the first that takes a request has it, and a request that none takes is told so."""

from typing import Any

import pytest

from yunbox.kernel.call import Operation
from yunbox.kernel.errors import Unsupported
from yunbox.wire.http import Body, Request, Response
from yunbox.wire.route import Route, Router, no_operation, on_path, path_key


async def nothing(*_given: Any) -> dict[str, str]:
    return {}


def operation(name: str) -> Operation:
    return Operation("shop", name, dict, nothing, lambda _service, _params: ())


async def given(_request: Request, values: Any) -> dict[str, str]:
    return dict(values)


def route(name: str, method: str, path: str, when: str = "") -> Route[Request]:
    return on_path(method, path, operation(name), given, lambda _result, _request: Response(), when=when)


def request(method: str, path: str, *query: str) -> Request:
    parts = tuple(part for part in path.split("/") if part)
    return Request(method, path, "", parts, tuple((name, "") for name in query), {}, Body(nothing))


ROUTES = [
    route("List", "GET", "/things"),
    route("Tags", "GET", "/things/{name}", when="tags"),
    route("Best", "GET", "/things/best"),
    route("Get", "GET", "/things/{name}"),
    route("Put", "PUT", "/things/{name}"),
]


@pytest.fixture
def router() -> Router[Request]:
    return Router(ROUTES, path_key, no_operation)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (request("GET", "/things"), "List"),
        (request("GET", "/things/a"), "Get"),
        (request("PUT", "/things/a"), "Put"),
        (request("GET", "/things/best"), "Best"),
        (request("GET", "/things/best", "tags"), "Tags"),
        (request("GET", "/things/a", "TAGS"), "Tags"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.method,
)
def test_the_first_that_takes_it(router: Router[Request], asked: Request, name: str) -> None:
    assert router.find(asked).operation.name == name


def test_parts_in_braces_reach_the_parser(router: Router[Request]) -> None:
    asked = request("GET", "/things/a")
    with pytest.raises(StopIteration) as ended:
        router.find(asked).parse(asked).send(None)
    assert ended.value.value == {"name": "a"}


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("POST", "/things"), ("GET", "/others"), ("GET", "/a/b/c")])
def test_what_no_route_takes(router: Router[Request], method: str, path: str) -> None:
    with pytest.raises(Unsupported, match=f"{method} {path} is not an operation"):
        router.find(request(method, path))


def test_a_bound_route_has_its_service_and_leaves_the_other_alone() -> None:
    assert ROUTES[0].bound("shop").service == "shop"
    assert ROUTES[0].service is None
