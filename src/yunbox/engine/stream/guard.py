"""The state guard: how much a job remembers, how fast that grows, and when it will be too much.

A job whose state reaches the limit that its session has set (``yunbox.state.limit``) ends with a savepoint instead of a
crash. Without one the limit is what a node of the service has for a job's state, of which it is only told.
"""

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yunbox.engine.stream.durations import size_bytes

LIMIT = "yunbox.state.limit"
NODE_BYTES = 50 * 1024**3
_WARNING, _ALARM = 0.7, 0.9
_LOOK_S = 1.0
_REMEMBERED = 60


@dataclass(frozen=True)
class Look:
    """What the guard has seen: ``level`` is "", "warning" or "alarm"; ``seconds_left`` is None where nothing grows."""

    bytes_now: int
    limit_bytes: int
    is_hard: bool
    growth_bytes_s: float
    seconds_left: float | None
    level: str

    @property
    def is_over(self) -> bool:
        """Whether the job has to end."""
        return self.is_hard and self.bytes_now > self.limit_bytes

    @property
    def text(self) -> str:
        """What a person is told; nothing where all is well."""
        if not self.level:
            return ""
        share = self.bytes_now / self.limit_bytes
        what = f"{self.level}: the state has {self.bytes_now:,} bytes, {share:.0%} of the limit of {self.limit_bytes:,}"
        if self.seconds_left is None:
            return what
        return f"{what}; at the present rate it is reached in {self.seconds_left:,.0f} s"

    @property
    def document(self) -> dict[str, Any]:
        """As progress tells it."""
        return {
            "limit_bytes": self.limit_bytes,
            "growth_bytes_s": round(self.growth_bytes_s, 1),
            "seconds_left": None if self.seconds_left is None else round(self.seconds_left, 1),
            "level": self.level,
            "text": self.text,
        }


class Guard:
    """One job's."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        text = settings.get(LIMIT, "")
        self._limit = size_bytes(text) if text else NODE_BYTES
        self._is_hard = bool(text)
        self._seen: deque[tuple[float, int]] = deque(maxlen=_REMEMBERED)

    def look(self, bytes_now: int, now_s: float | None = None) -> Look:
        """What there is to say of so many bytes now."""
        now_s = time.monotonic() if now_s is None else now_s
        if not self._seen or now_s - self._seen[-1][0] >= _LOOK_S:
            self._seen.append((now_s, bytes_now))
        growth = self._growth(now_s, bytes_now)
        left = max(self._limit - bytes_now, 0) / growth if growth > 0 else None
        share = bytes_now / self._limit
        level = "alarm" if share >= _ALARM else "warning" if share >= _WARNING else ""
        return Look(bytes_now, self._limit, self._is_hard, growth, left, level)

    def _growth(self, now_s: float, bytes_now: int) -> float:
        """Bytes a second over the last minute."""
        first_s, first = self._seen[0]
        return max((bytes_now - first) / (now_s - first_s), 0.0) if now_s > first_s else 0.0
