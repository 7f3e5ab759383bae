"""Nothing that was parsed is dropped: what the table names is read, and what it does not name is refused."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlglot import exp

from tests.unit.sql.conftest import Sandbox
from yunbox.kernel.errors import KernelError
from yunbox.sql.maxcompute import dialect, grammar

QUERIES = """
select a, u.name, `a` as b from u where a > 1 group by a, u.name having count(*) > 0 order by a desc limit 3
select q.z.col1.col1 from (select struct(struct(1)) as z from p.default.u) q limit 2, 1
select `a|name` from u
select distinct a from (select a from u order by a limit 1) q
select * except (name) replace (a + 1 as a) from u x (a, name)
select x.a from (select a from u) x tablesample (50 percent)
select count(*) from u tablesample (2 rows)
select count(*) from u x tablesample (2 rows)
select a from u union all select a from w order by a limit 1 offset 0
select a from u union select a from w
(select a from u) intersect (select a from w)
select a from u minus select a from w
(with q as (select a from u) select a from q) order by a limit 1 offset 0
with q (z) as (select a from u) (select z from q) union all select z from q
with q as (select 1 a) (select a from q minus select 2) order by a limit 1
select a from u intersect select a from w order by a limit 1 offset 0
with q as (select 1 a) select a from q intersect select 2
select a from u minus select a from w order by a limit 1 offset 0
select n from values (1, 'x'), (2, 'y') v (n, s) where n between 1 and 2
select /*+ mapjoin(u) */ u.name from u full outer join t using (a)
select u.a from u natural join w
select u.a from u left semi join w on u.a = w.a
select u.a from (u join w on u.a = w.a)
select a, p, v from t lateral view outer posexplode(arr) q as p, v
select f, g from (select 1 a) q lateral view explode(array(1)) q2 as f lateral view explode(array(1)) q3 as g
select p from (t lateral view explode(arr) q as p) join u on u.a = p
select u.a from ((select arr from t) r join u on u.a = r.arr[0])
select p from t r lateral view explode(arr) q as p join u on u.a = p
select a from u union all select a from w distribute by a sort by a
select a from u union all select a from w cluster by a
select a from u minus select a from w distribute by a sort by a
select a from u minus select a from w cluster by a
select a from u intersect select a from w distribute by a sort by a
select a from u intersect select a from w cluster by a
(select a from u) distribute by a sort by a
(select a from u) cluster by a
select explode(m) as (k, v) from t
select a, b from t group by grouping sets ((a, b), (a), ())
select a, b from t group by cube (a, b)
select a, b from t group by a, b grouping sets ((a, b), (a))
with q as (select 1 a) (select a from q) minus select 2
select a, b from t group by a, b with rollup
select a, b from t group by a, b with cube
select a, b from t group by rollup (a, b)
select a from u distribute by a sort by a desc nulls last
select a from u cluster by a
select count(distinct a), sum(a) filter (where a > 1), wm_concat(',', name) within group (order by a) from u
select sum(a) over (partition by name order by a rows between 1 preceding and 1 following exclude current row) from u
select sum(a) over w, max(a) over (w order by a) from u window w as (partition by name)
select first_value(a) ignore nulls over (order by name), last_value(a) respect nulls over (order by name) from u
select arr[0], m['k'], s.x, struct(1, 2).col1, struct(s).col1.x from t
select X'61', null, true, 1.5, 10L, 1BD, date '2024-01-01', cast(a as decimal(10,2)), JSON '{}' from u
select cast(s as struct<x:bigint,y:string>), cast(arr as array<bigint>), safe_cast(b as int) from t
select date '2024-01-01' + interval 1 day, date '2024-01-01' + interval '1-2' year to month
select 1 + 2 - 3 * 4 / 5 % 6 div 7, 1 & 2 | 3 ^ 4, ~ 5, - a, 'a' || 'b', 'a' 'b' from u
select a = 1 or a <> 2 and not a < 3, a <= 4, a > 5, a >= 6, a <=> 7, a is null from u
select a is distinct from 8, (a = 1) is true from u
select name like 'a%', name not like 'b' escape '#', name rlike 'c' from u
select name like any ('a', 'b'), name not like all ('a') from u
select a in (1, 2), (a, name) in ((1, 'one')), a in (select a from w), (a, name) in (select a, name from w) from u
select exists (select 1 from w where w.a = u.a), (select max(a) from w) from u
select case a when 1 then 2 else 3 end, case when a = 1 then 2 end, if(a = 1, 2, 3) from u
select transform(arr, x -> x + 1), extract(year from e), trim(both 'x' from b) from t
select * from u qualify row_number() over (order by a) = 1
""".strip().splitlines()  # fmt: skip
UNREAD = {
    ("Identifier", "quoted"),  # matters only where a name may be a regular expression
    ("ParseJSON", "is_literal"),  # always: JSON has no other form in this dialect
    ("Div", "safe"), ("Concat", "safe"),  # how the dialect reads the operator; nobody wrote it
    ("Window", "over"),  # the word itself
    ("DataType", "nested"),  # that it has types inside, which are read
}  # fmt: skip


class Watched(dict[str, Any]):
    """The arguments of a node, which remember that they were asked for by name."""

    def __init__(self, node: exp.Expr) -> None:
        super().__init__(node.args)
        self.kind, self.asked = type(node).__name__, set[str]()

    def __getitem__(self, key: str) -> Any:
        self.asked.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)

    def said(self) -> set[str]:
        return {key for key, value in self.items() if value not in (None, False, "") and value != []}


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Watched]]:
    """Every node that leaves the parser, a hint's own apart: it is kept as text."""
    found: list[Watched] = []

    def watch(tree: exp.Expr) -> None:
        grammar.check(tree)
        for node in tree.walk(prune=lambda node: isinstance(node, exp.Hint)):
            found.append(Watched(node))
            node.args = found[-1]

    monkeypatch.setattr(dialect, "check", watch)
    yield found


