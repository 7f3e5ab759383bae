"""Window table-valued functions: TUMBLE, HOP, CUMULATE and SESSION over a table."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from yunbox.sql.flink.binder.context import Context
from yunbox.sql.flink.binder.expressions import Expressions
from yunbox.sql.flink.binder.joins import with_more
from yunbox.sql.flink.binder.literals import interval_ms
from yunbox.sql.flink.binder.scope import Column, Relation, Scope, WindowRole
from yunbox.sql.flink.errors import FlinkSqlError, ValidationFailed
from yunbox.sql.flink.expr import Expr
from yunbox.sql.flink.functions.registry import type_word
from yunbox.sql.flink.parser import tree
from yunbox.sql.flink.plans import Field, WindowTable
from yunbox.sql.flink.types import FlinkType

Kind = Literal["TUMBLE", "HOP", "CUMULATE", "SESSION"]
_NAMES = {
    "TUMBLE": ("DATA", "TIMECOL", "SIZE", "OFFSET"),
    "HOP": ("DATA", "TIMECOL", "SLIDE", "SIZE", "OFFSET"),
    "CUMULATE": ("DATA", "TIMECOL", "STEP", "SIZE", "OFFSET"),
    "SESSION": ("DATA", "TIMECOL", "GAP"),
}
_FORMS = {"TUMBLE": "[, datetime interval]", "SESSION": "", "HOP": ", datetime interval[, datetime interval]",
          "CUMULATE": ", datetime interval[, datetime interval]"}  # fmt: skip
_BOUND = FlinkType("TIMESTAMP", (3,), nullable=False)


def windowed(call: tree.Call, context: Context, read: Callable[[tree.Node], Relation]) -> Relation:
    """The relation of a call of a window function; ``read`` gives that of its table."""
    kind: Kind = call.name  # ty: ignore[invalid-assignment]
    given = _arguments(call, context)
    data, column = given.get("DATA"), given.get("TIMECOL")
    if not isinstance(data, tree.TableArgument) or not isinstance(column, tree.Descriptor):
        raise context.error(
            f"{kind} takes a table, DESCRIPTOR(time column) and intervals, as in {kind}(TABLE t, DESCRIPTOR(ts), ...)",
            call,
        )
    relation = read(data.source)
    if len(column.columns) != 1:
        raise context.error("DESCRIPTOR is of one time column here", column)
    place, _ = Scope(relation.columns).find(column.columns, context.text, column.at)
    if context.batch and relation.columns[place].time == "proctime":
        raise context.cannot("Processing time Window TableFunction is not supported yet.")
    if data.order:
        raise context.refuse("ORDER BY of a table argument", data)
    keys = _keys(kind, data, relation, context)
    size = _ms(given.get("SIZE") or given.get("GAP"), call, context)
    slide = _ms(given.get("SLIDE") or given.get("STEP"), call, context) if kind in ("HOP", "CUMULATE") else 0
    offset = _ms(given["OFFSET"], call, context) if "OFFSET" in given else 0
    _check(kind, size, slide, context, call)
    return window_table(kind, relation, place, size, slide, offset, keys, context, call)


def window_table(
    kind: Kind,
    relation: Relation,
    place: int,
    size: int,
    slide: int,
    offset: int,
    keys: Sequence[Expr],
    context: Context,
    node: tree.Node,
) -> Relation:
    """A relation with its windows, by the time column of a place."""
    time = relation.columns[place]
    if not time.time and not (context.batch and time.type.root in ("TIMESTAMP", "TIMESTAMP_LTZ")):
        raise _no_time(kind, time, context)
    below = relation.node
    more = [one for one in keys if one.column is None]
    below = with_more(below, more)
    places = []
    for one in keys:
        column = one.column
        places.append(column if column is not None else len(relation.columns) + more.index(one))
    window_time = _window_time(time)
    taken = {one.name for one in relation.columns}
    bounds = (Field("window_start", _BOUND), Field("window_end", _BOUND), window_time)
    added = tuple(replace(one, name=_free(one.name, taken)) for one in bounds)
    table = WindowTable((*below.fields, *added), below, kind, place, size, slide, offset, tuple(places))
    spec = (kind, time.time or "rowtime", size, slide, offset, tuple(one.sql for one in keys))
    # The columns that were computed for the keys stay, unnamed, so that places are the node's.
    hidden = tuple(Column("", one.type, hidden=True) for one in more)
    columns = (*relation.columns, *hidden, *_window_columns(added, spec))
    return Relation(table, columns)


def _free(name: str, taken: set[str]) -> str:
    """A name, with a number behind it when it is another column's."""
    made, number = name, 0
    while made in taken:
        made, number = f"{name}{number}", number + 1
    return made


def _no_time(kind: Kind, time: Column, context: Context) -> FlinkSqlError:
    """The column is no time, or one without a watermark."""
    of = type_word(time.type)
    if time.type.root not in ("TIMESTAMP", "TIMESTAMP_LTZ"):
        form = "TABLE table_name, DESCRIPTOR(timecol), datetime interval"
        return ValidationFailed(
            f"SQL validation failed. The window function {kind}({form}{_FORMS[kind]}) requires the timecol to be "
            f"TIMESTAMP or TIMESTAMP_LTZ, but is {of}.\nBesides, the timecol must be a time attribute type in "
            "streaming mode."
        )
    return context.cannot(f"The window function requires the timecol is a time attribute type, but is {of}.")


def _window_time(time: Column) -> Field:
    """window_time: the time attribute's type without NULL."""
    return Field("window_time", time.type.of(nullable=False), time.time or "")


def _window_columns(added: Sequence[Field], spec: tuple[object, ...]) -> tuple[Column, ...]:
    roles: tuple[Literal["start", "end", "time"], ...] = ("start", "end", "time")
    return tuple(
        Column(one.name, one.type, one.time, WindowRole(role, spec)) for one, role in zip(added, roles, strict=True)
    )


def _arguments(call: tree.Call, context: Context) -> dict[str, tree.Node]:
    """By name, whether they were given by name or by place."""
    names = _NAMES[call.name]
    found: dict[str, tree.Node] = {}
    for place, one in enumerate(call.arguments):
        if isinstance(one, tree.Named):
            name, value = one.name, one.value
        elif place < len(names):
            name, value = names[place], one
        else:
            raise context.error(f"Too many arguments of {call.name}", call)
        if name == "PARTITION" or name not in names or name in found:
            raise context.error(f"{call.name} has no argument '{name}' here", call)
        found[name] = value
    return found


def _keys(kind: Kind, data: tree.TableArgument, relation: Relation, context: Context) -> list[Expr]:
    if not data.partition:
        return []
    if kind != "SESSION":
        raise context.error(f"PARTITION BY is of SESSION, not of {kind}", data)
    binder = Expressions(context, Scope(relation.columns), "PARTITION BY")
    return [binder.bind(one) for one in data.partition]


def _ms(node: tree.Node | None, call: tree.Call, context: Context) -> int:
    if not isinstance(node, tree.IntervalOf):
        raise context.error(f"{call.name} takes its sizes as literals of INTERVAL", call)
    return interval_ms(node, context.text)


def _check(kind: Kind, size: int, slide: int, context: Context, call: tree.Call) -> None:
    if size <= 0 or (kind in ("HOP", "CUMULATE") and slide <= 0):
        raise context.error(f"{kind} parameters must be positive", call)
    if kind == "CUMULATE" and size % slide:
        raise ValidationFailed(
            "CUMULATE table function based aggregate requires maxSize must be an integral multiple of step, but got "
            f"maxSize {size} ms and step {slide} ms."
        )
