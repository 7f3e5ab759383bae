"""The stages of the tour that stand alone end well: those that ask every endpoint, and that expect refusals."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_stages_that_stand_alone_end_well(tmp_path: Path) -> None:
    stages = [word for name in ("strict", "house") for word in ("--stage", name)]
    command = [sys.executable, str(ROOT / "tour"), "--folder", str(tmp_path / "tour"), *stages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "nothing is left running" in done.stdout
    assert "all stages run as the role guide" in done.stdout
    assert "openapi_tls 400" in done.stdout
