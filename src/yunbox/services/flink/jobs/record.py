"""What is kept of a job: what runs, since when, and what became of it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class JobState(StrEnum):
    """The states that Flink's jobs have (``org.apache.flink.api.common.JobStatus``)."""

    CREATED = "CREATED"
    RUNNING = "RUNNING"
    RESTARTING = "RESTARTING"
    CANCELLING = "CANCELLING"
    FINISHED = "FINISHED"
    CANCELED = "CANCELED"
    FAILED = "FAILED"

    @property
    def is_over(self) -> bool:
        """Whether it will not run again."""
        return self in (JobState.FINISHED, JobState.CANCELED, JobState.FAILED)


@dataclass
class Record:
    """One job. Times are in milliseconds since the epoch; ``end_ms`` is -1 while it runs.

    ``statement`` with ``catalog`` and ``settings`` is all that is needed to run it again. ``addresses`` are where the
    server's services were when it was submitted: those that its tables name are replaced by where they are now. A
    query's rows go to a client, and without one it does not go on. ``timestamps`` say when each state was entered last,
    ``failures`` are the latest of them, each (time, message, trace).
    """

    id: str
    name: str
    state: JobState
    start_ms: int
    statement: str
    catalog: dict[str, Any]
    settings: dict[str, str]
    principal: str
    is_query: bool = False
    addresses: dict[str, str] = field(default_factory=dict)
    end_ms: int = -1
    savepoint: str = ""
    restarts: int = 0
    timestamps: dict[str, int] = field(default_factory=dict)
    failures: list[tuple[int, str, str]] = field(default_factory=list)
    savepoints: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def is_batch(self) -> bool:
        """Whether it comes to an end by itself."""
        return self.settings.get("execution.runtime-mode", "").lower() == "batch"
