"""MATCH_RECOGNIZE: variables, their conditions and the measures, as expressions over what they read of a match.

Source: the page "Pattern Recognition" of Flink 2.x, and what a real Flink answers and refuses.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from yunbox.sql.flink.binder.context import Context
from yunbox.sql.flink.binder.expressions import Expressions
from yunbox.sql.flink.binder.grouping import bound_call
from yunbox.sql.flink.binder.joins import with_more
from yunbox.sql.flink.binder.literals import interval_ms
from yunbox.sql.flink.binder.scope import Column, Relation, Scope
from yunbox.sql.flink.catalog import Function
from yunbox.sql.flink.errors import NotSensible, ValidationFailed
from yunbox.sql.flink.expr import Expr, mark
from yunbox.sql.flink.matches import Match, MatchRead, MatchVariable
from yunbox.sql.flink.parser import tree
from yunbox.sql.flink.plans import Bound, Field, Order, UserFunction
from yunbox.sql.flink.types import BIGINT

_AGGREGATES = (
    "COUNT", "SUM", "AVG", "MIN", "MAX", "FIRST_VALUE", "LAST_VALUE", "LISTAGG", "STDDEV_POP", "STDDEV_SAMP", "STDDEV",
    "VAR_POP", "VAR_SAMP", "VARIANCE",
)  # fmt: skip
_PHYSICAL = ("PREV", "NEXT")


class Reader:
    """The columns that a match reads of its rows: those of the input, and expressions over them behind."""

    def __init__(self, relation: Relation) -> None:
        self.relation = relation
        self.more: list[Expr] = []

    def place(self, value: Expr) -> int:
        """Where an expression over a row stands."""
        if (column := value.column) is not None:
            return column
        known = [one.sql for one in self.more]
        if value.sql not in known:
            self.more.append(value)
            known.append(value.sql)
        return len(self.relation.node.fields) + known.index(value.sql)


class MatchExpressions(Expressions):
    """Expressions of MEASURES and DEFINE. What they read are the columns of what they give."""

    def __init__(
        self, context: Context, reader: Reader, parts: Sequence[tree.PatternPart], order: int, current: str = ""
    ) -> None:
        columns = tuple(replace(one, qualifier=()) for one in reader.relation.columns)  # variables alone qualify
        super().__init__(context, Scope(columns), "DEFINE" if current else "MEASURES")
        self.reads: list[MatchRead] = []
        self._reader = reader
        self._variables = [one.variable for one in parts]
        self._mapped = {"", current} if current else {"", *(one.variable for one in parts if one.least)}
        """The variables that have a row in any case."""
        self._order = order
        self._inside: set[str] | None = None

    # -- of one row

    def _of_row(self, nodes: Sequence[tree.Node], node: tree.Call) -> tuple[list[Expr], str]:
        """Expressions over a row, and the variable that they are about."""
        if self._inside is not None:
            raise self.context.error(f"Cannot nest '{node.path[-1]}' within a function of rows", node)
        self._inside = set()
        found = [self.bind(one) for one in nodes]
        variables, self._inside = self._inside, None
        return found, self._one(variables, node)

    def _one(self, variables: set[str], node: tree.Call) -> str:
        if len(variables) > 1:
            raise self.context.error(f"Multiple pattern variables in '{node.path[-1]}(...)'", node)
        return next(iter(variables), "")

    def name(self, node: tree.Name) -> Expr:
        """A column of a variable's last row, or within FIRST, LAST and aggregates of the row that they are about."""
        variable = node.parts[0] if len(node.parts) > 1 and node.parts[0] in self._variables else ""
        plain = tree.Name(node.parts[1:], at=node.at) if variable else node
        value = super().name(plain)
        if self._inside is not None:
            self._inside.add(variable)
            return value
        return self._read("LAST", variable, value)

    def _read(self, function: str, variable: str, value: Expr, offset: int = 0) -> Expr:
        of = value.type if variable in self._mapped and not offset else value.type.of(nullable=True)
        read = MatchRead(function, variable, of, self._reader.place(value), offset)  # ty: ignore[invalid-argument-type]
        return replace(self._given(read), time=value.time, name=value.name)

    def _given(self, read: MatchRead) -> Expr:
        if read not in self.reads:
            self.reads.append(read)
        return Expr(mark(self.reads.index(read)), read.type)

    # -- calls

    def call(self, node: tree.Call) -> Expr:
        """A function; those of a match's rows are what is read."""
        name = node.name if len(node.path) == 1 else ""
        if name in ("FIRST", "LAST"):
            return self._navigated(node)
        if name in _PHYSICAL:
            if self.clause == "MEASURES":
                raise self.context.error(f"Cannot use PREV/NEXT in MEASURE '{name}(...)'", node)
            raise NotSensible("Flink does not support physical offsets within partition.")
        if name in ("CLASSIFIER", "MATCH_NUMBER"):
            raise NotSensible(f"Unsupported call: {name}()")
        if name in ("MATCH_ROWTIME", "MATCH_PROCTIME"):
            return self._time(node)
        if node.over is not None:
            raise self.context.error("OVER has no place in MATCH_RECOGNIZE", node)
        return super().call(node)

    def _navigated(self, node: tree.Call) -> Expr:
        """FIRST(A.x, n) and LAST(A.x, n)."""
        if len(node.arguments) not in (1, 2) or node.distinct or node.filter or node.star:
            raise self.context.error(f"Invalid number of arguments to function '{node.name}'", node)
        offset = 0
        if len(node.arguments) == 2:
            given = node.arguments[1]
            if not isinstance(given, tree.Constant) or given.kind != "integer":
                raise self.context.error(f"The offset of {node.name} is a whole number, as a literal", node)
            offset = int(given.text)
        [value], variable = self._of_row(node.arguments[:1], node)
        if not value.columns:
            raise self.context.error(f"{node.name} is of a column", node)
        return self._read(node.name, variable, value, offset)

    def _time(self, node: tree.Call) -> Expr:
        if node.arguments:
            raise self.context.error(f"Invalid number of arguments to function '{node.name}'", node)
        if self.clause != "MEASURES":
            raise self.context.refuse(f"{node.name} in DEFINE", node)
        if node.name == "MATCH_PROCTIME":
            now = super().call(tree.Call(("PROCTIME",), at=node.at))
            return replace(now, type=now.type.of(nullable=False))
        column = self._reader.relation.columns[self._order]
        if column.time == "proctime":
            raise self.context.refuse("MATCH_ROWTIME in an order by processing time", node)
        of = column.type.of(nullable=False)
        return self._read("LAST", "", Expr(mark(self._order), of, column.time))

    def aggregate(self, node: tree.Call) -> Expr:
        """An aggregate over the rows of a variable, the one that is being judged among them."""
        if node.distinct:
            raise self.context.error(f"DISTINCT/ALL not allowed with {node.name}(DISTINCT ...) function", node)
        if node.name not in _AGGREGATES or node.filter is not None:
            raise self.context.refuse(f"{node.path[-1]} in MATCH_RECOGNIZE", node)
        if self._inside is not None:
            raise self.context.error("Aggregate expressions cannot be nested", node)
        self._inside = set()
        call = bound_call(node, self, grouped=True)
        variables, self._inside = self._inside, None
        variable = self._one(variables, node)
        arguments = tuple(self._argument(one) for one in call.arguments)
        of = call.type if node.name == "COUNT" else call.type.of(nullable=True)
        call = replace(call, arguments=arguments, type=BIGINT.of(nullable=False) if node.name == "COUNT" else of)
        return self._given(MatchRead("AGGREGATE", variable, call.type, call=call))

    def _argument(self, value: Bound) -> Bound:
        if not Expr(value.sql, value.type).columns:
            return value
        return Bound(mark(self._reader.place(Expr(value.sql, value.type))), value.type)

    def user_call(self, user: Function, args: list[Expr], node: tree.Call) -> tuple[UserFunction, tuple[Bound, ...]]:
        """A function of a user's, in Python."""
        raise NotSensible("Python Function can not be used in MATCH_RECOGNIZE for now.")


