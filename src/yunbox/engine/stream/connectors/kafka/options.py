"""What a table of Kafka's is told: its topics, where reading begins and ends, and what keys and values are made of.

Nothing heavy is imported, as the gateway looks at tables before a job begins. Sources: the pages "Apache Kafka SQL
Connector" and "Upsert Kafka SQL Connector" of Flink 2.x, and what their factories say of wrong options.
"""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from yunbox.engine.stream.connectors.filesystem.options import TEXT_OPTIONS, check_types
from yunbox.engine.stream.connectors.kafka.properties import check_properties, properties_of
from yunbox.engine.stream.durations import millis
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.errors import ValidationFailed
from yunbox.sql.flink.plans import Table
from yunbox.sql.flink.types import FlinkType

NEEDS = "Tables of Kafka need kafka-python: pip install 'yunbox[kafka]'"
FORMATS = ("csv", "json", "raw")
METADATA = ("topic", "partition", "headers", "leader-epoch", "offset", "timestamp", "timestamp-type")
WRITTEN_METADATA = ("topic", "headers", "timestamp")
SERVERS = "properties.bootstrap.servers"
_FORMAT_OPTIONS = (*TEXT_OPTIONS, *(f"{side}.{one}" for side in ("key", "value") for one in TEXT_OPTIONS))
_BOUNDED = (
    "scan.bounded.mode", "scan.bounded.specific-offsets", "scan.bounded.timestamp-millis", "scan.parallelism",
    "scan.topic-partition-discovery.interval", "sink.parallelism", "sink.delivery-guarantee",
    "sink.transactional-id-prefix", "key.format", "key.fields-prefix", "value.format", "value.fields-include",
)  # fmt: skip
OPTIONS = (
    "topic", "topic-pattern", "format", "key.fields", "scan.startup.mode", "scan.startup.specific-offsets",
    "scan.startup.timestamp-millis", "sink.partitioner", *_BOUNDED, *_FORMAT_OPTIONS,
)  # fmt: skip
UPSERT_OPTIONS = ("sink.buffer-flush.max-rows", "sink.buffer-flush.interval", *_BOUNDED, *_FORMAT_OPTIONS)
_STARTUP = ("earliest-offset", "latest-offset", "group-offsets", "timestamp", "specific-offsets")
_ENDS = ("unbounded", "latest-offset", "group-offsets", "timestamp", "specific-offsets")
_PARTITIONERS = ("default", "fixed", "round-robin")
Edge = Literal["startup", "bounded"]


@dataclass(frozen=True)
class FormatOf:
    """The format of keys or of values, and its columns: as the table names them, and as the format does."""

    name: str
    options: Mapping[str, str]
    columns: tuple[tuple[str, str, FlinkType], ...]

    @property
    def fields(self) -> list[tuple[str, FlinkType]]:
        """Names in the format, and types."""
        return [(name, of) for _, name, of in self.columns]


def is_upsert(options: Mapping[str, str]) -> bool:
    """Whether a table is one of upserts, by key."""
    return options.get("connector") == "upsert-kafka"


def topics_of(options: Mapping[str, str]) -> list[str]:
    """The topics that are named."""
    return [one.strip() for one in options.get("topic", "").split(";") if one.strip()]


def value_format(table: Table, options: Mapping[str, str]) -> FormatOf:
    """What values are made of. Raises ValidationFailed."""
    keys = key_fields(table, options)
    prefix = options.get("key.fields-prefix", "")
    include = options.get("value.fields-include", "ALL").upper()
    if include not in ("ALL", "EXCEPT_KEY"):
        raise ValidationFailed(
            f"Invalid value '{options['value.fields-include']}' for option 'value.fields-include'. Supported values "
            "are [ALL, EXCEPT_KEY]"
        )
    if prefix and include == "ALL":
        raise ValidationFailed(
            "A key prefix is not allowed when option 'value.fields-include' is set to 'ALL'. Set it to 'EXCEPT_KEY' "
            "instead to avoid field overlaps."
        )
    columns = tuple((one.name, one.name, one.type) for one in table.columns
                    if one.kind == "physical" and (include == "ALL" or one.name not in keys))  # fmt: skip
    head = "value." if "value.format" in options else ""
    name = options.get(f"{head}format", "")
    if not name:
        raise ValidationFailed(
            f"A format is required for table {table.path}: one of the options 'format' and 'value.format' is missing"
        )
    return FormatOf(name, _inner(options, head, name), columns)


