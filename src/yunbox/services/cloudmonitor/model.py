"""What happened in a period: calls of some operation with some outcome, added up."""

from dataclasses import dataclass, field
from datetime import timedelta, timezone

OK, DENIED, NOT_FOUND, OTHER, FAILED = "ok", "denied", "not-found", "other", "failed"
OUTCOMES = (OK, DENIED, NOT_FOUND, OTHER, FAILED)
"""How calls end: well, not authorised, for what is not there, by another fault of the client, by the server's."""
MINUTE_S = 60
CHINA = timezone(timedelta(hours=8))
"""The vendor's own time, which dates without a zone and hours of the day are in."""


@dataclass(slots=True)
class Sums:
    """Calls added up; the latency is the sum of theirs, ``outcomes`` counts them by how they ended."""

    calls: int = 0
    uploaded_bytes: int = 0
    downloaded_bytes: int = 0
    scanned_bytes: int = 0
    latency_ms: float = 0.0
    latency_ms_max: float = 0.0
    outcomes: dict[str, int] = field(default_factory=dict)

    def add(self, other: "Sums") -> None:
        """Add what others did."""
        self.calls += other.calls
        self.uploaded_bytes += other.uploaded_bytes
        self.downloaded_bytes += other.downloaded_bytes
        self.scanned_bytes += other.scanned_bytes
        self.latency_ms += other.latency_ms
        self.latency_ms_max = max(self.latency_ms_max, other.latency_ms_max)
        for outcome, count in other.outcomes.items():
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + count
