"""External tables: the objects of a location as a relation, and a query's rows as files for one.

An object that is one file of the store is read in place. The others, small ones in packs and those of many parts,
are laid out in the spill folder first; thousands of small text files become a few large ones on the way, which is
also the faster way to read them.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

import duckdb

from yunbox.engine.duck import int96, orc
from yunbox.engine.duck.messages import Exported, ExportedFile, Listings, RemoteObject
from yunbox.engine.duck.scan import quote_name, quote_text
from yunbox.kernel.errors import Internal, InvalidArgument, NotFound
from yunbox.schema.locations import ExternalSource, split_location
from yunbox.schema.tables import Column, PartitionValues, Table, TableName
from yunbox.sql.catalog import Catalog
from yunbox.storage.objects.model import ObjectRecord
from yunbox.storage.objects.view import ObjectView
from yunbox.storage.tables.folders import is_folder_of, partition_of, partition_prefixes

_PLACES_MAX = 16
"""A mounted bucket is listed whole, rather than partition by partition, above this."""
_JOINED_BYTES_MAX = 256 * 1024 * 1024
_TEXT = ("csv", "tsv", "text", "json")
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
_NO_COLUMN = '1 AS "_"'


@dataclass(frozen=True)
class ExternalFile:
    """An object under a table's location, and the values of its partition."""

    key: str
    record: ObjectRecord
    partition: PartitionValues = ()
    remote: RemoteObject | None = None


class External:
    """Reads and writes external tables for one worker."""

    def __init__(self, db: duckdb.DuckDBPyConnection, folder: Path | None, spill: Path) -> None:
        self._db = db
        self._folder = folder
        self._spill = spill
        self._view: ObjectView | None = None
        self._orc = orc.OrcFiles(db)
        self._listings: Listings = {}
        self._staged: Mapping[tuple[str, str], Path] = {}
        self.unlisted: list[tuple[str, str]] = []

    @property
    def view(self) -> ObjectView:
        """The object store, opened when it is first needed."""
        if self._view is None:
            if self._folder is None:
                raise Internal("This worker has no object store")
            self._view = ObjectView(self._folder)
        return self._view

    def begin(self, listings: Listings) -> None:
        """A new statement, and what its planner has been told of mounted buckets."""
        self._listings, self._staged, self.unlisted = listings, {}, []

    def stage(self, paths: Mapping[tuple[str, str], Path]) -> None:
        """Where the objects of mounted buckets lie as files."""
        self._staged = paths

    def clear(self) -> None:
        """Forget what was laid out for a statement."""
        self._orc.close()

    # -- reading

    def files(self, table: Table, partitions: Sequence[PartitionValues] | None) -> list[ExternalFile]:
        """The objects behind a table, or behind some of its partitions."""
        source = _source(table)
        bucket, prefix = split_location(source.location)
        places: list[tuple[PartitionValues, str]] = [((), prefix)]
        if partitions is not None:
            places = [(v, prefix + folder) for v in partitions for folder in partition_prefixes(table, v)]
        if self.view.bucket(bucket).remote:
            return self._remote_files(bucket, prefix, places)
        found = self._files_at(bucket, places)
        missing = set(partitions or ()) - {file.partition for file in found}
        if missing:
            found += self._files_at(bucket, [place for place in self._folders(table) if place[0] in missing])
        return found

    def newest_partition(self, table: Table, partitions: Sequence[PartitionValues]) -> PartitionValues | None:
        """The last of a table's partitions that has objects; none while a mounted bucket has to be listed first."""
        for values in reversed(partitions):
            if self.files(table, [values]):
                return values
            if self.unlisted:
                return None
        return None

    def _files_at(self, bucket: str, places: Sequence[tuple[PartitionValues, str]]) -> list[ExternalFile]:
        return [
            ExternalFile(key, record, values)
            for values, place in places
            for key, record in self.view.objects(bucket, place)
            if _holds_rows(key[len(place) :], record)
        ]

    def _folders(self, table: Table) -> Iterator[tuple[PartitionValues, str]]:
        """The folders of partitions that there are, also such as spell a value or a name in a way of their own."""
        bucket, prefix = split_location(_source(table).location)
        paths = [""]
        for column in table.partition_columns:
            paths = [
                f"{path}{folder}/"
                for path in paths
                for folder in self.view.folders(bucket, prefix + path)
                if is_folder_of(column, folder)
            ]
        for path in paths:
            with suppress(InvalidArgument):  # a folder that no partition can be
                yield partition_of(table, path), prefix + path

    def _remote_files(
        self, bucket: str, whole: str, places: Sequence[tuple[PartitionValues, str]]
    ) -> list[ExternalFile]:
        """The same of a mounted bucket, as far as it was listed; what was not is noted."""
        found: list[ExternalFile] = []
        for values, place in places:
            known = bucket, whole if len(places) > _PLACES_MAX else place
            if known not in self._listings:
                self.unlisted += [known] if known not in self.unlisted else []
                continue
            found += [
                ExternalFile(key, record, values, RemoteObject(bucket, key, record.etag))
                for key, record in self._listings[known]
                if key.startswith(place) and _holds_rows(key[len(place) :], record)
            ]
        return found

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
        source = _source(table)
        paths = self.laid_out(source, files, scratch)
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
        by_name = _option(source, "mcfed.orc.schema.resolution", default="position").lower() == "name"
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
        return f"read_csv([{names}], columns = {{{types}}}, {_csv_options(source)})", here

    def laid_out(self, source: ExternalSource, files: Sequence[ExternalFile], scratch: Path) -> list[str]:
        """Paths that DuckDB can open: those of the store where an object is a file of its own, else copies."""
        paths: list[str] = []
        joined = _Joined(scratch, _skipped(source))
        for file in files:
            there = self._staged[file.remote.place] if file.remote else self.view.path(file.record)
            suffix = _suffix(file.key)
            if (there is not None and suffix not in _COMPRESSIONS) or file.remote is not None:
                paths.append(str(there))
            elif source.format in _TEXT and suffix not in _COMPRESSIONS and not self._is_document(source, file):
                joined.add(self.view.pieces(file.record))
            else:
                paths.append(str(self._copy(file, scratch / f"{uuid.uuid4().hex}{suffix}")))
        return [*paths, *joined.finish()]

    def _is_document(self, source: ExternalSource, file: ExternalFile) -> bool:
        """Whether a JSON object is one array: such cannot be joined with others."""
        return source.format == "json" and next(self.view.pieces(file.record, 64), b"").lstrip()[:1] == b"["

    def _copy(self, file: ExternalFile, target: Path) -> Path:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as out:
            for piece in self.view.pieces(file.record):
                out.write(piece)
        return target

    # -- writing

    def export(self, query: str, to: Table | ExternalSource, folder: Path, static: PartitionValues = ()) -> Exported:
        """Write a query's rows as files for a table or a location, by dynamic partitions where there are some."""
        table, source = (to, _source(to)) if isinstance(to, Table) else (None, to)
        folder.mkdir(parents=True, exist_ok=True)
        dynamic = table is not None and bool(table.partition_columns) and not static
        options = _write_options(source)
        ending = _ending(source)
        if table is not None and dynamic:
            by = ", ".join(quote_name(column.name) for column in table.partition_columns)
            options += f", PARTITION_BY ({by}), OVERWRITE_OR_IGNORE true, FILENAME_PATTERN 'part-{{uuid}}'"
            target = folder
        else:
            target = folder / f"part-{uuid.uuid4()}{ending}"
        copied = self._db.execute(f"COPY ({query}) TO {quote_text(str(target))} ({options})").fetchone()
        rows = int(copied[0]) if copied else 0
        paths = sorted(path for path in folder.rglob("part-*") if path.is_file()) if rows else []
        if source.format == "orc":
            paths = [_as_orc(path, source) for path in paths]
        partitioned = table if dynamic else None
        return Exported(tuple(_exported(path, folder, ending, partitioned, static) for path in paths), rows)


