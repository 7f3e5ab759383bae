"""What a step of DuckDB's plan gives, column by column, in words that the statement's author knows.

DuckDB names the columns of a step by their places in the step below; on the way they are made smaller and larger again,
which is none of the statement's.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Plan = Mapping[str, Any]
Table = Callable[[str], tuple[str, Mapping[int, str]]]
_PLACE = re.compile(r"#(\d+)")
_ALIAS = re.compile(r"c:\d+")
"""A column that is given another name; DuckDB tells that name alone, and of several not which is which."""
_COLUMN = re.compile(r"\bc(\d+)\b")
_WRAPPED = re.compile(
    r"CAST\((.*) AS (?:U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER)\)|__internal_(?:de)?compress_\w+\((.*)\)"
)


def listed(value: Any) -> list[str]:
    """What DuckDB says of one thing or of several, always as several."""
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def resolved(text: str, given: Sequence[str]) -> str:
    """A text with the places in it as what the step below gives there, as far as that is known."""
    return _PLACE.sub(lambda found: given[int(found[1])] if int(found[1]) < len(given) else found[0], text)


def outputs(plan: Plan, table: Table) -> list[str]:
    """The columns of a step that is a projection or a scan; none of another, whose columns are not told."""
    kind, extra = str(plan["name"]).strip(), plan.get("extra_info", {})
    if kind != "PROJECTION":
        return [_spelled(one, plan, table) for one in listed(extra["Projections"])] if "Projections" in extra else []
    [below] = plan["children"]
    given, items = outputs(below, table), listed(extra.get("Projections", ()))
    if len(given) == len(items) == 1 and _ALIAS.fullmatch(items[0]):
        return given
    return [_spelled(resolved(_bare(one), given), below, table) for one in items]


def _bare(text: str) -> str:
    found = _WRAPPED.fullmatch(text)
    return _bare(found[1] or found[2]) if found else text


def _spelled(text: str, below: Plan, table: Table) -> str:
    """A text with the columns of tables as their owner calls them, where one table only can be meant."""

    def named(found: re.Match[str]) -> str:
        names = {columns[int(found[1])] for columns in _columns(below, found[0], table) if int(found[1]) in columns}
        return names.pop() if len(names) == 1 else found[0]

    return _COLUMN.sub(named, text)


def _columns(plan: Plan, column: str, table: Table) -> Iterator[Mapping[int, str]]:
    """The names of the columns of each scan below that reads one of this number."""
    extra = plan.get("extra_info", {})
    if "Table" in extra and column in listed(extra.get("Projections", ())):
        yield table(str(extra["Table"]).rpartition(".")[2])[1]
    for child in plan.get("children", ()):
        yield from _columns(child, column, table)
