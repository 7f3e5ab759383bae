"""What a table of files is told: where they are, what their format is, and when those that are written are whole.

Nothing heavy is imported here, as the gateway looks at tables before a job begins. Sources: the pages "FileSystem SQL
Connector", "JSON Format", "CSV Format", "Raw Format" and "Parquet Format" of Flink 2.x; the vendor's page "Object
Storage Service (OSS)" of Realtime Compute for Apache Flink, by which rows of text are not written to OSS.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from yunbox.sql.flink.errors import ValidationFailed
from yunbox.sql.flink.plans import Table
from yunbox.sql.flink.types import FlinkType

OPTIONS = (
    "source.monitor-interval", "source.path.regex-pattern", "source.report-statistics", "partition.default-name",
    "partition.time-extractor.kind", "partition.time-extractor.timestamp-pattern",
    "partition.time-extractor.timestamp-formatter", "sink.rolling-policy.file-size",
    "sink.rolling-policy.rollover-interval", "sink.rolling-policy.check-interval",
    "sink.rolling-policy.inactivity-interval", "sink.partition-commit.trigger", "sink.partition-commit.delay",
    "sink.partition-commit.policy.kind", "sink.partition-commit.success-file.name",
    "sink.partition-commit.watermark-time-zone", "sink.shuffle-by-partition.enable", "sink.parallelism",
    "auto-compaction", "compaction.file-size", "compaction.parallelism",
)  # fmt: skip
_OF_FORMATS: dict[str, tuple[str, ...]] = {
    "json": (
        "fail-on-missing-field", "ignore-parse-errors", "timestamp-format.standard", "map-null-key.mode",
        "map-null-key.literal", "encode.decimal-as-plain-number", "encode.ignore-null-fields",
        "decode.json-parser.enabled",
    ),
    "csv": (
        "field-delimiter", "disable-quote-character", "quote-character", "allow-comments", "ignore-parse-errors",
        "array-element-delimiter", "escape-character", "null-literal", "write-bigdecimal-in-scientific-notation",
    ),
    "raw": ("charset", "endianness"),
    "parquet": ("compression", "utc-timezone", "batch-size", "timestamp.time.unit", "write.int64.timestamp"),
}  # fmt: skip
FORMAT_OPTIONS = tuple(f"{name}.{key}" for name, keys in _OF_FORMATS.items() for key in keys)
TEXT_OPTIONS = tuple(one for one in FORMAT_OPTIONS if not one.startswith("parquet."))
METADATA = ("file.path", "file.name", "file.size", "file.modification-time")
_ROWS = ("json", "csv", "raw")
_COMMITS = ("success-file",)
_NOT_IN_CSV = ("MAP", "MULTISET", "ROW")
_RAW = ("CHAR", "VARCHAR", "BINARY", "VARBINARY")


@dataclass(frozen=True)
class Location:
    """Where a table's files are: ``bucket`` is empty for those of this machine."""

    bucket: str
    path: str


def location(table: Table, options: Mapping[str, str]) -> Location:
    """Where a table's files are. Raises ValidationFailed."""
    text = options["path"]
    at = urlsplit(text)
    if at.scheme in ("", "file") and at.netloc in ("", "localhost") and at.path.startswith("/"):
        return Location("", unquote(at.path) if at.scheme else text)
    if at.scheme == "oss" and at.netloc:
        return Location(at.netloc.partition("@")[0] or at.netloc, unquote(at.path).lstrip("/"))
    raise ValidationFailed(
        f"'path' = '{text}' of table {table.path} is no place for files here: file:///FOLDER and oss://BUCKET/FOLDER "
        "are"
    )


def check_files(table: Table, options: Mapping[str, str], *, writes: bool) -> None:
    """Whether files can be read or written as a table is told. Raises ValidationFailed."""
    where, name = location(table, options), options["format"]
    if name not in _OF_FORMATS:
        raise ValidationFailed(
            f"Could not find any format factory for identifier '{name}' of table {table.path}. Available formats are: "
            f"{', '.join(sorted(_OF_FORMATS))}"
        )
    check_types(table, name, payload(table))
    for column in table.columns:
        if column.kind == "metadata" and (column.metadata_key or column.name) not in METADATA:
            raise ValidationFailed(
                f"Invalid metadata key '{column.metadata_key or column.name}' in column '{column.name}' of table "
                f"{table.path}. The filesystem connector has: {', '.join(METADATA)}"
            )
    if not writes:
        return
    if where.bucket and name in _ROWS:
        raise ValidationFailed(
            f"Table {table.path} cannot be written: rows of text ('format' = '{name}') are not written to OSS, where "
            "a file cannot be gone on with; use 'parquet'"
        )
    _check_commits(table, options)


def payload(table: Table) -> list[tuple[str, FlinkType]]:
    """The columns that stand in the files: all physical ones by which the table is not partitioned."""
    return [(one.name, one.type) for one in table.columns
            if one.kind == "physical" and one.name not in table.partition_keys]  # fmt: skip


def check_types(table: Table, name: str, columns: Sequence[tuple[str, FlinkType]]) -> None:
    """Whether a format takes columns. Raises ValidationFailed."""
    if name == "raw" and (len(columns) != 1 or columns[0][1].root not in _RAW):
        raise ValidationFailed(
            f"The 'raw' format only supports a single physical column, of characters or bytes here. Table {table.path} "
            f"has: {', '.join(f'{column} {of}' for column, of in columns)}"
        )
    for column, of in columns:
        nested = of.root in _NOT_IN_CSV or (of.root == "ARRAY" and bool(of.children[0].children))
        if name == "csv" and nested:
            raise ValidationFailed(f"Column '{column}' of table {table.path}: {of} is not offered in the format 'csv'")


def _check_commits(table: Table, options: Mapping[str, str]) -> None:
    kinds = [one.strip() for one in options.get("sink.partition-commit.policy.kind", "").split(",") if one.strip()]
    for kind in kinds:
        if kind not in _COMMITS:
            raise ValidationFailed(
                f"'sink.partition-commit.policy.kind' = '{kind}' of table {table.path} is not offered: 'success-file' "
                "is"
            )
    if options.get("sink.partition-commit.trigger", "process-time") not in ("process-time", "partition-time"):
        raise ValidationFailed(
            f"'sink.partition-commit.trigger' of table {table.path} is 'process-time' or 'partition-time'"
        )
    if options.get("partition.time-extractor.kind", "default") != "default":
        raise ValidationFailed(f"'partition.time-extractor.kind' of table {table.path}: only 'default' is offered")
