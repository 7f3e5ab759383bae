"""Expressions: PostgreSQL's precedence of operators, and what it writes with words of its own.

Source: the PostgreSQL documentation, "Operator Precedence" and "Value Expressions".
"""

from collections.abc import Callable

from yunbox.sql.hologres.errors import unsupported
from yunbox.sql.hologres.parser import keywords
from yunbox.sql.hologres.parser.cursor import Cursor
from yunbox.sql.hologres.parser.tokens import Token
from yunbox.sql.hologres.parser.tree import (
    ArrayOf,
    Between,
    Call,
    Case,
    Cast,
    Collate,
    ColumnRef,
    Constant,
    Default,
    Distinction,
    Field,
    InList,
    Like,
    Logic,
    Moment,
    Node,
    Not,
    Operation,
    Parameter,
    Quantified,
    Query,
    Row,
    Slice,
    Special,
    Star,
    Subquery,
    Subscript,
    Test,
    TypeName,
    When,
)

_OR, _AND, _NOT, _IS, _COMPARE, _MATCH, _OTHER, _ADD, _MULTIPLY, _POWER, _ZONE, _COLLATE, _SIGN = range(1, 14)
_COMPARISONS = {"=", "<", ">", "<=", ">=", "<>"}
_LEVELS = {"+": _ADD, "-": _ADD, "*": _MULTIPLY, "/": _MULTIPLY, "%": _MULTIPLY, "^": _POWER}
_MOMENTS = {
    "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "current_user", "session_user",
    "user", "current_role", "current_catalog", "current_schema",
}  # fmt: skip
_WITH_DIGITS = {"current_time", "current_timestamp", "localtime", "localtimestamp"}
_XML = (
    "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable",
)  # fmt: skip
_SPECIALS = {"coalesce", "nullif", "greatest", "least", "grouping"}
_TRUTHS = {"true": "true", "false": "false", "unknown": "unknown", "null": "null"}


