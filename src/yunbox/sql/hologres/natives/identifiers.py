"""``parse_ident``: a name in parts, as SQL reads it.

Source: the PostgreSQL documentation, "String Functions and Operators".
"""

import re

from yunbox.sql.hologres.natives.native import Native, native
from yunbox.wire.pgwire.report import PgError, failure

_SPACE = " \t\n\r\f\v"
_PLAIN = re.compile(r"[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_$\u0080-\U0010ffff]*")
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def _spaces(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _parsed(text: str, strict: bool) -> list[str]:
    parts: list[str] = []
    at = _spaces(text, 0)
    while True:
        part, at = _part(text, at, behind=bool(parts))
        parts.append(part)
        at = _spaces(text, at)
        if text[at : at + 1] != ".":
            break
        at = _spaces(text, at + 1)
    if strict and at < len(text):
        raise _wrong(text)
    return parts


def _part(text: str, at: int, *, behind: bool) -> tuple[str, int]:
    """A part, and where it ends. Raises PgError 22023."""
    if text[at : at + 1] == '"':
        quoted = _QUOTED.match(text, at)
        if quoted is None:
            raise _wrong(text, "String has unclosed double quotes.")
        if not quoted[1]:
            raise _wrong(text, "Quoted identifier must not be empty.")
        return quoted[1].replace('""', '"'), quoted.end()
    plain = _PLAIN.match(text, at)
    if plain is None:
        before = text[at : at + 1] == "."
        detail = 'No valid identifier before ".".' if before else 'No valid identifier after ".".' if behind else ""
        raise _wrong(text, detail)
    return plain[0].translate(_LOWER), plain.end()


def _wrong(text: str, detail: str = "") -> PgError:
    return failure("22023", f'string is not a valid identifier: "{text}"', detail)


NATIVES: tuple[Native, ...] = (native("hg_parse_ident", _parsed, "VARCHAR; BOOLEAN", "VARCHAR[]"),)
