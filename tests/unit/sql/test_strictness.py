"""What the real service refuses is refused here, by default; what does no harm a project may allow itself.

Pages: "Rewrite incompatible SQL statements" (its names stand beside the cases), "JOIN", "Drop partitions", "EXPLAIN".
"""

import pytest

from tests.unit.sql.conftest import Sandbox
from yunbox.kernel.errors import KernelError

STRICT = {"odps.sql.validate.orderby.limit": "true"}
LENIENT = {"yunbox.sql.lenient": "true"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("select split(name, '\\01') from u", "ODPS-0130161:[1,20] Parse exception - unexpected escape sequence: 01"),
        ("select name like '\\0001' from u", "unexpected escape sequence: 0001"),  # bad.escape
        ("select a from (select a from u order by a) q", "ORDER BY must be used with a LIMIT"),  # order.by.no.limit
        ("select a from u order by a", "ORDER BY must be used with a LIMIT"),
        ("select a from u union all select a from w order by a", "ORDER BY must be used with a LIMIT"),
        ("select u.a from u join w on u.a = w.a or u.name = w.name", "expect equality expression"),
        ("select u.a from u join w on u.a = w.a and u.name > w.name", "expect equality expression"),
        ("select u.a from u left join w on u.a = w.a and not (u.name = w.name)", "expect equality expression"),
        ("select a as b from u group by a having b > 0", "column b cannot be resolved"),  # having.use.select.alias
        ("select count(a) c from u group by name having c > 1", "column c cannot be resolved"),
        ("select a, name as a from u order by a limit 1", "a is ambiguous"),  # order.by.col.ambiguous
        ("select * as x from u", "ODPS-0130161"),  # select.invalid.token.after.star
        ("create table x (a bigint, A string)", "more than once"),  # column.repeated.in.creation
        ("create table x (a bigint) partitioned by (p string, p string)", "more than once"),
        ("select row_number() over (order by a) r, r + 1 from u", "column r cannot be resolved"),
        ("select a from u where a", "expect BOOLEAN"),  # non.boolean.filter
        ("select a from u where a in (select zz from w)", "column zz cannot be resolved"),
        ("alter table t drop partition (dt < 'n' and hh = 1)", "one partition column"),
        ("alter table t drop partition (dt = '20240101' or hh = 1)", "one partition column"),
        ("explain create table x (a bigint)", "EXPLAIN takes a query"),
        ("explain drop table u", "EXPLAIN takes a query"),
        ("insert into t partition (dt = '1', dt = '2') select 1", "dt is given more than once"),
        ("create table x (a bigint primary key)", "PRIMARY KEY (a Delta Table"),
        ("create table x (a bigint not null, primary key (a))", "PRIMARY KEY (a Delta Table"),
        ("create table x (a bigint) comment 'a' comment 'b'", "COMMENT stands there already"),
        ("create table x (a bigint) lifecycle 1 lifecycle 2", "LIFECYCLE stands there already"),
        ("create table x (a bigint) tblproperties ('a'='1', 'a'='2')", "a is given more than once"),
        ("select a from u distribute by a order by a limit 1", "cannot be used with DISTRIBUTE BY"),
        ("select a from u cluster by a sort by a", "CLUSTER BY cannot be used"),
        ("from u group by a insert into w select a, name", "GROUP cannot stand before the INSERTs"),
        ("drop function other.f", "function of another project"),
        ("show columns from u nonsense", "end of statement expected"),
        ("alter view v rename to w nonsense", "ODPS-0130"),
        ("use p nonsense", "end of statement expected"),
        ("select row_number() over (order by rand()) from u", "select it in a subquery"),
        ("select map_from_arrays(array(struct(1, 2)), array(1))", "a key of a map cannot be of type"),
        ("create table x (a struct<b:int,B:int>)", "a field name stands twice"),
        ("select named_struct('a', 1, 'A', 2)", "stands there twice"),
        ("create table x (`a b` int)", "'a b' is no name of a column"),
        ("alter table u add columns (`a-b` int)", "'a-b' is no name of a column"),
        ("alter table t add partition (dt=null)", "the value of partition column dt is NULL"),
        ("create table x (a text)", "'text' is not a MaxCompute data type"),
        ("create table x (a int) clustered by (b) into 4 buckets", "column b of CLUSTERED BY is not in the table"),
        ("create table x (a int) clustered by (a) sorted by (b desc) into 4 buckets", "column b of CLUSTERED BY"),
        ("create table x as select 1 a, 2 A", "column a is defined more than once"),
        ("create view x as select a, a from u union all select 1, 2", "column a is defined more than once"),
        ("select cast(1 as binary)", "cannot cast type int to binary"),
        # the vendor's pages "LAG" and "LEAD"
        ("select lag(a) over (partition by name) from u", "lag needs ORDER BY"),
        ("select lead(a, a) over (order by name) from u", "argument 2 of function lead must be a constant"),
        ("select lag(a, 1, a) over (order by name) from u", "argument 3 of function lag must be a constant"),
        # the vendor's page "MAPJOIN hints": the small side, and no FULL JOIN
        ("select x.a from u x join w y on x.a + y.a = 3", "expect equality"),
        ("select x.a from u x join w y on coalesce(x.a, y.a) = x.a", "expect equality"),
        ("select x.a from u x cross join w y on x.a > y.a", "expect equality"),
        ("select /*+ mapjoin(x) */ x.a from u x left join w y on x.a > y.a", "expect equality"),
        ("select /*+ mapjoin(y) */ x.a from u x full join w y on x.a > y.a", "expect equality"),
        ("select /*+ mapjoin(z) */ x.a from u x join w y on x.a > y.a", "expect equality"),
        ("select /*+ mapjoin() */ x.a from u x join w y on x.a > y.a", "expect equality"),
        ("select /*+ mapjoin(x) */ x.a from u x join u y on x.a = y.a join w z on x.a > z.a", "expect equality"),
        (f"select /*+ mapjoin({', '.join(f't{i}' for i in range(129))}) */ 1", "names 128 tables at most"),
        ("select /*+ mapjoin(z) */ x.a from u x join w y", "ODPS-0130252"),
        ("select a, from u", "something expected behind it"),
        ("select a from u,", "something expected behind it"),
        ("select concat('a',) from u", "something expected behind it"),
        ("select a from u group by a,", "something expected behind it"),
        ("with q as not materialized (select 1 x) select x from q", "MATERIALIZED is no part of MaxCompute's SQL"),
        ("select other.u.a from u", "column other.u.a cannot be resolved"),
        ("select p.q.a from (select a from u) q", "column p.q.a cannot be resolved"),
        ("insert overwrite table t partition (dt='1', hh='1') if not exists select 1", "IF NOT EXISTS is not"),
        ("select var_samp(1.5) from u group by", "GROUP BY needs a key"),
        ("select from u", "the select list is empty"),
        ("select a from u using sample 1", "invalid token"),
        # the vendor's page "QUALIFY"
        ("select a from u qualify a > 1", "use QUALIFY clause without window function"),
        ("select a from u offset 1", "OFFSET stands behind LIMIT"),
        ("select sum(*) from u", "* is no expression here"),
        ("select extract(1.25BD, null)", "a unit such as YEAR expected"),
        ("select extract(year from)", "a date expected"),
        ("select trim()", "an expression expected"),
        ("select a from u where a in ()", "IN needs a value"),
        ("select array(1)['a']", "the index of an ARRAY must be a BIGINT"),
        ("select named_struct(1, 2)", "argument 1 of function named_struct must be a STRING"),
        ("select named_struct('a b', 2)", "'a b'"),
        ("select named_struct('', 2)", "is no name of a field"),
        # the vendor's page "JSON data type"
        *((text.replace("J", "json '1'"), "values of type JSON cannot be compared") for text in (
            "select J = J", "select J in (J)", "select max(J) from u", "select greatest(J, J)", "select distinct J",
            "select J from u union select J from u", "select count(distinct J) from u", "select array(J) < array(J)",
            "select b from values (J) x(b) group by b", "select b from values (J) x(b) order by b limit 1",
            "select x.b from values (J) x(b) join values (J) y(b) on x.b = y.b", "select collect_set(J) from u",
        )),
        ("select json_parse('[1]')[a] from u", "the index of a JSON value is a constant"),
        ("select json_set(json '[1]', '$[*]', json '2')", "has a wildcard"),
        ("select x'zz'", "the digits of x'zz' are not hexadecimal"),
        # the vendor's page "SEQUENCE": integers, or dates and times
        ("select sequence('2024-01-01', '2024-01-03')", "invalid type STRING of argument 1 for function sequence"),
        # the vendor's page "RLIKE"
        ("select name rlike '' from u", "the pattern of RLIKE is empty"),
        ("select map(array(1), 1)", "a key of a map cannot be of type"),
        ("create table x (a array<map<struct<b:bigint>,string>>)", "a key of a map cannot be of type"),
    ],
)  # fmt: skip
def test_refused(box: Sandbox, text: str, told: str):
    with pytest.raises(KernelError) as caught:
        box.plan(text, **STRICT)
    assert told in str(caught.value)
    assert not str(caught.value).split(" ")[0].endswith("[0,0]")


