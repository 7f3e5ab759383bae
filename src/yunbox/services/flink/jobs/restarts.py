"""When a job that failed is started again: Flink's restart strategies.

Source: the page "Task Failure Recovery" of Flink 2.x (``restart-strategy.type`` and what belongs to each).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from yunbox.engine.stream.durations import millis

_ATTEMPTS_MAX = 2**31 - 1


@dataclass
class Restarts:
    """One job's. ``after`` says how long to wait, None where it is enough."""

    settings: Mapping[str, str]
    failed: int = 0
    _pause_ms: float = 0.0
    _last_ms: int = 0

    def after(self, now_ms: int) -> int | None:
        """The pause in milliseconds before the next start, after a failure now."""
        kind = self._get("type", "exponential-delay").lower()
        if kind in ("none", "off", "disable"):
            return None
        self.failed += 1
        if kind in ("fixed-delay", "fixeddelay"):
            return self._fixed()
        return self._exponential(now_ms)

    def _fixed(self) -> int | None:
        attempts = int(self._get("fixed-delay.attempts", "1"))
        return millis(self._get("fixed-delay.delay", "1 s")) if self.failed <= attempts else None

    def _exponential(self, now_ms: int) -> int | None:
        attempts = int(self._get("exponential-delay.attempts-before-reset-backoff", str(_ATTEMPTS_MAX)))
        first = millis(self._get("exponential-delay.initial-backoff", "1 s"))
        most = millis(self._get("exponential-delay.max-backoff", "1 min"))
        steady = millis(self._get("exponential-delay.reset-backoff-threshold", "1 h"))
        if self._last_ms and now_ms - self._last_ms > steady:
            self._pause_ms, self.failed = 0.0, 1
        self._last_ms = now_ms
        if self.failed > attempts:
            return None
        factor = float(self._get("exponential-delay.backoff-multiplier", "1.5"))
        self._pause_ms = min(self._pause_ms * factor if self._pause_ms else first, most)
        return int(self._pause_ms)

    def _get(self, name: str, default: str) -> str:
        return self.settings.get(f"restart-strategy.{name}", default)
