"""Many small objects become a few large Parquet files: the union of their columns, and all of their rows.

DuckDB streams from the one to the other, so memory stays within the worker's limit however much there is.
"""

import uuid

import duckdb

from yunbox.engine.duck.external.files import ExternalFile
from yunbox.engine.duck.external.int96 import parquet_readers
from yunbox.engine.duck.external.tables import ExternalTables
from yunbox.engine.duck.messages import CompactObjects, Exported, ExportedFile
from yunbox.engine.duck.scan import quote_text
from yunbox.kernel.errors import Conflict
from yunbox.schema.locations import ExternalSource


def compact(db: duckdb.DuckDBPyConnection, external: ExternalTables, request: CompactObjects) -> Exported:
    """Write the Parquet files. Raises Conflict when an object has gone meanwhile."""
    found = external.files.view.records(request.bucket, request.keys)
    if len(found) != len(request.keys):
        raise Conflict("Some of the objects have been deleted meanwhile: run it again")
    files = [ExternalFile(key, record) for key, record in found]
    request.folder.mkdir(parents=True, exist_ok=True)
    db.execute("SET preserve_insertion_order = true")
    reader = _reader(db, external, request.format, files)
    target = request.folder / "out"
    copied = db.execute(
        f"COPY (SELECT * FROM {reader}) TO {quote_text(str(target))} (FORMAT parquet, COMPRESSION zstd, "
        f"FILE_SIZE_BYTES {request.file_bytes}, FILENAME_PATTERN 'part-{{uuid}}', OVERWRITE_OR_IGNORE true)"
    ).fetchone()
    paths = sorted(target.rglob("*.parquet")) if target.is_dir() else [target]
    named = tuple(ExportedFile(path, f"part-{uuid.uuid4()}.parquet") for path in paths)
    return Exported(named, int(copied[0]) if copied else 0)


def _reader(db: duckdb.DuckDBPyConnection, external: ExternalTables, format_: str, files: list[ExternalFile]) -> str:
    options: tuple[tuple[str, str], ...] = ()
    header = ""
    if format_ == "csv":
        header = _header(db, external, files[0])
        options = (("skip.header.line.count", "1"),) if header else ()
    paths = external.staging.paths(ExternalSource("", format_, options), files, external.scratch)
    names = ", ".join(map(quote_text, paths))
    if format_ == "parquet":
        readers = parquet_readers(db, paths)
        return "(" + " UNION ALL BY NAME ".join(f"SELECT * FROM {reader}" for reader in readers) + ")"
    if format_ == "json":
        return f"read_json([{names}], format = 'auto', union_by_name = true, sample_size = -1)"
    skipping = f"header = false, skip = 1, names = [{header}]" if header else "header = false"
    reading = "union_by_name = true, sample_size = -1, null_padding = true, parallel = false"
    return f"read_csv([{names}], {skipping}, {reading})"


def _header(db: duckdb.DuckDBPyConnection, external: ExternalTables, file: ExternalFile) -> str:
    """The column names in the first line of the first file, as SQL texts; nothing when that line is data."""
    external.scratch.mkdir(parents=True, exist_ok=True)
    sample = external.scratch / f"head-{uuid.uuid4().hex}.csv"
    sample.write_bytes(next(external.files.view.pieces(file.record, 1 << 20), b""))
    row = db.execute(
        f"SELECT HasHeader, list_transform(Columns, lambda c: c.name) FROM sniff_csv({quote_text(str(sample))})"
    ).fetchone()
    return ", ".join(map(quote_text, row[1])) if row and row[0] else ""
