"""Rules of the service that hold whoever asks: NOT NULL, empty partitions, names in other projects and schemas."""

import json
import multiprocessing
from collections.abc import Callable
from typing import Any

import pytest
from odps import ODPS, errors

Cli = Callable[..., str]
Connect = Callable[..., ODPS]
Rows = Callable[..., list[tuple]]

_TYPES = [
    "bigint", "double", "boolean", "string", "date", "datetime", "timestamp", "timestamp_ntz", "decimal(10,2)",
    "binary", "json", "array<bigint>", "map<string,bigint>", "struct<x:int>",
]  # fmt: skip


@pytest.fixture
def stranger(cli: Cli, connect: Connect, project: str) -> ODPS:
    """A RAM user who may do everything in a project of the account's, and nothing in the test's."""
    name, own = f"stranger-{project}", f"own_{project}"
    cli("project", "create", own)
    cli("ram", "create-user", name)
    key = json.loads(cli("ram", "--output", "json", "create-key", name))
    owner = connect(own)
    owner.run_security_query(f"add user {name}")
    owner.run_security_query(
        f"grant CreateInstance, CreateTable, List, CreateSchema, DropSchema on project {own} to user {name}"
    )
    return connect(own, key=(key["access_key_id"], key["access_key_secret"]))


@pytest.mark.parametrize("query", ["values ({})", "select {}"])
def test_null_goes_into_a_column_of_any_type(o: ODPS, rows: Rows, query: str) -> None:
    columns = ", ".join(f"c{i} {kind}" for i, kind in enumerate(_TYPES))
    o.execute_sql(f"create table t ({columns})")
    o.execute_sql("insert into t " + query.format(", ".join(["null"] * len(_TYPES))))
    assert rows("select * from t") == [(None,) * len(_TYPES)]


def test_a_column_that_is_not_null_takes_no_null(o: ODPS, rows: Rows) -> None:
    o.execute_sql("create table t (id bigint not null, v string not null default 'q')")
    o.execute_sql("insert into t (id) values (1)")
    for text in (
        "insert into t values (null, 'a')",
        "insert into t (v) values ('a')",
        "insert into t select id, null from t",
        "insert overwrite table t select if(id = 1, null, id), v from t",
    ):
        with pytest.raises(errors.ODPSError, match="NOT NULL"):
            o.execute_sql(text)
    assert rows("select * from t") == [(1, "q")]


def test_an_update_leaves_no_null_where_none_may_be(o: ODPS, rows: Rows) -> None:
    o.create_table("t", "id bigint not null, v string not null", transactional=True)
    o.execute_sql("insert into t values (1, 'a'), (2, 'b')")
    with pytest.raises(errors.ODPSError, match="column v is NOT NULL"):
        o.execute_sql("update t set v = null where id = 2")
    with pytest.raises(errors.ODPSError, match="column v is NOT NULL"):
        o.execute_sql(
            "merge into t using (select 3 as id) s on t.id = s.id when not matched then insert values (s.id, null)"
        )
    assert rows("select * from t order by id limit 9") == [(1, "a"), (2, "b")]


def test_max_pt_is_the_last_partition_with_rows(o: ODPS, rows: Rows) -> None:
    table = o.create_table("t", ("a bigint", "pt string"))
    with pytest.raises(errors.ODPSError, match="no partition"):  # page "MAX_PT": an error where all are empty
        rows("select max_pt('t')")
    o.write_table("t", [[1]], partition="pt=1", create_partition=True)
    table.create_partition("pt=2")
    assert rows("select a, pt from t where pt = max_pt('t')") == [(1, "1")]
    assert table.get_max_partition().name == "pt='1'"
    o.execute_sql("insert into t partition (pt='2') values (2)")
    assert rows("select max_pt('t')") == [("2",)]
    table.truncate("pt=2")
    assert rows("select max_pt('t')") == [("1",)]


