"""DECIMALs as whole numbers: of so many digits that they fit into 64 bits each, or in parts that do.

A sum of them has three parts: its whole units beyond 18 digits, those below, and what is behind the point.
"""

from typing import Any

import numpy as np

from yunbox.sql.flink.types import FlinkType

Array = Any
_PART = 10**18
DIGITS_MAX = 18
_UNITS_DIGITS_MAX = 26
_PRECISION_MAX = 38


def fits(of: FlinkType) -> bool:
    """Whether a DECIMAL's digits are those of a number of 64 bits."""
    return of.params[0] <= DIGITS_MAX


def is_summable(of: FlinkType) -> bool:
    """Whether sums of a DECIMAL have parts of 64 bits: of 10,000,000,000 rows at least."""
    return of.params[1] <= DIGITS_MAX and of.params[0] - of.params[1] <= _UNITS_DIGITS_MAX


def whole(sql: str, of: FlinkType) -> str:
    """The SQL of a DECIMAL's digits as a number."""
    return f"CAST({sql} * 1{'0' * of.params[1]} AS BIGINT)"


def parts(total: str, scale: int) -> tuple[str, str, str]:
    """The SQL of the parts of a sum."""
    units = f"CAST(trunc({total}) AS HUGEINT)"
    behind = f"({total} - trunc({total}))" if scale else "0"
    return (
        f"CAST({units} // {_PART}::HUGEINT AS BIGINT)",
        f"CAST({units} % {_PART}::HUGEINT AS BIGINT)",
        f"CAST({behind} * 1{'0' * scale} AS BIGINT)",
    )


def carry(arrays: list[Array], slots: Array, scale: int) -> None:
    """Bring the lower parts of some sums back to their digits."""
    for at, size in ((2, 10**scale), (1, _PART)):
        over = arrays[at][slots] // size
        arrays[at][slots] -= over * size
        arrays[at - 1][slots] += over


def totals(arrays: list[Array], slots: Array, scale: int) -> list[int]:
    """Some sums, as numbers of their digits."""
    high, low, behind = (one[slots] for one in arrays[:3])
    size = 10**scale
    if int(np.abs(high).max(initial=0)) <= 4:
        units = high * _PART + low
        if int(np.abs(units).max(initial=0)) < 2**62 // size:
            return list((units * size + behind).tolist())
    return list(((high.astype(object) * _PART + low) * size + behind).tolist())


def quotient(total: int, count: int, more: int) -> int:
    """A total divided, with so many digits more, rounded half up."""
    number = abs(total) * 10**more
    found = (2 * number + count) // (2 * count)
    return found if total >= 0 else -found


def written(digits: int, scale: int) -> str | None:
    """A DECIMAL of some digits as text; none where they are too many."""
    text = f"{abs(digits):0{scale + 1}}"
    if len(text) > _PRECISION_MAX and len(text.lstrip("0")) > _PRECISION_MAX:
        return None
    sign = "-" if digits < 0 else ""
    return f"{sign}{text[:-scale]}.{text[-scale:]}" if scale else sign + text
