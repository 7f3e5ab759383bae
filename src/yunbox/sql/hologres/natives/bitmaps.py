"""Roaring bitmaps: what DuckDB has as bytes is a set here, by the library of the format's own authors.

Numbers are of 32 bits or of 64; those below 0 are the greatest, as sets have no signs. An aggregate is one call a
group, with all of its values in a list.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from yunbox.sql.hologres.natives.native import Native, floating, lax, native
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.bitmaps import NARROW, WIDE, bitmap_of, built

if TYPE_CHECKING:
    from yunbox.wire.pgwire.values.bitmaps import Set

NUMBERS_MAX = 1 << 24
"""The most elements of a set that are written out one by one."""
_SPAN_MAX = 1 << 38
"""The longest range that elements are added of at once: some 60 MB of memory."""
_SHIFT_MAX = (1 << 63) - 1
"""How far a set is moved at once."""
Two = Callable[["Set", "Set"], Any]


@dataclass(frozen=True, slots=True)
class _Kind:
    """Sets whose numbers have so many bits."""

    bits: int

    @property
    def all(self) -> int:
        """How many numbers there are."""
        return 1 << self.bits

    @property
    def mask(self) -> int:
        """The greatest of them."""
        return self.all - 1

    def of(self, data: bytes) -> "Set":
        """The set that some bytes are."""
        return bitmap_of(data, self.bits)

    def built(self, numbers: list[int | None]) -> "Set":
        """A set of numbers."""
        return built(numbers, self.bits)

    def signed(self, number: int) -> int:
        """An element as SQL has it."""
        return number - self.all if number >= self.all >> 1 else number

    def numbers(self, found: "Set") -> list[int]:
        """All elements. Raises PgError 54000 for more than there is room for."""
        if len(found) > NUMBERS_MAX:
            raise failure("54000", f"a bitmap of more than {NUMBERS_MAX} elements is not written out here")
        return [self.signed(one) for one in found.to_array()]

    def counted(self, count: int) -> int:
        """A number of elements as the page's type of it. Raises PgError 22003."""
        if count >= self.all >> 1:
            raise failure("22003", f"{'integer' if self.bits == NARROW else 'bigint'} out of range")
        return count

    def bounds(self, start: int, end: int) -> tuple[int, int]:
        """A range of elements, with its end left out.

        What is beyond all elements of 32 bits is cut off; of 64 bits a bound is an element itself, without a sign.
        """
        if self.bits == WIDE:
            start, end = start & self.mask, end & self.mask
        else:
            start, end = max(start, 0), min(end, self.all)
        return start, max(start, end)

    @staticmethod
    def check(start: int, end: int) -> None:
        """Raise PgError 54000 for a range that there is no room for."""
        if end - start > _SPAN_MAX:
            raise failure("54000", f"a range of more than {_SPAN_MAX} elements is not filled here")

    def filled(self, data: bytes, start: int, end: int) -> bytes:
        """With all elements of a range."""
        made, (start, end) = self.of(data), self.bounds(start, end)
        self.check(start, end)
        if start < end:
            made.add_range(start, end)
        return made.serialize()

    def cleared(self, data: bytes, start: int, end: int) -> bytes:
        """Without any of a range."""
        made, (start, end) = self.of(data), self.bounds(start, end)
        if start < end:
            made.remove_range(start, end)
        return made.serialize()

    def flipped(self, data: bytes, start: int, end: int) -> bytes:
        """With those of a range that it has not, and without those that it has."""
        made, start, end = self.of(data), start & self.mask, end & self.mask
        self.check(start, end)
        return (made.flip(start, end) if start < end else made).serialize()

    def range(self, data: bytes, start: int, end: int) -> "Set":
        """The elements of a range."""
        made, (start, end) = self.of(data), self.bounds(start, end)
        if start >= end:
            return self.built([])
        if start:
            made.remove_range(0, start)
        if end <= self.mask:
            made.remove_range(end, self.mask)
            made.discard(self.mask)  # a range ends before its end, which the greatest number can have none behind
        return made

    def behind(self, data: bytes, start: int) -> "Set":
        """The elements from one on."""
        made = self.of(data)
        if start & self.mask:
            made.remove_range(0, start & self.mask)
        return made

    def added(self, data: bytes, number: int) -> bytes:
        """With an element."""
        made = self.of(data)
        made.add(number & self.mask)
        return made.serialize()

    def removed(self, data: bytes, number: int) -> bytes:
        """Without it."""
        made = self.of(data)
        made.discard(number & self.mask)
        return made.serialize()

    def rank(self, data: bytes, number: int) -> int:
        """How many elements are not greater than a number."""
        return self.counted(self.of(data).rank(number & self.mask))

    def index(self, data: bytes, number: int) -> int:
        """Which element in their order a number is; -1 for none."""
        found = self.of(data)
        return found.rank(number & self.mask) - 1 if number & self.mask in found else -1

    def least(self, data: bytes) -> int:
        """The first element; -1 of nothing."""
        found = self.of(data)
        return self.signed(found.min()) if found else -1

    def most(self, data: bytes) -> int:
        """The last; 0 of nothing."""
        found = self.of(data)
        return self.signed(found.max()) if found else 0

    def shifted(self, data: bytes, distance: int) -> bytes:
        """With each element so much greater, without those that are none then."""
        made = self.of(data)
        for part in (distance,) if distance <= _SHIFT_MAX else (_SHIFT_MAX, distance - _SHIFT_MAX):
            made = made.shift(part)
        return made.serialize()

    def selected(self, data: bytes, limit: int, offset: int, reverse: bool, start: int, end: int) -> bytes:
        """So many elements of a range behind the first ones, or before the last ones; of 64 bits 0 is no end."""
        found = self.behind(data, start) if self.bits == WIDE and not end else self.range(data, start, end)
        if reverse:
            offset = max(len(found) - offset - limit, 0) if len(found) > offset else len(found)
        if limit <= 0 or offset + limit <= 0:
            return self.built([]).serialize()
        return found[max(offset, 0) : offset + limit].serialize()

    def aggregated(self, values: list[int | None]) -> bytes | None:
        """A set of numbers; NULL of nothing."""
        found = self.built(values)
        return found.serialize() if found else None

    def of_two(self, way: Two) -> Callable[[bytes, bytes], Any]:
        """What is made of two sets."""
        return lambda one, other: way(self.of(one), self.of(other))

    def with_nothing(self, way: Two) -> Callable[[bytes | None, bytes | None], Any]:
        """The same where NULL counts as an empty one."""

        def run(one: bytes | None, other: bytes | None) -> Any:
            return way(*(self.built([]) if data is None else self.of(data) for data in (one, other)))

        return run

    def of_all(self, way: Callable[[Iterable["Set"]], "Set"]) -> Callable[[list[bytes | None]], "Set | None"]:
        """What is made of many at once, without NULLs; NULL of nothing."""

        def run(values: list[bytes | None]) -> "Set | None":
            found = [self.of(one) for one in values if one is not None]
            return way(found) if found else None

        return run

    def length(self, found: "Set | None") -> int | None:
        """How many elements there are, if there is a set."""
        return None if found is None else self.counted(len(found))


