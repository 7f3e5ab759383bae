"""Roaring bitmaps: what DuckDB has as bytes is a set here, by the library of the format's own authors.

Numbers are of 32 bits; those below 0 are the greatest, as sets have no signs. An aggregate is one call a group, with
all of its values in a list.
"""

from collections.abc import Callable, Iterable
from functools import reduce
from typing import TYPE_CHECKING, Any

from yunbox.sql.hologres.natives.native import Native, lax, native
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.bitmaps import bitmap_of, built

if TYPE_CHECKING:
    from pyroaring import BitMap

NUMBERS_MAX = 1 << 24
"""The most elements of a set that are written out one by one."""
_ALL = 1 << 32
_HALF = 1 << 31
_MASK = _ALL - 1
_INT4_MAX = _HALF - 1
Two = Callable[["BitMap", "BitMap"], Any]


def _signed(number: int) -> int:
    return number - _ALL if number >= _HALF else number


def _numbers(found: "BitMap") -> list[int]:
    """All elements. Raises PgError 54000 for more than there is room for."""
    if len(found) > NUMBERS_MAX:
        raise failure("54000", f"a bitmap of more than {NUMBERS_MAX} elements is not written out here")
    return [_signed(one) for one in found.to_array()]


def _counted(count: int) -> int:
    """A number of elements as an integer, which the page says that it is. Raises PgError 22003."""
    if count > _INT4_MAX:
        raise failure("22003", "integer out of range")
    return count


def _bounds(start: int, end: int) -> tuple[int, int]:
    """A range of elements, with its end left out; what is beyond all elements is cut off."""
    start, end = max(start, 0), min(end, _ALL)
    return start, max(start, end)


def _filled(data: bytes, start: int, end: int) -> bytes:
    made, (start, end) = bitmap_of(data), _bounds(start, end)
    if start < end:
        made.add_range(start, end)
    return made.serialize()


def _cleared(data: bytes, start: int, end: int) -> bytes:
    made, (start, end) = bitmap_of(data), _bounds(start, end)
    if start < end:
        made.remove_range(start, end)
    return made.serialize()


def _flipped(data: bytes, start: int, end: int) -> bytes:
    made, start, end = bitmap_of(data), start & _MASK, end & _MASK
    return (made.flip(start, end) if start < end else made).serialize()


def _range(data: bytes, start: int, end: int) -> "BitMap":
    made, (start, end) = bitmap_of(data), _bounds(start, end)
    for least, beyond in ((0, start), (end, _ALL)):
        if least < beyond:
            made.remove_range(least, beyond)
    return made


def _added(data: bytes, number: int) -> bytes:
    made = bitmap_of(data)
    made.add(number & _MASK)
    return made.serialize()


def _removed(data: bytes, number: int) -> bytes:
    made = bitmap_of(data)
    made.discard(number & _MASK)
    return made.serialize()


def _index(data: bytes, number: int) -> int:
    found = bitmap_of(data)
    return found.rank(number & _MASK) - 1 if number & _MASK in found else -1


def _least(data: bytes) -> int:
    found = bitmap_of(data)
    return _signed(found.min()) if found else -1


def _most(data: bytes) -> int:
    found = bitmap_of(data)
    return _signed(found.max()) if found else 0


def _of_two(way: Two) -> Callable[[bytes, bytes], Any]:
    return lambda one, other: way(bitmap_of(one), bitmap_of(other))


def _with_nothing(way: Two) -> Callable[[bytes | None, bytes | None], Any]:
    """NULL counts as an empty one."""

    def run(one: bytes | None, other: bytes | None) -> Any:
        return way(*(built([]) if data is None else bitmap_of(data) for data in (one, other)))

    return run


def _all(way: Callable[[Iterable["BitMap"]], "BitMap"]) -> Callable[[list[bytes | None]], "BitMap | None"]:
    """Of many at once, without NULLs; NULL of nothing."""

    def run(values: list[bytes | None]) -> "BitMap | None":
        found = [bitmap_of(one) for one in values if one is not None]
        return way(found) if found else None

    return run


def _union(found: Iterable["BitMap"]) -> "BitMap":
    from pyroaring import BitMap

    return BitMap.union(*found)


def _intersection(found: Iterable["BitMap"]) -> "BitMap":
    from pyroaring import BitMap

    return BitMap.intersection(*found)


def _bytes(found: "BitMap | None") -> bytes | None:
    return None if found is None else found.serialize()


