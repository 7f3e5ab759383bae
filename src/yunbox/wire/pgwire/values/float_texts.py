"""Arrays of floats as texts, ``{0.1,2}``, any number of them at once: Arrow writes the numbers in their shortest form.

That is PostgreSQL's for all numbers which it writes without an exponent; others, NaN and NULL among them, are written
one by one. Heavy: imported where arrays are written.
"""

from collections.abc import Callable, Sequence
from itertools import chain, pairwise
from typing import Any

import arro3.core as arrow
import nanoarrow
import numpy as np
from numpy.typing import NDArray

_KINDS = {4: np.float32, 8: np.float64}
_HEAD_BYTES, _LENGTH_BYTES = 20, 4
_LEAST = 1e-4
_MOST = {4: 1e6, 8: 1e15}
"""From here on PostgreSQL writes an exponent, by a number's bytes."""
_ODD_MAX = 0.2
"""The largest share of numbers that is worth while."""
_OPEN, _COMMA, _CLOSE, _DOT = b"{,}."
_OFFSETS, _DATA = 1, 2
_BETWEEN = 1
"""The byte behind each number."""
Places = NDArray[np.int64]
Write = Callable[[float], str]


def joined(arrays: Sequence[Sequence[Any]], size: int, write: Write) -> list[str] | None:
    """The texts of arrays of floats of so many bytes; None where one has lists in it, or nothing, or where many numbers
    are such as ``write`` has to write one by one."""
    if not arrays:
        return []
    counts = np.fromiter(map(len, arrays), np.int64, len(arrays))
    flat = list(chain.from_iterable(arrays))
    try:
        numbers = np.array(flat, _KINDS[size])  # NULL becomes NaN
    except (TypeError, ValueError):
        return None
    if numbers.ndim != 1 or not (counts > 0).all():
        return None
    return _texts(numbers, counts, lambda at: "NULL" if flat[at] is None else write(flat[at]))


def packed(arrays: Sequence[bytes], oid: int, size: int, write: Write) -> list[str] | None:
    """The same of arrays in PostgreSQL's binary form, whose elements' type is said; None also where one has NULLs, or
    more dimensions than one, or is none."""
    if not arrays:
        return []
    lengths = np.fromiter(map(len, arrays), np.int64, len(arrays))
    counts, rest = np.divmod(lengths - _HEAD_BYTES, _LENGTH_BYTES + size)
    if rest.any() or (counts < 1).any():
        return None
    data = b"".join(arrays)
    starts = np.cumsum(lengths) - lengths
    heads = starts[:, None] + np.arange(_HEAD_BYTES)
    letters = np.frombuffer(data, np.uint8)
    said = np.ascontiguousarray(letters[heads]).view(">i4").astype(np.int64)
    wanted = np.stack(np.broadcast_arrays(1, 0, oid, counts, 1), axis=1)
    is_body = np.ones(len(letters), bool)
    is_body[heads] = False
    items = letters[is_body].view([("length", ">i4"), ("number", f">f{size}")])
    if not ((said == wanted).all() and (items["length"] == size).all()):
        return None
    numbers = items["number"].astype(_KINDS[size])
    kept = numbers.copy()
    return _texts(numbers, counts, lambda at: write(float(kept[at])))


def _texts(numbers: Any, counts: Places, write: Callable[[int], str]) -> list[str] | None:
    """The texts of arrays of so many numbers each; ``write`` writes that at a place. The numbers are used up."""
    sizes = np.abs(numbers)
    odd = np.flatnonzero(~(((sizes >= _LEAST) & (sizes < _MOST[numbers.itemsize])) | (numbers == 0)))
    if len(odd) > len(numbers) * _ODD_MAX:
        return None
    texts = list(map(write, odd.tolist()))
    numbers[odd] = 0
    data, ends = _written(*_spliced(*_shortest(numbers), odd, texts), counts)
    return [data[start:end] for start, end in pairwise([0, *ends.tolist()])]


def _shortest(numbers: Any) -> tuple[Any, Places]:
    """The digits of numbers one behind another, and how many bytes each has. Arrow says 2.0 for 2."""
    view = nanoarrow.c_array(arrow.Array.from_numpy(numbers).cast(arrow.DataType.utf8())).view()
    data = np.frombuffer(view.buffer(_DATA), np.uint8)
    offsets = np.frombuffer(view.buffer(_OFFSETS), np.int32).astype(np.int64)
    ends, lengths = offsets[1:], np.diff(offsets)
    is_whole = (data[ends - 2] == _DOT) & (data[ends - 1] == ord("0"))
    kept = np.ones(len(data), bool)
    whole = ends[is_whole]
    kept[whole - 1], kept[whole - 2] = False, False
    return data[kept], lengths - 2 * is_whole


def _spliced(data: Any, lengths: Places, odd: Places, texts: Sequence[str]) -> tuple[Any, Places]:
    """The same with other texts in the place of some, which have one byte each."""
    if not texts:
        return data, lengths
    places, digits = (np.cumsum(lengths)[odd] - 1).tolist(), data.tobytes()
    parts = [digits[: places[0]]]
    for text, start, end in zip(texts, places, [*places[1:], len(digits)], strict=True):
        parts += (text.encode(), digits[start + 1 : end])
    lengths[odd] = list(map(len, texts))
    return np.frombuffer(b"".join(parts), np.uint8), lengths


def _written(data: Any, lengths: Places, counts: Places) -> tuple[str, Places]:
    """Numbers with braces and commas, so many in each array; and where each of these ends."""
    lasts = np.cumsum(counts)
    is_first = np.zeros(len(lengths), np.int64)
    is_first[lasts - counts] = 1
    ends = np.cumsum(lengths + _BETWEEN + is_first) - _BETWEEN  # where what is behind each number lies
    heads, tails = (ends - lengths - 1)[lasts - counts], ends[lasts - 1]
    made = np.empty(int(ends[-1]) + _BETWEEN, np.uint8)
    is_digit = np.ones(len(made), bool)
    is_digit[ends], is_digit[heads] = False, False
    made[ends], made[heads], made[tails] = _COMMA, _OPEN, _CLOSE
    made[is_digit] = data
    return made.tobytes().decode(), tails + 1
