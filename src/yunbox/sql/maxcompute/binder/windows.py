"""Windows: the WINDOW clause, OVER, frames, and the calls that stand before OVER.

The frame that holds where none is written follows the vendor's page "Window functions": with ORDER BY it is ROWS up to
the current row for the aggregates that the page lists, and RANGE for every other function and in Hive mode.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from yunbox.sql.maxcompute.binder import calls
from yunbox.sql.maxcompute.dialect import at
from yunbox.sql.maxcompute.errors import SemanticError
from yunbox.sql.maxcompute.expr import Expr, build
from yunbox.sql.maxcompute.functions import Function
from yunbox.sql.maxcompute.functions.registry import wrapped

if TYPE_CHECKING:
    from yunbox.sql.maxcompute.binder.expressions import ExpressionBinder

_ROWS_BY_DEFAULT = frozenset(("avg", "count", "max", "min", "stddev", "stddev_pop", "stddev_samp", "sum"))
_ROWS = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
_UNFRAMED = frozenset(
    ("row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead", "cluster_sample")
)
_VALUES = ("first_value", "last_value", "nth_value")  # their last argument TRUE skips NULLs
_ORDERED = ("lag", "lead")  # the vendor's pages have no brackets around their ORDER BY
_NULL_SKIPPING = (*_VALUES, "lag", "lead")
_CHANGING = (
    "a window cannot be partitioned or ordered by what changes from call to call: "
    "select it in a subquery and order by its column"
)
_TIMES = ("date", "datetime", "timestamp", "timestamp_ntz")


@dataclass(frozen=True)
class Over:
    """One bound window: its keys, its order and its frame, each as SQL, and what they read."""

    keys: tuple[Expr, ...] = ()
    order: str = ""
    ordered: tuple[Expr, ...] = ()
    frame: str = ""

    @property
    def parts(self) -> tuple[Expr, ...]:
        """The expressions it reads."""
        return (*self.keys, *self.ordered)

    def sql(self, frame: str = "") -> str:
        """The OVER clause; ``frame`` holds where none is written."""
        keys = f"PARTITION BY {', '.join(key.sql for key in self.keys)}" if self.keys else ""
        default = frame if self.order else ""
        return f" OVER ({' '.join(part for part in (keys, self.order, self.frame or default) if part)})"


def name_windows(binder: "ExpressionBinder", definitions: list[exp.Expr]) -> None:
    """Take up the WINDOW clause, of which a definition may stand on one before it."""
    for definition in definitions:
        name = definition.this.name.lower()
        if name in binder.named_windows:
            raise SemanticError(f"window {name} is defined more than once", at(definition))
        binder.named_windows[name] = _bound(binder, definition)


def _bound(binder: "ExpressionBinder", node: exp.Expr) -> Over:
    base = _base(binder, node)
    written = node.args.get("partition_by") or []
    if base is not None and written:
        raise SemanticError(f"window {node.args['alias'].name} has its PARTITION BY already", at(node))
    keys = tuple(binder.all(written)) if base is None else base.keys
    order, ordered = ("", ()) if base is None else (base.order, base.ordered)
    if node.args.get("order"):
        if order:
            raise SemanticError(f"window {node.args['alias'].name} has its ORDER BY already", at(node))
        order, made = calls.order_by(binder, node.args["order"])
        ordered = tuple(made)
    frame = "" if base is None else base.frame
    if node.args.get("spec"):
        if frame:
            raise SemanticError(f"window {node.args['alias'].name} has its frame already", at(node))
        frame = _frame(binder, node.args["spec"], ordered)
    _check_parts(binder, (*keys, *ordered), node)
    return Over(keys, order, ordered, frame)


def _base(binder: "ExpressionBinder", node: exp.Expr) -> Over | None:
    named = node.args.get("alias")
    if named is None:
        return None
    found = binder.named_windows.get(named.name.lower())
    if found is None:
        raise SemanticError(f"window {named.name} cannot be resolved", at(named))
    return found


def _check_parts(binder: "ExpressionBinder", parts: tuple[Expr, ...], node: exp.Expr) -> None:
    for part in parts:
        if part.volatile:
            raise SemanticError(_CHANGING, at(node))
        if part.window:
            raise SemanticError("a window function cannot be inside a window", at(node))
        if part.type.children or part.type.name in ("json", "binary"):
            raise SemanticError(f"a window cannot be partitioned or ordered by {part.type}", at(node))


def _frame(binder: "ExpressionBinder", spec: exp.Expr, ordered: tuple[Expr, ...]) -> str:
    kind = str(spec.args.get("kind") or "ROWS").upper()
    start = _edge(binder, spec, "start", kind, ordered)
    end = _edge(binder, spec, "end", kind, ordered) if spec.args.get("end") else "CURRENT ROW"
    if _place(start) > _place(end) or start == "UNBOUNDED FOLLOWING" or end == "UNBOUNDED PRECEDING":
        raise SemanticError(f"a window frame cannot reach from {start} to {end}", at(spec))
    exclude = spec.args.get("exclude")
    tail = f" EXCLUDE {exclude.name if hasattr(exclude, 'name') else exclude}" if exclude else ""
    return f"{kind} BETWEEN {start} AND {end}{tail}"


def _place(edge: str) -> int:
    """On which side of its row a frame's edge lies."""
    return {"PRECEDING": -1, "FOLLOWING": 1}.get(edge.rpartition(" ")[2], 0)


