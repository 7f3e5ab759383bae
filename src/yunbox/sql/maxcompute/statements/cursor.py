"""A cursor over the tokens of one statement: the small parser that every statement module shares."""

import re

from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from yunbox.kernel.errors import InvalidArgument
from yunbox.schema.tables import TableName
from yunbox.schema.types import DataType
from yunbox.sql.maxcompute.absent import TYPES
from yunbox.sql.maxcompute.dialect import parse_query, tokenize
from yunbox.sql.maxcompute.errors import NOWHERE, At, ParseFailed, SemanticError, UnsupportedSql
from yunbox.sql.maxcompute.session import Session
from yunbox.wire.odps.types import parse_type

_NOT_OFFERED = re.compile(rf"\b({'|'.join(TYPES)})\b", re.IGNORECASE)
_OPEN, _CLOSE = (TokenType.L_PAREN,), (TokenType.R_PAREN,)


class Cursor:
    """Reads a statement from left to right; every failure names its place."""

    def __init__(self, text: str, session: Session) -> None:
        self.text = text
        self.session = session
        self.tokens = tokenize(text)
        self.at = 0

    @property
    def done(self) -> bool:
        """Whether everything has been read."""
        return self.at >= len(self.tokens)

    @property
    def token(self) -> Token | None:
        """The next token."""
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def where(self) -> At:
        """Where the next token starts."""
        token = self.token or (self.tokens[-1] if self.tokens else None)
        if token is None:
            return NOWHERE
        return At(token.line, max(token.col - (token.end - token.start), 1))

    def peek(self, *words: str, ahead: int = 0) -> bool:
        """Whether the next tokens are these words."""
        for i, word in enumerate(words):
            index = self.at + ahead + i
            if index >= len(self.tokens) or self.word(index) != word:
                return False
        return True

    def word(self, index: int) -> str:
        """A token in upper case, "" past the end; a quoted one never equals a keyword."""
        if index >= len(self.tokens):
            return ""
        token = self.tokens[index]
        if token.token_type in (TokenType.STRING, TokenType.IDENTIFIER):
            return f"'{token.text}"
        return token.text.upper()

    def take(self, *words: str) -> bool:
        """Read these words if they are next. A word may be several, as in "IF NOT EXISTS"."""
        flat = [part for word in words for part in word.split()]
        index = self.at
        while flat:
            if index >= len(self.tokens):
                return False
            parts = self.word(index).split() if not self.word(index).startswith("'") else [""]
            if parts != flat[: len(parts)]:
                return False
            flat = flat[len(parts) :]
            index += 1
        self.at = index
        return True

    def expect(self, *words: str) -> None:
        """Read these words or fail."""
        if not self.take(*words):
            raise self.failure(f"{' '.join(words)!r} expected")

    def failure(self, reason: str) -> ParseFailed:
        """The error at the next token."""
        token = self.token
        near = f"invalid token {token.text!r}" if token is not None else "unexpected end of statement"
        return ParseFailed(f"{near}: {reason}", self.where())

    def end(self) -> None:
        """Fail unless everything has been read."""
        if not self.done:
            raise self.failure("end of statement expected")

    def name(self) -> str:
        """A name in lower case, quoted or not."""
        token = self.token
        if token is None or token.token_type in (TokenType.STRING, TokenType.NUMBER, TokenType.L_PAREN):
            raise self.failure("a name expected")
        if token.token_type != TokenType.IDENTIFIER and not _is_word(token.text):
            raise self.failure("a name expected")
        self.at += 1
        return token.text.lower()

    def parts(self) -> tuple[str, ...]:
        """A dotted name."""
        found = [self.name()]
        while self.take("."):
            found.append(self.name())
        if len(found) > 3:
            raise self.failure("a name of at most three parts expected")
        return tuple(found)

    def table_name(self) -> TableName:
        """The full name of a table."""
        return self.session.table_name(self.parts())

    def string(self) -> str:
        """A string literal."""
        token = self.token
        if token is None or token.token_type != TokenType.STRING:
            raise self.failure("a string expected")
        self.at += 1
        return token.text

    def number(self) -> int:
        """A whole number."""
        token = self.token
        if token is None or not token.text.isdigit():
            raise self.failure("a number expected")
        self.at += 1
        return int(token.text)

    def constant(self) -> str:
        """A literal as text: string, number with sign, or a bare word."""
        sign = "-" if self.take("-") else ""
        token = self.token
        if token is None or token.text in ("(", ")", ","):
            raise self.failure("a constant expected")
        self.at += 1
        return sign + token.text

    def type(self) -> DataType:
        """A data type, up to the end of its angle brackets or parentheses."""
        where, start = self.where(), self.at
        self.at += 1
        depth = 0
        while not self.done:
            text = self.tokens[self.at].text
            opens, closes = text.count("<") + text.count("("), text.count(">") + text.count(")")
            if depth == 0 and not opens:
                break
            depth += opens - closes
            self.at += 1
            if depth <= 0:
                break
        if start >= len(self.tokens):
            raise self.failure("a data type expected")
        text = self.text[self.tokens[start].start : self.tokens[self.at - 1].end + 1]
        if _NOT_OFFERED.search(text):
            raise UnsupportedSql(f"the data type {text.upper()}", where)
        try:
            of = parse_type(text)
        except InvalidArgument as error:
            raise ParseFailed(error.message, where) from None
        self.session.check_type(of, where)
        return of

    def partition(self) -> tuple[tuple[str, str | None], ...]:
        """``(a='x', b)``: pairs of column and value, None where the value is dynamic."""
        self.expect("(")
        found: list[tuple[str, str | None]] = []
        while True:
            where, column = self.where(), self.name()
            if column in dict(found):
                raise SemanticError(f"partition column {column} is given more than once", where)
            if self.word(self.at + 1) == "NULL":
                raise SemanticError(f"the value of partition column {column} is NULL", where)
            found.append((column, self.constant() if self.take("=") or self.take("==") else None))
            if not self.take(","):
                break
        self.expect(")")
        return tuple(found)

    def names(self) -> list[str]:
        """``(a, b)``."""
        self.expect("(")
        found = [self.name()]
        while self.take(","):
            found.append(self.name())
        self.expect(")")
        return found

    def properties(self) -> dict[str, str]:
        """``('a'='b', ...)``."""
        self.expect("(")
        found: dict[str, str] = {}
        while True:
            where, key = self.where(), self.string()
            if key in found:
                raise SemanticError(f"property {key} is given more than once", where)
            self.expect("=")
            found[key] = self.string()
            if not self.take(","):
                break
        self.expect(")")
        return found

    def until(self, *words: str) -> int:
        """The index of the next of these words outside parentheses, or the end."""
        depth = 0
        for index in range(self.at, len(self.tokens)):
            kind = self.tokens[index].token_type
            depth += (kind in _OPEN) - (kind in _CLOSE)
            if depth < 0 or (depth == 0 and self.word(index) in words):
                return index
        return len(self.tokens)

    def until_close(self) -> int:
        """The index of the parenthesis that closes the one here."""
        depth = 0
        for index in range(self.at, len(self.tokens)):
            kind = self.tokens[index].token_type
            depth += (kind in _OPEN) - (kind in _CLOSE)
            if depth == 0:
                return index
        raise self.failure("')' expected")

    def query(self, end: int | None = None) -> exp.Expr:
        """The query from here to a token index."""
        stop = len(self.tokens) if end is None else end
        if self.at >= stop:
            raise self.failure("a query expected")
        made = parse_query(self.text, self.tokens[self.at : stop])
        self.at = stop
        return made

    def rest(self) -> str:
        """The text from here on."""
        token = self.token
        self.at = len(self.tokens)
        return self.text[token.start :].strip() if token is not None else ""


def _is_word(text: str) -> bool:
    return bool(text) and all(char.isalnum() or char == "_" for char in text)
