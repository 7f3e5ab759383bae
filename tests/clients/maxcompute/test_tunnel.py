"""The tunnel through PyODPS: rows go in and come out as they are, once, and not before they are committed."""

import datetime
import decimal
import json
import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from odps import ODPS, errors
from odps.tunnel import InstanceTunnel, TableTunnel

from yunbox.testing.server import Server

EVERY_TYPE = (  # one column is called e, as lambdas' parameters often are
    "i1 tinyint, i2 smallint, i4 int, i8 bigint, f4 float, f8 double, b boolean, s string, v varchar(10), c char(4),"
    " bi binary, d date, dt datetime, ts timestamp, de decimal(20,4), e array<bigint>, m map<string,double>,"
    " st struct<x:int,y:string,z:array<string>>, am array<map<string,bigint>>, j json"
)
MOMENT = datetime.datetime(2024, 2, 29, 23, 59, 58, 123000)
STAMP = pd.Timestamp("1969-12-31 23:59:59.000001")
FULL = [
    -128, -32768, -(2**31), -(2**63), 1.5, -0.0, True, "héllo\n,\"'\\\x00中文🎉", "varchar", "ch", b"\x00\xff",
    datetime.date(1, 1, 1),
    MOMENT, STAMP, decimal.Decimal("-1234567890123456.7890"), [1, None, -3], {"a": 1.0, "b": None},
    (7, None, ["p", None]), [{"k": 1}, None, {}], None,
]  # fmt: skip


@pytest.fixture
def tunnel(o: ODPS) -> TableTunnel:
    return TableTunnel(o)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def upload(tunnel: TableTunnel, table: str, blocks: dict[int, list], commit: bool = True, **kwargs: Any) -> Any:
    session = tunnel.create_upload_session(table, **kwargs)
    for block, rows in blocks.items():
        with session.open_record_writer(block) as writer:
            for row in rows:
                writer.write(session.new_record(row))
    if commit:
        session.commit(list(blocks))
    return session


def download(tunnel: TableTunnel, table: str, **kwargs: Any) -> list[list]:
    session = tunnel.create_download_session(table, **kwargs)
    with session.open_record_reader(0, session.count) as reader:
        return [record.values[: len(session.schema.simple_columns)] for record in reader]


def plain(values: list) -> list:
    return [tuple(v) if isinstance(v, tuple) else v for v in values]


# -- every type, both ways


@pytest.mark.parametrize("compress", [False, True])
def test_every_type_survives_as_records(o: ODPS, tunnel: TableTunnel, compress: bool) -> None:
    table = o.create_table("t", EVERY_TYPE)
    empty = [None] * len(FULL)
    with table.open_writer(compress_option=None) as writer:
        writer.write([FULL, empty])
    session = tunnel.create_download_session("t")
    with session.open_record_reader(0, 2, compress=compress) as reader:
        first, second = [plain(record.values) for record in reader]
    assert first == FULL
    assert second == empty


@pytest.mark.parametrize("compress", [False, True])
def test_every_type_survives_as_arrow(o: ODPS, tunnel: TableTunnel, compress: bool) -> None:
    names = EVERY_TYPE.removesuffix(", j json").replace("d date, ", "")
    row = [value for index, value in enumerate(FULL[:-1]) if index != 11]
    o.create_table("source", names)
    upload(tunnel, "source", {0: [row, [None] * len(row)]})
    session = tunnel.create_download_session("source")
    with session.open_arrow_reader(0, 2, compress=compress) as reader:
        batch = reader.read()
    o.create_table("target", names)
    target = tunnel.create_upload_session("target", compress_option=None)
    with target.open_arrow_writer(0, compress=compress) as writer:
        writer.write(batch)
    target.commit([0])
    found = [plain(values) for values in download(tunnel, "target")]
    assert found == [row, [None] * len(row)]


