"""External tables: their rows are objects in OSS, which statements read, write and look for partitions in.

Whoever creates one, loads from or unloads to a location needs the right to its objects; whoever then reads the
table needs the right to the table, as on the real warehouse, where a role stands between the two.
"""

import asyncio
import shutil
from contextlib import suppress
from pathlib import Path

from yunbox.engine.duck.messages import Exported, RunExport
from yunbox.kernel.call import Access, Call
from yunbox.kernel.errors import AlreadyExists, InvalidArgument, NotFound
from yunbox.schema.locations import ExternalSource, split_location
from yunbox.schema.tables import PartitionValues, Table
from yunbox.services.maxcompute.sql import mounted
from yunbox.services.maxcompute.sql.instances import Outcome
from yunbox.services.maxcompute.sql.statement import Statement
from yunbox.services.maxcompute.sql.warehouse import Warehouse
from yunbox.sql.maxcompute import plans
from yunbox.sql.plans import Insert, Unload
from yunbox.storage.objects.listing import Page, Query
from yunbox.storage.objects.model import Bucket
from yunbox.storage.objects.objects import Attributes
from yunbox.storage.tables.folders import is_folder_of, partition_of, partition_prefix
from yunbox.storage.tables.model import checked_partition

_PAGE = 1000


def on_location(warehouse: Warehouse, source: ExternalSource, *actions: str) -> list[Access]:
    """Accesses to the objects of a location."""
    found, prefix = _place(warehouse, source)
    return [Access(f"oss:{action}", f"{found.name}/{prefix}*", found.account_id) for action in actions]


def on_listing(warehouse: Warehouse, source: ExternalSource) -> list[Access]:
    """The access of listing a location."""
    found, prefix = _place(warehouse, source)
    return [Access("oss:ListObjects", found.name, found.account_id, {"oss:Prefix": prefix})]


def _place(warehouse: Warehouse, source: ExternalSource) -> tuple[Bucket, str]:
    """The bucket and prefix of a location. Raises NotFound."""
    bucket, prefix = split_location(source.location)
    found = warehouse.objects.buckets.find(bucket)
    if found is None:
        raise NotFound(f"ODPS-0130071:[0,0] Semantic analysis exception - bucket {bucket} does not exist")
    return found, prefix


def check_columns(table: Table) -> None:
    """Raise for what a text format cannot hold."""
    source = table.source
    if source is None or source.format in ("parquet", "orc", "json"):
        return
    nested = [column.name for column in table.columns if column.type.children]
    if nested:
        raise InvalidArgument(f"Column {nested[0]} is an array, map or struct, which {source.format} cannot hold")


async def write(warehouse: Warehouse, call: Call[Statement], insert: Insert, index: int) -> int:
    """INSERT into an external table: new objects appear, and with OVERWRITE the old ones go, at one moment."""
    stored = warehouse.catalogue.require(insert.target.name)
    source = insert.target.source
    assert source is not None
    folder = _scratch(warehouse, call)
    try:
        done: Exported = await call.params.worker.call(RunExport(folder, index))
        partitions = _written_partitions(insert, done)
        bucket, prefix = split_location(source.location)
        gone = await _replaced(warehouse, insert.target, partitions) if insert.overwrite else []
        named = [(prefix + _folder(insert.target, file.partition) + file.name, file.path) for file in done.files]
        await _publish(warehouse, call, bucket, named, [prefix + folder for folder in gone])
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    if partitions:
        await warehouse.catalogue.add_partitions(stored, partitions, if_not_exists=True)
    return done.rows


def _written_partitions(insert: Insert, done: Exported) -> list[PartitionValues]:
    if not insert.target.partition_columns:
        return []
    fixed = dict(insert.static_partition)
    if fixed:
        values = tuple(fixed[column.name] for column in insert.target.partition_columns)
        return [checked_partition(insert.target, values)]
    return sorted({checked_partition(insert.target, file.partition) for file in done.files})


