"""Hologres' tables: written by key, each epoch as one, and asked by key.

Sources: the vendor's page "Hologres connector" of Realtime Compute for Apache Flink (options, ``mutateType``, types).
What is written twice into a table with a primary key is there once; for one without, the epoch's number is committed
with its rows (``clients/hologres/fence``).
"""

import json
from base64 import b64decode
from collections.abc import Callable, Sequence
from typing import Any

from yunbox.clients.hologres.connection import Connection, Disconnected
from yunbox.clients.hologres.fence import advance, mark_of
from yunbox.clients.hologres.target import Target, quoted
from yunbox.clients.hologres.writing import CHUNK_ROWS, Mode, delete, takes_arrays, write, write_arrays
from yunbox.engine.stream.batch import Batch, Change, Kind, Row, concat
from yunbox.engine.stream.connectors.connector import Connector, Environment, Reader
from yunbox.engine.stream.connectors.hologres_arrays import can_be_key, folded, parameter
from yunbox.engine.stream.connectors.hologres_binlog import BinlogReader
from yunbox.engine.stream.connectors.hologres_source import HologresReader
from yunbox.engine.stream.connectors.hologres_tables import column_of, connected, described
from yunbox.engine.stream.connectors.hologres_values import array_text, physical
from yunbox.engine.stream.connectors.kinds import option, truth
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.plans import LookupJoin, Sink, Source, TableColumn
from yunbox.sql.flink.types import FlinkType
from yunbox.wire.pgwire.values.types import TYPES

_MODES: dict[str, Mode] = {one.value.lower(): one for one in Mode}