def test_floats_that_are_no_numbers(o: ODPS, tunnel: TableTunnel) -> None:
    o.create_table("t", "f double")
    upload(tunnel, "t", {0: [[math.inf], [-math.inf], [math.nan]]})
    values = [row[0] for row in download(tunnel, "t")]
    assert values[:2] == [math.inf, -math.inf]
    assert math.isnan(values[2])


def test_a_column_may_have_any_name(o: ODPS, tunnel: TableTunnel) -> None:
    o.create_table("t", "`select` bigint, `i` bigint, `_block` string")
    upload(tunnel, "t", {0: [[1, 2, "x"]]})
    assert download(tunnel, "t") == [[1, 2, "x"]]


# -- uploads


def test_nothing_is_there_before_the_commit(o: ODPS, tunnel: TableTunnel, rows: Callable[..., list]) -> None:
    o.create_table("t", "a bigint")
    session = upload(tunnel, "t", {0: [[1]]}, commit=False)
    assert rows("select count(*) from t") == [(0,)]
    session.commit([0])
    assert rows("select * from t") == [(1,)]


def test_blocks_are_listed_replaced_and_committed_once(o: ODPS, tunnel: TableTunnel, rows: Callable[..., list]) -> None:
    o.create_table("t", "a bigint")
    session = upload(tunnel, "t", {0: [[1]], 7: [[2]]}, commit=False)
    with session.open_record_writer(7) as writer:
        writer.write(session.new_record([3]))
    assert sorted(int(block) for block in session.get_block_list()) == [0, 7]
    session.commit([0, 7])
    session._complete_upload()
    session.reload()
    assert session.status.value == "CLOSED"
    assert sorted(rows("select a from t")) == [(1,), (3,)]
    with pytest.raises(errors.ODPSError, match=r"StatusConflict|closed"), session.open_record_writer(9) as writer:
        writer.write(session.new_record([4]))


def test_a_session_goes_on_by_its_id(o: ODPS, tunnel: TableTunnel, rows: Callable[..., list]) -> None:
    o.create_table("t", "a bigint")
    first = upload(tunnel, "t", {0: [[1]]}, commit=False)
    again = tunnel.create_upload_session("t", upload_id=first.id)
    with again.open_record_writer(1) as writer:
        writer.write(again.new_record([2]))
    again.commit([0, 1])
    assert sorted(rows("select a from t")) == [(1,), (2,)]


def test_overwrite_and_empty_sessions(o: ODPS, tunnel: TableTunnel) -> None:
    o.create_table("t", "a bigint")
    upload(tunnel, "t", {0: [[1], [2]]})
    upload(tunnel, "t", {})
    assert len(download(tunnel, "t")) == 2
    upload(tunnel, "t", {0: [[3]]}, overwrite=True)
    assert download(tunnel, "t") == [[3]]
    upload(tunnel, "t", {0: []}, overwrite=True)
    assert download(tunnel, "t") == []


def test_partitions(o: ODPS, tunnel: TableTunnel, rows: Callable[..., list]) -> None:
    table = o.create_table("t", ("a bigint", "pt string, region string"))
    spec = "pt=2024-01 01%,region=中文"
    with pytest.raises(errors.NoSuchPartition):
        tunnel.create_upload_session("t", partition_spec=spec)
    upload(tunnel, "t", {0: [[1]]}, partition_spec=spec, create_partition=True)
    upload(tunnel, "t", {0: [[2]]}, partition_spec="pt=x,region=y", create_partition=True)
    upload(tunnel, "t", {0: [[3]]}, partition_spec=spec, overwrite=True)
    assert download(tunnel, "t", partition_spec=spec) == [[3]]
    assert rows("select a, pt, region from t where pt = 'x'") == [(2, "x", "y")]
    with table.open_reader(partition="pt=x,region=y") as reader:
        assert [r.values for r in reader] == [[2, "x", "y"]] or [r.values for r in reader] == [[2]]
    for bad in (None, "pt=x", "pt=x,region=y,other=z"):
        with pytest.raises(errors.ODPSError, match="PartitionSpec"):
            tunnel.create_upload_session("t", partition_spec=bad)


