"""Statements that change the catalogue, ALTER TABLE apart: tables, views, schemas, functions, project settings.

What must be durable is: the Delta log of a table first, then the catalogue, so that a crash in between leaves
a folder nobody names, which housekeeping removes, and never a table without its folder.
"""

import contextlib
import dataclasses
import shutil
import uuid
from collections.abc import Generator
from pathlib import Path

from yunbox.engine.duck.messages import RunCreateAs, Written
from yunbox.kernel import limits
from yunbox.kernel.call import Call
from yunbox.kernel.errors import AlreadyExists, NotFound
from yunbox.schema.tables import Table, TableName
from yunbox.services.maxcompute.security.doors import WHITE_LIST, networks
from yunbox.services.maxcompute.sql.checks import (
    check_internal,
    check_table_columns,
    check_writable,
    require_partitions,
)
from yunbox.services.maxcompute.sql.external import check_columns
from yunbox.services.maxcompute.sql.instances import Outcome
from yunbox.services.maxcompute.sql.statement import Statement
from yunbox.services.maxcompute.sql.warehouse import Warehouse
from yunbox.sql.maxcompute import plans
from yunbox.sql.plans import CreateTable
from yunbox.storage.files import inside
from yunbox.storage.tables import delta
from yunbox.storage.tables.catalogue import first_commit
from yunbox.storage.tables.snapshots import Change

_DONE = Outcome(text="OK")


# -- tables


async def create_table(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    """CREATE [OR REPLACE] TABLE: empty, LIKE another, or AS a query, which may read the table that is replaced."""
    plan = call.params.plan(CreateTable)
    existing = warehouse.catalogue.stored(plan.name)
    replaced = existing if plan.or_replace and existing is not None and existing.table.kind == "table" else None
    if existing is not None and replaced is None:
        if plan.if_not_exists and existing.table.kind != "view":
            return _DONE
        raise AlreadyExists(f"ODPS-0130211:[0,0] Table or view already exists - table {plan.name} already exists")
    table = _new_table(warehouse, plan)
    if table.source is not None:
        check_columns(table)
        await warehouse.catalogue.insert_table(table, owner=call.principal.name, location=None)
        return _DONE
    folder = _new_folder(warehouse, plan.name)
    try:
        if plan.as_query is None:
            first_commit(table, folder, warehouse.clock.time())
        else:
            await _create_as(warehouse, call, table, folder)
        await warehouse.catalogue.insert_table(table, owner=call.principal.name, location=folder, replaced=replaced)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if plan.as_query is not None:
        await warehouse.snapshots.refresh(warehouse.catalogue.require(plan.name).id)
    return _DONE


def _new_folder(warehouse: Warehouse, name: TableName) -> Path:
    """The folder of a table to be created: readable, and never one that was used before."""
    base = inside(warehouse.catalogue.lake, name.project, name.schema, name.name)
    return base if not base.exists() else base.with_name(f"{name.name}.{uuid.uuid4().hex[:8]}")


async def _create_as(warehouse: Warehouse, call: Call[Statement], table: Table, folder: Path) -> None:
    """The files of the query and the table's metadata become one history before the table has a name."""
    statement = call.params
    written: Written = await statement.worker.call(RunCreateAs(table, folder))
    now = warehouse.clock.time()
    first_commit(table, folder, now)
    adds = [delta.add(table, file, now) for file in written.files]
    delta.commit(folder, 1, [delta.commit_info("CREATE TABLE AS SELECT", now), *adds])
    statement.used(call.usage)


def _new_table(warehouse: Warehouse, plan: CreateTable) -> Table:
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
    check_table_columns(table)
    return table


async def drop_table(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    """DROP TABLE and DROP VIEW."""
    plan = call.params.plan(plans.DropTable)
    stored = warehouse.catalogue.stored(plan.name)
    if stored is None or (stored.table.kind == "view") != (plan.kind == "view"):
        if plan.if_exists and stored is None:
            return _DONE
        code, what = ("ODPS-0130131", "Table") if plan.kind == "table" else ("ODPS-0130201", "View")
        raise NotFound(f"{code}:[0,0] {what} not found - {plan.kind} {plan.name} cannot be resolved")
    await warehouse.catalogue.drop_table(stored)
    return _DONE


async def truncate_table(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    """TRUNCATE TABLE, whole or some partitions."""
    plan = call.params.plan(plans.TruncateTable)
    stored = warehouse.catalogue.require(plan.name)
    check_writable(stored.table)
    check_internal(stored.table)
    if plan.partitions is None:
        await warehouse.commit(stored, Change("TRUNCATE", replace_all=True))
    else:
        require_partitions(warehouse.catalogue, stored, plan.partitions)
        await warehouse.commit(stored, Change("TRUNCATE", replace=tuple(plan.partitions)))
    return _DONE


async def create_view(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    """CREATE [OR REPLACE] VIEW."""
    plan = call.params.plan(plans.CreateView)
    limits.check_name(plan.name.name, "view")
    view = Table(plan.name, tuple(plan.columns), kind="view", view_text=plan.text, comment=plan.comment)
    existing = warehouse.catalogue.stored(plan.name)
    if existing is not None:
        if existing.table.kind == "view" and plan.or_replace:
            await warehouse.catalogue.update_table(existing, view)
            return _DONE
        if existing.table.kind == "view" and plan.if_not_exists:
            return _DONE
        raise AlreadyExists(f"ODPS-0130211:[0,0] Table or view already exists - view {plan.name} already exists")
    await warehouse.catalogue.insert_table(view, owner=call.principal.name, location=None)
    return _DONE


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


async def create_schema(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    """CREATE SCHEMA."""
    plan = call.params.plan(plans.CreateSchema)
    with _ddl_task():
        await warehouse.catalogue.create_schema(
            plan.project, plan.name, owner=call.principal.name, if_not_exists=plan.if_not_exists
        )
    return _DONE


async def drop_schema(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    """DROP SCHEMA."""
    plan = call.params.plan(plans.DropSchema)
    with _ddl_task():
        await warehouse.catalogue.drop_schema(plan.project, plan.name, if_exists=plan.if_exists)
    return _DONE


async def create_function(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    """CREATE FUNCTION: registered, not yet run."""
    statement, plan = call.params, call.params.plan(plans.CreateFunction)
    with _ddl_task():
        await warehouse.functions.create(
            statement.session.project, plan.name, plan.class_name, list(plan.resources), call.principal.name
        )
    return _DONE


async def drop_function(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    """DROP FUNCTION."""
    statement, plan = call.params, call.params.plan(plans.DropFunction)
    with _ddl_task(), contextlib.suppress(*[NotFound] if plan.if_exists else []):
        await warehouse.functions.delete(statement.session.project, plan.name)
    return _DONE


async def set_project(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    """SETPROJECT k=v: with no pairs, the settings as they are."""
    statement, plan = call.params, call.params.plan(plans.SetProject)
    if plan.properties:
        networks(dict(plan.properties).get(WHITE_LIST, ""))
        await warehouse.catalogue.set_project(statement.session.project, properties=dict(plan.properties))
        return _DONE
    project = warehouse.catalogue.project(statement.session.project)
    pairs = sorted((project.properties if project else {}).items())
    return Outcome(text="\n".join(f"{key}={value}" for key, value in pairs))
