"""Functions that take a function: its parameters become whatever SQL stands for them."""

from yunbox.schema.types import DataType
from yunbox.sql.maxcompute.casts import common_type
from yunbox.sql.maxcompute.errors import ArgumentTypeWrong
from yunbox.sql.maxcompute.expr import Expr, build
from yunbox.sql.maxcompute.functions.collections import with_policy
from yunbox.sql.maxcompute.functions.registry import Call, category, scalar


def inlined(function: Expr, *values: str) -> str:
    """The body of a bound lambda with its parameters replaced."""
    sql = function.args[0].sql
    for name, value in zip(function.value, values, strict=False):
        sql = sql.replace(name, value)
    return sql


def _sorted(call: Call) -> str:
    """array_sort(a, comparator): each element goes where as many stand before it as compare smaller."""
    if not call.args[1].type.children[0].is_numeric:
        raise ArgumentTypeWrong("the comparator of function array_sort must give a number", call.where)
    array = call[0]
    before = inlined(call.args[1], f"{array}[_j]", f"{array}[_i]")
    places = f"range(1, len({array}) + 1)"
    rank = f"len(list_filter({places}, lambda _j: {before} < 0 OR ({before} = 0 AND _j < _i)))"
    ranked = f"list_transform({places}, lambda _i: {{'r': {rank}, 'i': _i}})"
    return f"list_transform(list_sort({ranked}), lambda _s: {array}[_s.i])"


def _reduced(call: Call) -> Expr:
    """reduce(a, start, merge, finish). The state may be of another type than the elements."""
    array, start, merge, finish = call.args
    state, element = start.type.duckdb, array.type.children[0].duckdb
    row = f"STRUCT(a {state}, x {element})"
    rows = f"list_transform({array.sql}, lambda _e: CAST({{'a': NULL, 'x': _e}} AS {row}))"
    body = inlined(merge, "_s.a", "_n.x")
    step = f"lambda _s, _n: CAST({{'a': {body}, 'x': _n.x}} AS {row})"
    last = f"list_reduce({rows}, {step}, CAST({{'a': {start.sql}, 'x': NULL}} AS {row})).a"
    whole = f"(CASE WHEN {array.sql} IS NOT NULL THEN {last} END)"
    return build(inlined(finish, whole), finish.type.children[0], array, start, merge, finish)


def _zipped(call: Call) -> str:
    a, b, function = call.args
    places = f"range(1, greatest(len({a.sql}), len({b.sql})) + 1)"
    return f"list_transform({places}, lambda _i: {inlined(function, f'{a.sql}[_i]', f'{b.sql}[_i]')})"


def _map_filter(call: Call) -> str:
    test = inlined(call.args[1], "_e.key", "_e.value")
    return f"map_from_entries(list_filter(map_entries({call[0]}), lambda _e: {test}))"


def _entries(call: Call, key: str, value: str, of: DataType) -> Expr:
    made = f"list_transform(map_entries({call[0]}), lambda _e: {{'key': {key}, 'value': {value}}})"
    return build(f"map_from_entries({made})", of, *call.args)


def _transform_keys(call: Call, strict: str) -> Expr:
    key = inlined(call.args[1], "_e.key", "_e.value")
    of = DataType("map", children=(call.args[1].type.children[0], call.args[0].type.children[1]))
    made = f"list_transform(map_entries({call[0]}), lambda _e: {{'k': {key}, 'v': _e.value}})"
    return build(f"mc_map_of({made}, {strict})", of, *call.args)


def _transform_values(call: Call) -> Expr:
    value = inlined(call.args[1], "_e.key", "_e.value")
    of = DataType("map", children=(call.args[0].type.children[0], call.args[1].type.children[0]))
    return _entries(call, "_e.key", value, of)


def _map_zip(call: Call) -> Expr:
    a, b, function = call.args
    keys = f"list_distinct(list_concat(map_keys({a.sql}), map_keys({b.sql})))"
    value = inlined(function, "_k", f"{a.sql}[_k]", f"{b.sql}[_k]")
    of = DataType("map", children=(common_type([a.type.children[0]]), function.type.children[0]))
    return build(f"map({keys}, list_transform({keys}, lambda _k: {value}))", of, *call.args)


category("Complex type functions")

scalar("transform", ("array<T>, lambda<U> -> array<U>", "list_transform({0}, {1})"))
scalar("filter", ("array<T>, lambda<boolean> -> array<T>", "list_filter({0}, {1})"))
scalar("any_match", ("array<T>, lambda<boolean> -> boolean", "mc_any(list_transform({0}, {1}))"))
scalar("all_match", ("array<T>, lambda<boolean> -> boolean", "mc_all(list_transform({0}, {1}))"))
scalar("array_sort", ("array<T>, lambda<U> -> array<T>", _sorted))
scalar("array_reduce reduce aggregate", ("array<T>, K, lambda<V>, lambda<U> -> any", _reduced))
scalar("zip_with", ("array<T>, array<K>, lambda<U> -> array<U>", _zipped))
scalar("map_filter", ("map<K,V>, lambda<boolean> -> map<K,V>", _map_filter))
scalar("transform_keys", ("map<K,V>, lambda<U> -> any", with_policy(_transform_keys)),
       ("string, map<K,V>, lambda<U> -> any", with_policy(_transform_keys)))  # fmt: skip
scalar("transform_values", ("map<K,V>, lambda<U> -> any", _transform_values))
scalar("map_zip_with", ("map<K,V>, map<K,T>, lambda<U> -> any", _map_zip))
