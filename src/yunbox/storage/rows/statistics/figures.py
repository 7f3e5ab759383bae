"""What a sample says of a column: how many values are NULL, how wide and how many different they are, which are the
most common, how the others are spread, and whether rows lie in their order.

As PostgreSQL's ANALYZE has it, figure by figure, so that programs find in ``pg_stats`` what they know: the number of
different values is Haas and Stokes' estimate (Duj1), a value is common that is so beyond chance, and histograms have
buckets of as many rows each. Sources: the PostgreSQL 15 documentation, "pg_stats" and "Row Estimation Examples";
P. Haas and L. Stokes, "Estimating the Number of Classes in a Finite Population", IBM Research Report RJ 10025.
"""

import math
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec

from yunbox.storage.rows.model import Column
from yunbox.storage.rows.rows import STANDARD
from yunbox.storage.rows.statistics.orders import Order, order_of
from yunbox.storage.rows.statistics.widths import fixed, payload_of, stored

TARGET = 100
"""How many common values there are at most, and how many buckets."""
ROWS_MAX = 300 * TARGET
"""How many rows a sample has at most."""
_WIDE_BYTES = 1020
"""Wider values are counted, but not looked at."""
_FEW = 0.1
"""Of more rows than this share the number of different values grows with that of rows."""
_LOOK_EVERY = 64
_SINGLE = struct.Struct("f")


class Figures(msgspec.Struct, frozen=True):
    """What is known of a column. Values are texts, as they are stored; ``common`` have their ``frequencies``."""

    null_fraction: float
    width: int
    distinct: float
    common: tuple[str, ...] = ()
    frequencies: tuple[float, ...] = ()
    bounds: tuple[str, ...] = ()
    correlation: float | None = None


@dataclass(slots=True)
class _Value:
    """A value that there is in a sample: where, and its place in the order."""

    text: str
    key: Any
    rows: list[int]


def figures(
    column: Column, fields: Sequence[bytes | None], rows_total: int, check: Callable[[], None] = lambda: None
) -> Figures | None:
    """What a sample of a column's stored fields says, of a table of so many rows; None where there are none.

    ``check`` is called now and then, and raises what ends it.
    """
    if not fields:
        return None
    there = [field for field in fields if field is not None]
    null_fraction = _single((len(fields) - len(there)) / len(fields))
    payload, order = payload_of(column.type_oid), order_of(column.type_oid)
    if not there:
        return Figures(1.0, 0 if payload is not None else fixed(column.type_oid), 0.0)
    places: dict[bytes, list[int]] = {}
    for at, field in enumerate(there):
        places.setdefault(field, []).append(at)
    width, wide = fixed(column.type_oid), set[bytes]()
    if payload is not None:
        payloads = {field: payload(_read(column, field)) for field in _watched(places, check)}
        width = sum(stored(size) * len(places[field]) for field, size in payloads.items()) // len(there)
        wide = {field for field, size in payloads.items() if size > _WIDE_BYTES}
    if order is None:
        return Figures(null_fraction, width, 0.0)
    wide_count = sum(len(places.pop(field)) for field in wide)
    values = _ordered(column, order, places, check)
    sample = _Sample(values, len(fields), len(there), wide_count, rows_total, null_fraction)
    return sample.figures(width)


def _read(column: Column, field: bytes) -> Any:
    return column.type.codec.read(field.decode(), STANDARD)


def _watched(fields: Iterable[bytes], check: Callable[[], None]) -> Iterator[bytes]:
    """The same fields, with a look between them at whether to go on."""
    for at, field in enumerate(fields):
        if at % _LOOK_EVERY == 0:
            check()
        yield field


def _ordered(column: Column, order: Order, places: dict[bytes, list[int]], check: Callable[[], None]) -> list[_Value]:
    """The different values in their order; those that are written in more than one way are one."""
    pairs = sorted(((order(_read(column, field)), field) for field in _watched(places, check)), key=itemgetter(0))
    made = []
    for key, group in groupby(pairs, key=itemgetter(0)):
        fields = [field for _, field in group]
        rows = places[fields[0]] if len(fields) == 1 else sorted(at for field in fields for at in places[field])
        first = min(fields, key=lambda field: places[field][0])
        made.append(_Value(first.decode(), key, rows))
    return made


