"""Statements that change the catalogue: tables, views, partitions, schemas, functions, project settings.

What must be durable is: the Delta log of a table first, then the catalogue, so that a crash in between leaves
a folder nobody names, which housekeeping removes, and never a table without its folder.
"""

import contextlib
import dataclasses
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yunbox.engine.duck.messages import RewriteFiles, RunCreateAs, Written
from yunbox.kernel import limits
from yunbox.kernel.errors import AlreadyExists, InvalidArgument, NotFound, Unsupported
from yunbox.schema.tables import Column, PartitionValues, Table
from yunbox.services.maxcompute.sql.external import check_columns
from yunbox.services.maxcompute.sql.instances import Outcome
from yunbox.sql.maxcompute import plans
from yunbox.sql.plans import CreateTable
from yunbox.storage.tables import delta
from yunbox.storage.tables.catalogue import first_commit, renamed
from yunbox.storage.tables.lifecycle import LIFECYCLE_DISABLED
from yunbox.storage.tables.model import StoredTable, checked_partition, partition_spec
from yunbox.storage.tables.snapshots import Change

if TYPE_CHECKING:
    from yunbox.kernel.call import Call
    from yunbox.services.maxcompute.service import MaxCompute
    from yunbox.services.maxcompute.sql.jobs import Statement

_DONE = Outcome(text="OK")


def location(stored: StoredTable) -> Path:
    """The folder of a table's files."""
    return Path(stored.location)


def check_writable(table: Table) -> None:
    """Raise when rows cannot be written to it."""
    if table.kind == "view":
        raise InvalidArgument(f"ODPS-0130071:[0,0] Semantic analysis exception - view {table.name} cannot be written")


def check_internal(table: Table) -> None:
    """Raise when the rows of a table lie in OSS, where only INSERT and the owner of the objects change them."""
    if table.source is not None:
        raise InvalidArgument(
            f"ODPS-0130071:[0,0] Semantic analysis exception - {table.name} is an external table: change the objects "
            f"in {table.source.location}, or INSERT OVERWRITE it"
        )


# -- tables