def matched(node: tree.MatchRecognize, relation: Relation, context: Context) -> Relation:
    """The relation of the matches in another's rows."""
    keys = tuple(_key(one, relation, context) for one in node.partition)
    order = _order(node, relation, context)
    _check(node, [one.variable for one in node.pattern], context)
    reader = Reader(relation)
    conditions = {one.alias: one for one in node.defines}
    variables = []
    for part in node.pattern:
        binder = MatchExpressions(context, reader, node.pattern, order[0].column, part.variable)
        found = conditions.get(part.variable)
        sql = binder.condition(found.expression).sql if found is not None else ""
        variables.append(
            MatchVariable(part.variable, part.least, part.most, part.is_reluctant, sql, tuple(binder.reads))
        )
    binder = MatchExpressions(context, reader, node.pattern, order[0].column)
    values = [binder.bind(one.expression) for one in node.measures]
    columns = [relation.columns[place] for place in keys]
    measured = [Column(one.alias, value.type, value.time) for one, value in zip(node.measures, values, strict=True)]
    made = (*(Column(one.name, one.type) for one in columns), *measured)
    names = [one.name for one in made]
    if twice := {one for one in names if names.count(one) > 1}:
        raise ValidationFailed(f"Columns ambiguously defined: {{{', '.join(sorted(twice))}}}")
    fields = tuple(Field(one.name, one.type, one.time) for one in made)
    below = with_more(relation.node, reader.more)
    within = _within(node, context)
    measures = tuple(Bound(one.sql, one.type) for one in values)
    match = Match(fields, below, keys, order, tuple(variables), measures, tuple(binder.reads), node.skip, node.skip_to,
                  within)  # fmt: skip
    return Relation(match, made)


