"""Aggregates; with OVER they are window functions too."""

from yunbox.schema.types import DataType
from yunbox.sql.maxcompute.casts import cast
from yunbox.sql.maxcompute.errors import ArgumentTypeWrong, ArgumentWrong
from yunbox.sql.maxcompute.expr import DOUBLE, Expr
from yunbox.sql.maxcompute.functions.registry import Around, Call, aggregate, category
from yunbox.sql.maxcompute.operators import check_comparable

_TYPED = "CAST({} AS {type})"
_BINS = 10_000  # of percentile_approx(), where none are given


def _extreme(call: Call) -> str:
    if call.args[0].type.name == "boolean":
        raise ArgumentTypeWrong(f"function {call.name} takes no BOOLEAN", call.where)
    check_comparable(call.args[0].type, call.where)
    return f"{call.name}({call[0]})"


def _median(call: Call) -> str:
    return f"quantile_cont(CAST({call[0]} AS {call.returns.duckdb}), 0.5)"


def _wm_concat(call: Call) -> str:
    if not isinstance(call.literal(0), str):
        raise ArgumentTypeWrong("argument 1 of function wm_concat, the separator, must not be NULL", call.where)
    return f"string_agg({call[1]}, {call[0]})"


def _share(call: Call, index: int) -> str:
    """The SQL of a percentile, or of an array of them, each a constant from 0 to 1."""
    arg = _uncast(call.args[index])
    for one in map(_uncast, arg.args if arg.op == "array" else (arg,)):
        if one.is_null:
            raise ArgumentWrong(f"argument {index + 1} of function {call.name} is NULL", call.where)
        if one.op != "literal":
            raise ArgumentTypeWrong(f"argument {index + 1} of function {call.name} must be a constant", call.where)
        if not (isinstance(one.value, int | float) and 0 <= one.value <= 1):
            raise ArgumentWrong(f"argument {index + 1} of function {call.name} must be from 0 to 1", call.where)
    return call[index]


def _uncast(arg: Expr) -> Expr:
    while arg.op == "cast":
        arg = arg.args[0]
    return arg


def _percentile(call: Call) -> str:
    return f"quantile_cont({call[0]}, {_share(call, 1)})"


def _percentile_approx(call: Call) -> Around:
    """percentile_approx(x[, weight], p or array of p[, bins])."""
    at = 2 if len(call) == 4 or (len(call) == 3 and _weighed(call)) else 1
    _share(call, at)
    wanted = cast(call.args[at], DataType("array", children=(DOUBLE,)) if call.args[at].op == "array" else DOUBLE)
    bins = call.number(at + 1, 1) if len(call) > at + 1 else _BINS
    weight = cast(call.args[1], DOUBLE).sql if at == 2 else "1e0"
    core = f"list(struct_pack(x := {call[0]}, w := {weight}))"
    if wanted.type.children:
        return Around(core, f"yb_percentiles_approx({{}}, {wanted.sql}, {bins})", wanted.type)
    return Around(core, f"yb_percentiles_approx({{}}, [{wanted.sql}], {bins})[1]", DOUBLE)


def _weighed(call: Call) -> bool:
    """Whether the second of three arguments is a weight, and not the percentile."""
    return not call.args[1].type.children and (bool(call.args[2].type.children) or not call.args[1].constant)


def _map_union_sum(call: Call) -> Around:
    key, value = call.args[0].type.children
    if not (value.is_numeric or value.name == "void"):
        raise ArgumentTypeWrong(f"function map_union_sum cannot add values of type {value.upper()}", call.where)
    summed = DataType("bigint") if value.is_integer or value.name == "void" else value
    of = DataType("map", children=(key, DOUBLE if value.name == "float" else summed))
    given = cast(call.args[0], of).sql if value.name == "void" else call[0]
    return Around(f"list({given})", f"CAST(mc_sum_of(mc_entries({{}})) AS {of.duckdb})", of)


def _skipping(call: Call) -> bool:
    """Whether NULLs are left out, which a third argument FALSE forbids."""
    return len(call) < 3 or call.literal(2) is not False


def _percentile_cont(call: Call) -> str | Around:
    share = _share(call, 1)
    if _skipping(call):
        return f"quantile_cont({call[0]}, {share})"
    return Around(f"list({call[0]})", f"yb_percentile_cont({{}}, {share})")


def _percentile_disc(call: Call) -> str | Around:
    share = _share(call, 1)
    if _skipping(call):
        return f"quantile_disc({call[0]}, {share})"
    return Around(f"list({call[0]} ORDER BY {call[0]} NULLS FIRST)", f"mc_percentile_disc({{}}, {share})")


