"""kill -9 of a server that writes rows for Hologres: what was acknowledged is there, and no block by half."""

import os
from pathlib import Path

import pytest

from tests.faults.hologres_crash import Crasher

CYCLES = int(os.environ.get("YUNBOX_CRASH_CYCLES", "15"))


@pytest.mark.slow
@pytest.mark.timeout(max(900, 30 * CYCLES))
def test_rows_and_blocks_are_there_whole_or_not_at_all(tmp_path: Path) -> None:
    crasher = Crasher(tmp_path / "data")
    crasher.run(CYCLES)
    assert crasher.done > 4 * CYCLES
