"""What serving rows cost, as the tunnel tells its clients: JSON of microseconds.

An upload's answer has it in the header ``odps-tunnel-metrics``; a download of records has it in its footer, where the
client says by ``x-odps-tunnel-version: 6`` that it reads it there. Sources: PyODPS 0.13 ``tunnel/base.py`` and
``tunnel/io/reader.py``; the Java SDK 0.51.11, ``TunnelMetrics`` (its 0.51.0 says version 5, and fails on it).
"""

import json
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import TypeVar

HEADER = "odps-tunnel-metrics"
_VERSION_MIN = 6
T = TypeVar("T")


def reads_metrics(version: str) -> bool:
    """Whether a client of this tunnel version looks for metrics in the footer of a download."""
    return version.isdigit() and int(version) >= _VERSION_MIN


class Costs:
    """Where the time of one transfer goes; it runs from when this is made."""

    def __init__(self) -> None:
        self._started = time.monotonic_ns()
        self._storage = 0
        self._network = 0

    def reading(self, batches: Iterable[T]) -> Iterator[T]:
        """Pass on what comes from storage; the wait for it counts as storage's."""
        at = time.monotonic_ns()
        for batch in batches:
            self._storage += time.monotonic_ns() - at
            yield batch
            at = time.monotonic_ns()

    def sent(self, since_ns: int) -> None:
        """Count the time since a moment of ``time.monotonic_ns`` as the network's."""
        self._network += time.monotonic_ns() - since_ns

    async def receiving(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Pass on what comes from the client; the wait for it counts as the network's."""
        at = time.monotonic_ns()
        async for piece in pieces:
            self.sent(at)
            yield piece
            at = time.monotonic_ns()

    def text(self) -> str:
        """The costs so far."""
        total = time.monotonic_ns() - self._started
        costs = {"PanguIOCost": self._storage, "ServerIOCost": self._network, "ServerTotalCost": total}
        return json.dumps({**{name: cost // 1000 for name, cost in costs.items()}, "RateLimitCost": 0})
