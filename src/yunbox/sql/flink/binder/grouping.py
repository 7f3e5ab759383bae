"""GROUP BY: keys, aggregate functions, the windows of the older syntax, and sets of groupings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

from yunbox.sql.flink import coercion
from yunbox.sql.flink.binder.conditions import walk
from yunbox.sql.flink.binder.context import Context, duration_ms
from yunbox.sql.flink.binder.expressions import Expressions
from yunbox.sql.flink.binder.joins import with_more
from yunbox.sql.flink.binder.literals import interval_ms
from yunbox.sql.flink.binder.scope import Column, Relation, Scope
from yunbox.sql.flink.binder.windowing import window_table
from yunbox.sql.flink.errors import FlinkSqlError, ValidationFailed
from yunbox.sql.flink.expr import Expr, mark
from yunbox.sql.flink.functions import AGGREGATES
from yunbox.sql.flink.functions.json import json_member
from yunbox.sql.flink.parser import tree
from yunbox.sql.flink.plans import Aggregate, AggregateCall, Bound, Field, Node, Project, Union
from yunbox.sql.flink.types import BIGINT, FlinkType

_WINDOWS = ("TUMBLE", "HOP", "SESSION")
_SETS_MAX = 64
_ALWAYS_KNOWN = ("COUNT", "COLLECT", "ARRAY_AGG", "JSON_OBJECTAGG", "JSON_ARRAYAGG")
"""Aggregates whose value for no rows is none that others may not have."""
_NO_SERIES = ("ARRAY", "MAP", "MULTISET", "ROW", "TIMESTAMP_LTZ", *coercion.INTERVALS)
"""Types of which no Series is made."""
GroupWindow = Literal["TUMBLE", "HOP", "SESSION"]


def is_aggregate(node: tree.Node, context: Context) -> bool:
    """Whether a tree is a call of an aggregate function, without OVER."""
    if not isinstance(node, tree.Call) or node.over is not None:
        return False
    return (len(node.path) == 1 and node.name in AGGREGATES) or context.user_aggregate(node) is not None


def is_grouped(node: tree.Select, context: Context, order: tuple[tree.Ordered, ...] = ()) -> bool:
    """Whether a SELECT has groups."""
    if node.group is not None or node.having is not None:
        return True
    return any(is_aggregate(one, context) for item in (*node.items, *order) for one in walk(item))


@dataclass
class Grouped:
    """What is known of groups: keys by the SQL of their expressions, calls by theirs, and the windows of the keys."""

    inner: Expressions
    keys: dict[str, Expr]
    calls: dict[str, Expr]
    group_window: tree.Call | None = None
    auxiliaries: dict[str, Expr] | None = None
    grouping: Expr | None = None
    key_order: tuple[str, ...] = ()
    has_keys: bool = True

    def key(self, node: tree.Node) -> Expr | None:
        """The key that a tree is, if it is one."""
        if isinstance(node, tree.Constant) or any(_is_of_groups(one, self.inner.context) for one in walk(node)):
            return None
        try:
            found = self.inner.bind(node)
        except FlinkSqlError:
            return None
        key = self.keys.get(found.sql)
        return replace(key, name=found.name) if key is not None else None

    def call(self, node: tree.Call) -> Expr:
        """The value of a call."""
        return self.calls[signature(bound_call(node, self.inner, grouped=self.has_keys))]

    def auxiliary(self, node: tree.Call) -> Expr | None:
        """TUMBLE_START and its kin, GROUPING and GROUPING_ID."""
        if node.name in ("GROUPING", "GROUPING_ID", "GROUP_ID"):
            return self._grouping(node)
        if self.group_window is None or self.auxiliaries is None:
            return None
        kind, _, part = node.name.partition("_")
        if kind != self.group_window.name or [_bare(one) for one in node.arguments] != [
            _bare(one) for one in self.group_window.arguments
        ]:
            return None
        return self.auxiliaries.get(part or "START")

    def _grouping(self, node: tree.Call) -> Expr | None:
        """A bit for each key that is not in the row's grouping."""
        if self.grouping is None:
            return Expr("CAST(0 AS BIGINT)", BIGINT.of(nullable=False))
        count = len(self.key_order)
        bits = []
        for one in node.arguments:
            place = self.key_order.index(self.inner.bind(one).sql)
            bits.append(f"((({self.grouping.sql}) >> {count - 1 - place}) & 1)")
        made = " | ".join(f"({bit} << {len(bits) - 1 - i})" for i, bit in enumerate(bits))
        return Expr(f"CAST({made} AS BIGINT)", BIGINT.of(nullable=False))


