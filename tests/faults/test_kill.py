"""kill -9 while everything is being written: acknowledged is there once, the rest whole or not at all."""

import os
from pathlib import Path

import pytest

from tests.faults.crash import Crasher

CYCLES = int(os.environ.get("YUNBOX_CRASH_CYCLES", "50"))


@pytest.mark.slow
@pytest.mark.timeout(max(900, 30 * CYCLES))
def test_nothing_is_lost_doubled_or_torn(tmp_path: Path) -> None:
    crasher = Crasher(tmp_path, seed=20130509)
    crasher.run(CYCLES)
    assert crasher.known.inserted
    assert crasher.known.created
