"""Bound expressions: DuckDB SQL with its Flink type, in which columns are still marks.

A mark is a number between two control characters, so that expressions can be moved to other places without being
read again; the last step of planning writes ``c0``, ``c1`` in their place. No text of a user holds these characters.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from yunbox.sql.flink.plans import TimeRole
from yunbox.sql.flink.types import FlinkType

_MARK = re.compile("\x01(\\d+)\x02")
_FORBIDDEN = re.compile("[\x00\x01\x02]")


@dataclass(frozen=True, slots=True)
class Expr:
    """One bound expression. ``value`` is a literal's; ``time`` says that it is a time attribute."""

    sql: str
    type: FlinkType
    time: TimeRole = ""
    value: Any = None
    literal: bool = False
    name: str = ""
    volatile: bool = False

    @property
    def column(self) -> int | None:
        """The place of the column that it is, and nothing else; None when it is more."""
        found = _MARK.fullmatch(self.sql)
        return int(found[1]) if found else None

    @property
    def columns(self) -> frozenset[int]:
        """The places of the columns that it reads."""
        return columns_of(self.sql)

    @property
    def is_null(self) -> bool:
        """Whether it is the literal NULL."""
        return self.literal and self.value is None

    @property
    def constant(self) -> bool:
        """Whether it is the same for all rows."""
        return not self.volatile and _MARK.search(self.sql) is None


def mark(place: int) -> str:
    """The column of a place."""
    return f"\x01{place}\x02"


def columns_of(sql: str) -> frozenset[int]:
    """The places that marked SQL reads."""
    return frozenset(int(found) for found in _MARK.findall(sql))


def replaced(sql: str, made: Callable[[int], str]) -> str:
    """Marked SQL with something else in the place of each column."""
    return _MARK.sub(lambda found: made(int(found[1])), sql)


def moved(sql: str, places: Mapping[int, int]) -> str:
    """Marked SQL whose columns are at other places now."""
    return replaced(sql, lambda place: mark(places[place]))


def shifted(sql: str, by: int) -> str:
    """Marked SQL whose columns stand further right."""
    return replaced(sql, lambda place: mark(place + by))


def written(sql: str) -> str:
    """Marked SQL as the engine gets it."""
    return replaced(sql, lambda place: f"c{place}")


def text_literal(text: str) -> str:
    """A text as a DuckDB string literal; control characters that marks use are written as calls."""
    quoted = text.replace("'", "''")
    return "'" + _FORBIDDEN.sub(lambda found: f"' || chr({ord(found[0])}) || '", quoted) + "'"


def quoted(name: str) -> str:
    """A name as a DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'
