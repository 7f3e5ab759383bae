"""Statements: which kind each is, where one ends and the next begins, and the trees of those that change rows."""

from typing import Any, Literal

from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.parser.queries import QueryParser
from yunbox.sql.hologres.parser.tokens import Token, tokens
from yunbox.sql.hologres.parser.tree import (
    Alias,
    Assignment,
    ColumnRef,
    Conflict,
    Delete,
    Insert,
    Node,
    Query,
    Row,
    Select,
    TableRef,
    Target,
    Update,
)

Kind = Literal["query", "dml", "ddl", "utility", "transaction", "setting", "copy", "empty"]

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("select", "values", "table", "with", "("), "query"),
    **dict.fromkeys(("insert", "update", "delete", "merge"), "dml"),
    **dict.fromkeys(
        ("create", "alter", "drop", "truncate", "comment", "grant", "revoke", "import", "reindex", "refresh",
         "security", "reassign", "call", "do", "cluster"),
        "ddl",
    ),
    **dict.fromkeys(
        ("begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release"), "transaction"
    ),
    **dict.fromkeys(("set", "reset", "show", "discard"), "setting"),
    "copy": "copy",
}  # fmt: skip
_CHANGES = ("insert", "update", "delete", "merge")


class StatementParser(QueryParser):
    """Reads the statements that are planned."""

    def statement(self) -> Node:
        """One statement, with nothing behind it but semicolons. Raises PgError 42601 or 0A000."""
        found = self.any_query()
        while self.mark(";"):
            pass
        if self.token.kind != "end":
            self.fail()
        return found

    def any_query(self) -> Node:
        """A query, or a change with its WITH."""
        place = self.place
        with_ = self.with_clause() if self.is_word("with") else None
        if self.is_word("insert"):
            return self._insert(with_)
        if self.is_word("update"):
            return self._update(with_)
        if self.is_word("delete"):
            return self._delete(with_)
        if self.is_word("merge"):
            raise unsupported("MERGE", self.at)
        self.place = place
        return self.query()

    def _insert(self, with_: Any) -> Insert:
        at = self.at
        if self.word("insert", "overwrite"):
            raise unsupported("INSERT OVERWRITE", at)
        self.expect_word("insert", "into")
        table = self._target_table(only_as=True)
        columns: list[ColumnRef] = []
        if self.is_mark("(") and not self._at_query_in_parentheses():
            columns = self._columns()
        overriding = ""
        if self.word("overriding"):
            overriding = self.one_of("system", "user")
            self.expect_word("value")
        query: Query | None = None
        if not self.word("default", "values"):
            query = self.query()
        conflict = self._conflict() if self.is_word("on") else None
        return Insert(table, tuple(columns), query, conflict, self._returning(), with_, overriding, at=at)

    def _at_query_in_parentheses(self) -> bool:
        place = self.place
        while self.words[place].text == "(":
            place += 1
        return self.words[place].kind == "word" and self.words[place].text in ("select", "with", "values", "table")

    def _columns(self) -> list[ColumnRef]:
        self.expect("(")
        found = [self._column()]
        while self.mark(","):
            found.append(self._column())
        self.expect(")")
        return found

    def _column(self) -> ColumnRef:
        at = self.at
        name = self.name()
        if self.is_mark("[", "."):
            raise unsupported("assignment to a part of a column", at)
        return ColumnRef((name,), at=at)

    def _target_table(self, *, only_as: bool = False) -> TableRef:
        at = self.at
        only = self.word("only")
        names = self.dotted()
        if self.is_operator("*"):
            self.take()
        alias = None
        if self.word("as") or (not only_as and self.is_name() and not self.is_word("set")):
            alias = Alias(self.name())
        return TableRef(names, alias, only, at=at)

    def _conflict(self) -> Conflict:
        at = self.at
        self.expect_word("on", "conflict")
        columns: tuple[Node, ...] = ()
        constraint, index_where = "", None
        if self.mark("("):
            columns = self.expressions()
            self.expect(")")
            index_where = self.expression() if self.word("where") else None
        elif self.word("on", "constraint"):
            constraint = self.name()
        self.expect_word("do")
        if self.word("nothing"):
            return Conflict(columns, constraint, None, None, index_where, at=at)
        self.expect_word("update", "set")
        assignments = self._assignments()
        where = self.expression() if self.word("where") else None
        return Conflict(columns, constraint, assignments, where, index_where, at=at)

    def _assignments(self) -> tuple[Assignment, ...]:
        found = [self._assignment()]
        while self.mark(","):
            found.append(self._assignment())
        return tuple(found)

    def _assignment(self) -> Assignment:
        at = self.at
        many = self.is_mark("(")
        columns = tuple(column.names[0] for column in self._columns()) if many else self._column().names
        if not self.is_operator("="):
            self.fail()
        self.take()
        value = self.expression()
        if self.is_mark("(") and len(columns) > 1 and not isinstance(value, Row):
            self.fail()
        return Assignment(columns, value, at=at)

    def _update(self, with_: Any) -> Update:
        at = self.at
        self.expect_word("update")
        table = self._target_table()
        self.expect_word("set")
        assignments = self._assignments()
        sources = self.sources() if self.word("from") else ()
        return Update(table, assignments, sources, self._where(), self._returning(), with_, at=at)

    def _delete(self, with_: Any) -> Delete:
        at = self.at
        self.expect_word("delete", "from")
        table = self._target_table()
        sources = self.sources() if self.word("using") else ()
        return Delete(table, sources, self._where(), self._returning(), with_, at=at)

    def _where(self) -> Node | None:
        if not self.word("where"):
            return None
        if self.are_words("current", "of"):
            raise unsupported("WHERE CURRENT OF", self.at)
        return self.expression()

    def _returning(self) -> tuple[Target, ...]:
        return self.targets() if self.word("returning") else ()


