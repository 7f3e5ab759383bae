"""kill -9 of a process with copies of tables: whenever it was, they have what the row store has when they are used."""

import os
from pathlib import Path

import pytest

from tests.faults.copies_crash import begin, crash

CYCLES = int(os.environ.get("YUNBOX_CRASH_CYCLES", "25"))


@pytest.mark.slow
@pytest.mark.timeout(max(900, 30 * CYCLES))
def test_copies_have_what_the_rows_are(tmp_path: Path) -> None:
    begin(tmp_path)
    assert sum(crash(tmp_path, seed) for seed in range(CYCLES)) > 0
