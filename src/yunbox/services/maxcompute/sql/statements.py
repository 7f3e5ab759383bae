"""Each kind of SQL statement as an operation: what it touches, what it may cost, and how it runs.

They enter the spine at ``perform``, as the principal who submitted the job.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from yunbox.engine.duck.messages import QueryDone, RunChange, RunInsert, RunQuery, Written
from yunbox.kernel import limits
from yunbox.kernel.call import Access, Call, Operation, Shape
from yunbox.kernel.errors import InvalidArgument, KernelError, Unsupported
from yunbox.services.maxcompute.access import on_project, on_table, on_tables
from yunbox.services.maxcompute.security.parse import bare, is_security
from yunbox.services.maxcompute.sql import ddl, describe, external
from yunbox.services.maxcompute.sql.alter import alter_table
from yunbox.services.maxcompute.sql.checks import check_dynamic, check_internal, check_writable, location
from yunbox.services.maxcompute.sql.instances import Outcome
from yunbox.services.maxcompute.sql.mounted import Admit, Run, listed, staged
from yunbox.services.maxcompute.sql.statement import Statement
from yunbox.services.maxcompute.sql.summary import cost_result, summary_text
from yunbox.services.maxcompute.sql.warehouse import Warehouse
from yunbox.sql.maxcompute import plans
from yunbox.sql.plans import (
    CreateTable,
    Delete,
    Explain,
    Insert,
    MultiInsert,
    Query,
    Scan,
    Unload,
    Update,
    inserts,
    queries,
)
from yunbox.storage.tables.model import checked_partition
from yunbox.storage.tables.snapshots import Change

Touches = Callable[[Warehouse, Statement], Iterable[Access]]
_Named = plans.DropTable | plans.AlterTable | plans.TruncateTable | plans.Describe | plans.RepairTable
_InProject = plans.CreateSchema | plans.DropSchema


def operation_for(task_type: str, plan: object) -> Operation[Warehouse, Statement, Outcome]:
    """The operation that a plan is, or its price when the task only asks for that."""
    if task_type == "SQLCost":
        return COST
    found = OPERATIONS.get(type(plan))
    if isinstance(plan, plans.Security):
        raise _no_sql(plan.text)
    if found is None:
        raise InvalidArgument(f"{type(plan).__name__} is not a statement that a SQL task runs")
    return found


def _no_sql(text: str) -> Unsupported:
    """Why a statement that SQL's parser passes on is not run as SQL."""
    name = " ".join(bare(text).split()[:2]).upper()
    if is_security(text):
        return Unsupported(
            f"{name} is a statement of the security language, not SQL: send it with run_security_query() or odpscmd"
        )
    return Unsupported(f"{name} is a command of the vendor's console, not SQL: use PyODPS, the Java SDK or SHOW")


def _reads(warehouse: Warehouse, statement: Statement) -> list[Access]:
    found = queries(statement.planned.plan)
    scans = [scan for query in found for scan in query.scans]
    names = {scan.table.name for scan in scans if not _is_loaded(scan)}
    names |= {name for query in found for name in (*query.views, *query.asked)}
    accesses = on_tables(warehouse, "Select", names)
    for scan in scans:
        if _is_loaded(scan) and scan.table.source is not None:
            accesses += external.on_listing(warehouse, scan.table.source)
            accesses += external.on_location(warehouse, scan.table.source, "GetObject")
    return accesses


def _is_loaded(scan: Scan) -> bool:
    """Whether this is what LOAD reads: a location that is no table, so that its reader needs the right to it."""
    return scan.table.source is not None and scan.table.name.name == plans.LOADED


def _writes(warehouse: Warehouse, statement: Statement) -> list[Access]:
    targets = {insert.target.name for insert in inserts(statement.planned.plan)}
    accesses = [*_reads(warehouse, statement), *on_tables(warehouse, "Update", targets)]
    for insert in inserts(statement.planned.plan):
        if insert.target.source is not None:
            accesses += external.on_location(warehouse, insert.target.source, "PutObject", "DeleteObject")
    return accesses


def _unloads(warehouse: Warehouse, statement: Statement) -> list[Access]:
    target = statement.plan(Unload).target
    return [*_reads(warehouse, statement), *external.on_location(warehouse, target, "PutObject", "DeleteObject")]


def _changes(warehouse: Warehouse, statement: Statement) -> list[Access]:
    return [*_reads(warehouse, statement), on_table(warehouse, "Update", _changed(statement).target.name)]


