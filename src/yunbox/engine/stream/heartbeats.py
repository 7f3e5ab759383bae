"""How soon a process of a job is missed that is stopped or hangs.

Source: "Advanced Fault Tolerance Options" of Flink 2.x (``heartbeat.interval``, ``heartbeat.timeout``), and what its
HeartbeatServicesImpl says of values that make no sense.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from yunbox.engine.stream.durations import millis
from yunbox.kernel.errors import InvalidArgument

INTERVAL, TIMEOUT = "heartbeat.interval", "heartbeat.timeout"


@dataclass(frozen=True)
class Heartbeats:
    """How often a process shows that it lives, and for how long it may not."""

    interval_s: float = 10.0
    timeout_s: float = 50.0

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> "Heartbeats":
        """Those of a session. Raises InvalidArgument."""
        interval_s = _seconds(settings, INTERVAL, cls.interval_s)
        timeout_s = _seconds(settings, TIMEOUT, cls.timeout_s)
        if interval_s <= 0:
            raise InvalidArgument("The heartbeat interval must be larger than 0.")
        if timeout_s < interval_s:
            raise InvalidArgument("The heartbeat timeout should be larger or equal than the heartbeat interval.")
        return cls(interval_s, timeout_s)

    @classmethod
    def of_job(cls, settings: Mapping[str, str]) -> "Heartbeats":
        """Those of a job, which may have been submitted when nobody looked at what is wrong."""
        try:
            return cls.of(settings)
        except InvalidArgument:
            return cls()

    def missed(self, who: str, pid: int) -> str:
        """What is said of a process that has not shown for too long that it lives."""
        return (
            f"Heartbeat of TaskManager with id {who} timed out. Its process ({pid}) has done nothing for "
            f"{self.timeout_s:g} s ('{TIMEOUT}'): it was stopped, or hangs, and is killed."
        )


def _seconds(settings: Mapping[str, str], key: str, default: float) -> float:
    text = settings.get(key)
    if not text:
        return default
    try:
        return millis(text) / 1000
    except InvalidArgument:
        raise InvalidArgument(f"Could not parse value '{text}' for key '{key}'.") from None
