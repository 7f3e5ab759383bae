"""Functions that exist only with OVER."""

from yunbox.sql.maxcompute.functions.registry import window

window("row_number", (" -> bigint", "row_number()"))
window("rank", (" -> bigint", "rank()"))
window("dense_rank", (" -> bigint", "dense_rank()"))
window("percent_rank", (" -> double", "percent_rank()"))
window("cume_dist", (" -> double", "cume_dist()"))
window("ntile", ("bigint -> bigint", "ntile({0})"))
window("lag", ("T, bigint?, T? -> T", "lag({0}, {1|1}, {2})"))
window("lead", ("T, bigint?, T? -> T", "lead({0}, {1|1}, {2})"))
window("first_value", ("T, boolean? -> T", "first_value({0})"))
window("last_value", ("T, boolean? -> T", "last_value({0})"))
window("nth_value", ("T, bigint, boolean? -> T", "nth_value({0}, {1})"))
