"""Expressions: the precedence of Flink's operators, and what is written with words of its own.

Source: the pages "System (Built-in) Functions" and "Data Types" of Flink 2.x.
"""

from collections.abc import Callable

from yunbox.sql.flink.errors import UnsupportedSql
from yunbox.sql.flink.parser.datatypes import TypeParser
from yunbox.sql.flink.parser.keywords import FUNCTION_NAMES
from yunbox.sql.flink.parser.tree import (
    ArrayOf,
    Between,
    Call,
    Case,
    Cast,
    Constant,
    Exists,
    FieldOf,
    Index,
    InList,
    InQuery,
    IntervalOf,
    Like,
    Logic,
    MapOf,
    Name,
    Node,
    Not,
    Operation,
    Query,
    RowOf,
    Scalar,
    Sign,
    Test,
    When,
)

_OR, _AND, _NOT, _COMPARE, _RANGE, ADD, _MULTIPLY, _SIGN = range(1, 9)
_MARKS = {
    "=": _COMPARE, "<>": _COMPARE, "<": _COMPARE, "<=": _COMPARE, ">": _COMPARE, ">=": _COMPARE,
    "+": ADD, "-": ADD, "||": ADD, "*": _MULTIPLY, "/": _MULTIPLY, "%": _MULTIPLY,
}  # fmt: skip
_INVERSE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_QUANTIFIERS = ("ANY", "SOME", "ALL")
_WORDS = {
    "OR": _OR, "AND": _AND, "IS": _COMPARE, "IN": _RANGE, "BETWEEN": _RANGE, "LIKE": _RANGE,
    "SIMILAR": _RANGE, "RLIKE": _RANGE, "OVERLAPS": _COMPARE,
}  # fmt: skip
_UNITS = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND")
_SMALLER = {
    "YEAR": ("MONTH",), "DAY": ("HOUR", "MINUTE", "SECOND"), "HOUR": ("MINUTE", "SECOND"), "MINUTE": ("SECOND",),
}  # fmt: skip
"""The units that may stand behind TO in an interval."""
_UNITS_MORE = {"YEARS": "YEAR", "MONTHS": "MONTH", "DAYS": "DAY", "HOURS": "HOUR", "MINUTES": "MINUTE",
               "SECONDS": "SECOND", "WEEKS": "WEEK", "QUARTERS": "QUARTER"}  # fmt: skip
_NILADIC = (
    "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP", "CURRENT_CATALOG",
    "CURRENT_SCHEMA", "CURRENT_USER", "USER", "SESSION_USER", "SYSTEM_USER", "CURRENT_ROLE", "CURRENT_PATH",
)  # fmt: skip