def _numeric_histogram(call: Call) -> Around:
    bins = call.number(0, 2)
    weight = call[2] if len(call) > 2 else "1e0"
    return Around(f"list(struct_pack(x := {call[1]}, w := {weight}))", f"yb_numeric_histogram({{}}, {bins})")


category("Aggregate functions")

aggregate("count", ("any* -> bigint", "count({*})"))
aggregate("sum", ("bigint -> bigint", "sum({0})"), ("decimal -> widest", "sum({0})"), ("double -> double", "sum({0})"),
          wrap=_TYPED)  # fmt: skip
aggregate("avg mean", ("decimal -> finer", "avg({0})"), ("double -> double", "avg({0})"), wrap=_TYPED)
aggregate("max", ("T -> T", _extreme))
aggregate("min", ("T -> T", _extreme))
aggregate("any_value arbitrary", ("T -> T", "any_value({0})"))
aggregate("max_by", ("T, K -> T", "arg_max({0}, {1})"))
aggregate("min_by", ("T, K -> T", "arg_min({0}, {1})"))
aggregate("arg_max", ("T, K -> K", "arg_max({1}, {0})"))
aggregate("arg_min", ("T, K -> K", "arg_min({1}, {0})"))
aggregate("stddev stddev_pop", ("decimal -> decimal(38,18)", "stddev_pop({0})"),
          ("double -> double", "stddev_pop({0})"),
          wrap=_TYPED)  # fmt: skip
aggregate("stddev_samp", ("decimal -> decimal(38,18)", "stddev_samp({0})"), ("double -> double", "stddev_samp({0})"),
          wrap=_TYPED)  # fmt: skip
aggregate("variance var_pop", ("double -> double", "var_pop({0})"))
aggregate("var_samp", ("double -> double", "var_samp({0})"))
aggregate("covar_pop", ("double, double -> double", "covar_pop({0}, {1})"))
aggregate("covar_samp", ("double, double -> double", "covar_samp({0}, {1})"))
aggregate("corr", ("double, double -> double", "corr({0}, {1})"))
aggregate("median", ("decimal -> finer", _median), ("double -> double", "median({0})"),
          wrap=_TYPED)  # fmt: skip
aggregate("percentile", ("double, double -> double", _percentile),
          ("double, array<double> -> array<double>", _percentile))  # fmt: skip
aggregate("percentile_approx approx_percentile", ("double, any, any?, any? -> any", _percentile_approx))
aggregate("percentile_cont", ("double, double, boolean? -> double", _percentile_cont))
aggregate("percentile_disc", ("T, double, boolean? -> T", _percentile_disc))
aggregate("numeric_histogram", ("bigint, double, double? -> map<double,double>", _numeric_histogram))
aggregate("approx_distinct", ("any, any? -> bigint", "approx_count_distinct({0})"))
aggregate("collect_list", ("T -> array<T>", "list({0})"), wrap="mc_known({})")
aggregate("collect_set", ("T -> array<T>", "list({0})"), wrap="mc_known({})")
aggregate("wm_concat", ("string, string -> string", _wm_concat))
aggregate("count_if", ("boolean -> bigint", "count_if({0})"), wrap="CAST({} AS BIGINT)")
aggregate("bool_and every", ("boolean -> boolean", "bool_and({0})"))
aggregate("bool_or any", ("boolean -> boolean", "bool_or({0})"))
aggregate("bitwise_and_agg bit_and", ("bigint -> bigint", "bit_and({0})"))
aggregate("bitwise_or_agg bit_or", ("bigint -> bigint", "bit_or({0})"))
aggregate("bitwise_xor_agg bit_xor", ("bigint -> bigint", "bit_xor({0})"))
aggregate("histogram", ("K -> map<K,bigint>", "histogram({0})"), wrap=_TYPED)
aggregate("map_agg", ("K, V -> map<K,V>", "list(struct_pack(k := {0}, v := {1}))"), wrap="mc_first_of({})")
aggregate("multimap_agg", ("K, V -> map<K,array<V>>", "list(struct_pack(k := {0}, v := {1}))"), wrap="mc_all_of({})")
aggregate("map_union", ("map<K,V> -> map<K,V>", "list({0})"),
          wrap="mc_first_of(list_transform(mc_entries({}), lambda _e: {'k': _e.key, 'v': _e.value}))")  # fmt: skip
aggregate("map_union_sum", ("map<K,V> -> any", _map_union_sum))
aggregate("grouping grouping_id", ("any* -> bigint", "grouping({*})"))
