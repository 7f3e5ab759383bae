"""Rows in Parquet, read and written by DuckDB: a connection of its own, which knows no table but the file's."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from yunbox.engine.stream.batch import Row, array_of, decoded, encoded
from yunbox.engine.stream.connectors.filesystem.texts import Column
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.expr import text_literal
from yunbox.sql.flink.types import FlinkType

_ROWS = 20_000
_MEMORY_BYTES_MAX = 512 * 1024 * 1024
_CODECS = ("UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "LZ4", "BROTLI")
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
_TEXT, _BYTES = ("VARCHAR", "BLOB"), ("BLOB", "VARCHAR")
_TIMES = ("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S", "TIMESTAMP WITH TIME ZONE")
_FITS: Mapping[str, tuple[str, ...]] = {
    "BOOLEAN": ("BOOLEAN",), "TINYINT": _INTEGERS, "SMALLINT": _INTEGERS, "INT": _INTEGERS, "BIGINT": _INTEGERS,
    "FLOAT": ("FLOAT",), "DOUBLE": ("DOUBLE",), "CHAR": _TEXT, "VARCHAR": _TEXT, "BINARY": _BYTES, "VARBINARY": _BYTES,
    "DATE": ("DATE",), "TIME": ("TIME", "TIME_NS"), "TIMESTAMP": _TIMES, "TIMESTAMP_LTZ": _TIMES,
}  # fmt: skip


def rows(path: Path, wanted: Sequence[Column], zone: str, start: int) -> Iterator[list[Row]]:
    """The rows of a file in physical form, some at a time, from one on. Raises InvalidArgument."""
    with _opened(zone) as db:
        source = f"read_parquet({text_literal(str(path))})"
        try:
            found = {name: kind for name, kind, *_ in db.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
            values = ", ".join(encoded(_value(path, name, of, found), of) for name, of in wanted) or "1"
            reading = db.execute(f"SELECT {values} FROM {source} OFFSET {start}")
            while some := reading.fetchmany(_ROWS):
                yield some if wanted else [()] * len(some)
        except duckdb.Error as error:
            raise InvalidArgument(
                f"{path.name} cannot be read as Parquet: {str(error).partition(chr(10))[0]}"
            ) from None


def _value(path: Path, name: str, of: FlinkType, found: Mapping[str, str]) -> str:
    """A column of the file; one that the file has not is NULL. Raises InvalidArgument where it is of another type."""
    kind = found.get(name)
    if kind is None:
        return f"CAST(NULL AS {of.duckdb})"
    root = re.sub(r"\(.*", "", kind)
    if of.root in _FITS and root not in _FITS[of.root]:
        raise InvalidArgument(f"Column '{name}' of {path.name} is {kind}, which does not fit the type {of}")
    return f'CAST("{name.replace(chr(34), chr(34) * 2)}" AS {of.duckdb})'


def _first(error: duckdb.Error) -> str:
    return str(error).partition("\n")[0]


def _opened(zone: str) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(":memory:")
    db.execute("SET threads = 1")
    db.execute("SET pandas_analyze_sample = 0")  # texts are texts: nothing is guessed from the first of them
    db.execute(f"SET memory_limit = '{_MEMORY_BYTES_MAX}B'")
    db.execute(f"SET TimeZone = {text_literal(zone)}")
    return db


class Spool:
    """Rows that wait to be a Parquet file, as they are appended to a file; and the way from there."""

    def __init__(self, columns: Sequence[Column], options: Mapping[str, str], zone: str) -> None:
        self._columns = columns
        self._zone = zone
        self._codec = options.get("parquet.compression", "SNAPPY").upper()
        if self._codec not in _CODECS:
            raise InvalidArgument(f"'parquet.compression' = '{self._codec}' is none: {', '.join(_CODECS)} are")

    def write(self, some: Sequence[Row]) -> bytes:
        """What is appended for some rows."""
        encode = msgspec.msgpack.encode
        blobs = (encode(some[at : at + _ROWS]) for at in range(0, len(some), _ROWS))
        return b"".join(len(blob).to_bytes(4, "big") + blob for blob in blobs)

    def convert(self, spool: Path, target: Path) -> None:
        """Make of what was appended a Parquet file."""
        with _opened(self._zone) as db:
            names = [f'"{name.replace(chr(34), chr(34) * 2)}" {of.duckdb}' for name, of in self._columns]
            db.execute(f"CREATE TABLE found ({', '.join(names)})")
            values = ", ".join(decoded(f"c{at}", of) for at, (_, of) in enumerate(self._columns))
            for some in _appended(spool):
                db.register("batch", self._arrays(some))
                db.execute(f"INSERT INTO found SELECT {values} FROM batch")
                db.unregister("batch")
            db.execute(f"COPY found TO {text_literal(str(target))} (FORMAT parquet, COMPRESSION {self._codec})")

    def _arrays(self, some: Sequence[Row]) -> dict[str, Any]:
        columns = zip(*some, strict=True)
        return {f"c{at}": array_of(values, of)
                for at, (values, (_, of)) in enumerate(zip(columns, self._columns, strict=True))}  # fmt: skip


def _appended(spool: Path) -> Iterator[list[Row]]:
    with spool.open("rb") as file:
        while head := file.read(4):
            yield msgspec.msgpack.decode(file.read(int.from_bytes(head, "big")))
