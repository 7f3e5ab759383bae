"""docs/reference/functions-flink.md, made from the table of functions by `python tools/flink_functions.py`.

`./yunbox check` compares, so that the page lists what is there and what is not.
"""

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from yunbox.sql.flink.functions import ABSENT, AGGREGATES, FUNCTIONS, Function

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "functions-flink.md"
_HEAD = """# SQL functions: Flink SQL

Made by `python tools/flink_functions.py` from the table that judges calls; `./yunbox check` keeps the two the same.

Each signature has the types of the arguments and, behind the arrow, that of the result. A word in small letters is any
type of that kind, and the result's type is then the arguments'; `varying` is a VARCHAR as long as the first argument;
`T`, `K` and `V` are types that must agree. `?` marks an argument that may be left out, `*` one that may come again;
behind the result `?` says that it may always be NULL, and `!` that it never is. Clauses that are written with words
(`TRIM(BOTH x FROM y)`, `JSON_VALUE(... RETURNING ...)`) are read as Flink reads them.

Operators, `CASE`, `CAST`, `TRY_CAST`, `LIKE`, `SIMILAR TO`, `BETWEEN`, `IN`, `OVERLAPS`, `IS JSON`, `ARRAY[...]`,
`MAP[...]`, `ROW(...)` and `[]` are expressions. `RAND` and `RAND_INTEGER` do not keep to their seed.

"""


def _signatures(function: Function) -> str:
    return "<br>".join(f"`{one.text.strip()}`" for one in function.signatures)


def _rows(functions: list[Function]) -> Iterator[str]:
    for _, group in groupby(functions, key=lambda one: id(one.signatures)):
        alike = list(group)
        yield f"| {', '.join(f'`{one.name}`' for one in alike)} | {_signatures(alike[0])} |"


def text() -> str:
    """The whole page."""
    parts = [_HEAD]
    for title in sorted({one.category for one in FUNCTIONS.values()}):
        here = [one for one in FUNCTIONS.values() if one.category == title]
        parts.append(f"## {title}\n\n| function | signatures |\n|---|---|\n" + "\n".join(_rows(here)) + "\n\n")
    names = ", ".join(f"`{one}`" for one in AGGREGATES)
    over = (
        "`ROW_NUMBER`, `RANK`, `DENSE_RANK` and `LAG` need OVER; `LEAD`, `NTILE`, `PERCENT_RANK` and `CUME_DIST` too, "
        "in a batch."
    )
    parts.append(f"## Aggregate functions\n\n{names}, with DISTINCT and FILTER.\n\n{over}\n\n")
    absent = ", ".join(f"`{one}`" for one in sorted(ABSENT))
    parts.append(f"## Refused by name\n\n{absent}, and functions in Java.\n")
    return "".join(parts)


def stale() -> list[str]:
    """What is wrong with the page, for the check."""
    found = PAGE.read_text("utf-8") if PAGE.exists() else ""
    told = "docs/reference/functions-flink.md is out of date: run python tools/flink_functions.py"
    return [] if found == text() else [told]


def main() -> int:
    """Write the page."""
    PAGE.write_text(text(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
