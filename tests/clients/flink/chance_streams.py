"""Queries of streams by chance, and what comes to their tables: rows out of order, twice, with keys that are NULL, and
changes that replace rows and take them away.

What a query has said when nothing more comes must not depend on how its tables came to be read: what is ordered is so
by columns that make rows equal or tell them apart, and nothing is so late that a watermark has passed it. Only what is
asked of a table itself may depend on the order of its rows, which is always the same.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.chance import Maker
from yunbox.engine.stream.batch import DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE, Change, Row

DELAY_MINUTES = 5
_ROW = (("id", "INT", "int"), ("k", "STRING", "text"), ("g", "INT", "int"), ("v", "BIGINT", "int"),
        ("d", "DECIMAL(10, 2)", "decimal"))  # fmt: skip
EVENTS = (*_ROW, ("ts", "TIMESTAMP(3)", "time"))
ROWS = (*_ROW, ("seen", "TIMESTAMP(3)", "moment"))
VERSIONS = (("k", "STRING", "text"), ("w", "BIGINT", "int"), ("ts", "TIMESTAMP(3)", "time"))
SHAPES = {"t": EVENTS, "u": EVENTS, "c": ROWS, "e": ROWS, "versions": VERSIONS}
KEYS = {"c": "id", "e": "id", "versions": "k"}
"""Tables of changes, by their keys; only rows come to the others."""
START_US = 1_700_000_000_000_000
SPAN_MS = 3_000_000
_TEXTS = (None, "a", "a", "b", "B", "", "ü")
_DECIMALS = (None, "0.00", "-1.50", "2.25", "10.00", "99999999.99")

Inputs = dict[str, list[Change]]


def tables(options: dict[str, str], changes: dict[str, str]) -> Iterator[str]:
    """The tables, with options of those to which rows come and of those of changes; ``{}`` in them is the name."""
    for name, shape in SHAPES.items():
        columns = [f"`{column}` {of}" for column, of, _ in shape]
        if name in KEYS:
            columns.append(f"PRIMARY KEY ({KEYS[name]}) NOT ENFORCED")
        if shape[-1][2] == "time":
            columns.append(f"WATERMARK FOR ts AS ts - INTERVAL '{DELAY_MINUTES}' MINUTE")
        given = (changes if name in KEYS else options).items()
        written = ", ".join(f"'{key}' = '{value.format(name)}'" for key, value in given)
        yield f"CREATE TABLE {name} ({', '.join(columns)}) WITH ({written})"


# -- what comes


def inputs(chance: random.Random, rows: int = 40, *, late: bool = False) -> Inputs:
    """What comes to each table, in its order; with ``late`` some rows come behind the watermark."""
    return {
        "t": _events(chance, rows, late),
        "u": _events(chance, rows // 2, late),
        "c": _changes(chance, rows),
        "e": _changes(chance, rows // 2),
        "versions": _versions(chance, rows // 2),
    }


def _moment_us(chance: random.Random) -> int:
    """Some of them are equal."""
    return START_US + chance.choice((chance.randrange(SPAN_MS), chance.randrange(30) * 100_000)) * 1000


def _row(chance: random.Random, at: int) -> Row:
    number = chance.choice((None, chance.randrange(-3, 9), chance.randrange(-3, 9)))
    return (at, chance.choice(_TEXTS), chance.choice((None, 1, 2, 3)), number, chance.choice(_DECIMALS),
            _moment_us(chance))  # fmt: skip


def _events(chance: random.Random, count: int, late: bool) -> list[Change]:
    """Rows, some of which come twice."""
    rows = [_row(chance, at) for at in range(count)]
    rows += chance.sample(rows, count // 5)
    delay_us = DELAY_MINUTES * 60_000_000 * (3 if late else 1)
    rows.sort(key=lambda row: row[-1] + chance.randrange(delay_us))
    return [(INSERT, row) for row in rows]


def _changes(chance: random.Random, count: int) -> list[Change]:
    """Rows that come, are replaced and go, by their first column."""
    found: list[Change] = []
    there: dict[int, Row] = {}
    for _ in range(2 * count):
        at = chance.randrange(count)
        old = there.get(at)
        if old is None:
            new = there[at] = _row(chance, at)
            found.append((INSERT, new))
        elif chance.random() < 0.3:
            found.append((DELETE, there.pop(at)))
        else:
            new = there[at] = _row(chance, at) if chance.random() < 0.7 else (*old[:3], *_row(chance, at)[3:])
            found += [(UPDATE_BEFORE, old), (UPDATE_AFTER, new)]
    return found


def _versions(chance: random.Random, count: int) -> list[Change]:
    """Rows that replace others of their key, at their time."""
    keys = [key for key in dict.fromkeys(_TEXTS) if key is not None]
    times = sorted({_moment_us(chance) for _ in range(count)})
    found: list[Change] = []
    there: dict[str, Row] = {}
    for time in times:
        key = chance.choice(keys)
        new = (key, chance.randrange(9), time)
        found += [(INSERT, new)] if key not in there else [(UPDATE_BEFORE, there[key]), (UPDATE_AFTER, new)]
        there[key] = new
    return found


def write(folder: Path, given: Inputs) -> None:
    """The same as files: of JSON, or of Debezium's JSON where there are changes."""
    for name, changes in given.items():
        lines = _debezium(name, changes) if name in KEYS else [_object(name, row) for _, row in changes]
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "rows.json").write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines))


