"""docs/reference/functions.md, made from the table of functions: `python tools/functions.py` writes it anew.

`./yunbox check` compares, so that the page lists what is there and what is not.
"""

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from yunbox.sql.maxcompute.functions import FUNCTIONS, UNSUPPORTED, Function

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "functions.md"
_HEAD = """# SQL functions: MaxCompute

Made by `python tools/functions.py` from the table that judges calls; `./yunbox check` keeps the two the same.

Each signature has the types of the arguments and, behind the arrow, that of the result. `?` marks an argument that may
be left out, `*` one that may come again; `T`, `K`, `V` and `U` are types that must agree; `number`, `integer`, `text`
and `temporal` are any type of that kind, `widest` and `finer` a DECIMAL(38) for sums and averages; `!` marks a date
that is no STRING under the 2.0 types, as the vendor has it.
`hive:` signatures exist under `odps.sql.hive.compatible=true`. Where the result is `any`, the arguments decide.
`MAX_PT`, `TABLE_EXISTS` and `PARTITION_EXISTS` ask the catalogue; `CAST`, `CASE`, `BETWEEN` and `[]` are expressions.

A function that is not offered is refused by its name (ODPS-0130071); one that nobody knows cannot be resolved.
"""
_USE = {"scalar": "", "aggregate": "aggregate", "window": "only with OVER", "table": "table function"}


def _shown(function: Function) -> str:
    return "<br>".join(f"`{one.text.strip().replace('|', ' or ')}`" for one in function.signatures)


def _rows(functions: list[Function]) -> Iterator[str]:
    for _, group in groupby(functions, key=lambda one: id(one.signatures)):
        alike = list(group)
        names = ", ".join(f"`{one.name.upper()}`" for one in alike)
        yield f"| {names} | {_shown(alike[0])} | {_USE[alike[0].kind]} | offered |"


def text() -> str:
    """The whole page."""
    offered = [one for name, one in FUNCTIONS.items() if not name.startswith("_")]
    titles = sorted({one.category for one in offered} | set(UNSUPPORTED.values()))
    parts = [_HEAD]
    for title in titles:
        here = [one for one in offered if one.category == title]
        absent = [name for name, of in UNSUPPORTED.items() if of == title]
        rows = [*_rows(here), *(f"| `{name.upper()}` | | | not offered |" for name in absent)]
        parts.append(
            f"## {title}\n\n| function | signatures | use | state |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
        )
    return "\n".join(parts)


def stale() -> list[str]:
    """What is wrong with the page, for the check."""
    found = PAGE.read_text("utf-8") if PAGE.exists() else ""
    return [] if found == text() else ["docs/reference/functions.md is out of date: run python tools/functions.py"]


def main() -> int:
    """Write the page."""
    PAGE.write_text(text(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
