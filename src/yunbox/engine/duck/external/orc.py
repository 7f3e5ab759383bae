"""ORC files for external tables: read as relations of DuckDB, and written from what DuckDB wrote.

DuckDB knows no ORC; Arrow's own C++ reader does, with columns and stripes pushed down. It comes with pyarrow, which is
an extra, as few tables are in ORC and it weighs as much as all else (decision 2).

Columns are matched by position, or by name where the table says so, as the vendor's page "ORC external tables" has it;
a file with fewer columns yields NULL for the rest.
"""

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import duckdb

from yunbox.engine.duck.scan import quote_name
from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.schema.tables import Column

CODECS = {"snappy": "snappy", "zlib": "zlib", "zstd": "zstd", "lz4": "lz4", "none": "uncompressed"}


class OrcFiles:
    """The ORC files of one statement: datasets that DuckDB knows by a name until ``close``."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._db = db
        self._names: list[str] = []

    def readers(
        self, paths: Sequence[str], columns: Sequence[Column], *, by_name: bool
    ) -> Iterator[tuple[str, dict[str, str]]]:
        """A relation for the files of each schema, and the name in it of each declared column that is there.

        Raises Unsupported where pyarrow is missing, InvalidArgument for what is no ORC file.
        """
        arrow = _pyarrow()
        schemas: dict[str, list[str]] = {}
        names: dict[str, list[str]] = {}
        for path in paths:
            try:
                schema = arrow.orc.ORCFile(path).schema
            except (OSError, ValueError) as error:
                raise InvalidArgument(f"An object of the location is no ORC file that can be read: {error}") from error
            schemas.setdefault(str(schema), []).append(path)
            names[str(schema)] = schema.names
        for schema, group in schemas.items():
            yield self._register(arrow, group), _matched(columns, names[schema], by_name=by_name)

    def _register(self, arrow: ModuleType, paths: list[str]) -> str:
        name = f"orc-{uuid.uuid4().hex}"
        self._db.register(name, arrow.dataset.dataset(paths, format="orc"))
        self._names.append(name)
        return quote_name(name)

    def close(self) -> None:
        """Forget the files."""
        for name in self._names:
            self._db.unregister(name)
        self._names = []


def write(source: Path, target: Path, codec: str) -> None:
    """Write the rows of a Parquet file as ORC, a row group at a time."""
    arrow = _pyarrow()
    rows = arrow.parquet.ParquetFile(source)
    with arrow.orc.ORCWriter(str(target), compression=codec) as out:
        for batch in rows.iter_batches():
            out.write(arrow.Table.from_batches([batch]))


def _matched(columns: Sequence[Column], names: Sequence[str], *, by_name: bool) -> dict[str, str]:
    if by_name:
        lower = {name.lower(): name for name in names}
        return {column.name: lower[column.name.lower()] for column in columns if column.name.lower() in lower}
    return {column.name: name for column, name in zip(columns, names, strict=False)}


def _pyarrow() -> ModuleType:
    try:
        import pyarrow
        import pyarrow.dataset
        import pyarrow.orc
        import pyarrow.parquet
    except ImportError as error:
        raise Unsupported("External tables in ORC need pyarrow: pip install 'yunbox[orc]'") from error
    return pyarrow