def key_format(table: Table, options: Mapping[str, str]) -> FormatOf | None:
    """What keys are made of, where they are read and written. Raises ValidationFailed."""
    keys, name = key_fields(table, options), options.get("key.format", "")
    if not name:
        if keys:
            raise ValidationFailed(
                "The option 'key.fields' can only be declared if a key format is defined using 'key.format'."
            )
        return None
    if not keys:
        raise ValidationFailed(
            "A key format 'key.format' requires the declaration of one or more of key fields using 'key.fields'."
        )
    prefix = options.get("key.fields-prefix", "")
    physical = {one.name: one.type for one in table.columns if one.kind == "physical"}
    columns = []
    for one in keys:
        if one not in physical:
            raise ValidationFailed(
                f"Could not find the field '{one}' in the table schema for usage in the key format. A key field must "
                f"be a regular, physical column. The following columns can be selected in the 'key.fields' option: "
                f"{list(physical)}"
            )
        if not one.startswith(prefix):
            raise ValidationFailed(
                f"All fields in 'key.fields' must be prefixed with '{prefix}' when option 'key.fields-prefix' is set "
                f"but field '{one}' is not prefixed."
            )
        columns.append((one, one.removeprefix(prefix), physical[one]))
    return FormatOf(name, _inner(options, "key.", name), tuple(columns))


def key_fields(table: Table, options: Mapping[str, str]) -> list[str]:
    """The columns that are in keys."""
    if is_upsert(options):
        return list(table.primary_key)
    return [one.strip() for one in options.get("key.fields", "").split(";") if one.strip()]


def _inner(options: Mapping[str, str], head: str, name: str) -> dict[str, str]:
    """A format's options, as it has them where it is the only one."""
    start = f"{head}{name}."
    return {key.removeprefix(head): value for key, value in options.items() if key.startswith(start)}


# -- checks


def check_kafka(table: Table, options: Mapping[str, str], *, writes: bool) -> None:
    """Whether topics can be read or written as a table is told. Raises ValidationFailed."""
    _check_topics(options, writes=writes)
    check_properties(options)
    _check_key(table, options)
    _check_formats(table, options)
    _check_metadata(table, writes=writes)
    if writes:
        _check_sink(options)
    else:
        _check_edge(options, "startup")
        _check_edge(options, "bounded")
        _duration(options, "scan.topic-partition-discovery.interval")
    if importlib.util.find_spec("kafka") is None:
        raise ValidationFailed(NEEDS)


def _check_topics(options: Mapping[str, str], *, writes: bool) -> None:
    topics, pattern = topics_of(options), options.get("topic-pattern")
    if topics and pattern is not None:
        raise ValidationFailed("Option 'topic' and 'topic-pattern' shouldn't be set together.")
    if not topics and pattern is None:
        raise ValidationFailed("Either 'topic' or 'topic-pattern' must be set.")
    if writes and pattern is not None:
        raise ValidationFailed("A sink names its topics: 'topic-pattern' is for sources only here")


def _check_key(table: Table, options: Mapping[str, str]) -> None:
    if is_upsert(options):
        if not table.primary_key:
            raise ValidationFailed(
                "'upsert-kafka' tables require to define a PRIMARY KEY constraint. The PRIMARY KEY specifies which "
                "columns should be read from or write to the Kafka message key. The PRIMARY KEY also defines records "
                "in the 'upsert-kafka' table should update or delete on which keys."
            )
    elif table.primary_key:
        raise ValidationFailed(
            f"The Kafka table '{table.catalog}.{table.database}.{table.name}' with '{_value_name(options)}' format "
            "doesn't support defining PRIMARY KEY constraint on the table, because it can't guarantee the semantic of "
            "primary key."
        )


def _value_name(options: Mapping[str, str]) -> str:
    return options.get("value.format", options.get("format", ""))


def _check_formats(table: Table, options: Mapping[str, str]) -> None:
    if "format" in options and "value.format" in options:
        raise ValidationFailed("The options 'format' and 'value.format' are the same one: only one of them is taken")
    for name in (_value_name(options), options.get("key.format", "")):
        if name and name not in FORMATS:
            raise ValidationFailed(
                f"Could not find any format factory for identifier '{name}' of table {table.path}. Available formats "
                f"are: {', '.join(FORMATS)}"
            )
    _check_strays(options)
    for one in (value_format(table, options), key_format(table, options)):
        if one is not None:
            check_types(table, one.name, one.fields)


def _check_strays(options: Mapping[str, str]) -> None:
    """Options of formats that the table does not have would be without effect."""
    starts = [f"key.{options['key.format']}."] if "key.format" in options else []
    starts += [f"value.{options['value.format']}."] if "value.format" in options else []
    starts += [f"{options['format']}."] if "format" in options else []
    strays = sorted(one for one in options if one in _FORMAT_OPTIONS and not one.startswith(tuple(starts)))
    if strays:
        raise ValidationFailed(
            f"Unsupported options found for '{options.get('connector', '')}'. Unsupported options: "
            f"{', '.join(strays)}. They are of no format that the table has"
        )


