"""Uploaded blocks to Parquet files, and the rows of tables and results to the tunnel's encodings."""

import io
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import arro3.io as arrow_io
import duckdb

from yunbox.engine.duck import results
from yunbox.engine.duck.layout import as_sent, from_buffers, project
from yunbox.engine.duck.messages import ExportResult, ExportRows, IngestBlock, Packing, Written
from yunbox.engine.duck.record_load import load_records
from yunbox.engine.duck.scan import quote_name, quote_text, relation
from yunbox.engine.duck.write import write_static
from yunbox.kernel.errors import InvalidArgument
from yunbox.schema.tables import Column, Table
from yunbox.storage.tables.model import DataFile
from yunbox.wire.odps.arrow import END_OF_STREAM, schema_for, stream_prefix
from yunbox.wire.odps.compression import Compressor
from yunbox.wire.odps.csv import encode_csv
from yunbox.wire.odps.frames import encode_chunks
from yunbox.wire.odps.metrics import Costs
from yunbox.wire.odps.records import RecordEncoder

_ROWS_A_BATCH = 8192
_WRITE_BYTES = 512 << 10
_TOO_WIDE = "maximum total string size"
_WIDE_ROWS = 2048
_KIND = re.compile(r"^[A-Z]\w+ (?:[A-Z]\w+ )?Error: ")
"""What DuckDB begins a message with."""


def ingest(db: duckdb.DuckDBPyConnection, request: IngestBlock) -> Written:
    """Write the rows of one block as a Parquet file of the session's partition."""
    columns = _selected(request.table, request.columns)
    source = f"SELECT {_items(request, columns)} FROM _block"
    try:
        if request.encoding == "arrow":
            db.register("_block", _arrow_source(request.block, columns))
        else:
            load_records(db, request.block, columns)
        return write_static(db, source, request.table, request.location, request.partition)
    except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.OutOfRangeException) as error:
        raise InvalidArgument(f"The block does not fit its table: {_first_line(error)}") from None
    finally:
        if request.encoding == "arrow":
            db.unregister("_block")
        else:
            db.execute("DROP TABLE IF EXISTS _block")


def _first_line(error: Exception) -> str:
    return _KIND.sub("", str(error).strip().splitlines()[0])


def _selected(table: Table, names: Sequence[str]) -> list[Column]:
    if not names:
        return list(table.columns)
    by_name = {column.name: column for column in table.columns}
    return [by_name[name] for name in names]


def _items(request: IngestBlock, columns: Sequence[Column]) -> str:
    present = {column.name for column in columns}
    buffers = request.encoding == "arrow"
    return ", ".join(
        f"{_item(column, column.name in present, buffers=buffers)} AS {quote_name(column.name)}"
        for column in request.table.columns
    )


def _item(column: Column, present: bool, *, buffers: bool) -> str:
    """A column's value in its type; rows that break a rule of the column fail the block."""
    value = quote_name(column.name) if present else (column.default or "NULL")
    typed = from_buffers(column.type, value) if present and buffers else value
    cast = f"CAST({typed} AS {column.type.duckdb})"
    if column.type.name in ("varchar", "char"):
        length = column.type.params[0]
        told = quote_text(f"a value of column {column.name} is longer than {length} characters")
        cast = f"CASE WHEN length({value}) > {length} THEN error({told}) ELSE {cast} END"
    if not column.nullable:
        told = quote_text(f"column {column.name} is NOT NULL and a row has no value for it")
        cast = f"CASE WHEN {value} IS NULL THEN error({told}) ELSE {cast} END"
    return cast


def _arrow_source(path: Path, columns: Sequence[Column]) -> Any:
    prefix = results.tunnel_prefix([replace(column, type=as_sent(column.type)) for column in columns])
    framed: Any = _Framed(prefix, path.open("rb"), END_OF_STREAM)
    return arrow_io.read_ipc_stream(framed)


