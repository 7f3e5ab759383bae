"""One statement in DuckDB: begun, its rows taken batch by batch, and stopped from another thread."""

import struct
import threading
from collections.abc import Sequence
from itertools import chain, count
from operator import add
from typing import Any

import duckdb

from yunbox.engine.holo.foreign.files import ObjectReads
from yunbox.engine.holo.foreign.tables import Readings
from yunbox.engine.holo.laid import Laid
from yunbox.engine.holo.messages import Rows, Run, Started, Take
from yunbox.engine.holo.opened import Opened
from yunbox.engine.holo.reads import named
from yunbox.engine.holo.system.systems import Shown
from yunbox.engine.holo.texts import Write, sent, texts_of
from yunbox.engine.holo.values import fetched, writer
from yunbox.sql.decimals import narrowed
from yunbox.sql.hologres.natives import stopping

_BATCH_BYTES = 256 * 1024
_BATCH_ROWS_MAX = 4096
_FIRST_ROWS = 64
_HEAD, _LENGTH = struct.Struct(">cIh"), struct.Struct(">i")
_SHORT = [_LENGTH.pack(length) for length in range(1024)]
_NULL = b"\xff\xff\xff\xff"
_NONE = Readings()
_IN_PARTS = " UNION ALL "
"""Whose second part is computed when rows of the first are out already."""
_numbers = count(1)


class _TooNarrowError(Exception):
    """A value may have more digits than narrow decimals have."""


