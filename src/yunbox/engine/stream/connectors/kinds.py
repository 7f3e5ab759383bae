"""The kinds of tables there are, by the name of their connector, and the options that each takes.

What reads and writes them stands in modules of their own, which only a job's process loads. Sources: the vendor's pages
"DataHub connector", "Hologres connector" and "MaxCompute connector" of Realtime Compute for Apache Flink; the pages of
Flink 2.x on ``datagen``, ``print`` and ``blackhole``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from yunbox.engine.stream.connectors.datagen_fields import PREFIX, check_fields
from yunbox.engine.stream.connectors.filesystem.options import FORMAT_OPTIONS, OPTIONS, check_files
from yunbox.engine.stream.connectors.kafka.options import OPTIONS as KAFKA_OPTIONS
from yunbox.engine.stream.connectors.kafka.options import SERVERS, UPSERT_OPTIONS, check_kafka
from yunbox.sql.flink.connectors import takes_updates
from yunbox.sql.flink.errors import ValidationFailed
from yunbox.sql.flink.plans import Collect, Job, LookupJoin, Sink, Source, Table, walk

_EVERY = ("connector", "property-version")


@dataclass(frozen=True)
class Kind:
    """One. ``patterns`` are the beginnings of options that name a column, such as ``fields.``.

    A sink's ``linger_s`` is how long an epoch lasts at least, where each makes something that should not be small.
    """

    name: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    reads: bool = False
    writes: bool = False
    asks: bool = False
    overwrites: bool = False
    linger_s: float = 0.0
    verify: Callable[[Table, Mapping[str, str], bool], None] | None = None
    """Whether a table can be read or, with True, written; for what options have to do with each other."""

    @property
    def takes_updates(self) -> bool:
        """Whether its tables take rows that replace others and that go."""
        return self.writes and takes_updates({"connector": self.name})

    def check(self, table: Table, options: Mapping[str, str]) -> None:
        """Raises ValidationFailed, naming what is missing and what is unknown."""
        given = {one.lower() for one in options}
        missing = sorted(one for one in self.required if one.lower() not in given)
        if missing:
            raise ValidationFailed(
                f"Unable to create a source or sink for table {table.path}: one or more required options are missing. "
                f"Missing required options are: {', '.join(missing)}"
            )
        known = {one.lower() for one in (*self.required, *self.optional, *_EVERY)}
        unknown = sorted(one for one in options if one.lower() not in known and not one.startswith(self.patterns))
        if unknown:
            raise ValidationFailed(
                f"Unsupported options found for '{self.name}' of table {table.path}. Unsupported options: "
                f"{', '.join(unknown)}. Supported options: {', '.join(sorted((*self.required, *self.optional)))}"
            )


DATAHUB = Kind(
    "datahub",
    ("endPoint", "project", "topic", "accessId", "accessKey"),
    (
        "subId", "startTime", "endTime", "maxFetchSize", "maxBufferSize", "fetchLatestDelay", "lengthCheck",
        "columnDelimiter", "compressType", "maxRetryTimes", "retryInterval", "retryTimeout", "batchCount", "batchSize",
        "flushInterval", "hashFields", "shardRefreshInterval", "enableSchemaRegistry", "timeZone",
    ),
    reads=True,
    writes=True,
)  # fmt: skip
HOLOGRES = Kind(
    "hologres",
    ("dbname", "tablename", "endpoint", "username", "password"),
    (
        "mutateType", "partitionRouter", "createPartTable", "ignoreDelete", "connectionSize", "connectionPoolName",
        "jdbcWriteBatchSize", "jdbcWriteBatchByteSize", "jdbcWriteFlushInterval", "jdbcRetryCount",
        "jdbcRetrySleepInitMs", "jdbcConnectionMaxIdleMs", "ignoreNullWhenUpdate", "jdbcEnableDefaultForNotNullColumn",
        "sdkMode", "useRpcMode", "field_delimiter", "sink.delete-strategy", "sink.on-conflict-action", "bulkload",
        "connection.ssl.mode", "binlog", "cdcMode", "binlogStartUpMode", "startTime", "binlogBatchReadSize",
        "binlogMaxRetryTimes", "binlogRetryIntervalMs", "binlogIgnoreBeforeUpdate", "binlogIgnoreDelete",
        "jdbcBinlogSlotName", "upsertSource",
        "cache", "cacheSize", "cacheTTLMs", "cacheEmpty", "async", "jdbcReadBatchSize",
        "asyncTimeoutMs", "asyncCapacity", "jdbcMetaCacheTTL", "jdbcMetaAutoRefreshFactor",
        "remove-u0000-in-text.enabled", "type-mapping.timestamp-converting.legacy",
    ),
    reads=True,
    writes=True,
    asks=True,
)  # fmt: skip
DATAGEN = Kind(
    "datagen",
    (),
    ("rows-per-second", "number-of-rows", "scan.parallelism"),
    (PREFIX,),
    reads=True,
    verify=lambda table, options, writes: check_fields(table, options),
)
PRINT = Kind(
    "print",
    (),
    ("print-identifier", "standard-error", "sink.parallelism", "logger"),
    writes=True,
)
BLACKHOLE = Kind("blackhole", writes=True)
ODPS = Kind(
    "odps",
    ("endpoint", "project", "tableName", "accessId", "accessKey"),
    (
        "tunnelEndpoint", "partition", "compressAlgorithm", "quotaName", "useStreamTunnel", "flushIntervalMs",
        "batchSize", "numFlushThreads", "slotNum", "dynamicPartitionLimit", "retryTimes", "sleepMillis",
        "file.format.version", "startPartition", "subscribeIntervalInSec", "modifiedTableOperation",
        "maxPartitionCount", "useArrow", "splitSize", "compressCodec", "dynamicLoadBalance",
    ),
    reads=True,
    writes=True,
    linger_s=2.0,
)  # fmt: skip
FILESYSTEM = Kind(
    "filesystem",
    ("path", "format"),
    (*OPTIONS, *FORMAT_OPTIONS),
    reads=True,
    writes=True,
    overwrites=True,
    verify=lambda table, options, writes: check_files(table, options, writes=writes),
)
KAFKA = Kind(
    "kafka",
    (SERVERS,),
    KAFKA_OPTIONS,
    ("properties.",),
    reads=True,
    writes=True,
    verify=lambda table, options, writes: check_kafka(table, options, writes=writes),
)
UPSERT_KAFKA = Kind(
    "upsert-kafka",
    ("topic", SERVERS, "key.format", "value.format"),
    UPSERT_OPTIONS,
    ("properties.",),
    reads=True,
    writes=True,
    verify=lambda table, options, writes: check_kafka(table, options, writes=writes),
)
OFFERED = (DATAHUB, HOLOGRES, ODPS, KAFKA, UPSERT_KAFKA, FILESYSTEM, DATAGEN, PRINT, BLACKHOLE)
_LETTERS = (DATAHUB, HOLOGRES, PRINT)
KINDS: dict[str, Kind] = {one.name: one for one in OFFERED}


def option(options: Mapping[str, str], name: str, default: str = "") -> str:
    """An option by its name, whatever its case."""
    return next((value for key, value in options.items() if key.lower() == name.lower()), default)


def whole(options: Mapping[str, str], name: str, default: int, *, least: int = 0) -> int:
    """An option that is a whole number. Raises ValidationFailed."""
    given = option(options, name, str(default))
    if not given.strip().isdecimal() or int(given) < least:
        raise ValidationFailed(f"'{name}' = '{given}': a whole number of at least {least} is expected")
    return int(given)


def truth(options: Mapping[str, str], name: str) -> bool:
    """An option that is true or false, by default the latter. Raises ValidationFailed."""
    given = option(options, name, "false").strip().lower()
    if given not in ("true", "false"):
        raise ValidationFailed(f"'{name}' = '{given}': true or false is expected")
    return given == "true"


def kind_of(table: Table) -> Kind:
    """The kind of a table. Raises ValidationFailed, naming those there are."""
    name = table.options.get("connector", "")
    if not name:
        raise ValidationFailed(
            f"Unable to create a source or sink for table {table.path}: its option 'connector' is missing, which says "
            "what the table connects to"
        )
    found = KINDS.get(name)
    if found is None:
        raise ValidationFailed(
            f"Could not find any factory for identifier '{name}' of table {table.path}. Available factory identifiers "
            f"are: {', '.join(sorted(KINDS))}"
        )
    return found


def check(job: Job) -> None:
    """Whether all tables of a job can be read and written as it wants. Raises ValidationFailed."""
    for sink in job.sinks:
        for node in walk(sink.input):
            if isinstance(node, Source):
                _usable(node.table, node.options, "reads", "sink")
            elif isinstance(node, LookupJoin):
                _usable(node.table, node.options, "asks", "source or a sink, and not asked by key")
        if not isinstance(sink, Collect):
            _check_overwrite(sink, is_batch=job.batch)
            _usable(sink.table, sink.options, "writes", "source")
    if job.dead_letters is not None:
        _check_letters(job.dead_letters)


def _check_letters(sink: Sink) -> None:
    """Few records come, and are to be seen at once: not in files that are published when they are large."""
    kind = kind_of(sink.table)
    if kind not in _LETTERS:
        raise ValidationFailed(
            f"Table {sink.table.path} of connector '{kind.name}' takes no dead letters: one of "
            f"{', '.join(one.name for one in _LETTERS)} does"
        )
    kind.check(sink.table, sink.options)


def _check_overwrite(sink: Sink, *, is_batch: bool) -> None:
    if not sink.overwrite:
        return
    if not kind_of(sink.table).overwrites:
        raise ValidationFailed(
            f"INSERT OVERWRITE requires that the underlying DynamicTableSink of table {sink.table.path} implements the "
            "SupportsOverwrite interface."
        )
    if not is_batch:
        raise ValidationFailed(
            "Streaming mode not support overwrite. SET 'execution.runtime-mode' = 'batch' makes the job a batch"
        )


def _usable(table: Table, options: Mapping[str, str], what: str, otherwise: str) -> None:
    kind = kind_of(table)
    kind.check(table, options)
    if not getattr(kind, what):
        raise ValidationFailed(f"Connector '{kind.name}' of table {table.path} can only be used as a {otherwise}.")
    if kind.verify is not None:
        kind.verify(table, options, what == "writes")