def test_grouping_sets_say_which_keys_are_missing(rows: Rows) -> None:
    found = rows(
        "select os, city, grouping(os), grouping_id(os, city), grouping__id, count(*) "
        "from values ('linux', 'Beijing'), ('ios', 'Beijing') t(os, city) "
        "group by os, city grouping sets ((os, city), (city), ())"
    )
    assert set(found) == {
        ("linux", "Beijing", 0, 0, 0, 1), ("ios", "Beijing", 0, 0, 0, 1),
        (None, "Beijing", 1, 2, 2, 2), (None, None, 1, 3, 3, 2),
    }  # fmt: skip


def test_an_interval_is_added_and_never_silently_null(o: ODPS, rows: Rows) -> None:
    assert str(rows("select date'2024-01-31' + interval '1' day")[0][0]) == "2024-02-01"
    assert str(rows("select date'2024-01-31' + interval '1-2' year to month")[0][0]) == "2025-03-31"
    with pytest.raises(errors.ODPSError, match="INTERVAL"):
        o.execute_sql("select interval '1' day")


def test_the_ddl_of_a_view_has_its_own_column_names(o: ODPS) -> None:
    o.execute_sql("create view v (x comment 'an x', y) comment 'a view' as select 1, 'a'")
    text = o.execute_sql("show create table v").open_reader().raw
    o.delete_view("v")
    o.execute_sql(text)
    view = o.get_table("v")
    assert [(c.name, c.comment) for c in view.table_schema.columns] == [("x", "an x"), ("y", "")]
    assert view.comment == "a view"


def test_a_primary_key_is_refused_by_name(o: ODPS) -> None:
    with pytest.raises(errors.ODPSError, match="PRIMARY KEY"):
        o.create_table("t", "id bigint not null, v string", transactional=True, primary_key=["id"])
    assert not o.exist_table("t")


def test_the_ddl_of_a_table_has_no_inner_properties(o: ODPS) -> None:
    o.create_table("t", ("id bigint not null, v string", "pt string"), transactional=True)
    o.get_table("t").create_partition("pt=1")
    o.execute_sql("alter table t partition (pt='1') disable lifecycle")
    with pytest.raises(errors.ODPSError, match="Partition does not exist"):
        o.execute_sql("alter table t partition (pt='2') disable lifecycle")
    text = o.execute_sql("show create table t").open_reader().raw
    assert "lifecycle.disabled" not in text + o.get_table("t").get_ddl()
    o.delete_table("t")
    o.execute_sql(text)
    assert o.get_table("t").is_transactional


def test_show_lists_what_it_is_told_to(o: ODPS, connect: Connect, cli: Cli) -> None:
    def shown(text: str, **kwargs: object) -> list[str]:
        lines = o.execute_sql(text, **kwargs).open_reader().raw.split()
        return [line.rpartition(":")[2] for line in lines]

    other = f"other_{o.project}"
    cli("project", "create", other)
    connect(other).create_table("there", "a bigint")
    o.create_table("here", "a bigint")
    o.create_schema("extra")
    o.create_table("inside", "a bigint", schema="extra")
    three_tier = {"odps.namespace.schema": "true"}
    assert shown("show tables") == ["here"]
    assert shown(f"show tables in {other}") == ["there"]
    assert shown("show tables in extra", hints=three_tier) == ["inside"]
    assert shown(f"show tables in {o.project}.extra") == ["inside"]
    assert shown(f"show schemas in {other}") == ["default"]


def test_another_projects_names_are_its_owners_to_show(o: ODPS, stranger: ODPS) -> None:
    o.create_table("t", ("a bigint", "pt string"))
    o.create_schema("extra")
    stranger.execute_sql("show tables")
    for text in (
        f"show create table {o.project}.t",
        f"show partitions {o.project}.t",
        f"show tables in {o.project}",
        f"create table t like {o.project}.t",
        f"create schema {o.project}.mine",
        f"drop schema {o.project}.extra",
    ):
        with pytest.raises(errors.ODPSError, match=r"NoPermission|not allowed|denied|Authorization"):
            stranger.execute_sql(text)
    assert [schema.name for schema in o.list_schemas()] == ["default", "extra"]


