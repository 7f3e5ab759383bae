"""A block of tunnel records into a DuckDB table, by columns: row by row DuckDB takes far longer than decoding."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from yunbox.engine.duck.scan import quote_name
from yunbox.sql.maxcompute.catalog import Column
from yunbox.wire.odps.records import RecordDecoder

_ROWS_A_BATCH = 8192


def load_records(db: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[Column]) -> None:
    """Create the temporary table ``_block`` with the rows of a record stream."""
    kinds = ", ".join(f"{quote_name(c.name)} {c.type.duckdb}" for c in columns)
    db.execute(f"CREATE OR REPLACE TEMP TABLE _block ({kinds})")
    items = ", ".join(f"unnest(CAST(? AS {c.type.duckdb}[]))" for c in columns)
    rows = _rows(path, columns)
    while batch := list(islice(rows, _ROWS_A_BATCH)):
        db.execute(f"INSERT INTO _block SELECT {items}", [list(column) for column in zip(*batch, strict=True)])


def _rows(path: Path, columns: Sequence[Column]) -> Iterator[tuple[Any, ...]]:
    decoder = RecordDecoder([(c.name, c.type) for c in columns])
    with path.open("rb") as file:
        while data := file.read(1 << 20):
            yield from decoder.feed(data)
    yield from decoder.finish()
