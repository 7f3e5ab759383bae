"""A text of SQL as tokens, by PostgreSQL's rules: enough to find where statements end and to read the short ones.

Source: the PostgreSQL documentation, "Lexical Structure". What is no token - a quote that does not end - is one that
reaches to the end of the text: whoever reads the statement in full says what is wrong with it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Sort = Literal["word", "quoted", "text", "number", "parameter", "symbol"]
_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\r\n]*)
  | (?P<comment>/\*)
  | (?P<text>[eE]'(?:[^'\\]|''|\\.)*+(?:'|\Z) | (?:[bBxXnN]|[uU]&)?'(?:[^']|'')*+(?:'|\Z))
  | (?P<dollar>\$(?P<tag>(?:[A-Za-z_\x80-\U0010ffff][\w]*)?)\$)
  | (?P<parameter>\$\d+)
  | (?P<quoted>(?:[uU]&)?"(?:[^"]|"")*+(?:"|\Z))
  | (?P<word>[A-Za-z_\x80-\U0010ffff][\w$]*)
  | (?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
  | (?P<symbol>::|:=|[-+*/<>=~!@\#%^&|`?]|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT = re.compile(r"/\*|\*/")


@dataclass(frozen=True, slots=True)
class Token:
    """One token: what it is, how it is written, and where it begins."""

    sort: Sort
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)

    @property
    def word(self) -> str:
        """A word that is not quoted in small letters, a symbol as it is, and nothing of all else."""
        return self.text.lower() if self.sort == "word" else self.text if self.sort == "symbol" else ""


def tokens(text: str, start: int = 0) -> Iterator[Token]:
    """The tokens of a text, without what lies between them."""
    at = start
    while at < len(text):
        found = _TOKEN.match(text, at)
        assert found is not None, "the last alternative is any letter"
        sort = found.lastgroup
        if sort == "space":
            at = found.end()
        elif sort == "comment":
            at = _after_comment(text, found.end())
        elif found["dollar"] is not None:
            end = text.find(found["dollar"], found.end())
            end = len(text) if end < 0 else end + len(found["dollar"])
            yield Token("text", text[at:end], at)
            at = end
        else:
            yield Token(sort, found[0], at)  # ty: ignore[invalid-argument-type] - the groups are named so
            at = found.end()


def _after_comment(text: str, at: int) -> int:
    """Where a comment ends, and those inside it."""
    depth = 1
    for found in _COMMENT.finditer(text, at):
        depth += 1 if found[0] == "/*" else -1
        if not depth:
            return found.end()
    return len(text)


@dataclass(frozen=True, slots=True)
class Piece:
    """One statement of a text, without what surrounds it: its tokens, and where it begins in the whole."""

    text: str
    start: int
    tokens: tuple[Token, ...]


def pieces(text: str) -> list[Piece]:
    """The statements of a text. Those of nothing are left out, as PostgreSQL has it."""
    made: list[Piece] = []
    held: list[Token] = []
    for token in tokens(text):
        if token.text == ";" and token.sort == "symbol":
            _keep(made, held, text)
            held = []
        else:
            held.append(token)
    _keep(made, held, text)
    return made


def _keep(made: list[Piece], held: list[Token], text: str) -> None:
    if held:
        made.append(Piece(text[held[0].start : held[-1].end], held[0].start, tuple(held)))