class ExpressionParser(Cursor):
    """Reads expressions. What reads queries is below."""

    def query(self) -> Query:
        """A query, which a class below reads."""
        raise NotImplementedError

    def call(self, names: tuple[str, ...], at: int) -> Node:
        """What follows a function's name, from the parenthesis on; a class below reads it."""
        raise NotImplementedError

    def expression(self, level: int = _OR) -> Node:
        """An expression of operators that bind at least so strongly."""
        self.deeper()
        left = self._prefixed(level)
        while (bound := self._binding()) >= level:
            left = self._joined(left, bound)
        self.depth -= 1
        return left

    def restricted(self) -> Node:
        """An expression without AND, IS, IN and LIKE outside parentheses."""
        return self.expression(_OTHER)

    # -- prefixes

    def _prefixed(self, level: int) -> Node:
        at = self.at
        if self.is_word("not"):
            self.take()
            return Not(self.expression(_NOT), at=at)
        if self.is_operator("+", "-"):
            symbol = self.take().text
            return _signed(symbol, self.expression(_SIGN), at)
        if self.token.kind == "operator" and self.token.text not in (*_COMPARISONS, *_LEVELS):
            symbol = self.take().text
            return Operation(symbol, None, self.expression(_OTHER + 1), at=at)
        if self.is_word("operator") and self.ahead().text == "(":
            schema, symbol = self._named_operator()
            return Operation(symbol, None, self.expression(_OTHER + 1), schema, at=at)
        first = self.token
        value = self._primary()
        has_parts = isinstance(value, ColumnRef) or first.kind == "parameter" or first.text == "("
        return self._indirect(value, has_parts=has_parts)

    # -- operators behind an operand

    def _binding(self) -> int:
        """How strongly the next word binds what stands before it; 0 when it is no operator."""
        token = self.token
        if token.kind == "operator":
            return _COMPARE if token.text in _COMPARISONS else _LEVELS.get(token.text, _OTHER)
        if token.kind != "word":
            return 0
        return self._word_binding(token)

    def _word_binding(self, token: Token) -> int:
        after = self.ahead()
        levels = {
            "or": _OR, "and": _AND, "is": _IS, "isnull": _IS, "notnull": _IS, "like": _MATCH, "ilike": _MATCH,
            "between": _MATCH, "in": _MATCH, "collate": _COLLATE, "overlaps": _MATCH,
        }  # fmt: skip
        if token.text in levels:
            return levels[token.text]
        if token.text == "similar" and after.text == "to":
            return _MATCH
        if token.text == "not" and after.text in ("like", "ilike", "between", "in", "similar"):
            return _MATCH
        if token.text == "at" and after.text == "time":
            return _ZONE
        return _OTHER if token.text == "operator" and after.text == "(" else 0

    def _joined(self, left: Node, level: int) -> Node:
        token = self.token
        if token.kind == "operator":
            self.take()
            return self._operation(left, token.text, level, token.start)
        if token.text in ("or", "and"):
            return self._logic(left, token.text, level)
        if level == _IS:
            return self._is(left)
        if token.text == "at":
            return self._zoned(left)
        if token.text == "collate":
            self.take()
            return Collate(left, self.dotted_any(), at=token.start)
        if token.text == "operator":
            schema, symbol = self._named_operator()
            return self._operation(left, symbol, _OTHER, token.start, schema)
        return self._matched(left)

    def _operation(self, left: Node, symbol: str, level: int, at: int, schema: str = "") -> Node:
        if self.is_word("any", "some", "all") and self.ahead().text == "(":
            return self._quantified(left, symbol, at)
        right = self.expression(level + 1)
        if level == _COMPARE and self._binding() == _COMPARE:
            self.fail()
        return Operation(symbol, left, right, schema, at=at)

    def _quantified(self, left: Node, symbol: str, at: int) -> Node:
        every = self.take().text == "all"
        self.expect("(")
        right = self.query() if self._at_query() else self.expression()
        self.expect(")")
        return Quantified(symbol, left, every, right, at=at)

    def _named_operator(self) -> tuple[str, str]:
        self.expect_word("operator")
        self.expect("(")
        schema = ""
        while self.token.kind in ("name", "word"):
            schema = self.label()
            self.expect(".")
        if self.token.kind != "operator":
            self.fail()
        symbol = self.take().text
        self.expect(")")
        return schema, symbol

    def dotted_any(self) -> tuple[str, ...]:
        """A name with dots, of any words."""
        names = [self.label()]
        while self.mark("."):
            names.append(self.label())
        return tuple(names)

    def _logic(self, left: Node, word: str, level: int) -> Node:
        parts, at = [left], self.at
        while self.word(word):
            parts.append(self.expression(level + 1))
        return Logic("or" if word == "or" else "and", tuple(parts), at=at)

    def _is(self, value: Node) -> Node:
        at = self.at
        word = self.take().text
        if word != "is":
            return Test(value, "null", word == "notnull", at=at)
        negated = self.word("not")
        if self.word("distinct", "from"):
            return Distinction(value, self.expression(_IS + 1), negated, at=at)
        if self.is_word(*_TRUTHS):
            return Test(value, _TRUTHS[self.take().text], negated, at=at)  # ty: ignore[invalid-argument-type] - the word is one of those
        if self.is_word("document", "normalized", "nfc", "nfd", "nfkc", "nfkd", "of"):
            raise unsupported(f"IS {self.token.text.upper()}", at)
        return self.fail()

    def _zoned(self, value: Node) -> Node:
        at = self.at
        self.expect_word("at", "time", "zone")
        return Call(("pg_catalog", "timezone"), (self.expression(_ZONE + 1), value), at=at)

    def _matched(self, value: Node) -> Node:
        at = self.at
        negated = self.word("not")
        word = self.take().text
        if word == "between":
            return self._between(value, negated, at)
        if word == "in":
            return self._in(value, negated, at)
        if word == "overlaps":
            return self._overlaps(value, at)
        if word == "similar":
            self.expect_word("to")
        elif self.is_word("any", "some", "all") and self.ahead().text == "(":
            symbol = ("!" if negated else "") + {"like": "~~", "ilike": "~~*"}[word]
            return self._quantified(value, symbol, at)
        pattern = self.expression(_MATCH + 1)
        escape = self.expression(_MATCH + 1) if self.word("escape") else None
        return Like(word, value, pattern, escape, negated, at=at)  # ty: ignore[invalid-argument-type] - the word is one of those

    def _between(self, value: Node, negated: bool, at: int) -> Node:
        symmetric = self.word("symmetric")
        self.word("asymmetric")
        low = self.restricted()
        self.expect_word("and")
        return Between(value, low, self.expression(_MATCH + 1), symmetric, negated, at=at)

    def _in(self, value: Node, negated: bool, at: int) -> Node:
        self.expect("(")
        if self._at_query():
            found: Node = Quantified("=", value, False, self.query(), negated, at=at)
        else:
            found = InList(value, self.expressions(), negated, at=at)
        self.expect(")")
        return found

    def _overlaps(self, left: Node, at: int) -> Node:
        right = self.expression(_MATCH + 1)
        if not isinstance(left, Row) or not isinstance(right, Row) or len(left.items) != 2 or len(right.items) != 2:
            self.fail(self.words[self.place - 1])
        return Call(("pg_catalog", "overlaps"), (*left.items, *right.items), at=at)

    def expressions(self) -> tuple[Node, ...]:
        """One or more, with commas between them."""
        found = [self.expression()]
        while self.mark(","):
            found.append(self.expression())
        return tuple(found)

    # -- what stands behind a value: subscripts, fields, casts

    def _indirect(self, value: Node, *, has_parts: bool) -> Node:
        """Casts; subscripts and fields only of columns, parameters and what stands in parentheses."""
        while True:
            at = self.at
            if self.mark("::"):
                value, has_parts = Cast(value, self.type_name(), at=at), False
            elif not has_parts:
                return value
            elif self.mark("["):
                value = self._subscript(value, at)
            elif self.is_mark("."):
                self.take()
                name = "*" if self.is_operator("*") else ""
                value = Field(value, self.take().text if name else self.label(), at=at)
            else:
                return value

    def _subscript(self, value: Node, at: int) -> Node:
        low = None if self.is_mark(":") else self.expression()
        if self.mark(":"):
            high = None if self.is_mark("]") else self.expression()
            self.expect("]")
            return Slice(value, low, high, at=at)
        self.expect("]")
        assert low is not None
        return Subscript(value, low, at=at)

    # -- primaries

    def _primary(self) -> Node:
        token = self.token
        if token.kind in ("integer", "number", "string", "bits", "hex"):
            self.take()
            return Constant(token.kind, token.text, at=token.start)  # type: ignore[arg-type]
        if token.kind == "parameter":
            self.take()
            return Parameter(int(token.text), at=token.start)
        if token.kind == "mark" and token.text == "(":
            return self._parenthesised()
        if token.kind == "name":
            return self._named()
        if token.kind == "word":
            return self._worded(token)
        return self.fail()

    def _at_query(self) -> bool:
        """Whether a query begins here, perhaps in parentheses of its own."""
        place = self.place
        while self.words[place].kind == "mark" and self.words[place].text == "(":
            place += 1
        token = self.words[place]
        begins = token.kind == "word" and token.text in ("select", "with", "values", "table")
        return begins and (place == self.place or self._closes_as_query(place))

    def _closes_as_query(self, place: int) -> bool:
        """Whether parentheses around a query hold nothing else: ``((select 1) + 1)`` is an expression."""
        depth, opened = 0, place - self.place
        for at in range(place, len(self.words)):
            token = self.words[at]
            if token.kind != "mark" or token.text not in "()":
                continue
            depth += 1 if token.text == "(" else -1
            if depth < 0:
                opened -= 1
                depth = 0
                after = self.words[at + 1]
                joins = after.kind == "word" and after.text in (
                    "union", "except", "intersect", "order", "limit", "offset", "fetch", "for",
                )  # fmt: skip
                if not joins and after.text != ")":
                    return False
                if not opened:
                    return True
        return False

    def _parenthesised(self) -> Node:
        at = self.at
        self.expect("(")
        if self._at_query():
            found: Node = Subquery("scalar", self.query(), at=at)
            self.expect(")")
            return found
        items = self.expressions()
        self.expect(")")
        return Row(items, at=at) if len(items) > 1 else items[0]

    def _named(self) -> Node:
        """A column, a call, or a constant of a named type."""
        at = self.at
        first = self.take()
        names = [first.text]
        while self.is_mark("."):
            self.take()
            if self.is_operator("*"):
                self.take()
                return Star(tuple(names), at=at)
            names.append(self.label())
        if self.is_mark("("):
            return self._call_or_type(tuple(names), at)
        if self.token.kind == "string" and (first.kind == "name" or keywords.is_function_name(first.text)):
            return self._typed_literal(at)
        return ColumnRef(tuple(names), at=at)

    def _call_or_type(self, names: tuple[str, ...], at: int) -> Node:
        place = self.place
        found = self.call(names, at)
        if self.token.kind == "string":  # numeric(3,1) '1.5'
            self.place = place
            return self._typed_literal(at)
        return found

    def _typed_literal(self, at: int) -> Node:
        while self.at > at:
            self.place -= 1
        of = self.type_name()
        if self.token.kind != "string":
            self.fail()
        text = self.take()
        if of.names[-1] in ("bpchar", "bit") and [one.at for one in of.modifiers] == [-1]:
            of = TypeName(of.names, (), of.dimensions, at=at)  # a constant is as long as it is
        if of.fields == "" and of.names[-1] == "interval" and not of.modifiers:
            fields, modifiers = self.interval_fields()
            of = TypeName(of.names, modifiers, of.dimensions, fields, at=at)
        return Cast(Constant("string", text.text, at=text.start), of, at=at)

    def _worded(self, token: Token) -> Node:
        word, at, after = token.text, token.start, self.ahead()
        if word in ("true", "false", "null"):
            self.take()
            return Constant("null", at=at) if word == "null" else Constant("boolean", word, at=at)
        if (special := self._constructs().get(word)) is not None and self._opens(word, after):
            self.take()
            return special(at)
        if word in _MOMENTS and not (word == "current_schema" and after.text == "("):
            self.take()
            return self._moment(word, at)
        if self._is_type_literal(word, after):
            return self._typed_literal(at)
        if keywords.is_column_name(word) or (keywords.is_function_name(word) and after.text in ("(", ".")):
            return self._named()
        return self.fail()

    def _opens(self, word: str, after: Token) -> bool:
        if word == "array":
            return after.text in ("[", "(")
        return word == "case" or word == "default" or (after.kind == "mark" and after.text == "(")

    def _is_type_literal(self, word: str, after: Token) -> bool:
        known = (
            "int", "integer", "smallint", "bigint", "real", "float", "double", "decimal", "dec", "numeric", "boolean",
            "character", "char", "varchar", "nchar", "national", "bit", "time", "timestamp", "interval",
        )  # fmt: skip
        if word not in known or (word in ("char", "varchar") and after.text == "."):
            return False
        return after.kind == "string" or after.text in ("precision", "varying", "with", "without", "(", "character")

    def _moment(self, word: str, at: int) -> Node:
        digits = None
        if word in _WITH_DIGITS and self.mark("("):
            digits = self.whole()
            self.expect(")")
        return Moment(word, digits, at=at)

    def _constructs(self) -> dict[str, Callable[[int], Node]]:
        return {
            "case": self._case, "cast": self._cast, "exists": self._exists, "array": self._array, "row": self._row,
            "extract": self._extract, "position": self._position, "substring": self._substring, "trim": self._trim,
            "overlay": self._overlay, "default": lambda at: Default(at=at),
            **dict.fromkeys(_SPECIALS, self._special), **dict.fromkeys(_XML, self._xml),
        }  # fmt: skip

    def _xml(self, at: int) -> Node:
        raise unsupported("XML", at)

    def _case(self, at: int) -> Node:
        value = None if self.is_word("when") else self.expression()
        whens = []
        while self.is_word("when"):
            place = self.take().start
            condition = self.expression()
            self.expect_word("then")
            whens.append(When(condition, self.expression(), at=place))
        if not whens:
            self.fail()
        otherwise = self.expression() if self.word("else") else None
        self.expect_word("end")
        return Case(value, tuple(whens), otherwise, at=at)

    def _cast(self, at: int) -> Node:
        self.expect("(")
        value = self.expression()
        self.expect_word("as")
        of = self.type_name()
        self.expect(")")
        return Cast(value, of, at=at)

    def _exists(self, at: int) -> Node:
        self.expect("(")
        query = self.query()
        self.expect(")")
        return Subquery("exists", query, at=at)

    def _array(self, at: int) -> Node:
        if self.mark("("):
            query = self.query()
            self.expect(")")
            return Subquery("array", query, at=at)
        return self._array_items(at)

    def _array_items(self, at: int) -> Node:
        self.expect("[")
        items: list[Node] = []
        while not self.is_mark("]"):
            if items:
                self.expect(",")
            items.append(self._array_items(self.at) if self.is_mark("[") else self.expression())
        self.expect("]")
        return ArrayOf(tuple(items), at=at)

    def _row(self, at: int) -> Node:
        self.expect("(")
        items = () if self.is_mark(")") else self.expressions()
        self.expect(")")
        return Row(items, explicit=True, at=at)

    def _special(self, at: int) -> Node:
        name = self.words[self.place - 1].text
        self.expect("(")
        parts = self.expressions()
        self.expect(")")
        if name == "nullif" and len(parts) != 2:
            self.fail(self.words[self.place - 1])
        return Special(name, parts, at=at)

    # -- functions that SQL writes with words

    def _extract(self, at: int) -> Node:
        self.expect("(")
        token = self.take()
        if token.kind not in ("word", "name", "string"):
            self.fail(token)
        self.expect_word("from")
        value = self.expression()
        self.expect(")")
        return Call(("pg_catalog", "extract"), (Constant("string", token.text, at=token.start), value), at=at)

    def _position(self, at: int) -> Node:
        self.expect("(")
        part = self.restricted()
        self.expect_word("in")
        whole = self.restricted()
        self.expect(")")
        return Call(("pg_catalog", "position"), (whole, part), at=at)

    def _substring(self, at: int) -> Node:
        place = self.place
        self.expect("(")
        if self.is_mark(")"):
            self.place = place
            return self.call(("substring",), at)
        value = self.expression()
        if not self.is_word("from", "for", "similar"):
            self.place = place
            return self.call(("substring",), at)
        args = [value, *self._substring_parts()]
        self.expect(")")
        return Call(("pg_catalog", "substring"), tuple(args), at=at)

    def _substring_parts(self) -> list[Node]:
        if self.word("similar"):
            pattern = self.expression(_MATCH + 1)
            self.expect_word("escape")
            return [pattern, self.expression()]
        start = length = None
        for _ in range(2):
            if start is None and self.word("from"):
                start = self.expression()
            elif length is None and self.word("for"):
                length = self.expression()
        if start is None and length is not None:
            return [Constant("integer", "1"), Cast(length, _int4())]
        assert start is not None
        return [start] if length is None else [start, length]

    def _trim(self, at: int) -> Node:
        self.expect("(")
        side = self.one_of("both", "leading", "trailing") or "both"
        letters: list[Node] = []
        if not self.word("from"):
            letters = [*self.expressions()]
            if self.word("from"):
                letters = [*self.expressions(), *letters]
        else:
            letters = [*self.expressions()]
        self.expect(")")
        name = {"both": "btrim", "leading": "ltrim", "trailing": "rtrim"}[side]
        return Call(("pg_catalog", name), tuple(letters), at=at)

    def _overlay(self, at: int) -> Node:
        place = self.place
        self.expect("(")
        args = [self.expression()]
        if not self.word("placing"):
            self.place = place
            return self.call(("overlay",), at)
        args.append(self.expression())
        self.expect_word("from")
        args.append(self.expression())
        if self.word("for"):
            args.append(self.expression())
        self.expect(")")
        return Call(("pg_catalog", "overlay"), tuple(args), at=at)


def _signed(symbol: str, value: Node, at: int) -> Node:
    """A sign before a number that is written makes one constant, as PostgreSQL's grammar has it."""
    if isinstance(value, Constant) and value.kind in ("integer", "number") and symbol == "-":
        text = value.text[1:] if value.text.startswith("-") else f"-{value.text}"
        return Constant(value.kind, text, at=at)
    return Operation(symbol, None, value, at=at)


def _int4() -> TypeName:
    return TypeName(("pg_catalog", "int4"))
