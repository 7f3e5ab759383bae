"""SQL jobs: from a submitted instance to its end.

A job runs its statements one after another through the spine as the principal who submitted it. A statement
that ends soon ends within the POST that submitted it; a longer one goes on behind its instance id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from yunbox.engine.duck.messages import Listings, Planned, PlanStatement
from yunbox.engine.duck.pool import Worker
from yunbox.kernel import ids, limits
from yunbox.kernel.call import Principal, Usage
from yunbox.kernel.clock import utc
from yunbox.kernel.errors import Internal, InvalidArgument
from yunbox.meter.ledger import Entry
from yunbox.meter.prices import SQL_EXTERNAL, SQL_SCAN
from yunbox.services.maxcompute import faults
from yunbox.services.maxcompute.sql.admission import Estimate, Reading
from yunbox.services.maxcompute.sql.instances import CANCELLED, FAILED, SUCCESS, TERMINATED, Instance, Outcome
from yunbox.spine.jobs import Job, Jobs, Stopped, entries_of
from yunbox.sql.maxcompute.script import leading_settings, split_script
from yunbox.sql.maxcompute.session import Session

if TYPE_CHECKING:
    from yunbox.services.maxcompute.service import MaxCompute

P = TypeVar("P")
_REPLAN_MAX = 5
DIALECT = "maxcompute"
"""The name under which its SQL is registered with the workers."""
_DEFAULT_TIMEZONE = "Asia/Shanghai"
_STATEMENT_TIMEOUT_S = 24 * 3600.0
_RUNNING_MAX = 512


@dataclass
class SqlJob(Job[Instance]):
    """A live instance, with what its statements ask for."""

    settings: dict[str, str] = field(default_factory=dict)
    query: str = ""
    schema: str = "default"

    @property
    def instance(self) -> Instance:
        """The job's record."""
        return self.record


@dataclass(frozen=True)
class Statement:
    """One planned statement of a job, with the worker that holds its plan."""

    job: SqlJob
    text: str
    session: Session
    worker: Worker
    planned: Planned

    def plan(self, kind: type[P]) -> P:
        """The statement's plan, which its operation knows to be of this kind."""
        found = self.planned.plan
        if not isinstance(found, kind):
            raise Internal(f"expected {kind.__name__}, planned {type(found).__name__}")
        return found

    def used(self, usage: Usage) -> None:
        """What the guard estimated is what the bill and the event say: all are the bytes of the plan."""
        estimate = self.estimate
        usage.scanned_bytes = estimate.scanned_bytes + estimate.external_bytes
        job = self.job.usage
        job.scanned_bytes += estimate.scanned_bytes
        job.complexity = estimate.complexity
        if estimate.external_bytes:
            job.items[SQL_EXTERNAL] = job.items.get(SQL_EXTERNAL, 0) + estimate.external_bytes

    @property
    def estimate(self) -> Estimate:
        """What the guard judges the statement by."""
        return Estimate(tuple(_reading(cost) for cost in self.planned.costs))


