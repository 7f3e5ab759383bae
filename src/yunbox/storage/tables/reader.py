"""Reading the catalogue and the snapshot index: what every process may do, workers included."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from yunbox.schema.tables import PartitionValues, Table, TableName
from yunbox.storage.database import connect
from yunbox.storage.tables.model import (
    DataFile,
    PartitionInfo,
    Project,
    Schema,
    StoredTable,
    load_columns,
    load_source,
)

Read = Callable[..., list[sqlite3.Row]]
_IN_LIST_MAX = 500


class CatalogueReader:
    """The planner's Catalog, and the files behind each table, over any way of reading the database."""

    def __init__(self, read: Read) -> None:
        self._read = read

    def projects(self) -> list[Project]:
        """Every project, by name."""
        return [_project(row) for row in self._read("SELECT * FROM projects ORDER BY name")]

    def project(self, name: str) -> Project | None:
        """One project, or None."""
        rows = self._read("SELECT * FROM projects WHERE name = ?", name.lower())
        return _project(rows[0]) if rows else None

    def schemas(self, project: str) -> list[Schema]:
        """The schemas of a project, by name."""
        rows = self._read("SELECT * FROM schemas WHERE project = ? ORDER BY name", project.lower())
        return [Schema(**{key: row[key] for key in Schema.__dataclass_fields__}) for row in rows]

    def stored(self, name: TableName) -> StoredTable | None:
        """A table or view with its place and history, or None."""
        rows = self._read(
            "SELECT * FROM tables WHERE project = ? AND schema = ? AND name = ?",
            name.project, name.schema, name.name,
        )  # fmt: skip
        return _stored(rows[0]) if rows else None

    def by_id(self, table_id: int) -> StoredTable | None:
        """A table by its id, whatever it is called now."""
        rows = self._read("SELECT * FROM tables WHERE id = ?", table_id)
        return _stored(rows[0]) if rows else None

    def table(self, name: TableName) -> Table | None:
        """A table or view as the planner sees it, or None."""
        found = self.stored(name)
        return found.table if found else None

    def tables(
        self, project: str, schema: str, *, after: str = "", limit: int = 1000, prefix: str = "", owner: str = ""
    ) -> list[StoredTable]:
        """A page of the tables of a schema, by name, after the given name."""
        rows = self._read(
            "SELECT * FROM tables WHERE project = ? AND schema = ? AND name > ? AND substr(name, 1, ?) = ?"
            " AND (? = '' OR owner = ?) ORDER BY name LIMIT ?",
            project, schema, after, len(prefix), prefix, owner, owner, limit,
        )  # fmt: skip
        return [_stored(row) for row in rows]

    def partitions(self, name: TableName) -> Sequence[PartitionValues]:
        """The values of every partition, sorted."""
        rows = self._read(
            'SELECT "values" FROM partitions WHERE table_id = '
            "(SELECT id FROM tables WHERE project = ? AND schema = ? AND name = ?)",
            name.project, name.schema, name.name,
        )  # fmt: skip
        if not rows:
            return []
        return sorted(map(tuple, json.loads(f"[{','.join(row[0] for row in rows)}]")))

    def newest_partition(self, name: TableName) -> PartitionValues | None:
        """The last partition, in their order, that holds rows."""
        rows = self._read(
            "SELECT DISTINCT partition FROM files WHERE rows > 0 AND table_id = "
            "(SELECT id FROM tables WHERE project = ? AND schema = ? AND name = ?)",
            name.project, name.schema, name.name,
        )  # fmt: skip
        return max((tuple(json.loads(row[0])) for row in rows), default=None)

    def partition_infos(self, table_id: int, values: PartitionValues | None = None) -> list[PartitionInfo]:
        """Partitions with their sizes, sorted; one of them, or none, when ``values`` is given."""
        where = "" if values is None else 'AND p."values" = ?'
        params = [] if values is None else [dump_values(values)]
        rows = self._read(
            'SELECT p."values", p.created, p.ddl_time, p.data_time, coalesce(sum(f.size_bytes), 0) AS size_bytes,'
            " coalesce(sum(f.rows), 0) AS rows, count(f.path) AS files FROM partitions p"
            ' LEFT JOIN files f ON f.table_id = p.table_id AND f.partition = p."values"'
            f' WHERE p.table_id = ? {where} GROUP BY p."values"',
            table_id, *params,
        )  # fmt: skip
        infos = [_partition(row) for row in rows]
        return sorted(infos, key=lambda info: info.values)

    def files(self, table_id: int, partitions: Sequence[PartitionValues] | None = None) -> list[DataFile]:
        """The files of a table, or of some of its partitions, in the order they were committed."""
        if partitions is None:
            rows = self._read("SELECT * FROM files WHERE table_id = ? ORDER BY sequence", table_id)
            return [_file(row) for row in rows]
        found: list[sqlite3.Row] = []
        keys = [dump_values(values) for values in partitions]
        for start in range(0, len(keys), _IN_LIST_MAX):
            chunk = keys[start : start + _IN_LIST_MAX]
            marks = ",".join("?" * len(chunk))
            found += self._read(f"SELECT * FROM files WHERE table_id = ? AND partition IN ({marks})", table_id, *chunk)
        return [_file(row) for row in sorted(found, key=lambda row: row["sequence"])]

    def size(self, table_id: int) -> tuple[int, int, int]:
        """A table's bytes, rows and number of files."""
        row = self._read(
            "SELECT coalesce(sum(size_bytes), 0), coalesce(sum(rows), 0), count(*) FROM files WHERE table_id = ?",
            table_id,
        )[0]
        return row[0], row[1], row[2]

    def project_bytes(self, project: str) -> int:
        """The bytes of all tables of a project."""
        sql = "SELECT coalesce(sum(size_bytes), 0) FROM files JOIN tables ON tables.id = table_id WHERE project = ?"
        return self._read(sql, project)[0][0]

    def function_exists(self, project: str, name: str) -> bool:
        """Whether a user-defined function of that name is registered in the project."""
        return bool(self._read("SELECT 1 FROM functions WHERE project = ? AND name = ?", project, name.lower()))


