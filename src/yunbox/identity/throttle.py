"""Guessing passwords is slow: who has failed waits before the next try is judged, by user and address.

Each try waits, right or wrong, so that nothing can be learnt from who answers soon; an honest login from a place where
many have failed takes three seconds more, and no longer. Only a wrong password counts, not a login that is given up.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

_FIRST_S, _WAIT_S_MAX = 0.1, 3.0
_FORGOTTEN_S = 300.0
_REMEMBERED_MAX = 10_000
_DOUBLED_MAX = 10


class Throttle:
    """The failures of the last minutes."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failures: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def wait_s(self, user: str, address: str) -> float:
        """How long the next try of a user from an address waits."""
        failures, last = self._failures.get((user, address), (0, 0.0))
        if not failures or self._now() - last > _FORGOTTEN_S:
            return 0.0
        return min(_FIRST_S * 2.0 ** (failures - 1), _WAIT_S_MAX)

    def failed(self, user: str, address: str) -> None:
        """A password was wrong."""
        key, now = (user, address), self._now()
        failures, last = self._failures.pop(key, (0, now))
        failures = 0 if now - last > _FORGOTTEN_S else failures
        self._failures[key] = min(failures + 1, _DOUBLED_MAX), now
        if len(self._failures) > _REMEMBERED_MAX:
            self._failures.popitem(last=False)
