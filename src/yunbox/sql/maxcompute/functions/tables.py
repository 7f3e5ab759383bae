"""Table functions: what each row becomes in a LATERAL VIEW. A declaration gives (name, type, item) per column."""

from yunbox.schema.types import DataType
from yunbox.sql.maxcompute.casts import cast, common_type
from yunbox.sql.maxcompute.errors import ArgumentCountWrong, ArgumentTypeWrong, ArgumentWrong
from yunbox.sql.maxcompute.expr import BIGINT, STRING, text_literal
from yunbox.sql.maxcompute.functions.jsonpaths import path
from yunbox.sql.maxcompute.functions.registry import FUNCTIONS, Call, NullArgument, _declare, category

Columns = list[tuple[str, DataType, str]]


def table(names: str, *signatures: tuple[str, object]) -> None:
    """Declare a table function."""
    _declare(names, "table", signatures, "{}", False)


def _explode_array(call: Call) -> Columns:
    return [("col", call.args[0].type.children[0], f"unnest({call[0]})")]


def _explode_map(call: Call) -> Columns:
    key, value = call.args[0].type.children
    return [("key", key, f"unnest(map_keys({call[0]}))"), ("value", value, f"unnest(map_values({call[0]}))")]


def _posexplode(call: Call) -> Columns:
    position = ("pos", BIGINT, f"unnest(range(len({call[0]})))")
    return [position, ("val", call.args[0].type.children[0], f"unnest({call[0]})")]


def _posexplode_map(call: Call) -> Columns:
    return [("pos", BIGINT, f"unnest(range(CAST(cardinality({call[0]}) AS BIGINT)))"), *_explode_map(call)]


def _inline(call: Call) -> Columns:
    of = call.args[0].type.children[0]
    if of.name != "struct":
        raise ArgumentTypeWrong(f"function inline needs an array of structs, actually {call.args[0].type}", call.where)
    return [
        (n.lower(), t, f"unnest(list_transform({call[0]}, lambda _x: struct_extract(_x, '{n}')))")
        for n, t in zip(of.names, of.children, strict=True)
    ]


def _json_tuple(call: Call) -> Columns:
    made: Columns = []
    for i, arg in enumerate(call.args[1:]):
        sql = f"yb_json_at({call[0]}, '$.' || {arg.sql})"
        if isinstance(arg.value, str):
            key = path(f"$.{arg.value}") or f'$."{arg.value or " "}"'
            sql = f"mc_get_json{'_all' if '[*]' in key else ''}({call[0]}, {text_literal(key)})"
        made.append((f"c{i}", STRING, sql))
    return made


def _json_explode(call: Call) -> Columns:
    if call.args[0].is_null:
        raise NullArgument
    keys = f"(CASE json_type({call[0]}) WHEN 'OBJECT' THEN json_keys({call[0]}) END)"
    many = f"(CASE json_type({call[0]}) WHEN 'OBJECT' THEN json_extract({call[0]}, '$.*') "
    many += f"WHEN 'ARRAY' THEN json_extract({call[0]}, '$[*]') END)"
    return [("key", STRING, f"unnest({keys})"), ("value", DataType("json"), f"unnest({many})")]


def _parse_url_tuple(call: Call) -> Columns:
    made: Columns = []
    for i, arg in enumerate(call.args[1:]):
        part, _, key = str(call.literal(i + 1)).partition(":")
        sql = f"mc_url_query({call[0]}, {text_literal(key)})" if key else f"mc_url_part({call[0]}, {arg.sql})"
        made.append((f"c{i}", STRING, sql if not key or part == "QUERY" else "CAST(NULL AS VARCHAR)"))
    return made


def _keyvalue_tuple(call: Call) -> Columns:
    pairs = enumerate(call.args[3:])
    return [(f"c{i}", STRING, f"mc_pair({call[0]}, {call[1]}, {call[2]}, {key.sql})") for i, key in pairs]


def _stack(call: Call) -> Columns:
    rows = call.literal(0)
    if not isinstance(rows, int) or rows < 1:
        raise ArgumentTypeWrong("argument 1 of function stack must be a positive constant", call.where)
    cells = call.args[1:]
    if len(cells) % rows:
        raise ArgumentWrong(f"function stack cannot make {rows} rows of {len(cells)} values", call.where)
    width = -(-len(cells) // rows)
    made: Columns = []
    for i in range(width):
        column = [cells[r * width + i] for r in range(rows) if r * width + i < len(cells)]
        of = common_type([cell.type for cell in column], call.where)
        made.append((f"col{i}", of, f"unnest([{', '.join(cast(c, of).sql for c in column)}])"))
    return made


def _keys(call: Call, skipped: int) -> int:
    count = call.literal(0)
    if not isinstance(count, int) or count < 0:
        raise ArgumentTypeWrong(f"argument 1 of function {call.name} must be a constant of 0 or more", call.where)
    if count > len(call) - skipped:
        raise ArgumentCountWrong(call.name, len(call), f"at least {count + skipped} arguments", call.where)
    return count


def _trans_array(call: Call) -> Columns:
    """trans_array(keys, separator, key..., text...): texts that hold several values become rows."""
    count = _keys(call, 2)
    if call.text(1) == "":
        raise ArgumentWrong("the separator of function trans_array is empty", call.where)
    keys, texts = call.args[2 : 2 + count], call.args[2 + count :]
    made: Columns = [(f"key{i}", key.type, key.sql) for i, key in enumerate(keys)]
    for i, text in enumerate(texts):
        made.append((f"col{i}", STRING, f"unnest(string_split({cast(text, STRING).sql}, {call[1]}))"))
    return made


def _trans_cols(call: Call) -> Columns:
    """trans_cols(keys, key..., value...): each value becomes a row of its own, numbered from 1."""
    count = _keys(call, 1)
    keys, values = call.args[1 : 1 + count], call.args[1 + count :]
    made: Columns = [("idx", BIGINT, f"unnest(range(1, {len(values) + 1}))")]
    made += [(f"key{i}", key.type, key.sql) for i, key in enumerate(keys)]
    of = common_type([value.type for value in values], call.where)
    made.append(("col", of, f"unnest([{', '.join(cast(value, of).sql for value in values)}])"))
    return made


category("Table functions")

table("explode", ("array<T> -> any", _explode_array), ("map<K,V> -> any", _explode_map))
table("posexplode", ("array<T> -> any", _posexplode), ("map<K,V> -> any", _posexplode_map))
table("inline", ("array<T> -> any", _inline))
table("json_tuple", ("string, string* -> any", _json_tuple))
table("json_explode", ("json -> any", _json_explode))
table("parse_url_tuple", ("string, string* -> any", _parse_url_tuple))
table("keyvalue_tuple", ("string, string, string, string* -> any", _keyvalue_tuple))
table("trans_array", ("bigint, string, any* -> any", _trans_array))
table("trans_cols", ("bigint, any* -> any", _trans_cols))
table("stack", ("bigint, any* -> any", _stack))

__all__ = ["FUNCTIONS", "table"]
