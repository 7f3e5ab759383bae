"""Which of Java's patterns DuckDB's engine (RE2) reads the same, and which are left to Python.

RE2 looks neither ahead nor back, and gives an empty text for a group that took no part, where Java gives NULL.
"""

import re
from functools import lru_cache

# Python has no public parser of patterns; a pattern that it does not read this way is left to Python as a whole.
from re import _parser  # ty: ignore[missing-module-member]
from typing import Any

_ALONE = ("ASSERT", "ASSERT_NOT", "GROUPREF", "GROUPREF_EXISTS", "ATOMIC_GROUP", "POSSESSIVE_REPEAT")


@lru_cache(maxsize=512)
def is_plain(pattern: str) -> bool:
    """Whether RE2 reads a pattern as Java does."""
    try:
        return not any(str(op) in _ALONE for op, _ in _walk(_parser.parse(pattern), certain=True))
    except (re.error, RecursionError, OverflowError):
        return False


@lru_cache(maxsize=512)
def takes_part(pattern: str, group: int) -> bool:
    """Whether a group takes part in every match."""
    if group == 0:
        return True
    try:
        return group in {found for found, certain in _groups(_parser.parse(pattern), certain=True) if certain}
    except (re.error, RecursionError, OverflowError):
        return False


def _walk(tree: Any, *, certain: bool) -> list[tuple[Any, Any]]:
    found = []
    for op, argument in tree:
        found.append((op, argument))
        for inner, inside in _inner(op, argument, certain=certain):
            found += _walk(inner, certain=inside)
    return found


def _groups(tree: Any, *, certain: bool) -> list[tuple[int, bool]]:
    found: list[tuple[int, bool]] = []
    for op, argument in tree:
        if str(op) == "SUBPATTERN" and argument[0] is not None:
            found.append((argument[0], certain))
        for inner, inside in _inner(op, argument, certain=certain):
            found += _groups(inner, certain=inside)
    return found


def _inner(op: Any, argument: Any, *, certain: bool) -> list[tuple[Any, bool]]:
    """The patterns inside a part, and whether each of them takes part for certain."""
    name = str(op)
    if name == "SUBPATTERN":
        return [(argument[-1], certain)]
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return [(argument[2], certain and argument[0] > 0)]
    if name == "BRANCH":
        return [(one, False) for one in argument[1]]
    if name in ("ASSERT", "ASSERT_NOT"):
        return [(argument[1], False)]
    return []