class SqlJobs:
    """The jobs of SQL: submitted as instances, and run statement by statement."""

    def __init__(self, service: "MaxCompute", results: Path, *, sync_wait_s: float) -> None:
        self._service = service
        self._results = results
        self._sync_wait_s = sync_wait_s
        self._jobs: Jobs[SqlJob] = Jobs(self, running_max=_RUNNING_MAX, duration_s_max=_STATEMENT_TIMEOUT_S)
        self.drain = self._jobs.drain
        self.close = self._jobs.close

    async def submit(
        self, principal: Principal, project: str, task: Any, *, schema: str = "default", source: str = ""
    ) -> SqlJob:
        """Start a job; returns when it has ended, or when its instance is durable and it goes on."""
        if len(task.query.encode()) > limits.SQL_TEXT_BYTES_MAX:
            raise InvalidArgument("A SQL statement is at most 2 MB long")
        now = self._service.clock.time()
        instance = Instance(
            id=ids.timed_id(now),
            project=project,
            owner=principal.name,
            account_id=principal.account_id,
            started=now,
            task_name=task.name,
            task_type=task.kind,
            source=source,
        )
        job = SqlJob(instance, principal, settings=dict(task.settings), query=task.query, schema=schema)
        await self._jobs.submit(job, wait_s=self._sync_wait_s)
        return job

    def find(self, project: str, instance_id: str) -> Instance:
        """An instance, live or ended. Raises NotFound."""
        job = self._jobs.find(instance_id)
        if job is not None and job.record.project == project:
            return job.record
        return self._service.instances.get(project, instance_id)

    async def wait(self, project: str, instance_id: str, timeout_s: float) -> Instance:
        """An instance once it has ended, or as it is after a while."""
        await self._jobs.wait(instance_id, timeout_s)
        return self.find(project, instance_id)

    async def stop(self, project: str, instance_id: str) -> None:
        """Cancel a job: its worker is killed, and nothing it had not committed stays."""
        self.find(project, instance_id)
        await self._jobs.stop(instance_id)

    @property
    def running(self) -> int:
        """How many jobs are running."""
        return self._jobs.running

    # -- what SQL says of its jobs, as a host of the spine's

    async def run(self, job: SqlJob) -> None:
        """Run the statements."""
        outcome = await self._run_task(job)
        self._end(job, SUCCESS, replace(outcome, scanned_bytes=job.usage.scanned_bytes, cost=self._cost(job)))

    def fail(self, job: SqlJob, error: BaseException) -> None:
        """Say why an instance came to nothing."""
        code, message = faults.sql_failure(error)
        self._end(job, CANCELLED if isinstance(error, Stopped) else FAILED, Outcome(text=message, error_code=code))

    async def save(self, job: SqlJob, entries: Sequence[Entry]) -> None:
        """Write the instance, and what it used."""
        await self._service.instances.save(job.record, entries)

    def entries(self, job: SqlJob) -> Sequence[Entry]:
        """A job is metered once, when it has succeeded; one that scanned nothing is on the bill at zero."""
        if job.record.task_type != "SQL" or job.record.task_status != SUCCESS:
            return ()
        items = {SQL_SCAN: float(job.usage.scanned_bytes), **job.usage.items}
        text = " ".join(job.query.split())[:500]
        return entries_of(job, project=job.record.project, operation="SQL", items=items.items(), text=text)

    def _end(self, job: SqlJob, status: str, outcome: Outcome) -> None:
        now = self._service.clock.time()
        job.record = replace(job.record, status=TERMINATED, task_status=status, ended=now, outcome=outcome)

    def _cost(self, job: SqlJob) -> float:
        prices, usage = self._service.prices, job.usage
        external = prices.cost(SQL_EXTERNAL, usage.items.get(SQL_EXTERNAL, 0), usage.complexity)
        return prices.sql_cost(usage.scanned_bytes, usage.complexity) + external

    async def _run_task(self, job: SqlJob) -> Outcome:
        settings, body = leading_settings(job.query)
        job.settings.update(settings)
        statements = split_script(body)
        if not statements:
            return Outcome(text="")
        outcome = Outcome()
        for text in statements:
            settings, rest = leading_settings(text + ";")
            job.settings.update(settings)
            if not rest.strip().strip(";"):
                continue
            outcome = await self._run_statement(job, text)
        return outcome

    async def _run_statement(self, job: SqlJob, text: str) -> Outcome:
        from yunbox.services.maxcompute.sql.statements import operation_for

        session = self._session(job)
        async with self._service.pool.lease() as worker:
            with self._service.objects.held():
                planned = await self.plan(worker, text, session)
                statement = Statement(job, text, session, worker, planned)
                operation = operation_for(job.instance.task_type, planned.plan)
                return await self._service.spine.perform(
                    self._service, operation, statement, job.principal, job.instance.id
                )

    async def plan(self, worker: Worker, text: str, session: Session, listings: Listings | None = None) -> Planned:
        """Plan against the newest snapshots: where the index lags behind a log, bring it up and plan again."""
        request = PlanStatement(DIALECT, text, session, listings or {})
        planned: Planned = await worker.call(request)
        for _ in range(_REPLAN_MAX):
            if not planned.stale:
                break
            for table_id in planned.stale:
                await self._service.snapshots.refresh(table_id)
            planned = await worker.call(request)
        return planned

    def _session(self, job: SqlJob) -> Session:
        project = self._service.catalogue.project(job.instance.project)
        settings = {**(project.properties if project else {}), **job.settings}
        return Session(
            project=job.instance.project,
            schema=settings.get("odps.default.schema", job.schema).lower(),
            settings=settings,
            user=job.principal.name,
            timezone=_timezone(settings.get("odps.sql.timezone") or _DEFAULT_TIMEZONE),
            now=utc(self._service.clock.time()),
        )

    def result_path(self, job: SqlJob) -> Path:
        """Where a job's result file goes."""
        return self._results / f"{job.instance.id}.arrow"


@cache
def _timezone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise InvalidArgument(
            f"odps.sql.timezone: there is no time zone {name[:64]!r}; an example is {_DEFAULT_TIMEZONE}"
        ) from None


def _reading(cost: Any) -> Reading:
    return Reading(
        table=str(cost.table),
        partitioned=cost.partitioned,
        full_scan=cost.full_scan,
        partitions_kept=cost.partitions_kept,
        partitions_total=cost.partitions_total,
        scanned_bytes=cost.scanned_bytes,
        example_partition=cost.example_partition,
        example_bytes=cost.example_bytes,
        external=cost.external,
    )
