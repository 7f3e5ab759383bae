"""A statement of a job as its operation gets it: planned, with the worker that holds the plan."""

from dataclasses import dataclass, field
from typing import Any, TypeVar

from yunbox.engine.duck.messages import Planned
from yunbox.engine.duck.pool import Worker
from yunbox.kernel.call import Usage
from yunbox.kernel.errors import Internal
from yunbox.services.maxcompute.prices import EXTERNAL
from yunbox.services.maxcompute.sql.admission import Estimate, Reading
from yunbox.services.maxcompute.sql.instances import Instance
from yunbox.spine.jobs import Job
from yunbox.sql.maxcompute.session import Session

P = TypeVar("P")


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
            job.items[EXTERNAL] = job.items.get(EXTERNAL, 0) + estimate.external_bytes

    @property
    def estimate(self) -> Estimate:
        """What the guard judges the statement by."""
        return Estimate(tuple(_reading(cost) for cost in self.planned.costs))


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
