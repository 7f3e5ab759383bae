"""Calls: arguments by place and by name, those written with words, FILTER, WITHIN GROUP and OVER."""

from typing import Literal

from yunbox.sql.flink.errors import UnsupportedSql
from yunbox.sql.flink.parser.expressions import ADD, ExpressionParser
from yunbox.sql.flink.parser.tree import (
    Alias,
    Call,
    Constant,
    Derived,
    Descriptor,
    Frame,
    Named,
    Node,
    Ordered,
    TableArgument,
    TableName,
    WindowOf,
    Word,
)

_UNITS = (
    "YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND", "NANOSECOND",
    "EPOCH", "DOW", "DOY", "ISODOW", "ISOYEAR", "DECADE", "CENTURY", "MILLENNIUM",
    "SQL_TSI_YEAR", "SQL_TSI_QUARTER", "SQL_TSI_MONTH", "SQL_TSI_WEEK", "SQL_TSI_DAY", "SQL_TSI_HOUR",
    "SQL_TSI_MINUTE", "SQL_TSI_SECOND",
)  # fmt: skip
_TAKES_UNIT_FIRST = ("TIMESTAMPADD", "TIMESTAMPDIFF", "EXTRACT")
_JSON = (
    "RETURNING", "NULL", "ERROR", "EMPTY", "DEFAULT", "WITH", "WITHOUT", "KEY", "VALUE", "ABSENT", "TRUE", "FALSE",
    "UNKNOWN", "ON", "ARRAY", "OBJECT", "CONDITIONAL", "UNCONDITIONAL", "WRAPPER",
)  # fmt: skip