def test_many_small_blocks_leave_one_file(o: ODPS, tunnel: TableTunnel, server: Server, project: str) -> None:
    o.create_table("t", ("a bigint", "pt string"))
    blocks = {block: [[block * 10 + row] for row in range(10)] for block in range(12)}
    upload(tunnel, "t", blocks, partition_spec="pt=1", create_partition=True)
    assert download(tunnel, "t", partition_spec="pt=1") == [[n] for n in range(120)]
    files = list((server.data / "lake" / project).rglob("pt=1/*.parquet"))
    assert len(files) == 1
    assert not any((server.data / "uploads").glob("*/*.parquet"))


def test_not_null_and_length_are_kept(o: ODPS, tunnel: TableTunnel) -> None:
    o.execute_sql("create table t (a bigint not null, v varchar(3))")
    session = tunnel.create_upload_session("t")
    schema = pa.schema([("a", pa.int64()), ("v", pa.string())])
    for bad, told in (({"a": None, "v": "x"}, "NOT NULL"), ({"a": 1, "v": "four"}, "longer than 3")):
        with pytest.raises(errors.ODPSError, match=told), session.open_arrow_writer(0) as writer:
            writer.write(pa.RecordBatch.from_pylist([bad], schema=schema))
    with session.open_arrow_writer(0) as writer:
        writer.write(pa.RecordBatch.from_pylist([{"a": 1, "v": "abc"}], schema=schema))
    session.commit([0])
    assert download(tunnel, "t") == [[1, "abc"]]


def test_a_table_that_changes_under_a_session(o: ODPS, tunnel: TableTunnel) -> None:
    o.create_table("t", "a bigint")
    session = upload(tunnel, "t", {0: [[1]]}, commit=False)
    o.execute_sql("alter table t add columns (b string)")
    session.commit([0])
    assert download(tunnel, "t") == [[1, None]]
    session = upload(tunnel, "t", {0: [[2, "x"]]}, commit=False)
    o.execute_sql("alter table t drop columns b")
    with pytest.raises(errors.SchemaModified):
        session.commit([0])
    session = upload(tunnel, "t", {0: [[2]]}, commit=False)
    o.execute_sql("drop table t")
    o.create_table("t", "a bigint")
    with pytest.raises(errors.ODPSError, match="NoSuchTable"):
        session.commit([0])
    assert download(tunnel, "t") == []


def test_views_and_absent_tables_are_refused(o: ODPS, tunnel: TableTunnel) -> None:
    o.execute_sql("create view v as select 1 as a")
    with pytest.raises(errors.InvalidArgument, match="view"):
        tunnel.create_upload_session("v")
    with pytest.raises(errors.NoSuchTable):
        tunnel.create_download_session("absent")


def test_a_session_belongs_to_its_opener(o: ODPS, tunnel: TableTunnel, cli: Any, connect: Any, project: str) -> None:
    o.create_table("t", "a bigint")
    session = upload(tunnel, "t", {0: [[1]]}, commit=False)
    name = f"bob-{project}"
    cli("ram", "create-user", name)
    allow = {"Effect": "Allow", "Action": ["odps:*"], "Resource": ["acs:odps:*:*:projects/*"]}
    cli("ram", "put-policy", f"all-{project}", json.dumps({"Version": "1", "Statement": [allow]}))
    cli("ram", "attach", f"all-{project}", name)
    key = json.loads(cli("ram", "--output", "json", "create-key", name))
    theirs = TableTunnel(connect(project, key=(key["access_key_id"], key["access_key_secret"])))
    with pytest.raises(errors.ODPSError, match="NoSuchUpload"):
        theirs.create_upload_session("t", upload_id=session.id)


