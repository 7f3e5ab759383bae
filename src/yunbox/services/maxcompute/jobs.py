"""SQL jobs: from a submitted instance to its end.

A job runs its statements one after another through the spine as the principal who submitted it. A statement
that ends soon ends within the POST that submitted it; a longer one goes on behind its instance id.
"""

import asyncio
import contextlib
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
from yunbox.kernel.errors import Cancelled, Internal, InvalidArgument, KernelError, Unavailable
from yunbox.meter.ledger import Entry
from yunbox.meter.prices import SQL_EXTERNAL, SQL_SCAN
from yunbox.services.maxcompute import faults
from yunbox.services.maxcompute.admission import Estimate, Reading
from yunbox.services.maxcompute.instances import CANCELLED, FAILED, SUCCESS, TERMINATED, Instance, Outcome
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
_UNSAVED_MAX = 256


@dataclass
class Job:
    """A live instance: what runs, as whom, and where it will say what came of it."""

    instance: Instance
    principal: Principal
    settings: dict[str, str]
    query: str
    schema: str
    done: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    usage: Usage = field(default_factory=Usage)
    saved: bool = False


@dataclass(frozen=True)
class Statement:
    """One planned statement of a job, with the worker that holds its plan."""

    job: Job
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


class Jobs:
    """Submits, runs, stops and remembers jobs."""

    def __init__(self, service: "MaxCompute", results: Path, *, sync_wait_s: float) -> None:
        self._service = service
        self._results = results
        self._sync_wait_s = sync_wait_s
        self._live: dict[str, Job] = {}
        self._unsaved: dict[str, Instance] = {}

    async def submit(
        self, principal: Principal, project: str, task: Any, *, schema: str = "default", source: str = ""
    ) -> Job:
        """Start a job; returns when it has ended, or when its instance is durable and it goes on."""
        if len(task.query.encode()) > limits.SQL_TEXT_BYTES_MAX:
            raise InvalidArgument("A SQL statement is at most 2 MB long")
        if len(self._live) >= _RUNNING_MAX:
            raise Unavailable(f"More than {_RUNNING_MAX} instances are running: try again later")
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
        job = Job(instance, principal, dict(task.settings), task.query, schema)
        self._live[instance.id] = job
        job.task = asyncio.create_task(self._run(job), name=f"job {instance.id}")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(job.done.wait(), self._sync_wait_s)
        if not job.done.is_set() and not job.saved:
            job.saved = True
            await self._service.instances.save(job.instance)
        return job

    def find(self, project: str, instance_id: str) -> Instance:
        """An instance, live or ended. Raises NotFound."""
        job = self._live.get(instance_id)
        if job is not None and job.instance.project == project:
            return job.instance
        unsaved = self._unsaved.get(instance_id)
        if unsaved is not None and unsaved.project == project:
            return unsaved
        return self._service.instances.get(project, instance_id)

    async def wait(self, project: str, instance_id: str, timeout_s: float) -> Instance:
        """An instance once it has ended, or as it is after a while."""
        job = self._live.get(instance_id)
        if job is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(job.done.wait(), timeout_s)
        return self.find(project, instance_id)

    async def stop(self, project: str, instance_id: str) -> None:
        """Cancel a job: its worker is killed, and nothing it had not committed stays."""
        self.find(project, instance_id)
        job = self._live.get(instance_id)
        if job is None or job.task is None:
            return
        job.task.cancel()
        await job.done.wait()

    async def close(self) -> None:
        """Stop what still runs."""
        for job in list(self._live.values()):
            if job.task:
                job.task.cancel()
        await asyncio.gather(*(j.task for j in self._live.values() if j.task), return_exceptions=True)

    async def drain(self, timeout_s: float) -> None:
        """Let running jobs end for a while."""
        waiting = [job.done.wait() for job in self._live.values()]
        if waiting:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.gather(*waiting), timeout_s)

    @property
    def running(self) -> int:
        """How many jobs are running."""
        return len(self._live)

    async def _run(self, job: Job) -> None:
        status, outcome = FAILED, Outcome()
        try:
            async with asyncio.timeout(_STATEMENT_TIMEOUT_S):
                outcome = await self._run_task(job)
            status = SUCCESS
        except asyncio.CancelledError:
            status = CANCELLED
            outcome = _failure(Cancelled("The instance was stopped"))
        except TimeoutError:
            outcome = _failure(Cancelled("The instance ran longer than 24 hours and was stopped"))
        except KernelError as error:
            outcome = _failure(error)
        except Exception as error:
            outcome = _failure(error)
            self._service.log.exception("job %s failed", job.instance.id)
        await asyncio.shield(self._end(job, status, outcome))

    async def _end(self, job: Job, status: str, outcome: Outcome) -> None:
        now = self._service.clock.time()
        if status == SUCCESS:
            outcome = replace(outcome, scanned_bytes=job.usage.scanned_bytes, cost=self._cost(job))
        job.instance = replace(job.instance, status=TERMINATED, task_status=status, ended=now, outcome=outcome)
        try:
            await self._service.instances.save(job.instance, self._entries(job) if status == SUCCESS else ())
        except Exception as error:
            self._service.log.exception("instance %s could not be saved", job.instance.id)
            job.instance = replace(job.instance, task_status=FAILED, outcome=_failure(error))
            self._remember(job.instance)
        finally:
            job.done.set()
            self._live.pop(job.instance.id, None)

    def _remember(self, instance: Instance) -> None:
        """Keep what could not be written, so that its client learns why; the oldest give way."""
        self._unsaved[instance.id] = instance
        while len(self._unsaved) > _UNSAVED_MAX:
            del self._unsaved[next(iter(self._unsaved))]

    def _cost(self, job: Job) -> float:
        prices, usage = self._service.prices, job.usage
        external = prices.cost(SQL_EXTERNAL, usage.items.get(SQL_EXTERNAL, 0), usage.complexity)
        return prices.sql_cost(usage.scanned_bytes, usage.complexity) + external

    def _entries(self, job: Job) -> tuple[Entry, ...]:
        """A job is metered once, when it has succeeded; one that scanned nothing is on the bill at zero."""
        if job.instance.task_type != "SQL":
            return ()
        items = {SQL_SCAN: float(job.usage.scanned_bytes), **job.usage.items}
        return tuple(
            Entry(
                id=job.instance.id,
                item=item,
                account_id=job.principal.account_id,
                principal=job.principal.name,
                project=job.instance.project,
                operation="SQL",
                quantity=quantity,
                complexity=job.usage.complexity,
                detail={"sql": " ".join(job.query.split())[:500]},
            )
            for item, quantity in items.items()
        )

    async def _run_task(self, job: Job) -> Outcome:
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

    async def _run_statement(self, job: Job, text: str) -> Outcome:
        from yunbox.services.maxcompute.statements import operation_for

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

    def _session(self, job: Job) -> Session:
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

    def result_path(self, job: Job) -> Path:
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


def _failure(error: BaseException) -> Outcome:
    code, message = faults.sql_failure(error)
    return Outcome(text=message, error_code=code)
