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


_STAMP = "%Y-%m-%dT%H:%M:%SZ"


def stamp(seconds: float) -> str:
    """An epoch time as the vendor's APIs write it, ``2026-11-30T12:00:00Z``."""
    return utc(seconds).strftime(_STAMP)


def stamped(text: str) -> float:
    """The epoch time in seconds of what ``stamp`` writes. Raises ValueError."""
    return datetime.strptime(text, _STAMP).replace(tzinfo=UTC).timestamp()


def utc(seconds: float) -> datetime:
    """An aware UTC datetime of an epoch time in seconds."""
    return datetime.fromtimestamp(seconds, UTC)