def test_the_queue_has_what_runs(o: ODPS) -> None:
    numbers = "(select explode(sequence(1, 100000)) as a)"
    instance = o.run_sql(
        "set odps.sql.max.sequence.length=100000; "
        f"select /*+ mapjoin(y) */ count(*) from {numbers} x join {numbers} y on x.a < y.a + 5 or x.a = 0"
    )
    queued = [info for info in o.list_instance_queueing_infos() if info.instance_id == instance.id]
    assert [str(info.status.value) for info in queued] == ["Running"]
    instance.stop()
    assert list(o.list_instance_queueing_infos()) == []
    assert instance.get_worker_log("any", "stdout") == ""


def test_binary_literals(rows: Rows) -> None:
    assert rows("select X'616263', x'616', hex(X'')") == [(b"abc", b"\x06\x16", "")]


def test_minus_twice_is_no_comment(rows: Rows) -> None:
    assert rows("select -(-1), - -2, -(-x), -(-1.5) from values (3) t(x)") == [(1, 2, 3, 1.5)]


@pytest.mark.parametrize(
    "text",
    [
        "select count(distinct *) from t",
        "select sum(row_number() over (order by a)) from t",
        "select a from t where row_number() over (order by a) = 1",
        "select sum(a) over (order by a rows between 1 following and 1 preceding) from t",
        "with x as (select 1 as a), x as (select 2 as a) select * from x",
        "create table d (a bigint default nope)",
        "create table d (a bigint default true)",
    ],
)
def test_what_makes_no_sense_is_the_users_mistake(o: ODPS, text: str) -> None:
    o.create_table("t", "a bigint")
    with pytest.raises(errors.ODPSError) as caught:
        o.execute_sql(text)
    assert caught.value.code == "ODPS-0130071"


def test_the_type_of_a_column_only_widens(o: ODPS, rows: Rows) -> None:
    table = o.create_table("t", "a int, d decimal(10,2), s string, v varchar(5)")
    o.write_table("t", [[1, 2, "x", "y"]])
    for change in ("a a bigint", "d d decimal(12,2)", "v v varchar(9)", "v v string", "a a string"):
        o.execute_sql(f"alter table t change column {change}")
    for change in ("a a bigint", "s s bigint", "d d decimal(9,2)", "d d double", "v v char(3)"):
        with pytest.raises(errors.ODPSError, match="cannot be changed from"):
            o.execute_sql(f"alter table t change column {change}")
    table.reload()
    kinds = [str(column.type).lower() for column in table.table_schema.columns]
    assert kinds == ["string", "decimal(12,2)", "string", "string"]
    assert rows("select a, s, v from t") == [("1", "x", "y")]


def test_an_extended_list_of_tables_has_their_sizes(o: ODPS) -> None:
    o.create_table("empty", "a bigint")
    o.create_table("full", "a bigint")
    o.write_table("full", [[1], [2]])
    found = {table.name: table for table in o.list_tables(extended=True)}
    assert [(found[name].record_num, found[name].size > 0) for name in ("empty", "full")] == [(0, False), (2, True)]


def test_a_view_is_described_with_its_query(o: ODPS) -> None:
    o.execute_sql("create view v as select 1 as a")
    assert "ViewText: select 1 as a" in o.execute_sql("desc v").open_reader().raw


@pytest.mark.parametrize("value", ["a b", "a:b", "2024-01-01 00:00:00", "x/y", "%41", "a.b$c#d!e@f"])
def test_a_partition_value_may_have_punctuation(o: ODPS, rows: Rows, value: str) -> None:
    o.create_table("t", ("a bigint", "pt string, d string"))
    spec = f"pt='{value}',d='1'"
    o.write_table("t", [[1]], partition=spec, create_partition=True)
    assert rows(f"select a, pt from t where pt = '{value}'") == [(1, value)]
    assert o.get_table("t").exist_partition(spec)
    assert [record[0] for record in o.read_table("t", partition=spec)] == [1]


