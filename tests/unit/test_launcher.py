"""The launcher: two first runs at once make one environment, and what a larger set contains is not installed again."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UV = """#!/bin/sh
echo "uv $*" >>"$TOLD"
if [ "$1" = venv ]; then
    for place; do :; done
    mkdir -p "$place/bin"
    printf '#!/bin/sh\\n[ "$1" = - ] && exec cat >/dev/null\\necho "ran $*"\\n' >"$place/bin/python"
    chmod +x "$place/bin/python"
    sleep 0.3
fi
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the launcher whose uv only tells what it was asked."""
    root, tools = tmp_path / "root", tmp_path / "tools"
    (root / "requirements").mkdir(parents=True)
    tools.mkdir()
    for name in ("core", "tour", "dev"):
        (root / "requirements" / f"{name}.txt").write_text(f"{name}\n")
    shutil.copy(ROOT / "yunbox", root / "yunbox")
    (tools / "uv").write_text(UV)
    (tools / "uv").chmod(0o755)
    return root


def start(tree: Path, *words: str, path: str | None = None) -> subprocess.Popen[str]:
    tools = tree.parent / "tools"
    env = {**os.environ, "PATH": f"{tools}:{path or os.environ['PATH']}", "TOLD": str(tree.parent / "told.txt")}
    return subprocess.Popen([str(tree / "yunbox"), *words], env=env, stdout=subprocess.PIPE, text=True)


def finish(tree: Path, *words: str) -> None:
    run = start(tree, *words)
    run.communicate(timeout=60)
    assert run.returncode == 0


def told(tree: Path) -> list[str]:
    return [" ".join(line.split()[:3]) for line in (tree.parent / "told.txt").read_text().splitlines()]


def without_flock(tmp_path: Path) -> str:
    """A PATH with what the launcher calls, flock apart."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "cat", "rm", "mv", "mkdir", "rmdir", "find", "sleep", "cksum", "dirname", "chmod", "python3"):
        found = sys.executable if name == "python3" else shutil.which(name)
        assert found is not None, name
        (folder / name).symlink_to(found)
    return str(folder)


@pytest.mark.parametrize("with_flock", [True, False])
def test_two_first_runs_at_once(tree: Path, tmp_path: Path, with_flock: bool):
    path = None if with_flock else without_flock(tmp_path)
    runs = [start(tree, "status", path=path) for _ in range(4)]
    assert [run.communicate(timeout=60)[0] for run in runs] == ["ran -m yunbox status\n"] * 4
    assert told(tree) == ["uv venv --quiet", "uv pip install"]


def test_what_a_larger_set_contains_is_not_installed_again(tree: Path):
    finish(tree, "tour")
    finish(tree, "status")
    finish(tree, "test")
    finish(tree, "status")
    installed = [line for line in (tree.parent / "told.txt").read_text().splitlines() if " pip " in line]
    assert [line.rpartition("/")[2] for line in installed] == ["tour.txt", "dev.txt"]
    (tree / "requirements" / "tour.txt").write_text("newer\n")
    (tree / "requirements" / "dev.txt").write_text("newer\n")
    finish(tree, "status")
    assert (tree.parent / "told.txt").read_text().splitlines()[-1].endswith("core.txt")
