"""The relation behind an external table: a SELECT over files, in whichever format they are."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from yunbox.engine.duck.external import int96, orc
from yunbox.engine.duck.external.files import ExternalFile
from yunbox.engine.duck.external.options import csv_options, option, source_of
from yunbox.engine.duck.external.staging import Staging
from yunbox.engine.duck.scan import quote_name, quote_text
from yunbox.schema.locations import ExternalSource
from yunbox.schema.tables import Column, PartitionValues, Table

_NO_COLUMN = '1 AS "_"'


class Reader:
    """Makes relations for one worker."""

    def __init__(self, db: duckdb.DuckDBPyConnection, staging: Staging) -> None:
        self._db = db
        self._staging = staging
        self._orc = orc.OrcFiles(db)

    def clear(self) -> None:
        """Forget what was laid out for a statement."""
        self._orc.close()

    def relation(self, table: Table, files: Sequence[ExternalFile], columns: Sequence[str], scratch: Path) -> str:
        """A SELECT that yields the named columns of the given objects with their declared types."""
        wanted = [column for column in table.all_columns if column.name in set(columns)]
        groups: dict[PartitionValues, list[ExternalFile]] = {}
        for file in files:
            groups.setdefault(file.partition, []).append(file)
        if not groups:
            nulls = ", ".join(f"CAST(NULL AS {c.type.duckdb}) AS {quote_name(c.name)}" for c in wanted)
            return f"SELECT {nulls or _NO_COLUMN} WHERE false"
        parts = [self._group(table, values, group, wanted, scratch) for values, group in groups.items()]
        return " UNION ALL ".join(parts)

    def _group(
        self, table: Table, values: PartitionValues, files: list[ExternalFile], wanted: list[Column], scratch: Path
    ) -> str:
        source = source_of(table)
        paths = self._staging.paths(source, files, scratch)
        fixed = {c.name: v for c, v in zip(table.partition_columns, values, strict=True)} if values else {}
        data = [column for column in table.columns if column.name not in fixed]
        if source.format == "orc":
            readers = self._orc_readers(source, paths, data)
        elif source.format == "parquet":
            readers = self._parquet_readers(paths, wanted)
        else:
            readers = [self._reader(source, paths, data)]
        selects = [_select(source, reader, present, fixed, wanted) for reader, present in readers]
        return " UNION ALL ".join(selects)

    def _orc_readers(
        self, source: ExternalSource, paths: list[str], columns: list[Column]
    ) -> Iterable[tuple[str, dict[str, str]]]:
        by_name = option(source, "mcfed.orc.schema.resolution", default="position").lower() == "name"
        return self._orc.readers(paths, columns, by_name=by_name)

    def _parquet_readers(self, paths: list[str], wanted: list[Column]) -> Iterable[tuple[str, dict[str, str]]]:
        instants = {column.name for column in wanted if "TIMESTAMPTZ" in column.type.duckdb}
        for reader in int96.parquet_readers(self._db, paths, instants):
            found = self._db.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()
            yield reader, {row[0].lower(): row[0] for row in found}

    def _reader(self, source: ExternalSource, paths: list[str], columns: list[Column]) -> tuple[str, dict[str, str]]:
        """The table function that reads files, and the name it gives to each column that is there."""
        names = ", ".join(map(quote_text, paths))
        lenient = source.format == "text"
        types = ", ".join(
            f"{quote_name(c.name)}: {quote_text('VARCHAR' if lenient else c.type.duckdb)}" for c in columns
        )
        here = {column.name: column.name for column in columns}
        if source.format == "json":
            return f"read_json([{names}], columns = {{{types}}}, format = 'auto', maximum_object_size = 67108864)", here
        return f"read_csv([{names}], columns = {{{types}}}, {csv_options(source)})", here


def _select(
    source: ExternalSource, reader: str, present: dict[str, str], fixed: dict[str, str], wanted: list[Column]
) -> str:
    """A SELECT of columns from files: by their names there, or fixed by the partition, or NULL."""
    # What is no number is NULL in Hive's text, and in ORC.
    cast = "TRY_CAST" if source.format in ("text", "orc") else "CAST"
    items = []
    for column in wanted:
        name, of = quote_name(column.name), column.type.duckdb
        if column.name in fixed:
            items.append(f"CAST({quote_text(fixed[column.name])} AS {of}) AS {name}")
        elif column.name in present:
            items.append(f"{cast}({quote_name(present[column.name])} AS {of}) AS {name}")
        else:
            items.append(f"CAST(NULL AS {of}) AS {name}")
    return f"SELECT {', '.join(items) or _NO_COLUMN} FROM {reader}"