def open_reader(path: Path) -> CatalogueReader:
    """A reader with a connection of its own, for a worker process."""
    db = connect(path, read_only=True)
    return CatalogueReader(lambda sql, *params: db.execute(sql, params).fetchall())


def dump_values(values: PartitionValues) -> str:
    """Partition values as the key kept in the database."""
    return json.dumps(list(values), ensure_ascii=False)


def _project(row: sqlite3.Row) -> Project:
    fields: dict[str, Any] = {key: row[key] for key in Project.__dataclass_fields__}
    return Project(**{**fields, "properties": json.loads(row["properties"])})


def _stored(row: sqlite3.Row) -> StoredTable:
    table = Table(
        name=TableName(row["project"], row["schema"], row["name"]),
        columns=load_columns(row["columns"]),
        partition_columns=load_columns(row["partition_columns"]),
        kind=row["kind"],
        view_text=row["view_text"] if row["kind"] == "view" else None,
        comment=row["comment"],
        lifecycle_days=row["lifecycle_days"],
        properties=json.loads(row["properties"]),
        primary_key=tuple(json.loads(row["primary_key"])),
        source=load_source(row["view_text"]) if row["kind"] == "external" else None,
    )
    return StoredTable(
        id=row["id"],
        table=table,
        owner=row["owner"],
        location=row["location"],
        version=row["version"],
        created=row["created"],
        ddl_time=row["ddl_time"],
        data_time=row["data_time"],
    )


def _partition(row: sqlite3.Row) -> PartitionInfo:
    fields: dict[str, Any] = {key: row[key] for key in PartitionInfo.__dataclass_fields__ if key != "values"}
    return PartitionInfo(values=tuple(json.loads(row["values"])), **fields)


def _file(row: sqlite3.Row) -> DataFile:
    return DataFile(
        path=row["path"],
        partition=tuple(json.loads(row["partition"])),
        size_bytes=row["size_bytes"],
        rows=row["rows"],
        columns=json.loads(row["columns"]),
    )
