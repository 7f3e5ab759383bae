"""INSERT OVERWRITE, and CALL hg_insert_overwrite. Source: the vendor's page "INSERT OVERWRITE"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.services.hologres.statements.lexer import Piece, pieces
from yunbox.storage.rows.rows import STANDARD
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.types import TYPES

_TEXT, _TEXTS = 25, 1009
_PROCEDURE = "hg_insert_overwrite"


def inserting(text: str, piece: Piece) -> str | None:
    """The INSERT INTO that an INSERT OVERWRITE has the rows of, with all else in its place; None for other statements,
    and for those that name partitions, which are in ``parting.py``."""
    if piece.tokens[0].word != "insert" or [token.word for token in piece.tokens[1:2]] != ["overwrite"]:
        return None
    cursor = Cursor(piece)
    cursor.need("insert", "overwrite")
    blanked = [piece.tokens[1]]
    if cursor.peek("table"):
        blanked.append(cursor.advance())
    cursor.name()
    while cursor.take("."):
        cursor.name()
    if cursor.peek("partition", "("):
        return None
    for token in blanked:
        at, end = token.start, token.end
        text = text[:at] + ("INTO" if token is piece.tokens[1] else "").ljust(end - at) + text[end:]
    return text


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument that comes when the procedure is called, by its number, and its type's OID if nobody declares it."""

    number: int
    oid: int = _TEXT


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call of the procedure asks for. ``partitions`` are None where none are named; ``creates`` is None where
    nobody says whether those that are not there are made."""

    table: str
    query: str
    partitions: tuple[str, ...] | None = None
    is_listed: bool = False
    creates: bool | None = None


@dataclass(frozen=True, slots=True)
class Called:
    """A call of the procedure, with its arguments as they are written."""

    given: tuple[Any, ...]

    def parameters(self, types: Sequence[int]) -> tuple[int, ...]:
        """The types of the arguments that come with it, by OID."""
        known = {one.number: one.oid for one in self.given if isinstance(one, Parameter)}
        declared = (*types, *[0] * max(known, default=0))[: max(len(types), *known, 0)]
        return tuple(oid or known.get(number, _TEXT) for number, oid in enumerate(declared, 1))

    def asked(self, values: Sequence[Any]) -> Asked:
        """What it comes to. Raises PgError 42883, 22004, 22023."""
        given = [values[one.number - 1] if isinstance(one, Parameter) else one for one in self.given]
        if None in given:
            raise failure("22004", f"no argument of {_PROCEDURE} may be NULL")
        creates = given.pop() if len(given) > 2 and isinstance(given[-1], bool) else None
        if len(given) not in (2, 3) or not isinstance(given[0], str) or not isinstance(given[-1], str):
            raise failure("42883", f"procedure {_PROCEDURE} takes a table, values of partitions, a query and a boolean")
        if len(given) == 2:
            return Asked(given[0], given[1], creates=creates)
        listed = isinstance(given[1], (list, tuple))
        named = tuple(map(_written, given[1])) if listed else (_written(given[1]),)
        if not named:
            raise failure("22023", f"{_PROCEDURE} names no partition")
        return Asked(given[0], given[2], named, listed, creates)


def _written(value: Any) -> str:
    if value is None or isinstance(value, (bool, list, tuple)):
        raise failure("22023", "the value of a partition is a text, a number or a date")
    return str(value)


def called(piece: Piece) -> Called | None:
    """A call of the procedure; None for other statements. Raises PgError 42601."""
    if piece.tokens[0].word != "call":
        return None
    cursor = Cursor(piece)
    cursor.advance()
    cursor.take("hologres", ".")
    if cursor.token.word != _PROCEDURE:
        return None
    cursor.name()
    cursor.need("(")
    given = cursor.listed(lambda: _argument(cursor))
    cursor.need(")")
    return cursor.end(Called(given))


def _argument(cursor: Cursor) -> Any:
    value: Any
    if cursor.token.sort == "parameter":
        value = Parameter(int(cursor.advance().text[1:]))
    elif cursor.take("array", "["):
        value = cursor.listed(lambda: _scalar(cursor))
        cursor.need("]")
    else:
        value = _scalar(cursor)
    while cursor.take("::"):
        cursor.name()
        if cursor.take("(") and cursor.whole() >= 0:
            cursor.need(")")
        if cursor.take("[", "]"):
            value = _listed(value)
    return value


def _listed(value: Any) -> Any:
    """An argument that is said to be an array. Raises PgError 22P02."""
    if isinstance(value, Parameter):
        return Parameter(value.number, _TEXTS)
    return tuple(TYPES[_TEXTS].codec.read(value, STANDARD)) if isinstance(value, str) else value


def _scalar(cursor: Cursor) -> Any:
    for word, value in (("true", True), ("false", False), ("null", None)):
        if cursor.take(word):
            return value
    if cursor.token.sort == "number" or cursor.token.text == "-":
        return str(cursor.whole())
    cursor.take("date")
    return cursor.string()


def query_of(text: str) -> str:
    """The query that a call names. Raises PgError 42601."""
    found = pieces(text)
    if len(found) != 1:
        raise failure("42601", f"{_PROCEDURE} takes one query")
    return found[0].text
