"""The ledger: one row for each metered item of a call, written exactly once, and the bill read from it.

The key of a row is the request (or job) and the item, so a row written again after a crash is the same row.
"""

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from yunbox.kernel.clock import Clock
from yunbox.meter.prices import PriceBook
from yunbox.storage.database import Database

LEDGER_SCHEMA = """
CREATE TABLE IF NOT EXISTS ledger (
    id TEXT NOT NULL, item TEXT NOT NULL, time REAL NOT NULL, day TEXT NOT NULL, account_id TEXT NOT NULL,
    principal TEXT NOT NULL, project TEXT NOT NULL, operation TEXT NOT NULL, quantity REAL NOT NULL,
    complexity REAL NOT NULL, price REAL NOT NULL, cost REAL NOT NULL, detail TEXT NOT NULL,
    PRIMARY KEY (id, item)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ledger_by_day ON ledger (project, day);
"""
_BILLING_ZONE_S = 8 * 3600  # the vendor's billing day is that of UTC+8
_PLACES = ", ".join("?" * 13)
_BILL = """
    SELECT key, sum(calls) AS calls, sum(bytes) AS quantity, sum(cost) AS cost, min(time) AS time,
        min(operation) AS operation, min(principal) AS principal, min(detail) AS detail
    FROM (
        SELECT {column} AS key, max(coalesce(json_extract(detail, '$.calls'), 1)) AS calls,
            sum(quantity * (item IN (SELECT value FROM json_each(?4)))) AS bytes,
            sum(cost) AS cost, min(time) AS time, min(operation) AS operation, min(principal) AS principal,
            min(detail) AS detail
        FROM ledger WHERE (?1 IS NULL OR project = ?1) AND (?2 IS NULL OR day = ?2) GROUP BY id
    )
    GROUP BY key ORDER BY min(time) LIMIT ?3
"""
_BY_ITEM = """
    SELECT item, sum(quantity) AS quantity, sum(cost) AS cost FROM ledger
    WHERE (?1 IS NULL OR project = ?1) AND (?2 IS NULL OR day = ?2) GROUP BY item ORDER BY item
"""
_BY_PART = """
    SELECT coalesce(json_extract(detail, '$.part'), '') AS part, item, sum(quantity) AS quantity FROM ledger
    WHERE (?1 IS NULL OR project = ?1) AND (?2 IS NULL OR day = ?2) AND item IN (SELECT value FROM json_each(?3))
    GROUP BY part, item ORDER BY part, item
"""
_GROUPS = {"day": "day", "project": "project", "user": "principal", "query": "id"}


@dataclass(frozen=True)
class Entry:
    """One metered item. ``quantity`` is in the item's unit, bytes for most; ``time`` is now unless it is given."""

    id: str
    item: str
    account_id: str
    principal: str
    project: str
    operation: str
    quantity: float
    complexity: float = 1.0
    detail: dict[str, Any] = field(default_factory=dict)
    time: float | None = None