def _debezium(name: str, changes: Sequence[Change]) -> Iterator[dict[str, Any]]:
    before: Any = None
    for kind, row in changes:
        if kind == UPDATE_BEFORE:
            before = _object(name, row)
        elif kind == UPDATE_AFTER:
            yield {"before": before, "after": _object(name, row), "op": "u"}
        else:
            one = _object(name, row)
            yield {"before": None, "after": one, "op": "c"} if kind == INSERT else {
                "before": one, "after": None, "op": "d"}  # fmt: skip


def _object(name: str, row: Row) -> dict[str, Any]:
    found = {column: value for (column, _, _), value in zip(SHAPES[name], row, strict=True)}
    moment = SHAPES[name][-1][0]
    found[moment] = str(datetime.fromtimestamp(found[moment] / 1e6, UTC).replace(tzinfo=None))
    return found


# -- queries


@dataclass(frozen=True)
class Relation:
    """What a query reads: text for FROM, its columns by their kinds, and what is known of its rows.

    ``updates`` says that rows are replaced or go, and ``ordered`` that they always come in the same order.
    """

    sql: str
    columns: tuple[tuple[str, str], ...]
    updates: bool = False
    ordered: bool = False

    def of(self, *kinds: str) -> list[str]:
        """Its columns of some kinds."""
        return [name for name, kind in self.columns if kind in kinds]

    @property
    def time(self) -> str:
        """Its row time, if it has one."""
        return next(iter(self.of("time")), "")


Draft = tuple[str, tuple[str, ...], bool]
"""A query, the kinds of its columns c0, c1 and so on, and whether its rows are ever replaced."""


def chance_streams(seed: int, count: int) -> Iterator[str]:
    """So many queries, whose columns are c0, c1 and so on."""
    return _Maker(random.Random(seed)).statements(count)