@dataclass(slots=True)
class _Sample:
    """The different values of a sample in their order, and what they stand for."""

    values: list[_Value]
    rows: int
    there: int
    wide: int
    rows_total: int
    null_fraction: float

    def figures(self, width: int) -> Figures:
        """All of it."""
        distinct = self._distinct()
        if not self.values:
            return Figures(self.null_fraction, width, distinct)
        common = self._common(distinct)
        at_common = {id(one) for one in common}
        rest = [one for one in self.values if id(one) not in at_common]
        return Figures(
            self.null_fraction, width, distinct,
            tuple(one.text for one in common),
            tuple(_single(len(one.rows) / self.rows) for one in common),
            tuple(_bounds(rest)), self._correlation(),
        )  # fmt: skip

    def _distinct(self) -> float:
        """How many different values the table has; below 0 as a share of its rows."""
        multiple = sum(len(one.rows) > 1 for one in self.values)
        if not multiple:
            found = _single(-1.0 * (1.0 - self.null_fraction))
        elif not self.wide and multiple == len(self.values):
            found = float(len(self.values))
        else:
            found = self._estimated(len(self.values) - multiple + self.wide, multiple)
        if found > _FEW * self.rows_total:
            found = _single(-(found / self.rows_total))
        return found

    def _estimated(self, once: int, multiple: int) -> float:
        seen, there = once + multiple, self.there
        total = self.rows_total * (1.0 - self.null_fraction)
        found = (there * seen) / ((there - once) + once * there / total) if total > 0 else 0.0
        return float(math.floor(min(max(found, seen), total) + 0.5))

    def _common(self, distinct: float) -> list[_Value]:
        """The most common values, those that come more often first."""
        tracked = sorted((one for one in self.values if len(one.rows) > 1), key=lambda one: -len(one.rows))[:TARGET]
        is_all = len(tracked) == len(self.values) and not self.wide and distinct > 0
        if is_all or not tracked or self.rows == self.rows_total or self.rows_total <= 1:
            return tracked
        return tracked[: self._beyond_chance([len(one.rows) for one in tracked], distinct)]

    def _beyond_chance(self, counts: list[int], distinct: float) -> int:
        """How many of the most common values are much more so than the others are on average."""
        total, rows = float(self.rows_total), float(self.rows)
        in_table = distinct if distinct >= 0 else -distinct * total
        count = len(counts)
        while count:
            others = min(max(1.0 - sum(counts[: count - 1]) / rows - self.null_fraction, 0.0), 1.0)
            if in_table - (count - 1) > 1:
                others /= in_table - (count - 1)
            expected = total * counts[count - 1] / rows
            variance = rows * expected * (total - expected) * (total - rows) / (total * total * (total - 1))
            if counts[count - 1] > others * rows + 2 * math.sqrt(variance) + 0.5:
                break
            count -= 1
        return count

    def _correlation(self) -> float | None:
        """How far rows lie in the order of their values."""
        count = sum(len(one.rows) for one in self.values)
        if count < 2:
            return None
        there = [at for one in self.values for at in one.rows]
        if self.wide:
            places = {at: place for place, at in enumerate(sorted(there))}
            there = [places[at] for at in there]
        products = float(sum(place * at for place, at in enumerate(there)))
        sums, squares = count * (count - 1) / 2.0, count * (count - 1) * (2 * count - 1) / 6.0
        return _single((count * products - sums * sums) / (count * squares - sums * sums))


def _bounds(values: list[_Value]) -> list[str]:
    """What buckets of as many rows each lie between."""
    count = min(len(values), TARGET + 1)
    if count < 2:
        return []
    texts = [one.text for one in values for _ in one.rows]
    return [texts[at * (len(texts) - 1) // (count - 1)] for at in range(count)]


def _single(value: float) -> float:
    """As a REAL keeps it."""
    return _SINGLE.unpack(_SINGLE.pack(value))[0]
