"""Where a parser stands in a statement's words, and the names that it reads there."""

from typing import NoReturn

from yunbox.sql.flink.errors import EndOfText, ParseFailed, Span, line_and_column
from yunbox.sql.flink.parser.keywords import RESERVED
from yunbox.sql.flink.parser.tokens import Token, tokens

DEPTH_MAX = 150
LOOSE = ("TIMESTAMP", "DATE", "TIME")
"""Reserved words that are taken for names of columns where they can be nothing else; Flink wants backticks."""


class Cursor:
    """A statement's words, one after the other."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = tokens(text)
        self.place = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        """The next word."""
        return self.words[self.place]

    @property
    def at(self) -> int:
        """Where the next word stands."""
        return self.words[self.place].start

    def since(self, start: int) -> Span:
        """From a place to the end of the last word taken."""
        return Span(start, self.words[self.place - 1].end if self.place else start)

    def ahead(self, count: int = 1) -> Token:
        """A word behind the next one."""
        return self.words[min(self.place + count, len(self.words) - 1)]

    def take(self) -> Token:
        """The next word, which is then behind."""
        found = self.words[self.place]
        if found.kind != "end":
            self.place += 1
        return found

    def fail(self, token: Token | None = None) -> NoReturn:
        """The next word does not belong there."""
        token = token or self.token
        line, column = line_and_column(self.text, token.start)
        where = f"at line {line}, column {column}."
        if token.kind == "end":
            column = max(column - 1, 1)
            raise EndOfText(f'Encountered "<EOF>" at line {line}, column {column}.')
        if token.kind == "word" and token.upper in RESERVED:
            raise ParseFailed(f"Incorrect syntax near the keyword '{token.text}' {where}")
        raise ParseFailed(f'Encountered "{self.text[token.start : token.end]}" {where}')

    def deeper(self) -> None:
        """Enter a level of nesting."""
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise ParseFailed("The statement is nested too deeply.")

    # -- words and marks

    def is_word(self, *words: str) -> bool:
        """Whether the next word is one of these keywords."""
        token = self.words[self.place]
        return token.kind == "word" and token.upper in words

    def are_words(self, *words: str) -> bool:
        """Whether the next words are these."""
        found = [self.ahead(at) for at in range(len(words))]
        return all(token.kind == "word" and token.upper == word for token, word in zip(found, words, strict=True))

    def is_mark(self, *marks: str) -> bool:
        """Whether the next is one of these marks."""
        token = self.words[self.place]
        return token.kind == "mark" and token.text in marks

    def word(self, *words: str) -> bool:
        """Take these keywords if they are next."""
        if not self.are_words(*words):
            return False
        self.place += len(words)
        return True

    def one_of(self, *words: str) -> str:
        """Take one of these keywords if it is next, or else "" is."""
        return self.take().upper if self.is_word(*words) else ""

    def mark(self, mark: str) -> bool:
        """Take this mark if it is next."""
        if not self.is_mark(mark):
            return False
        self.place += 1
        return True

    def expect_word(self, *words: str) -> None:
        """Take these keywords."""
        for word in words:
            if not self.word(word):
                self.fail()

    def expect(self, mark: str) -> None:
        """Take this mark."""
        if not self.mark(mark):
            self.fail()

    def expect_end(self) -> None:
        """Nothing may follow."""
        if self.token.kind != "end":
            self.fail()

    # -- names and literals

    def is_name(self) -> bool:
        """Whether the next word may name something."""
        token = self.token
        return token.kind == "name" or (token.kind == "word" and token.upper not in RESERVED)

    def column_name(self) -> str:
        """The name of a column where nothing else may stand: words for times need no backticks there."""
        return self.take().text if self.is_word(*LOOSE) else self.name()

    def name(self) -> str:
        """A name."""
        if not self.is_name():
            self.fail()
        return self.take().text

    def path(self) -> tuple[str, ...]:
        """A name with its catalog and database."""
        names = [self.name()]
        while self.is_mark(".") and self.ahead().kind in ("name", "word"):
            self.take()
            names.append(self.take().text)
        return tuple(names)

    def names(self) -> tuple[str, ...]:
        """Names in parentheses."""
        self.expect("(")
        found = [self.column_name()]
        while self.mark(","):
            found.append(self.column_name())
        self.expect(")")
        return tuple(found)

    def string(self) -> str:
        """A string."""
        if self.token.kind != "string":
            self.fail()
        return self.take().text

    def whole(self) -> int:
        """A whole number."""
        if self.token.kind != "integer":
            self.fail()
        return int(self.take().text)
