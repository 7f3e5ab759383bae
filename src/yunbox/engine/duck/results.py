"""Query results as files: an Arrow stream whose batches can be sent as they lie.

The file is a plain Arrow IPC stream in the tunnel's types, so serving a range that ends on batch borders is
copying bytes; only the two edges of an odd range are cut.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import arro3.core as arrow
import arro3.io as arrow_io
import duckdb

from yunbox.engine.duck.faults import of_stream
from yunbox.engine.duck.layout import project
from yunbox.engine.duck.messages import Batch, Packing, QueryDone
from yunbox.engine.duck.prepared import Prepared
from yunbox.engine.duck.scan import quote_name
from yunbox.schema.tables import Column
from yunbox.schema.types import DataType
from yunbox.storage.files import translate
from yunbox.wire.odps.arrow import END_OF_STREAM, schema_for, stream_prefix
from yunbox.wire.odps.csv import encode_csv

_PLAIN = {"tinyint", "smallint", "int", "bigint", "float", "double", "boolean", "string", "varchar", "char",
          "decimal", "date", "datetime"}  # fmt: skip
_INLINE_BYTES_MAX = 16 << 10
_SHORT = {"tinyint", "smallint", "int", "bigint", "double", "boolean", "string", "varchar", "char"}


def batch_message(batch: arrow.RecordBatch, packing: Packing | None = None) -> bytes:
    """One record batch as an IPC message without its schema; ``packing`` compresses its buffers."""
    buffer = io.BytesIO()
    arrow_io.write_ipc_stream(batch, buffer, compression=packing)
    start = _schema_length(buffer.getbuffer())
    return buffer.getvalue()[start : -len(END_OF_STREAM)]


def _schema_length(stream: memoryview) -> int:
    """The length of the schema message at the head of a stream: marker, size, metadata; it has no body."""
    return 8 + int.from_bytes(stream[4:8], "little")


def batches(relation: duckdb.DuckDBPyRelation) -> Iterator[arrow.RecordBatch]:
    """The rows of a relation, streamed. Raises duckdb.Error, also for a row that is far down."""
    stream = iter(arrow.RecordBatchReader.from_stream(relation))
    while True:
        try:
            batch = next(stream, None)
        except Exception as failure:
            raise of_stream(failure) from None
        if batch is None:
            return
        yield batch


def tunnel_prefix(columns: Sequence[Column]) -> bytes:
    """The schema message with which a stream of the tunnel's types begins."""
    return _prefix(tuple((column.name, column.type) for column in columns))


@lru_cache(maxsize=512)
def _prefix(columns: tuple[tuple[str, DataType], ...]) -> bytes:
    return stream_prefix(_schema(columns))


@lru_cache(maxsize=512)
def _schema(columns: tuple[tuple[str, DataType], ...]) -> arrow.Schema:
    return schema_for(columns, zoned=True)


_NUMBERS = frozenset(("tinyint", "smallint", "int", "bigint", "float", "double", "boolean", "date"))


def write_result(db: duckdb.DuckDBPyConnection, query: str, columns: tuple[Column, ...], target: str) -> QueryDone:
    """Run a query into a result file and return its index."""
    found: list[Batch] = []
    try:
        with Path(target).open("wb") as file:
            file.write(tunnel_prefix(columns))
            for batch in batches(_in_types(db, project(columns, query), columns)):
                message = batch_message(batch)
                found.append(Batch(file.tell(), len(message), batch.num_rows))
                file.write(message)
            file.write(END_OF_STREAM)
            size_bytes = file.tell()
    except OSError as error:
        raise translate(error) from error
    rows = sum(batch.rows for batch in found)
    return QueryDone(columns, rows, size_bytes, "", tuple(found))


def _in_types(db: duckdb.DuckDBPyConnection, query: str, columns: tuple[Column, ...]) -> duckdb.DuckDBPyRelation:
    """The rows of a query, whose buffers go out as those of its columns' types: whatever type an expression has come to
    in DuckDB, it is one of these."""
    relation = db.sql(query)
    fits = [_is_of(column.type, str(duck)) for column, duck in zip(columns, relation.types, strict=True)]
    if all(fits):
        return relation
    items = (quote_name(one.name) if fit else _cast(one) for one, fit in zip(columns, fits, strict=True))
    return db.sql(f"SELECT {', '.join(items)} FROM ({query})")


def _is_of(kind: DataType, duck: str) -> bool:
    """Whether DuckDB's values of a type have the buffers of the declared one, of those types that have one number."""
    if kind.name == "decimal":
        return duck.startswith("DECIMAL(") and duck.endswith(f",{kind.params[1]})")
    return kind.name not in _NUMBERS or duck == kind.duckdb


