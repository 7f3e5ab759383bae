"""How often DuckDB plans an argument: as often as a macro's body names it, and in a chain of macros by the power.

It computes it once all the same, as it finds what is the same, but a product of seven floats took 13 seconds to plan,
and a moment with three intervals added took three. So where arguments have macros in them already, those of the next
one are the fields of a lambda's parameter, at 30 nanoseconds a row.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

from yunbox.sql.hologres.natives.macros import load_macros

ONCE = "once_"
"""The parameter; no column is called so without quotes around it."""
_MACROS_MAX, _LETTERS_MAX = 2, 1000
_HEAD = re.compile(r"CREATE OR REPLACE MACRO (\w+)\(([^)]*)\) AS(?: TABLE)?")
_CALL = re.compile(r"\b(hg_\w+)\(")


class _Call(Protocol):
    @property
    def function(self) -> Any:
        """Which function it is of."""
        ...

    @property
    def args(self) -> Sequence[Any]:
        """What it is called with."""
        ...


def is_deep(call: _Call) -> bool:
    """Whether an argument has several macros in it, or became long by others; of what may be bound to a lambda."""
    if call.function.kind != "f" or call.function.returns_set or call.function.volatility == "v":
        return False
    if any(one.fields or one.sets for one in call.args):
        return False
    return any(len(one.sql) > _LETTERS_MAX or _count(one.sql) >= _MACROS_MAX for one in call.args)


def repeats(sql: str, count: int) -> bool:
    """Whether SQL names the fields of the parameter more often than there are such, or within a macro."""
    return sql.count(f"{ONCE}.") > count or _count(sql) > 0


def _count(sql: str) -> int:
    return sum(name in _repeating() for name in _CALL.findall(sql)) if "hg_" in sql else 0


@cache
def _repeating() -> frozenset[str]:
    """The macros that name an argument more than once, or that call such a one."""
    bodies: dict[str, str] = {}
    found: set[str] = set()
    for text in load_macros():
        head = _HEAD.match(text)
        assert head is not None, text[:64]
        body = bodies[head[1]] = text[head.end() :]
        args = [one.strip() for one in head[2].split(",") if one.strip()]
        if any(len(re.findall(rf"\b{one}\b", body)) > 1 for one in args):
            found.add(head[1])
    while more := {name for name, body in bodies.items() if name not in found and found & {*_CALL.findall(body)}}:
        found |= more
    return frozenset(found)
