"""Connectors by pydatahub, to MaxCompute: what is put arrives in a table, once; by the vendor's own tests
(``SinkOdpsTest`` of the Java SDK, the connector tests of pydatahub)."""

import itertools
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from odps import ODPS

from tests.waiting import until
from yunbox.testing.server import Server

_NUMBERS = itertools.count(1)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def o(server: Server) -> ODPS:
    return ODPS(server.access_key_id, server.access_key_secret, server.project, endpoint=server.endpoint)


@pytest.fixture
def table(o: ODPS) -> Iterator[Callable[..., str]]:
    """Make a table of columns, and perhaps partition columns; it is gone after the test."""
    made: list[str] = []

    def make(columns: str, partitions: str = "") -> str:
        made.append(f"sunk_{next(_NUMBERS)}")
        o.create_table(made[-1], (columns, partitions) if partitions else columns)
        return made[-1]

    yield make
    for name in made:
        o.delete_table(name, if_exists=True)


@pytest.fixture
def config(server: Server, sdk: ModuleType) -> Callable[..., Any]:
    """The config of a connector to a table."""

    def make(table: str, mode: str = "USER_DEFINE", minutes: int = 15, **formats: str) -> Any:
        mode = sdk.models.PartitionMode[mode]
        where = (server.project, table, server.endpoint, "", server.access_key_id, server.access_key_secret)
        return sdk.models.OdpsConnectorConfig(*where, mode, minutes, formats or None)

    return make


@pytest.fixture
def odps(sdk: ModuleType) -> Any:
    return sdk.models.ConnectorType.SINK_ODPS


def put(dh: Any, project: str, topic: str, *rows: list[Any], shard: str = "0") -> None:
    sdk_models = __import__("datahub.models").models
    schema = dh.get_topic(project, topic).record_schema
    records = []
    for row in rows:
        record = sdk_models.TupleRecord(schema=schema)
        record.shard_id = shard
        for at, value in enumerate(row):
            if value is not None:
                record.set_value(at, value)
        records.append(record)
    assert dh.put_records(project, topic, records).failed_record_count == 0


def rows(o: ODPS, table: str) -> list[tuple[Any, ...]]:
    hints = {"odps.sql.allow.fullscan": "true"}
    with o.execute_sql(f"SELECT * FROM {table}", hints=hints).open_reader(tunnel=True) as reader:
        return sorted((tuple(record.values) for record in reader), key=repr)


def arrived(o: ODPS, table: str, count: int) -> list[tuple[Any, ...]]:
    until(lambda: len(rows(o, table)) >= count, seconds=30)
    time.sleep(0.3)
    found = rows(o, table)
    assert len(found) == count
    return found


def status(dh: Any, project: str, topic: str, connector: Any, shard: str = "0") -> Any:
    return dh.get_connector_shard_status(project, topic, connector).shard_status_infos[shard]


def refused(sdk: ModuleType, work: Callable[[], Any], code: str = "InvalidParameter") -> str:
    with pytest.raises(sdk.exceptions.DatahubException) as error:
        work()
    assert error.value.error_code == code, error.value
    return error.value.error_msg


def test_a_connector_as_it_is_shown(
    dh: Any, project: str, sdk: ModuleType, topic: Any, table: Any, config: Any, odps: Any, server: Server
) -> None:
    t, sunk = topic(2, f1="STRING", f2="BIGINT"), table("f1 string, f2 bigint", "ds string, hh string, mm string")
    told = config(sunk, "SYSTEM_TIME", 30, ds="%Y%m%d", hh="%H", mm="%M")
    connector = dh.create_connector(project, t, odps, ["f1", "f2"], told).connector_id
    assert dh.list_connector(project, t).connector_ids == [connector]
    for name in (connector, odps):
        found = dh.get_connector(project, t, name)
        assert (found.connector_id, found.type, found.column_fields) == (connector, odps, ["f1", "f2"])
        assert found.state == sdk.models.ConnectorState.CONNECTOR_RUNNING
        assert found.create_time > 0 and found.cluster_addr and found.sub_id
        assert (found.config.project_name, found.config.table_name) == (server.project, sunk)
        assert (found.config.odps_endpoint, found.config.partition_mode) == (server.endpoint, told.partition_mode)
        assert (found.config.time_range, dict(found.config.partition_config)) == (30, told.partition_config)
        assert (found.config.access_id, found.config.access_key) == ("", ""), "keys are shown to nobody"
        assert [(one.shard_id, one.current_sequence) for one in found.shard_contexts] == [("0", -1), ("1", -1)]
    assert dh.get_connector_done_time(project, t, odps).done_time == 0
    refused(sdk, lambda: dh.create_connector(project, t, odps, ["f1"], told), "ConnectorAlreadyExist")
    refused(sdk, lambda: dh.delete_topic(project, t), "OperationDenied")
    dh.delete_connector(project, t, connector)
    assert dh.list_connector(project, t).connector_ids == []
    refused(sdk, lambda: dh.get_connector(project, t, odps), "NoSuchConnector")


