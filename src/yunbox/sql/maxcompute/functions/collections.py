"""Arrays, maps and structs."""

from collections.abc import Callable
from dataclasses import replace

from yunbox.schema.types import INTEGERS, DataType
from yunbox.sql.maxcompute.casts import cast, common_type
from yunbox.sql.maxcompute.errors import ArgumentCountWrong, ArgumentTypeWrong, ArgumentWrong
from yunbox.sql.maxcompute.expr import BIGINT, STRING, Expr, build, quote
from yunbox.sql.maxcompute.functions.registry import Call, category, failing, scalar

_COMBINED_MAX = 5  # elements of one combination
_SEQUENCE_MAX, _DIGITS_MAX, _LENGTH_FLAG = 10_000, 18, "odps.sql.max.sequence.length"


def _map(call: Call) -> Expr:
    if len(call) % 2:
        raise ArgumentCountWrong("map", len(call), "an even number of arguments", call.where)
    keys, values = call.args[::2], call.args[1::2]
    key = common_type([k.type for k in keys], call.where)
    value = common_type([v.type for v in values], call.where)
    of = DataType("map", children=(key, value))
    pairs = [(cast(k, key).sql, cast(v, value).sql) for k, v in zip(keys, values, strict=True)]
    known = {k.value for k in keys if k.op == "literal" and k.value is not None}
    if len(known) == len(keys) or (len(keys) == 1 and not keys[0].is_null):
        return build(f"MAP([{', '.join(k for k, _ in pairs)}], [{', '.join(v for _, v in pairs)}])", of, *call.args)
    entries = ", ".join(f"{{'k': {k}, 'v': {v}}}" for k, v in pairs)
    return build(f"mc_map_of([{entries}], {_strict(call)})", of, *call.args)


def _strict(call: Call) -> str:
    """Whether a key that comes twice in a map fails, as the session has it."""
    policy = str(call.session.settings.get("odps.sql.map.key.dedup.policy", "last_win")).lower()
    return "TRUE" if policy == "exception" else "FALSE"


def with_policy(make: Callable[[Call, str], Expr]) -> Callable[[Call], Expr]:
    """A template whose first argument may say what becomes of a key that comes twice."""

    def render(call: Call) -> Expr:
        if not call.args[0].type.is_text:
            return make(call, _strict(call))
        policy = call.text(0)
        if policy not in ("exception", "last_win"):
            raise ArgumentWrong(f"function {call.name} does not know the policy {policy}", call.where)
        return make(replace(call, args=call.args[1:]), "TRUE" if policy == "exception" else "FALSE")

    return render


def _named_struct(call: Call) -> Expr:
    if len(call) % 2 or not len(call):
        raise ArgumentCountWrong("named_struct", len(call), "an even number of arguments", call.where)
    names = [_named(call, i) for i in range(0, len(call), 2)]
    return _struct_of(call, names, call.args[1::2])


def _named(call: Call, index: int) -> str:
    name = call.literal(index)
    if not isinstance(name, str):
        raise ArgumentTypeWrong(f"argument {index + 1} of function {call.name} must be a STRING", call.where)
    if not name.isidentifier():
        raise ArgumentWrong(f"argument {index + 1} of function {call.name} is no name of a field: '{name}'", call.where)
    return name.lower()


def _struct(call: Call) -> Expr:
    return _struct_of(call, [f"col{i + 1}" for i in range(len(call))], call.args)


def _struct_of(call: Call, names: list[str], values: tuple[Expr, ...]) -> Expr:
    if len(set(names)) < len(names):
        raise ArgumentWrong(f"a field name of function {call.name} stands there twice", call.where)
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


def _map_concat(call: Call, strict: str) -> Expr:
    of = common_type([arg.type for arg in call.args], call.where)
    entries = ", ".join(f"mc_entries_of({cast(arg, of).sql})" for arg in call.args)
    known = " AND ".join(f"{arg.sql} IS NOT NULL" for arg in call.args)
    wrong = failing("ODPS-0121095", "'a map of function map_concat is NULL'")
    sql = f"(CASE WHEN {known} THEN mc_map_of(flatten([{entries}]), {strict}) ELSE {wrong} END)"
    return build(sql, of, *call.args)


def _from_arrays(call: Call, strict: str) -> Expr:
    keys, values = call.args
    of = DataType("map", children=(keys.type.children[0], values.type.children[0]))
    entries = f"list_transform({keys.sql}, lambda _k, _i: {{'k': _k, 'v': {values.sql}[_i]}})"
    wrong = failing("ODPS-0121095", "'the arrays of function map_from_arrays differ in length'")
    equal = f"len({keys.sql}) = len({values.sql})"
    known = f"{keys.sql} IS NULL OR {values.sql} IS NULL"
    made = f"CASE WHEN {known} THEN NULL WHEN {equal} THEN mc_map_of({entries}, {strict}) ELSE {wrong} END"
    return build(f"({made})", of, *call.args)


def _map_entries(call: Call) -> Expr:
    struct = DataType("struct", children=call.args[0].type.children, names=("key", "value"))
    return build(f"map_entries({call[0]})", DataType("array", children=(struct,)), *call.args)


def _from_entries(call: Call, strict: str) -> Expr:
    key, value, names = _pair(call)
    entries = f"list_transform({call[0]}, lambda _e: {{'k': _e.\"{names[0]}\", 'v': _e.\"{names[1]}\"}})"
    return build(f"mc_map_of({entries}, {strict})", DataType("map", children=(key, value)), *call.args)


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
    call.text(1)
    return f"mc_array_join({texts}, {call[1]}, {call[2] if len(call) > 2 else 'NULL'})"


def _array(call: Call) -> Expr:
    return build(f"[{', '.join(arg.sql for arg in call.args)}]", call.returns, *call.args, op="array")


