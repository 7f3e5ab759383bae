"""Whole queries by chance: joins, subqueries wherever one may stand, groupings, windows, set operations."""

import random
from collections.abc import Callable, Iterator, Sequence

from tests.chance import Column, Columns, Maker

_TABLES = {
    "crew": (("id", "int"), ("boss", "int"), ("team", "int"), ("name", "text"), ("pay", "numeric"), ("born", "date"),
             ("kept", "bool")),
    "team": (("id", "int"), ("title", "text"), ("lead", "int"), ("budget", "numeric")),
}  # fmt: skip
_CONSTANTS = {
    "int": ("0", "1", "2", "3", "5", "-1", "10"),
    "numeric": ("0.00", "10.50", "99.99", "-1.25"),
    "text": ("''", "'a'", "'Ann'", "'b%'", "'red'", "'zz'"),
    "date": ("date '1990-05-17'", "date '2000-01-01'", "date '1975-12-31'"),
    "bool": ("true", "false"),
}
_TYPES = tuple(_CONSTANTS)
_COMPARED = ("=", "<>", "<", "<=", ">", ">=")


def chance_queries(seed: int, count: int) -> Iterator[str]:
    """So many, over the tables crew and team."""
    return _Maker(random.Random(seed)).statements(count)


class _Maker(Maker):
    def __init__(self, chance: random.Random) -> None:
        super().__init__(chance)
        self._common: dict[str, tuple[str, ...]] = {}

    # -- statements

    def statement(self) -> str:
        self._common = {}
        parts = []
        for _ in range(self.chance.choice((0, 0, 0, 1, 2))):
            types = self._some_types()
            name = self.name("w")
            text = self._query(types, (), 1)
            names = ", ".join(f"c{at}" for at in range(len(types)))
            how = self.chance.choice(("", "", " materialized", " not materialized"))
            parts.append(f"{name} ({names}) as{how} ({text})")
            self._common[name] = types
        types = self._some_types()
        text = self._query(types, (), 2)
        order = ", ".join(self._sorted(str(at + 1)) for at in range(len(types)))
        limit = self.chance.choice(("", "", " limit 3", " limit 4 offset 2", " offset 1", " fetch first 2 rows only"))
        head = f"with {', '.join(parts)} " if parts else ""
        return f"{head}{text} order by {order}{limit}"

    def _sorted(self, key: str) -> str:
        return key + self.chance.choice(("", "", " desc", " nulls first", " desc nulls last"))

    def _some_types(self) -> tuple[str, ...]:
        return tuple(self.chance.choices(_TYPES, k=self.chance.randint(1, 3)))

    def _one(self, *made: Callable[[], str]) -> str:
        return self.chance.choice(made)()

    # -- queries

    def _query(self, types: Sequence[str], outer: Columns, depth: int) -> str:
        if depth > 0 and self.chance.random() < 0.15:
            word = self.chance.choice(("union", "union all", "intersect", "intersect all", "except", "except all"))
            left, right = (self._query(types, outer, depth - 1) for _ in range(2))
            return f"({left}) {word} ({right})"
        source, columns = self._source(outer, depth)
        where = f" where {self._condition((*columns, *outer), depth)}" if self.chance.random() < 0.6 else ""
        match self.chance.randrange(5):
            case 0 | 1:
                return self._grouped(types, source + where, columns, outer, depth)
            case 2:
                return self._windowed(types, source + where, columns, outer, depth)
            case _:
                distinct = "distinct " if self.chance.random() < 0.2 else ""
                items = [self._value(of, (*columns, *outer), depth) for of in types]
                return f"select {distinct}{self._listed(items)} from {source}{where}"

    @staticmethod
    def _listed(items: Sequence[str]) -> str:
        return ", ".join(f"{item} as c{at}" for at, item in enumerate(items))

    def _grouped(self, types: Sequence[str], rest: str, columns: Columns, outer: Columns, depth: int) -> str:
        keys = self.chance.sample(columns, k=min(len(columns), self.chance.randint(0, 2)))
        items = [self._of_group(of, keys, columns, outer) for of in types]
        having = ""
        if self.chance.random() < 0.4:
            value, symbol = self._of_group("int", keys, columns, outer), self.chance.choice(_COMPARED)
            having = f" having {value} {symbol} {self._value('int', outer, 0)}"
        listed = ", ".join(key.sql for key in keys)
        if not keys:
            group = ""
        elif self.chance.random() < 0.25:
            word = self.chance.choice(("rollup", "cube", "sets"))
            group = f" group by {word} ({listed})" if word != "sets" else f" group by grouping sets (({listed}), ())"
        else:
            group = f" group by {listed}"
        return f"select {self._listed(items)} from {rest}{group}{having}"

    def _of_group(self, of: str, keys: Columns, columns: Columns, outer: Columns) -> str:
        known = [key.sql for key in keys if key.kind == of]
        if known and self.chance.random() < 0.6:
            return self.chance.choice(known)
        inner = self._value(of, columns, 0)
        filtered = f" filter (where {self._condition(columns, 0)})" if self.chance.random() < 0.2 else ""
        match of:
            case "int":
                word = self.chance.choice(("count(*)", f"count({inner})", f"count(distinct {inner})", f"max({inner})"))
                return f"{word}{filtered}::int"
            case "numeric":
                return f"{self.chance.choice(('sum', 'min', 'max'))}({inner}){filtered}"
            case "text":
                other = self._value("text", columns, 0)
                word = f"string_agg({inner}, ',' order by {inner}, {other})"
                return f"{self.chance.choice((word, f'min({inner})', f'max({inner})'))}{filtered}"
            case "date":
                return f"{self.chance.choice(('min', 'max'))}({inner}){filtered}"
            case _:
                return f"{self.chance.choice(('bool_and', 'bool_or', 'every'))}({inner}){filtered}"

    def _windowed(self, types: Sequence[str], rest: str, columns: Columns, outer: Columns, depth: int) -> str:
        items = [self._over(of, columns, outer, depth) for of in types]
        return f"select {self._listed(items)} from {rest}"

    def _over(self, of: str, columns: Columns, outer: Columns, depth: int) -> str:
        """A window function that is the same whatever the order of equal rows."""
        value = self._value(of, columns, 0)
        by = f"partition by {self.chance.choice(columns).sql} " if self.chance.random() < 0.6 else ""
        key = self._sorted(self.chance.choice(columns).sql)
        frame = self.chance.choice(("", " range between unbounded preceding and unbounded following",
                                     " range between current row and unbounded following",
                                     " groups between 1 preceding and current row",
                                     " groups between 1 preceding and 1 following exclude group"))  # fmt: skip
        match of:
            case "int":
                ranked = self.chance.choice(("rank()", "dense_rank()"))
                if self.chance.random() < 0.5:
                    return f"({ranked} over ({by}order by {key}))::int"
                return f"(count({value}) over ({by}order by {key}{frame}))::int"
            case "numeric":
                return f"{self.chance.choice(('sum', 'min', 'max'))}({value}) over ({by}order by {key}{frame})"
            case "bool":
                return f"bool_or({value}) over ({by}order by {key}{frame})"
            case _:
                return f"{self.chance.choice(('min', 'max'))}({value}) over ({by}order by {key}{frame})"

    # -- FROM

    def _source(self, outer: Columns, depth: int) -> tuple[str, Columns]:
        text, columns = self._item(outer, depth)
        for _ in range(self.chance.choice((0, 0, 1, 1, 2))):
            lateral = self.chance.random() < 0.2 and depth > 0
            item, more = self._item((*outer, *columns) if lateral else outer, depth, lateral="lateral " * lateral)
            both = (*columns, *more)
            kind = self.chance.choice(("join", "left join", "right join", "full join", "cross join", ","))
            if lateral:
                kind = self.chance.choice(("join", "left join", "cross join", ","))
            if kind in ("cross join", ","):
                text = f"{text} {kind} {item}" if kind != "," else f"{text} cross join {item}"
            else:
                on = self._equated(columns, more) if kind == "full join" else self._joined(columns, more, depth)
                text = f"{text} {kind} {item} on {on}"
            columns = both
        return text, columns

    def _equated(self, left: Columns, right: Columns) -> str:
        pairs = [(a, b) for a in left for b in right if a.kind == b.kind]
        if not pairs:
            return "true"
        a, b = self.chance.choice(pairs)
        return f"{a.sql} = {b.sql}"

    def _joined(self, left: Columns, right: Columns, depth: int) -> str:
        if self.chance.random() < 0.3:
            return self._condition((*left, *right), 0)
        more = f" and {self._condition((*left, *right), 0)}" if self.chance.random() < 0.3 else ""
        return self._equated(left, right) + more

    def _item(self, outer: Columns, depth: int, *, lateral: str = "") -> tuple[str, Columns]:
        name = self.name("t")
        if lateral or (depth > 0 and self.chance.random() < 0.25):
            types = self._some_types()
            columns = [Column(f"{name}.c{at}", of) for at, of in enumerate(types)]
            return f"{lateral}({self._query(types, outer if lateral else (), depth - 1)}) {name}", columns
        if self._common and self.chance.random() < 0.4:
            table = self.chance.choice(list(self._common))
            return f"{table} {name}", [Column(f"{name}.c{at}", of) for at, of in enumerate(self._common[table])]
        if self.chance.random() < 0.1:
            types = self._some_types()
            rows = ", ".join(f"({', '.join(self.chance.choice(_CONSTANTS[of]) for of in types)})" for _ in range(3))
            names = ", ".join(f"c{at}" for at in range(len(types)))
            columns = [Column(f"{name}.c{at}", of) for at, of in enumerate(types)]
            return f"(values {rows}) {name}({names})", columns
        table = self.chance.choice(list(_TABLES))
        return f"{table} {name}", [Column(f"{name}.{column}", of) for column, of in _TABLES[table]]

    # -- expressions

    def _leaf(self, of: str, columns: Columns) -> str:
        known = [column.sql for column in columns if column.kind == of]
        if known and self.chance.random() < 0.8:
            return self.chance.choice(known)
        return self.chance.choice(_CONSTANTS[of])

    def _value(self, of: str, columns: Columns, depth: int) -> str:
        if self.chance.random() < 0.4:
            return self._leaf(of, columns)
        if depth > 0 and self.chance.random() < 0.2:
            return self._scalar(of, columns, depth)
        a, b = self._leaf(of, columns), self._leaf(of, columns)
        number = self._leaf("int", columns)
        test = self._comparison(columns)
        shared = (
            f"coalesce({a}, {b})", f"nullif({a}, {b})", f"case when {test} then {a} else {b} end",
            f"case when {test} then {a} end", f"greatest({a}, {b})", f"least({a}, {b})",
        )  # fmt: skip
        own = {
            "int": (f"{a} + {b}", f"{a} - {b}", f"abs({a})", f"length({self._leaf('text', columns)})", f"{a} % 7",
                    f"extract(year from {self._leaf('date', columns)})::int"),
            "numeric": (f"round({a}, 1)::numeric(10, 2)", f"{a} + {b}", f"abs({a})", f"-({a})"),
            "text": (f"upper({a})", f"{a} || {b}", f"substr({a}, 2)", f"left({a}, 2)", f"concat({a}, {number})",
                     f"to_char({self._leaf('date', columns)}, 'YYYY-MM')", f"replace({a}, 'a', 'o')"),
            "date": (f"{a} + {self.chance.choice(('1', '-30', '365'))}",),
            "bool": (test, f"not {a}", f"{a} and {b}", f"{a} or {b}", f"{a} is not true"),
        }  # fmt: skip
        if of == "numeric":
            shared = shared[2:4]  # of one scale
        return f"({self.chance.choice((*own[of], *own[of], *shared))})"

    def _scalar(self, of: str, columns: Columns, depth: int) -> str:
        source, own = self._source((), 0)
        where = f" where {self._condition((*own, *columns), 0)}" if self.chance.random() < 0.7 else ""
        return f"(select {self._of_group(of, (), own, ())} from {source}{where})"

    def _comparison(self, columns: Columns) -> str:
        of = self.chance.choice(("int", "int", "numeric", "text", "date"))
        a, b, c = (self._leaf(of, columns) for _ in range(3))
        symbol = self.chance.choice(_COMPARED)
        return self.chance.choice((
            f"{a} {symbol} {b}", f"{a} {symbol} {b}", f"{a} is distinct from {b}", f"{a} is not distinct from {b}",
            f"{a} is null", f"{a} is not null", f"{a} between {b} and {c}", f"{a} not in ({b}, {c})",
            f"{a} in ({b}, {c})", f"({a}, {b}) {symbol} ({b}, {c})",
        ))  # fmt: skip

    def _condition(self, columns: Columns, depth: int) -> str:
        match self.chance.randrange(9):
            case 0:
                return f"not ({self._condition(columns, depth)})"
            case 1 | 2:
                word = self.chance.choice(("and", "or"))
                return f"({self._condition(columns, depth)} {word} {self._condition(columns, depth)})"
            case 3 if depth > 0:
                source, own = self._source((), 0)
                word = self.chance.choice(("exists", "not exists"))
                return f"{word} (select 1 from {source} where {self._condition((*own, *columns), 0)})"
            case 4 if depth > 0:
                of = self.chance.choice(("int", "text", "date", "numeric"))
                word = self.chance.choice(("in", "not in", "= any", "<> all", "> all", "< any"))
                return f"{self._leaf(of, columns)} {word} ({self._query((of,), columns, 0)})"
            case 5 if depth > 0:
                of = self.chance.choice(_TYPES)
                return f"{self._leaf(of, columns)} {self.chance.choice(_COMPARED)} {self._scalar(of, columns, depth)}"
            case 6:
                word = self.chance.choice(("like", "not like", "ilike"))
                return f"{self._leaf('text', columns)} {word} '%a%'"
            case _:
                return self._comparison(columns)
