"""What a process uses for all of its sessions together, shared out among their statements.

Statements that come by the ten thousand a second are not timed one by one. What the process has used since the last
time is divided by what has passed: each statement counts for one, and so does each 4 KB that it sent or got.
"""

import time
from collections.abc import Callable

_UNIT_BYTES = 4096


class Overhead:
    """Seconds of one core under the price book's ``item``. ``spent`` is what the process has used so far."""

    def __init__(self, item: str, spent: Callable[[], float] = time.process_time) -> None:
        self.item = item
        self._spent = spent
        self._seen_s = spent()
        self._each_s = 0.0
        self._ahead_s = 0.0
        """What was given out beyond what was found to be used."""

    @property
    def is_known(self) -> bool:
        """Whether there is a rate yet."""
        return self._each_s > 0

    def share(self, weight: float) -> float:
        """The share of some weight, at the rate that was last found."""
        share_s = self._each_s * weight
        self._ahead_s += share_s
        return share_s

    def settle(self, weight: float) -> None:
        """So much has passed that has had no share yet and is to get it now: find the rate for it.

        Where nothing has passed, what was used is nobody's.
        """
        now_s = self._spent()
        used_s = max(0.0, now_s - self._seen_s - self._ahead_s)
        self._seen_s, self._ahead_s = now_s, 0.0
        if weight:
            self._each_s, self._ahead_s = used_s / weight, -used_s


def weight_of(calls: int, size_bytes: int) -> float:
    """What some statements weigh that have sent and got so many bytes."""
    return calls + size_bytes / _UNIT_BYTES