@pytest.mark.parametrize(
    "text",
    [
        "select a from (select a from u order by a) q",
        "select u.a from u join w on u.a = w.a or u.name = w.name",
        "select count(a) c from u group by name having c > 1",
        "insert into u select '1', 'x'",
    ],
)
def test_a_project_may_be_lenient(box: Sandbox, text: str):
    settings = {name: value for name, value in box.session.settings.items() if "orderby" not in name}
    box.session = type(box.session)("p", settings=settings, user="me")
    box.plan(text, **LENIENT)


def test_a_mapjoin_hint_allows_what_is_no_equality(box: Sandbox):
    box.plan("select /*+ mapjoin(w) */ u.a from u join w on u.a = w.a or u.name = w.name", **STRICT)
    box.plan("select u.a from u join w on u.a = w.a and u.name > 'a' and w.name like 'b%'", **STRICT)


@pytest.mark.parametrize(
    "text",
    ["create table x (a int)", "create table x (a array<float>)", "select cast(1 as tinyint)",
     "select date'2024-01-01'",
     "create table x (a bigint) partitioned by (p varchar(3))", "alter table u add columns (z timestamp)"],
)  # fmt: skip
def test_types_of_the_new_system_need_it(box: Sandbox, text: str):
    box.plan(text)
    with pytest.raises(KernelError, match=r"ODPS-0130071:\[1,\d+\].* is not enabled in current mode"):
        box.plan(text, **{"odps.sql.type.system.odps2": "false"})


