"""Files as a source: one after the other in the order of their paths, once each.

A table is bounded unless it is told to look for new files (``source.monitor-interval``). Where reading has come to is
kept: the file, how far it was read, and which are done or still to come.
"""

import bz2
import gzip
import importlib
import io
import lzma
import re
import sys
import time
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np

from yunbox.engine.stream.batch import Array, Batch, Row, array_of, from_rows
from yunbox.engine.stream.connectors.connector import Environment
from yunbox.engine.stream.connectors.filesystem import parquet
from yunbox.engine.stream.connectors.filesystem.options import location, payload
from yunbox.engine.stream.connectors.filesystem.partitions import DEFAULT_NAME, values_of
from yunbox.engine.stream.connectors.filesystem.places import FileInfo, folder_of
from yunbox.engine.stream.connectors.filesystem.texts import TEXT_FORMATS, Column, Counted, TextFormat
from yunbox.engine.stream.durations import millis
from yunbox.engine.stream.poison import PoisonRecord
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.plans import Source, TableColumn
from yunbox.sql.flink.types import BIGINT, STRING, FlinkType

_SHARD = "0"
_METADATA: Mapping[str, tuple[FlinkType, Callable[[FileInfo], Any]]] = {
    "file.path": (STRING, lambda one: one.uri),
    "file.name": (STRING, lambda one: one.uri.rpartition("/")[2]),
    "file.size": (BIGINT, lambda one: one.size_bytes),
    "file.modification-time": (BIGINT, lambda one: one.modified_ms * 1000),
}


@dataclass
class _Open:
    """The file that is being read: its rows, and where the next one begins, in bytes and in rows.

    ``close`` lets go of it.
    """

    info: FileInfo
    chunks: Iterator[tuple[tuple[Array, ...], int]]
    at: Callable[[], int]
    rows: int
    close: Callable[[], None]


@dataclass(frozen=True)
class _Extra:
    """A column that is the same in all rows of a file."""

    type: FlinkType
    value: Callable[[FileInfo], Any]


