"""From what a call used to entries of the ledger."""

from typing import Any

from yunbox.kernel.call import Call
from yunbox.meter.ledger import Entry, Ledger
from yunbox.meter.prices import DOWNLOAD, SQL_SCAN, UPLOAD


class Meter:
    """Turns the usage of a call into ledger entries, keyed so that each is counted once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def record(self, call: Call[Any]) -> None:
        """Meter a call that has run. Calls that used nothing billable leave no entry."""
        for entry in entries(call):
            await self._ledger.record(entry)


def entries(call: Call[Any], key: str = "") -> list[Entry]:
    """The ledger entries of a call: one for each item it used, under its request id or a job's id."""
    used = call.usage
    quantities = {SQL_SCAN: used.scanned_bytes, UPLOAD: used.uploaded_bytes, DOWNLOAD: used.downloaded_bytes}
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
