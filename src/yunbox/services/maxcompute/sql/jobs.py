"""SQL jobs: from a submitted instance to its end.

A job runs its statements one after another through the spine as the principal who submitted it. A statement
that ends soon ends within the POST that submitted it; a longer one goes on behind its instance id.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from yunbox.engine.duck.messages import RunQuery
from yunbox.engine.duck.pool import WorkerPool
from yunbox.kernel import ids, limits
from yunbox.kernel.call import Principal
from yunbox.kernel.clock import utc
from yunbox.kernel.errors import InvalidArgument
from yunbox.meter.ledger import Entry
from yunbox.meter.prices import PriceBook
from yunbox.services.maxcompute import faults
from yunbox.services.maxcompute.prices import EXTERNAL, SCAN
from yunbox.services.maxcompute.sql.instances import (
    CANCELLED,
    FAILED,
    SUCCESS,
    TERMINATED,
    Instance,
    InstanceStore,
    Outcome,
)
from yunbox.services.maxcompute.sql.statement import SqlJob, Statement
from yunbox.services.maxcompute.sql.statements import operation_for
from yunbox.services.maxcompute.sql.summary import noted
from yunbox.services.maxcompute.sql.warehouse import Warehouse
from yunbox.services.maxcompute.timezone import timezone_of
from yunbox.spine.jobs import Jobs, Stopped, entries_of
from yunbox.spine.path import Spine
from yunbox.sql.maxcompute.script import steps
from yunbox.sql.maxcompute.session import Session

_STATEMENT_TIMEOUT_S = 24 * 3600.0
_RUNNING_MAX = 512
_SYNC_WAIT_S = 0.25


class SqlJobs:
    """The jobs of SQL: submitted as instances, and run statement by statement."""

    def __init__(
        self, warehouse: Warehouse, pool: WorkerPool, spine: Spine, instances: InstanceStore, prices: PriceBook
    ) -> None:
        self._warehouse = warehouse
        self._pool = pool
        self._spine = spine
        self._instances = instances
        self._prices = prices
        self._jobs: Jobs[SqlJob] = Jobs(self, running_max=_RUNNING_MAX, duration_s_max=_STATEMENT_TIMEOUT_S)
        self.drain = self._jobs.drain
        self.close = self._jobs.close

    async def submit(
        self, principal: Principal, project: str, task: Any, *, schema: str = "default", source: str = ""
    ) -> SqlJob:
        """Start a job; returns when it has ended, or when its instance is durable and it goes on."""
        if len(task.query.encode()) > limits.SQL_TEXT_BYTES_MAX:
            raise InvalidArgument("A SQL statement is at most 2 MB long")
        now = self._warehouse.clock.time()
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
        await self._jobs.submit(job, wait_s=_SYNC_WAIT_S)
        return job

    def find(self, project: str, instance_id: str) -> Instance:
        """An instance, live or ended. Raises NotFound."""
        job = self._jobs.find(instance_id)
        if job is not None and job.record.project == project:
            return job.record
        return self._instances.get(project, instance_id)

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
        await self._instances.save(job.record, entries)

    def entries(self, job: SqlJob) -> Sequence[Entry]:
        """A job is metered once, when it has succeeded; one that scanned nothing is on the bill at zero."""
        if job.record.task_type != "SQL" or job.record.task_status != SUCCESS:
            return ()
        items = {SCAN: float(job.usage.scanned_bytes), **job.usage.items}
        text = " ".join(job.query.split())[:500]
        return entries_of(job, project=job.record.project, operation="SQL", items=items.items(), text=text)

    def _end(self, job: SqlJob, status: str, outcome: Outcome) -> None:
        now = self._warehouse.clock.time()
        job.record = replace(job.record, status=TERMINATED, task_status=status, ended=now, outcome=outcome)

    def _cost(self, job: SqlJob) -> float:
        prices, usage = self._prices, job.usage
        external = prices.cost(EXTERNAL, usage.items.get(EXTERNAL, 0), usage.complexity)
        return prices.cost(SCAN, usage.scanned_bytes, usage.complexity) + external

    async def _run_task(self, job: SqlJob) -> Outcome:
        outcome = Outcome()
        for step in steps(job.query):
            job.settings.update(step.settings)
            if step.text:
                outcome = await self._run_statement(job, step.text)
        return noted(outcome, job.settings)

    async def _run_statement(self, job: SqlJob, text: str) -> Outcome:
        session = self._session(job)
        async with self._pool.lease() as worker:
            with self._warehouse.objects.held():
                planned = await self._warehouse.planner.plan(worker, text, session, run=self._run_of(job))
                statement = Statement(job, text, session, worker, planned)
                operation = operation_for(job.instance.task_type, planned.plan)
                return await self._spine.perform(self._warehouse, operation, statement, job.principal, job.instance.id)

    def _run_of(self, job: SqlJob) -> RunQuery | None:
        """How a query of the job is run, unless only its price is asked for."""
        if job.record.task_type != "SQL":
            return None
        return RunQuery(self._warehouse.results.name(job.record.id), limits.RESULT_INLINE_ROWS_MAX)

    def _session(self, job: SqlJob) -> Session:
        project = self._warehouse.catalogue.project(job.instance.project)
        settings = {**(project.properties if project else {}), **job.settings}
        return Session(
            project=job.instance.project,
            schema=settings.get("odps.default.schema", job.schema).lower(),
            settings=settings,
            user=job.principal.name,
            timezone=timezone_of(settings),
            now=utc(self._warehouse.clock.time()),
        )
