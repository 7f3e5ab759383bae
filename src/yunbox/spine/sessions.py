"""Sessions: who is calling is proven once, and statements come by the ten thousand a second.

What a session may do is decided once for each action on a resource, and holds until the revocation epoch moves. What
its statements used is added up and written now and then, with one event for all statements of a kind; each refusal is
told on its own, in full. A kill loses the sums of the last interval, and nothing that a statement has done.
"""

import asyncio
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Generic, TypeVar

from yunbox.guard.authorise import Authoriser
from yunbox.identity.identify import Identity
from yunbox.kernel import ids
from yunbox.kernel.call import Access, Call, Operation, Place, Principal
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import Forbidden, KernelError, Refused, Throttled, Unauthenticated
from yunbox.kernel.unidentified import TOKEN_EXPIRED, NotIdentified
from yunbox.meter.journal import Event, Recorder
from yunbox.meter.usage import SumMeter
from yunbox.spine.overhead import Overhead, weight_of
from yunbox.spine.path import MESSAGE_LENGTH_MAX, RequestContext, code_of, decided_by, kernel_error, verdict_of

S = TypeVar("S")
P = TypeVar("P")
R = TypeVar("R")
_DECISIONS_MAX = 10_000
_TIMED_S = 1.0
"""How long a decision holds that depends on the time of day."""
_NOWHERE = Place("")
_TOLD = (Forbidden, Refused, Throttled, Unauthenticated)


@dataclass(slots=True)
class _Sum:
    """All statements of a kind since the last time they were written."""

    calls: int = 0
    latency_s: float = 0.0
    uploaded_bytes: int = 0
    downloaded_bytes: int = 0
    scanned_bytes: int = 0
    items: dict[str, float] = field(default_factory=dict)

    @property
    def weight(self) -> float:
        """What they weigh where something is shared out among all statements."""
        return weight_of(self.calls, self.uploaded_bytes + self.downloaded_bytes)


class _Context(RequestContext):
    """Notes whether a condition asked for the time: such a decision does not hold for long."""

    __slots__ = ("timed",)

    def __init__(self, principal: Principal, clock: Clock) -> None:
        super().__init__(principal, clock)
        self.timed = False

    def __getitem__(self, key: str) -> str:
        self.timed = self.timed or key == "acs:CurrentTime"
        return super().__getitem__(key)


