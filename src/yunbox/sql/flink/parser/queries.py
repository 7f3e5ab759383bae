"""Queries: WITH, SELECT and its clauses, set operations, VALUES, and what is read from.

Source: the pages "Queries" of Flink 2.x's Table API & SQL.
"""

from dataclasses import replace
from typing import Literal

from yunbox.sql.flink.errors import UnsupportedSql
from yunbox.sql.flink.parser.matching import MatchParser
from yunbox.sql.flink.parser.tree import (
    Alias,
    Call,
    Derived,
    Grouping,
    Hint,
    Item,
    JoinOf,
    Node,
    Query,
    RowOf,
    Select,
    SetOperation,
    Star,
    TableCall,
    TableName,
    UnnestOf,
    ValuesOf,
    WindowOf,
    With,
)

_JOIN_WORDS = ("JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL")
_SIDES = ("LEFT", "RIGHT", "FULL")


class QueryParser(MatchParser):
    """Reads queries."""

    def query(self) -> Query:
        """A whole query."""
        self.deeper()
        start = self.at
        ctes = self._with() if self.word("WITH") else ()
        body = self._set_operation(1)
        order = self.order_keys() if self.word("ORDER", "BY") else ()
        limit, offset = self._limit()
        self.depth -= 1
        return Query(body, ctes, order, limit, offset, at=self.since(start))

    def _with(self) -> tuple[With, ...]:
        if self.is_word("RECURSIVE"):
            raise UnsupportedSql("WITH RECURSIVE", self.text, self.since(self.at))
        found = [self._cte()]
        while self.mark(","):
            found.append(self._cte())
        return tuple(found)

    def _cte(self) -> With:
        start = self.at
        name = self.name()
        columns = self.names() if self.is_mark("(") else ()
        self.expect_word("AS")
        self.expect("(")
        query = self.query()
        self.expect(")")
        return With(name, query, columns, at=self.since(start))

    def _limit(self) -> tuple[int | None, int]:
        limit, offset = None, 0
        while True:
            if self.word("LIMIT"):
                limit = None if self.word("ALL") else self.whole()
                if self.mark(","):
                    limit, offset = self.whole(), limit or 0
            elif self.word("OFFSET"):
                offset = self.whole()
                self.one_of("ROW", "ROWS")
            elif self.word("FETCH"):
                self.one_of("FIRST", "NEXT") or self.fail()
                limit = self.whole() if self.token.kind == "integer" else 1
                self.one_of("ROW", "ROWS") or self.fail()
                self.expect_word("ONLY")
            else:
                return limit, offset

    def _set_operation(self, level: int) -> Node:
        """UNION and EXCEPT are of one rank; INTERSECT binds tighter."""
        start = self.at
        left = self._set_operation(level + 1) if level == 1 else self._body()
        words = ("UNION", "EXCEPT", "MINUS") if level == 1 else ("INTERSECT",)
        while (word := self.one_of(*words)) != "":
            all_ = self.one_of("ALL", "DISTINCT") == "ALL"
            right = self._set_operation(level + 1) if level == 1 else self._body()
            kind: Literal["UNION", "INTERSECT", "EXCEPT"] = "EXCEPT"
            if word in ("UNION", "INTERSECT"):
                kind = "UNION" if word == "UNION" else "INTERSECT"
            left = SetOperation(kind, all_, left, right, at=self.since(start))
        return left

    def _body(self) -> Node:
        if self.is_word("SELECT"):
            return self._select()
        if self.is_word("VALUES"):
            return self._values()
        if self.is_mark("("):
            self.expect("(")
            query = self.query()
            self.expect(")")
            return query
        if self.is_word("TABLE"):
            start = self.take().start
            table = TableName(self.path(), at=self.since(start))
            return Select((Item(Star()),), source=table, at=self.since(start))
        return self.fail()

    def _values(self) -> ValuesOf:
        start = self.take().start
        rows = [self._value_row()]
        while self.mark(","):
            rows.append(self._value_row())
        return ValuesOf(tuple(rows), at=self.since(start))

    def _value_row(self) -> tuple[Node, ...]:
        value = self.expression()
        return value.items if isinstance(value, RowOf) else (value,)

    # -- SELECT

    def _select(self) -> Select:
        start = self.take().start
        hints = self.hints()
        if self.is_word("STREAM"):
            self.take()
        distinct = self.one_of("DISTINCT", "ALL") == "DISTINCT"
        items = [self._item()]
        while self.mark(","):
            items.append(self._item())
        source = where = having = qualify = None
        group: tuple[Node, ...] | None = None
        windows: tuple[tuple[str, WindowOf], ...] = ()
        if self.word("FROM"):
            source = self._from()
            where = self.expression() if self.word("WHERE") else None
            group = self._group() if self.word("GROUP", "BY") else None
            having = self.expression() if self.word("HAVING") else None
            windows = self._windows() if self.word("WINDOW") else ()
            qualify = self.expression() if self.word("QUALIFY") else None
        at = self.since(start)
        return Select(tuple(items), distinct, source, where, group, having, windows, qualify, hints, at=at)

    def _item(self) -> Item:
        start = self.at
        if self.mark("*"):
            return Item(Star(at=self.since(start)), at=self.since(start))
        if (star := self._qualified_star()) is not None:
            return Item(star, at=self.since(start))
        expression = self.expression()
        if self.mark("."):  # a row's fields: f(x).*
            self.expect("*")
            raise UnsupportedSql("* of an expression", self.text, self.since(start))
        alias = ""
        if self.word("AS"):
            alias = self.column_name()
        elif self.is_name():
            alias = self.name()
        return Item(expression, alias, at=self.since(start))

    def _qualified_star(self) -> Star | None:
        """``t.*`` and ``t.r.*``."""
        at, start, parts = self.place, self.at, []
        while self.words[at].kind in ("name", "word") and self.words[at + 1].text == ".":
            parts.append(self.words[at].text)
            at += 2
        if not parts or self.words[at].text != "*":
            return None
        self.place = at + 1
        return Star(tuple(parts), at=self.since(start))

    def _group(self) -> tuple[Node, ...]:
        self.one_of("ALL", "DISTINCT")
        found = [self._group_item()]
        while self.mark(","):
            found.append(self._group_item())
        return tuple(found)

    def _group_item(self) -> Node:
        start = self.at
        if self.word("GROUPING", "SETS"):
            self.expect("(")
            sets = [self._grouping_set()]
            while self.mark(","):
                sets.append(self._grouping_set())
            self.expect(")")
            return Grouping("GROUPING SETS", tuple(sets), at=self.since(start))
        if self.is_word("CUBE", "ROLLUP"):
            kind: Literal["CUBE", "ROLLUP"] = "CUBE" if self.take().upper == "CUBE" else "ROLLUP"
            self.expect("(")
            sets = [self._grouping_set()]
            while self.mark(","):
                sets.append(self._grouping_set())
            self.expect(")")
            return Grouping(kind, tuple(sets), at=self.since(start))
        if self.is_mark("(") and self.ahead().text == ")":
            self.take()
            self.take()
            return Grouping("GROUPING SETS", ((),), at=self.since(start))
        return self.expression()

    def _grouping_set(self) -> tuple[Node, ...]:
        if self.is_mark("(") and self.ahead().text == ")":
            self.take()
            self.take()
            return ()
        value = self.expression()
        return value.items if isinstance(value, RowOf) else (value,)

    def _windows(self) -> tuple[tuple[str, WindowOf], ...]:
        found = []
        while True:
            name = self.name()
            self.expect_word("AS")
            found.append((name, self.window()))
            if not self.mark(","):
                return tuple(found)

    # -- hints

    def hints(self) -> tuple[Hint, ...]:
        """``/*+ NAME(...), NAME(...) */`` if it is next."""
        found: list[Hint] = []
        while self.token.kind == "hint":
            self.take()
            while not self.mark("*/"):
                found.append(self._hint())
                self.mark(",")
        return tuple(found)

    def _hint(self) -> Hint:
        start = self.at
        if self.token.kind not in ("word", "name"):
            self.fail()
        name = self.take().text.upper()
        pairs: list[tuple[str, str]] = []
        items: list[str] = []
        if self.mark("("):
            while not self.mark(")"):
                key = self._hint_key()
                if self.mark("="):
                    pairs.append((key, self.string()))
                else:
                    items.append(key)
                self.mark(",")
        return Hint(name, tuple(pairs), tuple(items), at=self.since(start))

    def _hint_key(self) -> str:
        if self.token.kind not in ("string", "word", "name"):
            self.fail()
        parts = [self.take().text]
        while self.mark("."):
            parts.append(self.take().text)
        return ".".join(parts)

    # -- FROM

    def _from(self) -> Node:
        start = self.at
        left = self._joined_tables()
        while self.mark(","):
            right = self._joined_tables()
            left = JoinOf("CROSS", left, right, at=self.since(start))
        return left

    def _joined_tables(self) -> Node:
        start = self.at
        left = self._table()
        while self.is_word(*_JOIN_WORDS):
            left = self._join(left, start)
        return left

    def _join(self, left: Node, start: int) -> Node:
        natural = self.word("NATURAL")
        kind: Literal["INNER", "LEFT", "RIGHT", "FULL", "CROSS"] = "INNER"
        if (side := self.one_of(*_SIDES)) != "":
            kind = side  # ty: ignore[invalid-assignment]
            self.word("OUTER")
        elif self.word("CROSS"):
            kind = "CROSS"
        else:
            self.word("INNER")
        self.expect_word("JOIN")
        right = self._table()
        on, using = None, ()
        if kind != "CROSS" and not natural:
            if self.word("ON"):
                on = self.expression()
            elif self.word("USING"):
                using = self.names()
        return JoinOf(kind, left, right, on, using, natural, at=self.since(start))

    def _table(self) -> Node:
        start = self.at
        found = self._table_primary(start)
        if self.is_word("MATCH_RECOGNIZE"):
            return replace(self.matched(found, start), alias=self.alias())
        if self.is_word("TABLESAMPLE", "PIVOT", "UNPIVOT"):
            raise UnsupportedSql(self.token.upper, self.text, self.since(self.at))
        return found

    def _table_primary(self, start: int) -> Node:
        lateral = self.word("LATERAL")
        if self.is_word("UNNEST"):
            return self._unnest(start)
        if self.is_word("TABLE") and self.ahead().text == "(":
            return self._table_call(start, lateral)
        if self.is_mark("("):
            return self._parenthesised(start, lateral)
        if not self.is_name():
            self.fail()
        path = self.path()
        if self.is_mark("("):
            call = self.call(path, start)
            return self._called(call, start, lateral)
        hints = self.hints()
        as_of = None
        if self.word("FOR"):
            self.expect_word("SYSTEM_TIME", "AS", "OF")
            as_of = self.expression()
        alias = self.alias()
        return TableName(path, alias, hints or self.hints(), as_of, at=self.since(start))

    def _parenthesised(self, start: int, lateral: bool) -> Node:
        self.expect("(")
        if self.is_query():
            query = self.query()
            self.expect(")")
            self._no_as_of()
            return Derived(query, self.alias(), lateral, at=self.since(start))
        inner = self._from()
        self.expect(")")
        return inner

    def _no_as_of(self) -> None:
        if self.is_word("FOR"):
            raise UnsupportedSql("FOR SYSTEM_TIME AS OF a query", self.text, self.since(self.at))

    def _table_call(self, start: int, lateral: bool) -> Node:
        self.take()
        self.expect("(")
        at = self.at
        if not (self.is_name() or self.token.kind == "word"):
            self.fail()
        path = (self.take().text,)
        while self.mark("."):
            path = (*path, self.take().text)
        call = self.call(path, at)
        self.expect(")")
        return self._called(call, start, lateral)

    def _called(self, call: Node, start: int, lateral: bool) -> Node:
        if not isinstance(call, Call):
            self.fail()
        return TableCall(call, self.alias(), lateral, at=self.since(start))

    def _unnest(self, start: int) -> Node:
        self.take()
        self.expect("(")
        expression = self.expression()
        self.expect(")")
        ordinality = self.word("WITH", "ORDINALITY")
        return UnnestOf(expression, self.alias(), ordinality, at=self.since(start))

    def alias(self) -> Alias:
        """AS name (columns), if there is one."""
        start = self.at
        if self.word("AS") or self.is_name():
            name = self.name()
            columns = self.names() if self.is_mark("(") else ()
            return Alias(name, columns, at=self.since(start))
        return Alias()


def parse_query(text: str) -> Query:
    """The tree of a text that is one query."""
    parser = QueryParser(text)
    found = parser.query()
    parser.expect_end()
    return found


def parse_expression(text: str) -> Node:
    """The tree of a text that is one expression."""
    parser = QueryParser(text)
    found = parser.expression()
    parser.expect_end()
    return found