def _normalize(call: Call) -> str:
    wrong = failing("ODPS-0121095", "'the p of function array_normalize is negative'")
    return f"(CASE WHEN {call[1]} < 0 THEN {wrong} ELSE mc_norm({call[0]}, {call[1]}) END)"


def _slice(call: Call) -> str:
    wrong = failing("ODPS-0121095", "'function slice counts from 1, or from -1 backwards'")
    return f"(CASE WHEN {call[1]} = 0 THEN {wrong} ELSE mc_slice({call[0]}, {call[1]}, {call.checked(2, 0)}) END)"


def _sequence(call: Call) -> str:
    """A sequence of integers, of the type of its ends."""
    if len(call) > 2:
        made = f"(CASE WHEN {call[2]} = 0 {_astray(f'{call[2]} > 0', call)} ELSE {_series(call, call[2])} END)"
    else:
        made = _series(call, f"CASE WHEN {call[0]} <= {call[1]} THEN 1 ELSE -1 END")
    return made if call.returns.children[0] == BIGINT else f"CAST({made} AS {call.returns.duckdb})"


def _longest(call: Call) -> int:
    """How many elements a sequence may have."""
    told = str(call.session.settings.get(_LENGTH_FLAG, _SEQUENCE_MAX)).strip()
    return int(told) if told.isdigit() and len(told) <= _DIGITS_MAX else _SEQUENCE_MAX


def _astray(forward: str, call: Call) -> str:
    """The end of a condition: whether a step leads away from where the sequence ends; it fails the statement."""
    wrong = failing("ODPS-0121095", "'the step of function sequence does not lead from its start to its stop'")
    return f"OR ({call[0]} <= {call[1]}) <> ({forward}) THEN {wrong}"


def _days(call: Call) -> str:
    """A sequence of days or instants, a day apart unless an interval is given."""
    if len(call) < 3:
        step = f"(CASE WHEN {call[0]} <= {call[1]} THEN INTERVAL 1 DAY ELSE INTERVAL (-1) DAY END)"
        return f"mc_time_series({call[0]}, {call[1]}, {step}, {_longest(call)})"
    if not call.args[2].type.name.startswith("interval"):
        raise ArgumentTypeWrong("the step of function sequence over times is an INTERVAL", call.where)
    astray = _astray(f"{call[0]} + {call[2]} > {call[0]}", call)
    series = f"mc_time_series({call[0]}, {call[1]}, {call[2]}, {_longest(call)})"
    return f"(CASE WHEN {call[0]} + {call[2]} = {call[0]} {astray} ELSE {series} END)"


def _series(call: Call, step: str) -> str:
    return f"generate_series({call[0]}, mc_sequence_end({call[0]}, {call[1]}, {step}, {_longest(call)}), {step})"


category("Complex type functions")

scalar("array", ("T?* -> array<T>", _array))
scalar("map", ("any?* -> any", _map))
scalar("named_struct", ("any* -> any", _named_struct))
scalar("struct", ("any* -> any", _struct))
scalar("field", ("struct, string -> any", _field))
scalar("size cardinality", ("array -> int", "CAST(len({0}) AS INTEGER)"),
       ("map -> int", "CAST(cardinality({0}) AS INTEGER)"))  # fmt: skip
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
scalar(
    "array_remove",
    (
        "array<T>, T -> array<T>",
        "(CASE WHEN {1} IS NOT NULL THEN list_filter({0}, lambda _x: _x IS DISTINCT FROM {1}) END)",
    ),
)
scalar("array_repeat", ("T, bigint -> array<T>", "list_transform(range(mc_elements({1})), lambda _i: {0})"))
scalar("array_normalize", ("array<double>, double -> array<double>", _normalize))
scalar("flatten", ("array<array<T>> -> array<T>", "flatten({0})"))
scalar("slice", ("array<T>, bigint, bigint -> array<T>", _slice))
scalar(
    "sequence",
    *((f"{of}!, {of}!, {of}!? -> array<{of}>", _sequence) for of in reversed(INTEGERS)),
    ("date!, date!, any? -> array<date>", lambda call: f"CAST({_days(call)} AS DATE[])"),
    ("datetime!, datetime!, any? -> array<datetime>", _days),
    ("timestamp!, timestamp!, any? -> array<timestamp>", _days),
)
scalar("shuffle", ("array<T> -> array<T>", "mc_shuffle({0})"), volatile=True)
scalar("combinations", ("array<T>, bigint -> array<array<T>>", _combinations))
scalar("ngrams", ("array<T>, bigint -> array<array<T>>", lambda c: f"mc_ngrams({c[0]}, {c.checked(1, 1)})"))
scalar("element_at", ("array, any -> any", _element), ("map, any -> any", _element))
scalar("map_keys", ("map<K,V> -> array<K>", "map_keys({0})"))
scalar("map_values", ("map<K,V> -> array<V>", "map_values({0})"))
scalar("map_entries", ("map<K,V> -> any", _map_entries))
scalar("map_concat", ("map<K,V>* -> any", with_policy(_map_concat)),
       ("string, map<K,V>* -> any", with_policy(_map_concat)))  # fmt: skip
scalar("map_contains_key", ("map<K,V>, K -> boolean", "map_contains({0}, {1})"))
scalar("map_from_arrays", ("array<K>, array<V> -> any", with_policy(_from_arrays)),
       ("string, array<K>, array<V> -> any", with_policy(_from_arrays)))  # fmt: skip
scalar("map_from_entries", ("array -> any", with_policy(_from_entries)),
       ("string, array -> any", with_policy(_from_entries)))  # fmt: skip
scalar("multimap_from_entries", ("array -> any", _multimap))
