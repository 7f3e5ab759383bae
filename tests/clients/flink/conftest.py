"""What the tests of Flink share: a session, a project of DataHub, and a connection to Hologres."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from tests.clients.ram import new_user
from tests.datahub import Client
from tests.flink import Flink, Rest
from yunbox.testing.server import Server

Topic = Callable[..., str]


@pytest.fixture
def flink(server: Server) -> Iterator[Flink]:
    with Flink(server) as made:
        yield made


@pytest.fixture
def raw(server: Server) -> Iterator[Client]:
    with Client(server) as client:
        yield client


@pytest.fixture
def project(server: Server, raw: Client, request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"f_{abs(hash(request.node.nodeid)) % 10**12}"
    raw.call("POST", f"/projects/{name}", Comment="")
    yield name
    with Client(server) as late:  # the other connection may have been idle for too long
        for topic in late.call("GET", f"/projects/{name}/topics")["TopicNames"]:
            late.call("DELETE", f"/projects/{name}/topics/{topic}")
        late.call("DELETE", f"/projects/{name}")


@pytest.fixture
def topic(raw: Client, project: str) -> Topic:
    """Makes a topic of fields such as ``k:BIGINT``."""

    def make(name: str, *fields: str, shards: int = 1) -> str:
        pairs = [one.split(":") for one in fields]
        schema = json.dumps({"fields": [{"name": field, "type": kind} for field, kind in pairs]})
        raw.call(
            "POST",
            f"/projects/{project}/topics/{name}",
            ShardCount=shards,
            Lifecycle=1,
            RecordType="TUPLE",
            RecordSchema=schema,
            Comment="",
        )
        return name

    return make


@pytest.fixture
def put(raw: Client, project: str) -> Callable[..., None]:
    """Puts records into a shard of a topic."""

    def work(topic: str, *rows: list[Any], shard: str = "0") -> None:
        records = [{"ShardId": shard, "Data": [None if v is None else str(v) for v in row]} for row in rows]
        found = raw.call("POST", f"/projects/{project}/topics/{topic}/shards", Action="pub", Records=records)
        assert not found.get("FailedRecordCount"), found

    return work


@pytest.fixture
def holo(server: Server) -> Iterator[psycopg.Connection[Any]]:
    at = server.endpoints["hologres"]
    assert isinstance(at, dict)
    with psycopg.connect(
        host=str(at["host"]),
        port=int(at["port"]),
        dbname=str(at["dbname"]),
        user=server.access_key_id,
        password=server.access_key_secret,
        autocommit=True,
    ) as connection:
        yield connection


@pytest.fixture
def guest(server: Server, request: pytest.FixtureRequest) -> Iterator[tuple[Rest, str, dict[str, str]]]:
    """A session of a RAM user who may do all with Flink."""
    name = f"flink-guest-{abs(hash(request.node.nodeid)) % 10**12}"
    key = new_user(server, name, {"Effect": "Allow", "Action": "stream:*", "Resource": "*"})
    headers = {"Authorization": "Basic " + b64encode(":".join(key).encode()).decode()}
    line = Rest(server.endpoints["flink"])
    handle = line.ask("POST", "/v2/sessions", {}, **headers)["sessionHandle"]
    yield line, f"/v2/sessions/{handle}", headers
    line.close()
