"""Arrays, maps and structs."""

from yunbox.sql.maxcompute.casts import cast, common_type
from yunbox.sql.maxcompute.errors import ArgumentCountWrong
from yunbox.sql.maxcompute.expr import Expr, build, quote
from yunbox.sql.maxcompute.functions.registry import Call, scalar
from yunbox.wire.odps.types import DataType


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


scalar("array", ("T* -> array<T>", "[{*}]"))
scalar("map", ("any?* -> any", _map))
scalar("named_struct", ("any* -> any", _named_struct))
scalar("struct", ("any* -> any", _struct))
scalar("size", ("array -> bigint", "len({0})"), ("map -> bigint", "CAST(cardinality({0}) AS BIGINT)"))
scalar("array_contains", ("array<T>, T -> boolean", "list_contains({0}, {1})"))
scalar("sort_array", ("array<T>, boolean? -> array<T>",
       lambda c: f"list_sort({c[0]}, {chr(39)}{'DESC' if len(c) > 1 and c.literal(1) is False else 'ASC'}{chr(39)}, "
       f"{chr(39)}NULLS {'LAST' if len(c) > 1 and c.literal(1) is False else 'FIRST'}{chr(39)})"))  # fmt: skip
scalar("array_distinct", ("array<T> -> array<T>", "list_distinct({0})"))
scalar("array_union", ("array<T>, array<T> -> array<T>", "list_distinct(list_concat({0}, {1}))"))
scalar("array_intersect", ("array<T>, array<T> -> array<T>", "list_intersect({0}, {1})"))
scalar("array_join", ("array<string>, string, string? -> string", "array_to_string({0}, {1})"))
scalar("array_max", ("array<T> -> T", "list_max({0})"))
scalar("array_min", ("array<T> -> T", "list_min({0})"))
scalar("array_position", ("array<T>, T -> bigint", "CAST(coalesce(list_position({0}, {1}), 0) AS BIGINT)"))
scalar("array_remove", ("array<T>, T -> array<T>", "list_filter({0}, lambda _x: _x IS DISTINCT FROM {1})"))
scalar("slice", ("array<T>, bigint, bigint -> array<T>", "list_slice({0}, {1}, {1} + {2} - 1)"))
scalar("sequence", ("bigint, bigint, bigint? -> array<bigint>", "generate_series({0}, {1}, {2|1})"))
scalar("transform", ("array<T>, lambda<U> -> array<U>", "list_transform({0}, {1})"))
scalar("filter", ("array<T>, lambda<U> -> array<T>", "list_filter({0}, {1})"))
scalar(
    "any_match",
    ("array<T>, lambda<U> -> boolean", "list_any_value(list_filter(list_transform({0}, {1}), lambda _b: _b))"),
)
scalar("map_keys", ("map<K,V> -> array<K>", "map_keys({0})"))
scalar("map_values", ("map<K,V> -> array<V>", "map_values({0})"))
scalar("map_contains_key", ("map<K,V>, K -> boolean", "map_contains({0}, {1})"))
scalar("str_to_map", ("string, string?, string? -> map<string,string>",
       "map_from_entries(list_transform(string_split({0}, {1|','}), lambda p: "
       "(split_part(p, {2|':'}, 1), split_part(p, {2|':'}, 2))))"))  # fmt: skip
