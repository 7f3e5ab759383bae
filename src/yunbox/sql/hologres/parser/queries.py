"""Queries: SELECT and VALUES, what joins them, and what stands in FROM.

Source: the PostgreSQL documentation, the page of SELECT.
"""

from typing import Any

from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.parser import keywords
from yunbox.sql.hologres.parser.calls import CallParser
from yunbox.sql.hologres.parser.tree import (
    Alias,
    Call,
    Constant,
    Cte,
    FunctionRef,
    GroupingSet,
    Join,
    Node,
    Query,
    QueryRef,
    Sample,
    Select,
    SetOperation,
    Star,
    TableRef,
    Target,
    Values,
    Window,
    With,
    dressed,
)


class QueryParser(CallParser):
    """Reads queries."""

    def query(self) -> Query:
        """A query with all that may stand around it."""
        self.deeper()
        with_ = self.with_clause()
        found = self._set_operation(0)
        around = self._around()
        if with_ is not None:
            around["with_"] = with_
        self.depth -= 1
        return self._dress(found, around) if around else found

    def _dress(self, query: Query, around: dict[str, Any]) -> Query:
        """Put clauses around a query; one in parentheses may have its own."""
        own = [name for name in ("with_", "order", "limit", "offset") if getattr(query, name)]
        clash = [name for name in own if name in around]
        if not own:
            return dressed(query, **around)
        if clash and isinstance(query, Select | Values | SetOperation) and not self._closed(query):
            what = {"order": "ORDER BY", "limit": "LIMIT", "offset": "OFFSET", "with_": "WITH"}[clash[0]]
            raise error("42601", f"multiple {what} clauses not allowed")
        star = (Target(Star()),)
        return Select(star, sources=(QueryRef(query, Alias("unnamed_subquery")),), **around)

    def _closed(self, query: Query) -> bool:
        return False

    def with_clause(self) -> With | None:
        """WITH, if it is next."""
        at = self.at
        if not self.word("with"):
            return None
        recursive = self.word("recursive")
        queries = [self._cte()]
        while self.mark(","):
            queries.append(self._cte())
        return With(tuple(queries), recursive, at=at)

    def _cte(self) -> Cte:
        at = self.at
        name = self.name()
        columns = self.names() if self.is_mark("(") else ()
        self.expect_word("as")
        materialized = None
        if self.word("materialized"):
            materialized = True
        elif self.word("not", "materialized"):
            materialized = False
        self.expect("(")
        query = self.any_query()
        self.expect(")")
        if self.is_word("search", "cycle"):
            raise unsupported(f"{self.token.text.upper()} in WITH RECURSIVE", self.at)
        return Cte(name, columns, query, materialized, at=at)

    def any_query(self) -> Node:
        """A query or, in a class below, a statement that returns rows."""
        return self.query()

    def _set_operation(self, level: int) -> Query:
        """UNION and EXCEPT bind equally, INTERSECT stronger."""
        left = self._simple() if level else self._set_operation(1)
        words = ("intersect",) if level else ("union", "except")
        while self.is_word(*words):
            token = self.take()
            every = self.word("all")
            if not every:
                self.word("distinct")
            right = self._simple() if level else self._set_operation(1)
            left = SetOperation(token.text, every, left, right, at=token.start)  # ty: ignore[invalid-argument-type] - the word is one of those
        return left

    def _simple(self) -> Query:
        at = self.at
        if self.mark("("):
            found = self.query()
            self.expect(")")
            return found
        if self.word("select"):
            return self._select(at)
        if self.word("values"):
            return self._values(at)
        if self.word("table"):
            source = TableRef(self.dotted(), at=at)
            return Select((Target(Star(at=at)),), sources=(source,), at=at)
        return self.fail()

    def _values(self, at: int) -> Values:
        rows = [self._values_row()]
        while self.mark(","):
            rows.append(self._values_row())
        return Values(tuple(rows), at=at)

    def _values_row(self) -> tuple[Node, ...]:
        self.expect("(")
        items = self.expressions()
        self.expect(")")
        return items

    # -- SELECT

    def _select(self, at: int) -> Select:
        said: dict[str, Any] = {}
        if self.word("distinct"):
            said["distinct"] = ()
            if self.word("on"):
                self.expect("(")
                said["distinct"] = self.expressions()
                self.expect(")")
        else:
            self.word("all")
        targets = () if self._ends_targets() else self.targets()
        if self.is_word("into"):
            raise unsupported("SELECT INTO", self.at)
        if self.word("from"):
            said["sources"] = self.sources()
        if self.word("where"):
            said["where"] = self.expression()
        if self.word("group", "by"):
            said["group_distinct"] = self.word("distinct")
            self.word("all")
            said["groups"] = self._groups()
        if self.word("having"):
            said["having"] = self.expression()
        if self.word("window"):
            said["windows"] = self._windows()
        return Select(targets, **said, at=at)

    def _ends_targets(self) -> bool:
        return self.token.kind == "end" or self.is_mark(")", ";") or self.is_word("from", "where")

    def targets(self) -> tuple[Target, ...]:
        """The columns of a result."""
        found = [self._target()]
        while self.mark(","):
            found.append(self._target())
        return tuple(found)

    def _target(self) -> Target:
        at = self.at
        if self.is_operator("*"):
            self.take()
            return Target(Star(at=at), at=at)
        value = self.expression()
        name = ""
        if (
            self.word("as")
            or self.token.kind == "name"
            or (self.token.kind == "word" and keywords.is_bare_label(self.token.text))
        ):
            name = self.label()
        return Target(value, name, at=at)

    def _groups(self) -> tuple[Node, ...]:
        found = [self._group()]
        while self.mark(","):
            found.append(self._group())
        return tuple(found)

    def _group(self) -> Node:
        at = self.at
        if self.is_mark("(") and self.ahead().text == ")":
            self.take()
            self.take()
            return GroupingSet("empty", at=at)
        kind = self.one_of("rollup", "cube") if self.ahead().text == "(" else ""
        if kind:
            self.expect("(")
            parts = self.expressions()
            self.expect(")")
            return GroupingSet(kind, parts, at=at)  # ty: ignore[invalid-argument-type] - the word is one of those
        if self.word("grouping", "sets"):
            self.expect("(")
            sets = self._groups()
            self.expect(")")
            return GroupingSet("sets", sets, at=at)
        return self.expression()

    def _windows(self) -> tuple[Window, ...]:
        found = []
        while True:
            at = self.at
            name = self.name()
            self.expect_word("as")
            found.append(self.window(name, at))
            if not self.mark(","):
                return tuple(found)

    def _around(self) -> dict[str, Any]:
        """ORDER BY, LIMIT, OFFSET, FETCH and FOR, in any order but the first."""
        said: dict[str, Any] = {}
        if order := self.order_by():
            said["order"] = order
        while True:
            if self.word("limit"):
                said["limit"] = self._limit(said)
            elif self.word("offset"):
                said["offset"] = self.expression()
                self.one_of("row", "rows")
            elif self.word("fetch"):
                self._fetch(said)
            elif self.word("for"):
                said["locks"] = (*said.get("locks", ()), self._lock())
            else:
                return said

    def _limit(self, said: dict[str, Any]) -> Node:
        if "limit" in said:
            raise error("42601", "multiple LIMIT clauses not allowed")
        if self.word("all"):
            return Constant("null")
        found = self.expression()
        if self.is_mark(","):
            at = self.at
            hint = "Use separate LIMIT and OFFSET clauses."
            raise error("42601", "LIMIT #,# syntax is not supported", at, hint=hint)
        return found

    def _fetch(self, said: dict[str, Any]) -> None:
        if not self.one_of("first", "next"):
            self.fail()
        said["limit"] = Constant("integer", "1")
        if not self.is_word("row", "rows"):
            said["limit"] = self.restricted()
        if not self.one_of("row", "rows"):
            self.fail()
        if self.word("with", "ties"):
            said["ties"] = True
        else:
            self.expect_word("only")

    def _lock(self) -> str:
        words = []
        while self.token.kind in ("word", "name") and not self.is_word("limit", "offset", "fetch", "for"):
            words.append(self.take().text)
        return " ".join(words)

    # -- FROM

    def sources(self) -> tuple[Node, ...]:
        """What stands in FROM, with commas between."""
        found = [self._source()]
        while self.mark(","):
            found.append(self._source())
        return tuple(found)

    def _source(self) -> Node:
        self.deeper()
        left = self._one_source()
        while (kind := self._join_kind()) is not None:
            left = self._join(left, *kind)
        self.depth -= 1
        return left

    def _join_kind(self) -> tuple[bool, str] | None:
        natural = self.word("natural")
        if self.word("cross", "join"):
            return natural, "cross"
        for word in ("inner", "left", "right", "full"):
            after = self.ahead()
            if self.is_word(word) and (after.text == "join" or (after.text == "outer" and word != "inner")):
                self.take()
                self.word("outer")
                self.expect_word("join")
                return natural, word
        if self.word("join"):
            return natural, "inner"
        if natural:
            self.fail()
        return None

    def _join(self, left: Node, natural: bool, kind: str) -> Node:
        at = self.words[self.place - 1].start
        if kind == "cross" or natural:
            return Join(kind, left, self._one_source(), natural=natural, at=at)  # ty: ignore[invalid-argument-type] - the word is one of those
        right = self._source_of_join()
        if self.word("on"):
            return Join(kind, left, right, on=self.expression(), at=at)  # ty: ignore[invalid-argument-type] - the word is one of those
        self.expect_word("using")
        using = self.names()
        alias = Alias(self.name()) if self.word("as") else None
        return Join(kind, left, right, using=using, alias=alias, at=at)  # ty: ignore[invalid-argument-type] - the word is one of those

    def _source_of_join(self) -> Node:
        """The right side of a join, which may be a join that its own ON ends first."""
        right = self._one_source()
        while not self.is_word("on", "using"):
            kind = self._join_kind()
            if kind is None:
                self.fail()
            right = self._join(right, *kind)
        return right

    def _one_source(self) -> Node:
        at = self.at
        lateral = self.word("lateral")
        if self.is_mark("("):
            return self._parenthesised_source(lateral, at)
        if self.is_word("rows") and self.ahead().text == "from":
            return self._rows_from(lateral, at)
        only = self.word("only")
        if (keywords.is_function_name(self.token.text) and self._calls()) or self._special_call():
            return self._function(lateral, at)
        if lateral:
            self.fail()
        if only and self.mark("("):
            names = self.dotted()
            self.expect(")")
        else:
            names = self.dotted()
            if self.is_operator("*"):
                self.take()
        return TableRef(names, self.alias(), only, self._sample(), at=at)

    def _sample(self) -> Sample | None:
        at = self.at
        if not self.word("tablesample"):
            return None
        names = self.dotted()
        self.expect("(")
        args = self.expressions()
        self.expect(")")
        if not self.word("repeatable"):
            return Sample(names, args, at=at)
        self.expect("(")
        seed = self.expression()
        self.expect(")")
        return Sample(names, args, seed, at=at)

    def _calls(self) -> bool:
        """Whether a name with a parenthesis is next."""
        place = self.place
        while self.words[place].kind in ("word", "name") and self.words[place + 1].text == ".":
            place += 2
        return self.words[place].kind in ("word", "name") and self.words[place + 1].text == "("

    def _special_call(self) -> bool:
        return self.is_word(
            "coalesce", "greatest", "least", "current_date", "current_user", "cast", "current_timestamp"
        )

    def _function(self, lateral: bool, at: int) -> Node:
        call = self.expression()
        if not isinstance(call, Call) and not self._special_call():
            self.fail()
        ordinality = self.word("with", "ordinality")
        return FunctionRef((call,), self.alias(), lateral, ordinality, at=at)

    def _rows_from(self, lateral: bool, at: int) -> Node:
        self.expect_word("rows", "from")
        self.expect("(")
        calls = self.expressions()
        self.expect(")")
        ordinality = self.word("with", "ordinality")
        return FunctionRef(calls, self.alias(), lateral, ordinality, rows_from=True, at=at)

    def _parenthesised_source(self, lateral: bool, at: int) -> Node:
        self.expect("(")
        if self._at_query():
            query = self.query()
            self.expect(")")
            # One without a name is what the vendor's holo-search-sdk sends; PostgreSQL has taken it since release 16.
            alias = self.alias() or Alias(f"*{at}*", at=at)
            return QueryRef(query, alias, lateral, at=at)
        found = self._source()
        self.expect(")")
        alias = self.alias()
        if alias is not None:
            raise unsupported("an alias of a join in parentheses", at)
        return found

    def alias(self) -> Alias | None:
        """AS name (columns), if it is next."""
        at = self.at
        if self.word("as"):
            name = "" if self.is_mark("(") else self.name()
        elif self.is_name():
            name = self.name()
        else:
            return None
        if not self.is_mark("("):
            return Alias(name, at=at)
        self.expect("(")
        columns, types = [], []
        while True:
            columns.append(self.name())
            if not self.is_mark(",", ")"):
                types.append(self.type_name())
            if not self.mark(","):
                break
        self.expect(")")
        return Alias(name, tuple(columns), tuple(types), at=at)
