"""What the control process asks of a worker, and what comes back: plain picklable values.

A worker keeps the plan between ``PlanStatement`` and ``RunPlan``, so that the guard can decide in between.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from yunbox.engine.duck.dialects import Session
from yunbox.kernel.errors import KernelError
from yunbox.schema.tables import Column, PartitionValues, Table, TableName
from yunbox.storage.objects.model import ObjectRecord
from yunbox.storage.tables.model import DataFile

Packing = Literal["zstd", "lz4"]
"""How the buffers inside an Arrow stream are compressed."""
Listings = dict[tuple[str, str], tuple[tuple[str, ObjectRecord], ...]]
"""The objects of mounted buckets, by bucket and prefix."""


@dataclass(frozen=True)
class WorkerConfig:
    """What a worker needs to know when it starts. Memory and spill in bytes; ``folders`` are all it may open.

    ``objects`` is the object store that external tables lie in; ``dialects`` are modules, by the names of the dialects
    that they offer.
    """

    database: Path
    spill: Path
    memory_bytes_max: int
    spill_bytes_max: int
    threads: int
    folders: tuple[Path, ...]
    objects: Path | None = None
    dialects: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RunQuery:
    """Run the planned query into an Arrow stream file; answered by QueryDone."""

    target: str
    inline_rows_max: int


@dataclass(frozen=True)
class QueryDone:
    """A finished query. ``batches`` index the result file; ``csv`` is the whole result when it is small, else empty.

    The file of a very small one is not written, but is its ``stream``.
    """

    columns: tuple[Column, ...]
    rows: int
    size_bytes: int
    csv: str
    batches: tuple["Batch", ...] = ()
    stream: bytes = b""


@dataclass(frozen=True)
class PlanStatement:
    """Plan one statement of a registered dialect; answered by Planned.

    With ``run``, a query that touches nothing, so that nobody's right or budget is in question, is run at once.
    """

    dialect: str
    text: str
    session: Session
    listings: Listings = field(default_factory=dict)
    run: RunQuery | None = None


@dataclass(frozen=True)
class RemoteObject:
    """An object of a mounted bucket that a statement reads, as it was when the statement was planned."""

    bucket: str
    key: str
    etag: str

    @property
    def place(self) -> tuple[str, str]:
        """Bucket and key."""
        return self.bucket, self.key

    @property
    def suffix(self) -> str:
        """The ending of its name with the dot, by which readers know a compression."""
        return PurePosixPath(self.key).suffix.lower()


@dataclass(frozen=True)
class StageObjects:
    """Where the objects of mounted buckets lie as files, while the planned statement runs."""

    paths: Mapping[tuple[str, str], Path]


@dataclass(frozen=True)
class ScanCost:
    """What reading one table costs: compressed bytes of the needed columns in the surviving files.

    For a full scan, the example is the newest partition: as a predicate, and what reading only it would cost.
    """

    table: TableName
    columns: tuple[str, ...]
    partitioned: bool
    full_scan: bool
    partitions_kept: int
    partitions_total: int
    scanned_bytes: int
    files: int
    example_partition: str = ""
    example_bytes: int = 0
    external: bool = False


@dataclass(frozen=True)
class Planned:
    """A plan, what it would scan, and the tables whose index lags behind their log (then plan again).

    ``unlisted`` are buckets and prefixes that only the server can list (then plan again with their listings);
    ``remote`` are objects that only the server can fetch. ``done`` is what came of a query that was run at once.
    """

    plan: object
    costs: tuple[ScanCost, ...] = ()
    stale: tuple[int, ...] = ()
    unlisted: tuple[tuple[str, str], ...] = ()
    remote: tuple[RemoteObject, ...] = ()
    done: QueryDone | KernelError | None = None


@dataclass(frozen=True)
class Batch:
    """Where one record-batch message lies in a result file."""

    offset: int
    length: int
    rows: int


@dataclass(frozen=True)
class RunInsert:
    """Run the planned insert (one of several for multi-insert) into new Parquet files of its target."""

    location: Path
    index: int = 0


@dataclass(frozen=True)
class RunExport:
    """Run the planned UNLOAD, or INSERT into an external table, into files of a folder; answered by Exported."""

    folder: Path
    index: int = 0


@dataclass(frozen=True)
class ExportedFile:
    """A file to become an object: its name below the location, partition folders included, and its partition."""

    path: Path
    name: str
    partition: PartitionValues = ()


@dataclass(frozen=True)
class Exported:
    """Files that hold the rows of a query in the format of a location."""

    files: tuple[ExportedFile, ...]
    rows: int


@dataclass(frozen=True)
class CompactObjects:
    """Write the rows of many small objects as a few large Parquet files; answered by Exported.

    ``format`` is ``json``, ``csv`` or ``parquet``; ``file_bytes`` is how large a file may become.
    """

    bucket: str
    keys: tuple[str, ...]
    format: str
    folder: Path
    file_bytes: int


@dataclass(frozen=True)
class RunCreateAs:
    """Run the query of the planned CREATE TABLE AS into Parquet files of the new table; answered by Written."""

    table: Table
    location: Path


@dataclass(frozen=True)
class RunChange:
    """Run the planned UPDATE or DELETE: write the rows that stay; answered by Written with what it replaces."""

    location: Path


@dataclass(frozen=True)
class Written:
    """Parquet files that are durable and not yet part of any table; ``replaced`` are the paths they stand for."""

    files: tuple[DataFile, ...]
    rows: int
    replaced: tuple[str, ...] = ()


@dataclass(frozen=True)
class RewriteFiles:
    """Rewrite files of a table under changed columns, or merge small ones; answered by Written.

    ``sources`` maps each column of ``table`` to the column it comes from in ``old``.
    """

    old: Table
    table: Table
    location: Path
    files: tuple[DataFile, ...]
    sources: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class IngestBlock:
    """Turn one uploaded block into Parquet; answered by Written. ``encoding`` is ``arrow`` or ``protobuf``."""

    table: Table
    block: Path
    encoding: str
    location: Path
    partition: PartitionValues
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExportRows:
    """Stream a range of rows of some files; answered by chunks.

    ``encoding`` is ``arrow`` or ``protobuf`` as the tunnel has them, or for previews ``ipc``, a whole Arrow
    stream, or ``csv``. ``columns`` may name partition columns. ``coding`` compresses what is sent, ``packing``
    the buffers inside a whole Arrow stream; ``timezone`` is the one in which ``csv`` shows instants,
    ``metrics`` asks for what it cost in the footer of records.
    """

    table: Table
    location: Path
    files: tuple[DataFile, ...]
    columns: tuple[str, ...]
    start: int
    count: int
    encoding: str
    coding: str = ""
    packing: Packing | None = None
    timezone: str = "UTC"
    metrics: bool = False


@dataclass(frozen=True)
class ExportResult:
    """Stream a range of rows of a result file in the tunnel's encoding, or as ``csv``; answered by chunks.

    ``timezone`` is the one in which CSV shows instants; ``metrics`` asks for what it cost in the footer of records.
    """

    columns: tuple[Column, ...]
    path: Path
    batches: tuple[Batch, ...]
    start: int
    count: int
    encoding: str
    select: tuple[str, ...] = field(default=())
    coding: str = ""
    timezone: str = "UTC"
    metrics: bool = False


@dataclass(frozen=True)
class ObjectFormat:
    """How an object is to be read: ``kind`` is csv, lines or document; ``header`` is none, use or ignore.

    With ``numbers_as_texts`` the numbers of JSON keep every digit.
    """

    kind: str
    gzip: bool = False
    header: str = "none"
    record_delimiter: str = "\n"
    field_delimiter: str = ","
    quote: str = '"'
    comment: str = ""
    numbers_as_texts: bool = False


@dataclass(frozen=True)
class SelectObject:
    """Run one SELECT over one object; answered by chunks. ``span`` is in bytes, its end included."""

    record: ObjectRecord
    format: ObjectFormat
    text: str
    span: tuple[int, int | None] | None = None
    lines: tuple[int, int | None] | None = None
    splits: tuple[int, int | None] | None = None
    output_record_delimiter: str = "\n"
    output_field_delimiter: str = ","
    output_header: bool = False
    keep_all: bool = False
    raw: bool = False
    skip_partial: bool = False
    skipped_max: int = 0


@dataclass(frozen=True)
class SelectMeta:
    """Count the rows of an object; answered by one chunk."""

    record: ObjectRecord
    format: ObjectFormat


@dataclass(frozen=True)
class Checkpoint:
    """Write a Delta checkpoint of a table's present version."""

    location: Path
