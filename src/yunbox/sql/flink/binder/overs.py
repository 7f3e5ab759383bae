"""OVER: window functions over a relation, all of one window in one node, their values behind its columns."""

from dataclasses import dataclass, field

from yunbox.sql.flink.binder.conditions import walk
from yunbox.sql.flink.binder.context import Context
from yunbox.sql.flink.binder.grouping import aggregate_window, bound_call, context_ttl
from yunbox.sql.flink.binder.items import SelectExpressions
from yunbox.sql.flink.binder.joins import with_more
from yunbox.sql.flink.binder.literals import interval_ms
from yunbox.sql.flink.binder.ranking import Numbered
from yunbox.sql.flink.binder.scope import Column, Relation, Scope
from yunbox.sql.flink.errors import NotSensible
from yunbox.sql.flink.expr import Expr, mark
from yunbox.sql.flink.functions import AGGREGATES
from yunbox.sql.flink.parser import tree
from yunbox.sql.flink.plans import AggregateCall, BatchOver, Bound, Field, Node, Order, Over
from yunbox.sql.flink.types import BIGINT, DOUBLE, FlinkType

_RANKS = ("ROW_NUMBER", "RANK", "DENSE_RANK")
_LAGS = ("LAG", "LEAD")
_FRAMELESS = (*_RANKS, *_LAGS, "NTILE", "PERCENT_RANK", "CUME_DIST")


@dataclass
class _Window:
    """A window as it is bound, and the calls over it."""

    partition: tuple[Expr, ...]
    order: tuple[tuple[Expr, bool, bool | None], ...]
    rows: bool
    preceding: int | None
    frame: str = ""
    """What a batch has in the place of the two."""
    is_bounded: bool = False
    """Whether a bound of it is so many rows, or so far: then there may be none, as Flink sees it."""
    calls: list[tree.Call] = field(default_factory=list)

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two windows the same."""
        order = tuple((one.sql, down, nulls) for one, down, nulls in self.order)
        return (tuple(one.sql for one in self.partition), order, self.rows, self.preceding, self.frame)


def add_overs(node: tree.Select, binder: SelectExpressions, order: tuple[tree.Ordered, ...]) -> None:
    """Put what the SELECT's window functions need below its items; the binder knows their values then."""
    windows: dict[tuple[object, ...], _Window] = {}
    roots = [*node.items, *order, *((node.qualify,) if node.qualify is not None else ())]
    for one in (found for root in roots for found in walk(root)):
        if isinstance(one, tree.Call) and one.over is not None:
            made = _bound_window(one.over, dict(node.windows), binder, one)
            key = (made.key, one.name if one.name in _RANKS else "")
            windows.setdefault(key, made).calls.append(one)
    for window in windows.values():
        _add(window, binder)


def _bound_window(
    over: tree.WindowOf, named: dict[str, tree.WindowOf], binder: SelectExpressions, call: tree.Call
) -> _Window:
    context = binder.context
    if over.base:
        if over.base not in named:
            raise context.error(f"Window '{over.base}' not found", over)
        base = named[over.base]
        over = tree.WindowOf("", over.partition or base.partition, over.order or base.order, over.frame or base.frame)
    partition = tuple(binder.bind(one) for one in over.partition)
    order = tuple((binder.bind(one.expression), one.descending, one.nulls_first) for one in over.order)
    if call.filter is not None:
        raise context.error("OVER must be applied to aggregate function", call)
    if call.name in _RANKS[1:] and not order:
        raise context.error("RANK or DENSE_RANK functions require ORDER BY clause in window specification", call)
    if call.name in _RANKS and not order:
        raise NotSensible("Over Agg: The window rank function requires order by clause with non-constant fields. "
                          "please re-check the over window statement.")  # fmt: skip
    if call.name in _RANKS:
        return _Window(partition, order, rows=True, preceding=None)
    frame = over.frame
    is_bounded = frame is not None and any(isinstance(one, tree.Node) for one in (frame.start, frame.end))
    if context.batch:
        made = _batch_frame(frame, context, call)
        return _Window(partition, order, rows=False, preceding=None, frame=made, is_bounded=is_bounded)
    rows, preceding = _frame(frame, context, call)
    return _Window(partition, order, rows, preceding, is_bounded=is_bounded)


def _batch_frame(frame: tree.Frame | None, context: Context, call: tree.Call) -> str:
    """A frame of a batch, which may reach to both sides. LAG, LEAD and those that rank have none."""
    if frame is None or call.name in _FRAMELESS:
        return ""

    def bound(what: tree.Node | str, side: str) -> str:
        if isinstance(what, str):
            return f"{what} {side}".strip()
        if isinstance(what, tree.IntervalOf) and frame.unit == "RANGE":
            return f"to_milliseconds({interval_ms(what, context.text)}) {side}"
        if isinstance(what, tree.Constant) and (what.kind == "integer" or frame.unit == "RANGE"):
            return f"{what.text} {side}"
        raise context.error("The bound of a window is a number of ROWS, or a number or an INTERVAL of a RANGE", call)

    return f"{frame.unit} BETWEEN {bound(frame.start, frame.start_side)} AND {bound(frame.end, frame.end_side)}"


