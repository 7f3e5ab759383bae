"""What jobs cost: compute units for as long as they run, by the second.

Source: the vendor's pages "Billable items" (a CU is a core with 4 GiB) and "Pay-as-you-go" of Realtime Compute for
Apache Flink. A job has four of them unless its session says otherwise (``yunbox.job.cu``), and one for each of its
processes where those are more; the management service's share, which the vendor bills for each workspace, is not.
"""

import time
from typing import Any

from yunbox.kernel.clock import Clock
from yunbox.meter.line import Line
from yunbox.meter.tally import TallyWriter, hour_of
from yunbox.services.flink.jobs.jobs import Jobs
from yunbox.services.flink.jobs.record import JobState

COMPUTE = "flink.compute"
GROUP = "flink://"
_UNITS = "yunbox.job.cu"
_DEFAULT = 4.0


class ComputeMeter:
    """Adds up what all jobs have used since it last looked."""

    def __init__(self, jobs: Jobs, tally: TallyWriter, account_id: str, clock: Clock) -> None:
        self._jobs = jobs
        self._tally = tally
        self._account_id = account_id
        self._clock = clock
        self._looked_s = time.monotonic()

    async def look(self) -> None:
        """Bill the time since the last look of each job that runs."""
        now_s = time.monotonic()
        seconds, self._looked_s = now_s - self._looked_s, now_s
        hour = hour_of(self._clock.time())
        for job in self._jobs.all():
            record = job.record
            if record.state is JobState.RUNNING:
                items = {COMPUTE: units(record.settings, processes(job.progress)) * seconds}
                project = f"{GROUP}{record.name}"
                self._tally.add(Line(hour, self._account_id, record.principal, project, "RunJob", items, 0))


def units(settings: dict[str, str], processes_now: int = 1) -> float:
    """How many compute units a job has."""
    default = max(_DEFAULT, float(processes_now))
    try:
        return max(float(settings.get(_UNITS, default)), 0.0)
    except ValueError:
        return default


def processes(progress: dict[str, Any]) -> int:
    """How many processes a job has: its own, and its workers where it has some."""
    count = int(progress.get("parallelism", 1))
    return count + 1 if count > 1 else 1