class HologresWriter:
    """Writes a table. Of several changes of a key in an epoch the last one counts."""

    def __init__(self, sink: Sink, environment: Environment) -> None:
        self._options = sink.options
        self._columns = sink.columns
        mode = option(sink.options, "mutateType", Mode.IGNORE.value).lower()
        if mode not in _MODES:
            choices = ", ".join(one.value for one in Mode)
            raise InvalidArgument(f"'mutateType' = {mode!r} is none of {choices}")
        self._mode = _MODES[mode]
        self._deletes = option(sink.options, "ignoreDelete", "false").lower() != "true"
        self._fence = f"flink:{environment.job_id}:{environment.sink}:{sink.table.path}"
        self._connection: Connection | None = None
        self._target = described(self._open(), self._options)
        self._names = [_name(self._target, column, sink) for column in sink.columns]
        self._converters = [_converter(column.type) for column in sink.columns]
        self._key = self._key_places(sink, gives_changes=sink.input.updates and not environment.is_batch)
        self._converts = [at for at, one in enumerate(self._converters) if one is not None]
        self._takes_arrays = len(self._key) == 1 and not self._converts and takes_arrays(self._target, self._names)

    def _key_places(self, sink: Sink, *, gives_changes: bool) -> list[int]:
        """Where the values of the table's key are in a row. Raises InvalidArgument."""
        key = self._target.primary_key
        for name in key:
            if name not in self._names:
                raise InvalidArgument(f"Table {sink.table.path} lacks the primary key's column {name!r} of Hologres")
        if not key and gives_changes:
            raise InvalidArgument(
                f"Table {self._target.sql} of Hologres has no primary key: it takes no update and delete changes, "
                f"which the query for {sink.table.path} gives"
            )
        return [self._names.index(name) for name in key]

    def deliver(self, epoch: int, changes: Sequence[Change]) -> None:
        """As in Writer."""
        if self._key:
            self._on_connection(lambda connection: self._apply(connection, changes))
        else:
            self._on_connection(lambda connection: self._append(connection, epoch, changes))

    def deliver_batches(self, epoch: int, batches: Sequence[Batch]) -> None:
        """As in ColumnarWriter: by a key that can be an array no row is ever a tuple."""
        whole = concat(batches).plain()
        if self._takes_arrays and can_be_key(whole.columns[self._key[0]]):
            self._on_connection(lambda connection: self._apply_arrays(connection, whole))
        else:
            self.deliver(epoch, whole.changes())

    def _on_connection(self, work: Callable[[Connection], None]) -> None:
        """Do something that does no harm if it is done twice; on another connection where one was lost."""
        for left in (True, False):
            try:
                work(self._open())
                return
            except Disconnected:
                self.close()
                if not left:
                    raise

    def _apply_arrays(self, connection: Connection, batch: Batch) -> None:
        [place] = self._key
        kept, gone = folded(batch, place, self._mode)
        columns = [self._target.by_name[name] for name in self._names]
        for at in range(0, kept.size, CHUNK_ROWS):
            some = [array[at : at + CHUNK_ROWS] for array in kept.columns]
            arrays = [parameter(column, array) for column, array in zip(columns, some, strict=True)]
            write_arrays(connection, self._target, self._names, arrays, self._mode)
        if gone and self._deletes:
            delete(connection, self._target, [(key,) for key in gone])

    def _apply(self, connection: Connection, changes: Sequence[Change]) -> None:
        rows, gone = self._folded(changes)
        if rows:
            write(connection, self._target, self._names, self._converted(rows), self._mode)
        if gone and self._deletes:
            delete(connection, self._target, self._converted_keys(gone))

    def _folded(self, changes: Sequence[Change]) -> tuple[list[Row], list[Row]]:
        """The rows that are there after all changes, and the keys of those that are not."""
        last: dict[Any, Row | None] = {}
        signs = [Kind(kind).sign for kind in range(4)]
        if self._mode is Mode.IGNORE and not any(kind for kind, _ in changes):
            for _, row in changes:
                last.setdefault(tuple(row[at] for at in self._key), row)
        elif len(self._key) == 1:
            [place] = self._key
            for kind, row in changes:
                last[row[place]] = row if signs[kind] > 0 else None
        else:
            for kind, row in changes:
                last[tuple(row[at] for at in self._key)] = row if signs[kind] > 0 else None
        rows = [row for row in last.values() if row is not None]
        gone = [key if isinstance(key, tuple) else (key,) for key, row in last.items() if row is None]
        return rows, gone

    def _append(self, connection: Connection, epoch: int, changes: Sequence[Change]) -> None:
        mark = mark_of(connection, self._fence)
        if mark is not None and int(mark) >= epoch:
            return
        with connection.transaction():
            advance(connection, self._fence, mark, str(epoch))
            write(connection, self._target, self._names, self._converted([row for _, row in changes]), self._mode)

    def _converted(self, rows: Sequence[Row]) -> Sequence[Row]:
        if not self._converts:
            return rows
        found = []
        for row in rows:
            values = list(row)
            for at in self._converts:
                convert = self._converters[at]
                if values[at] is not None and convert is not None:
                    values[at] = convert(values[at])
            found.append(tuple(values))
        return found

    def _converted_keys(self, keys: Sequence[Row]) -> Sequence[Row]:
        converters = [self._converters[at] for at in self._key]
        return [tuple(value if value is None or convert is None else convert(value)
                      for value, convert in zip(key, converters, strict=True)) for key in keys]  # fmt: skip

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = connected(self._options)
        return self._connection

    def close(self) -> None:
        """As in Writer."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class HologresLookup:
    """Asks a table by key, all keys of a batch at once."""

    def __init__(self, node: LookupJoin, environment: Environment) -> None:
        self._options = node.options
        self._connection = connected(node.options)
        target = described(self._connection, node.options)
        columns = node.table.stored
        names = [quoted(column_of(target, column, node.table).name) for column in columns]
        keys = [
            column_of(target, next(one for one in columns if one.name == name), node.table) for _, name in node.keys
        ]
        self._types = [column.type for column in columns]
        self._width = len(keys)
        values = ", ".join(f"unnest(${at}::{TYPES[one.oid].name}[])" for at, one in enumerate(keys, 1))
        wanted = ", ".join(quoted(one.name) for one in keys)
        if self._width == 1:
            where = f"{wanted} = ANY($1::{TYPES[keys[0].oid].name}[])"
        else:
            where = f"({wanted}) IN (SELECT {values})"
        self._sql = f"SELECT {wanted}, {', '.join(names)} FROM {target.sql} WHERE {where}"
        self._key_types = [next(one.type for one in columns if one.name == name) for _, name in node.keys]

    def fetch(self, keys: Sequence[Row]) -> dict[Row, list[Row]]:
        """As in Lookup."""
        found: dict[Row, list[Row]] = {}
        if not keys:
            return found
        arrays = [array_text(column) for column in zip(*keys, strict=True)]
        for row in self._rows(arrays):
            key = tuple(physical(text, of) for text, of in zip(row[: self._width], self._key_types, strict=True))
            values = tuple(physical(text, of) for text, of in zip(row[self._width :], self._types, strict=True))
            found.setdefault(key, []).append(values)
        return found

    def _rows(self, arrays: Sequence[str]) -> Sequence[Sequence[str | None]]:
        try:
            return self._connection.execute(self._sql, arrays, keep=True).rows
        except Disconnected:
            self._connection = connected(self._options)
            return self._connection.execute(self._sql, arrays, keep=True).rows


def _name(target: Target, column: TableColumn, sink: Sink) -> str:
    return column_of(target, column, sink.table).name


def _converter(of: FlinkType) -> Callable[[Any], Any] | None:
    if of.root in ("BINARY", "VARBINARY"):
        return b64decode
    return json.loads if of.root == "ARRAY" else None


def _reader(source: Source, environment: Environment) -> Reader:
    """What reads a table, or its binlog."""
    make = BinlogReader if truth(source.options, "binlog") else HologresReader
    return make(source, environment)


CONNECTOR = Connector(reader=_reader, writer=HologresWriter, lookup=HologresLookup)