def _frame(frame: tree.Frame | None, context: Context, call: tree.Call) -> tuple[bool, int | None]:
    """Whether the frame is of rows, and how far it goes back: None is to the beginning."""
    if frame is None:
        return False, None
    rows = frame.unit == "ROWS"
    if "FOLLOWING" in (frame.start_side, frame.end_side):
        raise NotSensible("OVER RANGE FOLLOWING windows are not supported yet.")
    if frame.end != "CURRENT ROW":
        raise NotSensible("OVER windows that do not end at CURRENT ROW are not supported: use BETWEEN ... PRECEDING "
                          "AND CURRENT ROW")  # fmt: skip
    if frame.start == "UNBOUNDED":
        return rows, None
    if frame.start == "CURRENT ROW":
        return rows, 0
    if rows and isinstance(frame.start, tree.Constant) and frame.start.kind == "integer":
        return True, int(frame.start.text)
    if not rows and isinstance(frame.start, tree.IntervalOf):
        return False, interval_ms(frame.start, context.text)
    raise context.error("The bound of a window is a number of ROWS or an INTERVAL of a RANGE, as a literal", call)


def _add(window: _Window, binder: SelectExpressions) -> None:
    relation = binder.relation
    more: list[Expr] = []

    def place(one: Expr) -> int:
        if one.column is not None:
            return one.column
        more.append(one)
        return len(relation.columns) + len(more) - 1

    partition = tuple(place(one) for one in window.partition)
    order = tuple(Order(place(one), down, nulls) for one, down, nulls in window.order)
    node = with_more(relation.node, more)
    columns = (*relation.columns, *(Column("", one.type, hidden=True) for one in more))
    below = Relation(node, columns)
    rank = window.calls[0].name in _RANKS
    made = (
        _numbered(window, below, partition, order, binder) if rank else _over(window, below, partition, order, binder)
    )
    binder.relation = made
    # Names of a SELECT with groups still mean what stands below the groups.
    if binder.groups is None:
        binder.scope = Scope(made.columns)


def _numbered(
    window: _Window, below: Relation, partition: tuple[int, ...], order: tuple[Order, ...], binder: SelectExpressions
) -> Relation:
    of = BIGINT.of(nullable=False)
    for one in window.calls:
        if one.arguments:
            raise binder.context.error(
                f"Invalid number of arguments to function '{one.name}'. Was expecting 0 arguments", one
            )
        binder.overs[id(one)] = Expr(mark(len(below.columns)), of)
    ends = aggregate_window(below.columns, partition)
    context = binder.context
    ttl = 0 if ends else context_ttl(context, below)
    node = Numbered(
        (*below.node.fields, Field("w0$o0", of)), below.node, window.calls[0].name,  # ty: ignore[invalid-argument-type]
        partition, order, ends, ttl, context.batch,
    )  # fmt: skip
    return Relation(node, (*below.columns, Column("", of, hidden=True)))


def _over(
    window: _Window, below: Relation, partition: tuple[int, ...], order: tuple[Order, ...], binder: SelectExpressions
) -> Relation:
    context = binder.context
    _check_order(order, below, context, window.calls[0])
    calls, fields, columns = [], list(below.node.fields), list(below.columns)
    for one in window.calls:
        call = _call(one, binder, is_bounded=window.is_bounded)
        binder.overs[id(one)] = Expr(mark(len(columns)), call.type)
        calls.append(call)
        fields.append(Field(f"w0$o{len(calls) - 1}", call.type))
        columns.append(Column("", call.type, hidden=True))
    if context.batch:
        made: Node = BatchOver(tuple(fields), below.node, partition, order, tuple(calls), window.frame)
        return Relation(made, tuple(columns))
    ttl = context_ttl(context, below) if window.preceding is None else 0
    made = Over(tuple(fields), below.node, partition, order[0], tuple(calls), window.rows, window.preceding, ttl)
    return Relation(made, tuple(columns))


def _check_order(order: tuple[Order, ...], below: Relation, context: Context, call: tree.Call) -> None:
    if context.batch:
        if call.name in _FRAMELESS and not order:
            raise context.error(f"{call.name} needs an ORDER BY in its window", call)
        if call.distinct:
            raise NotSensible("Distinct not supported in Windowing function!")
        return
    if len(order) != 1:
        raise NotSensible("The window can only be ordered by a single time column.")
    if not below.columns[order[0].column].time:
        raise context.refuse("OVER in a stream that is ordered by something else than a time attribute", call)
    if order[0].descending:
        raise NotSensible("The window can only be ordered in ASCENDING mode.")


def _call(node: tree.Call, binder: SelectExpressions, *, is_bounded: bool) -> AggregateCall:
    context = binder.context
    if node.name in AGGREGATES:
        plain = tree.Call(
            node.path, node.arguments, node.distinct, node.star, node.filter, node.order, None, node.nulls
        )
        return bound_call(plain, binder, grouped=not is_bounded)
    if context.user_aggregate(node) is not None:
        raise context.refuse(f"{node.path[-1]} OVER, an aggregate function of a user's,", node)
    if node.name not in (*_LAGS, "NTILE", "PERCENT_RANK", "CUME_DIST"):
        raise context.error(f"No match found for function signature {node.path[-1]}", node)
    if node.name not in _LAGS[:1] and not context.batch:
        raise NotSensible(f"{node.name} Function is not supported in stream mode.")
    values = [binder.bind(one) for one in node.arguments]
    if not values and node.name in (*_LAGS, "NTILE"):
        raise context.error(f"Invalid number of arguments to function '{node.name}'", node)
    of = _type(node.name, values)
    return AggregateCall(node.name, tuple(Bound(one.sql, one.type) for one in values), of)


def _type(name: str, values: list[Expr]) -> FlinkType:
    if name in _LAGS:
        return values[0].type.of(nullable=True)
    return BIGINT.of(nullable=False) if name == "NTILE" else DOUBLE.of(nullable=False)
