"""docs/reference/flags.md, made from the table of flags: `python tools/flags.py` writes it anew.

`./yunbox check` compares, so that the page lists what has an effect and nothing else.
"""

import sys
from pathlib import Path

from yunbox.sql.maxcompute.flags import EFFECTIVE

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "flags.md"
_HEAD = """# Flags of SET and SETPROJECT: MaxCompute

Made by `python tools/flags.py` from the table that statements are judged by; `./yunbox check` keeps the two the same.

A flag holds for the statements after it in a script, or for a project. One that is not here has no effect: the
instance's summary says so, and `odpscmd` and `yunbox sql` when it is set.

| flag | effect |
|---|---|
"""


def text() -> str:
    """The whole page."""
    return _HEAD + "".join(f"| `{name}` | {effect} |\n" for name, effect in sorted(EFFECTIVE.items()))


def stale() -> list[str]:
    """What is wrong with the page, for the check."""
    found = PAGE.read_text("utf-8") if PAGE.exists() else ""
    return [] if found == text() else ["docs/reference/flags.md is out of date: run python tools/flags.py"]


if __name__ == "__main__":
    PAGE.write_text(text(), "utf-8")
    sys.exit(0)
