"""Lint, format, types, spelling, import contracts and the rules of the house: `./yunbox check`."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import architecture
import flags
import flink_functions
import functions
import hologres_functions
import limits
from circles import import_circles

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES_MAX = 600
TOOLS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "types": ["ty", "check", "src", "--error-on-warning"],
    "imports": ["lint-imports", "--no-logo"],
    "spelling": ["codespell", "src", "tests", "tour", "tools", "docs", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"],
}


def long_files() -> list[str]:
    """Source files longer than the house allows."""
    counts = {path: len(path.read_text("utf-8").splitlines()) for path in (ROOT / "src").rglob("*.py")}
    return [f"{path.relative_to(ROOT)}: {lines} lines" for path, lines in counts.items() if lines > FILE_LINES_MAX]


def named_hosts() -> list[str]:
    """Requirement files that name a host."""
    files = (ROOT / "requirements").glob("*.txt")
    return [path.name for path in files if "://" in path.read_text("utf-8")]


def _start(program: str) -> list[str]:
    """How a program of this environment starts: a script by this Python, as in a moved environment it names another."""
    path = Path(sys.executable).with_name(program)
    with path.open("rb") as file:
        return [sys.executable, str(path)] if file.read(2) == b"#!" else [str(path)]


RULES: dict[str, Callable[[], list[str]]] = {
    "files of at most 600 lines": long_files,
    "locks name no host": named_hosts,
    "no import circles": lambda: import_circles(ROOT / "src"),
    "the picture of the house": architecture.stale,
    "the page of limits": limits.stale,
    "the page of functions": functions.stale,
    "the page of Hologres' functions": hologres_functions.stale,
    "the page of Flink's functions": flink_functions.stale,
    "the page of flags": flags.stale,
}


def main() -> int:
    """Run everything; returns the number of checks that failed."""
    failed = 0
    for name, (program, *words) in TOOLS.items():
        done = subprocess.run([*_start(program), *words], cwd=ROOT, capture_output=True, text=True)
        failed += done.returncode != 0
        print(f"{'ok ' if done.returncode == 0 else 'BAD'} {name}")
        if done.returncode:
            print(done.stdout + done.stderr)
    for name, rule in RULES.items():
        found = rule()
        failed += bool(found)
        print(f"{'BAD' if found else 'ok '} {name}", *found, sep="\n  " if found else "")
    return failed


if __name__ == "__main__":
    sys.exit(main())
