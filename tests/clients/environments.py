"""Environments for clients that would be in each other's way: made once, from a locked list of their own."""

import fcntl
import os
import shutil
import subprocess
import sys
import sysconfig
import zlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INSTALL_TIMEOUT_S = 600


def environment(name: str) -> Path:
    """The folder of programs that ``requirements/NAME.txt`` brings; they lie in ``.venv-NAME``, beside ``.venv``.

    Where they cannot be had, the test is skipped, or fails in CI.
    """
    locked = ROOT / "requirements" / f"{name}.txt"
    folder = ROOT / f".venv-{name}"
    wanted = str(zlib.crc32(locked.read_bytes()))
    stamp = folder / "of"
    with (ROOT / ".venv.lock").open("a") as lock:  # the launcher's: one at a time makes an environment
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            _made(folder, locked)
            stamp.write_text(wanted)
    return folder / "bin"


def packages(name: str) -> str:
    """Where the packages of ``requirements/NAME.txt`` lie, to be found behind those of the tests."""
    base = str(environment(name).parent)
    return sysconfig.get_path("platlib", "venv", {"base": base, "platbase": base})


def _made(folder: Path, locked: Path) -> None:
    python = str(folder / "bin" / "python")
    if shutil.which("uv"):
        steps = [["uv", "venv", "-q", "--python", sys.executable, str(folder)],
                 ["uv", "pip", "install", "-q", "--python", python, "--require-hashes", "-r", str(locked)]]  # fmt: skip
    else:
        steps = [[sys.executable, "-m", "venv", str(folder)],
                 [python, "-m", "pip", "--disable-pip-version-check", "install", "-q", "--require-hashes", "-r",
                  str(locked)]]  # fmt: skip
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S)
        if done.returncode:
            assert not os.environ.get("CI"), f"{locked.name} must be had in CI: {done.stderr}"
            pytest.skip(f"{locked.name} could not be installed: {done.stderr.strip().splitlines()[-1]}")