def test_arrow_and_pandas_through_the_table(o: ODPS) -> None:
    table = o.create_table("t", ("a bigint, s string", "pt string"))
    frame = pd.DataFrame({"a": range(100_000), "s": [f"v{n % 7}" for n in range(100_000)]})
    with table.open_writer(partition="pt=1", create_partition=True, arrow=True) as writer:
        writer.write(frame)
    with table.open_reader(partition="pt=1", arrow=True) as reader:
        found = reader.to_pandas()
    assert found["a"].tolist() == frame["a"].tolist()
    assert found["s"].tolist() == frame["s"].tolist()


# -- downloads


def test_ranges_and_columns(o: ODPS, tunnel: TableTunnel) -> None:
    o.create_table("t", "a bigint, b string, c double")
    for part in range(3):
        upload(tunnel, "t", {0: [[part * 100 + row, f"b{row}", row / 2] for row in range(100)]})
    session = tunnel.create_download_session("t")
    assert session.count == 300
    for start, count in ((0, 300), (0, 1), (99, 2), (100, 100), (150, 100), (299, 1)):
        with session.open_record_reader(start, count, columns=["c", "a"]) as reader:
            assert [r[1] for r in reader] == list(range(start, start + count))
        with session.open_arrow_reader(start, count, columns=["c", "a"]) as reader:
            assert reader.read()["a"].to_pylist() == list(range(start, start + count))
    for start, count in ((0, 301), (300, 1), (-1, 1)):
        with pytest.raises(errors.ODPSError, match="InvalidRowRange"):
            session.open_arrow_reader(start, count).read()
    with pytest.raises((errors.ODPSError, KeyError, ValueError)):
        session.open_record_reader(0, 1, columns=["nope"])


def test_a_download_keeps_its_snapshot(o: ODPS, tunnel: TableTunnel) -> None:
    table = o.create_table("t", "a bigint")
    upload(tunnel, "t", {0: [[1]]})
    session = tunnel.create_download_session("t")
    o.execute_sql("insert overwrite table t values (2), (3)")
    with session.open_record_reader(0, session.count) as reader:
        assert [r[0] for r in reader] == [1]
    with table.open_reader() as reader:
        assert sorted(r[0] for r in reader) == [2, 3]
    o.execute_sql("insert into t values (4)")
    with table.open_reader() as reader:
        assert reader.count == 3, "a reader opened again sees what was committed since"


def test_an_empty_table(o: ODPS, tunnel: TableTunnel) -> None:
    table = o.create_table("t", "a bigint")
    assert download(tunnel, "t") == []
    with table.open_reader(arrow=True) as reader:
        assert reader.count == 0


def test_previews(o: ODPS, tunnel: TableTunnel) -> None:
    table = o.create_table("t", ("a bigint, ts timestamp", "pt string"))
    for pt in "xy":
        upload(tunnel, "t", {0: [[n, STAMP] for n in range(5)]}, partition_spec=f"pt={pt}", create_partition=True)
    assert [r.a for r in table.head(3)] == [0, 1, 2]
    assert [(r.a, r.pt) for r in table.head(2, partition="pt=y")] == [(0, "y"), (1, "y")]
    with tunnel.open_preview_reader(table, limit=7) as reader:
        batch = reader.read()
    assert batch.num_rows == 7
    assert batch["ts"].to_pylist()[0] == STAMP


# -- results


def test_a_result_through_the_tunnel(o: ODPS) -> None:
    o.execute_sql("set odps.sql.max.sequence.length=20000; create table t as select explode(sequence(1, 20000)) as a")
    sql = "select a, cast(a as string) as s from t order by a limit 20000"
    instance = o.execute_sql(sql)
    with instance.open_reader(tunnel=True) as reader:
        assert reader.count == 20_000
        assert [r.a for r in reader[:3]] == [1, 2, 3]
    with o.execute_sql(sql).open_reader(tunnel=True, limit=True) as reader:
        assert reader.count == 10_000
    with instance.open_reader(tunnel=True, arrow=True) as reader:
        assert reader.to_pandas()["a"].tolist() == list(range(1, 20_001))


