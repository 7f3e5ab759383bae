"""A statement's words, as Flink's parser has them: names in backticks, strings with doubled quotes, hints as marks.

Source: the pages "SQL" and "Hints" of Flink 2.x, and what its parser says to texts that are none.
"""

import re
from dataclasses import dataclass
from typing import Literal, NoReturn

from yunbox.sql.flink.errors import EndOfText, ParseFailed, line_and_column

Kind = Literal["word", "name", "string", "bytes", "integer", "decimal", "double", "mark", "hint", "end"]
NAME_LENGTH_MAX = 128

_SKIPPED = re.compile(r"(?:\s+|--[^\n\r]*|//[^\n\r]*|/\*(?!\+).*?\*/)+", re.DOTALL)
_TOKEN = re.compile(
    r"""(?P<word>[^\W\d][\w$]*)
      | (?P<double>(?:\d+(?:\.\d*)?|\.\d+)[eE][+-]?\d+)
      | (?P<decimal>\d+\.\d*|\.\d+)
      | (?P<integer>\d+)
      | (?P<string>'(?:[^']|'')*')
      | (?P<name>`(?:[^`]|``)+`)
      | (?P<hint>/\*\+)
      | (?P<mark><>|<=|>=|!=|\|\||=>|->|\*/|[-+*/%=<>(),.;\[\]{}?:|$^])
    """,
    re.VERBOSE,
)
_UNICODE = re.compile(r"\\(?:(\\)|([0-9A-Fa-f]{4}))")


@dataclass(frozen=True, slots=True)
class Token:
    """One word. ``text`` is what it means: a name or a string without its quotes; ``upper`` is a keyword's spelling."""

    kind: Kind
    text: str
    start: int
    end: int
    upper: str = ""


def tokens(text: str) -> list[Token]:
    """All words of a text, the last of which is its end."""
    found: list[Token] = []
    at = 0
    while True:
        if (skipped := _SKIPPED.match(text, at)) is not None:
            at = skipped.end()
        if at >= len(text):
            found.append(Token("end", "", len(text), len(text)))
            return found
        made = _token(text, at)
        found.append(made)
        at = made.end


def _token(text: str, at: int) -> Token:
    match = _TOKEN.match(text, at)
    if match is None:
        _fail(text, at)
    kind, raw = match.lastgroup, match.group()
    if kind == "word":
        return _word(text, raw, at)
    if kind == "string":
        return Token("string", raw[1:-1].replace("''", "'"), at, match.end())
    if kind == "name":
        name = raw[1:-1].replace("``", "`")
        if len(name) > NAME_LENGTH_MAX:
            raise ParseFailed(f"Length of identifier '{name}' must be less than or equal to {NAME_LENGTH_MAX}")
        return Token("name", name, at, match.end())
    if raw == "!=":
        raise ParseFailed("Bang equal '!=' is not allowed under the current SQL conformance level")
    return Token(kind, raw, at, match.end())  # ty: ignore[invalid-argument-type]


def _word(text: str, word: str, at: int) -> Token:
    """A word, or what it is a prefix of: ``X'41'``, ``U&'\\0041'``, ``N'a'``."""
    end, upper = at + len(word), word.upper()
    quote = end + 1 if upper == "U" and text[end : end + 1] == "&" else end
    if upper in ("X", "U", "N", "_UTF8", "_UTF16") and text[quote : quote + 1] == "'":
        match = _TOKEN.match(text, quote)
        if match is None:
            _fail(text, quote)
        value = match.group()[1:-1].replace("''", "'")
        if upper == "X":
            return Token("bytes", value, at, match.end())
        return Token("string", _UNICODE.sub(_letter, value) if upper == "U" else value, at, match.end())
    return Token("word", word, at, end, upper)


def _letter(found: re.Match[str]) -> str:
    return found[1] or chr(int(found[2], 16))


def _fail(text: str, at: int) -> NoReturn:
    line, column = line_and_column(text, at)
    if text[at] in "'`" or text.startswith("/*", at):
        raise EndOfText(f'Encountered "{text[at]}" at line {line}, column {column}.')
    raise ParseFailed(f'Lexical error at line {line}, column {column}. Encountered: "{text[at]}"')
