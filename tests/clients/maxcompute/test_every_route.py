"""Every route leads through the spine: without a signature nobody gets in, and a user without policies gets nothing."""

from collections.abc import Callable
from email.utils import formatdate
from urllib.parse import quote, urlsplit

import pytest
import requests

from tests.clients.ram import new_user
from yunbox.services.maxcompute.access import anyone
from yunbox.services.maxcompute.route import OdpsRoute
from yunbox.services.maxcompute.routes import ROUTES, operations
from yunbox.services.maxcompute.sql.statements import COST, OPERATIONS
from yunbox.testing.server import Server
from yunbox.wire.odps.signing import canonical_string, sign_v2

BODIES = {
    "CreateInstance": "<Instance><Job><Tasks><SQL><Name>x</Name><Query>select 1</Query></SQL></Tasks></Job></Instance>",
    "StopInstance": "<Instance><Status>Terminated</Status></Instance>",
    "CreateSchema": "<Schema><Name>s</Name></Schema>",
}


def identify(route: OdpsRoute) -> str:
    return f"{route.method} {route.path}{'?' + route.when if route.when else ''}"


def target(route: OdpsRoute, project: str) -> str:
    path = "/api" + route.path.format_map(Names(project))
    return quote(path) + (f"?{route.when}" if route.when else "")


class Names(dict):
    """A project where one is asked for, and a plain name for everything else."""

    def __init__(self, project: str) -> None:
        super().__init__(project=project)

    def __missing__(self, key: str) -> str:
        return "x"


def send(server: Server, route: OdpsRoute, project: str, key: tuple[str, str] | None) -> requests.Response:
    where = target(route, project)
    headers = {"Date": formatdate(usegmt=True)}
    if key:
        lowered = {name.lower(): value for name, value in headers.items()}
        headers["Authorization"] = f"ODPS {key[0]}:{sign_v2(key[1], canonical_string(route.method, where, lowered))}"
    parts = urlsplit(server.endpoint)
    body = BODIES.get(route.operation.name, "<X><Name>x</Name><Query>list users</Query><Alias>x</Alias></X>").encode()
    url = f"{parts.scheme}://{parts.netloc}{where}"
    return requests.request(route.method, url, headers=headers, data=body, timeout=30)


@pytest.fixture(scope="session")
def nobody(server: Server) -> tuple[str, str]:
    return new_user(server, "nobody-at-all")


@pytest.mark.parametrize("route", ROUTES, ids=identify)
def test_without_a_signature_nobody_gets_in(server: Server, route: OdpsRoute) -> None:
    answer = send(server, route, server.project, None)
    assert answer.status_code == 401, answer.text
    assert answer.headers["x-odps-request-id"]


@pytest.mark.parametrize("route", [r for r in ROUTES if r.operation.touches is not anyone], ids=identify)
def test_a_user_without_policies_gets_nothing(server: Server, route: OdpsRoute, nobody: tuple[str, str]) -> None:
    answer = send(server, route, server.project, nobody)
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)


def test_every_operation_is_declared_with_what_it_touches() -> None:
    declared = [*operations(), *OPERATIONS.values(), COST]
    for operation in declared:
        touches: Callable = operation.touches
        assert callable(touches)
        assert operation.service == "odps"
        assert operation.name[0].isupper()