def _bytes(found: "Set | None") -> bytes | None:
    return None if found is None else found.serialize()


def _after(run: Callable[..., Any], then: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda *args: then(run(*args))


def _union(found: Iterable["Set"]) -> "Set":
    first, *others = found
    return first.union(*others)


def _intersection(found: Iterable["Set"]) -> "Set":
    first, *others = found
    return first.intersection(*others)


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
_MANY: dict[str, Callable[[Iterable["Set"]], "Set"]] = {
    "or": _union, "and": _intersection, "xor": lambda found: reduce(lambda one, other: one ^ other, found),
}  # fmt: skip


def _natives(name: str, kind: _Kind, of: str) -> Iterable[Native]:
    """The functions on sets of one kind, whose elements are of a type of DuckDB's."""
    for way, run in _SETS.items():
        yield native(f"{name}_{way}", _after(kind.of_two(run), _bytes), "BLOB; BLOB", "BLOB")
        yield lax(f"{name}_{way}_lax", _after(kind.with_nothing(run), _bytes), "BLOB; BLOB", "BLOB")
    for way, run in _COUNTS.items():
        yield native(f"{name}_{way}_count", _after(kind.of_two(run), kind.counted), "BLOB; BLOB", of)
        yield lax(f"{name}_{way}_lax_count", _after(kind.with_nothing(run), kind.counted), "BLOB; BLOB", of)
    for way, run in _TESTS.items():
        yield native(f"{name}_{way}", kind.of_two(run), "BLOB; BLOB", "BOOLEAN")
    for way, made in _MANY.items():
        yield native(f"{name}_{way}_all", _after(kind.of_all(made), _bytes), "BLOB[]", "BLOB")
        yield native(f"{name}_{way}_all_count", _after(kind.of_all(made), kind.length), "BLOB[]", of)
    yield native(f"{name}_build", lambda numbers: kind.built(numbers).serialize(), f"{of}[]", "BLOB")
    yield native(f"{name}_build_all", kind.aggregated, f"{of}[]", "BLOB")
    yield native(f"{name}_count", lambda data: kind.counted(len(kind.of(data))), "BLOB", of)
    yield native(f"{name}_is_empty", lambda data: not kind.of(data), "BLOB", "BOOLEAN")
    yield native(f"{name}_has", lambda data, number: number & kind.mask in kind.of(data), f"BLOB; {of}", "BOOLEAN")
    yield native(f"{name}_add", kind.added, f"BLOB; {of}", "BLOB")
    yield native(f"{name}_remove", kind.removed, f"BLOB; {of}", "BLOB")
    yield native(f"{name}_fill", kind.filled, "BLOB; BIGINT; BIGINT", "BLOB")
    yield native(f"{name}_clear", kind.cleared, "BLOB; BIGINT; BIGINT", "BLOB")
    yield native(f"{name}_flip", kind.flipped, f"BLOB; {of}; {of}", "BLOB")
    yield native(f"{name}_range", _after(kind.range, _bytes), "BLOB; BIGINT; BIGINT", "BLOB")
    yield native(f"{name}_range_count", _after(kind.range, len), "BLOB; BIGINT; BIGINT", "BIGINT")
    yield native(f"{name}_least", kind.least, "BLOB", of)
    yield native(f"{name}_most", kind.most, "BLOB", of)
    yield native(f"{name}_rank", kind.rank, f"BLOB; {of}", of)
    yield native(f"{name}_index", kind.index, f"BLOB; {of}", "BIGINT")
    yield native(f"{name}_numbers", lambda data: kind.numbers(kind.of(data)), "BLOB", f"{of}[]")
    yield native(f"{name}_shift", kind.shifted, "BLOB; HUGEINT", "BLOB")
    yield native(f"{name}_select", kind.selected, "BLOB; BIGINT; BIGINT; BOOLEAN; BIGINT; BIGINT", "BLOB")
    yield floating(f"{name}_jaccard", kind.of_two(lambda one, other: one.jaccard_index(other)), "BLOB; BLOB")
    yield native(
        f"{name}_text", lambda data, between: between.join(map(str, kind.numbers(kind.of(data)))), "BLOB; VARCHAR",
        "VARCHAR",
    )  # fmt: skip


NATIVES: tuple[Native, ...] = (
    *_natives("hg_rb", _Kind(NARROW), "INTEGER"), *_natives("hg_rb64", _Kind(WIDE), "BIGINT"),
)  # fmt: skip
"""Roaring bitmaps."""