async def create_table(service: "MaxCompute", call: "Call[Statement]") -> Outcome:
    """CREATE TABLE: empty, LIKE another, or AS a query."""
    plan = call.params.plan(CreateTable)
    existing = service.catalogue.stored(plan.name)
    if existing is not None:
        if plan.if_not_exists and existing.table.kind != "view":
            return _DONE
        raise AlreadyExists(f"ODPS-0130211:[0,0] Table or view already exists - table {plan.name} already exists")
    table = _new_table(service, plan)
    if table.source is not None:
        check_columns(table)
        await service.catalogue.insert_table(table, owner=call.principal.name, location=None)
        return _DONE
    folder = service.new_location(plan.name)
    try:
        if plan.as_query is None:
            first_commit(table, folder, service.clock.time())
        else:
            await _create_as(service, call, table, folder)
        await service.catalogue.insert_table(table, owner=call.principal.name, location=folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if plan.as_query is not None:
        await service.snapshots.refresh(service.catalogue.require(plan.name).id)
    return _DONE


async def _create_as(service: "MaxCompute", call: "Call[Statement]", table: Table, folder: Path) -> None:
    """The files of the query and the table's metadata become one history before the table has a name."""
    statement = call.params
    written: Written = await statement.worker.call(RunCreateAs(table, folder))
    now = service.clock.time()
    first_commit(table, folder, now)
    adds = [delta.add(table, file, now) for file in written.files]
    delta.commit(folder, 1, [delta.commit_info("CREATE TABLE AS SELECT", now), *adds])
    statement.used(call.usage)


def _new_table(service: "MaxCompute", plan: CreateTable) -> Table:
    if plan.like is not None:
        source = plan.like
        lifecycle = plan.lifecycle_days or source.lifecycle_days
        return dataclasses.replace(
            source, name=plan.name, kind="table", view_text=None, lifecycle_days=lifecycle, properties={}, source=None
        )
    table = Table(
        name=plan.name,
        columns=plan.columns,
        partition_columns=plan.partition_columns,
        comment=plan.comment,
        lifecycle_days=plan.lifecycle_days,
        properties=dict(plan.properties),
        primary_key=tuple(plan.primary_key),
        kind="external" if plan.source else "table",
        source=plan.source,
    )
    _check_columns(table)
    return table


def _check_columns(table: Table) -> None:
    limits.check_name(table.name.name, "table")
    names = [column.name for column in table.all_columns]
    if not table.columns:
        raise InvalidArgument("A table needs at least one column that is no partition column")
    if len(names) > limits.COLUMNS_MAX or len(table.partition_columns) > limits.PARTITION_COLUMNS_MAX:
        raise InvalidArgument(
            f"A table has at most {limits.COLUMNS_MAX} columns, {limits.PARTITION_COLUMNS_MAX} of them for partitions"
        )
    doubled = {name for name in names if names.count(name) > 1}
    if doubled:
        raise InvalidArgument(f"Column {sorted(doubled)[0]} is defined more than once")
    comments = [table.comment, *(column.comment for column in table.all_columns)]
    if any(len(comment) > limits.COMMENT_LENGTH_MAX for comment in comments):
        raise InvalidArgument(f"A comment has at most {limits.COMMENT_LENGTH_MAX} characters")


async def drop_table(service: "MaxCompute", call: "Call[Statement]") -> Outcome:
    """DROP TABLE and DROP VIEW."""
    plan = call.params.plan(plans.DropTable)
    stored = service.catalogue.stored(plan.name)
    if stored is None or (stored.table.kind == "view") != (plan.kind == "view"):
        if plan.if_exists and stored is None:
            return _DONE
        code, what = ("ODPS-0130131", "Table") if plan.kind == "table" else ("ODPS-0130201", "View")
        raise NotFound(f"{code}:[0,0] {what} not found - {plan.kind} {plan.name} cannot be resolved")
    await service.catalogue.drop_table(stored)
    return _DONE


async def truncate_table(service: "MaxCompute", call: "Call[Statement]") -> Outcome:
    """TRUNCATE TABLE, whole or some partitions."""
    plan = call.params.plan(plans.TruncateTable)
    stored = service.catalogue.require(plan.name)
    check_writable(stored.table)
    check_internal(stored.table)
    if plan.partitions is None:
        await service.commit(stored, Change("TRUNCATE", replace_all=True))
    else:
        _require_partitions(service, stored, plan.partitions)
        await service.commit(stored, Change("TRUNCATE", replace=tuple(plan.partitions)))
    return _DONE


async def create_view(service: "MaxCompute", call: "Call[Statement]") -> Outcome:
    """CREATE [OR REPLACE] VIEW."""
    plan = call.params.plan(plans.CreateView)
    limits.check_name(plan.name.name, "view")
    view = Table(plan.name, tuple(plan.columns), kind="view", view_text=plan.text, comment=plan.comment)
    existing = service.catalogue.stored(plan.name)
    if existing is not None:
        if existing.table.kind == "view" and plan.or_replace:
            await service.catalogue.update_table(existing, view)
            return _DONE
        if existing.table.kind == "view" and plan.if_not_exists:
            return _DONE
        raise AlreadyExists(f"ODPS-0130211:[0,0] Table or view already exists - view {plan.name} already exists")
    await service.catalogue.insert_table(view, owner=call.principal.name, location=None)
    return _DONE


# -- ALTER TABLE


async def alter_table(service: "MaxCompute", call: "Call[Statement]") -> Outcome:
    """ALTER TABLE: one action each."""
    plan = call.params.plan(plans.AlterTable)
    stored = service.catalogue.stored(plan.name)
    if stored is None:
        raise NotFound(f"ODPS-0130131:[0,0] Table not found - table {plan.name} cannot be resolved")
    if stored.table.source is not None and type(plan.action) not in _ALTER_EXTERNAL:
        check_internal(stored.table)
    handler = _ALTER.get(type(plan.action))
    if handler is None:
        raise Unsupported(f"ALTER TABLE {type(plan.action).__name__} is not supported")
    await handler(service, call.params, stored, plan.action)
    return _DONE


async def _replace(service: "MaxCompute", stored: StoredTable, **changes: Any) -> None:
    await service.catalogue.update_table(stored, dataclasses.replace(stored.table, **changes))


async def _rename(service: "MaxCompute", statement: "Statement", stored: StoredTable, action: Any) -> None:
    name = limits.check_name(action.new.name, "table")
    await service.catalogue.update_table(stored, renamed(stored.table, name))


async def _set_comment(service: "MaxCompute", statement: "Statement", stored: StoredTable, action: Any) -> None:
    await _replace(service, stored, comment=action.comment)


async def _set_lifecycle(service: "MaxCompute", statement: "Statement", stored: StoredTable, action: Any) -> None:
    await _replace(service, stored, lifecycle_days=action.days)


async def _enable_lifecycle(service: "MaxCompute", statement: "Statement", stored: StoredTable, action: Any) -> None:
    """A partition, or the whole table, whose lifecycle is disabled is kept however old it is."""
    if action.partition:
        names = dict(action.partition)
        values = tuple(names.get(column.name, "") for column in stored.table.partition_columns)
        _require_partitions(service, stored, [values])
    disabled = set(filter(None, stored.table.properties.get(LIFECYCLE_DISABLED, "").split("\n")))
    key = "/".join(f"{name}={value}" for name, value in action.partition) if action.partition else "*"
    disabled = disabled - {key} if action.enabled else disabled | {key}
    properties = {**stored.table.properties, LIFECYCLE_DISABLED: "\n".join(sorted(disabled))}
    await _replace(service, stored, properties={k: v for k, v in properties.items() if v})


async def _set_properties(service: "MaxCompute", statement: "Statement", stored: StoredTable, action: Any) -> None:
    await _replace(service, stored, properties={**stored.table.properties, **dict(action.properties)})


async def _change_owner(service: "MaxCompute", statement: "Statement", stored: StoredTable, action: Any) -> None:
    await service.catalogue.update_table(stored, stored.table, owner=action.owner)


async def _touch(service: "MaxCompute", statement: "Statement", stored: StoredTable, action: Any) -> None:
    if action.partition is not None:
        _require_partitions(service, stored, [action.partition])
    await service.catalogue.touch(stored, action.partition)


async def _set_column_comment(service: "MaxCompute", statement: "Statement", stored: StoredTable, action: Any) -> None:
    columns = tuple(
        dataclasses.replace(column, comment=action.comment) if column.name == action.column else column
        for column in stored.table.columns
    )
    await _commit_columns(service, stored, columns)


async def _set_column_nullable(service: "MaxCompute", statement: "Statement", stored: StoredTable, action: Any) -> None:
    columns = tuple(
        dataclasses.replace(column, nullable=True) if column.name == action.column else column
        for column in stored.table.columns
    )
    await _commit_columns(service, stored, columns)


async def _add_columns(service: "MaxCompute", statement: "Statement", stored: StoredTable, action: Any) -> None:
    """New columns are NULL in the rows that exist; no file is written."""
    present = {column.name for column in stored.table.all_columns}
    added = [c for c in action.columns if c.name not in present or not action.if_not_exists]
    table = dataclasses.replace(stored.table, columns=(*stored.table.columns, *added))
    _check_columns(table)
    await _commit_columns(service, stored, table.columns)


async def _commit_columns(service: "MaxCompute", stored: StoredTable, columns: tuple[Column, ...]) -> None:
    table = dataclasses.replace(stored.table, columns=columns)
    await service.commit(stored, Change("ALTER TABLE", table=table))


async def _rewrite_columns(
    service: "MaxCompute", statement: "Statement", stored: StoredTable, sources: list[tuple[Column, str]]
) -> None:
    """Write every file again under new names or types, so that any reader of Parquet sees the new columns."""
    columns = tuple(column for column, _ in sources)
    table = dataclasses.replace(stored.table, columns=columns)
    _check_columns(table)
    files = tuple(service.catalogue.files(stored.id))
    pairs = tuple((column.name, source) for column, source in sources)
    request = RewriteFiles(stored.table, table, location(stored), files, pairs)
    written: Written = await statement.worker.call(request)
    paths = tuple(file.path for file in files)
    await service.commit(stored, Change("ALTER TABLE", add=written.files, remove_paths=paths, only=True, table=table))


def _column(stored: StoredTable, name: str) -> Column:
    found = next((column for column in stored.table.columns if column.name == name), None)
    if found is None:
        raise NotFound(f"ODPS-0130071:[0,0] Semantic analysis exception - column {name} cannot be resolved")
    return found


async def _drop_columns(service: "MaxCompute", statement: "Statement", stored: StoredTable, action: Any) -> None:
    gone = {_column(stored, name).name for name in action.names}
    await _rewrite_columns(
        service, statement, stored, [(c, c.name) for c in stored.table.columns if c.name not in gone]
    )


async def _rename_column(service: "MaxCompute", statement: "Statement", stored: StoredTable, action: Any) -> None:
    _column(stored, action.old)
    sources = [
        (dataclasses.replace(c, name=action.new) if c.name == action.old else c, c.name) for c in stored.table.columns
    ]
    await _rewrite_columns(service, statement, stored, sources)


async def _change_column(service: "MaxCompute", statement: "Statement", stored: StoredTable, action: Any) -> None:
    old = _column(stored, action.old)
    new = dataclasses.replace(action.column, nullable=old.nullable if action.nullable is None else action.nullable)
    if new.type == old.type and new.name == old.name:
        await _commit_columns(service, stored, tuple(new if c.name == old.name else c for c in stored.table.columns))
        return
    sources = [(new if c.name == old.name else c, c.name) for c in stored.table.columns]
    await _rewrite_columns(service, statement, stored, sources)


async def _add_partitions(service: "MaxCompute", statement: "Statement", stored: StoredTable, action: Any) -> None:
    partitions = [checked_partition(stored.table, values) for values in action.partitions]
    try:
        await service.catalogue.add_partitions(stored, partitions, if_not_exists=action.if_not_exists)
    except AlreadyExists as error:
        raise AlreadyExists(
            f"ODPS-0110061: Failed to run ddltask - AlreadyExistsException(message:{error.message})",
            code="ODPS-0110061",
        ) from None


async def _drop_partitions(service: "MaxCompute", statement: "Statement", stored: StoredTable, action: Any) -> None:
    existing = set(service.catalogue.partitions(stored.table.name))
    wanted = [checked_partition(stored.table, values) for values in action.partitions]
    missing = [values for values in wanted if values not in existing]
    if missing and not action.if_exists:
        _require_partitions(service, stored, missing)
    gone = tuple(values for values in wanted if values in existing)
    if gone and stored.table.source is not None:
        await service.catalogue.forget_partitions(stored, gone)
    elif gone:
        await service.commit(stored, Change("DROP PARTITION", drop=gone))


async def _rename_partition(service: "MaxCompute", statement: "Statement", stored: StoredTable, action: Any) -> None:
    _require_partitions(service, stored, [action.old])
    new = checked_partition(stored.table, action.new)
    if new in set(service.catalogue.partitions(stored.table.name)):
        raise AlreadyExists(f"Partition {partition_spec(stored.table, new)} already exists")
    files = service.catalogue.files(stored.id, [action.old])
    moved = tuple([await service.relink(stored, file, new) for file in files])
    change = Change("RENAME PARTITION", add=moved, drop=(action.old,), ensure=(new,))
    await service.commit(stored, change)


async def _merge_partitions(service: "MaxCompute", statement: "Statement", stored: StoredTable, action: Any) -> None:
    """The files of the sources go over to the target, whose own are replaced unless it is one of the sources."""
    target = checked_partition(stored.table, action.target)
    gone = tuple(values for values in action.sources if values != target)
    if not gone:
        return
    files = service.catalogue.files(stored.id, list(gone))
    moved = tuple([await service.relink(stored, file, target) for file in files])
    replaced = () if target in action.sources else (target,)
    await service.commit(stored, Change("MERGE PARTITION", moved, replace=replaced, drop=gone, ensure=(target,)))


async def _merge(service: "MaxCompute", statement: "Statement", stored: StoredTable, action: Any) -> None:
    """Merge the small files of each partition into one."""
    chosen = None if action.partition is None else [action.partition]
    _require_partitions(service, stored, chosen or [])
    files = tuple(service.catalogue.files(stored.id, chosen))
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
    await service.commit(stored, Change("MERGE SMALLFILES", add=written.files, remove_paths=paths))


def _require_partitions(service: "MaxCompute", stored: StoredTable, wanted: Any) -> None:
    existing = set(service.catalogue.partitions(stored.table.name))
    for values in wanted:
        if tuple(values) not in existing:
            spec = partition_spec(stored.table, values)
            raise NotFound(f"ODPS-0130271:[0,0] Partition does not exist - {spec}", code="ODPS-0130271")


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


# -- schemas, functions, projects


@contextlib.contextmanager
def _ddl_task() -> Generator[None]:
    """What is wrong with a schema or a function has a code of its own, not that of a missing or doubled table."""
    try:
        yield
    except (NotFound, AlreadyExists) as error:
        if error.code == "NoSuchProject":
            raise
        raise type(error)(f"ODPS-0110061: Failed to run ddltask - {error.message}") from None


async def create_schema(service: "MaxCompute", call: "Call[Statement]") -> Outcome:
    """CREATE SCHEMA."""
    plan = call.params.plan(plans.CreateSchema)
    with _ddl_task():
        await service.catalogue.create_schema(
            plan.project, plan.name, owner=call.principal.name, if_not_exists=plan.if_not_exists
        )
    return _DONE


async def drop_schema(service: "MaxCompute", call: "Call[Statement]") -> Outcome:
    """DROP SCHEMA."""
    plan = call.params.plan(plans.DropSchema)
    with _ddl_task():
        await service.catalogue.drop_schema(plan.project, plan.name, if_exists=plan.if_exists)
    return _DONE


async def create_function(service: "MaxCompute", call: "Call[Statement]") -> Outcome:
    """CREATE FUNCTION: registered, not yet run."""
    statement, plan = call.params, call.params.plan(plans.CreateFunction)
    with _ddl_task():
        await service.functions.create(
            statement.session.project, plan.name, plan.class_name, list(plan.resources), call.principal.name
        )
    return _DONE


async def drop_function(service: "MaxCompute", call: "Call[Statement]") -> Outcome:
    """DROP FUNCTION."""
    statement, plan = call.params, call.params.plan(plans.DropFunction)
    with _ddl_task(), contextlib.suppress(*[NotFound] if plan.if_exists else []):
        await service.functions.delete(statement.session.project, plan.name)
    return _DONE


async def set_project(service: "MaxCompute", call: "Call[Statement]") -> Outcome:
    """SETPROJECT k=v: with no pairs, the settings as they are."""
    statement, plan = call.params, call.params.plan(plans.SetProject)
    if plan.properties:
        await service.catalogue.set_project(statement.session.project, properties=dict(plan.properties))
        return _DONE
    project = service.catalogue.project(statement.session.project)
    pairs = sorted((project.properties if project else {}).items())
    return Outcome(text="\n".join(f"{key}={value}" for key, value in pairs))
