"""Connectors by pydatahub, to Hologres: what is put arrives in a table, once; psycopg reads it."""

import itertools
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from types import ModuleType
from typing import Any

import psycopg
import pytest

from tests.clients.datahub.test_connectors import put, refused, status
from tests.clients.hologres.clients import account, allow, connected, dropped, made_user, role_of, where
from tests.datahub import Client, Refused
from tests.waiting import until
from yunbox.clients.hologres import fence
from yunbox.clients.hologres.connection import Connection
from yunbox.testing.server import Server

_NUMBERS = itertools.count(1)


@pytest.fixture
def client(server: Server) -> Iterator[psycopg.Connection[Any]]:
    with connected(server) as made:
        yield made


@pytest.fixture
def table(client: psycopg.Connection[Any]) -> Iterator[Callable[..., str]]:
    """Make a table of columns; it is gone after the test."""
    made: list[str] = []

    def make(columns: str, more: str = "") -> str:
        made.append(f"sunk_{next(_NUMBERS)}")
        client.execute(f"CREATE TABLE {made[-1]} ({columns}) {more}")  # ty: ignore[no-matching-overload]
        return made[-1]

    yield make
    for name in made:
        client.execute(f"DROP TABLE IF EXISTS {name}")  # ty: ignore[no-matching-overload]


@pytest.fixture
def config(server: Server, sdk: ModuleType) -> Callable[..., Any]:
    """The config of a connector to a table."""

    def make(table: str, unit: str = "MICROSECOND", **more: Any) -> Any:
        at = where(server)
        given = {
            "project": at["dbname"],
            "topic": table,
            "endpoint": f"{at['host']}:{at['port']}",
            "instance_id": "hgpostcn-cn-yunbox",
            "auth_mode": sdk.models.connector.AuthMode.AK,
            "timestamp_unit": unit,
            "access_id": server.access_key_id,
            "access_key": server.access_key_secret,
        }
        return sdk.models.HologresConnectorConfig(**(given | more))

    return make


@pytest.fixture
def holo(sdk: ModuleType) -> Any:
    return sdk.models.ConnectorType.SINK_HOLOGRES


def rows(client: psycopg.Connection[Any], table: str) -> list[tuple[Any, ...]]:
    return sorted(client.execute(f"SELECT * FROM {table}").fetchall(), key=repr)  # ty: ignore[no-matching-overload]


def moved(dh: Any, project: str, topic: str, holo: Any, count: int) -> Any:
    """The status of the one shard, once so many records are moved."""
    until(lambda: status(dh, project, topic, holo).current_sequence + 1 >= count, seconds=30)
    found = status(dh, project, topic, holo)
    assert (found.current_sequence + 1, found.last_error_message) == (count, "")
    return found


def test_a_connector_as_it_is_shown(
    dh: Any, project: str, sdk: ModuleType, topic: Any, table: Any, config: Any, holo: Any, server: Server
) -> None:
    t, sunk = topic(2, f1="STRING", f2="BIGINT"), table("f1 text, f2 bigint")
    told = config(f"public.{sunk}")
    connector = dh.create_connector(project, t, holo, ["f1", "f2"], told).connector_id
    found = dh.get_connector(project, t, holo)
    assert (found.connector_id, found.type, found.column_fields) == (connector, holo, ["f1", "f2"])
    assert (found.config.project, found.config.topic) == (where(server)["dbname"], f"public.{sunk}")
    assert (found.config.endpoint, found.config.instance_id) == (told.endpoint, "hgpostcn-cn-yunbox")
    assert (found.config.timestamp_unit, found.config.auth_mode) == ("MICROSECOND", told.auth_mode)
    assert (found.config.access_id, found.config.access_key) == ("", ""), "keys are shown to nobody"
    assert dh.get_connector_done_time(project, t, holo).done_time == 0
    refused(sdk, lambda: dh.create_connector(project, t, holo, ["f1"], told), "ConnectorAlreadyExist")