def _check_metadata(table: Table, *, writes: bool) -> None:
    for column in table.columns:
        if column.kind != "metadata":
            continue
        key = column.metadata_key or column.name
        if key not in METADATA:
            raise ValidationFailed(
                f"Invalid metadata key '{key}' in column '{column.name}' of table {table.path}. The Kafka connector "
                f"supports the following metadata keys for reading: {', '.join(METADATA)}"
            )
        if writes and not column.virtual and key not in WRITTEN_METADATA:
            raise ValidationFailed(
                f"Invalid metadata key '{key}' in column '{column.name}' of table {table.path}. The Kafka connector "
                f"supports the following metadata keys for writing: {', '.join(WRITTEN_METADATA)}; declare the others "
                "VIRTUAL"
            )


def _check_sink(options: Mapping[str, str]) -> None:
    guarantee = options.get("sink.delivery-guarantee", "at-least-once")
    if guarantee == "exactly-once":
        raise ValidationFailed(
            "'sink.delivery-guarantee' = 'exactly-once' is not offered: it needs Kafka's transactions, which the "
            "client that is used here does not go on with after a kill. 'at-least-once' and 'none' are"
        )
    if guarantee not in ("at-least-once", "none"):
        raise ValidationFailed(
            f"Invalid value '{guarantee}' for option 'sink.delivery-guarantee'. Supported values are "
            "[at-least-once, none]"
        )
    partitioner = options.get("sink.partitioner", "default")
    if partitioner not in _PARTITIONERS:
        raise ValidationFailed(
            f"'sink.partitioner' = '{partitioner}' is not offered: classes of Java's are not. Supported values are "
            f"[{', '.join(_PARTITIONERS)}]"
        )
    if partitioner == "round-robin" and "key.fields" in options:
        raise ValidationFailed(
            "Currently 'round-robin' partitioner only works when option 'key.fields' is not specified."
        )
    rows = options.get("sink.buffer-flush.max-rows", "0")
    if not rows.strip().isdecimal():
        raise ValidationFailed(f"'sink.buffer-flush.max-rows' = '{rows}': a whole number is expected")
    _duration(options, "sink.buffer-flush.interval")


def _check_edge(options: Mapping[str, str], edge: Edge) -> None:
    mode, modes = mode_of(options, edge), _STARTUP if edge == "startup" else _ENDS
    name = f"scan.{edge}.mode"
    if mode not in modes:
        raise ValidationFailed(f"Invalid value '{mode}' for option '{name}'. Supported values are [{', '.join(modes)}]")
    needed = {"timestamp": f"scan.{edge}.timestamp-millis", "specific-offsets": f"scan.{edge}.specific-offsets"}
    if mode in needed and needed[mode] not in options:
        raise ValidationFailed(f"'{needed[mode]}' is required in '{mode}' {edge} mode but missing.")
    if mode == "timestamp" and not options[needed[mode]].strip().isdecimal():
        raise ValidationFailed(f"'{needed[mode]}' = '{options[needed[mode]]}': a number of milliseconds is expected")
    if mode == "specific-offsets":
        if len(topics_of(options)) != 1:
            raise ValidationFailed(
                f"Currently Kafka source only supports specific offset for single topic: '{name}' = "
                "'specific-offsets' goes with one 'topic'"
            )
        specific_offsets(options, edge)
    if mode == "group-offsets" and edge == "bounded" and not properties_of(options).get("group.id"):
        raise ValidationFailed("'properties.group.id' is required in 'group-offsets' bounded mode but missing.")


def mode_of(options: Mapping[str, str], edge: Edge) -> str:
    """Where reading begins, or ends."""
    if edge == "startup" and is_upsert(options):
        return "earliest-offset"
    return options.get(f"scan.{edge}.mode", "group-offsets" if edge == "startup" else "unbounded")


def specific_offsets(options: Mapping[str, str], edge: Edge) -> dict[int, int]:
    """Offsets by partition, such as ``partition:0,offset:42;partition:1,offset:300``. Raises ValidationFailed."""
    name = f"scan.{edge}.specific-offsets"
    found = {}
    for pair in options[name].split(";"):
        parts = dict(one.strip().partition(":")[::2] for one in pair.split(",")) if pair.strip() else {}
        if not parts:
            continue
        if set(parts) != {"partition", "offset"} or not all(one.isdecimal() for one in parts.values()):
            raise ValidationFailed(
                f"Invalid properties '{name}' should follow the format "
                f"'partition:0,offset:42;partition:1,offset:300', but is '{options[name]}'."
            )
        found[int(parts["partition"])] = int(parts["offset"])
    return found


def _duration(options: Mapping[str, str], name: str) -> None:
    try:
        millis(options.get(name, "0"))
    except InvalidArgument as error:
        raise ValidationFailed(f"'{name}': {error.message}") from None
