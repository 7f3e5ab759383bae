"""Hologres' tables: written by key, each epoch as one, and asked by key.

Sources: the vendor's page "Hologres connector" of Realtime Compute for Apache Flink (options, ``mutateType``, types).
What is written twice into a table with a primary key is there once; for one without, the epoch's number is committed
with its rows (``clients/hologres/fence``).
"""

import json
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from yunbox.clients.hologres.connection import Connection, Disconnected
from yunbox.clients.hologres.fence import advance, mark_of
from yunbox.clients.hologres.target import Column, Target, describe, quoted
from yunbox.clients.hologres.writing import Mode, delete, write
from yunbox.engine.stream.batch import Batch, Change, Kind, Row, from_rows
from yunbox.engine.stream.connectors.connector import Connector, Environment
from yunbox.engine.stream.connectors.hologres_values import array_text, physical
from yunbox.engine.stream.connectors.kinds import option
from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.sql.flink.plans import LookupJoin, Sink, Source, Table, TableColumn
from yunbox.sql.flink.types import FlinkType
from yunbox.wire.pgwire.values.types import TYPES

_PAGE_ROWS = 10_000
_MODES: dict[str, Mode] = {one.value.lower(): one for one in Mode}
_TIMES = ("timestamp", "timestamptz")
_TEXTS = ("text", "varchar", "bpchar", "json", "jsonb", "uuid", "inet")
_FITS: dict[str, tuple[str, ...]] = {
    "BOOLEAN": ("bool",), "TINYINT": ("int2",), "SMALLINT": ("int2", "int4", "int8"), "INT": ("int4", "int8"),
    "BIGINT": ("int8", "numeric"), "FLOAT": ("float4", "float8"), "DOUBLE": ("float8",), "DECIMAL": ("numeric",),
    "CHAR": _TEXTS, "VARCHAR": _TEXTS, "DATE": ("date",), "TIME": ("time",), "TIMESTAMP": _TIMES,
    "TIMESTAMP_LTZ": _TIMES, "BINARY": ("bytea", "roaringbitmap"), "VARBINARY": ("bytea", "roaringbitmap"),
    "ARRAY": ("_int4", "_int8", "_float4", "_float8", "_bool", "_text", "_varchar"),
}  # fmt: skip


def connected(options: Mapping[str, str]) -> Connection:
    """A connection as a table's options say. Raises Disconnected, PgError, InvalidArgument."""
    host, _, port = option(options, "endpoint").rpartition(":")
    if not host or not port.isdigit():
        raise InvalidArgument(f"'endpoint' = {option(options, 'endpoint')!r}: HOST:PORT is expected")
    database, user, password = (option(options, name) for name in ("dbname", "username", "password"))
    return Connection(host, int(port), database, user, password)


def described(connection: Connection, options: Mapping[str, str]) -> Target:
    """The table of the options, of the schema ``public`` unless they name another. Raises NotFound, PgError."""
    schema, _, table = option(options, "tablename").rpartition(".")
    return describe(connection, schema.strip('"') or "public", table.strip('"'))


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
        self._key = self._key_places(sink)
        self._converts = [at for at, one in enumerate(self._converters) if one is not None]

    def _key_places(self, sink: Sink) -> list[int]:
        """Where the values of the table's key are in a row. Raises InvalidArgument."""
        key = self._target.primary_key
        for name in key:
            if name not in self._names:
                raise InvalidArgument(f"Table {sink.table.path} lacks the primary key's column {name!r} of Hologres")
        if not key and sink.input.updates:
            raise InvalidArgument(
                f"Table {self._target.sql} of Hologres has no primary key: it takes no update and delete changes, "
                f"which the query for {sink.table.path} gives"
            )
        return [self._names.index(name) for name in key]

    def deliver(self, epoch: int, changes: Sequence[Change]) -> None:
        """As in Writer."""
        for left in (True, False):
            try:
                connection = self._open()
                if self._key:
                    self._apply(connection, changes)
                else:
                    self._append(connection, epoch, changes)
                return
            except Disconnected:
                self.close()
                if not left:
                    raise

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
        names = [quoted(_found(target, column, node.table).name) for column in columns]
        keys = [_found(target, next(one for one in columns if one.name == name), node.table) for _, name in node.keys]
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
    return _found(target, column, sink.table).name


