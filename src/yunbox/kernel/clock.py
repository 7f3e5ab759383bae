"""One clock for the whole house, so that a test can move time."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where every part of the house asks for the time."""

    def time(self) -> float:
        """Seconds since the Unix epoch."""


class SystemClock:
    """The machine's own clock."""

    def time(self) -> float:
        """Seconds since the Unix epoch."""
        return time.time()


class ManualClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, start_s: float = 1_767_225_600.0) -> None:
        self.now_s = start_s

    def time(self) -> float:
        """Seconds since the Unix epoch."""
        return self.now_s

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self.now_s += seconds


def utc(seconds: float) -> datetime:
    """An aware UTC datetime of an epoch time in seconds."""
    return datetime.fromtimestamp(seconds, UTC)