def test_escapes_of_three_digits_and_of_letters_are_read(box: Sandbox):
    assert box.value(r"'\001\n\\1\'' ") == "\x01\n\\1'"


def test_the_conditions_before_and_in_an_insert_both_hold(box: Sandbox):
    made = box.plan("from u where a > 0 insert into w select a, name where a < 3")
    assert box.con.execute(box.sql(made.inserts[0].query)).fetchall() == [(1, "one")]


def test_lateral_views_and_joins_keep_their_order(box: Sandbox):
    rows = box.rows("select p from t r lateral view explode(arr) q as p join u on u.a = p")
    assert rows == [(1,)]


def test_lists_of_patterns(box: Sandbox):
    assert box.rows("select name like any ('o%', 'x'), name not like all ('o%', '%e') from u where a = 1") == [
        (True, False)
    ]


def test_columns_by_regular_expression(box: Sandbox):
    assert box.rows("select `(a)?+.+` from u where a = 1") == [("one",)]
    assert box.rows("select q.`n.*`, * from u q where a = 1") == [("one", 1, "one")]


def test_windows_take_what_may_fail(box: Sandbox):
    text = "select name, row_number() over (partition by substr(name, 1, 1) order by cast(name as bigint)) from u"
    rows = box.rows(text)
    assert len(rows) == len(box.rows("select 1 from u"))
    with pytest.raises(Exception, match="ODPS-0123091"):
        box.rows(text, **{"odps.sql.udf.strict.mode": "true"})
    assert box.value("nth_value(3Y, null) ignore nulls over (order by 1)") is None
