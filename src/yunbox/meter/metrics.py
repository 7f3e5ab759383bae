"""Counts of calls since the server started, for whoever watches it: one more reader of each call's event."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from yunbox.kernel.call import Place
from yunbox.meter.journal import Event

if TYPE_CHECKING:
    from prometheus_client.core import Metric

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the histogram of latencies; what took longer is in none but the last, which has no bound."""


class _Latencies:
    """How long the calls of one operation took."""

    __slots__ = ("counts", "sum_s")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_S) + 1)
        self.sum_s = 0.0

    def add(self, latency_s: float, calls: int) -> None:
        self.counts[bisect_left(BOUNDS_S, latency_s)] += calls
        self.sum_s += latency_s * calls


class CallMetrics:
    """Adds up events by service, operation and code; never by user, bucket or key, which have no bound."""

    def __init__(self) -> None:
        self._calls: Counter[tuple[str, str, str]] = Counter()
        self._latencies: dict[tuple[str, str], _Latencies] = {}
        self._bytes: Counter[tuple[str, str]] = Counter()

    def record(self, event: Event, _places: Sequence[Place]) -> None:
        """Count one call."""
        key = event.service, event.operation
        self._calls[(*key, event.code)] += event.calls
        latencies = self._latencies.get(key)
        if latencies is None:
            latencies = self._latencies[key] = _Latencies()
        latencies.add(event.latency_ms / 1000, event.calls)
        for direction, size in (
            ("uploaded", event.uploaded_bytes),
            ("downloaded", event.downloaded_bytes),
            ("scanned", event.scanned_bytes),
        ):
            if size:
                self._bytes[(event.service, direction)] += size

    def collect(self) -> Iterator["Metric"]:
        """The counts as Prometheus has them."""
        from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

        calls = CounterMetricFamily("yunbox_calls", "Calls that ended", labels=("service", "operation", "code"))
        for labels, count in self._calls.items():
            calls.add_metric(labels, count)
        yield calls
        took = HistogramMetricFamily(
            "yunbox_call_duration_seconds", "How long calls took", labels=("service", "operation")
        )
        for key, found in self._latencies.items():
            took.add_metric(key, _cumulative(found.counts), found.sum_s)
        yield took
        moved = CounterMetricFamily(
            "yunbox_bytes", "Bytes of bodies that came and went, and bytes scanned", labels=("service", "direction")
        )
        for pair, size in self._bytes.items():
            moved.add_metric(pair, size)
        yield moved


def _cumulative(counts: Iterable[int]) -> list[tuple[str, float]]:
    bounds = [*map(str, BOUNDS_S), "+Inf"]
    return list(zip(bounds, map(float, accumulate(counts)), strict=True))