class _Framed(io.RawIOBase):
    """A file with bytes put before and after it."""

    def __init__(self, head: bytes, body: BinaryIO, tail: bytes) -> None:
        self._parts: list[Any] = [io.BytesIO(head), body, io.BytesIO(tail)]

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Read up to ``size`` bytes."""
        while self._parts:
            data = self._parts[0].read(size)
            if data:
                return data
            self._parts.pop(0).close()
        return b""

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


# -- out


def export_rows(db: duckdb.DuckDBPyConnection, request: ExportRows) -> Iterator[bytes]:
    """The rows of some files, from ``start``, in file order, in the encoding that was asked for."""
    by_name = {column.name: column for column in request.table.all_columns}
    columns = [by_name[name] for name in request.columns]
    db.execute("SET preserve_insertion_order = true")
    encode = {"arrow": _as_arrow, "protobuf": _as_records, "ipc": _as_ipc, "csv": _as_csv}[request.encoding]
    yield from compressed(encode(db, request, columns), request.coding)


def _as_arrow(db: duckdb.DuckDBPyConnection, request: ExportRows, columns: list[Column]) -> Iterator[bytes]:
    queries = (project(columns, query) for query in _queries(request, columns))
    return encode_chunks(_messages(db, queries), write_bytes_min=_WRITE_BYTES)


def _as_ipc(db: duckdb.DuckDBPyConnection, request: ExportRows, columns: list[Column]) -> Iterator[bytes]:
    queries = (project(columns, query, timestamp_as_struct=True) for query in _queries(request, columns))
    schema = schema_for([(c.name, c.type) for c in columns], timestamp_as_struct=True)
    yield stream_prefix(schema)
    yield from _messages(db, queries, request.packing)
    yield END_OF_STREAM


def _as_records(db: duckdb.DuckDBPyConnection, request: ExportRows, columns: list[Column]) -> Iterator[bytes]:
    return _encoded(_rows(db, request, columns), columns, metrics=request.metrics)


def _encoded(batches: Iterable[Sequence[Any]], columns: Sequence[Column], *, metrics: bool) -> Iterator[bytes]:
    """Batches of rows as one record stream."""
    encoder, costs = RecordEncoder([(c.name, c.type) for c in columns]), Costs()
    for rows in costs.reading(batches):
        data, sending = encoder.encode(rows), time.monotonic_ns()
        yield data
        costs.sent(sending)
    yield encoder.finish(costs.text() if metrics else "")


def _as_csv(db: duckdb.DuckDBPyConnection, request: ExportRows, columns: list[Column]) -> Iterator[bytes]:
    rows = [row for batch in _rows(db, request, columns) for row in batch]
    yield encode_csv([(c.name, c.type) for c in columns], rows, ZoneInfo(request.timezone)).encode()


def _messages(db: duckdb.DuckDBPyConnection, queries: Iterable[str], packing: Packing | None = None) -> Iterator[bytes]:
    """The rows of queries as record batches.

    DuckDB makes batches of 131,072 rows and fails where their text exceeds 2 GB. The order of rows is that of
    their files, so what has been sent is known, and the rest of such a query is asked for in small steps.
    """
    for query in queries:
        sent = 0
        try:
            for batch in results.batches(db.sql(query)):
                sent += batch.num_rows
                yield results.batch_message(batch, packing)
        except Exception as error:
            if _TOO_WIDE not in str(error):
                raise
            yield from _steps(db, query, sent, packing)


def _steps(db: duckdb.DuckDBPyConnection, query: str, start: int, packing: Packing | None) -> Iterator[bytes]:
    rows = _WIDE_ROWS
    while rows == _WIDE_ROWS:
        rows = 0
        for batch in results.batches(db.sql(f"SELECT * FROM ({query}) LIMIT {_WIDE_ROWS} OFFSET {start}")):
            rows += batch.num_rows
            yield results.batch_message(batch, packing)
        start += rows


def _rows(db: duckdb.DuckDBPyConnection, request: ExportRows, columns: list[Column]) -> Iterator[list[Any]]:
    for query in _queries(request, columns):
        cursor = db.cursor().execute(query)
        while rows := cursor.fetchmany(_ROWS_A_BATCH):
            yield rows


def compressed(chunks: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """The chunks in a content coding; empty names none."""
    if not coding:
        yield from chunks
        return
    machine = Compressor(coding)
    for chunk in chunks:
        if data := machine.feed(chunk):
            yield data
    yield machine.finish()


def _queries(request: ExportRows, columns: list[Column]) -> Iterator[str]:
    for files, offset, count in _ranges(request):
        yield _range_query(request, columns, files, offset, count)


def _ranges(request: ExportRows) -> list[tuple[list[DataFile], int, int]]:
    """Group the files the range covers whole; a file cut by an edge stands alone with offset and count."""
    parts: list[tuple[list[DataFile], int, int]] = []
    at, end = 0, request.start + request.count
    for file in request.files:
        first, last = max(request.start - at, 0), min(end - at, file.rows)
        at += file.rows
        if first >= last:
            continue
        whole = first == 0 and last == file.rows
        if whole and parts and parts[-1][2] < 0:
            parts[-1][0].append(file)
        else:
            parts.append(([file], first, -1 if whole else last - first))
    return parts


def _range_query(request: ExportRows, columns: list[Column], files: list[DataFile], offset: int, count: int) -> str:
    names = [column.name for column in columns]
    items = ", ".join(map(quote_name, names))
    query = f"SELECT {items} FROM ({relation(request.table, request.location, files, names)})"
    return query if count < 0 else f"{query} LIMIT {count} OFFSET {offset}"


def export_result(db: duckdb.DuckDBPyConnection, request: ExportResult) -> Iterator[bytes]:
    """A range of a result file in the tunnel's encoding."""
    if request.encoding == "csv":
        yield results.csv_of(db, request.path, request.columns, request.count, request.timezone).encode()
        return
    messages = results.read_range(request.path, request.batches, request.columns, request.start, request.count)
    by_name = {column.name: column for column in request.columns}
    columns = [by_name[name] for name in request.select] if request.select else list(request.columns)
    if request.encoding == "arrow":
        encoded = _result_arrow(db, messages, request.columns, columns)
    else:
        batches = (results.rows_of(db, _reader(message, request.columns), columns) for message in messages)
        encoded = _encoded(batches, columns, metrics=request.metrics)
    yield from compressed(encoded, request.coding)