def _found(target: Target, column: TableColumn, table: Table) -> Column:
    """The column of Hologres that one of Flink is. Raises InvalidArgument where there is none, or of another type."""
    found = target.by_name.get(column.name) or target.by_name.get(column.name.lower())
    if found is None:
        raise InvalidArgument(f"Table {target.sql} of Hologres has no column {column.name!r} of {table.path}")
    kind = TYPES[found.oid].name
    if kind not in _FITS.get(column.type.root, ()):
        raise InvalidArgument(
            f"Column {column.name!r} of {table.path} is of type {column.type.text}, and that of Hologres' table "
            f"{target.sql} is {found.type}: they do not fit"
        )
    return found


def _converter(of: FlinkType) -> Callable[[Any], Any] | None:
    if of.root in ("BINARY", "VARBINARY"):
        return b64decode
    return json.loads if of.root == "ARRAY" else None


class HologresReader:
    """Reads a table as it is, page by page in the order of its primary key, behind whose last one it goes on.

    One without a key is read at once. Its changes (``binlog``) are not offered.
    """

    def __init__(self, source: Source, environment: Environment) -> None:
        for name in ("binlog", "cdcMode"):
            if option(source.options, name).lower() == "true":
                raise Unsupported(
                    f"'{name}' = 'true' of table {source.table.path}: reading Hologres' binlog is not offered"
                )
        self.types = tuple(column.type for column in source.columns)
        self.columns = tuple(f"c{at}" for at in range(len(self.types)))
        self.is_finished = False
        self._options = source.options
        self._connection = connected(source.options)
        self._target = described(self._connection, source.options)
        found = [_found(self._target, column, source.table) for column in source.columns]
        key = [self._target.by_name[name] for name in self._target.primary_key]
        self._width = len(found)
        self._last: list[str] | None = None
        names = ", ".join(quoted(one.name) for one in (*found, *key)) or "1"
        self._base = f"SELECT {names} FROM {self._target.sql}"
        keys = ", ".join(quoted(one.name) for one in key)
        places = ", ".join(f"${at}::{one.type}" for at, one in enumerate(key, 1))
        self._order = f" ORDER BY {keys} LIMIT {_PAGE_ROWS}" if key else ""
        self._after = f" WHERE ({keys}) > ({places})" if len(key) > 1 else f" WHERE {keys} > {places}"

    def poll(self, rows_max: int) -> Sequence[Batch]:
        """As in Reader."""
        if self.is_finished:
            return []
        where = self._after if self._last is not None else ""
        rows = self._connection.execute(self._base + where + self._order, self._last or (), keep=True).rows
        self.is_finished = not self._order or len(rows) < _PAGE_ROWS
        if not rows:
            return []
        self._last = [str(value) for value in rows[-1][self._width :]]
        values = [tuple(physical(text, of) for text, of in zip(row, self.types, strict=False)) for row in rows]
        return [from_rows(values, self.types, "0")]

    def offsets(self) -> Any:
        """As in Reader: the last key that was read, and whether that was all."""
        return [self._last, self.is_finished]

    def seek(self, offsets: Any) -> None:
        """As in Reader."""
        self._last, self.is_finished = offsets

    def shards(self) -> Sequence[str]:
        """As in Reader."""
        return [] if self.is_finished else ["0"]

    def lag_rows(self) -> int | None:
        """As in Reader."""
        return 0 if self.is_finished else None

    def place(self, batch: Batch, row: int) -> str:
        """As in Reader."""
        return f"table {self._target.sql}, in the rows up to the key {self._last}"

    def close(self) -> None:
        """As in Reader."""
        self._connection.close()


CONNECTOR = Connector(reader=HologresReader, writer=HologresWriter, lookup=HologresLookup)
