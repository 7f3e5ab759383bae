"""An expression that has been analysed: DuckDB's SQL, PostgreSQL's type, and what later rules ask about it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from yunbox.sql.hologres.catalogue.types import BOOL, INT4, TEXT, UNKNOWN, Digits

ABSENT: Any = object()
"""In the place of a value that is not known before the statement runs."""


@dataclass(frozen=True, slots=True)
class Loose:
    """A column that stands outside every aggregate; ``within`` a query of the expression."""

    sql: str
    shown: str
    at: int
    within: bool = False


@dataclass(slots=True, eq=False)
class Use:
    """What a statement does with a relation: in ``words`` such as SELECT, and with which of its columns, by number.

    Number 0 is the whole row. ``role`` is in whose name it does so: that of the owner of the view that names the
    relation, or None where the statement itself does.
    """

    oid: int
    name: str
    kind: str = "r"
    role: str | None = None
    words: set[str] = field(default_factory=set)
    selected: set[int] = field(default_factory=set)
    inserted: set[int] = field(default_factory=set)
    updated: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Scaled:
    """A numeric whose scale each row decides, as the DECIMAL ``sql`` in the largest of these scales and, wherever that
    is not NULL, its own ``scale``. ``of`` is the numeric's text, for which this stands."""

    sql: str
    digits: Digits
    scale: str
    of: str


@dataclass(frozen=True, slots=True)
class Grouped:
    """What makes the same groups as an expression, in less time: ``keys``, of each of which DuckDB knows by its
    statistics that there are few, and the expression's own value as ``sql`` of them. ``of`` is the expression's SQL,
    for which this stands."""

    keys: tuple[str, ...]
    sql: str
    of: str


@dataclass(frozen=True, slots=True)
class Expr:
    """``digits`` are a numeric's when it is a DECIMAL, and ``bound`` those that none of its values goes beyond when it
    is a text, which ``scaled`` may have in another form; ``value`` is a constant's, as the wire's codecs have it.
    ``grouped`` is how groups are made of it, where that is not by itself.

    ``loose`` are its columns outside aggregates, ``fields`` the parts of a row, ``parameter`` the number of one whose
    type is not known yet, ``source`` the table's OID and the column's number where it is a plain column. ``use`` is
    that of a relation of FROM, whose column of the number ``of_use`` it is: who names it reads that.
    """

    sql: str
    type: int
    typmod: int = -1
    digits: Digits | None = None
    bound: Digits | None = None
    scaled: Scaled | None = None
    grouped: Grouped | None = None
    value: Any = ABSENT
    loose: tuple[Loose, ...] = ()
    fields: "tuple[tuple[str, Expr], ...]" = ()
    parameter: int = 0
    source: tuple[int, int] = (0, 0)
    aggregates: bool = False
    windows: bool = False
    sets: bool = False
    levels: frozenset[int] = field(default=frozenset())
    at: int = -1
    use: Use | None = field(default=None, compare=False, repr=False)
    of_use: int = field(default=0, compare=False)

    @property
    def is_constant(self) -> bool:
        """Whether its value is known."""
        return self.value is not ABSENT

    @property
    def is_null(self) -> bool:
        """Whether it is NULL as written."""
        return self.value is None

    @property
    def is_unknown(self) -> bool:
        """Whether it has no type of its own yet."""
        return self.type == UNKNOWN

    @property
    def is_fixed(self) -> bool:
        """Whether no row decides it: it has no columns."""
        return not self.levels


def build(sql: str, of: int, parts: "Iterable[Expr]", **more: Any) -> Expr:
    """An expression made of others, whose columns it has."""
    parts = tuple(parts)
    return Expr(sql, of, **(merged(parts) | more))


def merged(parts: "Iterable[Expr]") -> dict[str, Any]:
    """What an expression has of its parts."""
    found: dict[str, Any] = {}
    loose: tuple[Loose, ...] = ()
    levels: frozenset[int] = frozenset()
    for part in parts:
        loose += part.loose
        levels |= part.levels
        for name in ("aggregates", "windows", "sets"):
            if getattr(part, name):
                found[name] = True
    return found | {"loose": loose, "levels": levels}


SCAN = "\f"
"""Stands before the name of what is read in FROM, where an engine may put SQL in its place; to DuckDB it is a space."""
_MARKS = "\x01\f"
"""What means something within SQL that is being made (``CORE``, ``WIDE``, ``SCAN``), and so does not stand in a text
there."""


def quoted(text: str) -> str:
    """A text as DuckDB's SQL writes it."""
    plain = text.replace("\0", "").replace("'", "''")
    for mark in _MARKS:
        plain = plain.replace(mark, f"' || chr({ord(mark)}) || '")
    return f"'{plain}'"


def identifier(name: str) -> str:
    """A name as DuckDB's SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def once(sql: str, body: Callable[[str], str]) -> str:
    """An expression that uses a value more than once; ``body`` makes it of the value's SQL.

    A column is written as often as it is used, and what is computed one time, as an element of a list: functions of
    functions would grow by the power otherwise.
    """
    return f"[{body('v')} FOR v IN [{sql}]][1]" if "(" in sql else body(sql)


def boolean(sql: str, *parts: Expr) -> Expr:
    """A condition."""
    return build(sql, BOOL, parts)


def text(value: str) -> Expr:
    """A constant text."""
    return Expr(f"CAST({quoted(value)} AS VARCHAR)", TEXT, value=value)


def int4(value: int) -> Expr:
    """A constant integer."""
    return Expr(f"CAST({value} AS INTEGER)", INT4, value=value)


__all__ = [
    "ABSENT", "SCAN", "Expr", "Grouped", "Loose", "Scaled", "Use", "boolean", "build", "identifier", "int4", "merged",
    "once", "quoted", "replace", "text",
]  # fmt: skip
