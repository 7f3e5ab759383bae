"""A statement's words: PostgreSQL's lexical rules, which decide what its strings, numbers and operators are.

Source: the PostgreSQL documentation, "Lexical Structure". Strings conform to the standard
(``standard_conforming_strings = on``); a backslash means something in ``E'...'`` only.
"""

import re
from dataclasses import dataclass
from typing import Literal, NoReturn

from yunbox.wire.pgwire.report import PgError, Report

Kind = Literal["word", "name", "string", "bits", "hex", "integer", "number", "parameter", "operator", "mark", "end"]
NAME_BYTES_MAX = 63

_SPACE = re.compile(r"(?:[ \t\n\r\f]+|--[^\n\r]*)+")
_WORD = re.compile(r"[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_$\u0080-\U0010ffff]*")
_NUMBER = re.compile(r"(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_PARAMETER = re.compile(r"\$([0-9]+)")
_DOLLAR = re.compile(r"\$(?:[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff]*)?\$")
_OPERATOR = re.compile(r"[+\-*/<>=~!@#%^&|`?]+")
_CONTINUED = re.compile(r"[ \t\f]*(?:--[^\n\r]*)?[\n\r](?:[ \t\n\r\f]+|--[^\n\r]*)*'")
_MARKS = ("::", "..", ":=", *"(),;[].:")
_KEEPS_SIGN = re.compile(r"[~!@#%^&|`?]")
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_PLAIN_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ASCII_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


@dataclass(frozen=True, slots=True)
class Token:
    """One word. ``text`` is what it means: a name folded and cut, a string without its quotes; it stands from
    ``start`` to ``end``, counted from 0."""

    kind: Kind
    text: str
    start: int
    end: int


def syntax_error(message: str, at: int, hint: str = "") -> PgError:
    """A text is no SQL: 42601 with the place of the character ``at``, counted from 0."""
    return PgError(Report("ERROR", "42601", message, hint=hint, position=at + 1))


def tokens(text: str) -> list[Token]:
    """All of a text's words, the last of which is its end. Raises PgError 42601, 22025 or 42622."""
    return _Lexer(text).all()


def cut_name(name: str) -> str:
    """An identifier as it is kept: of 63 bytes at most, whole characters."""
    data = name.encode("utf-8", "surrogatepass")
    return name if len(data) <= NAME_BYTES_MAX else data[:NAME_BYTES_MAX].decode("utf-8", "ignore")


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: list[Token] = []

    def all(self) -> list[Token]:
        text = self.text
        while True:
            self._skip()
            if self.at >= len(text):
                self.found.append(Token("end", "", len(text), len(text)))
                return self.found
            self._next(text[self.at])

    def _skip(self) -> None:
        while True:
            if (space := _SPACE.match(self.text, self.at)) is not None:
                self.at = space.end()
            elif self.text.startswith("/*", self.at):
                self._comment()
            else:
                return

    def _comment(self) -> None:
        start, depth, at = self.at, 0, self.at
        while True:
            if self.text.startswith("/*", at):
                depth, at = depth + 1, at + 2
            elif self.text.startswith("*/", at):
                depth, at = depth - 1, at + 2
                if not depth:
                    self.at = at
                    return
            elif at >= len(self.text):
                self._fail("unterminated /* comment", start)
            else:
                at += 1

    def _fail(self, what: str, start: int) -> NoReturn:
        raise syntax_error(f'{what} at or near "{self.text[start:]}"', start)

    def _add(self, kind: Kind, text: str, start: int, end: int) -> None:
        self.found.append(Token(kind, text, start, end))
        self.at = end

    def _next(self, letter: str) -> None:
        at, text = self.at, self.text
        if letter == "'":
            self._string("string", at)
        elif letter == '"':
            self._quoted_name(at)
        elif (word := _WORD.match(text, at)) is not None:
            self._word(word[0], at)
        elif letter == "$":
            self._dollar(at)
        elif (number := _NUMBER.match(text, at)) is not None:
            whole = number[0].isdigit()
            self._add("integer" if whole else "number", number[0], at, number.end())
        elif mark := next((one for one in _MARKS if text.startswith(one, at)), ""):
            self._add("mark", mark, at, at + len(mark))
        elif (operator := _OPERATOR.match(text, at)) is not None:
            self._operator(operator[0], at)
        else:
            raise syntax_error(f'syntax error at or near "{letter}"', at)

    def _operator(self, run: str, at: int) -> None:
        """The longest operator: a comment ends it, and a sign at its end is its own only beside certain letters."""
        for comment in ("--", "/*"):
            if (found := run.find(comment)) >= 0 and found:
                run = run[:found]
        while len(run) > 1 and run[-1] in "+-" and not _KEEPS_SIGN.search(run):
            run = run[:-1]
        self._add("operator", "<>" if run == "!=" else run, at, at + len(run))

    def _word(self, word: str, at: int) -> None:
        after = self.text[at + len(word) : at + len(word) + 2]
        prefix = word.lower()
        if after[:1] == "'" and prefix in ("e", "b", "x", "n"):
            kind: Kind = {"b": "bits", "x": "hex"}.get(prefix, "string")  # ty: ignore[invalid-assignment]
            self._string(kind, at + 1, escapes=prefix == "e", start=at)
        elif prefix == "u" and after[:1] == "&" and after[1:2] in ("'", '"'):
            self._unicode(at, after[1:2])
        else:
            self._add("word", cut_name(word.translate(_ASCII_LOWER)), at, at + len(word))

    def _quoted(self, at: int, quote: str, what: str, start: int) -> tuple[str, int]:
        """What stands between quotes, of which two are one."""
        parts = []
        while True:
            end = self.text.find(quote, at + 1)
            if end < 0:
                self._fail(f"unterminated {what}", start)
            parts.append(self.text[at + 1 : end])
            if self.text[end + 1 : end + 2] != quote:
                return quote.join(parts), end + 1
            at = end + 1

    def _quoted_name(self, at: int) -> None:
        name, end = self._quoted(at, '"', "quoted identifier", at)
        if not name:
            raise syntax_error('zero-length delimited identifier at or near """"', at)
        self._add("name", cut_name(name), at, end)

    def _string(self, kind: Kind, at: int, *, escapes: bool = False, start: int | None = None) -> None:
        start = at if start is None else start
        parts = []
        while True:
            value, end = self._escaped(at, start) if escapes else self._quoted(at, "'", "quoted string", start)
            parts.append(value)
            following = _CONTINUED.match(self.text, end)
            if following is None:
                break
            at = following.end() - 1
        self._add(kind, "".join(parts), start, end)

    def _escaped(self, at: int, start: int) -> tuple[str, int]:
        found = re.compile(r"'((?:[^'\\]|\\.|'')*)'", re.DOTALL).match(self.text, at)
        if found is None:
            self._fail("unterminated quoted string", start)
        parts, last, raw = bytearray(), 0, found[1]
        for one in _ESCAPE.finditer(raw):
            parts += raw[last : one.start()].replace("''", "'").encode()
            parts += self._unescaped(one, found.start() + 1 + one.start())
            last = one.end()
        parts += raw[last:].replace("''", "'").encode()
        try:
            value = parts.decode()
        except UnicodeDecodeError:
            raise PgError(Report("ERROR", "22021", 'invalid byte sequence for encoding "UTF8"')) from None
        return value, found.end()

    @staticmethod
    def _unescaped(one: re.Match[str], at: int) -> bytes:
        if one[1] or one[2]:
            return bytes((int(one[1], 16) if one[1] else int(one[2], 8) & 0xFF,))
        if one[3] or one[4]:
            return _character(int(one[3] or one[4], 16), at).encode()
        return _PLAIN_ESCAPES.get(one[5], one[5]).encode()

    def _unicode(self, at: int, quote: str) -> None:
        value, end = self._quoted(at + 2, quote, "quoted string" if quote == "'" else "quoted identifier", at)
        escape = re.compile(r"\s+uescape\s*'(.)'", re.IGNORECASE).match(self.text, end)
        mark = escape[1] if escape else "\\"
        pattern = re.compile(rf"{re.escape(mark)}(?:([0-9A-Fa-f]{{4}})|\+([0-9A-Fa-f]{{6}})|({re.escape(mark)})|)")

        def read(one: re.Match[str]) -> str:
            if one[3]:
                return mark
            if not (one[1] or one[2]):
                raise syntax_error("invalid Unicode escape", at, "Unicode escapes must be \\XXXX or \\+XXXXXX.")
            return _character(int(one[1] or one[2], 16), at)

        made = pattern.sub(read, value)
        kind: Kind = "string" if quote == "'" else "name"
        self._add(kind, made if quote == "'" else cut_name(made), at, escape.end() if escape else end)

    def _dollar(self, at: int) -> None:
        if (parameter := _PARAMETER.match(self.text, at)) is not None:
            self._add("parameter", parameter[1], at, parameter.end())
            return
        quote = _DOLLAR.match(self.text, at)
        if quote is None:
            raise syntax_error('syntax error at or near "$"', at)
        end = self.text.find(quote[0], quote.end())
        if end < 0:
            self._fail("unterminated dollar-quoted string", at)
        self._add("string", self.text[quote.end() : end], at, end + len(quote[0]))


def _character(code: int, at: int) -> str:
    if code == 0 or code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise syntax_error("invalid Unicode escape value", at)
    return chr(code)
