"""Aggregates; with OVER they are window functions too."""

from yunbox.sql.maxcompute.functions.registry import aggregate

aggregate("count", ("any* -> bigint", "count({*})"))
aggregate(
    "sum",
    ("bigint -> bigint", "sum({0})"),
    ("decimal -> widest", "sum({0})"),
    ("double -> double", "sum({0})"),
    wrap="CAST({} AS {{type}})",
)
aggregate(
    "avg",
    ("decimal -> finer", "avg({0})"),
    ("double -> double", "avg({0})"),
    wrap="CAST({} AS {{type}})",
)
aggregate("max", ("T -> T", "max({0})"))
aggregate("min", ("T -> T", "min({0})"))
aggregate("any_value arbitrary", ("T -> T", "any_value({0})"))
aggregate("max_by", ("T, K -> T", "max_by({0}, {1})"))
aggregate("min_by", ("T, K -> T", "min_by({0}, {1})"))
aggregate("stddev stddev_pop", ("double -> double", "stddev_pop({0})"))
aggregate("stddev_samp", ("double -> double", "stddev_samp({0})"))
aggregate("variance var_pop", ("double -> double", "var_pop({0})"))
aggregate("var_samp", ("double -> double", "var_samp({0})"))
aggregate("covar_pop", ("double, double -> double", "covar_pop({0}, {1})"))
aggregate("covar_samp", ("double, double -> double", "covar_samp({0}, {1})"))
aggregate("corr", ("double, double -> double", "corr({0}, {1})"))
aggregate("median", ("double -> double", "median({0})"))
aggregate("percentile", ("bigint, double -> double", "quantile_cont({0}, {1})"))
aggregate("percentile_approx", ("double, double, any? -> double", "quantile_cont({0}, {1})"))
aggregate("approx_distinct", ("any -> bigint", "approx_count_distinct({0})"))
aggregate("collect_list", ("T -> array<T>", "list({0})"), wrap="list_filter({}, lambda _x: _x IS NOT NULL)")
aggregate(
    "collect_set", ("T -> array<T>", "list({0})"), wrap="list_distinct(list_filter({}, lambda _x: _x IS NOT NULL))"
)
aggregate("wm_concat", ("string, string -> string", "string_agg({1}, {0})"))
aggregate("count_if", ("boolean -> bigint", "count_if({0})"), wrap="CAST({} AS BIGINT)")
aggregate("bool_and every", ("boolean -> boolean", "bool_and({0})"))
aggregate("bool_or", ("boolean -> boolean", "bool_or({0})"))
aggregate("bitwise_and_agg bit_and", ("bigint -> bigint", "bit_and({0})"))
aggregate("bitwise_or_agg bit_or", ("bigint -> bigint", "bit_or({0})"))
aggregate("bitwise_xor_agg bit_xor", ("bigint -> bigint", "bit_xor({0})"))
aggregate("map_agg", ("K, V -> map<K,V>", "map_from_entries(list(({0}, {1})))"))
aggregate("grouping", ("any* -> bigint", "grouping({*})"))