def _result_arrow(
    db: duckdb.DuckDBPyConnection, messages: Iterable[bytes], stored: Sequence[Column], columns: Sequence[Column]
) -> Iterator[bytes]:
    plain = list(stored) == list(columns) and not any(c.type.name in ("timestamp", "timestamp_ntz") for c in columns)
    parts = messages if plain else _converted(db, messages, stored, columns)
    return encode_chunks(parts, write_bytes_min=_WRITE_BYTES)


def _converted(
    db: duckdb.DuckDBPyConnection, messages: Iterable[bytes], stored: Sequence[Column], columns: Sequence[Column]
) -> Iterator[bytes]:
    """The columns that were asked for, with TIMESTAMP as PyODPS wants it of results."""
    items = ", ".join(f"CAST({quote_name(c.name)} AS {c.type.duckdb}) AS {quote_name(c.name)}" for c in columns)
    query = project(columns, f"SELECT {items} FROM _result", timestamp_as_struct=True)
    for message in messages:
        db.register("_result", _reader(message, stored))
        try:
            yield from _messages(db, [query])
        finally:
            db.unregister("_result")


def _reader(message: bytes, columns: Sequence[Column]) -> Any:
    prefix = results.tunnel_prefix(columns)
    return arrow_io.read_ipc_stream(io.BytesIO(prefix + message + END_OF_STREAM))
