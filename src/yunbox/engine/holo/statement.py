"""One statement in DuckDB: begun, its rows taken batch by batch, and stopped from another thread."""

import struct
import threading
from collections.abc import Callable, Sequence
from typing import Any

import duckdb

from yunbox.engine.holo.foreign.files import ObjectReads
from yunbox.engine.holo.foreign.tables import Readings
from yunbox.engine.holo.laid import Laid
from yunbox.engine.holo.messages import Rows, Run, Started, Take
from yunbox.engine.holo.opened import Opened
from yunbox.engine.holo.reads import named
from yunbox.engine.holo.system.systems import Shown
from yunbox.engine.holo.values import fetched, writer

_BATCH_BYTES = 256 * 1024
_BATCH_ROWS_MAX = 4096
_FIRST_ROWS = 64
_HEAD, _LENGTH = struct.Struct(">cIh"), struct.Struct(">i")
_NULL = b"\xff\xff\xff\xff"
_NONE = Readings()
Write = Callable[[Any], bytes]


class Statement:
    """What one connection runs, on a cursor of its own. Its methods run in a thread, but for ``interrupt``."""

    def __init__(self, opened: Opened) -> None:
        self._cursor = opened.db.cursor()
        self._copies = opened.copies
        self._laid = Laid(self._cursor)
        self._functions = opened.functions
        self._shown = Shown(self._cursor, opened.systems)
        self._foreign = opened.foreign
        self._objects = ObjectReads(self._cursor, opened.config)
        self._is_open = False
        self._stopped = threading.Event()
        self._columns: tuple[int, ...] = ()
        self._rows_next = _FIRST_ROWS
        self._writers: tuple[tuple[tuple[int, ...], object], list[Write]] | None = None
        self._settings: dict[str, str] = {}

    def run(self, request: Run) -> Started:
        """Begin."""
        self._stopped.clear()
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
        self._execute(fetched(sql, request.columns), request.values)
        return Started(0, positions, found.selected)

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
        rows = self._cursor.fetchmany(wanted)
        data = encoded(rows, self._writers_of(request))
        if len(rows) < wanted:
            self._end()
        if rows:
            self._rows_next = max(1, min(_BATCH_ROWS_MAX, _BATCH_BYTES * len(rows) // len(data)))
        return Rows(data, len(rows), len(rows) < wanted)

    def _writers_of(self, request: Take) -> list[Write]:
        key = request.formats, request.style
        if self._writers is None or self._writers[0] != key:
            pairs = zip(self._columns, request.formats, strict=True)
            self._writers = key, [writer(oid, format, request.style) for oid, format in pairs]
        return self._writers[1]

    def interrupt(self) -> None:
        """Stop what runs."""
        self._stopped.set()
        self._cursor.interrupt()

    def close(self) -> None:
        """Let go of everything."""
        self._objects.clear()
        self._cursor.close()


def encoded(rows: Sequence[Sequence[Any]], writers: Sequence[Write]) -> bytes:
    """Rows as DataRow messages."""
    parts: list[bytes] = []
    length_of, count = _LENGTH.pack, len(writers)
    for row in rows:
        fields: list[bytes] = []
        for value, write in zip(row, writers, strict=True):
            if value is None:
                fields.append(_NULL)
            else:
                data = write(value)
                fields += (length_of(len(data)), data)
        body = b"".join(fields)
        parts += (_HEAD.pack(b"D", len(body) + 6, count), body)
    return b"".join(parts)
