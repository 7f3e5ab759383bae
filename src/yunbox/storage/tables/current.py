"""A table as it is now, for processes that read and never write: its files, and the commits that the index has missed.

Whoever commits writes the log first and the index behind it, so a reader may find a commit that is in the log alone. It
applies that to what it has read, and leaves the index to its writer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from yunbox.schema.tables import PartitionValues, Table, TableName
from yunbox.storage.tables import delta
from yunbox.storage.tables.model import DataFile, StoredTable
from yunbox.storage.tables.reader import CatalogueReader
from yunbox.storage.tables.snapshots import replayed

_ATTEMPTS_MAX = 50


@dataclass(frozen=True)
class Current:
    """One version of a table: its files, and its partitions, those without files too."""

    table: Table
    location: Path
    files: tuple[DataFile, ...]
    partitions: frozenset[PartitionValues]


def current(reader: CatalogueReader, name: TableName) -> Current | None:
    """The present version of a table with rows of its own; None where there is none of that name."""
    for _ in range(_ATTEMPTS_MAX):
        stored = reader.stored(name)
        if stored is None:
            return None
        files = {file.path: file for file in reader.files(stored.id)}
        partitions = set(reader.partitions(name))
        now = reader.by_id(stored.id)
        if now is not None and (now.version, now.table) == (stored.version, stored.table):
            table = _caught_up(stored, files, partitions)
            return Current(table, Path(stored.location), tuple(files.values()), frozenset(partitions))
    return None


def _caught_up(stored: StoredTable, files: dict[str, DataFile], partitions: set[PartitionValues]) -> Table:
    """Apply what the log has behind the index; the table as it is then."""
    table = stored.table
    for actions in _behind(stored):
        change = replayed(table, actions)
        for path in delta.removed_paths(actions):
            files.pop(path, None)
        files |= {file.path: file for file in change.add}
        partitions |= {*change.ensure, *(file.partition for file in change.add if table.partition_columns)}
        partitions -= set(change.drop)
        table = change.table or table
    return table


def _behind(stored: StoredTable) -> Iterator[list[dict[str, object]]]:
    version = stored.version
    while stored.location and (actions := delta.read_commit(Path(stored.location), version + 1)):
        yield actions
        version += 1
