"""How many requests and bytes a shard takes in a second, as the real service has it. Source: the page "Limits"."""

from collections import defaultdict
from collections.abc import Callable

from yunbox.services.datahub import faults, limits

Key = tuple[int, int]


class Pace:
    """Two buckets of tokens for each shard, which fill in a second."""

    def __init__(self, steady: Callable[[], float]) -> None:
        self._steady = steady
        self._left: defaultdict[Key, list[float]] = defaultdict(
            lambda: [float(limits.SHARD_REQUESTS_S_MAX), float(limits.SHARD_BYTES_S_MAX), 0.0]
        )

    def check(self, shard: Key, size_bytes: int) -> None:
        """Let a request pass. Raises Throttled."""
        left, now = self._left[shard], self._steady()
        passed = max(now - left[2], 0.0)
        left[0] = min(left[0] + passed * limits.SHARD_REQUESTS_S_MAX, limits.SHARD_REQUESTS_S_MAX)
        left[1] = min(left[1] + passed * limits.SHARD_BYTES_S_MAX, limits.SHARD_BYTES_S_MAX)
        left[2] = now
        if left[0] < 1 or left[1] <= 0:
            raise faults.exceeded("The query rate or throughput rate is exceeded.")
        left[0] -= 1
        left[1] -= size_bytes
