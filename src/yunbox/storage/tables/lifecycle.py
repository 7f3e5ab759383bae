"""LIFECYCLE: data that was not modified for so many days is dropped, as the vendor's recycling does.

Partitions of a partitioned table go one by one and the table stays; a table without partitions goes as a whole.
"""

from yunbox.storage.tables.catalogue import Catalogue
from yunbox.storage.tables.model import StoredTable, partition_spec
from yunbox.storage.tables.snapshots import Change, Snapshots

_DAY_S = 24 * 3600.0
_PAGE = 1000
LIFECYCLE_DISABLED = "lifecycle.disabled"
"""The property that names, a line each, the partitions kept however old they are; * is the whole table."""


async def recycle(catalogue: Catalogue, snapshots: Snapshots, now_s: float) -> list[str]:
    """Drop what has outlived its lifecycle; returns the names of the tables and partitions dropped."""
    gone: list[str] = []
    for project in catalogue.projects():
        for schema in catalogue.schemas(project.name):
            for stored in catalogue.tables(project.name, schema.name, limit=_PAGE):
                if stored.table.lifecycle_days and stored.table.kind == "table":
                    gone += await _recycle_table(catalogue, snapshots, stored, now_s)
    return gone


async def _recycle_table(catalogue: Catalogue, snapshots: Snapshots, stored: StoredTable, now_s: float) -> list[str]:
    assert stored.table.lifecycle_days is not None
    deadline = now_s - stored.table.lifecycle_days * _DAY_S
    kept = set(stored.table.properties.get(LIFECYCLE_DISABLED, "").split("\n"))
    if "*" in kept:
        return []
    name = str(stored.table.name)
    if not stored.table.partition_columns:
        if stored.data_time >= deadline:
            return []
        await catalogue.drop_table(stored)
        return [name]
    old = [
        info.values
        for info in catalogue.partition_infos(stored.id)
        if info.data_time < deadline and partition_spec(stored.table, info.values) not in kept
    ]
    if old:
        await snapshots.commit(stored.id, Change("LIFECYCLE", drop=tuple(old)))
    return [f"{name}/{partition_spec(stored.table, values)}" for values in old]