def _is_of_groups(node: tree.Node, context: Context) -> bool:
    if not isinstance(node, tree.Call):
        return isinstance(node, tree.Exists | tree.InQuery | tree.Scalar)
    if node.over is not None or is_aggregate(node, context):
        return True
    return node.name.partition("_")[0] in (*_WINDOWS, "GROUPING")


def _bare(node: object) -> object:
    if isinstance(node, tree.Node):
        return (type(node).__name__, *(_bare(getattr(node, n)) for n in node.__dataclass_fields__ if n != "at"))
    return tuple(_bare(one) for one in node) if isinstance(node, tuple) else node


# -- calls


def bound_call(node: tree.Call, binder: Expressions, *, grouped: bool) -> AggregateCall:
    """A call of an aggregate function over the columns of its input."""
    context = binder.context
    if node.order:
        raise context.refuse(f"ORDER BY inside {node.name}", node)
    if node.nulls:
        raise context.refuse(f"{node.nulls} NULLS of {node.name}", node)
    if len(node.path) > 1 or node.name not in AGGREGATES:
        return _user_call(node, binder, grouped=grouped)
    function = AGGREGATES[node.name]
    if node.name.startswith("JSON_") and (node.filter or node.over):
        raise context.error(f"{node.name} takes no FILTER and no OVER", node)
    _check_flat(node, context)
    words = [one.text for one in node.arguments if isinstance(one, tree.Word)]
    values = tuple(binder.bind(one) for one in node.arguments if not isinstance(one, tree.Word))
    if node.star and node.name != "COUNT":
        raise context.error(f"'*' is of COUNT, not of {node.name}", node)
    if not node.star and not (max(function.least, 1) <= len(values) <= function.most):
        raise context.error(f"Invalid number of arguments to function '{node.name}'", node)
    if values and (reason := function.check(values)):
        raise context.error(reason, node)
    if node.name == "COUNT" and len(values) > 1:
        if node.distinct:
            raise context.refuse("COUNT(DISTINCT ...) of several columns", node)
        values = tuple(one for one in values if one.type.nullable) or values[:1]
        if len(values) > 1:
            raise context.cannot("We now only support the count of one field.")
    if node.name == "APPROX_COUNT_DISTINCT":
        _check_approximate(values[0].type, context)
    condition = _condition(node, binder)
    of = function.returns(values)
    if node.name not in _ALWAYS_KNOWN and (not grouped or condition):
        of = of.of(nullable=True)
    name = _function_name(node, words)
    if name.startswith("JSON_"):
        values = (json_member(values, absent="_ABSENT_" in name),)
    arguments = tuple(Bound(one.sql, one.type) for one in values)
    if node.name == "COUNT" and not node.distinct and all(not one.type.nullable for one in values):
        arguments = ()  # no row is left out
    if name == "APPROX_COUNT_DISTINCT":  # the exact number is one that it may give
        return AggregateCall("COUNT", arguments, of, True, condition)
    return AggregateCall(name, arguments, of, node.distinct, condition)


def _check_flat(node: tree.Call, context: Context) -> None:
    if any(is_aggregate(one, context) for argument in node.arguments for one in walk(argument)):
        raise context.error("Aggregate expressions cannot be nested", node)


def _user_call(node: tree.Call, binder: Expressions, *, grouped: bool) -> AggregateCall:
    """A call of an aggregate function of a user's, in Python."""
    context = binder.context
    function = context.catalog.function(node.path)
    assert function is not None
    _check_flat(node, context)
    if node.star:
        raise context.error(f"'*' is of COUNT, not of {function.name}", node)
    found, arguments = binder.user_call(function, [binder.bind(one) for one in node.arguments], node)
    if found.kind == "pandas aggregate" and node.distinct:
        raise context.refuse(f"DISTINCT in {function.name}, a function over Series,", node)
    if found.kind == "pandas aggregate" and (
        odd := next((one for one in arguments if one.type.root in _NO_SERIES), None)
    ):
        raise context.refuse(f"{function.name}({odd.type.text}), a function over Series of such values,", node)
    condition = _condition(node, binder)
    of = found.returns if grouped and not condition else found.returns.of(nullable=True)
    return AggregateCall(found.duckdb, arguments, of, node.distinct, condition, found)


