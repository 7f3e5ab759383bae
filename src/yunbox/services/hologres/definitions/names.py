"""Names of relations as statements write them."""

from yunbox.services.hologres.definitions.base import Name
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.services.hologres.statements.lexer import pieces
from yunbox.wire.pgwire.report import failure


def name_of(cursor: Cursor) -> Name:
    """``name``, ``schema.name`` or ``database.schema.name``. Raises PgError 42601."""
    return _of(_parts(cursor))


def column_of(cursor: Cursor) -> tuple[Name, str]:
    """The same with a column behind it. Raises PgError 42601."""
    *parts, column = _parts(cursor)
    if not parts:
        raise failure("42601", "column name must be qualified")
    return _of(parts), column


def _parts(cursor: Cursor) -> list[str]:
    parts = [cursor.name()]
    while cursor.take("."):
        parts.append(cursor.name())
    return parts


def _of(parts: list[str]) -> Name:
    if len(parts) > 3:
        raise failure("42601", f"improper qualified name (too many dotted names): {'.'.join(parts)}")
    return Name(parts[-1], parts[-2] if len(parts) > 1 else "", parts[0] if len(parts) == 3 else "")


def written_name(text: str) -> Name:
    """A name in a text, as ``set_table_property`` takes it. Raises PgError 42602."""
    found = pieces(text)
    if len(found) != 1:
        raise failure("42602", "invalid name syntax")
    cursor = Cursor(found[0])
    return cursor.end(name_of(cursor))
