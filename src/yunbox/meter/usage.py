"""From what a call used to entries of the ledger, or to a line of the tally where there are too many calls for that."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from yunbox.kernel.call import Call, Charge, Operation, Place, Principal
from yunbox.kernel.clock import Clock
from yunbox.meter.ledger import Entry, Ledger
from yunbox.meter.line import Line
from yunbox.meter.tally import hour_of

_FREE = Charge()
EGRESS = "network.egress"
"""With which the items begin that are traffic to another region, which stands behind it."""


class Lines(Protocol):
    """Where lines of the tally go: to this process's own, or from another process to a folder of its own."""

    @property
    def add(self) -> Callable[[Line], None]:
        """Keeps one line."""


class SumMeter:
    """Records what many statements used together: all that a process without the ledger need know of the bill."""

    def __init__(self, tally: Lines, clock: Clock) -> None:
        self._tally = tally
        self._clock = clock

    def record_sum(
        self,
        operation: Operation[Any, Any, Any],
        principal: Principal,
        place: Place,
        *,
        calls: int,
        uploaded_bytes: int,
        downloaded_bytes: int,
        items: Mapping[str, float],
    ) -> None:
        """Meter many statements of a session at once, of which so many succeeded."""
        charge = operation.charge or _FREE
        used = dict(items)
        for item, quantity in (
            (charge.request, calls),
            (charge.uploaded, uploaded_bytes),
            (charge.downloaded, downloaded_bytes),
        ):
            if item and quantity:
                used[item] = used.get(item, 0) + quantity
        _leave(used, principal, downloaded_bytes)
        if used:
            hour = hour_of(self._clock.time())
            project = charge.group + place.container
            self._tally.add(Line(hour, principal.account_id, principal.name, project, operation.name, used, calls))


class CallMeter(SumMeter):
    """Records the usage of single calls as lines of the tally, in a process that has no ledger."""

    def record(self, call: Call[Any], *, succeeded: bool) -> Awaitable[None] | None:
        """Meter a call that has ended; what is to be written durably is to be awaited.

        Calls that used nothing billable leave nothing.
        """
        items = quantities(call, call.operation.charge or _FREE, succeeded=succeeded)
        return self._keep(call, items) if items else None

    def _keep(self, call: Call[Any], items: dict[str, float]) -> Awaitable[None] | None:
        who, hour = call.principal, hour_of(self._clock.time())
        self._tally.add(Line(hour, who.account_id, who.name, _project(call), call.operation.name, items))
        return None


class Meter(CallMeter):
    """Records the usage of a call in the ledger, keyed so that each is counted once, unless it is to be tallied."""

    def __init__(self, ledger: Ledger, tally: Lines, clock: Clock) -> None:
        super().__init__(tally, clock)
        self._ledger = ledger

    def _keep(self, call: Call[Any], items: dict[str, float]) -> Awaitable[None] | None:
        if call.operation.charge is not None and call.operation.charge.tallied:
            return super()._keep(call, items)
        return self._ledger.record_all(_entries(call, _project(call), items))


def _project(call: Call[Any]) -> str:
    """What the bill groups a call by."""
    charge = call.operation.charge or _FREE
    return charge.group + call.places[0].container if call.places else ""


def quantities(call: Call[Any], charge: Charge, *, succeeded: bool) -> dict[str, float]:
    """How much of each item a call used: those above zero."""
    used = call.usage
    items = {item: quantity for item, quantity in used.items.items() if quantity > 0} if succeeded else {}
    if succeeded and charge.request:
        items[charge.request] = 1
    if charge.uploaded and used.uploaded_bytes:
        items[charge.uploaded] = used.uploaded_bytes
    if charge.downloaded and used.downloaded_bytes:
        items[charge.downloaded] = used.downloaded_bytes
    if used.retrieval and used.downloaded_bytes:
        items[used.retrieval] = items.get(used.retrieval, 0) + used.downloaded_bytes
    _leave(items, call.principal, used.downloaded_bytes)
    return items


def _leave(items: dict[str, float], principal: Principal, downloaded_bytes: int) -> None:
    """What goes to who calls from another region leaves this one."""
    if principal.region and downloaded_bytes:
        items[f"{EGRESS}.{principal.region}"] = downloaded_bytes


def _entries(call: Call[Any], project: str, items: dict[str, float]) -> list[Entry]:
    """The ledger entries of a call: one for each item it used, under its request id."""
    return [
        Entry(
            id=call.request_id,
            item=item,
            account_id=call.principal.account_id,
            principal=call.principal.name,
            project=project,
            operation=call.operation.name,
            quantity=quantity,
        )
        for item, quantity in items.items()
    ]