def parse(text: str) -> Node:
    """The tree of one statement: a query, or a change of rows. Raises PgError 42601 and others of the lexer."""
    return StatementParser(text).statement()


def expression(text: str) -> Node:
    """The tree of an expression that stands alone, such as a default. Raises PgError 42601 for anything more."""
    found = parse(f"SELECT {text}")
    if isinstance(found, Select) and len(found.targets) == 1 and found == Select(found.targets, at=found.at):
        [target] = found.targets
        if not target.name:
            return target.value
    raise error("42601", f'syntax error in expression "{text}"')


def split(text: str) -> list[str]:
    """The statements of a simple query, each without its semicolon; empty ones are left out.

    Raises PgError 42601 for what has no words, such as a string without an end.
    """
    found, start, last, words = [], 0, 0, tokens(text)
    depth = 0
    for token in words:
        if token.kind == "mark" and token.text in "()":
            depth += 1 if token.text == "(" else -1
        if token.kind == "end" or (token.text == ";" and token.kind == "mark" and depth <= 0):
            if last > start:
                found.append(text[start:last])
            start = token.end
        else:
            if last <= start:
                start = token.start
            last = token.end
    return found


def kind(text: str) -> Kind:
    """Which kind of statement a text is, by its first words. Raises PgError 42601 as ``split`` does."""
    words = tokens(text)
    first = words[0]
    if first.kind == "end":
        return "empty"
    if first.text == "with":
        return "dml" if _changes_behind_with(words) else "query"
    return _KINDS.get(first.text, "utility") if first.kind in ("word", "mark") else "utility"


def _changes_behind_with(words: list[Token]) -> bool:
    """Whether a change stands behind WITH, outside its parentheses."""
    depth = 0
    for token in words:
        if token.kind == "mark" and token.text in "()":
            depth += 1 if token.text == "(" else -1
        elif depth == 0 and token.kind == "word" and token.text in (*_CHANGES, "select", "values", "table"):
            return token.text in _CHANGES
    return False


__all__ = ["Kind", "kind", "parse", "split"]