def _edge(binder: "ExpressionBinder", spec: exp.Expr, which: str, kind: str, ordered: tuple[Expr, ...]) -> str:
    written, side = spec.args[which], str(spec.args.get(f"{which}_side") or "").upper()
    if not isinstance(written, exp.Expr):
        text = str(written).upper()
        return text if text == "CURRENT ROW" else f"{text} {side}"
    value = binder.bind(written)
    if kind == "RANGE":
        _check_range(value, ordered, written)
    elif not (isinstance(value.value, int) and value.value >= 0):
        raise SemanticError(f"the offset of a {kind} frame must be a constant whole number of at least 0", at(written))
    return f"{value.sql} {side}"


def _check_range(value: Expr, ordered: tuple[Expr, ...], node: exp.Expr) -> None:
    """An offset of RANGE is added to the one sort key, so their types must fit each other."""
    if len(ordered) != 1:
        raise SemanticError("a RANGE frame with an offset needs ORDER BY of one column", at(node))
    of = ordered[0].type
    fits = (of.is_numeric and value.type.is_numeric) or (of.name in _TIMES and value.type.name.startswith("interval_"))
    if not fits:
        raise SemanticError(f"the offset type {value.type} of a RANGE frame does not fit ORDER BY of {of}", at(node))
    if not value.constant or (isinstance(value.value, int | float) and value.value < 0):
        raise SemanticError("the offset of a RANGE frame must be a constant of at least 0", at(node))


def window(binder: "ExpressionBinder", node: exp.Window) -> Expr:
    """A window function, or an aggregate over a window."""
    over = _bound(binder, node)
    binder.windows.append(frozenset(key.sql for key in over.keys))
    inner, nulls = node.this, None
    if isinstance(inner, exp.IgnoreNulls | exp.RespectNulls):
        nulls, inner = isinstance(inner, exp.IgnoreNulls), inner.this
    function = calls.called(binder, inner)
    if nulls is not None and function.name not in _NULL_SKIPPING:
        raise SemanticError(f"function {function.name} cannot ignore or respect NULLs", at(node))
    if function.kind == "aggregate":
        rows = function.name in _ROWS_BY_DEFAULT and not binder.session.hive_compatible
        return calls.aggregate(binder, inner, over.sql(_ROWS if rows else ""), over.parts)
    if function.kind != "window":
        raise SemanticError(f"function {function.name} cannot have an OVER clause", at(node))
    return _window(binder, function, inner, over, bool(nulls))


def _window(binder: "ExpressionBinder", function: Function, inner: exp.Expr, over: Over, ignore: bool) -> Expr:
    """A function that exists only with OVER."""
    if not isinstance(inner, exp.Anonymous) or any(isinstance(one, exp.Distinct) for one in inner.expressions):
        raise SemanticError(f"function {function.name} takes neither DISTINCT, FILTER nor WITHIN GROUP", at(inner))
    if over.frame and function.name in _UNFRAMED:
        raise SemanticError(f"function {function.name} takes no window frame", at(inner))
    if function.name in _ORDERED and not over.order and not binder.session.lenient:
        raise SemanticError(f"function {function.name} needs ORDER BY in its window", at(inner))
    text, returns, call = function.resolve(calls.arguments(binder, inner.expressions), binder.session, at(inner))
    core, wrap = function.around(text)
    if function.name in _VALUES and len(call.args) > 1 and call.args[-1].value is True:
        ignore = True
    if ignore and not isinstance(text, Expr):
        core = core[: core.rindex(")")] + " IGNORE NULLS)"
    made = build(wrapped(wrap, f"{core}{over.sql()}", over.sql(), returns), returns, *call.args, *over.parts)
    made.window = True
    return made
