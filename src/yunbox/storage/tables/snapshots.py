"""Committing files to tables: one queue per table, the Delta log first, then its index.

The log is the truth. A commit that is in the log but not in the index (a crash, another writer) is replayed
before the next use of the table, so a reader of the index never sees half of one.
"""

import asyncio
import dataclasses
import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import Conflict, NotFound
from yunbox.schema.tables import Column, PartitionValues, Table
from yunbox.storage.database import Database
from yunbox.storage.tables import delta
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.storage.tables.model import DataFile, StoredTable, dump_columns, load_columns
from yunbox.storage.tables.reader import dump_values

_ATTEMPTS_MAX = 50


@dataclass(frozen=True)
class Change:
    """What one commit does.

    - ``add``: new files.
    - ``replace``: partitions whose present files go (INSERT OVERWRITE); ``replace_all``: the whole table's.
    - ``remove_paths``: files that must still be there, or the commit is refused: UPDATE, DELETE and compaction
      rewrote what they had read. With ``only`` there must be no others.
    - ``ensure``: partitions that exist afterwards even when no file is in them; ``drop``: those that do not.
    - ``table``: the table's new columns; ``columns``: those that the new files have, and the commit is refused when
      the table has others by now.
    """

    operation: str
    add: tuple[DataFile, ...] = ()
    replace: tuple[PartitionValues, ...] = ()
    replace_all: bool = False
    remove_paths: tuple[str, ...] = ()
    ensure: tuple[PartitionValues, ...] = ()
    drop: tuple[PartitionValues, ...] = ()
    table: Table | None = None
    only: bool = False
    columns: tuple[Column, ...] | None = None


class Snapshots:
    """The only writer of Delta logs."""

    def __init__(self, database: Database, catalogue: Catalogue, clock: Clock) -> None:
        self._database = database
        self._catalogue = catalogue
        self._clock = clock
        self._queues: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def refresh(self, table_id: int) -> None:
        """Bring the index up to the log, if another writer or a crash has left it behind."""
        stored = self._catalogue.by_id(table_id)
        if stored is not None and _is_behind(stored):
            async with self._queues[table_id]:
                await self._replay(table_id)

    async def commit(self, table_id: int, change: Change) -> None:
        """Commit a change: when this returns it is on disk, and before it does nobody sees any of it.

        Raises NotFound when the table was dropped meanwhile, Conflict when a file to be removed is gone.
        """
        async with self._queues[table_id]:
            for _ in range(_ATTEMPTS_MAX):
                stored = await self._replay(table_id)
                removed = self._removed(stored, change)
                try:
                    await asyncio.to_thread(self._write_log, stored, change, removed)
                except delta.VersionTaken:
                    continue
                await self._database.write(partial(self._index, stored=stored, change=change, removed=removed))
                return
        raise Conflict("The table is being changed by another writer: try again")

    async def _replay(self, table_id: int) -> StoredTable:
        stored = self._catalogue.by_id(table_id)
        if stored is None:
            raise NotFound("Table not found - the table was dropped while it was being written")
        while stored.location and (actions := delta.read_commit(Path(stored.location), stored.version + 1)):
            change = replayed(stored.table, actions)
            removed = delta.removed_paths(actions)
            await self._database.write(partial(self._index, stored=stored, change=change, removed=removed))
            stored = self._catalogue.by_id(table_id)
            if stored is None:
                raise NotFound("Table not found - the table was dropped while it was being written")
        return stored

    def _removed(self, stored: StoredTable, change: Change) -> list[str]:
        if change.columns is not None and not _same_columns(change.columns, stored.table.columns):
            raise Conflict("The columns of the table were changed while it was being written: try again")
        if change.replace_all:
            return [file.path for file in self._catalogue.files(stored.id)]
        replaced = (*change.replace, *change.drop)
        paths = [file.path for file in self._catalogue.files(stored.id, replaced)] if replaced else []
        if change.remove_paths or change.only:
            present = {file.path for file in self._catalogue.files(stored.id)}
            if not present.issuperset(change.remove_paths) or (change.only and len(present) > len(change.remove_paths)):
                raise Conflict("The table was changed while its files were being rewritten: try again")
            paths += change.remove_paths
        return paths

    def _write_log(self, stored: StoredTable, change: Change, removed: Sequence[str]) -> None:
        now = self._clock.time()
        actions = [delta.commit_info(change.operation, now, _note(change))]
        if change.table is not None:
            actions.append(delta.metadata(change.table, str(stored.id), now))
        actions += [delta.remove(path, now) for path in removed]
        actions += [delta.add(change.table or stored.table, file, now) for file in change.add]
        delta.commit(Path(stored.location), stored.version + 1, actions)

    def _index(self, db: sqlite3.Connection, stored: StoredTable, change: Change, removed: Sequence[str]) -> None:
        now = self._clock.time()
        table_id = stored.id
        db.executemany("DELETE FROM files WHERE table_id = ? AND path = ?", [(table_id, path) for path in removed])
        dead = [(str(Path(stored.location) / path), now) for path in removed]
        db.executemany("INSERT OR REPLACE INTO dead_files VALUES (?, ?)", dead)
        db.executemany(
            "INSERT OR REPLACE INTO files (table_id, path, partition, size_bytes, rows, columns)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [_file_row(table_id, file) for file in change.add],
        )
        if stored.table.partition_columns:
            self._index_partitions(db, table_id, change, now)
        only_columns = change.table is not None and not change.add and not removed
        times = (stored.version + 1, stored.data_time if only_columns else now, table_id)
        db.execute("UPDATE tables SET version = ?, data_time = ? WHERE id = ?", times)
        if change.table is not None:
            columns = dump_columns(change.table.columns)
            db.execute("UPDATE tables SET columns = ?, ddl_time = ? WHERE id = ?", (columns, now, table_id))

    def _index_partitions(self, db: sqlite3.Connection, table_id: int, change: Change, now: float) -> None:
        written = {file.partition for file in change.add} | set(change.ensure) | set(change.replace)
        db.executemany(
            'INSERT INTO partitions VALUES (?, ?, ?, ?, ?) ON CONFLICT (table_id, "values")'
            " DO UPDATE SET data_time = excluded.data_time",
            [(table_id, dump_values(values), now, now, now) for values in sorted(written)],
        )
        db.executemany(
            'DELETE FROM partitions WHERE table_id = ? AND "values" = ?',
            [(table_id, dump_values(values)) for values in change.drop],
        )