async def _replaced(warehouse: Warehouse, table: Table, partitions: list[PartitionValues]) -> list[str]:
    """What an INSERT OVERWRITE replaces: the partitions that it writes, and all of a table that has none."""
    if not table.partition_columns:
        return [""]
    written = set(partitions)
    found: list[str] = []
    for path in await _folders(warehouse, table):
        with suppress(InvalidArgument):  # a folder that no partition can be
            found += [path] if partition_of(table, path) in written else []
    return found


def _folder(table: Table, values: PartitionValues) -> str:
    return partition_prefix(table, values) if values else ""


async def unload(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    """UNLOAD: the rows of a query become objects of a location, which must be empty."""
    plan = call.params.plan(Unload)
    bucket, prefix = split_location(plan.target.location)
    there = await _page(warehouse, bucket, Query(prefix, limit=1))
    if len(there) and not _overwrites(call.params):
        raise AlreadyExists(
            f"ODPS-0130071:[0,0] Semantic analysis exception - the location {plan.target.location} is not empty: "
            "choose another, or SET odps.sql.unload.overwrite=true;"
        )
    folder = _scratch(warehouse, call)
    try:
        done: Exported = await call.params.worker.call(RunExport(folder))
        named = [(prefix + file.name, file.path) for file in done.files]
        await _publish(warehouse, call, bucket, named, [prefix] if len(there) else [])
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return Outcome(text="OK", rows=done.rows)


def _overwrites(statement: Statement) -> bool:
    return statement.session.flag("odps.sql.unload.overwrite", False)


def _scratch(warehouse: Warehouse, call: Call[Statement]) -> Path:
    return warehouse.scratch / f"export-{call.request_id}"


async def _publish(
    warehouse: Warehouse, call: Call[Statement], bucket: str, named: list[tuple[str, Path]], gone: list[str]
) -> None:
    """Make objects of files, and remove what lies under some prefixes, in one transaction where there is such."""
    objects = warehouse.objects
    found, owner = objects.buckets.get(bucket), call.principal.account_id
    if found.remote:
        await mounted.publish(warehouse, found, named, gone, owner)
        return
    old: dict[str, str | None] = {key: None for prefix in gone for key in await objects.listing.keys(found, prefix)}
    await objects.objects.publish(found, named, old, Attributes(owner=owner))


async def repair(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    """MSCK REPAIR TABLE: every folder ``name=value`` under the location becomes a partition."""
    plan = call.params.plan(plans.RepairTable)
    stored = warehouse.catalogue.require(plan.name)
    found = {partition_of(stored.table, path) for path in await _folders(warehouse, stored.table)}
    await warehouse.catalogue.add_partitions(stored, sorted(found), if_not_exists=True)
    return Outcome(text=f"OK: {len(found)} partitions")


async def _folders(warehouse: Warehouse, table: Table) -> list[str]:
    """The folders of partitions that there are, ``name=value/name=value/``."""
    if table.source is None:
        raise InvalidArgument(f"{table.name} is no external table")
    bucket, prefix = split_location(table.source.location)
    found = [""]
    for column in table.partition_columns:
        found = [
            f"{path}{folder}/"
            for path in found
            for folder in await _subfolders(warehouse, bucket, prefix + path)
            if is_folder_of(column, folder)
        ]
    return found


async def _page(warehouse: Warehouse, name: str, query: Query) -> Page:
    bucket = warehouse.objects.buckets.get(name)
    return await warehouse.backends.of(bucket).page(bucket, query)


async def _subfolders(warehouse: Warehouse, bucket: str, base: str) -> list[str]:
    folders: list[str] = []
    after = ""
    while True:
        page = await _page(warehouse, bucket, Query(base, "/", after, _PAGE))
        folders += [prefix[len(base) : -1] for prefix in page.prefixes]
        if not page.truncated:
            return folders
        after = page.last
