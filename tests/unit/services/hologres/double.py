"""An engine that knows a handful of statements by heart, so that the protocol around it can be tested on its own."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from typing import Any

from yunbox.services.hologres.session.ports import Batch, Column, Context, Kind, Plan, Rows, Sink, Taking
from yunbox.services.hologres.statements.cursor import at
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.draft import Block
from yunbox.storage.rows.rights import Rights
from yunbox.storage.rows.roles import SYSTEM
from yunbox.wire.pgwire.backend import data_row
from yunbox.wire.pgwire.copy.reading import Plain
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import TYPES

INT, TEXT = 23, 25
_SERIES = re.compile(r"select generate_series\(1, (\d+)\)(?: as (\w+))?")
_CAST = re.compile(r"select cast\((.+) as (\w+)\)", re.IGNORECASE)
_BY_HEART: dict[str, tuple[list[Column], list[list[Any]]]] = {
    "select 1": ([Column("?column?", INT)], [[1]]),
    "select 2": ([Column("?column?", INT)], [[2]]),
    "select 'a'::text as t, null::int4 as n": ([Column("t", TEXT), Column("n", INT)], [["a", None]]),
    "select 1 where false": ([Column("?column?", INT)], []),
    "select * from t": ([Column("k", INT), Column("v", TEXT)], [[1, "a"], [2, None], [3, 'c,"d"']]),
    "select v from t": ([Column("v", TEXT)], [["a"], [None], ['c,"d"']]),
    "select k, v from t order by k": ([Column("k", INT), Column("v", TEXT)], [[1, "a"], [2, None], [3, 'c,"d"']]),
}


class Counted:
    """Rows that are counted out; ``fails_after`` so many there is a division by zero."""

    def __init__(self, columns: Sequence[Column], rows: Iterator[list[Any]], fails_after: int = -1) -> None:
        self.affected = 0
        self.notices = ()
        self.is_closed = False
        self._columns = columns
        self._rows = rows
        self._left = fails_after

    async def take(self, rows_max: int, formats: Sequence[int], style: Style) -> Batch:
        parts: list[bytes] = []
        while not rows_max or len(parts) < rows_max:
            if self._left == 0:
                raise failure("22012", "division by zero")
            row = next(self._rows, None)
            if row is None:
                return Batch(b"".join(parts), len(parts), True)
            self._left -= 1
            parts.append(data_row([_written(*one, style) for one in zip(self._columns, row, formats, strict=True)]))
            if len(parts) >= 1000:
                break
        return Batch(b"".join(parts), len(parts), False)

    def close(self) -> None:
        self.is_closed = True


class Sleeping(Counted):
    """Rows that take long to come."""

    async def take(self, rows_max: int, formats: Sequence[int], style: Style) -> Batch:
        await asyncio.sleep(60)
        return await super().take(rows_max, formats, style)


def _written(column: Column, value: Any, format: int, style: Style) -> bytes | None:
    if value is None:
        return None
    codec = TYPES[column.oid].codec
    return codec.pack(value) if format else codec.write(value, style).encode()


class Double:
    """The engine. ``loaded`` are the rows that COPY brought."""

    def __init__(self) -> None:
        self.loaded: list[list[Any]] = []
        self.rows: list[Counted] = []

    def at_once(self, plan: Plan, user: str) -> None:
        return None

    def rights(self, role: str, block: Block | None = None) -> Rights:
        return Rights(Catalogue(b"", {}, {}), SYSTEM)

    async def commit(self, block: Block) -> None:
        pass

    async def plan(self, text: str, types: Sequence[int], context: Context) -> Plan:
        low = text.lower()
        if low in _BY_HEART:
            return Plan(Kind.QUERY, "SELECT", tuple(_BY_HEART[low][0]), payload=low)
        if (found := _SERIES.fullmatch(low)) is not None:
            return Plan(Kind.QUERY, "SELECT", (Column(found[2] or "generate_series", INT),), payload=low)
        if low.startswith("select $1::int4 as x"):
            return Plan(Kind.QUERY, "SELECT", (Column("x", INT),), (types[0] if types and types[0] else INT,), low)
        if low == "select 1/(x-1) as q from generate_series(1,3) x":
            return Plan(Kind.QUERY, "SELECT", (Column("q", INT),), payload=low)
        if low.startswith("select pg_sleep"):
            return Plan(Kind.QUERY, "SELECT", (Column("pg_sleep", 2278),), payload=low)
        if low.startswith("insert into l"):
            return Plan(Kind.DML, "INSERT 0", None, payload=low)
        if low.startswith("create table"):
            return Plan(Kind.DDL, "CREATE TABLE", None, payload=low)
        if _CAST.fullmatch(low) is not None:
            return Plan(Kind.QUERY, "SELECT", (Column("int4", INT),), payload=low)
        raise at(failure("42601", f'syntax error at or near "{text.split()[0]}"'), 0)

    async def start(self, plan: Plan, values: Sequence[Any], context: Context, first: Taking | None = None) -> Rows:
        made = self._started(plan, values)
        self.rows.append(made)
        return made

    def _started(self, plan: Plan, values: Sequence[Any]) -> Counted:
        text, columns = plan.payload, plan.columns or ()
        if plan.columns is None:
            made = Counted((), iter(()))
            made.affected = text.count("(") if plan.kind is Kind.DML else 0
            return made
        if text in _BY_HEART:
            return Counted(columns, iter(_BY_HEART[text][1]))
        if (found := _SERIES.fullmatch(text)) is not None:
            return Counted(columns, ([number] for number in range(1, int(found[1]) + 1)))
        if text.startswith("select $1"):
            return Counted(columns, iter([[values[0]]]))
        if text.startswith("select pg_sleep"):
            return Sleeping(columns, iter([[""]]))
        if (cast := _CAST.fullmatch(text)) is not None:
            return Counted(columns, iter([[sum(map(int, cast[1].strip("()").split("+")))]]))
        return Counted(columns, iter([[1]]), fails_after=0)

    async def sink(
        self, table: Sequence[str], columns: Sequence[str], options: dict[str, Any], context: Context
    ) -> Sink:
        if table[-1] != "l":
            raise failure("42P01", f'relation "{table[-1]}" does not exist')
        return Kept(self)


class Kept:
    """Where COPY goes to."""

    columns = (Column("k", INT), Column("v", TEXT))

    def __init__(self, engine: Double) -> None:
        self._engine = engine
        self._rows: list[list[Any]] = []

    async def write(self, rows: Sequence[Sequence[Any]]) -> None:
        self._rows += [list(row) for row in rows]

    async def packed(self, rows: Sequence[Sequence[bytes | None]]) -> bool:
        return False

    async def lines(self, plain: Plain) -> int | None:
        return None  # so that all is read

    async def finish(self) -> int:
        self._engine.loaded += self._rows
        return len(self._rows)

    async def abandon(self) -> None:
        self._rows.clear()
