"""Nonces of signatures: a request that was taken once is not taken again.

A signature's date holds for 15 minutes either way, so a nonce is kept for twice that. They are kept in memory: who
restarts the server forgets them.
"""

from yunbox.kernel import limits
from yunbox.kernel.clock import Clock

_KEPT_S = 2 * limits.CLOCK_SKEW_S_MAX
_NONCES_MAX = 200_000


class Nonces:
    """Those of late, of all keys."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._taken: dict[tuple[str, str], float] = {}

    def take(self, key_id: str, nonce: str) -> bool:
        """Take a nonce; False for one that was taken already."""
        now = self._clock.time()
        name = key_id, nonce
        if self._taken.get(name, -_KEPT_S) > now - _KEPT_S:
            return False
        self._taken.pop(name, None)  # so that the order stays that of time
        self._taken[name] = now
        self._forget(now)
        return True

    def _forget(self, now: float) -> None:
        """Let the oldest go: those whose time is over, and where there are too many the first of them."""
        while self._taken:
            oldest = next(iter(self._taken))
            if self._taken[oldest] > now - _KEPT_S and len(self._taken) <= _NONCES_MAX:
                return
            del self._taken[oldest]
