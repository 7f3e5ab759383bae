"""Walks through the tokens of one statement, and says what is wrong as PostgreSQL does."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from yunbox.services.hologres.statements.lexer import Piece, Token
from yunbox.wire.pgwire.report import PgError, Report, failure

NAME_BYTES_MAX = 63
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_END = Token("symbol", "", -1)
T = TypeVar("T")


class Cursor:
    """Where one is in a statement."""

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self._tokens = piece.tokens
        self._at = 0

    @property
    def token(self) -> Token:
        """The token that comes next; at the end one of nothing."""
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    @property
    def second(self) -> Token:
        """The token behind the next one."""
        return self._tokens[self._at + 1] if self._at + 1 < len(self._tokens) else _END

    @property
    def ended(self) -> bool:
        """Whether there is no more."""
        return self._at >= len(self._tokens)

    def advance(self) -> Token:
        """Take a token."""
        token = self.token
        self._at += 1
        return token

    def peek(self, *words: str) -> bool:
        """Whether these words come next."""
        coming = self._tokens[self._at : self._at + len(words)]
        return len(coming) == len(words) and all(token.word == word for token, word in zip(coming, words, strict=True))

    def take(self, *words: str) -> bool:
        """Take these words, if they come next."""
        if not self.peek(*words):
            return False
        self._at += len(words)
        return True

    def one_of(self, *words: str) -> str:
        """Take one of some words, if one comes next; else nothing is the answer."""
        return self.advance().word if self.token.word in words and not self.ended else ""

    def need(self, *words: str) -> None:
        """Take these words. Raises PgError 42601."""
        for word in words:
            if not self.take(word):
                raise self.wrong()

    def end(self, made: T) -> T:
        """What was read, if there is nothing after it. Raises PgError 42601."""
        if not self.ended:
            raise self.wrong()
        return made

    def name(self) -> str:
        """An identifier: small letters where it is not quoted, and no longer than PostgreSQL keeps it."""
        token = self.token
        if token.sort == "word":
            return cut(self.advance().text.lower())
        if token.sort == "quoted" and token.text[0] == '"' and len(token.text) > 2:
            return cut(self.advance().text[1:-1].replace('""', '"'))
        raise self.wrong()

    def string(self) -> str:
        """A text in quotes."""
        if self.token.sort != "text":
            raise self.wrong()
        return string_of(self.advance().text)

    def whole(self) -> int:
        """A whole number, with a sign or without."""
        sign = -1 if self.token.text == "-" else 1
        if self.token.text in ("-", "+"):
            self.advance()
        if self.token.sort != "number" or not self.token.text.isdecimal():
            raise self.wrong()
        return sign * int(self.advance().text)

    def listed(self, read: Callable[[], T]) -> tuple[T, ...]:
        """One or more things with commas between them."""
        made = [read()]
        while self.take(","):
            made.append(read())
        return tuple(made)

    def rest(self) -> tuple[str, int]:
        """The text from here to the end, and where it begins in the whole. Raises PgError 42601 for nothing."""
        if self.ended:
            raise self.wrong()
        start = self.token.start
        self._at = len(self._tokens)
        return self.piece.text[start - self.piece.start :], start

    def until(self, *stops: str) -> str:
        """The text up to one of some symbols that stands in no parentheses, which is left."""
        start, end, depth = self.token.start, self.token.start, 0
        while not self.ended and (depth or self.token.text not in stops or self.token.sort != "symbol"):
            depth += (self.token.text in ("(", "[")) - (self.token.text in (")", "]"))
            end = self.advance().end
        if end == start:
            raise self.wrong()
        return self.piece.text[start - self.piece.start : end - self.piece.start]

    def until_end(self, words: int = 0) -> str:
        """The text up to the end, without so many words of it, which are taken too. Raises PgError 42601."""
        first, last = self._at, len(self._tokens) - words - 1
        if last < first:
            raise self.wrong()
        self._at = len(self._tokens)
        return self.piece.text[self._tokens[first].start - self.piece.start : self._tokens[last].end - self.piece.start]

    def has(self, word: str) -> bool:
        """Whether a word comes that stands in no parentheses."""
        depth = 0
        for token in self._tokens[self._at :]:
            depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
            if not depth and token.word == word:
                return True
        return False

    def placed(self) -> tuple[str, int]:
        """An expression, up to a comma or the end of the parentheses, and where it begins in the whole."""
        start = self.token.start
        return self.until(",", ")"), start

    def wrong(self) -> PgError:
        """What comes next does not belong there."""
        if self.ended:
            end = self.piece.start + len(self.piece.text)
            return at(failure("42601", "syntax error at end of input"), end)
        return at(failure("42601", f'syntax error at or near "{self.token.text}"'), self.token.start)


def at(error: PgError, offset: int) -> PgError:
    """An error with its place: so many letters from the beginning of the whole text."""
    return PgError(replace(error.report, position=offset + 1))


def moved(report: Report, by: int) -> Report:
    """A report on a part of a text, for the whole: the part begins after so many letters."""
    return replace(report, position=report.position + by) if report.position else report


def cut(name: str) -> str:
    """A name as PostgreSQL keeps it: its first 63 bytes, without half a letter."""
    data = name.encode()
    return name if len(data) <= NAME_BYTES_MAX else data[:NAME_BYTES_MAX].decode(errors="ignore")


def string_of(written: str) -> str:
    """What a text in quotes means. Raises PgError 0A000 for bits and for escapes by U&."""
    if written[0] == "$":
        mark = written[: written.index("$", 1) + 1]
        return written.removeprefix(mark).removesuffix(mark)
    if written[0] in "eE":
        return _ESCAPE.sub(_meant, written[2:-1].replace("''", "'"))
    if written[0] in "nN'":
        return written[written.index("'") + 1 : -1].replace("''", "'")
    raise failure("0A000", f"a constant of the form {written[:2]} is not supported here")


def _meant(found: re.Match[str]) -> str:
    octal, digits, short, long, letter = found.groups()
    if letter is not None:
        return _LETTERS.get(letter, letter)
    return chr(int(octal, 8) if octal else int(digits or short or long, 16))