def test_what_is_said_is_read(box: Sandbox, watched: list[Watched]):
    for text in QUERIES:
        before = len(watched)
        box.plan(text, **{"odps.sql.allow.cartesian": "true"})
        dropped = {(args.kind, key) for args in watched[before:] for key in args.said() - args.asked} - UNREAD
        assert not dropped, text


def test_every_argument_of_the_table_is_said_by_some_query(box: Sandbox, watched: list[Watched]):
    for text in QUERIES:
        box.plan(text, **{"odps.sql.allow.cartesian": "true"})
    said = {(args.kind, key) for args in watched for key in args.said()}
    named = {(kind.__name__, key) for kind, keys in grammar.READ.items() for key in keys}
    assert named - said - UNREAD == set()


@pytest.mark.parametrize("kind", grammar.READ, ids=lambda kind: kind.__name__)
def test_an_argument_outside_the_table_is_refused(kind: type[exp.Expr]):
    assert grammar.READ[kind] <= set(kind.arg_types)
    for key in set(kind.arg_types) - grammar.READ[kind]:
        node = kind(**{key: True})
        with pytest.raises(KernelError, match=r"ODPS-0130(071|161)"):
            grammar.check(node)


def test_a_node_outside_the_table_is_refused():
    kinds = [kind for kind in vars(exp).values() if isinstance(kind, type) and issubclass(kind, exp.Expr)]
    assert len(kinds) > 900
    for kind in kinds:
        if kind not in grammar.READ:
            with pytest.raises(KernelError, match=r"ODPS-0130(071|161)"):
                grammar.check(kind())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("select * from u pivot (sum(a) for name in ('x'))", "PIVOT is not supported"),
        ("select * from u unpivot (z for n in (a))", "UNPIVOT is not supported"),
        ("select distinct on (a) a, name from u", "DISTINCT ON is no part"),
        ("select a from u for update", "FOR UPDATE is no part"),
        ("select a from u group by a with totals", "WITH TOTALS is no part"),
        ("select a from u limit 1 by a", "LIMIT ... BY is no clause"),
        ("select a from u with (nolock)", "a table hint"),
        ("select a between symmetric 1 and 2 from u", "SYMMETRIC is no part"),
        ("select 1 union all by name select 2", "BY NAME is no part"),
        ("select a from u limit 5 with ties", "WITH TIES"),
        ("select a from u order by a fetch first 1 rows only", "FETCH FIRST is no part"),
        ("select a from u tablesample (10 percent) repeatable (1)", "REPEATABLE is no part"),
        ("select a from u timestamp as of '2024-01-01'", "time travel is not supported"),
        ("with recursive q as (select 1) select * from q", "WITH RECURSIVE is not supported"),
        ("select * from u asof join w on u.a = w.a", "ASOF JOIN is no join"),
        ("select a is 5 from u", "expected after IS"),
        ("select sum(a) ignore nulls over (order by name) from u", "cannot ignore or respect NULLs"),
        ("select rank() over (order by a rows 1 preceding) from u", "takes no window frame"),
        ("select first_value(distinct a) over (order by name) from u", "takes neither DISTINCT"),
        ("select a from u where (a, name) in ((1))", "IN compares 2 values with 1"),
        ("select sum(a) over (w partition by a) from u window w as (order by a)", "has its PARTITION BY already"),
        ("select a from u window w as (order by zz)", "zz cannot be resolved"),
        ("select sum(a) over (order by name range between 2 preceding and 1 preceding) from u", "offset type"),
        ("select struct(1 as b)", "ALIAS is no expression"),
        # the vendor's grammar, OdpsParser.g4 of its Java SDK
        ("select 1 << 2", "invalid token '<'"),
        ("select a::string from u", "invalid token '::'"),
        ("select name like binary 'a' from u", "no literal of BINARY"),
        ("select * exclude (a) from u", "invalid token '('"),
        ("select a from u group by distinct a", "GROUP BY DISTINCT is no part"),
        ("select a from u partition (p)", "invalid token 'partition'"),
        ("select a from u x (y)", "1 column names for 2 columns"),
        ("select x.a from u x semi join w on x.a = w.a", "SEMI JOIN is no join"),
        ("select * from values (1), (2)", "VALUES in FROM needs a name"),
        ("select a 'b' from u", "invalid token"),
        ("select sum(a order by a) from u", "ORDER inside a call is no part"),
        ("select date '2024-01-02' - date '2024-01-01'", "the difference of two dates as an INTERVAL is not supported"),
        # the vendor's page "EXPLODE"
        ("select a, explode(array(1)) from u", "stands alone in a SELECT"),
        ("select explode(array(a)) from u group by a", "cannot be used with GROUP BY"),
        ("select [1]", "a literal in brackets"),
        ("select @a", "script mode"),
    ],
)
def test_refused_by_name(box: Sandbox, text: str, names: str):
    with pytest.raises(KernelError, match=r"^ODPS-0130(071|161):\[\d+,\d+\]") as caught:
        box.plan(text)
    assert names in str(caught.value)
    assert "exp." not in str(caught.value)
