"""Whole queries of Flink SQL by chance, over two small tables: a batch of each is one that has an end and one answer.

An answer must not depend on the order in which rows come: windows and ranks are ordered by a column without doubles,
and no DOUBLEs are added up.
"""

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.chance import Column, Columns, Maker
from tests.clients.flink.chance_values import AGGREGATES, CONDITIONS, CONSTANTS, TYPES, VALUES

CREW = (
    ("id", "INT", "int"), ("boss", "INT", "int"), ("tiny", "TINYINT", "int"), ("big", "BIGINT", "int"),
    ("team", "STRING", "text"), ("name", "VARCHAR(12)", "text"), ("code", "CHAR(3)", "text"),
    ("pay", "DECIMAL(10, 2)", "decimal"), ("rate", "DECIMAL(20, 8)", "decimal"), ("score", "DOUBLE", "double"),
    ("weight", "FLOAT", "double"), ("kept", "BOOLEAN", "bool"), ("born", "DATE", "date"), ("noon", "TIME", "time"),
    ("ts", "TIMESTAMP(3)", "moment"), ("seen", "TIMESTAMP(6)", "moment"), ("made", "TIMESTAMP_LTZ(3)", "instant"),
    ("raw", "BYTES", "bytes"), ("marks", "ARRAY<INT>", "ints"), ("tags", "ARRAY<STRING>", "texts"),
    ("more", "MAP<STRING, INT>", "map"), ("place", "ROW<x INT, y STRING>", "row"),
)  # fmt: skip
TEAMS = (
    ("id", "INT", "int"), ("title", "STRING", "text"), ("lead", "BIGINT", "int"),
    ("budget", "DECIMAL(30, 10)", "decimal"), ("open", "BOOLEAN", "bool"), ("since", "TIMESTAMP(3)", "moment"),
)  # fmt: skip
_ROWS: dict[str, list[list[Any]]] = {
    "crew": [
        [1, None, 127, 9223372036854775807, "red", "Ann", "a", "10.50", "0.12345678", 1.5, 0.25, True, "1990-05-17",
         "08:30:00", "2024-02-29 12:00:00.123", "2024-02-29 12:00:00.123456", "2024-02-29 23:30:00.5Z", "YWJj",
         [3, 1, 2], ["x", "y"], {"l": None}, {"x": 1, "y": "one"}],
        [2, 1, -128, -5, "red", "bob", "ab", "-99999999.99", "-123456789012.00000001", -2.5, -1.0, False, "1969-12-31",
         "23:59:59", "2024-02-29 12:00:05", "1969-12-31 20:00:00", "1970-01-01 00:00:00Z", "",
         [], [], {}, {"x": None, "y": ""}],
        [3, 1, 0, 0, "blue", "", "abc", "0.00", "0", 0.0, 0.0, None, "2000-01-01", "00:00:00",
         "2024-02-29 12:00:11.5", "2000-01-01 00:00:00", None, "/w==", [None, 7], [None, "", "x"], None, None],
        [4, 2, 5, 1234567890123, "blue", " Zoë ß", None, "99.99", "99999999999.5", 1024.5, 3.5, True, "2024-12-31",
         None, "2024-02-29 12:01:00", None, "2024-12-31 15:59:59.999Z", None, None, ["a,b", "c"], {"": 0},
         {"x": -3, "y": None}],
        [5, 2, None, 42, None, None, "xyz", None, "1.5", None, None, False, None, "12:00:01",
         "2024-02-29 12:01:30.001", "2024-03-31 02:30:00.000001", "2024-03-31 00:30:00Z", "AAEC", [5], None, {"k": -7},
         {"x": 9, "y": "nine"}],
        [6, 9, 7, None, "red", "Ann", "a", "10.50", None, -0.5, 100.0, None, "1582-10-15", "08:30:00",
         "2024-02-29 12:02:59.999", "2038-01-19 03:14:07.999999", "1965-07-01 08:00:00Z", "YWJj", [1, 1, 2],
         ["y", "y", "z"], {"k": 1}, {"x": 1, "y": "one"}],
        [7, None, -1, -9223372036854775807, "", "b%_\\", "é", "1.05", "-0.00000001", 7.0, 2.0, True, "2023-02-28",
         "17:45:10", "2024-02-29 12:10:00", "2024-02-29 11:59:59.5", "2024-02-29 16:00:00Z", "4pyT", [2147483647],
         ["long text", "ß"], {"a": 2147483647}, {"x": 2147483647, "y": "x"}],
    ],
    "team": [
        [1, "red", 1, "100000.0000000001", True, "2024-02-29 12:00:00"],
        [2, "blue", 4, "0.0000000000", False, "2024-02-29 12:01:00.5"],
        [3, "green", None, None, None, None],
        [4, None, 2, "-12345678901234567890.1234567891", True, "2020-01-01 00:00:00"],
        [5, "red", 7, "0.3333333333", None, "2024-02-29 12:02:00"],
    ],
}  # fmt: skip
_SHAPES = {"crew": CREW, "team": TEAMS}
_TIMES = {"crew": "ts"}


