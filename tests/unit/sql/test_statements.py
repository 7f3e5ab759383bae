import dataclasses

import pytest

from tests.unit.sql.conftest import Sandbox
from yunbox.schema.tables import TableName
from yunbox.sql.maxcompute import plans

T = TableName("p", "default", "t")


def test_create_table(box: Sandbox):
    made = box.plan(
        "create table if not exists x (a bigint not null comment 'k', b decimal(10, 2) default 1.5, "
        "c map<string,array<bigint>>) comment 'hi' partitioned by (dt string, hh bigint) "
        "lifecycle 30 tblproperties ('transactional' = 'true')"
    )
    assert [(c.name, str(c.type), c.nullable, c.default) for c in made.columns] == [
        ("a",
         "bigint", False, None), ("b", "decimal(10,2)", True, "1.5"), ("c", "map<string,array<bigint>>", True, None),
    ]  # fmt: skip
    assert [c.name for c in made.partition_columns] == ["dt", "hh"]
    assert (made.comment, made.lifecycle_days) == ("hi", 30)
    assert made.properties == {"transactional": "true"} and made.if_not_exists


def test_create_table_as_and_like(box: Sandbox):
    made = box.plan("create table x lifecycle 3 as select a, name n from u")
    assert [(c.name, str(c.type)) for c in made.columns] == [("a", "bigint"), ("n", "string")]
    assert made.as_query.columns == made.columns
    assert box.plan("create table x like t").partition_columns[0].name == "dt"


ACTIONS = [
    ("add columns (z string comment 'q', y bigint)", "AddColumns"),
    ("drop columns (a, b)", plans.DropColumns(("a", "b"))),
    ("change column a rename to z", plans.RenameColumn("a", "z")),
    ("change column a comment 'x'", plans.SetColumnComment("a", "x")),
    ("change column a a2 string", "ChangeColumn"),
    ("rename to t9", plans.RenameTable(TableName("p", "default", "t9"))),
    ("set comment 'c'", plans.SetComment("c")),
    ("set lifecycle 9", plans.SetLifecycle(9)),
    ("disable lifecycle", plans.EnableLifecycle(False)),
    ("partition (dt = 'x', hh = 1) enable lifecycle",
     plans.EnableLifecycle(True, (("dt", "x"), ("hh", "1")))),
    ("set tblproperties ('a' = 'b')", plans.SetProperties({"a": "b"})),
    ("add if not exists partition (hh = 1, dt = 'x') partition (dt = 'y', hh = '2')",
     plans.AddPartitions((("x", "1"), ("y", "2")), True)),
    ("drop if exists partition (dt = '20240101')", plans.DropPartitions((("20240101", "1"),), True)),
    ("drop partition (dt > '20240102')", plans.DropPartitions((("20240103", "2"),))),
    ("drop if exists partition (dt = 'nope')", plans.DropPartitions((), True)),
    ("partition (dt = 'x', hh = 1) rename to partition (dt = 'y', hh = 1)",
     plans.RenamePartition(("x", "1"), ("y", "1"))),
    ("touch partition (dt = 'x', hh = 1)", plans.Touch(("x", "1"))),
    ("touch", plans.Touch()),
    ("changeowner to 'ALIYUN$x'", plans.ChangeOwner("ALIYUN$x")),
    ("merge smallfiles", plans.MergeSmallFiles()),
    ("partition (dt = 'x', hh = 1) merge smallfiles", plans.MergeSmallFiles(("x", "1"))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "action"), ACTIONS, ids=[action[0] for action in ACTIONS])
def test_alter(box: Sandbox, text: str, action: object):
    made = box.plan(f"alter table t {text}")
    assert made.name == T
    assert type(made.action).__name__ == action if isinstance(action, str) else made.action == action


OTHERS = [
    ("drop table if exists t purge", plans.DropTable(T, True, "table", True)),
    ("drop view t", plans.DropTable(T, False, "view")),
    ("truncate table t", plans.TruncateTable(T)),
    ("truncate table t partition (dt = '20240101')", plans.TruncateTable(T, (("20240101", "1"),))),
    ("create schema if not exists s", plans.CreateSchema("p", "s", True)),
    ("drop schema s", plans.DropSchema("p", "s")),
    ("create function f as 'a.B' using 'x.jar, y.py'", plans.CreateFunction("f", "a.B", ("x.jar", "y.py"))),
    ("show tables like 'a*'", plans.Show("tables", like="a*")),
    ("show partitions t partition (dt = 'x')", plans.Show("partitions", T, partition=(("dt", "x"),))),
    ("show create table t", plans.Show("create table", T)),
    ("desc extended t", plans.Describe(T, True)),
    ("desc t partition (dt = 'x', hh = 1)", plans.Describe(T, False, (("dt", "x"), ("hh", "1")))),
    ("set a.b = c", plans.SetFlags({"a.b": "c"})),
    ("use other", plans.Use("other")),
    ("grant select on table t to user x", plans.Security("grant select on table t to user x")),
    ("whoami", plans.Security("whoami")),
]


@pytest.mark.parametrize(("text", "expected"), OTHERS, ids=[other[0] for other in OTHERS])
def test_others(box: Sandbox, text: str, expected: plans.Plan):
    assert box.plan(text) == expected


def test_create_view_plans_its_query(box: Sandbox):
    made = box.plan("create or replace view v (x, y comment 'c') comment 'vv' as select a, b from t")
    assert [(c.name, str(c.type), c.comment) for c in made.columns] == [("x", "bigint", ""), ("y", "string", "c")]
    assert (made.text, made.comment, made.or_replace) == ("select a, b from t", "vv", True)


def test_delete_and_update_rewrite_touched_partitions(box: Sandbox):
    table = dataclasses.replace(box.catalog.table(T), properties={"transactional": "true"})
    box.catalog.tables[T] = table
    gone = box.plan("delete from t where dt >= '20240102' and a = 2")
    assert gone.query.scans[0].partitions == (("20240102", "1"), ("20240103", "2"))
    assert [row[-2] for row in box.con.execute(box.sql(gone.query)).fetchall()] == ["20240103"]
    changed = box.plan("update t set b = concat(b, '!'), a = a + 1 where a in (select a from u) and dt = '20240101'")
    assert box.con.execute(box.sql(changed.query)).fetchone()[:2] == (2, "x!")


def test_explain_names_partitions(box: Sandbox):
    text = box.plan("explain insert into u select a, b from t where dt = '20240101'").text
    assert "partitions: 1 of 3" in text and "dt=20240101/hh=1" in text and "partition filter: t.dt = '20240101'" in text


def test_three_tier_names(box: Sandbox):
    made = box.plan("desc s.t", **{"odps.namespace.schema": "true"})
    assert made.name == TableName("p", "s", "t")
    assert box.plan("desc other.t").name == TableName("other", "default", "t")
