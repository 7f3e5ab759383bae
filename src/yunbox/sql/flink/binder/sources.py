"""FROM: tables, views, queries, window functions and joins, as drafts.

Source: the pages "Joins", "Windowing TVF" and "Hints" of Flink 2.x.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from yunbox.sql.flink.binder.asking import QueryBinder
from yunbox.sql.flink.binder.attached import (
    Attach,
    element_columns,
    lookup,
    row_columns,
    table_columns,
    temporal,
    unnested,
)
from yunbox.sql.flink.binder.conditions import Conjunct, conjunct, parts
from yunbox.sql.flink.binder.context import Context, duration_ms
from yunbox.sql.flink.binder.drafts import Attached, Draft, Joined, Leaf, finished, scope
from yunbox.sql.flink.binder.expressions import Expressions
from yunbox.sql.flink.binder.joins import JoinHints
from yunbox.sql.flink.binder.matching import matched
from yunbox.sql.flink.binder.scope import Column, Scope
from yunbox.sql.flink.binder.tables import missing, one_row, read_table
from yunbox.sql.flink.binder.windowing import windowed
from yunbox.sql.flink.expr import Expr
from yunbox.sql.flink.parser import tree
from yunbox.sql.flink.plans import JoinKind, Table

_HINTS = ("STATE_TTL", "LOOKUP", "BROADCAST", "SHUFFLE_HASH", "SHUFFLE_MERGE", "NEST_LOOP", "OPTIONS", "MULTI_JOIN")


class SourceBinder:
    """Binds FROM clauses. ``queries`` binds the queries that stand in them."""

    def __init__(self, context: Context, queries: QueryBinder) -> None:
        self.context = context
        self.queries = queries

    def bind(self, node: tree.Node) -> Draft:
        """A FROM clause."""
        if isinstance(node, tree.TableName):
            if node.as_of is not None:
                raise self.context.refuse("FOR SYSTEM_TIME AS OF outside a join", node)
            return self._table(node)
        if isinstance(node, tree.Derived):
            if node.lateral:
                raise self.context.refuse("a LATERAL query", node)
            found = self.queries.query(node.query, self.context.inner())
            return Leaf(found.aliased(node.alias.name, node.alias.columns))
        if isinstance(node, tree.TableCall):
            return self._call(node)
        if isinstance(node, tree.UnnestOf):
            return self._attach_unnest(None, node, outer=False)
        if isinstance(node, tree.JoinOf):
            return self._join(node)
        if isinstance(node, tree.MatchRecognize):
            found = matched(node, finished(self.bind(node.input), ()), self.context)
            return Leaf(found.aliased(node.alias.name, node.alias.columns))
        raise self.context.refuse(type(node).__name__, node)

    def _table(self, node: tree.TableName) -> Draft:
        found = read_table(node, self.context, self.queries)
        return Leaf(found.aliased(node.alias.name, node.alias.columns))

    def _call(self, node: tree.TableCall) -> Draft:
        if _is_function(node):
            return self._attach_rows(None, node, outer=False)
        found = windowed(node.call, self.context, lambda one: finished(self.bind(one), ()))
        return Leaf(found.aliased(node.alias.name, node.alias.columns))

    # -- joins

    def _join(self, node: tree.JoinOf) -> Draft:
        left = self.bind(node.left)
        right = node.right
        outer = node.kind == "LEFT"
        special = (
            isinstance(right, tree.UnnestOf)
            or _is_function(right)
            or (isinstance(right, tree.TableName) and right.as_of is not None)
        )
        if special and node.kind in ("RIGHT", "FULL"):
            raise self.context.error(f"{node.kind} join is not defined here: use INNER or LEFT", node)
        if isinstance(right, tree.UnnestOf):
            return self._attach_unnest(left, right, outer=outer, on=node.on)
        if isinstance(right, tree.TableCall) and _is_function(right):
            return self._attach_rows(left, right, outer=outer, on=node.on)
        if isinstance(right, tree.TableName) and right.as_of is not None:
            return self._versioned(left, right, node)
        return self._plain(node, left, self.bind(right))

    def _plain(self, node: tree.JoinOf, left: Draft, right: Draft) -> Draft:
        kind: JoinKind = "INNER" if node.kind == "CROSS" else node.kind
        columns = _joined_columns(kind, left.columns, right.columns)
        columns, on = self._named_keys(node, left, right, columns)
        conditions = (*on, *self._conditions(node.on, columns))
        return Joined(kind, left, right, conditions, columns, self.hints())

    def _conditions(self, on: tree.Node | None, columns: tuple[Column, ...]) -> tuple[Conjunct, ...]:
        binder = Expressions(self.context, Scope(columns), "ON")
        return tuple(conjunct(one, binder) for one in parts(on))

    def _named_keys(
        self, node: tree.JoinOf, left: Draft, right: Draft, columns: tuple[Column, ...]
    ) -> tuple[tuple[Column, ...], list[Conjunct]]:
        """USING and NATURAL: the columns of the names are equal, and the right's are found by their qualifier only."""
        names = node.using
        if node.natural:
            theirs = {one.name for one in right.columns}
            names = tuple(one.name for one in left.columns if one.name in theirs)
        if not names:
            return columns, []
        if node.kind in ("RIGHT", "FULL"):
            raise self.context.refuse(f"{node.kind} JOIN with USING or NATURAL", node)
        width, made, found = len(left.columns), list(columns), []
        for name in names:
            first, _ = scope(left).find((name,), self.context.text, node.at)
            second, _ = scope(right).find((name,), self.context.text, node.at)
            binder = Expressions(self.context, _Places(columns, {("l",): first, ("r",): width + second}), "USING")
            equal = tree.Operation("=", tree.Name(("l",)), tree.Name(("r",)), at=node.at)
            found.append(conjunct(equal, binder))
            made[first] = replace(made[first], common=True)
            made[width + second] = replace(made[width + second], hidden=True)
        return tuple(made), found

    def hints(self) -> JoinHints:
        """What the SELECT's hints say about state."""
        names: dict[str, int] = {}
        for hint in self.context.hints:
            if hint.name not in _HINTS:
                raise self.context.error(f"The hint '{hint.name}' is unknown", hint)
            if hint.name == "STATE_TTL":
                names |= {key: duration_ms(value) for key, value in hint.pairs}
        return JoinHints(self.context.ttl_ms, names, self.context.batch)

    # -- what is attached to the left's rows

    def _versioned(self, left: Draft, right: tree.TableName, node: tree.JoinOf) -> Draft:
        """FOR SYSTEM_TIME AS OF: a look-up by a processing time, a version by a row time."""
        as_of = Expressions(self.context, scope(left), "FOR SYSTEM_TIME").bind(right.as_of or node)
        place = as_of.column
        if place is None or not as_of.time:
            raise self.context.cannot(
                "Temporal table join currently only supports 'FOR SYSTEM_TIME AS OF' left table's time attribute field."
            )
        if node.kind not in ("INNER", "LEFT"):
            raise self.context.error("Temporal joins are INNER or LEFT", node)
        kind = "LEFT" if node.kind == "LEFT" else "INNER"
        if as_of.time == "proctime":
            return self._lookup(left, right, node, kind)
        found = read_table(replace(right, as_of=None), self.context, self.queries).aliased(
            right.alias.name, right.alias.columns
        )
        columns = _joined_columns(kind, left.columns, found.columns)
        conditions = self._conditions(node.on, columns)
        attach = temporal(kind, found, place, columns, self.hints())
        return Attached(left, columns, conditions, attach, outer=kind == "LEFT")

    def _lookup(self, left: Draft, right: tree.TableName, node: tree.JoinOf, kind: str) -> Draft:
        table = self.context.catalog.table(right.path)
        if table is None:
            raise missing(right, self.context)
        if not isinstance(table, Table):
            raise self.context.cannot("Processing-time temporal join is not supported yet.")
        columns = table_columns(table)
        alias = right.alias.name or table.name
        qualified = tuple(replace(one, qualifier=(alias,)) for one in columns)
        both = _joined_columns("LEFT" if kind == "LEFT" else "INNER", left.columns, qualified)
        conditions = self._conditions(node.on, both)
        attach = lookup("LEFT" if kind == "LEFT" else "INNER", table, right, both, self.context)
        return Attached(left, both, conditions, attach, outer=kind == "LEFT")

    def _attach_unnest(
        self, left: Draft | None, node: tree.UnnestOf, *, outer: bool, on: tree.Node | None = None
    ) -> Draft:
        binder = Expressions(self.context, scope(left) if left is not None else Scope(()), "UNNEST")
        value: Expr = binder.bind(node.expression)
        attach = partial(unnested, value, node.ordinality)
        return self._attach(left, node, element_columns(value, node, self.context), attach, on, outer=outer)

    def _attach_rows(
        self, left: Draft | None, node: tree.TableCall, *, outer: bool, on: tree.Node | None = None
    ) -> Draft:
        """The rows that a function in Python gives for each row of the left, whose columns it takes."""
        call = node.call
        user = self.context.catalog.function(call.path)
        if user is None:
            raise self.context.refuse(f"the table function {call.path[-1]}", node)
        binder = Expressions(self.context, scope(left) if left is not None and node.lateral else Scope(()), "TABLE")
        value = binder.rows(user, call)
        attach = partial(unnested, value, False, function=user.name)
        return self._attach(left, node, row_columns(value, node, self.context), attach, on, outer=outer)

    def _attach(
        self,
        left: Draft | None,
        node: tree.UnnestOf | tree.TableCall,
        added: tuple[Column, ...],
        attach: Callable[..., Attach],
        on: tree.Node | None,
        *,
        outer: bool,
    ) -> Draft:
        columns = (*(left.columns if left is not None else ()), *(replace(one, type=one.type.of(nullable=True)) if outer
                                                                  else one for one in added))  # fmt: skip
        conditions = self._conditions(on, columns)
        conditions = tuple(one for one in conditions if one.sql != "TRUE")
        if outer and conditions:
            what = "LATERAL TABLE" if isinstance(node, tree.TableCall) else "UNNEST"
            raise self.context.refuse(f"LEFT JOIN {what} with a condition other than TRUE", node)
        return Attached(left or _nothing(), columns, conditions, attach(columns, outer=outer), outer)


def _is_function(node: tree.Node) -> bool:
    """Whether it is a table function, but for those that assign windows."""
    return isinstance(node, tree.TableCall) and node.call.name not in ("TUMBLE", "HOP", "CUMULATE", "SESSION")


class _Places(Scope):
    """A scope whose names stand for places that are known."""

    def __init__(self, columns: tuple[Column, ...], places: dict[tuple[str, ...], int]) -> None:
        super().__init__(columns)
        object.__setattr__(self, "places", places)

    def find(self, parts: tuple[str, ...], text: str, at: object) -> tuple[int, tuple[str, ...]]:
        """The place of one of the names."""
        return self.places[parts], ()  # ty: ignore[missing-attribute]


def _nothing() -> Draft:
    return Leaf(one_row())


def _joined_columns(kind: str, left: tuple[Column, ...], right: tuple[Column, ...]) -> tuple[Column, ...]:
    first = tuple(_maybe(one) if kind in ("RIGHT", "FULL") else one for one in left)
    return (*first, *(_maybe(one) if kind in ("LEFT", "FULL") else one for one in right))


def _maybe(one: Column) -> Column:
    return replace(one, type=one.type.of(nullable=True))
