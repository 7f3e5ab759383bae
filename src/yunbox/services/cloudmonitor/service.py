"""What CloudMonitor's operations run on, and how one is declared."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from yunbox.kernel import errors
from yunbox.kernel.call import Access, Call, Operation
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import InvalidArgument, NotFound
from yunbox.kernel.rules import Number
from yunbox.meter.journal import Recorder
from yunbox.services.cloudmonitor.catalogue import Metric, Namespace, namespaces
from yunbox.services.cloudmonitor.samples import Samples
from yunbox.storage.database import Database, Transaction
from yunbox.wire.openapi.api import Asked, Codes, action
from yunbox.wire.outgoing import Reach
from yunbox.wire.route import Route

P = TypeVar("P")
T = TypeVar("T")
Body = dict[str, Any]
INVALID, ABSENT = "ParameterInvalid", "ResourceNotFound"
CODES: Codes = {errors.InvalidArgument: (400, INVALID), errors.NotFound: (404, ABSENT)}
DENIED = "Forbidden.RAM"
PAGE, PAGE_SIZE = Number(1, 100_000), Number(1, 100)
DONE: Body = {"Success": True, "Code": "200", "Message": ""}
"""What every answer has: some clients look at nothing else."""


@dataclass(frozen=True)
class CloudMonitor:
    """The account's metrics and alarms; ``reach`` is where webhooks may be."""

    database: Database
    account_id: str
    region: str
    clock: Clock
    samples: Samples
    journal: Recorder
    reach: Reach


@dataclass(frozen=True)
class Work(Transaction):
    """A call of CloudMonitor's."""

    service: CloudMonitor


def reads(name: str, kind: type[P], work: Callable[[Work, P], Body]) -> Route[Asked]:
    """The route to an operation that reads; its right is its own name."""

    async def run(service: CloudMonitor, call: Call[P]) -> Body:
        now = service.clock.time()
        await service.samples.flush()
        return service.database.look(lambda db: DONE | work(Work(db, now, service), call.params))

    return action(Operation("cms", name, kind, run, _touching(name), reads=True, denied=DENIED))


def changes(name: str, kind: type[P], work: Callable[[Work, P], Body | None]) -> Route[Asked]:
    """The route to an operation that changes something; its right is its own name."""

    async def run(service: CloudMonitor, call: Call[P]) -> Body:
        found = await service.database.write(lambda db: work(Work(db, service.clock.time(), service), call.params))
        return DONE | (found or {})

    return action(Operation("cms", name, kind, run, _touching(name), denied=DENIED))


def _touching(name: str) -> Callable[[CloudMonitor, Any], tuple[Access, ...]]:
    def touches(service: CloudMonitor, _params: Any) -> tuple[Access, ...]:
        return (Access(f"cms:{name}", "*", service.account_id),)

    return touches


def paged(found: Sequence[T], page: int, size: int) -> Sequence[T]:
    """One page of so many, the first of which is 1."""
    return found[(page - 1) * size : page * size]


def metric_named(namespace: str, name: str) -> tuple[Namespace, Metric]:
    """A metric. Raises NotFound."""
    found = namespaces().get(namespace)
    if found is None:
        known = ", ".join(sorted(namespaces()))
        raise NotFound(f"The namespace {namespace[:64]} does not exist here: there are {known}.", code=ABSENT)
    metric = found.metrics.get(name)
    if metric is None:
        raise NotFound(
            f"The metric {name[:64]} does not exist in {namespace}: see DescribeMetricMetaList.", code=ABSENT
        )
    return found, metric


def period_s(text: str) -> int:
    """A period as it is asked for: some whole minutes, at most a day. Raises InvalidArgument."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0
    if number < 60 or number % 60 or 86_400 % number:
        raise InvalidArgument(
            f"Period is a number of seconds: 60 or a multiple of it that divides a day, not {text[:32]}.", code=INVALID
        )
    return number