def _length(found: "BitMap | None") -> int | None:
    return None if found is None else _counted(len(found))


def _after(run: Callable[..., Any], then: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda *args: then(run(*args))


def _aggregated(values: list[int | None]) -> bytes | None:
    found = built(values)
    return found.serialize() if found else None


_SETS: dict[str, Two] = {
    "and": lambda one, other: one & other, "or": lambda one, other: one | other,
    "xor": lambda one, other: one ^ other, "andnot": lambda one, other: one - other,
}  # fmt: skip
_COUNTS: dict[str, Two] = {
    "and": lambda one, other: one.intersection_cardinality(other),
    "or": lambda one, other: one.union_cardinality(other),
    "xor": lambda one, other: one.symmetric_difference_cardinality(other),
    "andnot": lambda one, other: one.difference_cardinality(other),
}
_TESTS: dict[str, Two] = {
    "equals": lambda one, other: one == other, "intersect": lambda one, other: one.intersect(other),
    "contains": lambda one, other: other.issubset(one),
}  # fmt: skip
_MANY = {"or": _all(_union), "and": _all(_intersection),
         "xor": _all(lambda found: reduce(lambda one, other: one ^ other, found))}  # fmt: skip
NATIVES: tuple[Native, ...] = (
    *(native(f"hg_rb_{name}", _after(_of_two(way), _bytes), "BLOB; BLOB", "BLOB") for name, way in _SETS.items()),
    *(native(f"hg_rb_{name}_count", _after(_of_two(way), _counted), "BLOB; BLOB", "INTEGER")
      for name, way in _COUNTS.items()),
    *(lax(f"hg_rb_{name}_lax", _after(_with_nothing(way), _bytes), "BLOB; BLOB", "BLOB")
      for name, way in _SETS.items()),
    *(lax(f"hg_rb_{name}_lax_count", _after(_with_nothing(way), _counted), "BLOB; BLOB", "INTEGER")
      for name, way in _COUNTS.items()),
    *(native(f"hg_rb_{name}", _of_two(way), "BLOB; BLOB", "BOOLEAN") for name, way in _TESTS.items()),
    *(native(f"hg_rb_{name}_all", _after(way, _bytes), "BLOB[]", "BLOB") for name, way in _MANY.items()),
    *(native(f"hg_rb_{name}_all_count", _after(way, _length), "BLOB[]", "INTEGER") for name, way in _MANY.items()),
    native("hg_rb_build", lambda numbers: built(numbers).serialize(), "INTEGER[]", "BLOB"),
    native("hg_rb_build_all", _aggregated, "INTEGER[]", "BLOB"),
    native("hg_rb_count", lambda data: _counted(len(bitmap_of(data))), "BLOB", "INTEGER"),
    native("hg_rb_is_empty", lambda data: not bitmap_of(data), "BLOB", "BOOLEAN"),
    native("hg_rb_has", lambda data, number: number & _MASK in bitmap_of(data), "BLOB; INTEGER", "BOOLEAN"),
    native("hg_rb_add", _added, "BLOB; INTEGER", "BLOB"),
    native("hg_rb_remove", _removed, "BLOB; INTEGER", "BLOB"),
    native("hg_rb_fill", _filled, "BLOB; BIGINT; BIGINT", "BLOB"),
    native("hg_rb_clear", _cleared, "BLOB; BIGINT; BIGINT", "BLOB"),
    native("hg_rb_flip", _flipped, "BLOB; INTEGER; INTEGER", "BLOB"),
    native("hg_rb_range", _after(_range, _bytes), "BLOB; BIGINT; BIGINT", "BLOB"),
    native("hg_rb_range_count", _after(_range, len), "BLOB; BIGINT; BIGINT", "BIGINT"),
    native("hg_rb_least", _least, "BLOB", "INTEGER"),
    native("hg_rb_most", _most, "BLOB", "INTEGER"),
    native("hg_rb_rank", lambda data, number: _counted(bitmap_of(data).rank(number & _MASK)),
           "BLOB; INTEGER", "INTEGER"),
    native("hg_rb_index", _index, "BLOB; INTEGER", "BIGINT"),
    native("hg_rb_numbers", lambda data: _numbers(bitmap_of(data)), "BLOB", "INTEGER[]"),
    native("hg_rb_text", lambda data, between: between.join(map(str, _numbers(bitmap_of(data)))),
           "BLOB; VARCHAR", "VARCHAR"),
)  # fmt: skip
"""Roaring bitmaps."""