class FilesReader:
    """Reads a table's files."""

    def __init__(self, source: Source, environment: Environment) -> None:
        options, self._table = source.options, source.table
        self._folder = folder_of(location(self._table, options), environment.settings)
        self._scratch = Path(environment.folder) / f"{zlib.crc32(self._table.path.encode()):08x}.download"
        self._zone = environment.zone
        self._regex = options.get("source.path.regex-pattern", "")
        self._default = options.get("partition.default-name", DEFAULT_NAME)
        interval = options.get("source.monitor-interval", "")
        self._interval_s = millis(interval) / 1000 if interval else 0.0
        if interval and environment.is_batch:
            raise InvalidArgument(
                f"Querying an unbounded table {self._table.path} in batch mode is not allowed. The table source is "
                "unbounded: take its 'source.monitor-interval' away"
            )
        wanted = [(one.name, one.type) for one in source.columns if self._is_payload(one)]
        self._wanted: list[Column] = wanted
        make = TEXT_FORMATS.get(options["format"])
        self._text: TextFormat | None = None if make is None else make(wanted, payload(self._table), options)
        inner = self._text.types if self._text is not None else tuple(of for _, of in wanted)
        columns = self._text.columns if self._text is not None else tuple(f"c{at}" for at in range(len(wanted)))
        self._extras: list[_Extra] = []
        self.columns = tuple(self._placed(source.columns, columns, len(inner)))
        self.types: tuple[FlinkType, ...] = (*inner, *(one.type for one in self._extras))
        self._done: set[str] = set()
        self._pending: list[str] | None = None
        self._infos: dict[str, FileInfo] = {}
        self._listed_at = 0.0
        self._open: _Open | None = None
        self._given: list[tuple[Batch, str, int]] = []

    @property
    def is_finished(self) -> bool:
        """Whether all files were read that there were."""
        return not self._interval_s and self._pending == [] and self._open is None

    def poll(self, rows_max: int) -> Sequence[Batch]:
        """As in Reader. Raises PoisonRecord for a line that is no row."""
        self._list()
        self._given = []
        left = rows_max
        while left > 0 and self._reach():
            assert self._open is not None
            batch = self._next(self._open, left)
            if batch is None:
                self._done.add(self._open.info.path)
                self._open.close()
                self._open = None
                continue
            left -= batch.size
        return [batch for batch, _, _ in self._given]

    def offsets(self) -> dict[str, Any]:
        """As in Reader."""
        now = self._open
        return {
            "done": sorted(self._done) if self._interval_s else [],
            "pending": self._pending,
            "open": None if now is None else [now.info.path, now.at(), now.rows],
        }

    def seek(self, offsets: Any) -> None:
        """As in Reader."""
        self._done = set(offsets["done"])
        self._pending = offsets["pending"]
        if offsets["open"] is not None:
            path, at, rows = offsets["open"]
            self._begin(path, at, rows)

    def shards(self) -> Sequence[str]:
        """As in Reader."""
        return [] if self.is_finished else [_SHARD]

    def lag_rows(self) -> int | None:
        """As in Reader."""
        return 0 if self.is_finished else None

    def place(self, batch: Batch, row: int) -> str:
        """As in Reader."""
        for one, uri, first in self._given:
            if one is batch:
                return f"{uri}, row {first + row + 1}"
        return self._table.path

    def close(self) -> None:
        """As in Reader."""
        if self._open is not None:
            self._open.close()
        self._scratch.unlink(missing_ok=True)

    # -- files

    def _list(self) -> None:
        now = time.monotonic()
        if self._pending is None or (self._interval_s and now - self._listed_at >= self._interval_s):
            self._listed_at = now
            self._infos = {one.path: one for one in self._folder.files()
                           if not self._regex or re.fullmatch(self._regex, one.uri)}  # fmt: skip
            current = self._open.info.path if self._open is not None else None
            self._pending = [path for path in self._infos if path not in self._done and path != current]

    def _reach(self) -> bool:
        """Have a file be open, if there is one left."""
        if self._open is None and self._pending:
            path, *self._pending = self._pending
            self._begin(path, 0, 0)
        return self._open is not None

    def _begin(self, path: str, at: int, rows: int) -> None:
        info = self._infos.get(path)
        if info is None:
            self._infos = {one.path: one for one in self._folder.files()}
            info = self._infos.get(path)
        if info is None:
            raise InvalidArgument(f"The file {path} of {self._table.path} has gone before it was read")
        file = self._folder.opened(path, self._scratch)
        if self._text is None:
            chunks = _parquet(file, self._wanted, self._zone, rows)
            self._open = _Open(info, chunks, lambda: 0, rows, chunks.close)
            return
        stream = _decompressed(file, info.uri, at)
        lines = Counted(stream, at)
        some = _chunks(self._text.records(lines), self._text, lambda: self._left)
        self._open = _Open(info, some, lambda: lines.at, rows, stream.close)

    def _next(self, now: _Open, left: int) -> Batch | None:
        """Some rows of the file, or None behind its last."""
        self._left = left
        try:
            found = next(now.chunks, None)
        except InvalidArgument as error:
            raise PoisonRecord(f"{now.info.uri}, behind row {now.rows}: {error.message}") from error
        if found is None:
            return None
        arrays, size = found
        more = tuple(_repeated(one.value(now.info), size, one.type) for one in self._extras)
        batch = Batch((*arrays, *more), size, None, _SHARD)
        self._given.append((batch, now.info.uri, now.rows))
        now.rows += size
        return batch

    # -- columns

    def _is_payload(self, column: TableColumn) -> bool:
        return column.kind == "physical" and column.name not in self._table.partition_keys

    def _placed(self, every: Sequence[TableColumn], inner: Sequence[str], width: int) -> Iterator[str]:
        """The SQL of each column: those of the files, and those that a file's path and its listing say."""
        found = iter(inner)
        for column in every:
            if self._is_payload(column):
                yield next(found)
                continue
            name = f"c{width + len(self._extras)}"
            if column.kind == "metadata":
                key = column.metadata_key or column.name
                self._extras.append(_Extra(*_METADATA[key]))
                yield f"make_timestamptz({name})" if key == "file.modification-time" else name
            else:
                self._extras.append(_Extra(STRING, self._partition(column.name)))
                yield f"CAST({name} AS {column.type.duckdb})"

    def _partition(self, key: str) -> Callable[[FileInfo], Any]:
        return lambda one: values_of(one.path, self._default).get(key)


def _chunks(
    records: Iterator[Any], text: TextFormat, left: Callable[[], int]
) -> Iterator[tuple[tuple[Array, ...], int]]:
    while some := list(islice(records, left())):
        yield text.arrays(some), len(some)


def _parquet(file: Path, wanted: Sequence[Column], zone: str, start: int) -> Generator[tuple[tuple[Array, ...], int]]:
    types = [of for _, of in wanted]
    for some in parquet.rows(file, wanted, zone, start):
        rows: list[Row] = some
        yield from_rows(rows, types).columns, len(rows)


def _repeated(value: Any, size: int, of: FlinkType) -> Array:
    return np.full(size, value) if isinstance(value, int) else array_of([value] * size, of)


# -- compressed files, by the ends of their names


def _decompressed(file: Path, name: str, at: int) -> IO[bytes]:
    """The lines of a file from a byte on, of what it is when decompressed."""
    made: IO[bytes] = _OPENS.get(name.rpartition(".")[2].lower(), _plain)(file)
    made.seek(at)
    return made


def _plain(file: Path) -> IO[bytes]:
    return file.open("rb")


def _deflate(file: Path) -> IO[bytes]:
    return io.BytesIO(zlib.decompress(file.read_bytes()))


def _zstd(file: Path) -> Any:
    name = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    return importlib.import_module(name).open(file)


_OPENS: dict[str, Callable[[Path], Any]] = {
    "gz": gzip.open, "gzip": gzip.open, "bz2": bz2.open, "xz": lzma.open, "deflate": _deflate, "zst": _zstd,
}  # fmt: skip
