"""Arrays, maps and structs."""

from yunbox.schema.types import DataType
from yunbox.sql.maxcompute.casts import cast, common_type
from yunbox.sql.maxcompute.errors import ArgumentCountWrong, ArgumentTypeWrong
from yunbox.sql.maxcompute.expr import BIGINT, STRING, Expr, build, quote
from yunbox.sql.maxcompute.functions.registry import Call, scalar

_COMBINED_MAX = 5  # elements of one combination


def _map(call: Call) -> Expr:
    if len(call) % 2:
        raise ArgumentCountWrong("map", len(call), "an even number of arguments", call.where)
    keys, values = call.args[::2], call.args[1::2]
    key = common_type([k.type for k in keys], call.where)
    value = common_type([v.type for v in values], call.where)
    of = DataType("map", children=(key, value))
    k = ", ".join(cast(one, key).sql for one in keys)
    v = ", ".join(cast(one, value).sql for one in values)
    return build(f"MAP([{k}], [{v}])", of, *call.args)


def _named_struct(call: Call) -> Expr:
    if len(call) % 2 or not len(call):
        raise ArgumentCountWrong("named_struct", len(call), "an even number of arguments", call.where)
    names = [str(call.literal(i)).lower() for i in range(0, len(call), 2)]
    return _struct_of(call, names, call.args[1::2])


def _struct(call: Call) -> Expr:
    return _struct_of(call, [f"col{i + 1}" for i in range(len(call))], call.args)


def _struct_of(call: Call, names: list[str], values: tuple[Expr, ...]) -> Expr:
    of = DataType("struct", children=tuple(v.type for v in values), names=tuple(names))
    fields = ", ".join(f"{quote(n)} := {v.sql}" for n, v in zip(names, values, strict=True))
    return build(f"struct_pack({fields})", of, *values)


def _field(call: Call) -> Expr:
    value, name = call.args[0], str(call.literal(1)).lower()
    names = [one.lower() for one in value.type.names]
    if name not in names:
        raise ArgumentTypeWrong(f"{value.type} has no field {name}", call.where)
    index = names.index(name)
    sql = f"struct_extract({value.sql}, '{value.type.names[index]}')"
    return build(sql, value.type.children[index], value)


def _sort_array(call: Call) -> str:
    down = len(call) > 1 and call.literal(1) is False
    return f"list_sort({call[0]}, '{'DESC' if down else 'ASC'}', 'NULLS {'LAST' if down else 'FIRST'}')"


def _arrays_zip(call: Call) -> Expr:
    inner = tuple(arg.type.children[0] for arg in call.args)
    names = tuple(str(i) for i in range(len(call)))
    of = DataType("array", children=(DataType("struct", children=inner, names=names),))
    fields = ", ".join(f'"{i}" := {arg.sql}[_i]' for i, arg in enumerate(call.args))
    longest = ", ".join(f"len({arg.sql})" for arg in call.args)
    known = " AND ".join(f"{arg.sql} IS NOT NULL" for arg in call.args)
    places = f"range(1, CASE WHEN {known} THEN greatest({longest}) END + 1)"
    return build(f"list_transform({places}, lambda _i: struct_pack({fields}))", of, *call.args)


def _combinations(call: Call) -> str:
    count = call.literal(1)
    if not isinstance(count, int) or not 1 <= count <= _COMBINED_MAX:
        raise ArgumentTypeWrong(f"function combinations needs a constant between 1 and {_COMBINED_MAX}", call.where)
    return _chosen(call[0], count, 1)


def _chosen(array: str, count: int, depth: int) -> str:
    start = "1" if depth == 1 else f"_i{depth - 1} + 1"
    places = f"range({start}, len({array}) + 1)"
    if depth == count:
        items = ", ".join(f"{array}[_i{i}]" for i in range(1, count + 1))
        return f"list_transform({places}, lambda _i{depth}: [{items}])"
    return f"flatten(list_transform({places}, lambda _i{depth}: {_chosen(array, count, depth + 1)}))"


def _map_concat(call: Call) -> str:
    known = " AND ".join(f"{arg.sql} IS NOT NULL" for arg in call.args)
    return f"(CASE WHEN {known} THEN map_concat({', '.join(arg.sql for arg in call.args)}) END)"


def _map_entries(call: Call) -> Expr:
    struct = DataType("struct", children=call.args[0].type.children, names=("key", "value"))
    return build(f"map_entries({call[0]})", DataType("array", children=(struct,)), *call.args)


def _from_entries(call: Call) -> Expr:
    key, value, names = _pair(call)
    entries = f"list_transform({call[0]}, lambda _e: {{'k': _e.\"{names[0]}\", 'v': _e.\"{names[1]}\"}})"
    return build(f"map_from_entries({entries})", DataType("map", children=(key, value)), *call.args)