def _check_approximate(of: FlinkType, context: Context) -> None:
    if not context.batch:
        raise context.cannot("APPROX_COUNT_DISTINCT aggregate function does not support yet for streaming.")
    if of.root not in (*coercion.NUMBERS, *coercion.TEXTS, *coercion.DATETIMES):
        raise context.cannot(f"APPROX_COUNT_DISTINCT aggregate function does not support type: ''{of.root}''.\nPlease "
                             "re-check the data type.")  # fmt: skip


def _condition(node: tree.Call, binder: Expressions) -> str:
    if node.filter is None:
        return ""
    clause, binder.clause = binder.clause, "FILTER"
    found = binder.condition(node.filter).sql
    binder.clause = clause
    return found


def _function_name(node: tree.Call, words: Sequence[str]) -> str:
    """The JSON ones say in their names what they do with NULLs, as Flink's do."""
    name = {"STDDEV": "STDDEV_SAMP", "VARIANCE": "VAR_SAMP"}.get(node.name, node.name)
    if name.startswith("JSON_"):
        default = "NULL" if name == "JSON_OBJECTAGG" else "ABSENT"
        return f"{name}_{(words or [default])[0]}_ON_NULL"
    return name


def signature(call: AggregateCall) -> str:
    """What makes two calls the same."""
    return repr((call.function, [one.sql for one in call.arguments], call.distinct, call.filter, str(call.type)))


# -- groups


def grouped(
    node: tree.Select, relation: Relation, context: Context, order: tuple[tree.Ordered, ...] = ()
) -> tuple[Relation, Grouped]:
    """The groups of a SELECT as a relation: keys, then what its calls and those of its ORDER BY give."""
    # What is ordered by is looked through for calls as the items are.
    node = replace(node, items=(*node.items, *(tree.Item(one.expression) for one in order)))
    plain, sets = _sets(node.group or (), context)
    window = next((one for one in plain if isinstance(one, tree.Call) and one.name in _WINDOWS), None)
    inner = Expressions(context, Scope(relation.columns), "GROUP BY")
    keys = [inner.bind(one) for one in plain if one is not window]
    if any(one.type.root in ("MAP", "MULTISET") for one in keys):
        raise context.refuse("GROUP BY a MAP", node)
    if sets is not None:
        return _grouping_sets(node, relation, context, inner, keys, sets, plain)
    if window is not None:
        return _windowed(node, relation, context, window, keys)
    return _built(node, relation, context, inner, keys)


def _calls(node: tree.Select, inner: Expressions, *, has_keys: bool) -> dict[str, AggregateCall]:
    """All calls of a SELECT, each once."""
    found: dict[str, AggregateCall] = {}
    for part in (*node.items, *((node.having,) if node.having is not None else ()),
                 *((node.qualify,) if node.qualify is not None else ()), *(w for _, w in node.windows)):  # fmt: skip
        for one in walk(part):
            if is_aggregate(one, inner.context):
                made = bound_call(one, inner, grouped=has_keys)  # ty: ignore[invalid-argument-type]
                found.setdefault(signature(made), made)
    return found


def aggregate_window(columns: Sequence[Column], keys: Sequence[int]) -> tuple[int, int] | None:
    """The keys that are the start and the end of the same windows."""
    starts: dict[tuple[object, ...], int] = {}
    for place in keys:
        if (role := columns[place].window) is not None and role.part == "start":
            starts[role.spec] = place
    for place in keys:
        role = columns[place].window
        if role is not None and role.part == "end" and role.spec in starts:
            return starts[role.spec], place
    return None


def _part(column: Column) -> str:
    return column.window.part if column.window is not None else ""


