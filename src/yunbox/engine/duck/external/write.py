"""A query's rows as files for a location, in its format."""

import uuid
from pathlib import Path
from urllib.parse import unquote

import duckdb

from yunbox.engine.duck.external import orc
from yunbox.engine.duck.external.options import ending_of, orc_codec, source_of, write_options
from yunbox.engine.duck.messages import Exported, ExportedFile
from yunbox.engine.duck.scan import quote_name, quote_text
from yunbox.schema.locations import ExternalSource
from yunbox.schema.tables import PartitionValues, Table


def export(
    db: duckdb.DuckDBPyConnection, query: str, to: Table | ExternalSource, folder: Path, static: PartitionValues = ()
) -> Exported:
    """Write a query's rows as files for a table or a location, by dynamic partitions where there are some."""
    table, source = (to, source_of(to)) if isinstance(to, Table) else (None, to)
    folder.mkdir(parents=True, exist_ok=True)
    dynamic = table is not None and bool(table.partition_columns) and not static
    options = write_options(source)
    ending = ending_of(source)
    if table is not None and dynamic:
        by = ", ".join(quote_name(column.name) for column in table.partition_columns)
        options += f", PARTITION_BY ({by}), OVERWRITE_OR_IGNORE true, FILENAME_PATTERN 'part-{{uuid}}'"
        target = folder
    else:
        target = folder / f"part-{uuid.uuid4()}{ending}"
    copied = db.execute(f"COPY ({query}) TO {quote_text(str(target))} ({options})").fetchone()
    rows = int(copied[0]) if copied else 0
    paths = sorted(path for path in folder.rglob("part-*") if path.is_file()) if rows else []
    if source.format == "orc":
        paths = [_as_orc(path, source) for path in paths]
    partitioned = table if dynamic else None
    return Exported(tuple(_exported(path, folder, ending, partitioned, static) for path in paths), rows)


def _as_orc(path: Path, source: ExternalSource) -> Path:
    between = path.rename(path.with_name(f"{path.name}.between"))
    target = path.with_suffix(".orc")
    orc.write(between, target, orc_codec(source))
    between.unlink()
    return target


def _exported(path: Path, folder: Path, ending: str, table: Table | None, static: PartitionValues) -> ExportedFile:
    values = static
    if table is not None:
        given = dict(part.split("=", 1) for part in path.relative_to(folder).parts[:-1])
        values = tuple(unquote(given[column.name]) for column in table.partition_columns)
    name = path.name if path.name.endswith(ending) else path.stem + ending
    return ExportedFile(path, name, values)