class ExpressionParser(TypeParser):
    """Reads expressions. What reads queries and the arguments of calls is below."""

    def query(self) -> Query:
        """A query, which a class below reads."""
        raise NotImplementedError

    def call(self, path: tuple[str, ...], start: int) -> Node:
        """What follows a function's name, from the parenthesis on; a class below reads it."""
        raise NotImplementedError

    def is_query(self) -> bool:
        """Whether a query begins here."""
        at = self.place
        while self.words[at].kind == "mark" and self.words[at].text == "(":
            at += 1
        word = self.words[at]
        return word.kind == "word" and word.upper in ("SELECT", "WITH", "VALUES")

    def expression(self, level: int = _OR) -> Node:
        """An expression of operators that bind at least so strongly."""
        self.deeper()
        start = self.at
        left = self._prefixed(level)
        while (bound := self._binding()) >= level:
            left = self._joined(left, bound, start)
        self.depth -= 1
        return left

    def expressions(self) -> tuple[Node, ...]:
        """Expressions between commas."""
        found = [self.expression()]
        while self.mark(","):
            found.append(self.expression())
        return tuple(found)

    def _prefixed(self, level: int) -> Node:
        start = self.at
        if level <= _NOT and self.word("NOT"):
            return Not(self.expression(_NOT), at=self.since(start))
        if self.is_mark("-", "+"):
            symbol = self.take().text
            return Sign(symbol, self.expression(_SIGN), at=self.since(start))
        return self._followed(self._primary(), start)

    # -- operators behind an operand

    def _binding(self) -> int:
        """How strongly the next word binds what stands before it; 0 when it is no operator."""
        token = self.token
        if token.kind == "mark":
            return _MARKS.get(token.text, 0)
        if token.kind != "word":
            return 0
        if token.upper == "NOT":
            after = self.ahead()
            return _RANGE if after.upper in ("IN", "BETWEEN", "LIKE", "SIMILAR", "RLIKE") else 0
        return _WORDS.get(token.upper, 0)

    def _joined(self, left: Node, bound: int, start: int) -> Node:
        token = self.token
        if token.kind == "mark":
            self.take()
            if token.text in _INVERSE and self.is_word(*_QUANTIFIERS) and self.ahead().text == "(":
                return self._quantified(left, token.text, start)
            right = self.expression(bound + 1)
            return Operation(token.text, left, right, at=self.since(start))
        if token.upper in ("AND", "OR"):
            self.take()
            right = self.expression(bound + 1)
            return Logic("AND" if token.upper == "AND" else "OR", left, right, at=self.since(start))
        if token.upper == "IS":
            return self._is(left, start)
        if token.upper == "OVERLAPS":
            return self._overlaps(left, start)
        negated = self.word("NOT")
        if self.word("BETWEEN"):
            return self._between(left, start, negated)
        if self.word("IN"):
            return self._in(left, start, negated)
        return self._like(left, start, negated)

    def _quantified(self, left: Node, symbol: str, start: int) -> Node:
        """``= ANY (...)``, ``> ALL (...)``, of a query or of values. ALL is that none is compared the other way."""
        is_all = self.take().upper == "ALL"
        self.expect("(")
        if self.is_query():
            query = self.query()
            self.expect(")")
            return InQuery(left, query, is_all, _INVERSE[symbol] if is_all else symbol, at=self.since(start))
        items = self.expressions()
        self.expect(")")
        made: Node = Operation(symbol, left, items[0], at=self.since(start))
        for item in items[1:]:
            made = Logic("AND" if is_all else "OR", made, Operation(symbol, left, item, at=made.at), at=made.at)
        return made

    def _overlaps(self, left: Node, start: int) -> Node:
        self.take()
        right = self.expression(_COMPARE + 1)
        periods = [one.items if isinstance(one, RowOf) else () for one in (left, right)]
        if any(len(one) != 2 for one in periods):
            self.fail()
        return Call(("OVERLAPS",), (*periods[0], *periods[1]), at=self.since(start))

    def _is(self, left: Node, start: int) -> Node:
        self.take()
        negated = self.word("NOT")
        if self.word("DISTINCT"):
            self.expect_word("FROM")
            right = self.expression(_COMPARE + 1)
            symbol = "IS NOT DISTINCT FROM" if negated else "IS DISTINCT FROM"
            return Operation(symbol, left, right, at=self.since(start))
        what = self.one_of("NULL", "TRUE", "FALSE", "UNKNOWN", "JSON")
        if not what:
            self.fail()
        if what == "JSON":
            what = f"JSON {self.one_of('VALUE', 'OBJECT', 'ARRAY', 'SCALAR') or 'VALUE'}"
        return Test(left, what, negated, at=self.since(start))

    def _between(self, left: Node, start: int, negated: bool) -> Node:
        symmetric = self.one_of("SYMMETRIC", "ASYMMETRIC") == "SYMMETRIC"
        low = self.expression(_RANGE + 1)
        self.expect_word("AND")
        high = self.expression(_RANGE + 1)
        return Between(left, low, high, symmetric, negated, at=self.since(start))

    def _in(self, left: Node, start: int, negated: bool) -> Node:
        if self.is_mark("(") and self.is_query():
            self.expect("(")
            query = self.query()
            self.expect(")")
            return InQuery(left, query, negated, at=self.since(start))
        self.expect("(")
        items = self.expressions()
        self.expect(")")
        return InList(left, items, negated, at=self.since(start))

    def _like(self, left: Node, start: int, negated: bool) -> Node:
        if self.word("RLIKE"):
            raise UnsupportedSql("the operator RLIKE", self.text, self.since(start))
        similar = self.word("SIMILAR")
        self.expect_word("TO" if similar else "LIKE")
        pattern = self.expression(_RANGE + 1)
        escape = self.expression(_RANGE + 1) if self.word("ESCAPE") else None
        return Like("SIMILAR TO" if similar else "LIKE", left, pattern, escape, negated, at=self.since(start))

    def _followed(self, value: Node, start: int) -> Node:
        """``a[1]``, ``f(x).y``."""
        while True:
            if self.mark("["):
                index = self.expression()
                self.expect("]")
                value = Index(value, index, at=self.since(start))
            elif self.is_mark(".") and self.ahead().kind in ("word", "name"):
                self.take()
                value = FieldOf(value, self.take().text, at=self.since(start))
            else:
                return value

    # -- operands

    def _primary(self) -> Node:
        token = self.token
        reader: Callable[[], Node] | None = None
        if token.kind in ("integer", "decimal", "double", "bytes"):
            self.take()
            return Constant(token.kind, token.text, at=self.since(token.start))
        if token.kind == "string":
            return self._string()
        if token.kind == "mark" and token.text == "(":
            return self._parenthesis()
        if token.kind == "word":
            reader = self._readers().get(token.upper)
        if reader is not None:
            return reader()
        return self._named()

    def _string(self) -> Node:
        token = self.take()
        text = token.text
        while self.token.kind == "string":  # a string that goes on in another line
            text += self.take().text
        return Constant("string", text, at=self.since(token.start))

    def _readers(self) -> dict[str, Callable[[], Node]]:
        return {
            "NULL": self._constant, "TRUE": self._constant, "FALSE": self._constant, "UNKNOWN": self._constant,
            "DATE": self._moment, "TIME": self._moment, "TIMESTAMP": self._moment, "INTERVAL": self.interval,
            "CASE": self._case, "CAST": self._cast, "TRY_CAST": self._cast, "EXISTS": self._exists,
            "ARRAY": self._array, "MAP": self._map, "ROW": self._row, "MULTISET": self._multiset,
        }  # fmt: skip

    def _constant(self) -> Node:
        token = self.take()
        at = self.since(token.start)
        if token.upper in ("NULL", "UNKNOWN"):
            return Constant("null", token.upper, at=at)
        return Constant("boolean", token.upper, at=at)

    def _moment(self) -> Node:
        after = self.ahead()
        if after.kind != "string" and after.text != "(":  # a column that is called so
            token = self.take()
            return Name((token.text,), at=self.since(token.start))
        if after.kind != "string":
            return self._named()
        token = self.take()
        kinds = {"DATE": "date", "TIME": "time", "TIMESTAMP": "timestamp"}
        text = self.take().text
        return Constant(kinds[token.upper], text, at=self.since(token.start))  # ty: ignore[invalid-argument-type]

    def interval(self) -> Node:
        """``INTERVAL '1' DAY``."""
        start = self.at
        self.take()
        negative = self.mark("-")
        if not negative:
            self.mark("+")
        is_number = self.token.kind == "integer"  # INTERVAL 1 DAY
        text = self.take().text if is_number else self.string()
        (unit, given), until, last = self._unit(), "", []
        if self.is_word("TO") and self.ahead().upper in _SMALLER.get(unit, ()):  # not FLOOR's, as of a SECOND TO WEEK
            self.take()
            until, last = self._unit()
        leading, fraction = (*given[:1], 2)[0], (*(last if until else given[1:]), 6)[0]
        return IntervalOf(text, unit, until, negative, is_number, (leading, fraction), at=self.since(start))

    def _unit(self) -> tuple[str, list[int]]:
        """A unit, and the digits in parentheses behind it."""
        word = self.token.upper
        unit = _UNITS_MORE.get(word, word)
        if self.token.kind != "word" or unit not in _UNITS:
            self.fail()
        self.take()
        return unit, self._digits()

    def _case(self) -> Node:
        start = self.at
        self.take()
        operand = None if self.is_word("WHEN") else self.expression()
        branches = []
        while self.is_word("WHEN"):
            at = self.take().start
            condition = self._when(operand)
            self.expect_word("THEN")
            branches.append(When(condition, self.expression(), at=self.since(at)))
        if not branches:
            self.fail()
        default = self.expression() if self.word("ELSE") else None
        self.expect_word("END")
        return Case(operand, tuple(branches), default, at=self.since(start))

    def _when(self, operand: Node | None) -> Node:
        """A condition; with an operand, a value that it is compared with, or several."""
        at = self.at
        value = self.expression()
        if operand is None or not self.is_mark(","):
            return value
        items = [value]
        while self.mark(","):
            items.append(self.expression())
        return InList(operand, tuple(items), at=self.since(at))

    def _cast(self) -> Node:
        token = self.take()
        self.expect("(")
        operand = self.expression()
        self.expect_word("AS")
        of = self.data_type()
        self.expect(")")
        return Cast(operand, of, token.upper == "TRY_CAST", at=self.since(token.start))

    def _exists(self) -> Node:
        start = self.take().start
        self.expect("(")
        query = self.query()
        self.expect(")")
        return Exists(query, at=self.since(start))

    def _array(self) -> Node:
        return self._bracketed(lambda items, at: ArrayOf(items, at=at))

    def _map(self) -> Node:
        if self.ahead().text != "[":
            return self._named()
        return self._bracketed(lambda items, at: MapOf(items, at=at))

    def _multiset(self) -> Node:
        raise UnsupportedSql("the constructor MULTISET", self.text, self.since(self.at))

    def _bracketed(self, make: Callable[..., Node]) -> Node:
        token = self.take()
        if self.is_mark("("):
            if self.is_query() or token.upper != "ARRAY":
                raise UnsupportedSql(f"{token.upper}(query)", self.text, self.since(token.start))
            self.fail()
        self.expect("[")
        items = () if self.is_mark("]") else self.expressions()
        self.expect("]")
        return make(items, self.since(token.start))

    def _row(self) -> Node:
        start = self.take().start
        self.expect("(")
        items = () if self.is_mark(")") else self.expressions()
        self.expect(")")
        return RowOf(items, at=self.since(start))

    def _parenthesis(self) -> Node:
        start = self.at
        if self.is_query():
            self.expect("(")
            query = self.query()
            self.expect(")")
            return Scalar(query, at=self.since(start))
        self.expect("(")
        items = self.expressions()
        self.expect(")")
        return items[0] if len(items) == 1 else RowOf(items, at=self.since(start))

    def _named(self) -> Node:
        """A column, or a call."""
        token = self.token
        start = token.start
        if token.kind == "word" and token.upper in FUNCTION_NAMES:
            if self.ahead().text == "(":
                self.take()
                return self.call((token.text,), start)
            if token.upper in _NILADIC:
                self.take()
                return Call((token.text,), at=self.since(start))
        if token.kind not in ("word", "name") or not self.is_name():
            self.fail()
        path = self.path()
        if self.is_mark("("):
            return self.call(path, start)
        return Name(path, at=self.since(start))
