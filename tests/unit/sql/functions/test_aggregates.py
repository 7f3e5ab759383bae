from decimal import Decimal

import pytest

from tests.unit.sql.conftest import Sandbox

EMPLOYEES = (
    "(values (7369, 'SMITH', 'CLERK', 800.0, 20, null), (7499, 'ALLEN', 'SALESMAN', 1600.0, 30, 300.0), "
    "(7521, 'WARD', 'SALESMAN', 1250.0, 30, 500.0), (7566, 'JONES', 'MANAGER', 2975.0, 20, null), "
    "(7839, 'KING', 'PRESIDENT', 5000.0, 10, null), (7934, 'MILLER', 'CLERK', 1300.0, 10, null)) "
    "t(empno, ename, job, sal, deptno, comm)"
)
AGGREGATES = [
    ("avg(sal)", 2154.1666666666665),
    ("count(*)", 6),
    ("count(comm)", 2),
    ("count(distinct deptno)", 3),
    ("count_if(sal > 1500)", 3),
    ("max(sal)", 5000.0),
    ("min(ename)", "ALLEN"),
    ("median(sal)", 1450.0),
    ("round(stddev(sal), 4)", 1441.0945),
    ("round(stddev_samp(sal), 4)", 1578.64),
    ("sum(sal)", 12925.0),
    ("sum(distinct deptno)", 60),
    ("round(variance(sal), 2)", 2076753.47),
    ("round(var_samp(sal), 2)", 2492104.17),
    ("approx_distinct(deptno)", 3),
    ("arg_max(sal, ename)", "KING"),
    ("arg_min(sal, ename)", "SMITH"),
    ("max_by(ename, sal)", "KING"),
    ("min_by(ename, sal)", "SMITH"),
    ("size(collect_list(comm))", 2),
    ("sort_array(collect_set(deptno))", [10, 20, 30]),
    ("wm_concat(',', ename) within group (order by empno)", "SMITH,ALLEN,WARD,JONES,KING,MILLER"),
    ("wm_concat(distinct '-', deptno) within group (order by deptno)", "10-20-30"),
    ("length(wm_concat(',', deptno))", 17),
    ("percentile(deptno, 0.5)", 20.0),
    ("percentile(empno, array(0.0, 1.0))", [7369.0, 7934.0]),
    ("percentile_approx(sal, 0.5)", 1300.0),
    ("bitwise_and_agg(deptno)", 0),
    ("bitwise_or_agg(deptno)", 30),
    ("bitwise_xor_agg(deptno)", 0),
    ("histogram(deptno)", {10: 2, 20: 2, 30: 2}),
    ("any_value(1)", 1),
    ("map_agg(deptno, 'x')[10]", "x"),
    ("size(map_agg(deptno, ename))", 3),
    ("sort_array(multimap_agg(deptno, ename)[30])", ["ALLEN", "WARD"]),
    ("map_union_sum(map(job, 1))['CLERK']", 2),
    ("size(map_union(map(job, ename)))", 4),
    ("round(corr(sal, deptno), 4)", -0.4887),
    ("covar_pop(sal, sal) = var_pop(sal)", True),
    ("round(covar_samp(sal, deptno), 2)", -6900.0),
    ("sum(if(sal > 2000, 1, 0))", 2),
    ("count(*) filter (where deptno = 10)", 2),
    ("bool_or(comm is null)", True),
    ("max(cast(sal as decimal(10,2)))", Decimal("5000.00")),
]


@pytest.mark.parametrize(("expression", "value"), AGGREGATES)
def test_aggregates(box: Sandbox, expression: str, value: object):
    assert box.rows(f"select {expression} from {EMPLOYEES}") == [(value,)]


def test_no_rows(box: Sandbox):
    rows = box.rows(
        "select count(*), sum(sal), collect_list(sal), wm_concat(',', ename), map_agg(empno, sal) "
        f"from {EMPLOYEES} where empno < 0"
    )
    assert rows == [(0, None, [], None, None)]