class Session(Generic[S]):
    """One session of a principal with a service."""

    def __init__(self, sessions: "Sessions", service: S, principal: Principal, session_id: str) -> None:
        self.id = session_id
        self.principal = principal
        self._house = sessions
        self._service = service
        self._now = sessions.authoriser.epoch.now
        self._epoch = self._now()
        self._holds: dict[tuple[str, str], float] = {}
        self._sums: dict[tuple[Operation[Any, Any, Any], str, Place], _Sum] = {}

    async def perform(self, operation: Operation[S, P, R], params: P) -> R:
        """Run one statement. Raises Unauthenticated once the session's principal is no more."""
        started = monotonic()
        accesses: Iterable[Access] = ()
        place = _NOWHERE
        call = Call(self.id, operation, params, self.principal)
        try:
            if self._epoch != self._now() or self.principal.expires_at is not None:
                self._look_again()
            accesses = operation.touches(self._service, params)
            for access in accesses:
                if self._holds.get((access.action, access.resource), 0.0) < started:
                    self._authorise(access, started)
            if operation.place is not None:
                call.places = operation.place(params)
                place = call.places[0] if call.places else _NOWHERE
            if operation.admit is not None:
                operation.admit(self._service, call)
            reply = await operation.run(self._service, call)
        except BaseException as error:
            self._failed(call, accesses, started, place, error)
            raise kernel_error(error) from error
        self._add(call, "OK", place, started)
        return reply

    def accesses(self, operation: Operation[S, P, R], params: P) -> tuple[Access, ...]:
        """What a statement touches, for who asks ``may`` of the same one again and again."""
        return tuple(operation.touches(self._service, params))

    def may(self, accesses: tuple[Access, ...]) -> bool:
        """Whether what a statement touches is allowed by what was decided before; if not, ``perform`` decides."""
        expires = self.principal.expires_at
        if self._epoch != self._now() or (expires is not None and expires < self._house.clock.time()):
            return False
        now, holds = monotonic(), self._holds
        return min([holds.get((one.action, one.resource), 0.0) for one in accesses], default=now) >= now

    def reach(self, access: Access) -> None:
        """Check an access that a statement turns out to need while it runs; no such decision is remembered, as
        services keep grants that move no epoch. Raises AccessDenied; who raises another instead says ``reached``."""
        self._house.authoriser.check(self.principal, (access,), RequestContext(self.principal, self._house.clock))

    def answered(self, operation: Operation[Any, Any, Any], downloaded_bytes: int, started: float) -> None:
        """A statement that was allowed has been answered at once."""
        found = self._sum((operation, "OK", _NOWHERE))
        found.calls += 1
        found.latency_s += monotonic() - started
        found.downloaded_bytes += downloaded_bytes

    def close(self) -> None:
        """End the session; what it used is written."""
        self._house.closed(self)

    def _look_again(self) -> None:
        """What was decided may have become another; even who this is."""
        expires = self.principal.expires_at
        if expires is not None and expires < self._house.clock.time():
            raise NotIdentified(TOKEN_EXPIRED, "The security token has expired: ask for a new one, and connect again")
        epoch = self._now()
        if epoch != self._epoch:
            self._holds.clear()
            self.principal = self._house.identity.again(self.principal)
            self._epoch = epoch

    def _authorise(self, access: Access, now: float) -> None:
        context = _Context(self.principal, self._house.clock)
        self._house.authoriser.check(self.principal, (access,), context)
        if access.context:
            return
        if len(self._holds) >= _DECISIONS_MAX:
            self._holds.clear()
        self._holds[access.action, access.resource] = now + _TIMED_S if context.timed else math.inf

    def _add(self, call: Call[Any], code: str, place: Place, started: float) -> None:
        found = self._sum((call.operation, code, place))
        found.calls += 1
        found.latency_s += monotonic() - started
        usage = call.usage
        if usage.uploaded_bytes or usage.downloaded_bytes or usage.scanned_bytes or usage.items:
            found.uploaded_bytes += usage.uploaded_bytes
            found.downloaded_bytes += usage.downloaded_bytes
            found.scanned_bytes += usage.scanned_bytes
            for item, quantity in usage.items.items() if code == "OK" else ():  # what fails is free
                found.items[item] = found.items.get(item, 0.0) + quantity

    def _sum(self, key: tuple[Operation[Any, Any, Any], str, Place]) -> _Sum:
        found = self._sums.get(key)
        if found is None:
            found = self._sums[key] = _Sum()
        return found

    def _failed(
        self, call: Call[Any], accesses: Iterable[Access], started: float, place: Place, error: BaseException
    ) -> None:
        if not isinstance(error, _TOLD):
            self._add(call, code_of(error), place, started)
            return
        now = self._house.clock.time()
        event = self._event(call.operation, code_of(error), now - (monotonic() - started), monotonic() - started)
        touched = tuple(accesses)
        event.decided = decided_by(touched, error)
        event.resources, event.actions = [one.resource for one in touched], [one.action for one in touched]
        event.verdict = verdict_of(error, allowed=False)
        if isinstance(error, KernelError) and "reached" in error.details:
            event.resources.append(error.details["reached"])
        event.decision, event.message = "refused", str(error)[:MESSAGE_LENGTH_MAX]
        self._house.journal.record(event, call.places)

    def _event(self, operation: Operation[Any, Any, Any], code: str, time: float, latency_s: float) -> Event:
        who = self.principal
        event = Event(time, self.id, operation.service, operation.name, who.name, who.account_id)
        event.code, event.decision, event.latency_ms = code, "allowed", round(latency_s * 1000, 3)
        event.arn, event.source_ip, event.access_key_id = who.arn, who.source_ip, who.access_key_id
        return event

    @property
    def weight(self) -> float:
        """What the statements weigh that are not written yet."""
        return sum(found.weight for found in self._sums.values())

    def flush(self) -> None:
        """Write what was added up, unless that is nothing."""
        sums, self._sums = self._sums, {}
        overhead = self._house.overhead
        for (operation, code, place), found in sums.items():
            if overhead is not None:
                share = overhead.share(found.weight)  # of what has failed too, which is charged to nobody
                if code == "OK":
                    found.items[overhead.item] = found.items.get(overhead.item, 0.0) + share
            event = self._event(operation, code, self._house.clock.time(), found.latency_s / found.calls)
            event.calls = found.calls
            event.uploaded_bytes, event.downloaded_bytes = found.uploaded_bytes, found.downloaded_bytes
            event.scanned_bytes = found.scanned_bytes
            self._house.meter.record_sum(
                operation,
                self.principal,
                place,
                calls=found.calls if code == "OK" else 0,
                uploaded_bytes=found.uploaded_bytes,
                downloaded_bytes=found.downloaded_bytes,
                items=found.items,
            )
            self._house.journal.record(event, () if place is _NOWHERE else (place,))


class Sessions:
    """The sessions that are open in this process, and what they are built on; ``overhead`` is shared out among them."""

    def __init__(
        self,
        identity: Identity,
        authoriser: Authoriser,
        meter: SumMeter,
        journal: Recorder,
        clock: Clock,
        overhead: Overhead | None = None,
    ) -> None:
        self.identity = identity
        self.authoriser = authoriser
        self.meter = meter
        self.journal = journal
        self.clock = clock
        self.overhead = overhead
        self._open: set[Session[Any]] = set()

    def open(self, service: S, principal: Principal) -> Session[S]:
        """A session of a principal who was identified."""
        session = Session(self, service, principal, ids.request_id())
        self._open.add(session)
        return session

    def refused(self, operation: Operation[Any, Any, Any], code: str, message: str) -> None:
        """Tell of one who asked for a session and could not prove who it is."""
        now = self.clock.time()
        event = Event(now, ids.request_id(), operation.service, operation.name)
        event.decision, event.code, event.message = "refused", code, message[:MESSAGE_LENGTH_MAX]
        self.journal.record(event)

    def closed(self, session: Session[Any]) -> None:
        """A session has ended."""
        if self.overhead is not None and not self.overhead.is_known:
            self.overhead.settle(sum(one.weight for one in self._open))
        self._open.discard(session)
        session.flush()

    async def flush(self) -> None:
        """Write what all sessions have used; to be done now and then."""
        if self.overhead is not None:
            self.overhead.settle(sum(session.weight for session in self._open))
        for session in tuple(self._open):
            session.flush()
            await asyncio.sleep(0)

    def __len__(self) -> int:
        return len(self._open)