def _built(
    node: tree.Select, relation: Relation, context: Context, inner: Expressions, keys: list[Expr]
) -> tuple[Relation, Grouped]:
    below, places, columns = _with_keys(relation, keys)
    made = _calls(node, inner, has_keys=bool(keys))
    window = aggregate_window(columns, places)
    found = Grouped(inner, {}, {}, has_keys=bool(keys))
    out: list[Column] = []
    for place, key in zip(places, keys, strict=True):
        column = columns[place]
        time = column.time if window is not None and _part(column) == "time" else ""
        role = column.window if window is not None else None
        found.keys.setdefault(key.sql, Expr(mark(len(out)), key.type, time, name=column.name))
        out.append(Column(column.name, key.type, time, role))
    for text, call in made.items():
        found.calls[text] = Expr(mark(len(out)), call.type)
        out.append(Column("", call.type, hidden=True))
    fields = tuple(Field(one.name or f"EXPR${i}", one.type, one.time) for i, one in enumerate(out))
    aggregate = Aggregate(
        fields, below, tuple(places), tuple(made.values()), window, 0 if window else context_ttl(context, relation)
    )
    return Relation(aggregate, tuple(out)), found


def context_ttl(context: Context, relation: Relation) -> int:
    """How long a group's state lives: what STATE_TTL says of the table, else the session's."""
    names = {one.qualifier[-1] for one in relation.columns if one.qualifier}
    for hint in context.hints:
        if hint.name == "STATE_TTL":
            for key, value in hint.pairs:
                if key in names:
                    return duration_ms(value)
    return context.ttl_ms


def _with_keys(relation: Relation, keys: Sequence[Expr]) -> tuple[Node, list[int], list[Column]]:
    """The input with keys that are more than a column behind its own columns."""
    more: list[Expr] = []
    places: list[int] = []
    columns = list(relation.columns)
    for one in keys:
        place = one.column
        if place is None:
            more.append(one)
            place = len(columns)
            columns.append(Column("", one.type, hidden=True))
        places.append(place)
    return with_more(relation.node, more), places, columns


# -- the older windows


def _windowed(
    node: tree.Select, relation: Relation, context: Context, window: tree.Call, keys: list[Expr]
) -> tuple[Relation, Grouped]:
    """GROUP BY TUMBLE(ts, INTERVAL ...): the windows as columns, then groups by them."""
    kind: GroupWindow = window.name  # ty: ignore[invalid-assignment]
    inner = Expressions(context, Scope(relation.columns), "GROUP BY")
    if not window.arguments:
        raise context.error(f"{kind} needs a time attribute and intervals", window)
    time = inner.bind(window.arguments[0]).column
    if time is None:
        raise context.cannot(f"Window can only be defined over a time attribute column, but not over an expression")  # noqa: F541
    if context.batch and relation.columns[time].time == "proctime":
        raise ValidationFailed("Window can not be defined over a proctime attribute column for batch mode")
    sizes = [_size(one, context, window) for one in window.arguments[1:]]
    if len(sizes) < (2 if kind == "HOP" else 1):
        raise context.error(f"Invalid number of arguments to function '{kind}'", window)
    # HOP has the slide first; a further interval is where windows are aligned to.
    slide, size, *more = sizes if kind == "HOP" else (0, *sizes)
    partition = keys if kind == "SESSION" else []
    made = window_table(kind, relation, time, size, slide, more[0] if more else 0, partition, context, window)
    # Only TUMBLE_START and its kin name the windows.
    made = replace(made, columns=(*made.columns[:-3], *(replace(one, hidden=True) for one in made.columns[-3:])))
    count = len(made.columns)
    wide = Expressions(context, Scope(made.columns), "GROUP BY")
    bounds = [
        Expr(mark(count - 3 + i), made.columns[count - 3 + i].type, made.columns[count - 3 + i].time) for i in range(3)
    ]
    wanted = [*keys, *bounds]
    relation_out, found = _built(node, made, context, wide, wanted)
    found.group_window = window
    start, end, at = (found.keys[one.sql] for one in bounds)
    row_time = replace(at, time="rowtime" if made.columns[-1].time != "proctime" else "proctime")
    found.auxiliaries = {"START": start, "END": end, "ROWTIME": row_time, "PROCTIME": row_time}
    return relation_out, found


def _size(node: tree.Node, context: Context, window: tree.Call) -> int:
    if not isinstance(node, tree.IntervalOf):
        raise context.error(f"Only constant window intervals are supported in {window.name}", window)
    return interval_ms(node, context.text)