def test_every_type_arrives(
    dh: Any, project: str, o: ODPS, sdk: ModuleType, topic: Any, table: Any, config: Any, odps: Any
) -> None:
    fields = {"a": "TINYINT", "b": "SMALLINT", "c": "INTEGER", "d": "BIGINT", "e": "STRING", "f": "FLOAT",
              "g": "DOUBLE", "h": "BOOLEAN", "i": "TIMESTAMP", "j": "DECIMAL"}  # fmt: skip
    t = topic(1, **fields, pt="STRING")
    sunk = table(
        "e string, a tinyint, b smallint, c int, d bigint, f float, g double, h boolean, i datetime, j decimal(20,3), "
        "`__rowkey__` string, more string",
        "pt string",
    )
    dh.create_connector(project, t, odps, [*fields, "pt"], config(sunk))
    micros = 1_795_969_222_377_000
    full = [1, -2, 3, 1 << 40, "text, 'quoted'", 0.5, 2.5, True, micros, Decimal("12.3456")]
    put(dh, project, t, [*full, "x"], [None] * 10 + ["y"])
    put(
        dh,
        project,
        t,
        [*full, None],
        [*full, "*"],
        [*full[:9], Decimal("1e30"), "x"],
    )
    first, second = arrived(o, sunk, 2)
    at = datetime.fromtimestamp(micros / 1e6, SHANGHAI)
    full_row = next(row for row in (first, second) if row[0] is not None)
    assert full_row[:8] == ("text, 'quoted'", 1, -2, 3, 1 << 40, 0.5, 2.5, True)
    assert full_row[8].timestamp() == at.timestamp()
    assert full_row[9:] == (Decimal("12.346"), "0-0", None, "x")
    none = second if full_row is first else first
    assert none == (None,) * 10 + ("0-1", None, "y")
    found = status(dh, project, t, odps)
    assert (found.current_sequence, found.discard_count, found.last_error_message) == (4, 3, "")
    assert found.state == sdk.models.connector.ConnectorShardStatus.CONTEXT_EXECUTING
    assert abs(dh.get_connector_done_time(project, t, odps).done_time - time.time()) < 10


def test_partitions_by_time(dh: Any, project: str, o: ODPS, topic: Any, table: Any, config: Any, odps: Any) -> None:
    t, sunk = topic(1, f1="STRING", event_time="TIMESTAMP"), table("f1 string", "pt string, ct string")
    other = table("f1 string", "pt string")
    dh.create_connector(project, t, odps, ["f1"], config(sunk, "EVENT_TIME", 60, pt="%Y%m%d", ct="%H%M"))
    event = datetime(2026, 3, 4, 5, 59, 59, tzinfo=SHANGHAI)
    put(dh, project, t, ["then", int(event.timestamp() * 1e6)], ["now", None])
    now = datetime.now(SHANGHAI)
    found = {row[0]: row[1:] for row in arrived(o, sunk, 2)}
    assert found["then"] == ("20260304", "0500")
    assert found["now"] in ((now.strftime("%Y%m%d"), now.strftime("%H00")),) or now.minute == 0
    dh.delete_connector(project, t, odps)
    dh.create_connector(project, t, odps, ["f1"], config(other, "SYSTEM_TIME", 60, pt="%Y%m%d%H"))
    assert {row[1] for row in arrived(o, other, 2)} <= {
        datetime.fromtimestamp(now.timestamp() - back, SHANGHAI).strftime("%Y%m%d%H") for back in (0, 3600)
    }


