"""Series of numbers, and of moments in steps of one length: as rows wherever that can be, which are made one after
another and can be stopped. A list of them is made at one go, and lies in memory whole: it has an end.

DuckDB works a list of constants out when it plans, and takes 50 bytes for each element then; and else it makes the
lists of 2,048 rows before it hands on any.
"""

import re

from yunbox.sql.hologres.catalogue.types import duck_type
from yunbox.sql.hologres.expr import Expr
from yunbox.sql.hologres.rendering.quotes import outside_quotes
from yunbox.sql.hologres.rendering.registry import Call, rendered

_FIXED_MAX, _EACH_MAX = 1_000_000, 100_000
"""How many elements a list has at most: one that all rows share, and one that each row decides."""
_BLOCK = 8192
"""How many elements of a row are made at one go where its ends are found as the statement runs."""
_CALL = "hg_numbers("
_NAME = "v"
_NUMBERS = re.compile(rf"CAST\({re.escape(_CALL)}.*\) AS (\w+)\[\]\)", re.DOTALL)
_MOMENTS = re.compile(rf"\[hg_timestamp\(n\) FOR n IN {re.escape(_CALL)}.*\)\]", re.DOTALL)
_PLAIN = re.compile(r"(?:CAST|AS|BIGINT|INTEGER|SMALLINT|NULL|\$\d+|[-+*(),\s\d])+")
_UNNEST = "unnest("


@rendered("generate_series(int4,int4)", "generate_series(int8,int8)",
          "generate_series(int4,int4,int4)", "generate_series(int8,int8,int8)")  # fmt: skip
def _series(call: Call) -> str:
    duck = duck_type(call.returns)
    step = call[2] if len(call.args) > 2 else f"CAST(1 AS {duck})"
    if len(call.args) > 2 and not (call.args[2].is_constant and call.args[2].value):
        step = f"CASE WHEN {step} = 0 THEN error('PG22023: step size cannot equal zero') ELSE {step} END"
    given = [f"CAST({one} AS BIGINT)" for one in (call[0], call[1], step)]
    return f"CAST({numbers(given, call.args)} AS {duck}[])"


def numbers(given: list[str], args: tuple[Expr, ...]) -> str:
    """The numbers from one to another by a step, all of them BIGINT, as a list."""
    return f"{_CALL}{', '.join(given)}, {elements_max(args)})"


def elements_max(args: tuple[Expr, ...]) -> int:
    """How many elements a list may have that a call of some arguments makes."""
    return _EACH_MAX if any(one.levels for one in args) else _FIXED_MAX


def of_moments(given: list[str], args: tuple[Expr, ...]) -> str:
    """The same as moments, given by their microseconds."""
    return f"[hg_timestamp(n) FOR n IN {numbers(given, args)}]"


def rows_of(sql: str, name: str) -> str | None:
    """The query of the rows of a series; None of any other value."""
    found, moments = _NUMBERS.fullmatch(sql), _MOMENTS.fullmatch(sql)
    if found is None and moments is None:
        return None
    parts = _arguments(sql, sql.index(_CALL) + len(_CALL))
    if parts is None:
        return None
    made = f"CAST(s.{_NAME} AS {found[1]})" if found is not None else f"hg_timestamp(s.{_NAME})"
    if all(_PLAIN.fullmatch(one) for one in parts):
        return f"SELECT {made} AS {name} FROM generate_series({', '.join(parts)}) AS s({_NAME})"
    items = ", ".join(f"CAST({one} AS HUGEINT) AS {letter}" for one, letter in zip(parts, "abc", strict=True))
    blocks = f"unnest(range(CAST((p.b - p.a) // p.c // {_BLOCK} + 1 AS BIGINT))) AS k"
    last = f"q.a + ((q.k + 1) * {_BLOCK} - 1) * q.c"
    ends = f"CASE WHEN q.c > 0 THEN least(q.b, {last}) ELSE greatest(q.b, {last}) END"
    given = ", ".join(f"CAST({one} AS BIGINT)" for one in (f"q.a + q.k * {_BLOCK} * q.c", ends, "q.c"))
    inner = f"SELECT p.a, p.b, p.c, {blocks} FROM (SELECT {items}) AS p"
    made = made.replace(f"s.{_NAME}", f"unnest(generate_series({given}))")
    return f"SELECT {made} AS {name} FROM ({inner}) AS q"


def streamed(columns: list[str], alias: str) -> tuple[str, str, str] | None:
    """For a SELECT of no tables: the series that its columns unnest, as they write it, what stands for it, and the
    query to read it from; None where they unnest none, or anything else too."""
    whole = " ".join(columns)
    start = whole.find(_UNNEST)
    if start < 0:
        return None
    inner = _arguments(whole, start + len(_UNNEST))
    if inner is None or len(inner) != 1:
        return None
    text = f"{_UNNEST}{inner[0]})"
    query = rows_of(inner[0], _NAME)
    if query is None or whole.count(_UNNEST) != whole.count(text):
        return None
    return text, f"{alias}.{_NAME}", f"({query}) AS {alias}"


def _arguments(sql: str, at: int) -> list[str] | None:
    """What stands between commas from a place on up to the parenthesis that closes; but for the limit of a list."""
    parts, depth, start = [], 0, at
    for place, letter in outside_quotes(sql, at):
        if letter in "([{":
            depth += 1
        elif depth and letter in ")]}":
            depth -= 1
        elif letter == ")" or (letter == "," and not depth):
            parts.append(sql[start:place].strip())
            start = place + 1
            if letter == ")":
                return parts[:-1] if len(parts) == 4 and parts[-1].isdigit() else parts
    return None