def _same_columns(one: tuple[Column, ...], other: tuple[Column, ...]) -> bool:
    return [(column.name, column.type) for column in one] == [(column.name, column.type) for column in other]


def _note(change: Change) -> dict[str, Any]:
    """What the Delta actions do not say, kept in the commit so that a replay applies the whole change."""
    note: dict[str, Any] = {}
    ensured = {*change.ensure, *change.replace}
    if ensured:
        note["ensure"] = sorted(ensured)
    if change.drop:
        note["drop"] = change.drop
    if change.table is not None:
        note["columns"] = dump_columns(change.table.columns)
    return note


def replayed(table: Table, actions: list[dict[str, Any]]) -> Change:
    """What a commit of the log does to a table; what it removes stands in the actions."""
    notes = [action["commitInfo"].get("yunbox", {}) for action in actions if action.get("commitInfo")]
    note = notes[0] if notes else {}
    changed = dataclasses.replace(table, columns=load_columns(note["columns"])) if "columns" in note else None
    return Change(
        "REPLAY",
        add=tuple(delta.added_files(changed or table, actions)),
        ensure=tuple(map(tuple, note.get("ensure", ()))),
        drop=tuple(map(tuple, note.get("drop", ()))),
        table=changed,
    )


def _is_behind(stored: StoredTable) -> bool:
    return bool(stored.location) and delta.commit_path(Path(stored.location), stored.version + 1).exists()


def _file_row(table_id: int, file: DataFile) -> tuple[int, str, str, int, int, str]:
    columns = json.dumps(file.columns)
    return (table_id, file.path, dump_values(file.partition), file.size_bytes, file.rows, columns)