def test_bytes_arrive(dh: Any, project: str, o: ODPS, sdk: ModuleType, table: Any, config: Any, odps: Any) -> None:
    dh.create_blob_topic(project, "raw", 1, 3, "")
    sunk = table("line string")
    dh.create_connector(project, "raw", odps, [], config(sunk))
    values = [b"one", "zw\u00f6lf".encode(), b"\xff\xfe"]
    dh.put_records(project, "raw", [sdk.models.BlobRecord(blob_data=value) for value in values])
    assert arrived(o, sunk, 2) == [("one",), ("zw\u00f6lf",)]
    assert status(dh, project, "raw", odps).discard_count == 1
    dh.delete_connector(project, "raw", odps)


def test_stopped_set_back_and_started(
    dh: Any, project: str, o: ODPS, sdk: ModuleType, topic: Any, table: Any, config: Any, odps: Any
) -> None:
    t, sunk = topic(1, n="BIGINT"), table("n bigint")
    states = sdk.models.ConnectorState
    dh.create_connector(project, t, odps, ["n"], config(sunk))
    put(dh, project, t, [0], [1], [2])
    arrived(o, sunk, 3)
    dh.update_connector_state(project, t, odps, states.CONNECTOR_STOPPED)
    assert dh.get_connector(project, t, odps).state == states.CONNECTOR_STOPPED
    put(dh, project, t, [3])
    time.sleep(2.5)
    arrived(o, sunk, 3)
    found = status(dh, project, t, odps)
    assert (found.state.value, found.current_sequence) == ("CONTEXT_STOPPED", 2)
    dh.update_connector_offset(project, t, odps, "", sdk.models.ConnectorOffset(1, 1000))
    found = status(dh, project, t, odps)
    assert (found.current_sequence, found.current_timestamp) == (1, 1000)
    dh.update_connector_state(project, t, odps, states.CONNECTOR_RUNNING)
    assert arrived(o, sunk, 5) == [(0,), (1,), (2,), (2,), (3,)]
    dh.update_connector_offset(project, t, odps, "0", sdk.models.ConnectorOffset(timestamp=0))
    arrived(o, sunk, 9)


def test_where_it_begins(
    dh: Any, project: str, o: ODPS, sdk: ModuleType, topic: Any, table: Any, config: Any, odps: Any
) -> None:
    t, sunk = topic(1, n="BIGINT"), table("n bigint")
    put(dh, project, t, [1])
    time.sleep(0.05)
    start = int(time.time() * 1000)
    put(dh, project, t, [2])
    dh.create_connector(project, t, odps, ["n"], config(sunk), start)
    assert arrived(o, sunk, 1) == [(2,)]
    refused(sdk, lambda: dh.create_connector(project, t, odps, ["n"], config(sunk), start + 10**9))


def test_split_shards_and_more_fields(
    dh: Any, project: str, o: ODPS, sdk: ModuleType, topic: Any, table: Any, config: Any, odps: Any
) -> None:
    t, sunk = topic(1, n="BIGINT"), table("n bigint, name string")
    dh.create_connector(project, t, odps, ["n"], config(sunk))
    put(dh, project, t, [1])
    arrived(o, sunk, 1)
    dh.split_shard(project, t, "0")
    dh.append_field(project, t, "name", sdk.models.FieldType.STRING)
    refused(sdk, lambda: dh.append_connector_field(project, t, odps, "nothing"))
    dh.append_connector_field(project, t, odps, "name")
    assert dh.get_connector(project, t, odps).column_fields == ["n", "name"]
    put(dh, project, t, [2, "two"], shard="2")
    assert arrived(o, sunk, 2) == [(1, None), (2, "two")]
    states = {
        shard: one.state.value
        for shard, one in dh.get_connector_shard_status(project, t, odps).shard_status_infos.items()
    }
    assert states == {"0": "CONTEXT_FINISHED", "1": "CONTEXT_EXECUTING", "2": "CONTEXT_EXECUTING"}


