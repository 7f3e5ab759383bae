"""EXPLAIN: what is asked of which statement. Source: the PostgreSQL documentation, "EXPLAIN"."""

from dataclasses import dataclass

from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.services.hologres.statements.lexer import Piece
from yunbox.wire.pgwire.report import failure

_EXPLAINED = frozenset(("select", "insert", "update", "delete", "values", "with", "table", "("))
_TRUE = frozenset(("", "true", "on", "1"))
_FALSE = frozenset(("false", "off", "0"))
_KNOWN = frozenset(("analyze", "verbose", "costs", "timing", "summary", "format", "buffers", "settings", "wal"))
_NOT_HERE = ("buffers", "settings", "wal")


@dataclass(frozen=True, slots=True)
class Explain:
    """A statement that is to be explained, and where it begins in the text; ``summary`` says its times."""

    text: str
    start: int
    analyze: bool = False
    verbose: bool = False
    costs: bool = True
    timing: bool = True
    summary: bool = False
    format: str = "text"


def read_explain(piece: Piece) -> Explain | None:
    """What an EXPLAIN asks; None for any other statement. Raises PgError 42601, 22023, 0A000."""
    cursor = Cursor(piece)
    if not cursor.take("explain"):
        return None
    given = _options(cursor)
    if not cursor.ended and cursor.token.text.lower() not in _EXPLAINED:
        raise failure("0A000", f"EXPLAIN {cursor.token.text.upper()} is not supported")
    text, start = cursor.rest()
    analyze = _truth(given, "analyze", default=False)
    if "timing" in given and not analyze:
        raise failure("22023", "EXPLAIN option TIMING requires ANALYZE")
    return Explain(
        text, start - piece.start, analyze, _truth(given, "verbose", default=False),
        _truth(given, "costs", default=True), _truth(given, "timing", default=True),
        _truth(given, "summary", default=analyze), _format(given.get("format", "text")),
    )  # fmt: skip


def _options(cursor: Cursor) -> dict[str, str]:
    given: dict[str, str] = {}
    if not _is_listed(cursor):
        for word in ("analyze", "verbose"):
            if cursor.take(word):
                given[word] = ""
        return given

    def one() -> None:
        name = cursor.name()
        if name not in _KNOWN:
            raise failure("42601", f'unrecognized EXPLAIN option "{name}"')
        value = ""
        if cursor.token.text not in (",", ")"):
            value = cursor.string() if cursor.token.sort == "text" else cursor.advance().text
        if name in _NOT_HERE and value.lower() not in _FALSE:
            raise failure("0A000", f"EXPLAIN ({name.upper()}) is not supported")
        given[name] = value.lower()

    cursor.need("(")
    cursor.listed(one)
    cursor.need(")")
    return given


def _is_listed(cursor: Cursor) -> bool:
    """Whether options stand in parentheses, and not the statement."""
    return cursor.peek("(") and cursor.second.text.lower() not in _EXPLAINED


def _truth(given: dict[str, str], name: str, *, default: bool) -> bool:
    value = given.get(name)
    if value is None:
        return default
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise failure("42601", f"{name} requires a Boolean value")


def _format(value: str) -> str:
    if value in ("text", "json"):
        return value
    if value in ("xml", "yaml"):
        raise failure("0A000", f"EXPLAIN (FORMAT {value.upper()}) is not supported")
    raise failure("22023", f'unrecognized value for EXPLAIN option "format": "{value}"')
