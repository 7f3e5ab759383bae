"""The folders of partitions below a location, as Hive, Spark and others spell them."""

from collections.abc import Callable
from urllib.parse import quote, unquote

from yunbox.schema.tables import Column, PartitionValues, Table
from yunbox.storage.tables.model import checked_partition

_HIVE_ESCAPES = frozenset(map(chr, (*range(1, 32), 127))) | frozenset("\"#%'*/:=?\\{[]^")


def partition_prefix(table: Table, values: PartitionValues) -> str:
    """The folder of a partition below the location, as Hive and Spark spell it."""
    return _spelled(table, values, _as_hive)


def partition_prefixes(table: Table, values: PartitionValues) -> list[str]:
    """Every folder that is a partition's: writers differ in what they percent-encode of a value."""
    spellings = [_as_hive, lambda value: quote(value, safe="")]
    if not any("/" in value for value in values):
        spellings.append(str)
    return list(dict.fromkeys(_spelled(table, values, spell) for spell in spellings))


def is_folder_of(column: Column, folder: str) -> bool:
    """Whether a folder is one of a partition column's, ``name=value``."""
    return folder.lower().startswith(f"{column.name}=")


def partition_of(table: Table, path: str) -> PartitionValues:
    """The partition of ``name=value/name=value/``, however its values are spelled. Raises InvalidArgument."""
    return checked_partition(table, tuple(unquote(part.partition("=")[2]) for part in path.rstrip("/").split("/")))


def _spelled(table: Table, values: PartitionValues, spell: Callable[[str], str]) -> str:
    pairs = zip(table.partition_columns, values, strict=True)
    return "".join(f"{column.name}={spell(value)}/" for column, value in pairs)


def _as_hive(value: str) -> str:
    return "".join(f"%{ord(c):02X}" if c in _HIVE_ESCAPES else c for c in value)
