"""kill -9 of a process that writes to an object store: acknowledged is there, the rest whole or not at all."""

import os
from pathlib import Path

import pytest

from tests.faults.objects_crash import Crasher

CYCLES = int(os.environ.get("YUNBOX_CRASH_CYCLES", "30"))


@pytest.mark.slow
@pytest.mark.timeout(max(900, 30 * CYCLES))
def test_no_object_is_lost_or_torn(tmp_path: Path) -> None:
    crasher = Crasher(tmp_path / "oss", seed=20110601)
    crasher.run(CYCLES)
    assert crasher.acknowledged > 10 * CYCLES
