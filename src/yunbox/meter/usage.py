"""From what a call used to entries of the ledger, or to a line of the tally where there are too many calls for that."""

from typing import Any

from yunbox.kernel.call import Call
from yunbox.kernel.clock import Clock
from yunbox.meter.ledger import Entry, Ledger
from yunbox.meter.prices import DOWNLOAD, SQL_SCAN, UPLOAD
from yunbox.meter.tally import Line, Tally, hour_of


class Meter:
    """Records the usage of a call, keyed so that each is counted once."""

    def __init__(self, ledger: Ledger, tally: Tally, clock: Clock) -> None:
        self._ledger = ledger
        self._tally = tally
        self._clock = clock

    async def record(self, call: Call[Any]) -> None:
        """Meter a call that has run. Calls that used nothing billable leave no entry."""
        if call.usage.tallied:
            self._add(call)
            return
        for entry in entries(call):
            await self._ledger.record(entry)

    def _add(self, call: Call[Any]) -> None:
        used = call.usage
        quantities = dict(used.items)
        if used.traffic:
            quantities |= {f"{used.traffic}.in": used.uploaded_bytes, f"{used.traffic}.out": used.downloaded_bytes}
        if used.retrieval:
            quantities[used.retrieval] = quantities.get(used.retrieval, 0) + used.downloaded_bytes
        items = {item: quantity for item, quantity in quantities.items() if quantity > 0}
        if not items:
            return
        who = call.principal
        self._tally.add(
            Line(hour_of(self._clock.time()), who.account_id, who.name, call.usage.project, call.operation.name, items)
        )


def entries(call: Call[Any], key: str = "") -> list[Entry]:
    """The ledger entries of a call: one for each item it used, under its request id or a job's id."""
    used = call.usage
    quantities = {
        SQL_SCAN: used.scanned_bytes,
        UPLOAD: used.uploaded_bytes,
        DOWNLOAD: used.downloaded_bytes,
        **used.items,
    }
    return [
        Entry(
            id=key or call.request_id,
            item=item,
            account_id=call.principal.account_id,
            principal=call.principal.name,
            project=used.project,
            operation=call.operation.name,
            quantity=quantity,
            complexity=used.complexity if item == SQL_SCAN else 1.0,
            detail=used.detail,
        )
        for item, quantity in quantities.items()
        if quantity > 0
    ]