def _changed(statement: Statement) -> Update | Delete:
    return statement.plan(Update | Delete)  # ty: ignore[invalid-argument-type]


def _creates(warehouse: Warehouse, statement: Statement) -> list[Access]:
    plan = statement.planned.plan
    project = plan.name.project if isinstance(plan, CreateTable | plans.CreateView) else statement.session.project
    like = plan.like if isinstance(plan, CreateTable) else None
    described = on_tables(warehouse, "Describe", [like.name] if like else [])
    if isinstance(plan, CreateTable) and plan.source is not None:
        described += external.on_listing(warehouse, plan.source)
        described += external.on_location(warehouse, plan.source, "GetObject")
    dropped = []
    if isinstance(plan, CreateTable) and plan.or_replace and warehouse.catalogue.stored(plan.name) is not None:
        dropped = [on_table(warehouse, "Drop", plan.name)]
    return [*_reads(warehouse, statement), *described, *dropped, on_project(warehouse, "CreateTable", project)]


def _on(action: str, kind: type[_Named]) -> Touches:
    def touches(warehouse: Warehouse, statement: Statement) -> Iterable[Access]:
        return [on_table(warehouse, action, statement.plan(kind).name)]

    return touches


def _project(action: str) -> Touches:
    def touches(warehouse: Warehouse, statement: Statement) -> Iterable[Access]:
        return [on_project(warehouse, action, statement.session.project)]

    return touches


def _schema(action: str, kind: type[_InProject]) -> Touches:
    def touches(warehouse: Warehouse, statement: Statement) -> Iterable[Access]:
        return [on_project(warehouse, action, statement.plan(kind).project)]

    return touches


def _shows(warehouse: Warehouse, statement: Statement) -> list[Access]:
    """What SHOW names may lie in another project: that project's owner decides."""
    plan = statement.plan(plans.Show)
    if plan.target is not None:
        return [on_table(warehouse, "Describe", plan.target)]
    return [on_project(warehouse, "List", describe.scope(statement, plan)[0])]


def _admit(warehouse: Warehouse, call: Call[Statement]) -> None:
    statement = call.params
    project = warehouse.catalogue.project(statement.session.project)
    properties = project.properties if project else {}
    warehouse.admission.check(statement.session.project, statement.estimate, statement.job.settings, properties)


