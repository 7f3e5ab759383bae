"""Aggregates; with OVER they are window functions too."""

from yunbox.sql.maxcompute.functions.registry import aggregate, unsupported

_TYPED = "CAST({} AS {{type}})"

aggregate("count", ("any* -> bigint", "count({*})"))
aggregate("sum", ("bigint -> bigint", "sum({0})"), ("decimal -> widest", "sum({0})"), ("double -> double", "sum({0})"),
          wrap=_TYPED)  # fmt: skip
aggregate("avg mean", ("decimal -> finer", "avg({0})"), ("double -> double", "avg({0})"), wrap=_TYPED)
aggregate("max", ("T -> T", "max({0})"))
aggregate("min", ("T -> T", "min({0})"))
aggregate("any_value arbitrary", ("T -> T", "any_value({0})"))
aggregate("max_by", ("T, K -> T", "arg_max({0}, {1})"))
aggregate("min_by", ("T, K -> T", "arg_min({0}, {1})"))
aggregate("arg_max", ("T, K -> K", "arg_max({1}, {0})"))
aggregate("arg_min", ("T, K -> K", "arg_min({1}, {0})"))
aggregate("stddev stddev_pop", ("double -> double", "stddev_pop({0})"))
aggregate("stddev_samp", ("double -> double", "stddev_samp({0})"))
aggregate("variance var_pop", ("double -> double", "var_pop({0})"))
aggregate("var_samp", ("double -> double", "var_samp({0})"))
aggregate("covar_pop", ("double, double -> double", "covar_pop({0}, {1})"))
aggregate("covar_samp", ("double, double -> double", "covar_samp({0}, {1})"))
aggregate("corr", ("double, double -> double", "corr({0}, {1})"))
aggregate("median", ("decimal -> decimal", "quantile_cont({0}, 0.5)"), ("double -> double", "median({0})"),
          wrap=_TYPED)  # fmt: skip
aggregate("percentile", ("double, double -> double", "quantile_cont({0}, {1})"),
          ("double, array<double> -> array<double>", "quantile_cont({0}, {1})"))  # fmt: skip
aggregate("percentile_approx approx_percentile", ("double, double, any? -> double", "quantile_cont({0}, {1})"),
          ("double, array<double>, any? -> array<double>", "quantile_cont({0}, {1})"))  # fmt: skip
aggregate("approx_distinct", ("any, any? -> bigint", "approx_count_distinct({0})"))
aggregate("collect_list", ("T -> array<T>", "list({0})"), wrap="mc_known({})")
aggregate("collect_set", ("T -> array<T>", "list({0})"), wrap="list_distinct(mc_known({}))")
aggregate("wm_concat", ("string, string -> string", "string_agg({1}, {0})"))
aggregate("count_if", ("boolean -> bigint", "count_if({0})"), wrap="CAST({} AS BIGINT)")
aggregate("bool_and every", ("boolean -> boolean", "bool_and({0})"))
aggregate("bool_or", ("boolean -> boolean", "bool_or({0})"))
aggregate("bitwise_and_agg bit_and", ("bigint -> bigint", "bit_and({0})"))
aggregate("bitwise_or_agg bit_or", ("bigint -> bigint", "bit_or({0})"))
aggregate("bitwise_xor_agg bit_xor", ("bigint -> bigint", "bit_xor({0})"))
aggregate("histogram", ("K -> map<K,bigint>", "histogram({0})"), wrap=_TYPED)
aggregate("map_agg", ("K, V -> map<K,V>", "list(struct_pack(k := {0}, v := {1}))"), wrap="mc_first_of({})")
aggregate("multimap_agg", ("K, V -> map<K,array<V>>", "list(struct_pack(k := {0}, v := {1}))"), wrap="mc_all_of({})")
aggregate("map_union", ("map<K,V> -> map<K,V>", "list({0})"),
          wrap="mc_first_of(list_transform(mc_entries({}), lambda _e: {{'k': _e.key, 'v': _e.value}}))")  # fmt: skip
aggregate("map_union_sum", ("map<K,V> -> map<K,V>", "list({0})"), wrap="CAST(mc_sum_of(mc_entries({})) AS {{type}})")
aggregate("grouping grouping_id", ("any* -> bigint", "grouping({*})"))
unsupported("numeric_histogram bloom_filter collect_bloom_filter approx_histogram kmeans")
