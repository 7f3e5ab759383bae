"""The words of a path."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from yunbox.wire.pgwire.report import PgError, failure

_SPECIAL = r"?%$.\[\]{}()|&!=<>@#,*:\-+/"
_OTHER = rf'[^{_SPECIAL}\\" \t\n\r\f]'
_DIGITS = r"(?:0|[1-9][0-9]*)"
_DECIMAL = rf"(?:{_DIGITS}\.[0-9]*|\.[0-9]+)"
_NUMBER = re.compile(rf"(?:{_DECIMAL}|{_DIGITS})(?:[Ee][-+]?[0-9]+)?")
_WORD = re.compile(rf"(?:{_OTHER}|\\(?s:.)|\\\Z)+")
_VARIABLE = re.compile(rf"\$({_OTHER}+)")
_QUOTED = re.compile(r'"((?:[^"\\]|\\(?s:.))*)"')
_SPACE = re.compile(r"(?:[ \t\n\r\f]|/\*(?s:.)*?\*/)+")
_SYMBOL = re.compile(r"&&|\|\||\*\*|<=|>=|<>|!=|==|[?%$.\[\]{}()|&!=<>@#,*:\-+/]")
_UNICODE = re.compile(r"\\u(?:([0-9A-Fa-f]{4})|\{([0-9A-Fa-f]{1,6})\})")
_HEX = re.compile(r"\\x([0-9A-Fa-f]{2})")
_PLAIN = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
KEYWORDS = frozenset(
    [
        "is",
        "to",
        "abs",
        "lax",
        "flag",
        "last",
        "null",
        "size",
        "true",
        "type",
        "with",
        "false",
        "floor",
        "double",
        "exists",
        "starts",
        "strict",
        "ceiling",
        "unknown",
        "datetime",
        "keyvalue",
        "like_regex",
    ]
)
_LOWER_ONLY = ("null", "true", "false")


class Token(NamedTuple):
    """A word: its kind - a symbol or keyword itself, or ``word``, ``string``, ``variable``, ``int``, ``number``."""

    kind: str
    text: str
    at: int


def syntax_error(text: str, at: int, what: str = "syntax error") -> PgError:
    """A path that is none."""
    near = text[at:].split(None, 1)
    where = f'at or near "{near[0]}" of jsonpath input' if near else "at end of jsonpath input"
    return failure("42601", f"{what} {where}")


def tokens(text: str) -> Iterator[Token]:
    """The words of a text, and an empty one behind them."""
    at = 0
    while at < len(text):
        if space := _SPACE.match(text, at):
            at = space.end()
            continue
        if text.startswith("/*", at):
            raise syntax_error(text, len(text), "unexpected end of comment")
        token, at = _token(text, at)
        yield token
    yield Token("", "", len(text))


def _token(text: str, at: int) -> tuple[Token, int]:
    if found := _NUMBER.match(text, at):
        return _number(text, found)
    if text[at] == '"':
        return _string(text, at, at, "string")
    if text.startswith('$"', at):
        return _string(text, at, at + 1, "variable")
    if found := _VARIABLE.match(text, at):
        return Token("variable", found[1], at), found.end()
    if found := _SYMBOL.match(text, at):
        kind = "!=" if found[0] == "<>" else found[0]
        return Token(kind, found[0], at), found.end()
    found = _WORD.match(text, at)
    if found is None:
        raise syntax_error(text, at)
    word = _unescaped(found[0], text)
    return Token(_keyword(word), word, at), found.end()


def _number(text: str, found: re.Match[str]) -> tuple[Token, int]:
    end = found.end()
    rest = text[end : end + 1]
    if rest and (re.match(_OTHER, rest) or rest == "\\"):
        raise syntax_error(text, found.start(), "trailing junk after numeric literal")
    kind = "int" if found[0].isdigit() else "number"
    return Token(kind, found[0], found.start()), end


def _string(text: str, begin: int, at: int, kind: str) -> tuple[Token, int]:
    found = _QUOTED.match(text, at)
    if found is None:
        raise syntax_error(text, len(text), "unterminated quoted string")
    return Token(kind, _unescaped(found[1], text), begin), found.end()


def _keyword(word: str) -> str:
    lower = word.lower() if word.isascii() else word
    return lower if lower in KEYWORDS and (lower == word or lower not in _LOWER_ONLY) else "word"


def _unescaped(raw: str, text: str) -> str:
    """What a quoted text means. Raises PgError 42601, 22P02 and 22P05."""
    if "\\" not in raw:
        return raw
    parts: list[str] = []
    at, high = 0, 0
    while at < len(raw):
        code = None
        if found := _UNICODE.match(raw, at):
            code = int(found[1] or found[2], 16)
        elif high:
            raise _surrogate("Unicode low surrogate must follow a high surrogate.")
        if found is None and (found := _HEX.match(raw, at)):
            code = int(found[1], 16)
        if found is not None and code is not None:
            high = _coded(code, high, parts)
            at = found.end()
            continue
        end = raw.find("\\", at)
        if end > at or end < 0:
            parts.append(raw[at : end if end > 0 else len(raw)])
            at = end if end > 0 else len(raw)
            continue
        letter = raw[at + 1 : at + 2]
        if letter in ("u", "x", ""):
            what = {"u": "invalid Unicode escape sequence", "x": "invalid hexadecimal character sequence"}
            raise syntax_error(text, 0, what.get(letter, "unexpected end after backslash"))
        parts.append(_PLAIN.get(letter, letter))
        at += 2
    if high:
        raise _surrogate("Unicode low surrogate must follow a high surrogate.")
    return "".join(parts)


def _coded(code: int, high: int, parts: list[str]) -> int:
    """Put a character; a high surrogate is told back, as it waits for the other half."""
    if 0xD800 <= code <= 0xDBFF:
        if high:
            raise _surrogate("Unicode high surrogate must not follow a high surrogate.")
        return code
    if (0xDC00 <= code <= 0xDFFF) != bool(high):
        raise _surrogate("Unicode low surrogate must follow a high surrogate.")
    if high:
        code = 0x10000 + ((high & 0x3FF) << 10) + (code & 0x3FF)
    if code == 0:
        raise failure("22P05", "unsupported Unicode escape sequence", "\\u0000 cannot be converted to text.")
    if code > 0x10FFFF:
        raise failure("42601", "invalid Unicode code point")
    parts.append(chr(code))
    return 0


def _surrogate(detail: str) -> PgError:
    return failure("22P02", "invalid input syntax for type jsonpath", detail)