def test_processes_write_into_one_session(o: ODPS, rows: Rows) -> None:
    table = o.create_table("t", "a bigint")
    spawn = multiprocessing.get_context("spawn")  # forked children would share the parent's connection
    with table.open_writer(mp_context=spawn) as writer:
        children = [spawn.Process(target=_write, args=(writer, i)) for i in range(3)]
        for child in children:
            child.start()
        for child in children:
            child.join()
    assert rows("select count(*), sum(a) from t") == [(30, 435)]


def _write(writer: Any, number: int) -> None:
    writer.write([[number * 10 + i] for i in range(10)])
    writer.close()


def test_partitions_are_merged_into_one(o: ODPS, rows: Rows) -> None:
    o.create_table("t", ("a bigint", "pt string"))
    for number in range(1, 5):
        o.write_table("t", [[number]], partition=f"pt={number}", create_partition=True)
    o.execute_sql("alter table t merge partition (pt='1'), partition (pt='2') overwrite partition (pt='x')")
    assert rows("select a, pt from t where pt > '' order by a limit 9") == [(1, "x"), (2, "x"), (3, "3"), (4, "4")]
    o.execute_sql("alter table t merge if exists partition (pt >= '3' and pt < 'y') overwrite partition (pt='x') purge")
    assert [p.name for p in o.get_table("t").partitions] == ["pt='x'"]
    assert rows("select a from t where pt = 'x' order by a limit 9") == [(1,), (2,), (3,), (4,)]
    o.write_table("t", [[5]], partition="pt=5", create_partition=True)
    o.execute_sql("alter table t merge partition (pt='5') overwrite partition (pt='x')")
    assert rows("select a from t where pt = 'x'") == [(5,)]
    with pytest.raises(errors.ODPSError, match="Partition does not exist"):
        o.execute_sql("alter table t merge partition (pt='nope') overwrite partition (pt='x')")
    o.execute_sql("alter table t merge if exists partition (pt='nope') overwrite partition (pt='new')")
    assert [p.name for p in o.get_table("t").partitions] == ["pt='x'"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("overwrite table t partition (pt='1')", "overwrite table t partition (pt='1')"),
        ("into t partition (pt='1')", "overwrite table t partition (pt='2')"),
        ("overwrite table plain", "overwrite table plain"),
    ],
)
def test_inserts_of_one_statement_do_not_collide(o: ODPS, first: str, second: str) -> None:
    o.create_table("t", ("a bigint", "pt string"))
    o.create_table("plain", "a bigint")
    with pytest.raises(errors.ODPSError, match=r"more than once|INSERT INTO and INSERT OVERWRITE"):
        o.execute_sql(f"from (select 1 as a) s insert {first} select a insert {second} select a + 1")


def test_ddl_that_the_service_itself_writes(o: ODPS) -> None:
    o.execute_sql("create table if not exists t (a bigint) stored as aliorc tblproperties ('x.y'='true') lifecycle 9")
    assert o.get_table("t").lifecycle == 9


@pytest.mark.parametrize(
    "text",
    [
        "create function f as 'm.F' using 'm.py'",
        "drop function missing",
        "create schema default",
        "drop schema missing",
    ],
)
def test_functions_and_schemas_are_no_tables(o: ODPS, text: str) -> None:
    o.create_resource("m.py", "py", file_obj="1")
    o.create_function("f", class_type="m.F", resources=["m.py"])
    with pytest.raises(errors.ODPSError) as caught:
        o.execute_sql(text)
    assert (caught.value.code, type(caught.value)) == ("ODPS-0110061", errors.ODPSError)
    o.execute_sql("drop function if exists missing")
    o.execute_sql("drop schema if exists missing")
