"""COPY: which way, of what, and how rows are written. Source: the PostgreSQL documentation, "COPY", old syntax too."""

from dataclasses import replace
from typing import Any

from yunbox.services.hologres.statements.commands import Command, Copy, Given, NotOffered
from yunbox.services.hologres.statements.cursor import Cursor, at, string_of
from yunbox.wire.pgwire.copy.options import Options
from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.numbers import BOOL

_OWN = ("stream_mode", "on_conflict")
_ONCE = "conflicting or redundant options"
_ENCODINGS = ("utf8", "utf-8", "unicode")


def read_copy(cursor: Cursor) -> Command:
    """What a COPY does. Raises PgError 42601."""
    made = _what(cursor)
    way = cursor.one_of("to") if made.query else cursor.one_of("from", "to")
    if not way:
        raise cursor.wrong()
    target = cursor.advance()
    if target.word not in ("stdin", "stdout"):
        return NotOffered("COPY of a file or a program")
    cursor.take("with")
    given = _listed(cursor) if cursor.take("(") else _old(cursor)
    if cursor.peek("where"):
        return NotOffered("COPY FROM ... WHERE")
    return cursor.end(replace(made, reads=way == "from", options=given))


def _what(cursor: Cursor) -> Copy:
    if cursor.take("("):
        start = cursor.token.start
        text = cursor.until(")")
        cursor.need(")")
        return Copy(text, start, (), (), reads=False)
    start = cursor.token.start
    table = [cursor.name()]
    while cursor.take("."):
        table.append(cursor.name())
    columns: tuple[str, ...] = ()
    if cursor.take("("):
        columns = cursor.listed(cursor.name)
        cursor.need(")")
    return Copy("", start, tuple(table), columns, reads=False)


def _listed(cursor: Cursor) -> tuple[Given, ...]:
    """``(name value, ...)``."""
    made = cursor.listed(lambda: _option(cursor))
    cursor.need(")")
    return made


def _option(cursor: Cursor) -> Given:
    start = cursor.token.start
    return cursor.name(), _value(cursor), start


def _value(cursor: Cursor) -> str | tuple[str, ...] | None:
    if cursor.peek(",") or cursor.peek(")"):
        return None
    if cursor.take("("):
        names = cursor.listed(cursor.name)
        cursor.need(")")
        return names
    if cursor.take("*"):
        return "*"
    token = cursor.advance()
    if token.sort == "text":
        return string_of(token.text)
    return token.text.lower() if token.sort == "word" else token.text


def _old(cursor: Cursor) -> tuple[Given, ...]:
    """The words of before PostgreSQL 9."""
    made: list[Given] = []
    while not cursor.ended and not cursor.peek("where"):
        start, word = cursor.token.start, cursor.token.word
        if cursor.one_of("binary", "csv"):
            made.append(("format", word, start))
        elif cursor.one_of("delimiter", "null", "quote", "escape", "encoding"):
            cursor.take("as")
            made.append((word, cursor.string(), start))
        elif cursor.take("header"):
            made.append(("header", None, start))
        else:
            raise cursor.wrong()
    return tuple(made)


def options_of(copy: Copy) -> tuple[Options, dict[str, Any]]:
    """The format of a COPY, and the options beside it that are Hologres' own. Raises PgError."""
    made: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for name, value, start in copy.options:
        try:
            if name in made or name in own:
                raise failure("42601", _ONCE)
            (own if name in _OWN else made)[name] = _read(name, value)
        except PgError as error:
            raise at(error, start) from None
    made.pop("encoding", None)
    options = Options(**made)
    options.check(reading=copy.reads)
    return options, own


def _read(name: str, value: Any) -> Any:
    if name in _OWN:
        return value
    if name not in _READ:
        raise failure("42601" if name not in ("freeze", "oids") else "0A000", f'option "{name}" not recognized')
    return _READ[name](value)


def _format(value: Any) -> str:
    if value not in ("text", "csv", "binary", "arrow", "arrow_lz4"):
        raise failure("22023", f'COPY format "{value}" not recognized')
    return value


def _header(value: Any) -> bool | str:
    if value is None:
        return True
    return "match" if value == "match" else BOOL.read(str(value), Style())


def _columns(value: Any) -> frozenset[str] | None:
    return None if value == "*" else frozenset(value or ())


def _check_encoding(value: Any) -> None:
    if str(value).lower() not in _ENCODINGS:
        raise failure("0A000", f"COPY in the encoding {value} is not supported")


_READ: dict[str, Any] = {
    "format": _format, "delimiter": str, "null": str, "header": _header, "quote": str, "escape": str,
    "force_quote": _columns, "force_not_null": _columns, "force_null": _columns, "encoding": _check_encoding,
}  # fmt: skip