def test_a_table_that_is_gone_for_a_while(
    dh: Any, project: str, o: ODPS, topic: Any, table: Any, config: Any, odps: Any
) -> None:
    t, sunk = topic(1, n="BIGINT"), table("n bigint")
    dh.create_connector(project, t, odps, ["n"], config(sunk))
    o.delete_table(sunk)
    put(dh, project, t, [1])
    until(lambda: status(dh, project, t, odps).state.value == "CONTEXT_STOPPED", seconds=30)
    assert sunk in status(dh, project, t, odps).last_error_message
    o.create_table(sunk, "n bigint")
    dh.reload_connector(project, t, odps)
    assert arrived(o, sunk, 1) == [(1,)]
    assert status(dh, project, t, odps).last_error_message == ""


def test_another_config(
    dh: Any, project: str, o: ODPS, sdk: ModuleType, topic: Any, table: Any, config: Any, odps: Any, server: Server
) -> None:
    """What is left out of it stays, as keys do that nobody is shown; it is not tried out, as the vendor does not."""
    t, sunk = topic(1, n="BIGINT"), table("n bigint")
    dh.create_connector(project, t, odps, ["n"], config(sunk))
    told = dh.get_connector(project, t, odps).config
    told.odps_endpoint = told.tunnel_endpoint = "http://127.0.0.1:9/api"
    dh.update_connector(project, t, odps, told)
    put(dh, project, t, [1])
    until(lambda: status(dh, project, t, odps).state.value == "CONTEXT_HANG", seconds=30)
    assert status(dh, project, t, odps).current_sequence == -1
    told.odps_endpoint = told.tunnel_endpoint = server.endpoint
    dh.update_connector(project, t, odps, told)
    assert arrived(o, sunk, 1) == [(1,)]


def test_what_cannot_be(
    dh: Any, project: str, sdk: ModuleType, topic: Any, table: Any, config: Any, odps: Any, server: Server
) -> None:
    t = topic(1, f1="STRING", n="BIGINT", pt="STRING", nr="BIGINT")
    sunk, plain = table("f1 string, n bigint", "pt string"), table("f1 string, n string")
    number = table("f1 string", "nr string")

    def create(fields: list[str], told: Any, kind: Any = odps) -> Callable[[], Any]:
        return lambda: dh.create_connector(project, t, kind, fields, told)

    assert "partition column pt" in refused(sdk, create(["f1"], config(sunk)))
    assert "twice" in refused(sdk, create(["f1", "f1", "pt"], config(sunk)))
    assert "no field 'f6'" in refused(sdk, create(["f6", "pt"], config(sunk)))
    assert "no STRING" in refused(sdk, create(["f1", "nr"], config(number)))
    assert "BIGINT" in refused(sdk, create(["f1", "n"], config(plain)))
    assert "no column pt" in refused(sdk, create(["f1", "pt"], config(plain)))
    assert "event_time" in refused(sdk, create(["f1"], config(sunk, "EVENT_TIME", pt="%Y")))
    assert "format" in refused(sdk, create(["f1"], config(sunk, "SYSTEM_TIME", pt="%S")))
    assert "partitions: pt" in refused(sdk, create(["f1"], config(sunk, "SYSTEM_TIME", ds="%Y")))
    assert "TimeRange" in refused(sdk, create(["f1"], config(sunk, "SYSTEM_TIME", 5, pt="%Y")))
    assert "nothing" in refused(sdk, create(["f1"], config("nothing")))
    wrong = config(sunk)
    wrong.access_key = "wrong"
    refused(sdk, create(["f1", "pt"], wrong))
    other = sdk.models.connector.DatabaseConnectorConfig("host", 1, "d", "u", "p", "t", True)
    mysql = sdk.models.ConnectorType.SINK_MYSQL
    assert "sink_mysql" in refused(sdk, create(["f1"], other, mysql), "OperationDenied")
    assert dh.list_connector(project, t).connector_ids == []
