"""Points of a metric: one for each period that has ended, and for each bucket or project that was there then.

Where nothing was called, a count is zero, as the server was there and knows it. Of minutes in which there was no server
there is no point at all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from yunbox.services.cloudmonitor.catalogue import Metric, Namespace
from yunbox.services.cloudmonitor.model import MINUTE_S, Sums
from yunbox.storage.database import Transaction

GRACE_S = 3.0
"""How long after its end a period is complete: what ends in it is told of a little later."""
_SUMS = """
    SELECT minute * 60 / ?1 * ?1 AS start, container, operation, outcome, sum(calls) AS calls,
        sum(uploaded_bytes) AS uploaded_bytes, sum(downloaded_bytes) AS downloaded_bytes,
        sum(scanned_bytes) AS scanned_bytes, sum(latency_ms) AS latency_ms, max(latency_ms_max) AS latency_ms_max
    FROM metric_samples WHERE service = ?2 AND minute >= ?3 AND minute < ?4 GROUP BY 1, 2, 3, 4
"""
_STARTS = """
    SELECT DISTINCT minute * 60 / ?1 * ?1 AS start FROM metric_minutes WHERE minute >= ?2 AND minute < ?3 ORDER BY 1
"""


class Point(NamedTuple):
    """A metric's value in the period that begins at ``start_s``, of one bucket or project, or of all (``""``)."""

    start_s: int
    container: str
    value: float


@dataclass(frozen=True)
class Wanted:
    """Which points: of ``containers`` (None for all there are), with ``after_s < start_s <= until_s``."""

    namespace: Namespace
    metric: Metric
    period_s: int
    after_s: float
    until_s: float
    containers: Sequence[str] | None = None


def points(work: Transaction, wanted: Wanted, most: int, behind: tuple[int, str] | None = None) -> list[Point]:
    """At most so many, by time and container, behind the last one of a page before."""
    keys = list(islice((key for key in _keys(work, wanted) if behind is None or key > behind), most))
    if not keys:
        return []
    sums = _sums(work, wanted, keys[0][0], keys[-1][0] + wanted.period_s)
    measure = wanted.metric.measure
    return [Point(*key, measure(sums.get(key) or Sums(), wanted.period_s)) for key in keys]


def last_period(work: Transaction, period_s: int) -> int:
    """The start of the last period that is complete, in seconds since the epoch."""
    return int(work.now - GRACE_S) // period_s * period_s - period_s


def containers(work: Transaction, namespace: Namespace, metric: Metric) -> list[str]:
    """The buckets or projects of a service that are there now; of one that has none, the account (``""``)."""
    if not namespace.dimension_of(metric):
        return [""]
    sql = "SELECT container FROM metric_resources WHERE service = ? AND until IS NULL ORDER BY container"
    return [row["container"] for row in work.rows(sql, namespace.service)]


def _keys(work: Transaction, wanted: Wanted) -> Iterator[tuple[int, str]]:
    """When and of what there are points."""
    period = wanted.period_s
    until = min(wanted.until_s, last_period(work, period))
    first = (int(wanted.after_s) // period + 1) * period
    rows = work.rows(_STARTS, period, first // MINUTE_S, (int(until) // period + 1) * period // MINUTE_S)
    lives = _lives(work, wanted)
    for row in rows:
        start = row["start"]
        for name, since, before in lives:
            if since < start + period and start <= before:
                yield start, name


def _lives(work: Transaction, wanted: Wanted) -> list[tuple[str, float, float]]:
    """What there are points of, and from when to when, in seconds since the epoch."""
    if not wanted.namespace.dimension_of(wanted.metric):
        return [("", 0.0, float("inf"))]
    sql = "SELECT container, since, until FROM metric_resources WHERE service = ? ORDER BY container"
    found = [
        (row["container"], row["since"] * MINUTE_S, float("inf") if row["until"] is None else row["until"] * MINUTE_S)
        for row in work.rows(sql, wanted.namespace.service)
    ]
    return [one for one in found if wanted.containers is None or one[0] in wanted.containers]


def _sums(work: Transaction, wanted: Wanted, first_s: int, end_s: int) -> dict[tuple[int, str], Sums]:
    """What happened, by period and container, of the calls that the metric is made of."""
    metric = wanted.metric
    apart = bool(wanted.namespace.dimension_of(metric))
    found: dict[tuple[int, str], Sums] = {}
    bounds = first_s // MINUTE_S, end_s // MINUTE_S
    for row in work.rows(_SUMS, wanted.period_s, wanted.namespace.service, *bounds):
        if not metric.takes(row["operation"]) or (metric.outcomes and row["outcome"] not in metric.outcomes):
            continue
        sums = found.setdefault((row["start"], row["container"] if apart else ""), Sums())
        sums.add(
            Sums(
                row["calls"], row["uploaded_bytes"], row["downloaded_bytes"], row["scanned_bytes"], row["latency_ms"],
                row["latency_ms_max"], {row["outcome"]: row["calls"]},
            )
        )  # fmt: skip
    return found