class Statement:
    """What one connection runs, on a cursor of its own. Its methods run in a thread, but for ``interrupt``."""

    def __init__(self, opened: Opened) -> None:
        self._cursor = opened.db.cursor()
        self._number = next(_numbers)
        self._cursor.execute(f"SET VARIABLE hg_statement = CAST({self._number} AS BIGINT)")
        self._copies = opened.copies
        self._laid = Laid(self._cursor)
        self._functions = opened.functions
        self._shown = Shown(self._cursor, opened.systems)
        self._foreign = opened.foreign
        self._objects = ObjectReads(self._cursor, opened.config)
        self._is_open = False
        self._stopped = threading.Event()
        self._columns: tuple[int, ...] = ()
        self._texts: tuple[str | None, ...] = ()
        self._rows_next = _FIRST_ROWS
        self._first: list[Any] = []
        self._writers: tuple[tuple[tuple[int, ...], object], list[Write | None]] | None = None
        self._settings: dict[str, str] = {}

    def run(self, request: Run) -> Started:
        """Begin, with narrow decimals if it may be. If these do not do it begins anew without: a statement that fails
        takes its transaction with it."""
        try:
            return self._run(request, may_be_narrow=True)
        except _TooNarrowError:
            return self._run(request, may_be_narrow=False)

    def _run(self, request: Run, *, may_be_narrow: bool) -> Started:
        self._stopped.clear()
        stopping.begun(self._number)
        self._end()
        self._functions.provide(request.sql)
        self._laid.lay(request.given)
        self._shown.show(request.system)
        self._apply(request.settings)
        with self._copies.brought(request.reads, self._stopped) as positions:
            if len(positions) > 1:  # all are read as they are now, whatever others bring meanwhile
                self._cursor.execute("BEGIN")
                self._is_open = True
        objects = self._objects.scans(request.files)
        found = self._foreign.read(self._cursor, request, objects, self._execute) if request.foreign else _NONE
        sql = request.before + named(request.sql, (*found.scans, *objects))
        self._rows_next, self._writers = _FIRST_ROWS, None
        if request.columns is None:
            answer = self._execute(sql, request.values).fetchone()
            affected = int(answer[0]) if answer is not None and isinstance(answer[0], int) else 0
            return Started(affected, positions, found.selected)
        self._columns = request.columns
        self._texts = _texts_of(request)
        self._begin(fetched(sql, request.columns, self._texts), request.values, may_be_narrow=may_be_narrow)
        first = self.take(request.first) if request.first is not None else None
        return Started(0, positions, found.selected, first)

    def _begin(self, sql: str, values: Sequence[Any], *, may_be_narrow: bool) -> None:
        """Run a query. Raises _TooNarrowError."""
        self._first = []
        narrow = narrowed(sql) if may_be_narrow and _IN_PARTS not in sql else None
        if narrow is None:
            self._execute(sql, values)
            return
        try:
            self._execute(narrow, values)
            self._first = self._cursor.fetchmany(_FIRST_ROWS)
        except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
            raise _TooNarrowError from error

    def settle(self) -> Started:
        """Have the copies that are read be what their tables are, where these have changed much."""
        self._stopped.clear()
        self._copies.settle(self._stopped)
        return Started()

    def _end(self) -> None:
        """Let go of what was read."""
        self._objects.clear()
        if self._is_open:
            self._is_open = False
            self._cursor.execute("ROLLBACK")

    def _execute(self, sql: str, values: Sequence[Any]) -> duckdb.DuckDBPyConnection:
        """Run it on those of its values that it asks for: DuckDB takes no others."""
        if not values:
            return self._cursor.execute(sql)
        [statement] = self._cursor.extract_statements(sql)
        return self._cursor.execute(statement, {name: values[int(name) - 1] for name in statement.named_parameters})

    def _apply(self, settings: dict[str, str]) -> None:
        """Settings hold for the cursor, so only those that changed are said again."""
        for name, value in settings.items():
            if self._settings.get(name) != value:
                quoted = value.replace("'", "''")
                self._cursor.execute(f"SET {name} = '{quoted}'")
                self._settings[name] = value

    def take(self, request: Take) -> Rows:
        """The next rows: few at first, and then as many as make a batch of a good size."""
        wanted = min(self._rows_next, request.rows_max or self._rows_next)
        rows, self._first = self._first[:wanted], self._first[wanted:]
        if len(rows) < wanted:
            rows += self._cursor.fetchmany(wanted - len(rows))
        data = encoded(rows, self._writers_of(request))
        if len(rows) < wanted:
            self._end()
        if rows:
            self._rows_next = max(1, min(_BATCH_ROWS_MAX, _BATCH_BYTES * len(rows) // len(data)))
        return Rows(data, len(rows), len(rows) < wanted)

    def _writers_of(self, request: Take) -> list[Write | None]:
        key = request.formats, request.style
        if self._writers is None or self._writers[0] != key:
            columns = zip(self._columns, request.formats, self._texts, strict=True)
            made = [sent(oid, format) if text else writer(oid, format, request.style) for oid, format, text in columns]
            self._writers = key, made
        return self._writers[1]

    def interrupt(self) -> None:
        """Stop what runs."""
        self._stopped.set()
        stopping.stopped(self._number)
        self._cursor.interrupt()

    def close(self) -> None:
        """Let go of everything."""
        stopping.begun(self._number)
        self._objects.clear()
        self._cursor.close()


def _texts_of(request: Run) -> tuple[str | None, ...]:
    """What DuckDB is to write itself: where it is known in which form all rows are wanted."""
    columns, first = request.columns or (), request.first
    if first is None or first.rows_max:
        return (None,) * len(columns)
    return texts_of(columns, first.formats, first.style)


def encoded(rows: Sequence[Sequence[Any]], writers: Sequence[Write | None]) -> bytes:
    """Rows as DataRow messages; column by column, which takes half the time that row by row does."""
    if not writers or not rows:
        return _HEAD.pack(b"D", 6, 0) * len(rows)
    sizes = [6 + 4 * len(writers)] * len(rows)
    fields: list[Sequence[bytes]] = []
    for column, write in zip(zip(*rows, strict=True), writers, strict=True):
        data = _written(column, write)
        lengths = list(map(len, data))
        sizes = list(map(add, sizes, lengths))
        fields += (_prefixes(column, lengths), data)
    count, head = len(writers), _HEAD.pack
    return b"".join(chain.from_iterable(zip([head(b"D", size, count) for size in sizes], *fields, strict=True)))


def _written(column: Sequence[Any], write: Write | None) -> Sequence[bytes]:
    """A column's fields; NULL has no bytes."""
    if write is None:
        return column if None not in column else [value or b"" for value in column]
    return [b"" if value is None else write(value) for value in column]


def _prefixes(column: Sequence[Any], lengths: list[int]) -> list[bytes]:
    """The length before each field, -1 for NULL."""
    length_of = _SHORT.__getitem__ if max(lengths) < len(_SHORT) else _LENGTH.pack
    if None not in column:
        return list(map(length_of, lengths))
    return [_NULL if value is None else length_of(length) for value, length in zip(column, lengths, strict=True)]