class ExternalCatalog:
    """The planner's catalogue, which knows of external tables what only their objects tell."""

    def __init__(self, catalog: Catalog, external: External) -> None:
        self._catalog = catalog
        self._external = external

    def table(self, name: TableName) -> Table | None:
        """The table or view of that name, or None."""
        return self._catalog.table(name)

    def partitions(self, name: TableName) -> Sequence[PartitionValues]:
        """Every partition of a partitioned table, sorted."""
        return self._catalog.partitions(name)

    def function_exists(self, project: str, name: str) -> bool:
        """Whether a user-defined function of that name is registered in the project."""
        return self._catalog.function_exists(project, name)

    def newest_partition(self, name: TableName) -> PartitionValues | None:
        """The last partition, in their order, that holds rows."""
        table = self.table(name)
        if table is None or table.source is None:
            return self._catalog.newest_partition(name)
        return self._external.newest_partition(table, self.partitions(name))


class _Joined:
    """Writes the bytes of many text files after another, into files of a size that reads well."""

    def __init__(self, scratch: Path, skipped_lines: int) -> None:
        self._scratch = scratch
        self._skipped = skipped_lines
        self._out: list[Path] = []
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, pieces: Iterator[bytes]) -> None:
        """Add one file, without its head lines, and with a line end behind its last line."""
        data = b"".join(pieces)
        for _ in range(self._skipped):
            data = data.partition(b"\n")[2]
        if not data.endswith(b"\n"):
            data += b"\n"
        self._parts.append(b"\n" * self._skipped + data if not self._parts and self._skipped else data)
        self._size += len(data)
        if self._size >= _JOINED_BYTES_MAX:
            self._flush()

    def finish(self) -> list[str]:
        """The files that were written."""
        self._flush()
        return [str(path) for path in self._out]

    def _flush(self) -> None:
        if not self._parts:
            return
        self._scratch.mkdir(parents=True, exist_ok=True)
        path = self._scratch / uuid.uuid4().hex
        with path.open("wb") as out:
            out.writelines(self._parts)
        self._out.append(path)
        self._parts, self._size = [], 0


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


