"""Functions that exist only with OVER."""

from yunbox.sql.maxcompute.errors import ArgumentTypeWrong
from yunbox.sql.maxcompute.functions.registry import Around, Call, category, window


def _sample(call: Call) -> Around:
    """cluster_sample(n): n rows of each partition, by chance; cluster_sample(n, m): m of every n rows."""
    chance = "row_number(ORDER BY random())"
    if len(call) == 1:
        return Around(chance, f"({{}} <= {call.number(0, 1)})")
    parts, taken = call.number(0, 1), call.number(1, 1)
    return Around(chance, f"({{}} * {parts} <= count(*){{over}} * {taken})")


def _ntile(call: Call) -> str:
    return f"ntile({call.checked(0, 1)})"


def _shifted(call: Call) -> str:
    """lag() and lead(): the offset and what stands in for a missing row are constants."""
    offset = call.checked(1, 0) if len(call) > 1 else "1"
    if len(call) > 1 and not call.args[1].constant:
        raise ArgumentTypeWrong(f"argument 2 of function {call.name} must be a constant", call.where)
    if len(call) > 2 and not call.args[2].constant:
        raise ArgumentTypeWrong(f"argument 3 of function {call.name} must be a constant", call.where)
    return f"{call.name}({call[0]}, {offset}, {call[2] if len(call) > 2 else 'NULL'})"


def _nth(call: Call) -> str:
    return f"nth_value({call[0]}, {call.checked(1, 1)})"


category("Window functions")

window("row_number", (" -> bigint", "row_number()"))
window("rank", (" -> bigint", "rank()"))
window("dense_rank", (" -> bigint", "dense_rank()"))
window("percent_rank", (" -> double", "percent_rank()"))
window("cume_dist", (" -> double", "cume_dist()"))
window("ntile", ("bigint -> bigint", _ntile))
window("lag", ("T, bigint?, T? -> T", _shifted))
window("lead", ("T, bigint?, T? -> T", _shifted))
window("first_value", ("T, boolean? -> T", "first_value({0})"))
window("last_value", ("T, boolean? -> T", "last_value({0})"))
window("nth_value", ("T, bigint, boolean? -> T", _nth))
window("cluster_sample", ("bigint, bigint? -> boolean", _sample))
