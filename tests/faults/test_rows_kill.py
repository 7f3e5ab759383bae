"""kill -9 of a process that writes rows: nothing acknowledged is lost, and no statement is there by half."""

import os
from pathlib import Path

import pytest

from tests.faults.rows_crash import crash, prepare

CYCLES = int(os.environ.get("YUNBOX_CRASH_CYCLES", "60"))


@pytest.mark.slow
@pytest.mark.timeout(max(300, 5 * CYCLES))
def test_rows_that_were_acknowledged_are_there(tmp_path: Path) -> None:
    prepare(tmp_path)
    rows, done = {}, 0
    for seed in range(CYCLES):
        rows, more = crash(tmp_path, seed, rows)
        done += more
    assert done > 5 * CYCLES
