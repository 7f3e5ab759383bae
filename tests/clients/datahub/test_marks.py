"""Puts that have a mark: what is put again is there once, over kills, for each writer and each who asks."""

import threading
from collections.abc import Iterator

import pytest

from tests.clients.ram import new_user
from tests.datahub import Client
from tests.processes import children
from tests.waiting import until
from yunbox.clients.datahub import DataHubClient, DataHubError
from yunbox.kernel.errors import Unavailable
from yunbox.testing.server import Server
from yunbox.wire.datahub.messages import body_of


@pytest.fixture
def client(server: Server) -> Iterator[DataHubClient]:
    made = DataHubClient(server.endpoints["datahub"], server.access_key_id, server.access_key_secret)
    yield made
    made.close()


@pytest.fixture
def raw(server: Server, project: str) -> Iterator[Client]:
    with Client(server) as made:
        made.call("POST", f"/projects/{project}/topics/t", RecordType="BLOB", Comment="", ShardCount=1, Lifecycle=1)
        yield made


def put(client: DataHubClient, project: str, value: str, mark: str = "", shard: str = "0") -> None:
    client.put(project, "t", shard, [body_of([value.encode()], {})[0]], mark)


def found(raw: Client, project: str, shard: str = "0") -> list[str]:
    return [value.decode() for _, value in raw.read(project, "t", shard)]


def test_what_is_put_again(client: DataHubClient, raw: Client, project: str, server: Server) -> None:
    put(client, project, "a", "1 w")
    put(client, project, "again", "1 w")
    put(client, project, "b", f"{1 << 61} w")
    put(client, project, "earlier", f"{(1 << 61) - 1} w")
    put(client, project, "c", "1 another writer")
    put(client, project, "d")
    assert found(raw, project) == ["a", "b", "c", "d"]
    key = new_user(server, "dh-marks", {"Effect": "Allow", "Action": "dhs:*", "Resource": "*"})
    stranger = DataHubClient(server.endpoints["datahub"], *key)
    put(stranger, project, "e", "1 w")
    put(stranger, project, "again", "1 w")
    stranger.close()
    [broker] = children(server, "datahub.broker.main")
    broker.kill()
    until(lambda: bool(children(server, "datahub.broker.main")), 30)
    until(lambda: is_put(client, project, "again", "1 w"), 30)
    put(client, project, "f", f"{(1 << 61) + 1} w")
    with Client(server) as anew:
        assert found(anew, project) == ["a", "b", "c", "d", "e", "f"]


def is_put(client: DataHubClient, project: str, value: str, mark: str) -> bool:
    try:
        put(client, project, value, mark)
    except (Unavailable, DataHubError):
        return False
    return True


def test_at_once(server: Server, raw: Client, project: str) -> None:
    """Of what several put by one mark one is there, and all are told so."""

    def work(number: int) -> None:
        one = DataHubClient(server.endpoints["datahub"], server.access_key_id, server.access_key_secret)
        for at in range(50):
            put(one, project, f"{at}", f"{at} w")
        one.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found(raw, project) == [str(at) for at in range(50)]


def test_a_shard_that_is_closed(client: DataHubClient, raw: Client, project: str) -> None:
    """What was put before is known, and nothing more is taken."""
    put(client, project, "a", "7 w")
    raw.call("POST", f"/projects/{project}/topics/t/shards", Action="split", ShardId="0", SplitKey="")
    put(client, project, "a", "7 w")
    with pytest.raises(DataHubError, match="not active"):
        put(client, project, "b", "8 w")
    put(client, project, "b", "8 w", "1")
    assert found(raw, project, "1") == ["b"]


@pytest.mark.parametrize("mark", ["w", "-1 w", f"{1 << 62} w", "1", "1 ", f"1 {'w' * 600}", "² w"])
def test_what_is_no_mark(client: DataHubClient, raw: Client, project: str, mark: str) -> None:
    with pytest.raises(DataHubError, match="x-yunbox-mark"):
        put(client, project, "a", mark)
    assert found(raw, project) == []


def test_a_mark_is_for_one_shard(raw: Client, project: str) -> None:
    path = f"/projects/{project}/topics/t/shards"
    status, body = raw.send("POST", path, b'{"Action": "pub", "Records": []}', {"x-yunbox-mark": "1 w"})
    assert (status, b"one shard" in body) == (400, True)
