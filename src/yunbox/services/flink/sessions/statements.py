"""Statements: what a session does with each, and what its client is told."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from yunbox.engine.stream.connectors.kinds import check
from yunbox.engine.stream.heartbeats import Heartbeats
from yunbox.kernel.errors import InvalidArgument, KernelError, Unsupported, as_kernel_error
from yunbox.services.flink.jobs.jobs import Jobs, Running
from yunbox.services.flink.jobs.process import Rows as Sent
from yunbox.services.flink.jobs.record import JobState, Record
from yunbox.services.flink.sessions.files import check_files
from yunbox.services.flink.sessions.operation import Columns, Operation, Status
from yunbox.services.flink.sessions.operation import Rows as Given
from yunbox.services.flink.sessions.session import Session
from yunbox.sql.flink import plans
from yunbox.sql.flink.planner import Planner, Rows, Show
from yunbox.sql.flink.secrets import secrets_of, without
from yunbox.sql.flink.statements import tree
from yunbox.sql.flink.types import STRING, TIMESTAMP_LTZ, FlinkType

_SYNC = "table.dml-sync"
_NAME_LENGTH_MAX = 200
_BEGIN_S_MAX = 30.0
_OK: Columns = (("result", FlinkType("VARCHAR", STRING.params)),)


def begin(jobs: Jobs, session: Session, text: str, config: Mapping[str, str]) -> Operation:
    """Begin a statement; what becomes of it is the operation's."""
    operation = session.begin()
    operation.status = Status.RUNNING
    operation.task = asyncio.create_task(_run(jobs, session, operation, text, config))
    return operation


async def configure(session: Session, text: str) -> None:
    """Carry out a statement that makes the session what it is to be: SET, CREATE, USE and the like."""
    try:
        for statement in session.planner.statements(text):
            if isinstance(statement, tree.Select | tree.Insert | tree.StatementSet | tree.StopJob):
                raise InvalidArgument(f"Unsupported statement for configuring session: {statement.text[:200]}")
            session.planner.plan(statement)
    except KernelError as error:
        raise _masked(error, session, text) from None


async def _run(jobs: Jobs, session: Session, operation: Operation, text: str, config: Mapping[str, str]) -> None:
    try:
        planner = session.planner
        if config:
            planner = Planner(session.catalog, {**session.settings, **config}, session.functions.find)
        statements = planner.statements(text)
        if len(statements) != 1:
            raise InvalidArgument(
                f"Unsupported SQL query! One statement is taken at a time, and here are {len(statements)}"
            )
        await _carry_out(jobs, session, operation, planner, statements[0])
    except asyncio.CancelledError:
        operation.status = Status.CANCELED
        operation.end()
    except Exception as error:
        operation.fail(_masked(as_kernel_error(error), session, text, config))


def _masked(error: KernelError, session: Session, *more: str | Mapping[str, str]) -> KernelError:
    """An error without the secrets of the statement, which it may repeat, and of what that can name."""
    error.message = without(error.message, secrets_of(*more, session.settings, session.catalog.to_json()))
    error.args = (error.message,)
    return error


async def _carry_out(
    jobs: Jobs, session: Session, operation: Operation, planner: Planner, statement: tree.Statement
) -> None:
    if isinstance(statement, tree.Jar):
        raise Unsupported(f"{'ADD' if statement.add else 'REMOVE'} JAR needs the Flink backend: no Java runs here")
    catalog = session.catalog.to_json()
    await session.functions.prepare(session.catalog, planner.settings, jobs.data_folder)
    match planner.plan(statement):
        case plans.Job() as job:
            check(job)
            Heartbeats.of(job.settings)
            check_files(job, is_account=session.is_account, data_folder=jobs.data_folder)
            await _submit(jobs, session, operation, job, statement, catalog)
        case Rows() as shown:
            columns = tuple((field.name, field.type) for field in shown.fields)
            _answer(operation, columns, [(0, list(row)) for row in shown.rows])
        case Show():
            _answer(operation, _JOBS, [_row(one) for one in reversed(jobs.all())])
        case tree.Describe() as described:
            _answer(operation, _JOBS, [_row(jobs.get(described.path[-1]))])
        case tree.StopJob() as stopped:
            await _stop_job(jobs, operation, stopped)
        case _:
            _done(operation)


# -- jobs