async def _run_query(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    statement = call.params
    target = warehouse.results.name(statement.job.instance.id)
    done = statement.planned.done
    if done is None:
        done = await statement.worker.call(RunQuery(target, limits.RESULT_INLINE_ROWS_MAX))
    if isinstance(done, KernelError):
        raise done
    assert isinstance(done, QueryDone)
    statement.used(call.usage)
    return Outcome(
        text=done.csv,
        format="csv",
        is_select=True,
        columns=done.columns,
        rows=done.rows,
        file=target,
        batches=done.batches,
        stream=done.stream,
        summary=summary_text(statement, rows_out=done.rows),
        readings=_readings(statement),
        timezone=statement.session.timezone,
    )


async def _run_insert(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    statement = call.params
    plan = statement.planned.plan
    written: list[tuple[Insert, Written]] = []
    rows = 0
    for index, insert in enumerate(inserts(plan)):
        stored = warehouse.catalogue.require(insert.target.name)
        check_writable(insert.target)
        if insert.target.source is not None:
            rows += await external.write(warehouse, call, insert, index)
            continue
        result: Written = await statement.worker.call(RunInsert(location(stored), index))
        check_dynamic(insert, result)
        written.append((insert, result))
    for insert, result in written:
        stored = warehouse.catalogue.require(insert.target.name)
        await warehouse.commit(stored, _change(insert, result))
    statement.used(call.usage)
    rows += sum(result.rows for _, result in written)
    return Outcome(text="", rows=rows, summary=summary_text(statement, rows_out=rows), readings=_readings(statement))


def _change(insert: Insert, written: Written) -> Change:
    fixed = dict(insert.static_partition)
    names = [column.name for column in insert.target.partition_columns]
    static = tuple(fixed[name] for name in names if name in fixed)
    is_static = bool(names) and len(static) == len(names)
    static = checked_partition(insert.target, static) if is_static else static
    replaced = (static,) if is_static else tuple(sorted({file.partition for file in written.files}))
    change = Change(
        "INSERT OVERWRITE" if insert.overwrite else "INSERT", add=written.files, columns=insert.target.columns
    )
    if not insert.overwrite:
        return replace(change, ensure=(static,) if is_static else ())
    return replace(change, replace=replaced) if names else replace(change, replace_all=True)


async def _run_change(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    """UPDATE and DELETE: the files that were read are replaced, or the statement fails if they have changed."""
    statement = call.params
    plan = _changed(statement)
    stored = warehouse.catalogue.require(plan.target.name)
    check_internal(plan.target)
    written: Written = await statement.worker.call(RunChange(location(stored)))
    change = Change(
        type(plan).__name__.upper(),
        add=written.files,
        remove_paths=written.replaced,
        columns=plan.target.columns,
    )
    await warehouse.commit(stored, change)
    statement.used(call.usage)
    return Outcome(summary=summary_text(statement, rows_out=written.rows), readings=_readings(statement))


async def _run_unload(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    outcome = await external.unload(warehouse, call)
    call.params.used(call.usage)
    summary = summary_text(call.params, rows_out=outcome.rows)
    return replace(outcome, summary=summary, readings=_readings(call.params))


async def _run_cost(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    return Outcome(text=cost_result(call.params), readings=_readings(call.params))


async def _run_explain(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
    return Outcome(text=call.params.plan(Explain).text)


def _readings(statement: Statement) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "table": str(cost.table),
            "columns": list(cost.columns),
            "partitions": cost.partitions_kept,
            "partitions_total": cost.partitions_total,
            "scanned_bytes": cost.scanned_bytes,
            "files": cost.files,
        }
        for cost in statement.planned.costs
    )


def _operation(
    name: str, run: Run, touches: Touches, admit: Admit | None = None
) -> Operation[Warehouse, Statement, Outcome]:
    return Operation("odps", name, Statement, run, touches, Shape.JOB, admit)


def _manages(name: str, run: Any, touches: Any, admit: Any = None) -> Operation[Warehouse, Statement, Outcome]:
    """A statement that changes what there is, not what is in it: the audit trail keeps it whole."""
    return replace(_operation(name, run, touches, admit), is_data=False)


COST = _operation("SQLCost", listed(_run_cost, None), _reads)
_INSERT = _operation("Insert", staged(_run_insert, _admit), _writes, _admit)
OPERATIONS: dict[type, Operation[Warehouse, Statement, Outcome]] = {
    Query: _operation("Select", staged(_run_query, _admit), _reads, _admit),
    Insert: _INSERT,
    MultiInsert: _INSERT,
    Delete: _operation("Delete", staged(_run_change, _admit), _changes, _admit),
    Update: _operation("Update", staged(_run_change, _admit), _changes, _admit),
    Explain: _operation("Explain", _run_explain, _reads),
    CreateTable: _manages("CreateTable", staged(ddl.create_table, _admit), _creates, _admit),
    plans.DropTable: _manages("DropTable", ddl.drop_table, _on("Drop", plans.DropTable)),
    plans.AlterTable: _manages("AlterTable", alter_table, _on("Alter", plans.AlterTable)),
    plans.TruncateTable: _manages("TruncateTable", ddl.truncate_table, _on("Alter", plans.TruncateTable)),
    plans.CreateView: _manages("CreateView", ddl.create_view, _creates),
    plans.CreateSchema: _manages("CreateSchema", ddl.create_schema, _schema("CreateSchema", plans.CreateSchema)),
    plans.DropSchema: _manages("DropSchema", ddl.drop_schema, _schema("DropSchema", plans.DropSchema)),
    plans.CreateFunction: _manages("CreateFunction", ddl.create_function, _project("CreateFunction")),
    plans.DropFunction: _manages("DropFunction", ddl.drop_function, _project("CreateFunction")),
    plans.Show: _operation("Show", describe.show, _shows),
    plans.Describe: _operation("Describe", describe.describe, _on("Describe", plans.Describe)),
    plans.SetFlags: _operation("Set", describe.set_flags, _project("Read")),
    plans.SetProject: _manages("SetProject", ddl.set_project, _project("Write")),
    Unload: _operation("Unload", staged(_run_unload, _admit), _unloads, _admit),
    plans.RepairTable: _manages("RepairTable", external.repair, _on("Alter", plans.RepairTable)),
    plans.Use: _operation("Use", describe.use, _project("Read")),
}
