"""What each call was, counted by the minute in which it ended: one more reader of each call's event.

Counts are kept in memory for seconds and then added to the database, so a kill costs seconds of counts and never a
call's time. Buckets that are not there get no counts of their own: whoever makes names up would fill the disk.
"""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from yunbox.kernel.call import Place
from yunbox.kernel.clock import Clock
from yunbox.meter.journal import Event
from yunbox.services.cloudmonitor.catalogue import namespaces
from yunbox.services.cloudmonitor.model import DENIED, FAILED, MINUTE_S, NOT_FOUND, OK, OTHER, Sums
from yunbox.storage.database import Database

KEPT_DAYS = 31
_KINDS_MAX = 10_000
"""In memory between two flushes; calls of further kinds are counted without their container."""
_ABSENT = ("NoSuch", "NotFound", "ObjectNotFound")
_FAILURES = frozenset((
    "Internal", "InternalError", "Unavailable", "ServiceUnavailable", "StorageFull", "Cancelled", "OSError",
    "InternalServerError",
))  # fmt: skip
_ADD = """
    INSERT INTO metric_samples VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    calls = calls + excluded.calls, uploaded_bytes = uploaded_bytes + excluded.uploaded_bytes,
    downloaded_bytes = downloaded_bytes + excluded.downloaded_bytes,
    scanned_bytes = scanned_bytes + excluded.scanned_bytes, latency_ms = latency_ms + excluded.latency_ms,
    latency_ms_max = max(latency_ms_max, excluded.latency_ms_max)
"""
_APPEARED = """
    INSERT INTO metric_resources VALUES (?, ?, ?, NULL) ON CONFLICT DO UPDATE SET
    since = CASE WHEN until IS NULL THEN since ELSE excluded.since END, until = NULL
"""


class Kind(NamedTuple):
    """Calls that are counted together."""

    minute: int
    service: str
    container: str
    operation: str
    outcome: str


class Samples:
    """Counts calls, and keeps the counts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._sums: dict[Kind, Sums] = {}
        self._services = {one.service: one for one in namespaces().values()}
        self._ends = {(one.service, one.ends) for one in namespaces().values() if one.ends}
        rows = database.read("SELECT service, container FROM metric_resources WHERE until IS NULL")
        self._known = {(row["service"], row["container"]) for row in rows}
        self._came: dict[tuple[str, str], int] = {}
        self._went: dict[tuple[str, str], int] = {}
        self._watched = 0

    def record(self, event: Event, places: Sequence[Place]) -> None:
        """Count a call, or the calls that one event tells of."""
        namespace = self._services.get(event.service)
        if namespace is None:
            return
        minute = int(event.time + event.latency_ms / 1000) // MINUTE_S
        outcome = outcome_of(event)
        container = container_of(event, places) if namespace.dimension else ""
        is_known = self._meet(event.service, container, event.operation, outcome, minute)
        if not is_known or len(self._sums) > _KINDS_MAX:
            container = ""
        kind = Kind(minute, event.service, container, event.operation, outcome)
        sums = self._sums.get(kind)
        if sums is None:
            sums = self._sums[kind] = Sums()
        sums.calls += event.calls
        sums.uploaded_bytes += event.uploaded_bytes
        sums.downloaded_bytes += event.downloaded_bytes
        sums.scanned_bytes += event.scanned_bytes
        sums.latency_ms += event.latency_ms * event.calls
        sums.latency_ms_max = max(sums.latency_ms_max, event.latency_ms)

    def _meet(self, service: str, container: str, operation: str, outcome: str, minute: int) -> bool:
        """Note what came into being, or is first heard of, and what went; whether there is, or was, such a one."""
        key = service, container
        if not container:
            return False
        if outcome != OK:
            return key in self._known
        if (service, operation) in self._ends:
            self._known.discard(key)
            self._went[key] = minute
        elif key not in self._known:
            self._known.add(key)
            self._came[key] = minute
            self._went.pop(key, None)
        return True

    async def flush(self) -> None:
        """Add what was counted to the database; it is counted again if that fails."""
        now = int(self._clock.time()) // MINUTE_S
        if not self._sums and not self._went and now == self._watched:
            return
        sums, self._sums = self._sums, {}
        came, self._came = self._came, {}
        went, self._went = self._went, {}
        try:
            await self._database.write(lambda db: _write(db, now, sums, came, went))
        except BaseException:
            for kind, found in sums.items():
                self._sums.setdefault(kind, Sums()).add(found)
            self._came, self._went = {**came, **self._came}, {**went, **self._went}
            raise
        self._watched = now

    async def sweep(self) -> None:
        """Forget what is older than anybody may ask for."""
        before = int(self._clock.time()) // MINUTE_S - KEPT_DAYS * 24 * 60

        def work(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM metric_samples WHERE minute < ?", (before,))
            db.execute("DELETE FROM metric_minutes WHERE minute < ?", (before,))
            db.execute("DELETE FROM metric_resources WHERE until < ?", (before,))

        await self._database.write(work)


def _write(
    db: sqlite3.Connection, now: int, sums: dict[Kind, Sums], came: dict[tuple[str, str], int],
    went: dict[tuple[str, str], int],
) -> None:  # fmt: skip
    for minute in {now, *(kind.minute for kind in sums)}:
        db.execute("INSERT OR IGNORE INTO metric_minutes VALUES (?)", (minute,))
    for key, minute in came.items():
        db.execute(_APPEARED, (*key, minute))
    for key, minute in went.items():
        db.execute("UPDATE metric_resources SET until = ? WHERE service = ? AND container = ?", (minute, *key))
    for kind, one in sums.items():
        values = one.calls, one.uploaded_bytes, one.downloaded_bytes, one.scanned_bytes
        db.execute(_ADD, (*kind, *values, one.latency_ms, one.latency_ms_max))


def outcome_of(event: Event) -> str:
    """How a call ended, by the code that its event has."""
    if event.code == "OK":
        return OK
    if event.decision == "refused":
        return DENIED
    if event.code in _FAILURES:
        return FAILED
    return NOT_FOUND if event.code.startswith(_ABSENT) else OTHER


def container_of(event: Event, places: Sequence[Place]) -> str:
    """What a call was on: a bucket or a project."""
    if places and places[0].container:
        return places[0].container.partition(".")[0]
    first = event.resources[0] if event.resources else ""
    name = first.split("/")[1] if first.startswith("projects/") else ""
    return "" if name == "*" else name
