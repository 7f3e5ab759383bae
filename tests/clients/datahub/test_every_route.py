"""Every route of DataHub proves who asks, and whether that one may: nothing is let through, nothing is a bare 500."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.ram import new_user
from tests.datahub import Client
from yunbox.services.datahub.http.routes import ROUTES, DhRoute
from yunbox.testing.server import Server

BODIES: dict[str, dict[str, Any]] = {
    "CreateTopic": {"ShardCount": 1, "Lifecycle": 1, "RecordType": "BLOB"},
    "AppendField": {"FieldName": "a", "FieldType": "STRING"},
    "RegisterSchema": {"RecordSchema": '{"fields":[{"name":"a","type":"STRING"}]}'},
    "GetCursor": {"Type": "OLDEST"},
    "GetRecords": {"Cursor": "0" * 32, "Limit": 1},
    "PutRecords": {"Records": [{"Data": "eA=="}]},
    "CommitOffsets": {"Offsets": {"0": {"Sequence": 1, "Timestamp": 1, "Version": 0, "SessionId": 1}}},
    "CreateConnector": {"ColumnFields": [], "Config": {}},
    "UpdateConnector": {"Config": {}},
    "AppendConnectorField": {"FieldName": "a"},
    "UpdateConnectorState": {"State": "CONNECTOR_STOPPED"},
    "UpdateConnectorOffset": {"CurrentSequence": 1},
    "UpdateTopicsForKafkaGroup": {"Mode": "ADD", "Topics": ["t"]},
    "ResetOffsets": {"Offsets": {"0": {"Sequence": 1, "Timestamp": 1}}},
}


DAMAGED = [b"", b"{", b"[]", b'"x"', b'{"Action": 7}', b"\xff\xfe", b"{}" * 9, b'{"Records": 1}']


def named(route: DhRoute) -> str:
    return f"{route.method} {route.operation.name} {route.path.count('/')} {route.action}"


@pytest.fixture(scope="module")
def nobody(server: Server) -> tuple[str, str]:
    """A RAM user without any policy."""
    return new_user(server, "dh-nobody")


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with Client(server) as client:
        yield client


def path_of(route: DhRoute) -> str:
    return route.path.format(project="nobodys", topic="t", shard="0", sub_id="s", connector="sink_odps", group="g")


def sent(client: Client, route: DhRoute, **headers: str) -> tuple[int, dict[str, Any]]:
    body = {**BODIES.get(route.operation.name, {}), **({"Action": route.action} if route.action != "*" else {})}
    data = b"" if route.method == "GET" else json.dumps(body).encode()
    status, answer = client.send(route.method, path_of(route), data, headers)
    return status, json.loads(answer)


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_nobody_gets_in(server: Server, client: Client, route: DhRoute, nobody: tuple[str, str]) -> None:
    client.key = nobody
    status, answer = sent(client, route)
    assert (status, answer["ErrorCode"]) == (403, "NoPermission"), answer
    assert answer["RequestId"]
    client.key = nobody[0], "wrong"
    status, answer = sent(client, route)
    assert (status, answer["ErrorCode"]) == (403, "Unauthorized"), answer
    client.key = "", ""
    status, answer = sent(client, route)
    assert (status, answer["ErrorCode"]) == (403, "Unauthorized"), answer


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_a_project_that_is_none(client: Client, route: DhRoute) -> None:
    if route.operation.name in ("ListProject", "CreateProject"):
        pytest.skip("it is about no project that is there")
    status, answer = sent(client, route)
    assert (status, answer["ErrorCode"]) == (404, "NoSuchProject"), answer


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'"x"', b'{"Action": 7}', b"\xff\xfe", b"{}" * 9, b'{"Records": 1}']
)
@pytest.mark.parametrize("route", [route for route in ROUTES if route.method != "GET"], ids=named)
def test_bodies_that_are_none(client: Client, route: DhRoute, data: bytes) -> None:
    """They are refused in the service's own words, or mean nothing: there is no such project."""
    status, answer = client.send(route.method, path_of(route), data, {})
    if route.operation.name == "CreateProject":
        client.send("DELETE", path_of(route), b"", {})
        return
    assert 400 <= status < 500, answer
    assert json.loads(answer)["ErrorCode"] in ("InvalidParameter", "NoSuchProject", "OperationDenied"), answer


def test_a_body_that_is_too_large(client: Client) -> None:
    path = "/projects/nobodys/topics/t/shards/0"
    status, answer = client.send("POST", path, b" " * (5 * 1024 * 1024), {})
    assert (status, json.loads(answer)["ErrorCode"]) == (400, "InvalidParameter")


def test_what_is_no_operation(client: Client) -> None:
    for method, path, body in (
        ("POST", "/projects/p/topics/t", b'{"Action": "nonsense"}'),
        ("POST", "/projects/p/topics/t/connectors/sink_odps", b'{"Action": "Explode"}'),
        ("PATCH", "/projects", b"{}"),
        ("GET", "/", b""),
    ):
        status, answer = client.send(method, path, body, {})
        assert (status, json.loads(answer)["ErrorCode"]) == (400, "OperationDenied"), answer


def test_a_white_list_is_not_dropped(client: Client) -> None:
    client.call("POST", "/projects/listed", Comment="kept")
    status, answer = client.send("PUT", "/projects/listed", b'{"VpcIds": "1,2"}', {})
    assert (status, json.loads(answer)["ErrorCode"]) == (400, "OperationDenied")
    assert client.call("GET", "/projects/listed")["Comment"] == "kept"
    client.call("DELETE", "/projects/listed")