def test_every_type_arrives(dh: Any, project: str, client: Any, topic: Any, table: Any, config: Any, holo: Any) -> None:
    fields = {"a": "TINYINT", "b": "SMALLINT", "c": "INTEGER", "d": "BIGINT", "e": "STRING", "f": "FLOAT",
              "g": "DOUBLE", "h": "BOOLEAN", "i": "TIMESTAMP", "j": "DECIMAL", "k": "STRING"}  # fmt: skip
    t = topic(1, **fields)
    sunk = table(
        "e text, a smallint, b smallint, c int, d bigint primary key, f real, g double precision, h boolean, "
        "i timestamptz, j decimal(20,3), more text default 'd', k varchar(20), "
        "l bigint generated always as (d + 1) stored"
    )
    dh.create_connector(project, t, holo, list(fields), config(sunk))
    at = datetime(2026, 11, 29, 20, 30, 1, 5, UTC)
    micros = int(at.timestamp()) * 1_000_000 + 5
    full = [1, -2, 3, 1 << 40, "text, 'quoted'", 0.5, 2.5, True, micros, Decimal("12.3456"), "zw\u00f6lf"]
    put(dh, project, t, full, [None] * 3 + [7] + [None] * 7, [None] * 3 + [8, "", None, None, False, -1, None, ""])
    moved(dh, project, t, holo, 3)
    early = datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC)
    expected = [
        (full[4], 1, -2, 3, 1 << 40, 0.5, 2.5, True, at, Decimal("12.346"), "d", "zw\u00f6lf", (1 << 40) + 1),
        (None, None, None, None, 7, None, None, None, None, None, "d", None, 8),
        ("", None, None, None, 8, None, None, False, early, None, "d", "", 9),
    ]
    assert rows(client, sunk) == sorted(expected, key=repr)


def test_a_row_whose_key_is_there_becomes_the_new_one(
    dh: Any, project: str, client: Any, topic: Any, table: Any, config: Any, holo: Any
) -> None:
    t, sunk = (
        topic(1, Id="BIGINT", at="TIMESTAMP", note="STRING"),
        table("id bigint primary key, at timestamptz, note text"),
    )
    dh.create_connector(project, t, holo, ["id", "at", "note"], config(sunk, "MILLISECOND"))
    put(dh, project, t, [1, 1000, "first"], [2, None, "x"], [1, 2000, "second"])
    moved(dh, project, t, holo, 3)
    put(dh, project, t, [2, 3000, None])
    moved(dh, project, t, holo, 4)
    seconds = {row[0]: (row[1].timestamp(), row[2]) for row in rows(client, sunk)}
    assert seconds == {1: (2.0, "second"), 2: (3.0, None)}


def test_records_that_the_table_cannot_take(
    dh: Any, project: str, client: Any, topic: Any, table: Any, config: Any, holo: Any
) -> None:
    """They are counted and passed over, wherever they are among the others."""
    t = topic(1, n="BIGINT", name="STRING", amount="DECIMAL", at="TIMESTAMP")
    sunk = table("n bigint not null, name varchar(3), amount decimal(5,2), at timestamptz")
    dh.create_connector(project, t, holo, ["n", "name", "amount", "at"], config(sunk, "SECOND"))
    good = [[number, "abc", Decimal("1.5"), number] for number in range(40)]
    given = list(good)
    given.insert(0, [None, "abc", None, None])
    given.insert(7, [100, "abcd", None, None])
    given.insert(20, [101, None, Decimal("1234.5"), None])
    given.insert(21, [102, None, None, 10**15])
    given.append([103, "long", None, None])
    put(dh, project, t, *given)
    assert moved(dh, project, t, holo, 45).discard_count == 5
    assert rows(client, sunk) == sorted(
        [(number, name, amount, datetime.fromtimestamp(at, UTC)) for number, name, amount, at in good], key=repr
    )