def _cast(column: Column) -> str:
    name = quote_name(column.name)
    return f"CAST({name} AS {column.type.duckdb}) AS {name}"


def write_short(
    db: duckdb.DuckDBPyConnection,
    prepared: Prepared,
    query: str,
    columns: tuple[Column, ...],
    target: str,
    rows_max: int,
    timezone: str,
) -> QueryDone | None:
    """Run a query that may give few rows, for a third of what a stream costs to set up.

    None where it is to be run as a stream: more rows than ``rows_max``, or types that are not the same in Arrow and
    in Python.
    """
    rows = _short_rows(db, prepared, query, columns, rows_max)
    if rows is None:
        return None
    fields = tuple((column.name, column.type) for column in columns)
    head = _prefix(fields)
    message = batch_message(_batch_of(fields, rows)) if rows else b""
    stream = head + message + END_OF_STREAM
    text = encode_csv(fields, rows, ZoneInfo(timezone))
    found = (Batch(len(head), len(message), len(rows)),) if rows else ()
    done = QueryDone(columns, len(rows), len(stream), text, found)
    if len(stream) <= _INLINE_BYTES_MAX:  # to create a file would take longer than the query
        return replace(done, stream=stream)
    try:
        Path(target).write_bytes(stream)
    except OSError as error:
        raise translate(error) from error
    return done


def _short_rows(
    db: duckdb.DuckDBPyConnection, prepared: Prepared, query: str, columns: tuple[Column, ...], rows_max: int
) -> list[tuple] | None:
    if not all(column.type.name in _SHORT for column in columns):
        return None
    rows = prepared.run(query).fetchmany(rows_max + 1)
    if len(rows) <= rows_max:
        return rows
    db.abort()  # what it would still have given
    return None


def _batch_of(fields: tuple[tuple[str, DataType], ...], rows: list[tuple]) -> arrow.RecordBatch:
    schema = _schema(fields)
    values = zip(*rows, strict=True)
    arrays = [
        arrow.Array(list(column), type=field.type)
        for field, column in zip(map(schema.field, range(len(fields))), values, strict=True)
    ]
    return arrow.RecordBatch.from_arrays(arrays, schema=schema)


def csv_of(db: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[Column], rows_max: int, timezone: str) -> str:
    """The first rows of a result file as the CSV text of ``?result``."""
    reader = arrow_io.read_ipc_stream(str(path))
    if all(column.type.name in _PLAIN for column in columns):
        rows = _plain_rows(reader, rows_max)
    else:
        rows = rows_of(db, reader, columns, f"LIMIT {rows_max}")
    return encode_csv([(column.name, column.type) for column in columns], rows, ZoneInfo(timezone))


def _plain_rows(reader: Any, rows_max: int) -> list[tuple]:
    """The first rows of a reader whose values are the same in Arrow and in Python: a millisecond less than a query."""
    rows: list[tuple] = []
    for batch in reader:
        head = batch.slice(0, min(batch.num_rows, rows_max - len(rows)))
        rows += zip(*(head.column(i).to_pylist() for i in range(head.num_columns)), strict=True)
        if len(rows) >= rows_max:
            break
    return rows


def rows_of(db: duckdb.DuckDBPyConnection, source: Any, columns: Sequence[Column], tail: str = "") -> list[tuple]:
    """Rows of an Arrow source as Python values in the columns' declared types."""
    items = ", ".join(f"CAST({quote_name(c.name)} AS {c.type.duckdb})" for c in columns)
    db.register("_source", source)
    try:
        return db.execute(f"SELECT {items} FROM _source {tail}").fetchall()
    finally:
        db.unregister("_source")


def read_range(
    path: Path, index: Sequence[Batch], columns: Sequence[Column], start: int, count: int
) -> Iterator[bytes]:
    """Messages of the rows ``start`` to ``start + count`` of a result file."""
    at = 0
    with path.open("rb") as file:
        for batch in index:
            first, last = max(start - at, 0), min(start + count - at, batch.rows)
            at += batch.rows
            if first >= last:
                continue
            file.seek(batch.offset)
            message = file.read(batch.length)
            whole = first == 0 and last == batch.rows
            yield message if whole else _cut(message, columns, first, last)


def _cut(message: bytes, columns: Sequence[Column], first: int, last: int) -> bytes:
    stream = tunnel_prefix(columns) + message + END_OF_STREAM
    for batch in arrow_io.read_ipc_stream(io.BytesIO(stream)):
        return batch_message(batch.slice(first, last - first))
    return b""