def tables(folder: Path) -> Iterator[str]:
    """The tables: their rows go to files of JSON in a folder."""
    for name, shape in _SHAPES.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        keys = [one[0] for one in shape]
        lines = [json.dumps(dict(zip(keys, row, strict=True)), ensure_ascii=False) for row in _ROWS[name]]
        (folder / name / "rows.json").write_text("\n".join(lines) + "\n")
        columns = [f"`{column}` {of}" for column, of, _ in shape]
        if name in _TIMES:
            columns.append(f"WATERMARK FOR {_TIMES[name]} AS {_TIMES[name]} - INTERVAL '1' SECOND")
        options = f"'connector' = 'filesystem', 'path' = 'file://{folder / name}', 'format' = 'json'"
        yield f"CREATE TABLE {name} ({', '.join(columns)}) WITH ({options})"


def chance_queries(seed: int, count: int) -> Iterator[str]:
    """So many, whose columns are c0, c1 and so on."""
    return _Maker(random.Random(seed)).statements(count)


class _Maker(Maker):
    """Writes queries."""

    def statement(self) -> str:
        """As in Maker."""
        shape = self.chance.choice(
            (self._plain, self._plain, self._plain, self._grouped, self._grouped, self._over, self._top, self._sorted,
             self._set, self._windowed, self._windowed, self._unnested, self._matched, self._joined_semi)
        )  # fmt: skip
        return shape(tuple(self.chance.choices(TYPES, k=self.chance.randint(1, 3))))

    # -- what a query reads

    def _table(self, table: str = "") -> tuple[str, Columns]:
        table = table or self.chance.choice(("crew", "crew", "team"))
        name = self.name("t")
        return f"{table} AS {name}", [Column(f"{name}.`{column}`", kind) for column, _, kind in _SHAPES[table]]

    def _source(self, depth: int = 1) -> tuple[str, Columns]:
        """A table, a subquery, or two of them joined."""
        if depth > 0 and self.chance.random() < 0.2:
            types = self.chance.choices(TYPES, k=3)
            name = self.name("t")
            inner = self.chance.choice((self._plain, self._grouped))(types, 0)
            return f"({inner}) AS {name}", [Column(f"{name}.c{at}", kind) for at, kind in enumerate(types)]
        if depth > 0 and self.chance.random() < 0.35:
            return self._joined()
        return self._table()

    def _joined(self) -> tuple[str, Columns]:
        left, columns = self._source(0)
        right, others = self._source(0)
        both = [*columns, *others]
        word = self.chance.choice(("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN"))
        if word == "CROSS JOIN":
            return f"{left} CROSS JOIN {right}", both
        keys = ("int", "text", "decimal")
        pairs = [(a.sql, b.sql) for a in columns for b in others if a.kind == b.kind and a.kind in keys]
        on = " = ".join(self.chance.choice(pairs)) if pairs else "TRUE"
        if self.chance.random() < 0.3:
            on += f" AND {self._value('bool', both, 1)}"
        return f"{left} {word} {right} ON {on}", both

    # -- queries

    def _plain(self, types: Sequence[str], depth: int = 1) -> str:
        source, columns = self._source(depth)
        word = "DISTINCT " if self.chance.random() < 0.15 and not {"map", "row"} & set(types) else ""
        items = [self._value(kind, columns, 3) for kind in types]
        return f"SELECT {word}{listed(items)} FROM {source}{self._where(columns)}"

    def _where(self, columns: Columns) -> str:
        return f" WHERE {self._value('bool', columns, 2)}" if self.chance.random() < 0.4 else ""

    def _grouped(self, types: Sequence[str], depth: int = 1) -> str:
        source, columns = self._source(depth)
        keys = self._keys(columns)
        items = [self._of_group(kind, keys, columns) for kind in types]
        group = self.chance.choice(("{}", "{}", "{}", "ROLLUP ({})", "CUBE ({})", "GROUPING SETS (({}), ())"))
        by = f" GROUP BY {group.format(', '.join(key.sql for key in keys))}" if keys else ""
        having = f" HAVING {self._aggregate('int', columns)} > 1" if self.chance.random() < 0.2 else ""
        return f"SELECT {listed(items)} FROM {source}{self._where(columns)}{by}{having}"

    def _keys(self, columns: Columns) -> Columns:
        plain = [one for one in columns if one.kind not in ("ints", "texts", "map", "row", "bytes")]
        return self.chance.sample(plain, k=min(len(plain), self.chance.randint(0, 2)))

    def _of_group(self, kind: str, keys: Columns, columns: Columns) -> str:
        known = [key for key in keys if key.kind == kind]
        if known and self.chance.random() < 0.5:
            return self.chance.choice(known).sql
        return self._aggregate(kind, columns)

    def _aggregate(self, kind: str, columns: Columns) -> str:
        made = self._filled(self.chance.choice(AGGREGATES.get(kind, AGGREGATES["int"])), columns, 1)
        if kind not in AGGREGATES:
            made = f"CASE WHEN {made} >= 0 THEN {self.chance.choice(CONSTANTS[kind])} END"
        elif self.chance.random() < 0.25 and made.endswith(")"):
            made = f"{made} FILTER (WHERE {self._value('bool', columns, 1)})"
        return made

    def _over(self, types: Sequence[str]) -> str:
        source, columns = self._table()
        key = self.chance.choice(self._plain_columns(columns)).sql
        by = f"PARTITION BY {key} " if self.chance.random() < 0.5 else ""
        order = f"ORDER BY {columns[0].sql}{self.chance.choice(('', ' DESC'))}"
        frame = self.chance.choice(
            ("", "", " ROWS BETWEEN 1 PRECEDING AND CURRENT ROW", " ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING",
             " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING", " RANGE BETWEEN 1 PRECEDING AND 2 FOLLOWING",
             " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING")
        )  # fmt: skip
        items = [f"{self._over_call(kind, columns, by + order, frame)}" for kind in types]
        return f"SELECT {listed([columns[0].sql, *items])} FROM {source}{self._where(columns)}"

    def _over_call(self, kind: str, columns: Columns, order: str, frame: str) -> str:
        if kind in ("int", "decimal", "double", "text", "date", "moment", "bool"):
            value = self._value(kind, columns, 1)
            calls = [f"{word}({value}) OVER ({order}{frame})" for word in self._over_words(kind)]
            calls += [f"{word}({value}, {self.chance.randint(1, 2)}) OVER ({order})" for word in ("LAG", "LEAD")]
            if kind == "int":
                calls += [f"{word} OVER ({order})" for word in ("ROW_NUMBER()", "RANK()", "DENSE_RANK()", "NTILE(2)")]
            if kind == "double":
                calls += [f"{word}() OVER ({order})" for word in ("PERCENT_RANK", "CUME_DIST")]
            return self.chance.choice(calls)
        return self._value(kind, columns, 1)

    @staticmethod
    def _over_words(kind: str) -> tuple[str, ...]:
        if kind in ("int", "decimal", "double"):
            return ("SUM", "AVG", "MIN", "MAX", "COUNT", "FIRST_VALUE", "LAST_VALUE")
        if kind == "bool":
            return ("COUNT", "FIRST_VALUE", "LAST_VALUE")
        return ("MIN", "MAX", "COUNT", "FIRST_VALUE", "LAST_VALUE")

    @staticmethod
    def _plain_columns(columns: Columns) -> Columns:
        return [one for one in columns if one.kind in ("int", "text", "decimal", "bool", "date")]

    def _top(self, types: Sequence[str]) -> str:
        source, columns = self._table()
        items = [self._value(kind, columns, 2) for kind in types]
        key = self.chance.choice(self._plain_columns(columns)).sql
        order = f"{self.chance.choice(self._plain_columns(columns)).sql}{self.chance.choice(('', ' DESC'))}"
        word = self.chance.choice(("ROW_NUMBER", "RANK"))
        number = f"{word}() OVER (PARTITION BY {key} ORDER BY {order}, {columns[0].sql}) AS n"
        names = ", ".join(f"c{at}" for at in range(len(types)))
        return (f"SELECT {names}, n AS c{len(types)} FROM (SELECT {listed(items)}, {number} FROM {source}"
                f"{self._where(columns)}) WHERE n <= {self.chance.randint(1, 2)}")  # fmt: skip

    def _sorted(self, types: Sequence[str]) -> str:
        source, columns = self._table()
        items = [self._value(kind, columns, 2) for kind in types]
        kind = self.chance.choice(("int", "text", "decimal", "double", "bool", "date", "moment"))
        word = self.chance.choice(("", " DESC", " NULLS FIRST", " DESC NULLS LAST", " ASC NULLS LAST"))
        limit = self.chance.choice(("LIMIT 3", "LIMIT 2 OFFSET 1", "OFFSET 2 ROWS FETCH NEXT 2 ROWS ONLY"))
        return (f"SELECT {listed(items)} FROM {source} ORDER BY {self._value(kind, columns, 1)}{word}, "
                f"{columns[0].sql} {limit}")  # fmt: skip

    def _set(self, types: Sequence[str]) -> str:
        types = [kind for kind in types if kind not in ("map", "row")] or ["int"]
        word = self.chance.choice(("UNION", "UNION ALL", "INTERSECT", "EXCEPT"))
        return f"{self._plain(types, 0)} {word} {self._plain(types, 0)}"

    def _windowed(self, types: Sequence[str]) -> str:
        how = self.chance.choice(
            ("TUMBLE(TABLE crew, DESCRIPTOR(ts), INTERVAL '{}' SECOND)",
             "HOP(TABLE crew, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '{}0' SECOND)",
             "CUMULATE(TABLE crew, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '{}0' SECOND)",
             "TUMBLE(TABLE crew, DESCRIPTOR(ts), INTERVAL '{}' MINUTE, INTERVAL '7' SECOND)")
        )  # fmt: skip
        columns = [Column(f"`{column}`", kind) for column, _, kind in CREW]
        keys = self._keys(columns)[:1]
        items = [self._of_group(kind, keys, columns) for kind in types]
        bounds = self.chance.sample(("window_start", "window_end", "window_time"), k=self.chance.randint(1, 2))
        extra = ", window_time" if "window_time" in bounds else ""
        group = ", ".join(["window_start", f"window_end{extra}", *(key.sql for key in keys)])
        return (f"SELECT {listed([*bounds, *items])} FROM TABLE({how.format(self.chance.randint(1, 6))})"
                f"{self._where(columns)} GROUP BY {group}")  # fmt: skip

    def _unnested(self, types: Sequence[str]) -> str:
        source, columns = self._table("crew")
        name = self.name("t")
        what, kinds = self.chance.choice(
            ((f"{self._value('ints', columns, 1)}", ("int",)), (f"{self._value('texts', columns, 1)}", ("text",)),
             (f"{self._value('map', columns, 1)}", ("text", "int")))
        )  # fmt: skip
        names = ", ".join(f"e{at}" for at in range(len(kinds)))
        number = ""
        if self.chance.random() < 0.3 and kinds[0] != "text":
            number, names, kinds = " WITH ORDINALITY", f"{names}, n", (*kinds, "int")
        made = [Column(f"{name}.{one}", kind) for one, kind in zip(names.split(", "), kinds, strict=True)]
        word, on = self.chance.choice((("CROSS JOIN", ""), ("LEFT JOIN", " ON TRUE")))
        items = [one.sql for one in made] + [self._value(kind, [*columns, *made], 2) for kind in types]
        return f"SELECT {listed(items)} FROM {source} {word} UNNEST({what}){number} AS {name} ({names}){on}"

    def _matched(self, types: Sequence[str]) -> str:
        columns = [Column(f"`{column}`", kind) for column, _, kind in CREW]
        by = self.chance.choice(("", "PARTITION BY team ", "PARTITION BY kept "))
        pattern = self.chance.choice(("A B", "A B*? C", "A B+ C", "A B? C", "A{2} C", "A C+?"))
        skip = self.chance.choice(("PAST LAST ROW", "TO NEXT ROW"))
        forms = ("A.{}", "LAST(C.{})") if "C" in pattern else ("A.{}",)
        measures = [self.chance.choice(forms).format(self._of(columns, kind)) for kind in types]
        number = self.chance.choice(
            ("COUNT(A.id)", "SUM(A.pay)", "MAX(A.score)", "MIN(A.name)", "SUM(A.rate)", "AVG(A.pay)")
        )
        names = [one for one in "ABC" if one in pattern and self.chance.random() < 0.8]
        conditions = [f"{one} AS {self._condition(one)}" for one in names]
        define = f" DEFINE {', '.join(conditions)}" if conditions else " DEFINE A AS TRUE"
        made = ", ".join(f"{text} AS c{at}" for at, text in enumerate([*measures, number]))
        named = ", ".join(f"c{at}" for at in range(len(measures) + 1))
        return (f"SELECT {named} FROM crew MATCH_RECOGNIZE ({by}ORDER BY ts MEASURES {made} ONE ROW PER MATCH "
                f"AFTER MATCH SKIP {skip} PATTERN ({pattern}){define})")  # fmt: skip

    @staticmethod
    def _of(columns: Columns, kind: str) -> str:
        return next((one.sql for one in columns if one.kind == kind), "id")

    def _condition(self, of: str) -> str:
        return self.chance.choice(
            (f"{of}.pay > 0", f"{of}.id > LAST({of}.id, 1) OR LAST({of}.id, 1) IS NULL", f"{of}.score < 100",
             f"{of}.kept", f"{of}.id <> 3", f"CHAR_LENGTH({of}.name) > 0", f"{of}.rate < {of}.pay")
        )  # fmt: skip

    def _joined_semi(self, types: Sequence[str]) -> str:
        source, columns = self._table("crew")
        items = [self._value(kind, columns, 2) for kind in types]
        other, others = self._table("team")
        also = self._value("bool", others, 1)
        where = self.chance.choice(
            (f"{columns[4].sql} IN (SELECT {others[1].sql} FROM {other})",
             f"{columns[0].sql} NOT IN (SELECT {others[2].sql} FROM {other} WHERE {others[2].sql} IS NOT NULL)",
             f"{columns[1].sql} NOT IN (SELECT {others[0].sql} FROM {other})",
             f"EXISTS (SELECT 1 FROM {other} WHERE {others[1].sql} = {columns[4].sql} AND {also})",
             f"NOT EXISTS (SELECT 1 FROM {other} WHERE {others[2].sql} = {columns[3].sql})",
             f"{columns[7].sql} > (SELECT AVG({others[0].sql}) FROM {other})")
        )  # fmt: skip
        return f"SELECT {listed(items)} FROM {source} WHERE {where}"

    # -- values

    def _value(self, kind: str, columns: Columns, depth: int) -> str:
        known = [one.sql for one in columns if one.kind == kind]
        dice = self.chance.random()
        if depth <= 0 or dice < 0.2:
            return self.chance.choice(known) if known and dice < 0.85 else self.chance.choice(CONSTANTS[kind])
        if kind == "bool" and dice < 0.7:
            return self._filled(self.chance.choice(CONDITIONS), columns, depth - 1)
        return self._filled(self.chance.choice(VALUES[kind]), columns, depth - 1)

    def _filled(self, form: str, columns: Columns, depth: int) -> str:
        """A form with values for what stands in braces: a kind, ``=kind`` for a constant, or ``@`` for one kind."""
        any_kind = self.chance.choice(("int", "decimal", "double", "text", "date", "moment", "bool"))
        found, at = [], 0
        while (start := form.find("{", at)) >= 0:
            end = form.index("}", start)
            name = form[start + 1 : end].replace("@", any_kind)
            found.append(form[at:start])
            constant = name[0] == "="
            found.append(self.chance.choice(CONSTANTS[name[1:]]) if constant else self._value(name, columns, depth))
            at = end + 1
        return "".join([*found, form[at:]])


def listed(items: Sequence[str]) -> str:
    """Items of a SELECT, with names."""
    return ", ".join(f"{item} AS c{at}" for at, item in enumerate(items))