class _Maker(Maker):
    """Writes queries."""

    def statement(self) -> str:
        """As in Maker."""
        return self.draft(2)[0]

    def draft(self, depth: int) -> Draft:
        """A query that has so many others in it."""
        forms = [self.plain, self.grouped, self.grouped, self.top, self.joined, self.joined, self.chosen, self.distinct,
                 self.united, self.deduplicated, self.windowed, self.windowed, self.window_top, self.window_joined,
                 self.sessions, self.interval, self.temporal, self.over, self.matched, self.ordered_group]  # fmt: skip
        return self.chance.choice(forms)(depth)

    # -- what is read

    def table(self, *names: str) -> Relation:
        """A table."""
        table = self.chance.choice(names or ("t", "t", "u", "c", "c", "e"))
        name = self.name("r")
        columns = tuple((f"{name}.`{column}`", kind) for column, _, kind in SHAPES[table])
        return Relation(f"{table} AS {name}", columns, table in KEYS, True)

    def relation(self, depth: int) -> Relation:
        """A table or a query."""
        if depth <= 0 or self.chance.random() < 0.35:
            return self.table()
        sql, kinds, updates = self.draft(depth - 1)
        name = self.name("r")
        return Relation(f"({sql}) AS {name}", tuple((f"{name}.c{at}", kind) for at, kind in enumerate(kinds)), updates)

    def condition(self, one: Relation) -> str:
        """Something that rows of a relation may fulfil."""
        forms = [f"{name} IS NOT NULL" for name in one.of("int", "text", "decimal")]
        forms += [f"{name} {self.chance.choice(('>', '<', '<>', '='))} {self.chance.randrange(-1, 5)}"
                  for name in one.of("int", "decimal")]  # fmt: skip
        forms += [f"{name} = 'a'" for name in one.of("text")] + [f"{name} > 'a'" for name in one.of("text")]
        return self.chance.choice(forms or ["TRUE"])

    def where(self, one: Relation) -> str:
        """Perhaps."""
        return f" WHERE {self.condition(one)}" if self.chance.random() < 0.35 else ""

    def some(self, names: Sequence[str], least: int = 0, most: int = 2) -> list[str]:
        """Some of some."""
        return self.chance.sample(list(names), k=min(len(names), self.chance.randint(least, most)))

    # -- queries without times

    def plain(self, depth: int) -> Draft:
        one = self.relation(depth)
        items = [(name, kind) for name, kind in one.columns if self.chance.random() < 0.8] or list(one.columns[:1])
        numbers, texts = one.of("int"), one.of("text")
        if numbers and self.chance.random() < 0.5:
            items.append((f"{self.chance.choice(numbers)} + 1", "int"))
        if texts and self.chance.random() < 0.5:
            items.append((f"UPPER({self.chance.choice(texts)})", "text"))
        return f"SELECT {listed(items)} FROM {one.sql}{self.where(one)}", kinds(items), one.updates

    def distinct(self, depth: int) -> Draft:
        one = self.relation(depth)
        items = [(name, kind) for name, kind in one.columns if kind in ("int", "text") and self.chance.random() < 0.6]
        items = items or [("1", "int")]
        return f"SELECT DISTINCT {listed(items)} FROM {one.sql}{self.where(one)}", kinds(items), True

    def grouped(self, depth: int) -> Draft:
        one = self.relation(depth)
        keys = [(key, kind) for key, kind in one.columns if key in self.some(one.of("int", "text", "decimal"))]
        items = [*keys, *(self.aggregate(one) for _ in range(self.chance.randint(1, 3)))]
        by = f" GROUP BY {', '.join(key for key, _ in keys)}" if keys else ""
        having = " HAVING COUNT(*) > 1" if self.chance.random() < 0.25 else ""
        return f"SELECT {listed(items)} FROM {one.sql}{self.where(one)}{by}{having}", kinds(items), True

    def aggregate(self, one: Relation) -> tuple[str, str]:
        """A call whose result does not depend on the order of rows."""
        calls = [("COUNT(*)", "int")]
        calls += [(f"{word}({name})", kind) for name, kind in one.columns if kind in ("int", "decimal")
                  for word in ("SUM", "AVG", "MIN", "MAX", "SUM(DISTINCT {})")]  # fmt: skip
        calls += [(f"{word}({name})", "text") for name in one.of("text") for word in ("MIN", "MAX")]
        calls += [(f"{word}({name})", "moment") for name in one.of("moment") for word in ("MIN", "MAX")]
        calls += [(f"COUNT({word}{name})", "int") for name, kind in one.columns if kind != "time"
                  for word in ("", "DISTINCT ")]  # fmt: skip
        call, kind = self.chance.choice(calls)
        if "{}" in call:
            call = call.split("(")[0] + "(DISTINCT " + call.rpartition("(")[2].rstrip(")") + ")"
        if self.chance.random() < 0.2:
            call += f" FILTER (WHERE {self.condition(one)})"
        return call, kind

    def ordered_group(self, depth: int) -> Draft:
        """Calls whose result depends on the order of rows, which that of a table is."""
        one = self.table()
        key = self.chance.choice(one.of("int", "text"))
        number, text = self.chance.choice(one.of("int")), one.of("text")[0]
        calls = [(f"FIRST_VALUE({number})", "int"), (f"LAST_VALUE({number})", "int"), (f"LISTAGG({text})", "text"),
                 (f"LISTAGG({text}, '+')", "text"), (f"CAST(ARRAY_AGG({number}) AS STRING)", "text"),
                 (f"LISTAGG(DISTINCT {text})", "text"), (f"CAST(COLLECT({number}) AS STRING)", "text"),
                 (f"JSON_ARRAYAGG({text})", "text"), (f"FIRST_VALUE({text})", "text"),
                 (f"LAST_VALUE({text})", "text")]  # fmt: skip
        items = [(key, "int"), *self.chance.sample(calls, k=2)]
        return f"SELECT {listed(items)} FROM {one.sql}{self.where(one)} GROUP BY {key}", kinds(items), True

    def top(self, depth: int) -> Draft:
        """The first rows of a key, by all columns that have an order.

        A real Flink leaves others too where all rows of windows or of temporal joins are ranked, and where the first
        is left out of rows that are replaced.
        """
        one = self.relation(depth)
        if not one.updates and not one.ordered:
            one = self.table()
        columns = [(name, kind) for name, kind in one.columns if kind != "time"]
        by = self.some([name for name, kind in columns if kind in ("int", "text")])
        order = [name for name, _ in columns]
        self.chance.shuffle(order)
        words = [f"{name}{self.chance.choice(('', ' DESC', ' NULLS LAST', ' DESC NULLS FIRST'))}" for name in order]
        over = (f"PARTITION BY {', '.join(by)} " if by else "") + f"ORDER BY {', '.join(words)}"
        until = self.chance.choice(("rn <= 1", "rn <= 2", "rn <= 3", "rn <= 3" if one.updates else "rn = 2"))
        also = self.chance.random() < 0.4
        names = [f"c{at}" for at in range(len(columns))] + ([f"rn AS c{len(columns)}"] if also else [])
        inner = f"SELECT {listed(columns)}, ROW_NUMBER() OVER ({over}) AS rn FROM {one.sql}{self.where(one)}"
        return f"SELECT {', '.join(names)} FROM ({inner}) WHERE {until}", (*kinds(columns), *["int"] * also), True

    def deduplicated(self, depth: int) -> Draft:
        one = self.table("t", "u")
        word = self.chance.choice(("", " DESC"))
        by = self.chance.choice(one.of("int", "text"))
        number = f"ROW_NUMBER() OVER (PARTITION BY {by} ORDER BY {one.time}{word}) AS rn"
        names = ", ".join(f"c{at}" for at in range(len(one.columns)))
        inner = f"SELECT {listed(one.columns)}, {number} FROM {one.sql}"
        return f"SELECT {names} FROM ({inner}) WHERE rn = 1", _plainly(kinds(one.columns)), True

    def joined(self, depth: int) -> Draft:
        left, right = self.relation(depth - 1), self.relation(depth - 1)
        word = self.chance.choice(("JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"))
        pairs = [
            (a, b) for a, kind in left.columns for b, of in right.columns if kind == of and kind in ("int", "text")
        ]
        both = Relation("", (*left.columns, *right.columns))
        on = [f"{a} = {b}" for a, b in self.chance.sample(pairs, k=min(len(pairs), self.chance.choice((1, 1, 2))))]
        if not on or self.chance.random() < 0.3:
            on.append(self.condition(both))
        items = [(name, kind) for name, kind in both.columns if kind != "time" and self.chance.random() < 0.6]
        items = items or [("1", "int")]
        updates = left.updates or right.updates or word != "JOIN"
        return (f"SELECT {listed(items)} FROM {left.sql} {word} {right.sql} ON {' AND '.join(on)}", kinds(items),
                updates)  # fmt: skip

    def chosen(self, depth: int) -> Draft:
        """IN, EXISTS and what is not."""
        left, right = self.relation(depth - 1), self.relation(depth - 1)
        items = [(name, kind) for name, kind in left.columns if kind != "time"]
        pairs = [
            (a, b) for a, kind in left.columns for b, of in right.columns if kind == of and kind in ("int", "text")
        ]
        if not pairs:
            return self.plain(depth)
        a, b = self.chance.choice(pairs)
        where = self.chance.choice(
            (f"{a} IN (SELECT {b} FROM {right.sql}{self.where(right)})",
             f"{a} NOT IN (SELECT {b} FROM {right.sql} WHERE {b} IS NOT NULL)",
             f"{a} NOT IN (SELECT {b} FROM {right.sql}{self.where(right)})",
             f"EXISTS (SELECT 1 FROM {right.sql} WHERE {a} = {b} AND {self.condition(right)})",
             f"NOT EXISTS (SELECT 1 FROM {right.sql} WHERE {a} = {b})")
        )  # fmt: skip
        return f"SELECT {listed(items)} FROM {left.sql} WHERE {where}", kinds(items), True

    def united(self, depth: int) -> Draft:
        left, right = self.relation(depth - 1), self.relation(depth - 1)
        items: list[list[tuple[str, str]]] = [[], []]
        for kind in ("int", "text", "decimal"):
            both = [one.of(kind) for one in (left, right)]
            if all(both) and (self.chance.random() < 0.7 or not items[0]):
                for at in (0, 1):
                    name = self.chance.choice(both[at])
                    items[at].append((f"CAST({name} AS BIGINT)" if kind == "int" else name, kind))
        if not items[0]:
            items = [[("1", "int")], [("2", "int")]]
        word = self.chance.choice(("UNION ALL", "UNION ALL", "UNION", "INTERSECT", "EXCEPT"))
        sql = f" {word} ".join(f"SELECT {listed(some)} FROM {one.sql}{self.where(one)}"
                               for some, one in zip(items, (left, right), strict=True))  # fmt: skip
        return sql, kinds(items[0]), left.updates or right.updates or word != "UNION ALL"

    # -- with times

    def window(self, table: str) -> str:
        """A window table-valued function."""
        at = f"TABLE {table}, DESCRIPTOR(ts), INTERVAL"
        return self.chance.choice(
            (f"TUMBLE({at} '{self.chance.randint(1, 9)}' MINUTE)", f"HOP({at} '2' MINUTE, INTERVAL '6' MINUTE)",
             f"CUMULATE({at} '2' MINUTE, INTERVAL '10' MINUTE)", f"TUMBLE({at} '10' MINUTE, INTERVAL '3' MINUTE)")
        )  # fmt: skip

    def windows(self) -> Relation:
        """A table's rows in windows."""
        table, name = self.chance.choice(("t", "u")), self.name("r")
        columns = [(f"{name}.`{column}`", kind) for column, _, kind in SHAPES[table][:-1]]
        return Relation(f"TABLE({self.window(table)}) AS {name}", tuple(columns))

    def windowed(self, depth: int) -> Draft:
        one = self.windows()
        keys = [(key, kind) for key, kind in one.columns if key in self.some(one.of("int", "text"))]
        items = [("window_start", "moment"), ("window_end", "moment"), *keys,
                 *(self.aggregate(one) for _ in range(self.chance.randint(1, 3)))]  # fmt: skip
        by = ", ".join(name for name, _ in items[: 2 + len(keys)])
        sets = self.chance.random() < 0.15 and len(keys) == 1
        if sets:
            by = f"window_start, window_end, GROUPING SETS (({keys[0][0]}), ())"
        having = " HAVING COUNT(*) > 1" if self.chance.random() < 0.2 else ""
        return f"SELECT {listed(items)} FROM {one.sql}{self.where(one)} GROUP BY {by}{having}", kinds(items), False

    def sessions(self, depth: int) -> Draft:
        table, key = self.chance.choice(("t", "u")), self.chance.choice(("k", "g"))
        shape = tuple((f"`{name}`", kind) for name, _, kind in SHAPES[table][:-1])
        one = Relation(table, shape)
        by = f" PARTITION BY {key}" if self.chance.random() < 0.7 else ""
        items = [("window_start", "moment"), ("window_end", "moment")]
        items += [(key, "text" if key == "k" else "int")] if by else []
        items += [self.aggregate(one), self.aggregate(one)]
        group = f"window_start, window_end{f', {key}' if by else ''}"
        of = f"TABLE {table}{by}, DESCRIPTOR(ts), INTERVAL '{self.chance.randint(1, 6)}' MINUTE"
        return f"SELECT {listed(items)} FROM TABLE(SESSION({of})) GROUP BY {group}", kinds(items), False

    def window_top(self, depth: int) -> Draft:
        """The first rows of each window, or of each window's groups."""
        if self.chance.random() < 0.5:
            one = self.windows()
            name = self.name("r")
            inner = f"SELECT {listed(one.columns)}, window_start, window_end FROM {one.sql}"
            columns = [(f"c{at}", kind) for at, (_, kind) in enumerate(one.columns)]
        else:
            inner, all_kinds, _ = self.windowed(depth)
            name = self.name("r")
            columns = [(f"c{at}", kind) for at, kind in enumerate(all_kinds)][2:]
            inner = f"SELECT *, c0 AS window_start, c1 AS window_end FROM ({inner}) AS {name}"
        key = self.chance.choice(["", *(column for column, kind in columns if kind in ("int", "text"))])
        by = f"window_start, window_end{f', {key}' if key else ''}"
        order = ", ".join(f"{column}{self.chance.choice(('', ' DESC'))}" for column, _ in columns)
        number = f"ROW_NUMBER() OVER (PARTITION BY {by} ORDER BY {order}) AS rn"
        items = [("window_start", "moment"), *columns]
        return (f"SELECT {listed(items)} FROM (SELECT *, {number} FROM ({inner})) WHERE rn <= "
                f"{self.chance.randint(1, 3)}"), kinds(items), False  # fmt: skip

    def window_joined(self, depth: int) -> Draft:
        at = "TABLE {}, DESCRIPTOR(ts), INTERVAL"
        what = self.chance.choice((f"TUMBLE({at} '5' MINUTE)", f"HOP({at} '2' MINUTE, INTERVAL '4' MINUTE)"))
        key = self.chance.choice(("k", "g"))
        word = self.chance.choice(("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"))
        on = f"l.{key} = r.{key} AND l.window_start = r.window_start AND l.window_end = r.window_end"
        on += " AND l.v < r.v" if self.chance.random() < 0.3 else ""
        sides = [f"(SELECT * FROM TABLE({what.format(table)})) AS {name}" for table, name in (("t", "l"), ("u", "r"))]
        items = [("l.id", "int"), ("l.k", "text"), ("r.id", "int"), ("r.v", "int"),
                 ("COALESCE(l.window_start, r.window_start)", "moment")]  # fmt: skip
        return f"SELECT {listed(items)} FROM {sides[0]} {word} {sides[1]} ON {on}", kinds(items), False

    def interval(self, depth: int) -> Draft:
        left, right = self.table("t", "u"), self.table("t", "u")
        word = self.chance.choice(("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"))
        key = self.chance.choice((1, 2))
        on = f"{left.columns[key][0]} = {right.columns[key][0]}"
        on += f" AND {left.time} BETWEEN {right.time} - INTERVAL '{self.chance.randint(0, 5)}' MINUTE AND "
        on += f"{right.time} + INTERVAL '{self.chance.randint(0, 5)}' MINUTE"
        on += f" AND {left.columns[3][0]} <= {right.columns[3][0]}" if self.chance.random() < 0.3 else ""
        items = [*left.columns[:4], *right.columns[:4]]
        return f"SELECT {listed(items)} FROM {left.sql} {word} {right.sql} ON {on}", kinds(items), False

    def temporal(self, depth: int) -> Draft:
        one = self.table("t", "u")
        word = self.chance.choice(("JOIN", "LEFT JOIN"))
        table, name = self.chance.choice(("versions", "u_by_k")), self.name("r")
        key = one.columns[1][0]
        value = f"{name}.w"
        also = f" AND {value} > 2" if self.chance.random() < 0.2 else ""
        items = [*one.columns[:4], (value, "int"), (f"{name}.ts", "moment")]
        return (f"SELECT {listed(items)} FROM {one.sql} {word} {table} FOR SYSTEM_TIME AS OF {one.time} AS {name} "
                f"ON {key} = {name}.k{also}"), kinds(items), False  # fmt: skip

    def over(self, depth: int) -> Draft:
        one = self.table("t", "u")
        by = self.chance.choice(("", f"PARTITION BY {one.columns[1][0]} ", f"PARTITION BY {one.columns[2][0]} "))
        frame = self.chance.choice(
            ("", " RANGE BETWEEN INTERVAL '4' MINUTE PRECEDING AND CURRENT ROW",
             " RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW")
        )  # fmt: skip
        calls = [call for call in (self.aggregate(one) for _ in range(2)) if "DISTINCT" not in call[0]]
        calls = calls or [("COUNT(*)", "int")]
        items = [*one.columns[:4], *((f"{call} OVER ({by}ORDER BY {one.time}{frame})", of) for call, of in calls
                                     if "FILTER" not in call)]  # fmt: skip
        return f"SELECT {listed(items)} FROM {one.sql}{self.where(one)}", kinds(items), False

    def matched(self, depth: int) -> Draft:
        by = self.chance.choice(("PARTITION BY g ", "PARTITION BY k "))
        pattern = self.chance.choice(("A B", "A B*? C", "A B+ C", "A B? C", "A{2} C", "A C+?"))
        skip = self.chance.choice(("PAST LAST ROW", "TO NEXT ROW"))
        conditions = {"A": ("A.v > 1", "A.v IS NOT NULL", "A.k = 'a'"), "B": ("B.v < 5", "B.v > LAST(A.v, 1)"),
                      "C": ("C.v > 2", "C.d > 0", "C.id > 5")}  # fmt: skip
        define = ", ".join(f"{one} AS {self.chance.choice(conditions[one])}" for one in "ABC" if one in pattern)
        last = "C" if "C" in pattern else "B"
        measures = [("A.id", "int"), (f"LAST({last}.id)", "int"), ("SUM(A.v)", "int"), (f"LAST({last}.d)", "decimal")]
        named = ", ".join(f"m{at} AS c{at}" for at in range(len(measures)))
        made = ", ".join(f"{text} AS m{at}" for at, (text, _) in enumerate(measures))
        return (f"SELECT {named} FROM t MATCH_RECOGNIZE ({by}ORDER BY ts MEASURES {made} ONE ROW PER MATCH "
                f"AFTER MATCH SKIP {skip} PATTERN ({pattern}) DEFINE {define})"), kinds(measures), False  # fmt: skip


VIEWS = (
    "CREATE TEMPORARY VIEW u_by_k AS SELECT k, v AS w, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY "
    "ts DESC) AS rn FROM u) WHERE rn = 1",
)


def equal(left: Relation, right: Relation) -> list[tuple[str, str]]:
    """Columns of both that may be equal."""
    keys = ("int", "text")
    return [(a, b) for a, kind in left.columns for b, of in right.columns if kind == of and kind in keys]


def listed(items: Sequence[tuple[str, str]]) -> str:
    """Items of a SELECT, with names."""
    return ", ".join(f"{item} AS c{at}" for at, (item, _) in enumerate(items))


def kinds(items: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The kinds of items."""
    return tuple(kind for _, kind in items)


def _plainly(found: Sequence[str]) -> tuple[str, ...]:
    return tuple("moment" if kind == "time" else kind for kind in found)
