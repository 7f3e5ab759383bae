import pytest

from tests.unit.sql.conftest import Sandbox

CASES = [
    ("select a, B from T where dt = '20240101'", [(1, "x")]),
    ("select dt, count(*) c from t group by dt having count(*) > 0 order by dt",
     [("20240101", 1), ("20240102", 1), ("20240103", 1)]),
    ("select b from t order by b", [(None,), ("x",), ("y",)]),
    ("select b from t order by b desc", [("y",), ("x",), (None,)]),
    ("select hh h, sum(a) from t group by h order by 1", [(1, 3), (2, None)]),
    ("select hh, count(*) from t group by 1 order by 2 desc", [(1, 2), (2, 1)]),
    ("select t.a, u.name from t left outer join u on t.a = u.a order by a desc limit 2",
     [(2, None), (1, "one")]),
    ("select a from t left semi join u on t.a = u.a", [(1,)]),
    ("select a from u left anti join t on t.a = u.a", [(3,)]),
    ("select * from u x join u y using (a) order by a", [(1, "one", "one"), (3, "three", "three")]),
    ("select a, y from t lateral view explode(arr) q as y order by y", [(1, 1), (1, 2)]),
    ("select a, y from t lateral view outer explode(arr) q as y where hh = 2 or a = 2 order by a",
     [(None, None), (2, None)]),
    ("select k, v, p from t lateral view explode(m) q as k, v lateral view posexplode(arr) r as p, w order by p",
     [("k", 5, 0), ("k", 5, 1)]),
    ("select explode(array(1, 2)) as x from u where a = 1", [(1,), (2,)]),
    ("from u select a, name as x where a = 1", [(1, "one")]),
    ("from t x join u y on x.a = y.a select name, count(*) where x.a = 1 group by name order by name limit 1",
     [("one", 1)]),
    ("from u select a where a = 1 union all select 9", [(1,), (9,)]),
    ("select p, q from u x (p, q) where p = 1", [(1, "one")]),
    ("with q as (select a, name from u) select m from q as r (m, n) where n = 'one'", [(1,)]),
    ("select r.a \"b\" from u r where r.a = 1", [(1,)]),
    ("select json_tuple('{\"a\": 1}', 'a')", [("1",)]),
    ("select /*+ mapjoin(y) */ x.a from u x left join u y on x.a > y.a order by a limit 9", [(1,), (3,)]),
    ("select /*+ MAPJOIN(x) */ x.a from u x join u y on x.a > y.a", [(3,)]),
    ("select /*+ mapjoin(y, z) */ count(*) from u x join u y on x.a > y.a join u z on x.a >= z.a", [(2,)]),
    ("select /*+ distmapjoin(y(shard_count=5, replica_count=2)), mapjoin(z) */ x.a from u x join u y on x.a > y.a"
     " join u z on x.a = z.a or z.a is null", [(3,)]),
    ("select /*+ mapjoin(y) */ x.a, y.a from u x join (select max(a) a from u) y on 1 = 1 where x.a = 1", [(1, 3)]),
    ("select /*+ mapjoin */ count(*) from u x join u y on x.a = y.a", [(2,)]),
    ("select /*+ mapjoin() */ count(*) from u x join u y on x.a = y.a", [(2,)]),
    ("select /*+ mapjoin(y) */ x.a from u x left semi join u y on x.a > y.a", [(3,)]),
    ("select sum(a) over (order by 1 range between 1 preceding and current row) from u", [(4,), (4,)]),
    ("select sum(a) over (order by date'2024-01-01' range between interval 1 month preceding and current row) from u",
     [(4,), (4,)]),
    ("select sum(a) over (order by 'x') from u order by 1 limit 9", [(1,), (4,)]),
    ("select /* oss://b/* and /* */ p.u.a, u.name from u where a = 1", [(1, "one")]),
    ("select x.a from u x cross join u y on x.a = y.a where y.a = 3", [(3,)]),
    ("select count(*) from u x cross join u y using (a)", [(2,)]),
    ("select count(*) from u x cross join u y", [(4,)]),
    ("select array_distinct(collect_list(initcap(name))) from u", [(["One", "Three"],)]),
    ("select size(array_union(collect_list(initcap(name)), array('q'))) from u", [(3,)]),
    ("select map_agg(a, cast(array(a) as array<string>)) from u where a = 1", [({1: ["1"]},)]),
    ("select name from u where a in (select a from t) and exists (select 1 from t where t.a = u.a)",
     [("one",)]),
    ("select name, (select max(dt) from t where t.a = u.a) m from u order by name",
     [("one", "20240101"), ("three", None)]),
    ("with q as (select a from u), r as (select a + 1 b from q) select b from r order by b", [(2,), (4,)]),
    ("select a from u union all select 9 order by a desc limit 1", [(9,)]),
    ("select a from u minus select 1", [(3,)]),
    ("select a from u intersect select 1", [(1,)]),
    ("select distinct hh from t order by hh", [(1,), (2,)]),
    ("select * except (name) from u order by a", [(1,), (3,)]),
    ("select * replace (a + 1 as a) from u order by a", [(2, "one"), (4, "three")]),
    ("select s.x, m['k'], arr[1] from t where dt = '20240101'", [(7, 5, 2)]),
    ("select dt, row_number() over (partition by hh order by dt desc) n from t qualify n = 1 order by dt",
     [("20240102", 1), ("20240103", 1)]),
    ("select last_value(b, true) over (order by dt) l from t order by dt desc limit 1", [("y",)]),
    ("select hh, dt, count(*) from t where hh = 2 group by hh, dt grouping sets ((hh), (dt)) order by hh",
     [(None, "20240103", 1), (2, None, 1)]),
    ("select count(*) from (select dt, hh from t group by dt, hh with rollup) x", [(7,)]),
    ("select x + y from values (1, 2), (3, 4) q(x, y) order by 1", [(3,), (7,)]),
    ("select count(distinct a, b), collect_set(hh) from t where hh = 1", [(2, [1])]),
    ("select wm_concat(',', name) within group (order by name desc) from u", [("three,one",)]),
    ("from u where a > 1 select a, name", [(3, "three")]),
    ("select a, a from u where a = 1", [(1, 1)]),
    ("select count(*) from (select sum(a) from u) q", [(1,)]),
    ("select a from (select a, name from u order by name limit 1) q", [(1,)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rows"), CASES, ids=[case[0][:60] for case in CASES])
def test_rows(box: Sandbox, text: str, rows: list[tuple]):
    assert box.rows(text) == rows


def test_names(box: Sandbox):
    query = box.query("select a, A + 1, count(*) over (), b as B2, t.a from t")
    assert [column.name for column in query.columns] == ["a", "_c1", "_c2", "b2", "a2"]


def test_only_needed_columns_are_read(box: Sandbox):
    assert box.query("select count(*) from t").scans[0].columns == ()
    assert box.query("select x.a from (select * from t) x where x.dt = '1'").scans[0].columns == ("a", "dt")


def test_insert_fits_the_target(box: Sandbox):
    made = box.plan(
        "insert overwrite table t partition (dt = 'x', hh) (a, b) select cast(name as bigint), a, 5 from u where a = 1"
    )
    assert (made.overwrite, made.static_partition, made.dynamic_partition) == (True, (("dt", "x"),), ("hh",))
    names = [column.name for column in made.query.columns]
    assert names == ["a", "b", "c", "d", "e", "m", "arr", "s", "hh"]
    row = box.con.execute(box.sql(made.query)).fetchone()
    assert row == (None, "1", None, None, None, None, None, None, "5")


def test_insert_values_may_be_expressions(box: Sandbox):
    assert box.rows("insert into u values (1 + 1, concat('a', 'b')), (3, null)") == [(2, "ab"), (3, None)]


def test_multi_insert(box: Sandbox):
    made = box.plan("from t insert overwrite table u select a, b where a = 1 insert into w select a, b where a = 2")
    assert [box.con.execute(box.sql(one.query)).fetchall() for one in made.inserts] == [[(1, "x")], [(2, "y")]]
    assert [one.overwrite for one in made.inserts] == [True, False]