def test_a_record_stops_its_shard_if_it_is_told_so(
    dh: Any,
    project: str,
    client: Any,
    topic: Any,
    table: Any,
    config: Any,
    holo: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    t, sunk = topic(1, n="BIGINT", name="STRING"), table("n bigint, name varchar(3)")
    told = config(sunk)
    as_java_says_it = {**told.to_json(), "SkipDirtyPack": "false"}
    monkeypatch.setattr(type(told), "to_json", lambda _: as_java_says_it)
    dh.create_connector(project, t, holo, ["n", "name"], told)
    put(dh, project, t, [1, "abc"], [2, "abcd"], [3, "abc"])
    until(lambda: status(dh, project, t, holo).state.value == "CONTEXT_STOPPED", seconds=30)
    assert "record 1" in status(dh, project, t, holo).last_error_message
    assert rows(client, sunk) == [(1, "abc")]
    client.execute(f"ALTER TABLE {sunk} RENAME TO {sunk}_gone")
    client.execute(f"CREATE TABLE {sunk} (n bigint, name text)")
    dh.reload_connector(project, t, holo)
    moved(dh, project, t, holo, 3)
    assert rows(client, sunk) == [(2, "abcd"), (3, "abc")], "what was written before is not written again"
    client.execute(f"DROP TABLE {sunk}_gone")


def test_set_back_and_another_table(
    dh: Any, project: str, sdk: ModuleType, client: Any, topic: Any, table: Any, config: Any, holo: Any
) -> None:
    t, sunk, other = topic(1, n="BIGINT"), table("n bigint"), table("n bigint")
    dh.create_connector(project, t, holo, ["n"], config(sunk))
    put(dh, project, t, [0], [1], [2])
    moved(dh, project, t, holo, 3)
    dh.update_connector_offset(project, t, holo, "", sdk.models.ConnectorOffset(1, 1000))
    until(lambda: len(rows(client, sunk)) == 4, seconds=30)
    assert rows(client, sunk) == [(0,), (1,), (2,), (2,)]
    moved(dh, project, t, holo, 3)
    told = dh.get_connector(project, t, holo).config
    told.topic = other
    dh.update_connector(project, t, holo, told)
    put(dh, project, t, [3])
    moved(dh, project, t, holo, 4)
    assert rows(client, other) == [(3,)] and len(rows(client, sunk)) == 4


def test_partitions(dh: Any, project: str, client: Any, topic: Any, table: Any, config: Any, holo: Any) -> None:
    """They are made by whoever owns the table; until then the shard waits."""
    t = topic(1, n="BIGINT", day="STRING")
    sunk = table("n bigint, day text, primary key (n, day)", "PARTITION BY LIST (day)")
    client.execute(f"CREATE TABLE {sunk}_1 PARTITION OF {sunk} FOR VALUES IN ('20260101')")
    dh.create_connector(project, t, holo, ["n", "day"], config(sunk))
    put(dh, project, t, [1, "20260101"])
    moved(dh, project, t, holo, 1)
    put(dh, project, t, [2, "20260101"], [3, "20260102"])
    until(lambda: status(dh, project, t, holo).state.value == "CONTEXT_STOPPED", seconds=30)
    assert "no partition" in status(dh, project, t, holo).last_error_message
    client.execute(f"CREATE TABLE {sunk}_2 PARTITION OF {sunk} FOR VALUES IN ('20260102')")
    dh.reload_connector(project, t, holo)
    moved(dh, project, t, holo, 3)
    assert rows(client, sunk) == [(1, "20260101"), (2, "20260101"), (3, "20260102")]


def test_a_table_that_is_gone_for_a_while(
    dh: Any, project: str, client: Any, topic: Any, table: Any, config: Any, holo: Any, server: Server
) -> None:
    t, sunk = topic(1, n="BIGINT"), table("n bigint")
    dh.create_connector(project, t, holo, ["n"], config(sunk))
    client.execute(f"DROP TABLE {sunk}")
    put(dh, project, t, [1])
    until(lambda: status(dh, project, t, holo).state.value == "CONTEXT_STOPPED", seconds=30)
    assert sunk in status(dh, project, t, holo).last_error_message
    client.execute(f"CREATE TABLE {sunk} (n bigint)")
    told = dh.get_connector(project, t, holo).config
    told.endpoint = "127.0.0.1:9"
    dh.update_connector(project, t, holo, told)
    until(lambda: status(dh, project, t, holo).state.value == "CONTEXT_HANG", seconds=30)
    told.endpoint = config(sunk).endpoint
    dh.update_connector(project, t, holo, told)
    moved(dh, project, t, holo, 1)
    time.sleep(0.3)
    assert rows(client, sunk) == [(1,)]


def test_what_cannot_be(dh: Any, project: str, sdk: ModuleType, topic: Any, table: Any, config: Any, holo: Any) -> None:
    t = topic(1, f1="STRING", n="BIGINT", at="TIMESTAMP")
    sunk, strict = table("f1 text, n int, at timestamp"), table("f1 text, k bigint not null")
    parted = table("f1 text, n bigint", "PARTITION BY LIST (f1)")

    def create(fields: list[str], told: Any) -> Callable[[], Any]:
        return lambda: dh.create_connector(project, t, holo, fields, told)

    assert "twice" in refused(sdk, create(["f1", "f1"], config(sunk)))
    assert "no field" in refused(sdk, create([], config(sunk)))
    assert "no field 'f6'" in refused(sdk, create(["f6"], config(sunk)))
    assert "INTEGER" in refused(sdk, create(["f1", "n"], config(sunk)))
    assert "TIMESTAMP WITHOUT TIME ZONE" in refused(sdk, create(["at"], config(sunk)))
    assert "no column n" in refused(sdk, create(["f1", "n"], config(strict)))
    assert "NOT NULL" in refused(sdk, create(["f1"], config(strict)))
    assert "partition column f1" in refused(sdk, create(["n"], config(parted)))
    assert "does not exist" in refused(sdk, create(["f1"], config("nothing")))
    assert "does not exist" in refused(sdk, create(["f1"], config(sunk, project="nowhere")))
    assert "28P01" in refused(sdk, create(["f1"], config(sunk, access_key="wrong")))
    assert "No answer" in refused(sdk, create(["f1"], config(sunk, endpoint="127.0.0.1:9")))
    assert "Endpoint" in refused(sdk, create(["f1"], config(sunk, endpoint="host:port")))
    assert "Topic" in refused(sdk, create(["f1"], config("")))
    assert "TimestampUnit" in refused(sdk, create(["f1"], config(sunk, "DAY")))
    assert "AuthMode" in refused(sdk, create(["f1"], config(sunk, auth_mode=sdk.models.connector.AuthMode.STS)))
    assert dh.list_connector(project, t).connector_ids == []
    dh.create_blob_topic(project, "raw", 1, 3, "")
    assert "TUPLE" in refused(sdk, lambda: dh.create_connector(project, "raw", holo, [], config(sunk)))


def test_other_names_for_columns_are_refused(dh: Any, project: str, topic: Any, table: Any, server: Server) -> None:
    """The clients for Java and Go can give them; fields that go elsewhere than they were told would be a surprise."""
    t, path = topic(1, f1="STRING"), "/projects/{}/topics/{}/connectors/sink_hologres"
    with Client(server) as client, pytest.raises(Refused) as error:
        client.call("POST", path.format(project, t), Action="create", ColumnFields=["f1"], ColumnNameMap={"f1": "x"})
    assert error.value.code == "OperationDenied"


def test_a_connector_may_what_its_key_may(
    dh: Any, project: str, sdk: ModuleType, client: Any, topic: Any, table: Any, config: Any, holo: Any, server: Server
) -> None:
    """The key in its config is that of a user of its own, who is let in and may look at the table at first."""
    key = made_user(server, "dh-writer", allow())
    role = role_of(server, "dh-writer")
    t, sunk = topic(1, n="BIGINT"), table("n bigint")
    told = config(sunk, access_id=key[0], access_key=key[1])
    put(dh, project, t, [1])
    with Connection(**where(server), user=account(server)[0], password=account(server)[1]) as own:
        fence.mark_of(own, "")
    assert "42501" in refused(sdk, lambda: dh.create_connector(project, t, holo, ["n"], told))
    client.execute(f'GRANT SELECT, INSERT, DELETE ON public.yunbox_fences TO "{role}"')
    dh.create_connector(project, t, holo, ["n"], told)
    until(lambda: status(dh, project, t, holo).state.value == "CONTEXT_STOPPED", seconds=30)
    assert "42501" in status(dh, project, t, holo).last_error_message and rows(client, sunk) == []
    client.execute(f'GRANT INSERT ON {sunk} TO "{role}"')
    dh.reload_connector(project, t, holo)
    moved(dh, project, t, holo, 1)
    assert rows(client, sunk) == [(1,)]
    dh.delete_connector(project, t, holo)
    client.execute(f'REVOKE ALL ON public.yunbox_fences FROM "{role}"')


def test_a_table_of_another_database(
    dh: Any, project: str, client: Any, server: Server, topic: Any, config: Any, holo: Any, sdk: ModuleType
) -> None:
    client.execute("create database collected")
    t = topic(1, id="BIGINT", note="STRING")
    refused(sdk, lambda: dh.create_connector(project, t, holo, ["id", "note"], config("there", project="nowhere")))
    with psycopg.connect(
        **{**where(server), "dbname": "collected"}, user=server.access_key_id, password=server.access_key_secret,
        autocommit=True,
    ) as there:  # fmt: skip
        there.execute("create table there (id bigint primary key, note text)")
        dh.create_connector(project, t, holo, ["id", "note"], config("there", project="collected"))
        put(dh, project, t, [1, "one"], [2, "two"])
        moved(dh, project, t, holo, 2)
        assert rows(there, "there") == [(1, "one"), (2, "two")]
        dh.delete_connector(project, t, holo)
    dropped(client, "collected")
