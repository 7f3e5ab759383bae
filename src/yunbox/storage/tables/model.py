"""What the table store knows of a table beyond what a planner needs."""

import json
import re
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from yunbox.kernel import limits
from yunbox.kernel.errors import InvalidArgument
from yunbox.schema.locations import ExternalSource
from yunbox.schema.tables import Column, PartitionValues, Table
from yunbox.schema.type_text import read_type

_FOLDER_BYTES_MAX = 255  # what a file system takes as one name
_NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_WHOLE = re.compile(r"[-+]?\d+", re.ASCII)
_INTEGER_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
_type = lru_cache(maxsize=4096)(read_type)


@dataclass(frozen=True)
class StoredTable:
    """A table with its place on disk, its history and its owner. Times are epoch seconds."""

    id: int
    table: Table
    owner: str
    location: str
    version: int
    created: float
    ddl_time: float
    data_time: float


@dataclass(frozen=True)
class DataFile:
    """One Parquet file of a table: ``path`` is relative to the table's folder.

    ``columns`` maps each column in the file to its compressed size in bytes; ``stats`` is the Delta
    statistics JSON, kept only until the file is committed.
    """

    path: str
    partition: PartitionValues
    size_bytes: int
    rows: int
    columns: dict[str, int]
    stats: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class PartitionInfo:
    """One partition: its values in column order, times in epoch seconds, size and rows of its files."""

    values: PartitionValues
    created: float
    ddl_time: float
    data_time: float
    size_bytes: int = 0
    rows: int = 0
    files: int = 0


@dataclass(frozen=True)
class Project:
    """A project: the unit of ownership, settings and billing. Times are epoch seconds."""

    name: str
    account_id: str
    owner: str
    comment: str
    properties: dict[str, str]
    created: float
    modified: float


@dataclass(frozen=True)
class Schema:
    """A schema of a three-tier project."""

    project: str
    name: str
    owner: str
    comment: str
    created: float
    modified: float


def dump_columns(columns: tuple[Column, ...]) -> str:
    """Columns as the JSON kept in the catalogue."""
    return json.dumps([[c.name, str(c.type), c.comment, c.nullable, c.default] for c in columns])


def load_columns(text: str) -> tuple[Column, ...]:
    """Columns from the JSON kept in the catalogue."""
    return tuple(
        Column(name, _type(kind), comment, nullable, default)
        for name, kind, comment, nullable, default in json.loads(text)
    )


def dump_source(source: ExternalSource) -> str:
    """Where an external table lies, as the catalogue keeps it in the place of a view's text."""
    return json.dumps({"location": source.location, "format": source.format, "options": dict(source.options)})


def load_source(text: str) -> ExternalSource:
    """Where an external table lies, from the catalogue."""
    body = json.loads(text)
    return ExternalSource(body["location"], body["format"], tuple(sorted(body["options"].items())))


def partition_folder(table: Table, values: PartitionValues) -> str:
    """The hive-style folder of a partition, encoded as DuckDB and Spark do."""
    pairs = zip(table.partition_columns, values, strict=True)
    return "/".join(f"{column.name}={quote(value, safe='')}" for column, value in pairs)


def checked_partition(table: Table, values: PartitionValues) -> PartitionValues:
    """The values as a table stores them: numbers without leading zeros. Raises InvalidArgument for what it cannot."""
    return tuple(_checked_value(*pair) for pair in zip(table.partition_columns, values, strict=True))


def _checked_value(column: Column, value: str) -> str:
    if not 0 < len(value) <= limits.PARTITION_VALUE_LENGTH_MAX or value == _NULL_PARTITION:
        raise InvalidArgument(
            f"The value of partition column {column.name} has 1 to {limits.PARTITION_VALUE_LENGTH_MAX} characters, "
            f"and is not {_NULL_PARTITION}"
        )
    try:
        value = _canonical(column.type.name, value)
    except ValueError:
        raise InvalidArgument(f"{value!r} is no {column.type} for the partition column {column.name}") from None
    if len(f"{column.name}={quote(value, safe='')}") > _FOLDER_BYTES_MAX:
        raise InvalidArgument(
            f"The value of partition column {column.name} is too long for the name of a folder, "
            "where a character that is no ASCII letter, digit or one of _.-~ takes three bytes or more: shorten it"
        )
    return value


def _canonical(kind: str, value: str) -> str:
    if kind == "date" and _DATE.fullmatch(value):
        return date.fromisoformat(value).isoformat()
    bits = _INTEGER_BITS.get(kind)
    if bits is None and kind != "date":
        return value
    if bits is None or not _WHOLE.fullmatch(value):
        raise ValueError(value)
    number = int(value)
    if not -(1 << (bits - 1)) <= number < 1 << (bits - 1):
        raise ValueError(value)
    return str(number)


def partition_spec(table: Table, values: PartitionValues) -> str:
    """A partition as the vendor prints it: ``pt=20130509/region=cn``."""
    pairs = zip(table.partition_columns, values, strict=True)
    return "/".join(f"{column.name}={value}" for column, value in pairs)