def _holds_rows(below: str, record: ObjectRecord) -> bool:
    """Whether an object below a folder is data: no folder, and no part begins with a dot or an underscore.

    So have it Hive and Spark, whose writers keep what is not committed yet in such folders. A partition's may begin so.
    """
    *folders, name = below.split("/")
    hidden = any(part[:1] in ("_", ".") and "=" not in part for part in folders)
    return not hidden and name[:1] not in ("", ".", "_") and record.size > 0


def _source(table: Table) -> ExternalSource:
    """Where rows lie and how, with the options that stand in the table's properties: the compression of ORC does."""
    if table.source is None:
        raise NotFound(f"{table.name} is no external table")
    options = {**table.properties, **dict(table.source.options)}
    return replace(table.source, options=tuple(options.items()))


def _suffix(key: str) -> str:
    name = key.rpartition("/")[2]
    return "." + name.rpartition(".")[2].lower() if "." in name else ""


def _option(source: ExternalSource, *names: str, default: str = "") -> str:
    options = {name.lower(): value for name, value in source.options}
    return next((options[name] for name in names if name in options), default)


def _skipped(source: ExternalSource) -> int:
    text = _option(source, "odps.text.option.header.lines.count", "skip.header.line.count", default="0")
    if not text.isdigit() or int(text) > 1000:
        raise InvalidArgument("odps.text.option.header.lines.count is a number of lines")
    return int(text)


def _csv_options(source: ExternalSource) -> str:
    delimiter, quoting = _delimiter(source), _quote(source)
    escape = _option(source, "escapechar", "escape.delim", default=quoting)
    null = _option(source, "odps.text.option.null.indicator", "serialization.null.format", default=_null(source))
    return (
        f"auto_detect = false, header = false, skip = {_skipped(source)}, delim = {quote_text(delimiter)}, "
        f"quote = {quote_text(quoting)}, escape = {quote_text(escape)}, nullstr = {quote_text(null)}, "
        f"null_padding = true, parallel = {'false' if quoting else 'true'}, max_line_size = 67108864"
    )


def _delimiter(source: ExternalSource) -> str:
    default = {"tsv": "\t", "text": "\x01"}.get(source.format, ",")
    text = _option(source, "odps.text.option.delimiter", "field.delim", "separatorchar", default=default)
    return text.replace("\\t", "\t").replace("\\001", "\x01").replace("\\u0001", "\x01")


def _quote(source: ExternalSource) -> str:
    return "" if source.format == "text" else _option(source, "quotechar", default='"')


def _null(source: ExternalSource) -> str:
    return "\\N" if source.format in ("text", "tsv") else ""


def _write_options(source: ExternalSource) -> str:
    if source.format == "parquet":
        codec = _option(source, "mcfed.parquet.compression", "parquet.compression", default="zstd").lower()
        if codec not in ("zstd", "snappy", "gzip", "uncompressed", "none"):
            raise InvalidArgument(
                f"The compression {codec!r} of Parquet is not one of zstd, snappy, gzip, uncompressed"
            )
        return f"FORMAT parquet, COMPRESSION {'uncompressed' if codec == 'none' else codec}"
    if source.format == "json":
        return "FORMAT json"
    if source.format == "orc":
        _orc_codec(source)
        return "FORMAT parquet, COMPRESSION uncompressed"  # on the way to ORC
    header = "true" if _skipped(source) else "false"
    quoting = f", QUOTE {quote_text(_quote(source))}" if _quote(source) else ""
    marks = f"DELIMITER {quote_text(_delimiter(source))}{quoting}, NULLSTR {quote_text(_null(source))}"
    return f"FORMAT csv, HEADER {header}, {marks}"


def _orc_codec(source: ExternalSource) -> str:
    name = _option(source, "mcfed.orc.compress", "orc.compress", default="zlib").lower()
    if name not in orc.CODECS:
        raise InvalidArgument(f"The compression {name!r} of ORC is not one of {', '.join(orc.CODECS)}")
    return orc.CODECS[name]


def _as_orc(path: Path, source: ExternalSource) -> Path:
    between = path.rename(path.with_name(f"{path.name}.between"))
    target = path.with_suffix(".orc")
    orc.write(between, target, _orc_codec(source))
    between.unlink()
    return target


def _ending(source: ExternalSource) -> str:
    return {"parquet": ".parquet", "orc": ".orc", "json": ".json", "tsv": ".tsv", "text": ".txt"}.get(
        source.format, ".csv"
    )


def _exported(path: Path, folder: Path, ending: str, table: Table | None, static: PartitionValues) -> ExportedFile:
    values = static
    if table is not None:
        given = dict(part.split("=", 1) for part in path.relative_to(folder).parts[:-1])
        values = tuple(unquote(given[column.name]) for column in table.partition_columns)
    name = path.name if path.name.endswith(ending) else path.stem + ending
    return ExportedFile(path, name, values)
