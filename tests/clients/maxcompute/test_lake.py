"""The data is open: Delta readers see the same rows, and what they write we read."""

import duckdb
import polars
import pyarrow
from deltalake import DeltaTable, write_deltalake
from odps import ODPS


def location(o: ODPS, table: str) -> str:
    import re

    text = o.execute_sql(f"desc extended {table}").open_reader(tunnel=False).raw
    return re.search(r"Location: (\S+)", text).group(1)


def test_polars_and_duckdb_read_what_pyodps_wrote(o: ODPS) -> None:
    o.execute_sql("create table t (a bigint, b array<double>, c decimal(10,2), d datetime) partitioned by (pt string)")
    o.execute_sql(
        "insert into t partition (pt) values (1, array(1.5D, 2D), 3.25BD, datetime '2026-01-01 08:00:00', '10:00 #a%')"
    )
    frame = polars.read_delta(location(o, "t"))
    assert frame["a"].to_list() == [1]
    assert frame["b"].to_list() == [[1.5, 2.0]]
    assert str(frame["c"][0]) == "3.25"
    assert frame["d"][0].isoformat() == "2026-01-01T00:00:00+00:00"
    assert frame["pt"].to_list() == ["10:00 #a%"]
    files = DeltaTable(location(o, "t")).file_uris()
    assert duckdb.execute("select a from read_parquet(?, hive_partitioning=true)", [files]).fetchall() == [(1,)]


def test_checkpoints_are_written_and_readable(o: ODPS, rows) -> None:
    from pathlib import Path

    o.execute_sql("create table t (a bigint)")
    for number in range(25):
        o.execute_sql(f"insert into t values ({number})")
    log = Path(location(o, "t")) / "_delta_log"
    assert list(log.glob("*.checkpoint.parquet"))
    assert sorted(polars.read_delta(str(log.parent))["a"].to_list()) == list(range(25))
    assert rows("select count(*) from t") == [(25,)]


def test_rows_another_writer_appends_are_read(o: ODPS, rows) -> None:
    o.execute_sql("create table t (a bigint, b string)")
    o.execute_sql("insert into t values (1, 'ours')")
    write_deltalake(location(o, "t"), pyarrow.table({"a": [2], "b": ["theirs"]}), mode="append")
    assert rows("select a, b from t order by a limit 9") == [(1, "ours"), (2, "theirs")]
    o.execute_sql("insert into t values (3, 'ours again')")
    assert sorted(polars.read_delta(location(o, "t"))["a"].to_list()) == [1, 2, 3]


def test_update_and_delete_of_a_transactional_table(o: ODPS, rows) -> None:
    o.execute_sql("create table t (a bigint, b string) tblproperties ('transactional' = 'true')")
    o.execute_sql("insert into t values (1, 'x'), (2, 'y'), (3, 'z')")
    o.execute_sql("update t set b = 'new' where a = 2")
    o.execute_sql("delete from t where a = 1")
    assert rows("select a, b from t order by a limit 9") == [(2, "new"), (3, "z")]
    assert sorted(polars.read_delta(location(o, "t"))["a"].to_list()) == [2, 3]
