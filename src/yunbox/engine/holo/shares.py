"""Whose the engine's processor time is: that of the statements which run at the same moment, in equal shares.

DuckDB's threads work for all statements together, and it does not say for whom. All that is given out comes to what the
process has used while any statement ran; what it does for itself in between is nobody's.
"""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Share:
    """What a piece of work comes to, in seconds of one core."""

    seconds: float = 0.0


class Shares:
    """Gives each piece of work its share, in seconds of one core. ``clock`` is what the process has used so far."""

    def __init__(self, clock: Callable[[], float] = time.process_time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._running = 0
        self._seen_s = clock()
        self._each_s = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether anything runs."""
        return self._running > 0

    @contextmanager
    def work(self) -> Generator["Share"]:
        """A piece of work, which has its share when it has ended."""
        share = Share()
        begun_s = self._moved(+1)
        try:
            yield share
        finally:
            share.seconds = self._moved(-1) - begun_s

    def _moved(self, by: int) -> float:
        """One more runs, or one less; what one that had always run would have had by now."""
        with self._lock:
            self._pass()
            self._running += by
            return self._each_s

    def _pass(self) -> None:
        now_s = self._clock()
        if self._running:
            self._each_s += (now_s - self._seen_s) / self._running
        self._seen_s = now_s
