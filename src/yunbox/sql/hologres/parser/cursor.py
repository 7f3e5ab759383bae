"""Where a parser stands in a statement's words, and the names and types that it reads there."""

from typing import NoReturn

from yunbox.sql.hologres.errors import error
from yunbox.sql.hologres.parser import keywords
from yunbox.sql.hologres.parser.tokens import Token, syntax_error, tokens
from yunbox.sql.hologres.parser.tree import Constant, Node, TypeName

_DEPTH_MAX = 200
_SPELLED = {
    "int": "int4", "integer": "int4", "smallint": "int2", "bigint": "int8", "real": "float4", "boolean": "bool",
    "dec": "numeric", "decimal": "numeric",
}  # fmt: skip
_FIELDS = ("year", "month", "day", "hour", "minute", "second")
_FLOAT_BITS_MAX = 53
_FLOAT4_BITS_MAX = 24


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
        if token.kind == "end":
            raise syntax_error("syntax error at end of input", token.start)
        raise syntax_error(f'syntax error at or near "{self.text[token.start : token.end]}"', token.start)

    def is_word(self, *words: str) -> bool:
        """Whether the next word is one of these keywords."""
        token = self.words[self.place]
        return token.kind == "word" and token.text in words

    def is_mark(self, *marks: str) -> bool:
        """Whether the next is one of these marks."""
        token = self.words[self.place]
        return token.kind == "mark" and token.text in marks

    def is_operator(self, *symbols: str) -> bool:
        """Whether the next is one of these operators."""
        token = self.words[self.place]
        return token.kind == "operator" and token.text in symbols

    def are_words(self, *words: str) -> bool:
        """Whether the next words are these."""
        found = [self.ahead(at) for at in range(len(words))]
        return all(token.kind == "word" and token.text == word for token, word in zip(found, words, strict=True))

    def word(self, *words: str) -> bool:
        """Take these keywords if they are next."""
        if not self.are_words(*words):
            return False
        self.place += len(words)
        return True

    def one_of(self, *words: str) -> str:
        """Take one of these keywords if it is next, or else "" is."""
        return self.take().text if self.is_word(*words) else ""

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

    def deeper(self) -> None:
        """Enter a level of nesting; too many are 54001."""
        self.depth += 1
        if self.depth > _DEPTH_MAX:
            raise error("54001", "stack depth limit exceeded")

    # -- names

    def is_name(self) -> bool:
        """Whether the next word may name a column or a table."""
        token = self.token
        return token.kind == "name" or (token.kind == "word" and keywords.is_column_name(token.text))

    def name(self) -> str:
        """The name of a column or a table."""
        if not self.is_name():
            self.fail()
        return self.take().text

    def label(self) -> str:
        """Any word, as behind AS and behind a dot."""
        if self.token.kind not in ("name", "word"):
            self.fail()
        return self.take().text

    def dotted(self) -> tuple[str, ...]:
        """A name with its schema."""
        names = [self.name()]
        while self.mark("."):
            names.append(self.label())
        return tuple(names)

    def dotted_all(self) -> tuple[str, ...]:
        """A name with its schema, behind which nothing may stand."""
        found = self.dotted()
        if self.token.kind != "end":
            raise error("42602", "invalid name syntax")
        return found

    def names(self) -> tuple[str, ...]:
        """Names in parentheses."""
        self.expect("(")
        found = [self.name()]
        while self.mark(","):
            found.append(self.name())
        self.expect(")")
        return tuple(found)

    def whole(self) -> int:
        """An integer."""
        if self.token.kind != "integer":
            self.fail()
        return int(self.take().text)

    # -- types

    def type_name(self) -> TypeName:
        """A type, with its modifiers and brackets."""
        at = self.at
        set_of = self.word("setof")
        names, modifiers, fields = self._simple_type()
        dimensions = 0
        if self.word("array"):
            dimensions = 1
            if self.mark("["):
                self.whole()
                self.expect("]")
        while not dimensions or self.is_mark("["):
            if not self.mark("["):
                break
            if self.token.kind == "integer":
                self.take()
            self.expect("]")
            dimensions += 1
        return TypeName(names, modifiers, dimensions, fields, set_of, at=at)

    def _simple_type(self) -> tuple[tuple[str, ...], tuple[Node, ...], str]:
        token = self.token
        if token.kind == "word":
            special = self._special_type(token.text)
            if special is not None:
                return special
            if not keywords.is_function_name(token.text):
                self.fail()
        elif token.kind != "name":
            self.fail()
        self.take()
        names = [token.text]
        while self.mark("."):
            names.append(self.label())
        return tuple(names), self.modifiers(), ""

    def _special_type(self, word: str) -> tuple[tuple[str, ...], tuple[Node, ...], str] | None:
        """The types that the grammar itself knows."""
        if word in _SPELLED or word == "numeric":
            self.take()
            modifiers = self.modifiers() if word in ("numeric", "dec", "decimal") else ()
            return _system(_SPELLED.get(word, word)), modifiers, ""
        if word == "double":
            self.take()
            self.expect_word("precision")
            return _system("float8"), (), ""
        if word == "float":
            return _system(self._float()), (), ""
        if word in ("character", "char", "varchar", "nchar", "national", "bit"):
            return self._letters(word)
        if word in ("time", "timestamp"):
            return self._clock(word)
        if word == "interval":
            self.take()
            return self._interval()
        return None

    def _float(self) -> str:
        self.take()
        if not self.is_mark("("):
            return "float8"
        at = self.ahead().start
        self.expect("(")
        bits = self.whole()
        self.expect(")")
        if bits < 1:
            raise error("22023", "precision for type float must be at least 1 bit", at)
        if bits > _FLOAT_BITS_MAX:
            raise error("22023", "precision for type float must be less than 54 bits", at)
        return "float4" if bits <= _FLOAT4_BITS_MAX else "float8"

    def _letters(self, word: str) -> tuple[tuple[str, ...], tuple[Node, ...], str]:
        self.take()
        if word == "national":
            word = "character" if self.word("character") else "char"
            if word == "char":
                self.expect_word("char")
        if word == "bit":
            varying = self.word("varying")
            given = self.modifiers()
            return _system("varbit" if varying else "bit"), given or (() if varying else _one()), ""
        varying = word == "varchar" or self.word("varying")
        given = self.modifiers()
        return _system("varchar" if varying else "bpchar"), given or (() if varying else _one()), ""

    def _clock(self, word: str) -> tuple[tuple[str, ...], tuple[Node, ...], str]:
        self.take()
        modifiers = self.modifiers()
        zoned = False
        if self.are_words("with", "time", "zone"):
            zoned = self.word("with", "time", "zone")
        elif self.are_words("without", "time", "zone"):
            self.word("without", "time", "zone")
        return _system(word + ("tz" if zoned else "")), modifiers, ""

    def _interval(self) -> tuple[tuple[str, ...], tuple[Node, ...], str]:
        if self.is_mark("("):
            return _system("interval"), self.modifiers(), ""
        fields, modifiers = self.interval_fields()
        return _system("interval"), modifiers, fields

    def interval_fields(self) -> tuple[str, tuple[Node, ...]]:
        """``day to second(3)`` behind INTERVAL; "" when nothing is said."""
        first = self.one_of(*_FIELDS)
        if not first:
            return "", ()
        last = first
        if self.word("to"):
            last = self.one_of(*_FIELDS)
            if not last or _FIELDS.index(last) <= _FIELDS.index(first) or (first == "year" and last != "month"):
                self.fail()
        modifiers = self.modifiers() if last == "second" else ()
        return first if first == last else f"{first} to {last}", modifiers

    def modifiers(self) -> tuple[Node, ...]:
        """Numbers in parentheses behind a type."""
        if not self.mark("("):
            return ()
        found = [self._modifier()]
        while self.mark(","):
            found.append(self._modifier())
        self.expect(")")
        return tuple(found)

    def _modifier(self) -> Node:
        at, sign = self.at, ""
        if self.is_operator("-"):
            self.take()
            sign = "-"
        return Constant("integer", f"{sign}{self.whole()}", at=at)


def _system(name: str) -> tuple[str, ...]:
    return ("pg_catalog", name)


def _one() -> tuple[Node, ...]:
    return (Constant("integer", "1"),)
