"""ALTER TABLE: one action each, on its columns, its partitions or what is said of it."""

import dataclasses
import os
import uuid
from pathlib import Path
from typing import Any

from yunbox.engine.duck.messages import RewriteFiles, Written
from yunbox.kernel import limits
from yunbox.kernel.call import Call
from yunbox.kernel.errors import AlreadyExists, NotFound, Unsupported
from yunbox.schema.tables import Column, PartitionValues
from yunbox.services.maxcompute.sql.checks import check_internal, check_table_columns, location, require_partitions
from yunbox.services.maxcompute.sql.instances import Outcome
from yunbox.services.maxcompute.sql.statement import Statement
from yunbox.services.maxcompute.sql.warehouse import Warehouse
from yunbox.sql.maxcompute import plans
from yunbox.storage.files import sync_folder
from yunbox.storage.tables.catalogue import renamed
from yunbox.storage.tables.lifecycle import LIFECYCLE_DISABLED
from yunbox.storage.tables.model import DataFile, StoredTable, checked_partition, partition_folder, partition_spec
from yunbox.storage.tables.snapshots import Change


async def alter_table(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    """ALTER TABLE: one action each."""
    plan = call.params.plan(plans.AlterTable)
    stored = warehouse.catalogue.stored(plan.name)
    if stored is None:
        raise NotFound(f"ODPS-0130131:[0,0] Table not found - table {plan.name} cannot be resolved")
    if stored.table.source is not None and type(plan.action) not in _ALTER_EXTERNAL:
        check_internal(stored.table)
    handler = _ALTER.get(type(plan.action))
    if handler is None:
        raise Unsupported(f"ALTER TABLE {type(plan.action).__name__} is not supported")
    await handler(warehouse, call.params, stored, plan.action)
    return Outcome(text="OK")


async def _replace(warehouse: Warehouse, stored: StoredTable, **changes: Any) -> None:
    await warehouse.catalogue.update_table(stored, dataclasses.replace(stored.table, **changes))


async def _rename(warehouse: Warehouse, statement: Statement, stored: StoredTable, action: Any) -> None:
    name = limits.check_name(action.new.name, "table")
    await warehouse.catalogue.update_table(stored, renamed(stored.table, name))


async def _set_comment(warehouse: Warehouse, statement: Statement, stored: StoredTable, action: Any) -> None:
    await _replace(warehouse, stored, comment=action.comment)


async def _set_lifecycle(warehouse: Warehouse, statement: Statement, stored: StoredTable, action: Any) -> None:
    await _replace(warehouse, stored, lifecycle_days=action.days)


async def _enable_lifecycle(warehouse: Warehouse, statement: Statement, stored: StoredTable, action: Any) -> None:
    """A partition, or the whole table, whose lifecycle is disabled is kept however old it is."""
    if action.partition:
        names = dict(action.partition)
        values = tuple(names.get(column.name, "") for column in stored.table.partition_columns)
        require_partitions(warehouse.catalogue, stored, [values])
    disabled = set(filter(None, stored.table.properties.get(LIFECYCLE_DISABLED, "").split("\n")))
    key = "/".join(f"{name}={value}" for name, value in action.partition) if action.partition else "*"
    disabled = disabled - {key} if action.enabled else disabled | {key}
    properties = {**stored.table.properties, LIFECYCLE_DISABLED: "\n".join(sorted(disabled))}
    await _replace(warehouse, stored, properties={k: v for k, v in properties.items() if v})


async def _set_properties(warehouse: Warehouse, statement: Statement, stored: StoredTable, action: Any) -> None:
    await _replace(warehouse, stored, properties={**stored.table.properties, **dict(action.properties)})


async def _change_owner(warehouse: Warehouse, statement: Statement, stored: StoredTable, action: Any) -> None:
    await warehouse.catalogue.update_table(stored, stored.table, owner=action.owner)


async def _touch(warehouse: Warehouse, statement: Statement, stored: StoredTable, action: Any) -> None:
    if action.partition is not None:
        require_partitions(warehouse.catalogue, stored, [action.partition])
    await warehouse.catalogue.touch(stored, action.partition)


async def _set_column_comment(warehouse: Warehouse, statement: Statement, stored: StoredTable, action: Any) -> None:
    columns = tuple(
        dataclasses.replace(column, comment=action.comment) if column.name == action.column else column
        for column in stored.table.columns
    )
    await _commit_columns(warehouse, stored, columns)


async def _set_column_nullable(warehouse: Warehouse, statement: Statement, stored: StoredTable, action: Any) -> None:
    columns = tuple(
        dataclasses.replace(column, nullable=True) if column.name == action.column else column
        for column in stored.table.columns
    )
    await _commit_columns(warehouse, stored, columns)


async def _add_columns(warehouse: Warehouse, statement: Statement, stored: StoredTable, action: Any) -> None:
    """New columns are NULL in the rows that exist; no file is written."""
    present = {column.name for column in stored.table.all_columns}
    added = [c for c in action.columns if c.name not in present or not action.if_not_exists]
    table = dataclasses.replace(stored.table, columns=(*stored.table.columns, *added))
    check_table_columns(table)
    await _commit_columns(warehouse, stored, table.columns)


async def _commit_columns(warehouse: Warehouse, stored: StoredTable, columns: tuple[Column, ...]) -> None:
    table = dataclasses.replace(stored.table, columns=columns)
    await warehouse.commit(stored, Change("ALTER TABLE", table=table))


async def _rewrite_columns(
    warehouse: Warehouse, statement: Statement, stored: StoredTable, sources: list[tuple[Column, str]]
) -> None:
    """Write every file again under new names or types, so that any reader of Parquet sees the new columns."""
    columns = tuple(column for column, _ in sources)
    table = dataclasses.replace(stored.table, columns=columns)
    check_table_columns(table)
    files = tuple(warehouse.catalogue.files(stored.id))
    pairs = tuple((column.name, source) for column, source in sources)
    request = RewriteFiles(stored.table, table, location(stored), files, pairs)
    written: Written = await statement.worker.call(request)
    paths = tuple(file.path for file in files)
    await warehouse.commit(stored, Change("ALTER TABLE", add=written.files, remove_paths=paths, only=True, table=table))


def _column(stored: StoredTable, name: str) -> Column:
    found = next((column for column in stored.table.columns if column.name == name), None)
    if found is None:
        raise NotFound(f"ODPS-0130071:[0,0] Semantic analysis exception - column {name} cannot be resolved")
    return found


async def _drop_columns(warehouse: Warehouse, statement: Statement, stored: StoredTable, action: Any) -> None:
    gone = {_column(stored, name).name for name in action.names}
    await _rewrite_columns(
        warehouse, statement, stored, [(c, c.name) for c in stored.table.columns if c.name not in gone]
    )


async def _rename_column(warehouse: Warehouse, statement: Statement, stored: StoredTable, action: Any) -> None:
    _column(stored, action.old)
    sources = [
        (dataclasses.replace(c, name=action.new) if c.name == action.old else c, c.name) for c in stored.table.columns
    ]
    await _rewrite_columns(warehouse, statement, stored, sources)


async def _change_column(warehouse: Warehouse, statement: Statement, stored: StoredTable, action: Any) -> None:
    old = _column(stored, action.old)
    new = dataclasses.replace(action.column, nullable=old.nullable if action.nullable is None else action.nullable)
    if new.type == old.type and new.name == old.name:
        await _commit_columns(warehouse, stored, tuple(new if c.name == old.name else c for c in stored.table.columns))
        return
    sources = [(new if c.name == old.name else c, c.name) for c in stored.table.columns]
    await _rewrite_columns(warehouse, statement, stored, sources)


async def _add_partitions(warehouse: Warehouse, statement: Statement, stored: StoredTable, action: Any) -> None:
    partitions = [checked_partition(stored.table, values) for values in action.partitions]
    try:
        await warehouse.catalogue.add_partitions(stored, partitions, if_not_exists=action.if_not_exists)
    except AlreadyExists as error:
        raise AlreadyExists(
            f"ODPS-0110061: Failed to run ddltask - AlreadyExistsException(message:{error.message})",
            code="ODPS-0110061",
        ) from None


async def _drop_partitions(warehouse: Warehouse, statement: Statement, stored: StoredTable, action: Any) -> None:
    existing = set(warehouse.catalogue.partitions(stored.table.name))
    wanted = [checked_partition(stored.table, values) for values in action.partitions]
    missing = [values for values in wanted if values not in existing]
    if missing and not action.if_exists:
        require_partitions(warehouse.catalogue, stored, missing)
    gone = tuple(values for values in wanted if values in existing)
    if gone and stored.table.source is not None:
        await warehouse.catalogue.forget_partitions(stored, gone)
    elif gone:
        await warehouse.commit(stored, Change("DROP PARTITION", drop=gone))


async def _rename_partition(warehouse: Warehouse, statement: Statement, stored: StoredTable, action: Any) -> None:
    require_partitions(warehouse.catalogue, stored, [action.old])
    new = checked_partition(stored.table, action.new)
    if new in set(warehouse.catalogue.partitions(stored.table.name)):
        raise AlreadyExists(f"Partition {partition_spec(stored.table, new)} already exists")
    files = warehouse.catalogue.files(stored.id, [action.old])
    moved = tuple([_relink(stored, file, new) for file in files])
    change = Change("RENAME PARTITION", add=moved, drop=(action.old,), ensure=(new,))
    await warehouse.commit(stored, change)


async def _merge_partitions(warehouse: Warehouse, statement: Statement, stored: StoredTable, action: Any) -> None:
    """The files of the sources go over to the target, whose own are replaced unless it is one of the sources."""
    target = checked_partition(stored.table, action.target)
    gone = tuple(values for values in action.sources if values != target)
    if not gone:
        return
    files = warehouse.catalogue.files(stored.id, list(gone))
    moved = tuple([_relink(stored, file, target) for file in files])
    replaced = () if target in action.sources else (target,)
    await warehouse.commit(stored, Change("MERGE PARTITION", moved, replace=replaced, drop=gone, ensure=(target,)))


async def _merge(warehouse: Warehouse, statement: Statement, stored: StoredTable, action: Any) -> None:
    """Merge the small files of each partition into one."""
    chosen = None if action.partition is None else [action.partition]
    require_partitions(warehouse.catalogue, stored, chosen or [])
    files = tuple(warehouse.catalogue.files(stored.id, chosen))
    counts: dict[PartitionValues, int] = {}
    for file in files:
        counts[file.partition] = counts.get(file.partition, 0) + 1
    small = tuple(file for file in files if counts[file.partition] > 1)
    if not small:
        return
    names = tuple((column.name, column.name) for column in stored.table.columns)
    request = RewriteFiles(stored.table, stored.table, location(stored), small, names)
    written: Written = await statement.worker.call(request)
    paths = tuple(file.path for file in small)
    await warehouse.commit(stored, Change("MERGE SMALLFILES", add=written.files, remove_paths=paths))


_ALTER_EXTERNAL = (
    plans.AddPartitions, plans.DropPartitions, plans.RenameTable, plans.SetComment, plans.SetProperties,
    plans.ChangeOwner, plans.Touch,
)  # fmt: skip
_ALTER: dict[type, Any] = {
    plans.RenameTable: _rename,
    plans.SetComment: _set_comment,
    plans.SetLifecycle: _set_lifecycle,
    plans.EnableLifecycle: _enable_lifecycle,
    plans.SetProperties: _set_properties,
    plans.ChangeOwner: _change_owner,
    plans.Touch: _touch,
    plans.SetColumnComment: _set_column_comment,
    plans.SetColumnNullable: _set_column_nullable,
    plans.AddColumns: _add_columns,
    plans.DropColumns: _drop_columns,
    plans.RenameColumn: _rename_column,
    plans.ChangeColumn: _change_column,
    plans.AddPartitions: _add_partitions,
    plans.DropPartitions: _drop_partitions,
    plans.RenamePartition: _rename_partition,
    plans.MergePartitions: _merge_partitions,
    plans.MergeSmallFiles: _merge,
}


def _relink(stored: StoredTable, file: DataFile, partition: PartitionValues) -> DataFile:
    """The same rows under another partition: a hard link, since the values are only in the folder's name."""
    root = Path(stored.location)
    name = f"part-{uuid.uuid4()}.parquet"
    path = f"{partition_folder(stored.table, partition)}/{name}"
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    os.utime(root / file.path)  # what is older than the server is taken for an orphan of an earlier one
    target.hardlink_to(root / file.path)
    sync_folder(target.parent)
    return DataFile(path, partition, file.size_bytes, file.rows, file.columns)
