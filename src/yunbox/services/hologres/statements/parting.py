"""``PARTITION (ds = '2025-03-16')``: which logical partitions of a table a statement is about.

Sources: the vendor's pages "INSERT OVERWRITE", "CREATE LOGICAL PARTITION TABLE" and "ALTER LOGICAL PARTITION TABLE".
Partitions stand one after another, with commas between them or without, and so do the columns of one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.services.hologres.statements.lexer import Piece, Token
from yunbox.wire.pgwire.report import failure

Given = Mapping[str, str]
"""A partition as it is written: values by the names of columns."""


@dataclass(frozen=True, slots=True)
class Parted:
    """INSERT of rows into some partitions; ``text`` is the same statement without these, with all else in its place.

    ``overwrites`` is whether the rows take the place of those that the partitions have.
    """

    text: str
    partitions: tuple[Given, ...]
    overwrites: bool


@dataclass(frozen=True, slots=True)
class Emptying:
    """TRUNCATE of some partitions of a table, which is written as its names."""

    names: tuple[str, ...]
    partitions: tuple[Given, ...]


def read_partitions(cursor: Cursor) -> tuple[Given, ...]:
    """All that stand here. Raises PgError 42601."""
    found = []
    while cursor.take("partition"):
        cursor.need("(")
        found.append(_partition(cursor))
        cursor.need(")")
        if cursor.peek(",", "partition"):
            cursor.advance()
    return tuple(found)


def _partition(cursor: Cursor) -> Given:
    found: dict[str, str] = {}
    while True:
        name = cursor.name()
        cursor.need("=")
        if name in found:
            raise failure("42701", f'column "{name}" specified more than once')
        found[name] = _value(cursor)
        if not cursor.take(",") and not cursor.take("and"):
            return found


def _value(cursor: Cursor) -> str:
    cursor.one_of("date", "timestamp", "timestamptz")
    if cursor.token.sort == "number" or cursor.token.text == "-":
        return str(cursor.whole())
    return cursor.string()


def _names(cursor: Cursor) -> tuple[str, ...]:
    found = [cursor.name()]
    while cursor.take("."):
        found.append(cursor.name())
    return tuple(found)


def parted(text: str, piece: Piece) -> Parted | None:
    """An INSERT into partitions; None for other statements. Raises PgError 42601."""
    words = [token.word for token in piece.tokens[:2]]
    if words not in (["insert", "into"], ["insert", "overwrite"]) or not _has_partitions(piece):
        return None
    cursor = Cursor(piece)
    cursor.advance()
    cursor.advance()
    overwrites = words[1] == "overwrite"
    blanked = [cursor.advance()] if overwrites and cursor.peek("table") else []
    _names(cursor)
    start = cursor.token.start
    partitions = read_partitions(cursor)
    end = cursor.token.start if not cursor.ended else piece.tokens[-1].end
    for token in blanked:
        text = _without(text, token.start, token.end)
    text = _without(text, start, end)
    return Parted(_into(text, piece.tokens[1]) if overwrites else text, partitions, overwrites)


def _has_partitions(piece: Piece) -> bool:
    """Whether PARTITION and a parenthesis stand behind the name."""
    cursor = Cursor(piece)
    cursor.advance()
    cursor.advance()
    if cursor.token.word == "table":
        cursor.advance()
    if cursor.ended or cursor.token.sort not in ("word", "quoted"):
        return False
    _names(cursor)
    return cursor.peek("partition", "(")


def _without(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]


def _into(text: str, overwrite: Token) -> str:
    return text[: overwrite.start] + "INTO".ljust(overwrite.end - overwrite.start) + text[overwrite.end :]


def emptying(piece: Piece) -> Emptying | None:
    """TRUNCATE of partitions; None for other statements. Raises PgError 42601, 0A000."""
    if piece.tokens[0].word != "truncate":
        return None
    cursor = Cursor(piece)
    cursor.advance()
    cursor.take("table")
    cursor.take("only")
    if cursor.ended or cursor.token.sort not in ("word", "quoted"):
        return None
    names = _names(cursor)
    if not cursor.peek("partition", "("):
        return None
    return cursor.end(Emptying(names, read_partitions(cursor)))
