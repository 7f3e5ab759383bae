"""The pieces of a pattern of moments, as to_char writes and to_timestamp reads them.

Source: the PostgreSQL documentation, "Data Type Formatting Functions".
"""

import re
from functools import lru_cache
from typing import NamedTuple

SPACE = " \t\n\v\f\r"
_NAMES = ("A.D.", "A.M.", "AD", "AM", "B.C.", "BC", "CC", "DAY", "DDD", "DD", "DY", "Day", "Dy", "D", "FF1", "FF2",
          "FF3", "FF4", "FF5", "FF6", "FX", "HH24", "HH12", "HH", "IDDD", "ID", "IW", "IYYY", "IYY", "IY", "I", "J",
          "MI", "MM", "MONTH", "MON", "MS", "Month", "Mon", "OF", "P.M.", "PM", "Q", "RM", "SSSSS", "SSSS", "SS", "TZH",
          "TZM", "TZ", "US", "WW", "W", "Y,YYY", "YYYY", "YYY", "YY", "Y")  # fmt: skip
_FIELDS = [*_NAMES, *(one.lower() for one in _NAMES if one.upper() == one)]
_FIELD = re.compile("|".join(re.escape(one) for one in sorted(_FIELDS, key=len, reverse=True)))
_PREFIX, _ENDING = re.compile("FM|fm|TM|tm"), re.compile("TH|th|SP")


class Node(NamedTuple):
    """A piece of a pattern: a field in capitals, how it was written, and whether FM, TM and TH stand by it; or with no
    name a letter, which is a space, a separator or another."""

    name: str
    text: str
    kind: str
    fill: bool = False
    local: bool = False
    ordinal: str = ""


@lru_cache(256)
def nodes_of(pattern: str) -> tuple[Node, ...]:
    """The pieces of a pattern."""
    made: list[Node] = []
    at = 0
    while at < len(pattern):
        prefix = _PREFIX.match(pattern, at)
        at = prefix.end() if prefix is not None else at
        found = _FIELD.match(pattern, at)
        if found is not None:
            before = prefix[0].upper() if prefix is not None else ""
            ending = _ENDING.match(pattern, found.end())
            ordinal = ending[0] if ending is not None and ending[0] != "SP" else ""
            made.append(Node(found[0].upper(), found[0], "field", before == "FM", before == "TM", ordinal))
            at = ending.end() if ending is not None else found.end()
        elif pattern[at : at + 1] == '"':
            at = _quoted(pattern, at + 1, made)
        elif at < len(pattern):
            at += pattern[at : at + 2] == '\\"'
            letter = pattern[at]
            kind = "separator" if separates(letter) else "space" if letter in SPACE else "letter"
            made.append(Node("", letter, kind))
            at += 1
    return tuple(made)


def _quoted(pattern: str, at: int, made: list[Node]) -> int:
    """The letters up to the closing quote."""
    while at < len(pattern) and pattern[at] != '"':
        at += pattern[at] == "\\" and at + 1 < len(pattern)
        made.append(Node("", pattern[at], "letter"))
        at += 1
    return at + 1


def separates(letter: str) -> bool:
    """Whether a letter is one that may stand between fields."""
    return " " < letter < "\x7f" and not letter.isalnum()
