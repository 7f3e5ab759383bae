"""Aggregate functions over numbers, for many groups at once: what ``functions`` does value by value.

Which calls these are is said by ``vector``; the others are the business of ``functions``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from yunbox.engine.stream import wholes
from yunbox.engine.stream.batch import encoded
from yunbox.engine.stream.functions import Function

Array = Any
_INTEGERS = {"TINYINT": np.int8, "SMALLINT": np.int16, "INT": np.int32, "BIGINT": np.int64}
_FLOATS = ("FLOAT", "DOUBLE")
_ORDERED = (*_INTEGERS, "DATE", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ", *_FLOATS)


@dataclass(frozen=True)
class Vector:
    """One call. Its numbers are ``dtypes``; ``sql`` are theirs over the rows of a group."""

    function: Function
    dtypes: tuple[Any, ...]
    sql: tuple[str, ...]

    def merge(self, arrays: list[Array], slots: Array, parts: list[Array]) -> None:
        """Add a batch's numbers to those of some groups."""
        name = self.function.name
        if name in ("MIN", "MAX"):
            self._extreme(arrays, slots, parts)
            return
        for array, part in zip(arrays, parts, strict=True):
            array[slots] += np.ma.filled(part, 0).astype(array.dtype, copy=False)
        if self.is_decimal:
            wholes.carry(arrays, slots, self.function.type.params[1])

    @property
    def is_decimal(self) -> bool:
        """Whether it is of DECIMALs, which are numbers of their digits here."""
        call = self.function.call
        return bool(call.arguments) and self.function.name != "COUNT" and self.function.type.root == "DECIMAL"

    def _extreme(self, arrays: list[Array], slots: Array, parts: list[Array]) -> None:
        values, counts = arrays
        new, present = np.ma.filled(parts[0], 0), np.ma.filled(parts[1], 0) > 0
        old, had = values[slots], counts[slots] > 0
        better = new < old if self.function.name == "MIN" else new > old
        values[slots] = np.where(present & (~had | better), new, old)
        counts[slots] += present

    def values(self, arrays: list[Array], slots: Array) -> tuple[Array, Array | None]:
        """The results of some groups, and where they are NULL."""
        name, root = self.function.name, self.function.call.type.root
        if name == "COUNT":
            return arrays[0][slots], None
        counts = arrays[-1][slots]
        if self.is_decimal:
            return self._decimals(arrays, slots, counts)
        if name in ("MIN", "MAX"):
            return arrays[0][slots], counts == 0
        total = arrays[0][slots]
        if name == "AVG":
            safe = np.where(counts == 0, 1, counts)
            if root in _INTEGERS:
                whole = np.abs(total) // safe
                return np.where(total < 0, -whole, whole).astype(_INTEGERS[root]), counts == 0
            return (total / safe).astype(np.float64 if root == "DOUBLE" else np.float32), counts == 0
        if root in _INTEGERS:
            total = total.astype(_INTEGERS[root])  # narrower ones wrap around
        return total, None if name == "SUM0" else counts == 0

    def _decimals(self, arrays: list[Array], slots: Array, counts: Array) -> tuple[Array, None]:
        """Results that are DECIMALs, as text; None is NULL in an array of texts."""
        name, scale, of = self.function.name, self.function.type.params[1], self.function.call.type
        found = arrays[0][slots].tolist() if name in ("MIN", "MAX") else wholes.totals(arrays, slots, scale)
        if name == "AVG":
            rows = np.maximum(counts, 1).tolist()
            more = of.params[1] - scale
            found = [wholes.quotient(total, count, more) for total, count in zip(found, rows, strict=True)]
        scale = of.params[1]
        texts = np.empty(len(found), object)
        texts[:] = [wholes.written(one, scale) for one in found]
        if name != "SUM0":
            texts[counts == 0] = None
        return texts, None


def vector(function: Function) -> Vector | None:
    """A call as numbers, if it can be: NaN is no number here, so floats are not compared."""
    call = function.call
    if not function.is_summed:
        return None
    if function.name == "COUNT":
        return Vector(function, (np.int64,), tuple(function.parts()))
    root = function.type.root if call.arguments else ""
    sign = " * sg" if function.retracts else ""
    if function.name in ("SUM", "SUM0", "AVG") and root in _INTEGERS:
        total = f"wrapped(SUM(CAST({function.argument} AS BIGINT){sign}))"
        return Vector(function, (np.int64, np.int64), (total, function.present))
    if function.name in ("SUM", "SUM0", "AVG") and root in _FLOATS:
        total = f"SUM(CAST({function.argument} AS DOUBLE){sign})"
        return Vector(function, (np.float64, np.int64), (total, function.present))
    if root == "DECIMAL" and function.name in ("SUM", "SUM0", "AVG") and wholes.is_summable(function.type):
        total = f"SUM({function.argument}{sign})"
        return Vector(function, (np.int64,) * 4, (*wholes.parts(total, function.type.params[1]), function.present))
    if root == "DECIMAL" and function.name in ("MIN", "MAX") and wholes.fits(function.type):
        value = wholes.whole(f"{function.name}({function.argument})", function.type)
        return Vector(function, (np.int64, np.int64), (value, function.present))
    if function.name in ("MIN", "MAX") and root in _ORDERED and root not in _FLOATS:
        value = encoded(f"{function.name}({function.argument})", function.type)
        return Vector(function, (np.int64, np.int64), (value, function.present))
    return None