def test_timestamps_of_a_result(o: ODPS) -> None:
    sql = "select cast('1969-12-31 15:59:59.5' as timestamp) as ts, cast(null as timestamp) as n, 1 as one"
    instance = o.execute_sql(sql, hints={"odps.sql.timezone": "UTC"})
    with instance.open_reader(tunnel=True, arrow=True) as reader:
        found = reader.to_pandas()
    assert found["ts"][0] == pd.Timestamp("1969-12-31 15:59:59.5")
    assert found["n"].isna().all()
    with instance.open_reader(tunnel=True) as reader:
        assert reader[0][2] == 1


def test_what_is_no_select_has_no_result(o: ODPS) -> None:
    instance = o.execute_sql("create table t (a bigint)")
    with pytest.raises(errors.InstanceTypeNotSupported):
        InstanceTunnel(o).create_download_session(instance)


# -- streams


def test_a_flushed_pack_is_there(o: ODPS, tunnel: TableTunnel, rows: Callable[..., list]) -> None:
    o.create_table("t", ("a bigint", "pt string"))
    session = tunnel.create_stream_upload_session("t", partition_spec="pt=1", create_partition=True)
    for number in range(40):
        with session.open_record_writer() as writer:
            writer.write(session.new_record([number]))
    assert rows("select count(*), sum(a) from t where pt = '1'") == [(40, 780)]
    assert session.get_last_batch_id() == 40
    session.abort()
    with pytest.raises(errors.ODPSError), session.open_record_writer() as writer:
        writer.write(session.new_record([1]))
    assert rows("select count(*) from t where pt = '1'") == [(40,)]


def test_packs_with_dynamic_partitions(o: ODPS, tunnel: TableTunnel, rows: Callable[..., list]) -> None:
    table = o.create_table("t", ("a bigint", "pt string, region string"))
    session = tunnel.create_stream_upload_session("t", partition_spec="pt=1,region=x", dynamic_partition=True)
    assert not list(table.partitions)
    for number, spec in enumerate(["pt='1',region='x'", "pt='2',region='中 文'", "pt='1',region='x'"]):
        session._partition_spec = spec  # what Java's SDK, since 0.57 at the latest, does by itself
        with session.open_record_writer() as writer:
            writer.write(session.new_record([number]))
    assert sorted(rows("select * from t where pt > ''")) == [(0, "1", "x"), (1, "2", "中 文"), (2, "1", "x")]
    assert session.get_last_batch_id() == 3
    session._partition_spec = "pt='3'"
    with pytest.raises(errors.ODPSError, match="InvalidPartitionSpec"), session.open_record_writer() as writer:
        writer.write(session.new_record([4]))


def test_a_pack_with_dynamic_partitions_names_one(o: ODPS, tunnel: TableTunnel) -> None:
    table = o.create_table("t", ("a bigint", "pt string"))
    session = tunnel.create_stream_upload_session("t", dynamic_partition=True)
    with pytest.raises(errors.ODPSError, match="name a partition"), session.open_record_writer() as writer:
        writer.write(session.new_record([1]))
    session._partition_spec = "pt=1"
    with session.open_record_writer() as writer:
        writer.write(session.new_record([2]))
    assert [p.name for p in table.partitions] == ["pt='1'"]
    o.create_table("flat", "a bigint")
    session = tunnel.create_stream_upload_session("flat", dynamic_partition=True)
    with session.open_record_writer() as writer:
        writer.write(session.new_record([5]))
    assert download(tunnel, "flat") == [[5]]


def test_upserts_say_that_they_are_not_there(o: ODPS, tunnel: TableTunnel) -> None:
    o.create_table("t", "a bigint")
    with pytest.raises(errors.NotSupportedError, match="upserts"):
        tunnel.create_upsert_session("t")
