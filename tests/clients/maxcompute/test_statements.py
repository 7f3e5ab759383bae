"""Statements that larger things are made of: replaced tables, sorted inserts, the newest partition, deep nesting."""

from collections.abc import Callable

import pytest
from odps import ODPS, errors

Rows = Callable[..., list[tuple]]


def test_a_table_is_replaced_in_one_moment(o: ODPS, rows: Rows) -> None:
    o.execute_sql("create or replace table t (a bigint)")
    o.execute_sql("insert into t values (1), (2)")
    o.execute_sql("create or replace table t lifecycle 3 as select a + 1 as a, 'x' as b from t")
    assert rows("select * from t order by a limit 9") == [(2, "x"), (3, "x")]
    assert o.get_table("t").lifecycle == 3
    o.execute_sql("create or replace table t (c string) partitioned by (pt string)")
    assert rows("select count(*) from t where pt > ''") == [(0,)]
    o.execute_sql("create view v as select 1 as a")
    for text in ("create or replace table v (a bigint)", "create or replace table if not exists t (a bigint)"):
        with pytest.raises(errors.ODPSError):
            o.execute_sql(text)


def test_a_query_that_fails_replaces_nothing(o: ODPS, rows: Rows) -> None:
    o.execute_sql("create table t as select 7 as a")
    with pytest.raises(errors.ODPSError, match="ODPS-0123091"):
        o.execute_sql(
            "create or replace table t as select cast('x' as bigint) as a", hints={"odps.sql.udf.strict.mode": "true"}
        )
    assert rows("select * from t") == [(7,)]


def test_zorder_sorts_what_is_inserted(o: ODPS, rows: Rows) -> None:
    o.execute_sql("create table t (a bigint, b bigint)")
    o.execute_sql("insert overwrite table t select * from values (3, 1), (1, 2), (1, 1) v (a, b) zorder by a, b")
    with o.get_table("t").open_reader() as reader:
        assert [(row["a"], row["b"]) for row in reader] == [(1, 1), (1, 2), (3, 1)]
    with pytest.raises(errors.ODPSError, match="ZORDER BY"):
        o.execute_sql("insert into t select 1, 2 zorder by zz")


@pytest.mark.parametrize("value", ["null", "''", "'上海'", "'a/b'", "'a\\tb'"])
def test_what_names_no_dynamic_partition(o: ODPS, rows: Rows, value: str) -> None:
    """The vendor's pages "ODPS-0123031" and "Insert or overwrite data into dynamic partitions"."""
    o.execute_sql("create table t (a bigint) partitioned by (pt string)")
    with pytest.raises(errors.ODPSError, match="ODPS-0123031:Partition exception - invalid dynamic partition value"):
        o.execute_sql(f"insert into t partition (pt) select 1, {value}")
    o.execute_sql("insert into t partition (pt) values (1, 'a:b $#.!@_-9')")
    assert rows("select pt from t where pt <> ''") == [("a:b $#.!@_-9",)]


def test_the_newest_partition_by_a_subquery(o: ODPS, rows: Rows) -> None:
    o.create_table("t", ("a bigint", "pt string"))
    for i in (1, 2):
        o.write_table("t", [[i]], partition=f"pt=p{i}", create_partition=True)
    o.get_table("t").create_partition("pt=p9")  # which has no rows
    assert rows("select a from t where pt = (select max(pt) from t)") == [(2,)]
    cost = o.execute_sql_cost("select a from t where pt = (select max(pt) from t)").input_size
    assert cost == o.execute_sql_cost("select a from t where pt = 'p2'").input_size > 0


@pytest.mark.parametrize(
    "text",
    [
        "case when 1 = 1 then " * 1000 + "7" + " end" * 1000,
        "+".join(["1L"] * 5000) + " - 4993L",
        "(" * 3000 + "7" + ")" * 3000,
        "if(" + "not " * 5000 + "true, 7, 8)",
    ],
    ids=["case", "plus", "parentheses", "not"],
)
def test_expressions_of_thousands_of_nodes(rows: Rows, text: str) -> None:
    assert rows(f"select {text}") == [(7,)]


def test_what_is_nested_beyond_reason_is_refused(o: ODPS, rows: Rows) -> None:
    for text in ("select " + "(" * 50_000 + "1" + ")" * 50_000, " union all ".join(["select 1 a"] * 257)):
        with pytest.raises(errors.ODPSError, match=r"nested too deeply|more than 256 sides"):
            o.execute_sql(text)
    assert rows("select 1") == [(1,)]


def test_an_integer_is_a_timestamp_by_its_seconds(rows: Rows) -> None:
    assert str(rows("select cast(cast(0L as timestamp) as string)")[0][0]).startswith("1970-01-01 08:00:00")


def test_a_flag_without_effect_is_told_on_the_summary(o: ODPS) -> None:
    hints = {"odps.sql.mapper.split.size": "256", "odps.sql.allow.fullscan": "true"}
    for text in ("create table t (a bigint)", "select count(*) from t"):
        instance = o.execute_sql(text, hints=hints)
        told = instance.get_task_summary().summary_text
        assert "odps.sql.mapper.split.size has no effect in Yunbox" in told
        assert "fullscan has no effect" not in told