async def _submit(
    jobs: Jobs,
    session: Session,
    operation: Operation,
    job: plans.Job,
    statement: tree.Statement,
    catalog: dict[str, Any],
) -> None:
    is_query = isinstance(statement, tree.Select)
    record = Record(
        id=secrets.token_hex(16),
        name=job.name[:_NAME_LENGTH_MAX],
        state=JobState.CREATED,
        start_ms=int(time.time() * 1000),
        statement=statement.text,
        catalog=catalog,
        settings=dict(job.settings),
        principal=session.principal,
        is_query=is_query,
        addresses=dict(jobs.addresses),
    )
    operation.job_id = record.id
    if job.functions:
        await jobs.keep_python(record)
    if not is_query:
        running = await jobs.submit(record)
        await _begun(running)
        if job.settings.get(_SYNC, "false").lower() == "true":
            await _finished(running)
        _answer(operation, (("job id", STRING),), [(0, [record.id])])
        return
    [collect] = job.sinks
    operation.columns = tuple((field.name, field.type) for field in collect.input.fields)
    operation.is_query = operation.has_content = True
    running = await jobs.submit(record, lambda rows: operation.give(_taken(rows)))
    operation.release = lambda rows: _release(running, rows)
    operation.status = Status.FINISHED  # the query runs, and its rows may be had
    operation.task = asyncio.create_task(_until_over(running, operation))


def _taken(rows: Sent) -> Given:
    return [(kind, row) for kind, row in rows]


def _release(running: Running, rows: int) -> None:
    if running.process is not None and rows:
        running.process.more(rows)


async def _until_over(running: Running, operation: Operation) -> None:
    """A query's rows are whole when its job is over; a job that fails fails the query."""
    while not running.record.state.is_over:
        await running.changed.wait()
    if running.record.state is JobState.FAILED:
        operation.fail(failure(running.record))
    else:
        operation.end()


async def _begun(running: Running) -> None:
    """Return once a job runs. Raises what keeps it from ever running, such as a topic that is not there."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_BEGIN_S_MAX):
            while running.record.state in (JobState.CREATED, JobState.RESTARTING):
                await running.changed.wait()
    if running.record.state is JobState.FAILED and JobState.RUNNING.value not in running.record.timestamps:
        raise failure(running.record)


async def _finished(running: Running) -> None:
    while not running.record.state.is_over:
        await running.changed.wait()
    if running.record.state is JobState.FAILED:
        raise failure(running.record)


def failure(record: Record) -> KernelError:
    """What a job has failed of."""
    message = record.failures[-1][1] if record.failures else "The job has failed"
    return InvalidArgument(message, code="JobFailed")


async def _stop_job(jobs: Jobs, operation: Operation, statement: tree.StopJob) -> None:
    savepoint = await jobs.stop(statement.job, "" if statement.savepoint else None)
    if statement.savepoint:
        _answer(operation, (("savepoint path", STRING),), [(0, [savepoint])])
    else:
        _done(operation)


_JOBS: Columns = (
    ("job id", STRING),
    ("job name", STRING),
    ("status", STRING),
    ("start time", FlinkType("TIMESTAMP_LTZ", TIMESTAMP_LTZ.params)),
)


def _row(job: Running) -> tuple[int, list[object]]:
    record = job.record
    return 0, [record.id, record.name, record.state.value, record.start_ms * 1000]


# -- answers


def _answer(operation: Operation, columns: Columns, rows: Sequence[tuple[int, list[object]]]) -> None:
    operation.columns = columns
    operation.has_content = True
    operation.give(list(rows))
    operation.end()
    operation.status = Status.FINISHED


def _done(operation: Operation) -> None:
    """The answer of a statement that has nothing to show."""
    operation.columns = _OK
    operation.give([(0, ["OK"])])
    operation.end()
    operation.status = Status.FINISHED


# -- ending


async def cancel(jobs: Jobs, operation: Operation) -> None:
    """Stop a statement; a query's job ends with it."""
    if operation.task is not None and operation.status in (Status.PENDING, Status.RUNNING):
        operation.task.cancel()
        operation.status = Status.CANCELED
    await _end_query(jobs, operation)
    if operation.status is Status.FINISHED and operation.is_query:
        operation.status = Status.CANCELED


async def close(jobs: Jobs, session: Session, operation: Operation) -> None:
    """Forget a statement; a query's job ends with it."""
    session.operations.pop(operation.id, None)
    await cancel(jobs, operation)
    operation.status = Status.CLOSED


async def _end_query(jobs: Jobs, operation: Operation) -> None:
    if operation.is_query and operation.job_id:
        job = jobs.get(operation.job_id)
        if not job.record.state.is_over:
            await jobs.stop(operation.job_id)
    if operation.task is not None:
        operation.task.cancel()
