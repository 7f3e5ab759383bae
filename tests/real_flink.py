"""A Flink of one's own for tests: where it can be had, and the command that runs it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.clients.environments import packages
from tests.clients.maven import NEEDED

TIMEOUT_S = 240


def needed() -> dict[str, str]:
    """The variables with which `yunbox` finds Flink's jars. Without Java or them the test is skipped; not in CI."""
    missing = [name for name in NEEDED if not shutil.which(name)]
    if missing:
        assert not os.environ.get("CI"), f"{missing} must be there in CI"
        pytest.skip(f"a real Flink needs {', '.join(missing)}")
    return {**os.environ, "PYTHONPATH": packages("flink")}


def yunbox(data: Path, *words: str, output: str = "json") -> subprocess.CompletedProcess[str]:
    """`yunbox flink` on a data folder."""
    return subprocess.run(
        command(data, *words, output=output), env=needed(), capture_output=True, text=True, timeout=TIMEOUT_S
    )


def command(data: Path, *words: str, output: str = "json") -> list[str]:
    """Its words."""
    return [sys.executable, "-m", "yunbox", "flink", *words, "--data", str(data), "--output", output]


def answer(data: Path, *words: str) -> Any:
    """What it says, if it does not fail."""
    done = yunbox(data, *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def refusal(data: Path, *words: str) -> str:
    """What it refuses with."""
    done = yunbox(data, *words)
    assert done.returncode == 1, done.stdout + done.stderr
    return str(json.loads(done.stderr.splitlines()[-1])["message"])