# -- GROUPING SETS, CUBE, ROLLUP


def _sets(items: Sequence[tree.Node], context: Context) -> tuple[list[tree.Node], list[list[tree.Node]] | None]:
    """All key expressions, and the groupings when there are several."""
    groupings = [one for one in items if isinstance(one, tree.Grouping)]
    if not groupings:
        return list(items), None
    combined: list[list[tree.Node]] = [[one for one in items if not isinstance(one, tree.Grouping)]]
    for grouping in groupings:
        combined = [[*left, *right] for left in combined for right in _expanded(grouping)]
    if len(combined) > _SETS_MAX:
        raise context.refuse(f"more than {_SETS_MAX} groupings", groupings[0])
    every: list[tree.Node] = []
    for one in (key for grouping in combined for key in grouping):
        if not any(_bare(one) == _bare(other) for other in every):
            every.append(one)
    return every, combined


def _expanded(grouping: tree.Grouping) -> list[list[tree.Node]]:
    if grouping.kind == "GROUPING SETS":
        return [list(one) for one in grouping.sets]
    flat = [list(one) for one in grouping.sets]
    if grouping.kind == "ROLLUP":
        return [[key for part in flat[:count] for key in part] for count in range(len(flat), -1, -1)]
    chosen = [pick for count in range(len(flat), -1, -1) for pick in combinations(flat, count)]
    return [[key for part in pick for key in part] for pick in chosen]


def _grouping_sets(
    node: tree.Select,
    relation: Relation,
    context: Context,
    inner: Expressions,
    keys: list[Expr],
    sets: list[list[tree.Node]],
    nodes: Sequence[tree.Node],
) -> tuple[Relation, Grouped]:
    """Each row once for each grouping, with the keys that are not in it NULL, and the grouping's number as a key."""
    width = len(relation.columns)
    of = BIGINT.of(nullable=False)
    branches = []
    insides = [[any(_bare(one) == _bare(other) for other in grouping) for one in nodes] for grouping in sets]
    types = [
        one.type if all(inside) else one.type.of(nullable=True) for one, *inside in zip(keys, *insides, strict=True)
    ]
    names = [relation.columns[one.column].name if one.column is not None else f"EXPR${i}" for i, one in enumerate(keys)]
    fields = (
        *relation.node.fields,
        *(Field(name, one) for name, one in zip(names, types, strict=True)),
        Field("$e", of),
    )
    kept = tuple(Bound(mark(i), one.type) for i, one in enumerate(relation.node.fields))
    for inside in insides:
        number = sum(1 << (len(keys) - 1 - i) for i, one in enumerate(inside) if not one)
        made = tuple(
            Bound(key.sql if present else f"CAST(NULL AS {one.duckdb})", one)
            for key, present, one in zip(keys, inside, types, strict=True)
        )
        branches.append(Project(fields, relation.node, (*kept, *made, Bound(f"CAST({number} AS BIGINT)", of))))
    columns = (
        *relation.columns,
        *(Column(name, one, hidden=True) for name, one in zip(names, types, strict=True)),
        Column("$e", of, hidden=True),
    )
    expanded = Relation(Union(fields, tuple(branches)), columns)
    wanted = [Expr(mark(width + i), one) for i, one in enumerate(types)]
    number_key = Expr(mark(width + len(keys)), of)
    out, found = _built(node, expanded, context, inner, [*wanted, number_key])
    by_sql = {key.sql: found.keys[one.sql] for key, one in zip(keys, wanted, strict=True)}
    found.grouping = found.keys[number_key.sql]
    found.keys = by_sql
    found.key_order = tuple(key.sql for key in keys)
    return out, found


def distinct_rows(relation: Relation, context: Context) -> Relation:
    """SELECT DISTINCT."""
    places = tuple(range(len(relation.columns)))
    window = aggregate_window(relation.columns, places)
    columns = tuple(
        one if window is not None and _part(one) else replace(one, time="", window=None) for one in relation.columns
    )
    fields = tuple(replace(field, time=one.time) for field, one in zip(relation.node.fields, columns, strict=True))
    node = Aggregate(fields, relation.node, places, (), window, 0 if window else context.ttl_ms)
    return Relation(node, columns)