class CallParser(ExpressionParser):
    """Reads what follows a function's name."""

    def call(self, path: tuple[str, ...], start: int) -> Node:
        """The parenthesis and the clauses behind it."""
        name = path[-1].upper() if len(path) == 1 else ""
        self.expect("(")
        if name == "DESCRIPTOR":
            columns = [self.name()]
            while self.mark(","):
                columns.append(self.name())
            self.expect(")")
            return Descriptor(tuple(columns), at=self.since(start))
        made = self._inside(path, name, start)
        return self._clauses(made, start)

    def _inside(self, path: tuple[str, ...], name: str, start: int) -> Call:
        special = {
            "EXTRACT": self._extract, "TRIM": self._trim, "POSITION": self._position, "OVERLAY": self._overlay,
            "SUBSTRING": self._substring, "JSON_VALUE": self._json, "JSON_QUERY": self._json,
            "JSON_EXISTS": self._json, "JSON_OBJECT": self._json_object, "JSON_ARRAY": self._json_array,
            "JSON_OBJECTAGG": self._json_object, "JSON_ARRAYAGG": self._json_array, "FLOOR": self._rounded,
            "CEIL": self._rounded, "CEILING": self._rounded,
        }.get(name)  # fmt: skip
        if special is not None:
            arguments = special()
            self.expect(")")
            return Call(path, tuple(arguments), at=self.since(start))
        distinct = self.one_of("DISTINCT", "ALL") == "DISTINCT"
        if self.is_mark("*") and self.ahead().text == ")":
            self.take()
            self.expect(")")
            return Call(path, star=True, at=self.since(start))
        arguments = [] if self.is_mark(")") else self._arguments(name)
        order = self.order_keys() if self.word("ORDER", "BY") else ()
        self.expect(")")
        return Call(path, tuple(arguments), distinct, order=order, at=self.since(start))

    def _arguments(self, name: str) -> list[Node]:
        found = [self._unit_word()] if name in _TAKES_UNIT_FIRST else [self._argument()]
        while self.mark(","):
            found.append(self._argument())
        return found

    def _argument(self) -> Node:
        start = self.at
        token = self.token
        if token.kind in ("word", "name") and self.ahead().text == "=>":
            name = self.take().text
            self.take()
            return Named(name.upper(), self._argument(), at=self.since(start))
        if self.is_word("TABLE") and self.ahead().text != "(":
            self.take()
            source = TableName(self.path(), at=self.since(start))
            return self._table_argument(source, start)
        if self.is_word("TABLE"):
            self.take()
            return self._table_argument(self._query_argument(start), start)
        if self.is_mark("(") and self.is_query():
            return self._table_argument(self._query_argument(start), start)
        if token.kind == "word" and token.upper in _UNITS and self.ahead().text in (",", ")"):
            self.take()
            return Word(token.upper, at=self.since(start))
        return self.expression()

    def _query_argument(self, start: int) -> Derived:
        self.expect("(")
        if not self.is_query():
            raise UnsupportedSql("such a table argument", self.text, self.since(start))
        query = self.query()
        self.expect(")")
        return Derived(query, Alias(), at=self.since(start))

    def _table_argument(self, source: "TableName | Derived", start: int) -> Node:
        partition: tuple[Node, ...] = ()
        order: tuple[Ordered, ...] = ()
        if self.word("PARTITION", "BY"):
            partition = self._partition_keys()
        if self.word("ORDER", "BY"):
            order = self.order_keys()
        return TableArgument(source, partition, order, at=self.since(start))

    def _partition_keys(self) -> tuple[Node, ...]:
        """Keys whose commas are those of the call too: a key ends where something else begins."""
        if self.is_mark("("):
            self.expect("(")
            keys = self.expressions()
            self.expect(")")
            return keys
        keys = [self.expression()]
        while self.is_mark(",") and not self._begins_argument():
            self.take()
            keys.append(self.expression())
        return tuple(keys)

    def _begins_argument(self) -> bool:
        after, further = self.ahead(), self.ahead(2)
        named = further.text == "=>"
        return named or after.upper in ("DESCRIPTOR", "INTERVAL", "TABLE")

    # -- arguments that are written with words

    def _unit_word(self) -> Node:
        token = self.token
        if token.kind == "string":
            self.take()
            return Word(token.text.upper(), at=self.since(token.start))
        if token.kind != "word" or token.upper not in _UNITS:
            self.fail()
        self.take()
        return Word(token.upper, at=self.since(token.start))

    def _extract(self) -> list[Node]:
        unit = self._unit_word()
        self.expect_word("FROM")
        return [unit, self.expression()]

    def _rounded(self) -> list[Node]:
        """FLOOR(x) or FLOOR(x TO unit)."""
        found = [self.expression()]
        if self.word("TO"):
            found.append(self._unit_word())
        return found

    def _trim(self) -> list[Node]:
        start = self.at
        side = self.one_of("BOTH", "LEADING", "TRAILING") or "BOTH"
        word = Word(side, at=self.since(start))
        space = Constant("string", " ")
        if self.word("FROM"):
            return [word, space, self.expression()]
        first = self.expression()
        if self.word("FROM"):
            return [word, first, self.expression()]
        return [word, space, first]

    def _position(self) -> list[Node]:
        """POSITION(a IN b): the IN is the call's."""
        first = self.expression(ADD)
        self.expect_word("IN")
        return [first, self.expression()]

    def _overlay(self) -> list[Node]:
        found = [self.expression()]
        self.expect_word("PLACING")
        found.append(self.expression())
        self.expect_word("FROM")
        found.append(self.expression())
        if self.word("FOR"):
            found.append(self.expression())
        return found

    def _substring(self) -> list[Node]:
        found = [self.expression()]
        if self.mark(",") or self.word("FROM"):
            found.append(self.expression())
            if self.mark(",") or self.word("FOR"):
                found.append(self.expression())
        return found

    def _json(self) -> list[Node]:
        """JSON_VALUE, JSON_QUERY and JSON_EXISTS: a text, a path, then words; a value may stand behind DEFAULT."""
        found = [self.expression()]
        self.expect(",")
        found.append(self.expression())
        found.extend(self._json_words())
        return found

    def _json_words(self) -> list[Node]:
        found: list[Node] = []
        while not self.is_mark(")"):
            start = self.at
            token = self.take()
            if token.kind != "word" or token.upper not in _JSON:
                self.fail(token)
            found.append(Word(token.upper, at=self.since(start)))
            if token.upper == "RETURNING":
                found.append(Named("TYPE", Constant("string", str(self.data_type())), at=self.since(start)))
            elif token.upper == "DEFAULT":
                found.append(self.expression())
        return found

    def _json_object(self) -> list[Node]:
        """JSON_OBJECT([KEY] k VALUE v, ... [NULL ON NULL | ABSENT ON NULL])."""
        found: list[Node] = []
        while not self.is_mark(")") and not self._on_null():
            self.word("KEY")
            found.append(self.expression())
            self.expect_word("VALUE")
            found.append(self.expression())
            if not self.mark(","):
                break
        return [*found, *self._json_words()]

    def _json_array(self) -> list[Node]:
        found: list[Node] = []
        while not self.is_mark(")") and not self._on_null():
            found.append(self.expression())
            if not self.mark(","):
                break
        return [*found, *self._json_words()]

    def _on_null(self) -> bool:
        return self.is_word("NULL", "ABSENT") and self.ahead().upper == "ON"

    # -- clauses behind the parenthesis

    def _clauses(self, made: Call, start: int) -> Call:
        order, filter_, over = made.order, None, None
        if self.word("WITHIN", "GROUP"):
            self.expect("(")
            self.expect_word("ORDER", "BY")
            order = self.order_keys()
            self.expect(")")
        if self.word("FILTER"):
            self.expect("(")
            self.expect_word("WHERE")
            filter_ = self.expression()
            self.expect(")")
        nulls: Literal["", "IGNORE", "RESPECT"] = ""
        if self.are_words("IGNORE", "NULLS") or self.are_words("RESPECT", "NULLS"):
            nulls = "IGNORE" if self.take().upper == "IGNORE" else "RESPECT"
            self.take()
        if self.word("OVER"):
            over = self.window()
        return Call(
            made.path, made.arguments, made.distinct, made.star, filter_, order, over, nulls, at=self.since(start)
        )

    def window(self) -> WindowOf:
        """A window: a name, or its parts in parentheses."""
        start = self.at
        if not self.is_mark("("):
            return WindowOf(self.name(), at=self.since(start))
        self.expect("(")
        base = self.name() if self.is_name() else ""
        partition = self.expressions() if self.word("PARTITION", "BY") else ()
        order = self.order_keys() if self.word("ORDER", "BY") else ()
        frame = self._frame() if self.is_word("ROWS", "RANGE") else None
        self.expect(")")
        return WindowOf(base, partition, order, frame, at=self.since(start))

    def order_keys(self) -> tuple[Ordered, ...]:
        """What stands behind ORDER BY."""
        found = [self._ordered()]
        while self.mark(","):
            found.append(self._ordered())
        return tuple(found)

    def _ordered(self) -> Ordered:
        start = self.at
        expression = self.expression()
        descending = self.one_of("ASC", "DESC") == "DESC"
        nulls = None
        if self.word("NULLS"):
            nulls = self.one_of("FIRST", "LAST") or self.fail()
        first = None if nulls is None else nulls == "FIRST"
        return Ordered(expression, descending, first, at=self.since(start))

    def _frame(self) -> Frame:
        start = self.at
        unit: Literal["ROWS", "RANGE"] = "ROWS" if self.take().upper == "ROWS" else "RANGE"
        if self.word("BETWEEN"):
            first, first_side = self._bound()
            self.expect_word("AND")
            last, last_side = self._bound()
        else:
            first, first_side = self._bound()
            last, last_side = "CURRENT ROW", ""
        return Frame(unit, first, last, first_side, last_side, at=self.since(start))  # ty: ignore[invalid-argument-type]

    def _bound(self) -> tuple["Node | str", str]:
        if self.word("CURRENT", "ROW"):
            return "CURRENT ROW", ""
        if self.word("UNBOUNDED"):
            bound: Node | str = "UNBOUNDED"
        else:
            bound = self.expression()
        return bound, self.one_of("PRECEDING", "FOLLOWING") or self.fail()
