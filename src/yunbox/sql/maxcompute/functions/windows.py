"""Functions that exist only with OVER."""

from yunbox.sql.maxcompute.errors import ArgumentTypeWrong
from yunbox.sql.maxcompute.functions.registry import Call, window


def _sample(call: Call) -> str:
    """cluster_sample(n): one row of n; cluster_sample(n, m): m rows of n. By chance, row by row."""
    parts = call.literal(0)
    taken = call.literal(1) if len(call) > 1 else 1
    if not (isinstance(parts, int) and isinstance(taken, int) and taken > 0 and parts > 0):
        raise ArgumentTypeWrong("function cluster_sample needs positive constants", call.where)
    return f"random() * {parts} < {taken} AND count(*)"


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
window("cluster_sample", ("bigint, bigint? -> boolean", _sample), wrap="({} > 0)")
