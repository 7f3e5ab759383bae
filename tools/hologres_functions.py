"""docs/reference/functions-hologres.md, made from the tables that judge calls: `python tools/hologres_functions.py`.

`./yunbox check` compares, so that the page lists what runs and what is refused by its name.
"""

import sys
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from yunbox.sql.hologres import rendering
from yunbox.sql.hologres.analysis.hypothetical import NAMES as HYPOTHETICAL
from yunbox.sql.hologres.analysis.records import FUNCTIONS as LISTED
from yunbox.sql.hologres.analysis.records import OF_TABLES
from yunbox.sql.hologres.catalogue.functions import FUNCTIONS, OPERATORS, Function, Operator
from yunbox.sql.hologres.catalogue.types import BY_NAME, RECORD, shown
from yunbox.sql.hologres.rendering.comparisons import SYMBOLS, is_compared
from yunbox.sql.hologres.rendering.registry import RENDERINGS

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "functions-hologres.md"
_HEAD = """# SQL functions and operators: Hologres

Made by `python tools/hologres_functions.py` from the tables that resolve calls; `./yunbox check` keeps the two the
same.

Calls are resolved by PostgreSQL's rules over PostgreSQL's own list of functions and operators. What is resolved and not
offered is refused by its name (0A000). More is in [the guide](../guide/hologres.md).
"""
_KINDS = {"f": "", "a": "aggregate", "w": "only with OVER"}
_SUPPORT = (
    "pg_", "binary_upgrade", "lo_", "gin_", "brin_", "fmgr_", "ts_", "to_reg", "has_", "hash", "float8_", "float4_",
    "plpgsql", "bt", "in_range", "acl", "inet_server", "inet_client", "interval_a", "timestamptz_cmp", "timestamp_cmp",
    "int2", "int4", "int8", "numeric_", "dlog", "dexp",
)  # fmt: skip
_ENDS = ("send", "cmp", "hash", "sel", "join", "validator", "sortsupport", "statefunc", "accum", "subdiff", "image",
         "larger", "smaller", "extended", "combine")  # fmt: skip


def _is_named(one: Function, behind: set[int]) -> bool:
    """Whether people call it by its name: it is behind no operator, and serves no index or protocol."""
    if one.oid in behind or one.kind not in _KINDS:
        return False
    return not one.name.startswith(_SUPPORT) and not one.name.endswith(_ENDS) and one.name not in BY_NAME


def _signature(one: Function) -> str:
    args = ", ".join(map(shown, one.args))
    return f"`{one.name}({args}) → {'setof ' if one.returns_set else ''}{shown(one.returns)}`"


def _state(rest: int, offered: int) -> str:
    if not rest:
        return "offered"
    return f"and {rest} more that {'is' if rest == 1 else 'are'} not offered" if offered else "not offered"


def _functions() -> Iterable[str]:
    behind = {oper.function for oper in OPERATORS}
    names = sorted((one for one in FUNCTIONS.values() if _is_named(one, behind)), key=lambda one: (one.name, one.oid))
    for name, group in groupby(names, key=lambda one: one.name):
        alike = list(group)
        offered = [one for one in alike if one.key in RENDERINGS or one.name in (*LISTED, *OF_TABLES)
                   or (one.kind == "a" and one.name in HYPOTHETICAL)]  # fmt: skip
        rest = len(alike) - len(offered)
        state = _state(rest, len(offered))
        yield f"| `{name}` | {'<br>'.join(map(_signature, offered))} | {_KINDS[alike[0].kind]} | {state} |"


def _is_offered(one: Operator) -> bool:
    if one.symbol in SYMBOLS and one.left and is_compared(one.left, one.right):
        return True
    function = FUNCTIONS.get(one.function)
    return function is not None and function.key in RENDERINGS


def _operators() -> Iterable[str]:
    plain = [one for one in OPERATORS if RECORD not in one.args]
    for symbol, group in groupby(plain, key=lambda one: one.symbol):
        alike = list(group)
        offered = [one for one in alike if _is_offered(one)]
        texts = [" ".join(("", symbol, "")).join(map(shown, one.args)) if one.left else f"{symbol} {shown(one.right)}"
                 for one in offered]  # fmt: skip
        marked = "`" + symbol.replace("|", "\\|") + "`"
        listed = "<br>".join(f"`{text}`".replace("|", "\\|") for text in texts)
        rest = len(alike) - len(offered)
        yield f"| {marked} | {listed} | {_state(rest, len(offered))} |"


def text() -> str:
    """The whole page."""
    rendering.load()
    functions = "\n".join(_functions())
    operators = "\n".join(_operators())
    return (
        f"{_HEAD}\n## Operators\n\n| operator | operands | state |\n|---|---|---|\n{operators}\n\n"
        f"## Functions\n\n| function | signatures | use | state |\n|---|---|---|---|\n{functions}\n"
    )


def stale() -> list[str]:
    """What is wrong with the page, for the check."""
    found = PAGE.read_text("utf-8") if PAGE.exists() else ""
    wrong = "docs/reference/functions-hologres.md is out of date: run python tools/hologres_functions.py"
    return [] if found == text() else [wrong]


def main() -> int:
    """Write the page."""
    PAGE.write_text(text(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
