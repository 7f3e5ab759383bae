"""kill -9 of a process that meters: no call that was answered is forgotten, no hour is charged twice."""

import os
import time
from pathlib import Path

import pytest

from tests.faults.usage_crash import EARLY, ITEM, KEPT_BYTES, FastClock, Meter, crash
from yunbox.kernel.clock import ManualClock
from yunbox.services.oss.prices import GET as OSS_GET

CYCLES = int(os.environ.get("YUNBOX_CRASH_CYCLES", "12"))


@pytest.mark.slow
def test_calls_and_hours_are_charged_once(tmp_path: Path) -> None:
    clock = FastClock(1_767_225_600.0, time.time())
    first = Meter(tmp_path, clock)
    first.sample()
    begun = first.storage._last()
    first.database.close()
    said = sum(crash(tmp_path, clock, seed) for seed in range(CYCLES))
    meter = Meter(tmp_path, ManualClock(clock.time()))  # folds what the last one left, all within one hour
    meter.sample()
    ended = meter.storage._last()
    assert begun is not None
    assert ended is not None
    assert ended - begun > 10 * CYCLES
    assert said <= meter.quantity(OSS_GET) <= said + CYCLES
    assert said > 10 * CYCLES
    assert meter.quantity(ITEM) == KEPT_BYTES * (ended - begun)
    assert meter.quantity(EARLY) == ended
    meter.tally.close()
    meter.database.close()