def _key(node: tree.Node, relation: Relation, context: Context) -> int:
    place = Expressions(context, Scope(relation.columns), "PARTITION BY").bind(node).column
    if place is None:
        raise context.refuse("PARTITION BY an expression in MATCH_RECOGNIZE", node)
    return place


def _order(node: tree.MatchRecognize, relation: Relation, context: Context) -> tuple[Order, ...]:
    if not node.order:
        raise NotSensible("You must specify either rowtime or proctime for order by.")
    found = []
    for one in node.order:
        place = Expressions(context, Scope(relation.columns), "ORDER BY").bind(one.expression).column
        if place is None:
            raise context.refuse("ORDER BY an expression in MATCH_RECOGNIZE", one)
        found.append(Order(place, one.descending, one.nulls_first))
    first = relation.columns[found[0].column]
    if not first.time and not (context.batch and first.type.root in ("TIMESTAMP", "TIMESTAMP_LTZ")):
        raise NotSensible("You must specify either rowtime or proctime for order by as the first one.")
    if found[0].descending:
        raise NotSensible("Primary sort order of a streaming table must be ascending on time.")
    return tuple(found)


def _check(node: tree.MatchRecognize, names: list[str], context: Context) -> None:
    """What Flink does not plan either."""
    if len(set(names)) < len(names):
        raise NotSensible("Pattern variables must be unique. That might change in the future.")
    if not node.measures:
        raise context.refuse("MATCH_RECOGNIZE without MEASURES", node)
    if node.skip_to and node.skip_to not in names:
        raise context.error(f"Unknown pattern '{node.skip_to}'", node)
    defined = [one.alias for one in node.defines]
    if len(set(defined)) < len(defined):
        twice = next(one for one in defined if defined.count(one) > 1)
        raise context.error(f"Pattern variable '{twice}' has already been defined", node)
    for part in node.pattern:
        if (part.least, part.most) == (0, 1) and part.is_reluctant:
            raise NotSensible("Reluctant optional variables are not supported yet.")
        if part.most is not None and part.most < max(part.least, 1):
            raise NotSensible(f"The to should be a number greater than or equal to from: {max(part.least, 1)}.")
    if all(part.least == 0 for part in node.pattern):
        raise NotSensible("Patterns that can produce empty matches are not supported. There must be at least one "
                          "non-optional state.")  # fmt: skip
    for before, part in pairwise(node.pattern):
        if _is_greedy(before) and part.least == 0 and part.most in (1, None):
            raise NotSensible("Optional pattern cannot be preceded by greedy pattern")
    if _is_greedy(node.pattern[-1]):
        raise NotSensible("Greedy quantifiers are not allowed as the last element of a Pattern yet. Finish your "
                          "pattern with either a simple variable or reluctant quantifier.")  # fmt: skip


def _is_greedy(part: tree.PatternPart) -> bool:
    return not part.is_reluctant and part.least != part.most and (part.least, part.most) != (0, 1)


def _within(node: tree.MatchRecognize, context: Context) -> int:
    if node.within is None:
        return 0
    if not isinstance(node.within, tree.IntervalOf) or node.within.unit in ("YEAR", "MONTH", "QUARTER"):
        raise NotSensible("Only constant intervals with millisecond resolution are supported as time constraints of "
                          "patterns.")  # fmt: skip
    return interval_ms(node.within, context.text)
