"""Collection functions, and what makes and takes apart values."""

from yunbox.sql.flink import coercion
from yunbox.sql.flink.casts import cast
from yunbox.sql.flink.errors import ValidationFailed
from yunbox.sql.flink.expr import Expr
from yunbox.sql.flink.functions.registry import Call, category, scalar
from yunbox.sql.flink.types import FlinkType

category("Collection functions")


def _element(call: Call) -> Expr:
    array = call.args[0].type
    of = array.children[0].of(nullable=array.nullable or array.children[0].nullable)
    return Expr(f"fl_element({call[0]})", of)


def _fits(call: Call) -> None:
    """What is looked for or added has to go into the array without a CAST."""
    if not coercion.goes_into(call.args[1].type, call.args[0].type.children[0]):
        raise ValidationFailed(f"Invalid input arguments of function '{call.name}'", call.text, call.at)


def _with_item(template: str):
    """An array and an element, which becomes of its elements' type."""

    def made(call: Call) -> Expr:
        array, item = call.args[0], call.args[1]
        _fits(call)
        of = array.type.children[0]
        of = of.of(nullable=of.nullable or item.type.nullable or item.type.root == "NULL")
        wide = FlinkType("ARRAY", children=(of,), nullable=array.type.nullable or item.type.nullable)
        sql = cast(array, wide).sql
        made = template.format(sql, cast(item, of).sql)
        return Expr(f"CASE WHEN {sql} IS NOT NULL THEN {made} END" if array.type.nullable else made, wide)

    return made


def _contains(call: Call) -> Expr:
    _fits(call)
    array, item = call.args
    sql = cast(item, array.type.children[0]).sql
    return Expr(f"fl_array_contains({array.sql}, {sql})", FlinkType("BOOLEAN", nullable=array.type.nullable))


def _removed(call: Call) -> Expr:
    _fits(call)
    array, item = call.args
    sql = cast(item, array.type.children[0]).sql
    return Expr(f"list_filter({array.sql}, lambda x: x IS DISTINCT FROM {sql})", array.type)


def _concatenated(call: Call, name: str = "list_concat") -> str:
    """All of them in a row; with NULL among them, NULL."""
    if len(call) == 1:
        return call[0]
    known = " AND ".join(f"{one.sql} IS NOT NULL" for one in call.args)
    return f"CASE WHEN {known} THEN {name}({', '.join(one.sql for one in call.args)}) END"


def _position(call: Call) -> str:
    _fits(call)
    sql = cast(call.args[1], call.args[0].type.children[0]).sql
    return f"fl_array_position({call[0]}, {sql})"


def _item_of(name: str):
    def made(call: Call) -> Expr:
        return Expr(f"{name}({call[0]})", call.args[0].type.children[0].of(nullable=True))

    return made


def _sorted(call: Call) -> str:
    up = call.args[1].value if len(call) > 1 else True
    first = call.args[2].value if len(call) > 2 else up
    order, nulls = "ASC" if up else "DESC", "FIRST" if first else "LAST"
    return f"list_sort({call[0]}, '{order}', 'NULLS {nulls}')"


def _parts(which: int, name: str):
    def made(call: Call) -> Expr:
        of = call.args[0].type
        return Expr(f"{name}({call[0]})", FlinkType("ARRAY", children=(of.children[which],), nullable=of.nullable))

    return made


def _entries(call: Call) -> Expr:
    of = call.args[0].type
    entry = FlinkType("ROW", (), of.children, ("key", "value"))
    return Expr(f"map_entries({call[0]})", FlinkType("ARRAY", children=(entry,), nullable=of.nullable))


def _from_arrays(call: Call) -> Expr:
    children = tuple(arg.type.children[0] for arg in call.args)
    return Expr(f"MAP({call[0]}, {call[1]})", FlinkType("MAP", (), children, nullable=call.returns.nullable))


scalar("CARDINALITY", "array -> INT", "CAST(len({0}) AS INTEGER)", "map -> INT", "CAST(cardinality({0}) AS INTEGER)")
scalar("ELEMENT", "array -> any?", _element)
scalar("ARRAY_CONTAINS", "array, any -> BOOLEAN", _contains)
scalar("ARRAY_DISTINCT", "array -> array", "fl_array_distinct({0})")
scalar("ARRAY_POSITION", "array, any -> INT", _position)
scalar("ARRAY_REMOVE", "array, any -> array", _removed)
scalar("ARRAY_REVERSE", "array -> array", "list_reverse({0})")
scalar("ARRAY_SLICE", "array, INT, INT? -> array", "fl_array_slice({0}, {1}, {2|2147483647})")
scalar("ARRAY_SORT", "array, BOOLEAN?, BOOLEAN? -> array", _sorted)
scalar("ARRAY_UNION", "ARRAY<T>, ARRAY<T> -> ARRAY<T>", lambda call: f"fl_array_distinct({_concatenated(call)})")
scalar(
    "ARRAY_CONCAT", "ARRAY<T>, ARRAY<T>?* -> ARRAY<T>",
_concatenated,
)  # fmt: skip
scalar("ARRAY_EXCEPT", "ARRAY<T>, ARRAY<T> -> ARRAY<T>", "fl_array_except({0}, {1})")
scalar("ARRAY_INTERSECT", "ARRAY<T>, ARRAY<T> -> ARRAY<T>", "fl_array_intersect({0}, {1})")
scalar("ARRAY_JOIN", "array, text, text? -> STRING", "fl_array_join({0}, {1}, {2|NULL})")
scalar("ARRAY_MAX", "array -> any?", _item_of("list_max"))
scalar("ARRAY_MIN", "array -> any?", _item_of("list_min"))
scalar("ARRAY_APPEND", "array, any -> array", _with_item("list_append({0}, {1})"))
scalar("ARRAY_PREPEND", "array, any -> array", _with_item("list_prepend({1}, {0})"))
scalar("MAP_KEYS", "map -> array", _parts(0, "map_keys"))
scalar("MAP_VALUES", "map -> array", _parts(1, "map_values"))
scalar("MAP_ENTRIES", "map -> array", _entries)
scalar("MAP_FROM_ARRAYS", "array, array -> map", _from_arrays)
scalar("MAP_UNION", "MAP<K, V>, MAP<K, V>?* -> MAP<K, V>", lambda call: _concatenated(call, "map_concat"))