@dataclass(frozen=True)
class BillLine:
    """One line of the bill: a group's key, how many calls, how much, and what it costs."""

    key: str
    calls: int
    quantity_bytes: int
    cost: float
    time: float
    operation: str
    principal: str
    text: str

    def as_dict(self) -> dict[str, Any]:
        """The line as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class ItemLine:
    """How much of one item was used, in the unit of its price, and what that costs; ``note`` is what the price book
    says of the price."""

    item: str
    quantity: float
    unit: str
    cost: float
    note: str

    def as_dict(self) -> dict[str, Any]:
        """The line as plain values."""
        return asdict(self)


class Ledger:
    """Writes entries and reads bills."""

    def __init__(self, database: Database, prices: PriceBook, clock: Clock) -> None:
        self._database = database
        self.prices = prices
        self._clock = clock
        self.currency = prices.currency

    async def record(self, entry: Entry) -> float:
        """Write an entry durably and return its cost."""
        return await self._database.write(lambda db: self.insert(db, entry))

    async def record_all(self, entries: Sequence[Entry]) -> None:
        """Write the entries of one call durably, all or none."""

        def work(db: sqlite3.Connection) -> None:
            for entry in entries:
                self.insert(db, entry)

        await self._database.write(work)

    def insert(self, db: sqlite3.Connection, entry: Entry) -> float:
        """Write an entry inside a transaction that also ends the job it belongs to; returns its cost."""
        row = self._row(entry)
        db.execute(f"INSERT OR IGNORE INTO ledger VALUES ({_PLACES})", row)
        return row[11]

    def accumulate(self, db: sqlite3.Connection, entry: Entry, calls: int) -> None:
        """Add calls of one kind to the row that stands for them, inside a transaction."""
        db.execute(
            f"INSERT INTO ledger VALUES ({_PLACES}) ON CONFLICT (id, item) DO UPDATE SET"
            " quantity = quantity + excluded.quantity, cost = cost + excluded.cost, detail ="
            " json_set(detail, '$.calls', json_extract(detail, '$.calls') + json_extract(excluded.detail, '$.calls'))",
            self._row(replace(entry, detail={**entry.detail, "calls": calls})),
        )

    def _row(self, entry: Entry) -> tuple[Any, ...]:
        when = self._clock.time() if entry.time is None else entry.time
        price = self.prices.price(entry.item)
        cost = self.prices.cost(entry.item, entry.quantity, entry.complexity)
        return (
            entry.id, entry.item, when, billing_day(when), entry.account_id, entry.principal, entry.project,
            entry.operation, entry.quantity, entry.complexity, price, cost,
            json.dumps(entry.detail, ensure_ascii=False),
        )  # fmt: skip

    def spent_today(self, project: str) -> float:
        """What a project has cost since midnight, UTC+8."""
        row = self._database.read_one(
            "SELECT coalesce(sum(cost), 0) FROM ledger WHERE project = ? AND day = ?",
            project,
            billing_day(self._clock.time()),
        )
        return float(row[0]) if row else 0.0

    def bill(
        self, by: str, *, project: str | None = None, day: str | None = None, limit: int = 10_000
    ) -> list[BillLine]:
        """The bill grouped by ``day``, ``project``, ``user`` or ``query``, oldest first."""
        in_bytes = json.dumps(self.prices.measured_in("bytes"))
        rows = self._database.read(_BILL.format(column=_GROUPS[by]), project, day, limit, in_bytes)
        return [_line(row, by) for row in rows]

    def items(self, *, project: str | None = None, day: str | None = None) -> list[ItemLine]:
        """The bill by item: also what has no known price, and what is not counted in bytes."""
        found = self._database.read(_BY_ITEM, project, day)
        return [self._item(row["item"], row["quantity"], row["cost"]) for row in found]

    def parts(
        self, items: Sequence[str], *, project: str | None = None, day: str | None = None
    ) -> dict[str, dict[str, float]]:
        """How much of some items the parts of places have used, by part and item; what was not told apart is ``""``."""
        found: dict[str, dict[str, float]] = {}
        for row in self._database.read(_BY_PART, project, day, json.dumps(items)):
            found.setdefault(row["part"], {})[row["item"]] = row["quantity"]
        return found

    def _item(self, item: str, quantity: float, cost: float) -> ItemLine:
        known = self.prices.find(item) or {}
        per = self.prices.per(item) if known else 1.0
        return ItemLine(item, quantity / per, str(known.get("unit", "")), cost, str(known.get("note", "")))


def billing_day(epoch_s: float) -> str:
    """The billing day of a time, ``yyyy-mm-dd`` in UTC+8."""
    return time.strftime("%Y-%m-%d", time.gmtime(epoch_s + _BILLING_ZONE_S))


def _line(row: sqlite3.Row, by: str) -> BillLine:
    single = by == "query"
    return BillLine(
        key=row["key"],
        calls=row["calls"],
        quantity_bytes=int(row["quantity"]),
        cost=row["cost"],
        time=row["time"],
        operation=row["operation"] if single else "",
        principal=row["principal"] if single or by == "user" else "",
        text=str(json.loads(row["detail"]).get("sql", row["operation"])) if single else "",
    )
