"""What is kept costs by the hour: totals are sampled once an hour, and each hour is charged once.

The last hour that was charged is noted in the same transaction as the charge, so a kill neither loses an hour nor
counts one twice. Hours in which nobody looked, as the server was down, are charged by the totals of the next look.
What is due for objects that went before their time comes as a sum that only grows; its growth is charged.
"""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from yunbox.kernel.clock import Clock
from yunbox.kernel.periodic import Periodic
from yunbox.meter.ledger import Entry, Ledger, billing_day
from yunbox.meter.tally import hour_of
from yunbox.storage.database import Database

STORAGE_SCHEMA = """
CREATE TABLE IF NOT EXISTS sampled_hours (name TEXT PRIMARY KEY, hour INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS sampled_sums (
    place TEXT NOT NULL, item TEXT NOT NULL, sum REAL NOT NULL, PRIMARY KEY (place, item)
) WITHOUT ROWID;
"""
_OPERATION = "Storage"
_HOUR_S = 3600
_SAMPLE_EVERY_S = 600.0
_LOG = logging.getLogger("yunbox")


@dataclass(frozen=True)
class Stored:
    """What lies in one place, such as a bucket, that nothing else will ever be called.

    ``kept`` are bytes by the item that they are charged as, ``sums`` are quantities that only grow. ``part`` is what
    of the place it is, such as a table, where the bill tells parts apart.
    """

    place: str
    project: str
    account_id: str
    principal: str
    since_s: float
    kept: Mapping[str, float]
    sums: Mapping[str, float]
    part: str = ""


class StorageMeter:
    """Charges what is stored by one service, whose samples have a name of their own; one of them has sums."""

    def __init__(
        self, database: Database, ledger: Ledger, clock: Clock, name: str = "storage", *, has_sums: bool = True
    ) -> None:
        self._name = name
        self._has_sums = has_sums
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def sample(self, look: Callable[[], Iterable[Stored]]) -> bool:
        """Charge the hours that have passed since the last sample; in a thread. Says whether there were any."""
        now = hour_of(self._clock.time())
        last = self._last()
        if last is not None and last >= now:
            return False
        stored = list(look())

        def work(db: sqlite3.Connection) -> None:
            if last is not None:
                for item in stored:
                    self._charge_hours(db, item, max(last, hour_of(item.since_s)), now)
                    self._charge_sums(db, item)
                if self._has_sums:
                    _forget(db, {item.place for item in stored})
            db.execute("INSERT OR REPLACE INTO sampled_hours VALUES (?, ?)", (self._name, now))

        self._database.write_sync(work)
        return last is not None

    @contextlib.asynccontextmanager
    async def sampling(self, look: Callable[[], Iterable[Stored]]) -> AsyncGenerator[None]:
        """Charge the hours that pass while the block lasts, and before it those in which the server was down."""

        async def sample() -> None:
            await asyncio.to_thread(self.sample, look)

        await sample()
        async with Periodic(_LOG, _SAMPLE_EVERY_S, sample):
            yield

    def settle(self, item: Stored) -> None:
        """Charge the sums of a place that is about to go; in a thread."""
        self._database.write_sync(lambda db: self._charge_sums(db, item))

    def _last(self) -> int | None:
        row = self._database.read_one("SELECT hour FROM sampled_hours WHERE name = ?", self._name)
        return int(row[0]) if row is not None else None

    def _charge_hours(self, db: sqlite3.Connection, item: Stored, first: int, end: int) -> None:
        for start, hours in _days(first, end):
            for name, size in item.kept.items():
                if size > 0:
                    self._add(db, item, name, size * hours, float(start * _HOUR_S))

    def _charge_sums(self, db: sqlite3.Connection, item: Stored) -> None:
        for name, total in item.sums.items():
            row = db.execute("SELECT sum FROM sampled_sums WHERE place = ? AND item = ?", (item.place, name)).fetchone()
            due = total - (row[0] if row is not None else 0.0)
            if due > 0:
                self._add(db, item, name, due, self._clock.time())
                db.execute("INSERT OR REPLACE INTO sampled_sums VALUES (?, ?, ?)", (item.place, name, total))

    def _add(self, db: sqlite3.Connection, item: Stored, name: str, quantity: float, when: float) -> None:
        """Add to the row that stands for an item and a day; it counts as no call."""
        entry = Entry(
            id=f"storage/{billing_day(when)}/{item.project}" + (f"/{item.part}" if item.part else ""),
            item=name,
            account_id=item.account_id,
            principal=item.principal,
            project=item.project,
            operation=_OPERATION,
            quantity=quantity,
            time=when,
            detail={"part": item.part} if item.part else {},
        )
        self._ledger.accumulate(db, entry, 0)


def _days(first: int, end: int) -> Iterator[tuple[int, int]]:
    """Runs of hours from the first up to the end, none of which crosses into another billing day."""
    while first < end:
        day = billing_day(first * _HOUR_S)
        hours = next((n for n in range(1, end - first) if billing_day((first + n) * _HOUR_S) != day), end - first)
        yield first, hours
        first += hours


def _forget(db: sqlite3.Connection, places: set[str]) -> None:
    """Forget the sums of places that are gone."""
    for row in db.execute("SELECT DISTINCT place FROM sampled_sums").fetchall():
        if row[0] not in places:
            db.execute("DELETE FROM sampled_sums WHERE place = ?", (row[0],))
