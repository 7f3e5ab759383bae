"""Changing the catalogue: projects, schemas, tables and views, each change one transaction."""

import asyncio
import dataclasses
import json
import shutil
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from yunbox.kernel import limits
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import AlreadyExists, Conflict, NotFound
from yunbox.schema.tables import PartitionValues, Table, TableName
from yunbox.storage.database import Database
from yunbox.storage.tables import delta
from yunbox.storage.tables.model import Project, StoredTable, dump_columns, dump_source
from yunbox.storage.tables.reader import CatalogueReader, dump_values

DEFAULT_SCHEMA = "default"
_LOOK_EVERY_S = 0.01  # how late the change of a project in another process is seen


class Catalogue(CatalogueReader):
    """The catalogue as its one writer sees it: the control process."""

    def __init__(self, database: Database, lake: Path, clock: Clock) -> None:
        super().__init__(database.read)
        self._database = database
        self._clock = clock
        self.lake = lake
        self._known: dict[str, Project | None] = {}
        self._known_at = -1
        self._look_again = 0.0

    # -- projects and schemas

    def project(self, name: str) -> Project | None:
        """One project, or None; remembered until this process commits anything, and for no longer than a moment."""
        moment = time.monotonic()
        commits = self._database.commits
        if commits != self._known_at or moment >= self._look_again:
            self._known.clear()
            self._known_at = commits
            self._look_again = moment + _LOOK_EVERY_S
        if name not in self._known:
            self._known[name] = super().project(name)
        return self._known[name]

    async def create_project(
        self, name: str, *, account_id: str, owner: str, comment: str = "", properties: dict[str, str] | None = None
    ) -> Project:
        """Create a project with its schema ``default``."""
        name = limits.check_name(name, "project")
        now = self._clock.time()

        def work(db: sqlite3.Connection) -> None:
            if db.execute("SELECT 1 FROM projects WHERE name = ?", (name,)).fetchone():
                raise AlreadyExists(f"Project '{name}' already exists", project=name)
            db.execute(
                "INSERT INTO projects VALUES (?, ?, ?, ?, ?, ?, ?)",
                (name, account_id, owner, comment, json.dumps(properties or {}), now, now),
            )
            db.execute("INSERT INTO schemas VALUES (?, ?, ?, '', ?, ?)", (name, DEFAULT_SCHEMA, owner, now, now))

        await self._database.write(work)
        project = self.project(name)
        assert project is not None
        return project

    async def set_project(
        self, name: str, *, comment: str | None = None, properties: dict[str, str] | None = None
    ) -> None:
        """Change a project's comment, or merge properties into its own; an empty value removes one."""
        now = self._clock.time()

        def work(db: sqlite3.Connection) -> None:
            row = db.execute("SELECT comment, properties FROM projects WHERE name = ?", (name,)).fetchone()
            if row is None:
                raise NotFound(f"Project '{name}' does not exist", project=name)
            merged = {**json.loads(row["properties"]), **(properties or {})}
            kept = {key: value for key, value in merged.items() if value != ""}
            new_comment = row["comment"] if comment is None else comment
            db.execute(
                "UPDATE projects SET comment = ?, properties = ?, modified = ? WHERE name = ?",
                (new_comment, json.dumps(kept), now, name),
            )

        await self._database.write(work)

    async def drop_project(self, name: str) -> None:
        """Drop a project that has no tables left."""

        def work(db: sqlite3.Connection) -> None:
            if db.execute("SELECT 1 FROM tables WHERE project = ? LIMIT 1", (name,)).fetchone():
                raise Conflict(f"Project '{name}' still has tables: drop them first")
            if not db.execute("DELETE FROM projects WHERE name = ?", (name,)).rowcount:
                raise NotFound(f"Project '{name}' does not exist", project=name)

        await self._database.write(work)

    async def create_schema(
        self, project: str, name: str, *, owner: str, comment: str = "", if_not_exists: bool = False
    ) -> None:
        """Create a schema in a project."""
        name = limits.check_name(name, "schema")
        now = self._clock.time()

        def work(db: sqlite3.Connection) -> None:
            if db.execute("SELECT 1 FROM schemas WHERE project = ? AND name = ?", (project, name)).fetchone():
                if if_not_exists:
                    return
                raise AlreadyExists(f"Schema '{name}' already exists", schema=name)
            db.execute("INSERT INTO schemas VALUES (?, ?, ?, ?, ?, ?)", (project, name, owner, comment, now, now))

        await self._database.write(work)

    async def drop_schema(self, project: str, name: str, *, if_exists: bool = False) -> None:
        """Drop an empty schema; ``default`` stays."""
        if name == DEFAULT_SCHEMA:
            raise Conflict("The schema 'default' cannot be dropped")

        def work(db: sqlite3.Connection) -> None:
            found = "SELECT 1 FROM tables WHERE project = ? AND schema = ? LIMIT 1"
            if db.execute(found, (project, name)).fetchone():
                raise Conflict(f"Schema '{name}' still has tables: drop them first")
            gone = db.execute("DELETE FROM schemas WHERE project = ? AND name = ?", (project, name)).rowcount
            if not gone and not if_exists:
                raise NotFound(f"Schema '{name}' does not exist", schema=name)

        await self._database.write(work)

    # -- tables and views

    async def insert_table(
        self, table: Table, *, owner: str, location: Path | None, replaced: StoredTable | None = None
    ) -> StoredTable:
        """Record a table whose folder exists, or a view. Raises AlreadyExists when the name is taken, unless by the
        table that is ``replaced``, which goes in the same moment."""
        now = self._clock.time()

        def work(db: sqlite3.Connection) -> None:
            if replaced is not None:
                db.execute("DELETE FROM tables WHERE id = ?", (replaced.id,))
            _insert_table(db, table, owner, str(location or ""), now)

        await self._database.write(work)
        if replaced is not None and replaced.location:
            await asyncio.to_thread(shutil.rmtree, replaced.location, ignore_errors=True)
        return self.require(table.name)

    def require(self, name: TableName) -> StoredTable:
        """A table or view that must exist."""
        found = self.stored(name)
        if found is None:
            raise NotFound(f"Table not found - table {name} cannot be resolved", table=str(name))
        return found

    async def drop_table(self, stored: StoredTable) -> None:
        """Forget a table at once; its folder goes afterwards."""

        def work(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM tables WHERE id = ?", (stored.id,))

        await self._database.write(work)
        if stored.location:
            await asyncio.to_thread(shutil.rmtree, stored.location, ignore_errors=True)

    async def update_table(self, stored: StoredTable, table: Table, **extra: Any) -> StoredTable:
        """Replace what is recorded of a table, its name included."""
        now = self._clock.time()

        def work(db: sqlite3.Connection) -> None:
            if table.name != stored.table.name and _find(db, table.name):
                raise AlreadyExists(f"Table {table.name} already exists", table=str(table.name))
            values = {**_row(table), **extra, "ddl_time": now}
            names = ", ".join(f"{name} = ?" for name in values)
            db.execute(f"UPDATE tables SET {names} WHERE id = ?", (*values.values(), stored.id))

        await self._database.write(work)
        return self.require(table.name)

    # -- partitions

    async def add_partitions(
        self, stored: StoredTable, partitions: Sequence[PartitionValues], *, if_not_exists: bool
    ) -> None:
        """Add empty partitions: all of them, or none."""
        now = self._clock.time()

        def work(db: sqlite3.Connection) -> None:
            for values in partitions:
                key = (stored.id, dump_values(values))
                done = db.execute("INSERT OR IGNORE INTO partitions VALUES (?, ?, ?, ?, ?)", (*key, now, now, now))
                if not done.rowcount and not if_not_exists:
                    raise AlreadyExists(f"Partition already exists, existed values: {list(values)}")
            count = db.execute("SELECT count(*) FROM partitions WHERE table_id = ?", (stored.id,)).fetchone()[0]
            if count > limits.PARTITIONS_MAX:
                raise Conflict(f"A table has at most {limits.PARTITIONS_MAX} partitions")

        await self._database.write(work)

    async def forget_partitions(self, stored: StoredTable, partitions: Sequence[PartitionValues]) -> None:
        """Forget partitions of an external table; what lies in them is not ours."""
        keys = [(stored.id, dump_values(values)) for values in partitions]
        sql = 'DELETE FROM partitions WHERE table_id = ? AND "values" = ?'
        await self._database.write(lambda db: db.executemany(sql, keys))

    async def touch(self, stored: StoredTable, partition: PartitionValues | None) -> None:
        """Set the last-modified time of a table or partition to now."""
        now = self._clock.time()

        def work(db: sqlite3.Connection) -> None:
            if partition is None:
                db.execute("UPDATE tables SET data_time = ? WHERE id = ?", (now, stored.id))
                return
            db.execute(
                'UPDATE partitions SET data_time = ? WHERE table_id = ? AND "values" = ?',
                (now, stored.id, dump_values(partition)),
            )

        await self._database.write(work)


def first_commit(table: Table, location: Path, now_s: float) -> None:
    """Create the folder and Delta log of a new, empty table."""
    delta.make_folder(location)
    delta.commit(location, 0, [*delta.creation(table, now_s), delta.commit_info("CREATE TABLE", now_s)])


def renamed(table: Table, name: str) -> Table:
    """The same table under another name in the same schema."""
    return dataclasses.replace(table, name=dataclasses.replace(table.name, name=name))


def _find(db: sqlite3.Connection, name: TableName) -> bool:
    sql = "SELECT 1 FROM tables WHERE project = ? AND schema = ? AND name = ?"
    return db.execute(sql, (name.project, name.schema, name.name)).fetchone() is not None


def _row(table: Table) -> dict[str, Any]:
    return {
        "project": table.name.project,
        "schema": table.name.schema,
        "name": table.name.name,
        "kind": table.kind,
        "columns": dump_columns(table.columns),
        "partition_columns": dump_columns(table.partition_columns),
        "primary_key": json.dumps(table.primary_key),
        "view_text": dump_source(table.source) if table.source else table.view_text,
        "comment": table.comment,
        "lifecycle_days": table.lifecycle_days,
        "properties": json.dumps(table.properties),
    }


def _insert_table(db: sqlite3.Connection, table: Table, owner: str, location: str, now: float) -> None:
    name = table.name
    schema = db.execute("SELECT 1 FROM schemas WHERE project = ? AND name = ?", (name.project, name.schema))
    if schema.fetchone() is None:
        raise NotFound(f"Schema '{name.project}.{name.schema}' does not exist", schema=name.schema)
    if _find(db, name):
        raise AlreadyExists(f"Table or view already exists - table {name}", table=str(name))
    values = {
        **_row(table),
        "owner": owner,
        "location": location,
        "created": now,
        "ddl_time": now,
        "data_time": now,
    }
    marks = ", ".join("?" * len(values))
    db.execute(f"INSERT INTO tables ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))
