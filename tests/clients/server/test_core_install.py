"""The product needs no more than its own requirements: server and command line run with nothing else importable."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from yunbox.testing.server import Server

CORE = Path(__file__).resolve().parents[3] / "requirements" / "core.txt"
HIDING = """
import sys

HIDDEN = {hidden!r}


class Hiding:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)


sys.meta_path.insert(0, Hiding())
"""
COMMANDS = [
    ("sql", "select conv('ff', 16, 10), row_number() over (order by cast(x as bigint)) from values ('1') t (x)"),
    ("sql", "select sha2('a', 256)"),
    ("bill",),
    ("status",),
    ("ram", "list-users"),
]
"""Commands, and words that make them do some work: the functions are those in Python."""


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def hidden() -> list[str]:
    """The modules that only tests and the tour have."""
    core = {plain(line.partition("==")[0]) for line in CORE.read_text().splitlines() if "==" in line} | {"yunbox"}
    return sorted(
        module
        for module, owners in packages_distributions().items()
        if not {plain(owner) for owner in owners} & core
        and "editable" not in module
        and module not in sys.stdlib_module_names  # there are packages for Pythons that had no such module yet
    )


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """The environment of a Python that sees the core's packages alone."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(HIDING.format(hidden=hidden()))
    return {"PYTHONPATH": f"{folder}:{Path(__file__).resolve().parents[3] / 'src'}"}


def test_the_core_stands_alone(bare: dict[str, str], tmp_path: Path) -> None:
    assert "odps" in hidden()
    assert "duckdb" not in hidden()
    with Server(tmp_path / "data", env=bare):
        for words in COMMANDS:
            given = [sys.executable, "-m", "yunbox", *words, "--data", str(tmp_path / "data")]
            done = subprocess.run(given, env={**bare, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
            assert done.returncode == 0, (words, done.stdout, done.stderr)
