"""The tunnel's two directions: uploaded blocks to Parquet files, and rows to the tunnel's encodings."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import arro3.io as arrow_io
import duckdb

from yunbox.engine.duck import results
from yunbox.engine.duck.layout import project
from yunbox.engine.duck.messages import ExportResult, ExportRows, IngestBlock, Written
from yunbox.engine.duck.scan import quote_name, relation
from yunbox.engine.duck.write import write_static
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.maxcompute.catalog import Column, Table
from yunbox.storage.tables.model import DataFile
from yunbox.wire.odps.arrow import END_OF_STREAM, stream_prefix
from yunbox.wire.odps.frames import encode_chunks
from yunbox.wire.odps.records import RecordDecoder, RecordEncoder

_ROWS_A_BATCH = 8192


def ingest(db: duckdb.DuckDBPyConnection, request: IngestBlock) -> Written:
    """Write the rows of one block as a Parquet file of the session's partition."""
    columns = _selected(request.table, request.columns)
    source = _arrow_source(request.block, columns) if request.encoding == "arrow" else None
    try:
        if source is None:
            _load_records(db, request.block, columns)
        else:
            db.register("_block", source)
        query = f"SELECT {_items(request.table, columns)} FROM _block"
        return write_static(db, query, request.table, request.location, request.partition)
    except duckdb.InvalidInputException as error:
        raise InvalidArgument(f"The block is not what its schema says: {error}") from None
    finally:
        db.execute("DROP TABLE IF EXISTS _block") if source is None else db.unregister("_block")


def _selected(table: Table, names: Sequence[str]) -> list[Column]:
    if not names:
        return list(table.columns)
    by_name = {column.name: column for column in table.columns}
    return [by_name[name] for name in names]


def _items(table: Table, columns: Sequence[Column]) -> str:
    present = {column.name for column in columns}
    return ", ".join(
        f"CAST({quote_name(c.name) if c.name in present else (c.default or 'NULL')} AS {c.type.duckdb})"
        f" AS {quote_name(c.name)}"
        for c in table.columns
    )


def _arrow_source(path: Path, columns: Sequence[Column]) -> Any:
    prefix = stream_prefix(results.tunnel_schema(columns))
    return arrow_io.read_ipc_stream(_Framed(prefix, path.open("rb"), END_OF_STREAM))


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


def _load_records(db: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[Column]) -> None:
    kinds = ", ".join(f"{quote_name(c.name)} {c.type.duckdb}" for c in columns)
    db.execute(f"CREATE OR REPLACE TEMP TABLE _block ({kinds})")
    decoder = RecordDecoder([(c.name, c.type) for c in columns])
    marks = ", ".join("?" * len(columns))
    pending: list[tuple[Any, ...]] = []
    with path.open("rb") as file:
        while data := file.read(1 << 20):
            pending += decoder.feed(data)
            if len(pending) >= _ROWS_A_BATCH:
                db.executemany(f"INSERT INTO _block VALUES ({marks})", pending)
                pending = []
    decoder.finish()
    if pending:
        db.executemany(f"INSERT INTO _block VALUES ({marks})", pending)


def export_rows(db: duckdb.DuckDBPyConnection, request: ExportRows) -> Iterator[bytes]:
    """The rows of some files, from ``start``, in file order, in the tunnel's encoding."""
    by_name = {column.name: column for column in request.table.all_columns}
    columns = [by_name[name] for name in request.columns]
    db.execute("SET preserve_insertion_order = true")
    parts = _ranges(request)
    if request.encoding == "arrow":
        yield from encode_chunks(_arrow_messages(db, request, columns, parts))
        return
    encoder = RecordEncoder([(c.name, c.type) for c in columns])
    for files, offset, count in parts:
        cursor = db.cursor().execute(_range_query(request, columns, files, offset, count))
        while rows := cursor.fetchmany(_ROWS_A_BATCH):
            yield encoder.encode(rows)
    yield encoder.finish()


def _arrow_messages(
    db: duckdb.DuckDBPyConnection, request: ExportRows, columns: list[Column], parts: list[Any]
) -> Iterator[bytes]:
    for files, offset, count in parts:
        query = project(columns, _range_query(request, columns, files, offset, count))
        for batch in results.batches(db.sql(query)):
            yield results.batch_message(batch)


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
    messages = results.read_range(request.path, request.batches, request.columns, request.start, request.count)
    if request.encoding == "arrow":
        yield from encode_chunks(messages)
        return
    encoder = RecordEncoder([(c.name, c.type) for c in request.columns])
    prefix = stream_prefix(results.tunnel_schema(request.columns))
    for message in messages:
        reader = arrow_io.read_ipc_stream(io.BytesIO(prefix + message + END_OF_STREAM))
        yield encoder.encode(results.rows_of(db, reader, request.columns))
    yield encoder.finish()