def _multimap(call: Call) -> Expr:
    key, value, names = _pair(call)
    entries = f"list_transform({call[0]}, lambda _e: {{'k': _e.\"{names[0]}\", 'v': _e.\"{names[1]}\"}})"
    of = DataType("map", children=(key, DataType("array", children=(value,))))
    return build(f"mc_all_of({entries})", of, *call.args)


def _pair(call: Call) -> tuple[DataType, DataType, tuple[str, ...]]:
    struct = call.args[0].type.children[0]
    if struct.name != "struct" or len(struct.children) != 2:
        raise ArgumentTypeWrong(f"function {call.name} needs an array of structs of two fields", call.where)
    return *struct.children, struct.names


def _element(call: Call) -> Expr:
    value, index = call.args
    if value.type.name == "map":
        return build(f"{value.sql}[{cast(index, value.type.children[0]).sql}]", value.type.children[1], *call.args)
    return build(f"{value.sql}[{cast(index, BIGINT).sql}]", value.type.children[0], *call.args)


def _joined(call: Call) -> str:
    texts = cast(call.args[0], DataType("array", children=(STRING,))).sql
    return f"mc_array_join({texts}, {call[1]}, {call[2] if len(call) > 2 else 'NULL'})"


def _array(call: Call) -> str:
    return f"[{', '.join(arg.sql for arg in call.args)}]"


def _sequence(call: Call) -> str:
    step = call[2] if len(call) > 2 else f"CASE WHEN {call[0]} <= {call[1]} THEN 1 ELSE -1 END"
    return f"generate_series({call[0]}, {call[1]}, {step})"


scalar("array", ("T?* -> array<T>", _array))
scalar("map", ("any?* -> any", _map))
scalar("named_struct", ("any* -> any", _named_struct))
scalar("struct", ("any* -> any", _struct))
scalar("field", ("struct, string -> any", _field))
scalar("size cardinality", ("array -> bigint", "len({0})"), ("map -> bigint", "CAST(cardinality({0}) AS BIGINT)"))
scalar("array_contains", ("array<T>, T -> boolean", "list_contains({0}, {1})"))
scalar("sort_array", ("array<T>, boolean? -> array<T>", _sort_array))
scalar("array_distinct", ("array<T> -> array<T>", "mc_distinct({0})"))
scalar("array_union", ("array<T>, array<T> -> array<T>", "mc_union({0}, {1})"))
scalar("array_intersect", ("array<T>, array<T> -> array<T>", "mc_intersect({0}, {1})"))
scalar("array_except", ("array<T>, array<T> -> array<T>", "mc_except({0}, {1})"))
scalar("arrays_overlap", ("array<T>, array<T> -> boolean", "mc_overlap({0}, {1})"))
scalar("arrays_zip", ("array* -> any", _arrays_zip))
scalar("array_join", ("array<T>, string, string? -> string", _joined))
scalar("array_max", ("array<T> -> T", "list_max({0})"))
scalar("array_min", ("array<T> -> T", "list_min({0})"))
scalar("array_position", ("array<T>, T -> bigint", "(CASE WHEN {1} IS NOT NULL AND {0} IS NOT NULL THEN "
       "CAST(coalesce(list_position({0}, {1}), 0) AS BIGINT) END)"))  # fmt: skip
scalar("array_remove", ("array<T>, T -> array<T>", "list_filter({0}, lambda _x: _x IS DISTINCT FROM {1})"))
scalar("array_repeat", ("T, bigint -> array<T>", "list_transform(range({1}), lambda _i: {0})"))
scalar("array_normalize", ("array<double>, double -> array<double>", "mc_norm({0}, {1})"))
scalar("flatten", ("array<array<T>> -> array<T>", "flatten({0})"))
scalar("slice", ("array<T>, bigint, bigint -> array<T>", "mc_slice({0}, {1}, {2})"))
scalar("sequence", ("bigint, bigint, bigint? -> array<bigint>", _sequence))
scalar("shuffle", ("array<T> -> array<T>", "mc_shuffle({0})"), volatile=True)
scalar("combinations", ("array<T>, bigint -> array<array<T>>", _combinations))
scalar("ngrams", ("array<T>, bigint -> array<array<T>>", "mc_ngrams({0}, {1})"))
scalar("element_at", ("array, any -> any", _element), ("map, any -> any", _element))
scalar("map_keys", ("map<K,V> -> array<K>", "map_keys({0})"))
scalar("map_values", ("map<K,V> -> array<V>", "map_values({0})"))
scalar("map_entries", ("map<K,V> -> any", _map_entries))
scalar("map_concat", ("map<K,V>* -> map<K,V>", _map_concat))
scalar("map_contains_key", ("map<K,V>, K -> boolean", "map_contains({0}, {1})"))
scalar("map_from_arrays", ("array<K>, array<V> -> map<K,V>", "map({0}, {1})"))
scalar("map_from_entries", ("array -> any", _from_entries))
scalar("multimap_from_entries", ("array -> any", _multimap))
