"""Bit-sliced indexes: numbers by keys, compared, added up and ranked by operations on sets of keys.

Source: the vendor's page "BSI functions". What it does not say: of keys that come twice the last number counts, and of
equal numbers at the end of the first k the lowest keys do.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from yunbox.sql.hologres.natives.bitmaps import NUMBERS_MAX
from yunbox.sql.hologres.natives.native import Native, native
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.bitmaps import bitmap_of, built
from yunbox.wire.pgwire.values.bsi import Index, index_of

if TYPE_CHECKING:
    from yunbox.wire.pgwire.values.bitmaps import Set

VALUE_MAX = (1 << 31) - 1
"""The greatest number that an index has; the least is 1."""
_KEYS = 1 << 32
Compare = Callable[[Index, int], "Set"]


def _checked(value: int) -> int:
    if not 1 <= value <= VALUE_MAX:
        raise failure("22003", f"a value of a bsi is a whole number from 1 to {VALUE_MAX}")
    return value


def _indexed(numbers: Iterable[tuple[int, int]]) -> Index:
    """An index of numbers by keys. Raises PgError 22003."""
    pairs = [(key, _checked(value)) for key, value in numbers]
    bits = range(max((value for _, value in pairs), default=0).bit_length())
    slices = ([key for key, value in pairs if value >> bit & 1] for bit in bits)
    return Index(built([key for key, _ in pairs]), tuple(built([*one]) for one in slices))


def _build(keys: list[int | None], values: list[int | None]) -> bytes:
    """Raises PgError 22023 for lists that are not equally long."""
    if len(keys) != len(values):
        raise failure("22023", "bsi_build: there are as many keys as values")
    pairs = zip(keys, values, strict=True)
    found = {key: value for key, value in pairs if key is not None and value is not None}
    return _indexed(found.items()).packed()


def _values(index: Index) -> dict[int, int]:
    """The numbers by their keys. Raises PgError 54000."""
    if len(index.keys) > NUMBERS_MAX:
        raise failure("54000", f"a bsi of more than {NUMBERS_MAX} keys is not written out here")
    found = dict.fromkeys(index.keys, 0)
    for bit, keys in enumerate(index.slices):
        for key in keys:
            found[key] |= 1 << bit
    return found


def _signed(key: int) -> int:
    return key - _KEYS if key >= _KEYS >> 1 else key


def _iterated(data: bytes) -> list[list[int]]:
    return [[_signed(key), value] for key, value in _values(index_of(data)).items()]


def _with_value(data: bytes, key: int, value: int) -> bytes:
    index, one = index_of(data), _indexed([(key, value)])
    kept = _within(index, index.keys - one.keys)
    return _merged([kept, one]).packed()


def _within(index: Index, keys: "Set") -> Index:
    return Index(index.keys & keys, tuple(one & keys for one in index.slices))


def _slice(index: Index, bit: int) -> "Set":
    return index.slices[bit] if bit < len(index.slices) else built([])


# -- comparisons


def _parted(index: Index, value: int) -> tuple["Set", "Set", "Set"]:
    """The keys of numbers below a value, of those that are it, and of those above."""
    nothing = built([])
    if value < 0:
        return nothing, nothing, index.keys
    if value >> len(index.slices):
        return index.keys, nothing, nothing
    below, same, above = built([]), index.keys, built([])
    for bit in range(len(index.slices) - 1, -1, -1):
        has = index.slices[bit]
        if value >> bit & 1:
            below |= same - has
            same = same & has
        else:
            above |= same & has
            same = same - has
    return below, same, above


_COMPARISONS: dict[str, Compare] = {
    "eq": lambda index, value: _parted(index, value)[1],
    "neq": lambda index, value: index.keys - _parted(index, value)[1],
    "lt": lambda index, value: _parted(index, value)[0],
    "le": lambda index, value: index.keys - _parted(index, value)[2],
    "gt": lambda index, value: _parted(index, value)[2],
    "ge": lambda index, value: index.keys - _parted(index, value)[0],
}


def _range(index: Index, least: int, most: int) -> "Set":
    return _COMPARISONS["ge"](index, least) & _COMPARISONS["le"](index, most)


def _compared(how: str, data: bytes, least: int, most: int) -> "Set":
    """Raises PgError 22023."""
    index, name = index_of(data), how.lower()
    if name == "range":
        return _range(index, least, most)
    if name not in _COMPARISONS:
        raise failure("22023", f'bsi_compare: "{how}" is none of LT, LE, GT, GE, EQ, NEQ and RANGE')
    return _COMPARISONS[name](index, least)


# -- sums, ranks and others


def _summed(index: Index) -> list[int]:
    return [sum(len(keys) << bit for bit, keys in enumerate(index.slices)), len(index.keys)]


def _topmost(index: Index, count: int) -> "Set":
    """The keys of the greatest numbers. Raises PgError 22023."""
    if count < 0:
        raise failure("22023", "bsi_topk: the number of keys is not below 0")
    left, found = index.keys, built([])
    for bit in range(len(index.slices) - 1, -1, -1):
        has = left & index.slices[bit]
        if len(found) + len(has) <= count:
            found |= has
            left = left - index.slices[bit]
        else:
            left = has
    wanted = count - len(found)
    return found | built([_signed(one) for one, _ in zip(left, range(wanted), strict=False)])


def _transposed(index: Index) -> "Set":
    return built([*set(_values(index).values())])


def _counted(index: Index) -> Index:
    return _indexed(Counter(_values(index).values()).items())


def _added(parts: Sequence[Index]) -> Index:
    """The sums of numbers of equal keys, bit by bit with what is carried. Raises PgError 22003."""
    total = parts[0]
    for one in parts[1:]:
        slices, carried = [], built([])
        for bit in range(max(len(total.slices), len(one.slices)) + 1):
            left, right = _slice(total, bit), _slice(one, bit)
            either = left ^ right
            slices.append(either ^ carried)
            carried = (left & right) | (carried & either)
        total = Index(total.keys | one.keys, tuple(slices))
    if any(total.slices[VALUE_MAX.bit_length() :]):
        raise failure("22003", f"a value of a bsi is a whole number from 1 to {VALUE_MAX}")
    return total


def _merged(parts: Sequence[Index]) -> Index:
    """All of them, which have no keys in common. Raises PgError 22023."""
    total = parts[0]
    for one in parts[1:]:
        if total.keys.intersect(one.keys):
            raise failure("22023", "bsi_merge: the keys of two bsi must not overlap")
        most = max(len(total.slices), len(one.slices))
        total = Index(total.keys | one.keys, tuple(_slice(total, bit) | _slice(one, bit) for bit in range(most)))
    return total


def _of_all(way: Callable[[Sequence[Index]], Index]) -> Callable[[list[bytes | None]], bytes | None]:
    def run(values: list[bytes | None]) -> bytes | None:
        found = [index_of(one) for one in values if one is not None]
        return way(found).packed() if found else None

    return run


def _keeping(data: bytes, keys: bytes) -> bytes:
    return _within(index_of(data), bitmap_of(keys)).packed()


def _of_two(way: Callable[[Sequence[Index]], Index]) -> Callable[[bytes, bytes], bytes]:
    return lambda one, other: way([index_of(one), index_of(other)]).packed()


def _one(name: str, way: Callable[..., Any], params: str, returns: str = "BLOB") -> Native:
    """A function of an index and more, which gives a set or an index where nothing else is said."""

    def run(data: bytes, *more: Any) -> Any:
        made = way(index_of(data), *more)
        if returns != "BLOB":
            return made
        return made.packed() if isinstance(made, Index) else made.serialize()

    return native(name, run, f"BLOB; {params}" if params else "BLOB", returns)


NATIVES: tuple[Native, ...] = (
    native("hg_bsi_build", _build, "INTEGER[]; BIGINT[]", "BLOB"),
    native("hg_bsi_add_value", _with_value, "BLOB; INTEGER; BIGINT", "BLOB"),
    native("hg_bsi_iterate", _iterated, "BLOB", "INTEGER[][]"),
    native("hg_bsi_filter", _keeping, "BLOB; BLOB", "BLOB"),
    native("hg_bsi_compare", lambda how, data, least, most: _compared(how, data, least, most).serialize(),
           "VARCHAR; BLOB; BIGINT; BIGINT", "BLOB"),
    *(_one(f"hg_bsi_{name}", way, "BIGINT") for name, way in _COMPARISONS.items()),
    _one("hg_bsi_range", _range, "BIGINT; BIGINT"),
    _one("hg_bsi_ebm", lambda index: index.keys, ""),
    _one("hg_bsi_sum", _summed, "", "BIGINT[]"),
    _one("hg_bsi_topk", _topmost, "INTEGER"),
    _one("hg_bsi_transpose", _transposed, ""),
    _one("hg_bsi_transpose_with_count", _counted, ""),
    native("hg_bsi_add", _of_two(_added), "BLOB; BLOB", "BLOB"),
    native("hg_bsi_merge", _of_two(_merged), "BLOB; BLOB", "BLOB"),
    native("hg_bsi_add_all", _of_all(_added), "BLOB[]", "BLOB"),
    native("hg_bsi_merge_all", _of_all(_merged), "BLOB[]", "BLOB"),
)  # fmt: skip
"""Bit-sliced indexes."""