def names(box: Sandbox, expression: str) -> dict[str, object]:
    return dict(box.rows(f"select ename, {expression} from {EMPLOYEES}"))


def test_windows(box: Sandbox):
    assert names(box, "row_number() over (order by sal)")["KING"] == 6
    assert names(box, "rank() over (order by deptno)")["ALLEN"] == 5
    assert names(box, "dense_rank() over (order by deptno)")["ALLEN"] == 3
    assert names(box, "ntile(3) over (order by empno)")["JONES"] == 2
    assert names(box, "round(cume_dist() over (order by deptno), 2)")["KING"] == 0.33
    assert names(box, "percent_rank() over (order by empno)")["WARD"] == 0.4
    assert names(box, "lag(ename) over (order by empno)")["SMITH"] is None
    assert names(box, "lag(empno, 1, 0) over (order by empno)") == {
        "SMITH": 0,
        "ALLEN": 7369,
        "WARD": 7499,
        "JONES": 7521,
        "KING": 7566,
        "MILLER": 7839,
    }
    assert names(box, "lead(ename, 2) over (order by empno)")["SMITH"] == "WARD"
    assert names(box, "first_value(ename) over (partition by deptno order by sal desc)")["MILLER"] == "KING"
    assert names(box, "last_value(comm, true) over (order by empno)")["KING"] == 500.0
    assert names(box, "nth_value(ename, 2) over (order by empno)")["WARD"] == "ALLEN"
    assert names(box, "sum(sal) over (partition by deptno)")["KING"] == 6300.0
    assert names(box, "wm_concat(',', ename) over (partition by deptno order by empno)")["MILLER"] == "KING,MILLER"
    assert names(box, "median(sal) over (partition by deptno)")["KING"] == 3150.0
    rows = box.rows(
        f"select deptno, count_if(c) from (select deptno, cluster_sample(1) over (partition by deptno) as c "
        f"from {EMPLOYEES}) s group by deptno"
    )
    assert sorted(rows) == [(10, 1), (20, 1), (30, 1)]
    rows = box.rows(f"select count_if(c) from (select cluster_sample(3, 2) over () as c from {EMPLOYEES}) s")
    assert rows == [(4,)]


TABLES = [
    ("select trans_array(1, ',', 'wang', '1,2', 'a,b') as (k, x, y)", [("wang", "1", "a"), ("wang", "2", "b")]),
    ("select trans_array(1, ',', 'w', '1,2', 'a') as (k, x, y)", [("w", "1", "a"), ("w", "2", None)]),
    ("select trans_cols(1, 'w', '1', '2') as (i, k, v)", [(1, "w", "1"), (2, "w", "2")]),
    ("select stack(2, 'a', 1, 'b', 2) as (x, y)", [("a", 1), ("b", 2)]),
    ("select explode(array(1, 2)) as x", [(1,), (2,)]),
    ("select explode(map('a', 1)) as (k, v)", [("a", 1)]),
    ("select posexplode(array('a', 'b')) as (i, x)", [(0, "a"), (1, "b")]),
    ("select inline(array(named_struct('a', 1, 'b', 'x'))) as (a, b)", [(1, "x")]),
    ("select json_tuple('{\"a\":1,\"b\":{\"c\":2}}', 'a', 'b.c', 'd') as (a, b, d)", [("1", "2", None)]),
    ("select keyvalue_tuple('a:1;b:2', ';', ':', 'a', 'b', 'c') as (a, b, c)", [("1", "2", None)]),
    (
        "select parse_url_tuple('http://h/p?q=1', 'HOST', 'PATH', 'QUERY:q', 'REF') as (a, b, c, d)",
        [("h", "/p", "1", None)],
    ),
    ("select json_explode(json '{\"a\":1}') as (k, v)", [("a", "1")]),
    ("select t.a, x from u t lateral view explode(array(1, 2)) e as x where t.a = 1", [(1, 1), (1, 2)]),
]


@pytest.mark.parametrize(("text", "rows"), TABLES)
def test_table_functions(box: Sandbox, text: str, rows: list[tuple]):
    assert box.rows(text) == rows
