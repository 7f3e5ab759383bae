"""Table functions: what each row becomes in a LATERAL VIEW. A declaration gives (name, type, item) per column."""

from yunbox.sql.maxcompute.expr import BIGINT, STRING
from yunbox.sql.maxcompute.functions.registry import FUNCTIONS, Call, _declare
from yunbox.wire.odps.types import DataType

Columns = list[tuple[str, DataType, str]]


def table(names: str, *signatures: tuple[str, object]) -> None:
    """Declare a table function."""
    _declare(names, "table", signatures, "{}", False)  # ty: ignore[invalid-argument-type]


def _explode_array(call: Call) -> Columns:
    return [("col", call.args[0].type.children[0], f"unnest({call[0]})")]


def _explode_map(call: Call) -> Columns:
    key, value = call.args[0].type.children
    return [("key", key, f"unnest(map_keys({call[0]}))"), ("value", value, f"unnest(map_values({call[0]}))")]


def _posexplode(call: Call) -> Columns:
    position = ("pos", BIGINT, f"unnest(range(len({call[0]})))")
    return [position, ("val", call.args[0].type.children[0], f"unnest({call[0]})")]


def _inline(call: Call) -> Columns:
    of = call.args[0].type.children[0]
    return [
        (n.lower(), t, f"unnest(list_transform({call[0]}, lambda _x: struct_extract(_x, '{n}')))")
        for n, t in zip(of.names, of.children, strict=True)
    ]


def _json_tuple(call: Call) -> Columns:
    made: Columns = []
    for i, arg in enumerate(call.args[1:]):
        made.append((f"c{i}", STRING, f"mc_get_json({call[0]}, '$.' || {arg.sql})"))
    return made


def _stack(call: Call) -> Columns:
    rows = int(str(call.literal(0)))
    cells = call.args[1:]
    width = -(-len(cells) // rows)
    made: Columns = []
    for i in range(width):
        column = [cells[r * width + i] for r in range(rows) if r * width + i < len(cells)]
        made.append((f"col{i}", column[0].type, f"unnest([{', '.join(c.sql for c in column)}])"))
    return made


table("explode", ("array<T> -> any", _explode_array), ("map<K,V> -> any", _explode_map))
table("posexplode", ("array<T> -> any", _posexplode))
table("inline", ("array<T> -> any", _inline))
table("json_tuple", ("string, string* -> any", _json_tuple))
table("stack", ("bigint, any* -> any", _stack))

__all__ = ["FUNCTIONS", "table"]
