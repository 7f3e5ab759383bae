"""The one CHECK that Hologres has a use for: that a column's arrays are vectors of so many numbers.

Source: the vendor's pages "HGraph indexes" and "Proxima Graph indexes", which declare vectors as ``float4[] CHECK
(array_ndims(v) = 1 AND array_length(v, 1) = N)``. All other constraints are refused by name.
"""

from collections.abc import Sequence

import msgspec

from yunbox.services.hologres.definitions.types import Typed
from yunbox.services.hologres.statements.cursor import NAME_BYTES_MAX, Cursor, cut
from yunbox.storage.rows.form import has_length
from yunbox.storage.rows.model import Column
from yunbox.wire.pgwire.report import PgError, failure

DIMENSIONS_MAX = 65_535
"""The most numbers of a vector."""
_FLOAT4_ARRAY = 1021
_BEHIND = "_check"


def read_check(cursor: Cursor, name: str, of: Typed) -> int:
    """Behind CHECK of a column: how long its arrays are. Raises PgError 42601, 0A000, 22023."""
    cursor.need("(")
    length = _length(cursor, name)
    if length is None or not cursor.take(")"):
        raise failure(
            "0A000", "CHECK constraints are not supported, but for the one that makes a column one of vectors",
            hint=f"It is CHECK (array_ndims({name}) = 1 AND array_length({name}, 1) = N).",
        )  # fmt: skip
    if of.oid != _FLOAT4_ARRAY:
        raise failure("0A000", "CHECK constraints of columns of other types than float4[] are not supported")
    if not 0 < length <= DIMENSIONS_MAX:
        raise failure("22023", f"a vector has 1 to {DIMENSIONS_MAX} dimensions here, not {length}")
    return length


def _length(cursor: Cursor, name: str) -> int | None:
    """The number that the condition asks for; None where it is another condition."""

    def is_called(function: str) -> bool:
        return cursor.take(function, "(") and cursor.token.sort in ("word", "quoted") and cursor.name() == name

    def number() -> int | None:
        return cursor.whole() if cursor.take("=") and cursor.token.sort == "number" else None

    if not (is_called("array_ndims") and cursor.take(")")) or number() != 1 or not cursor.take("and"):
        return None
    if not (is_called("array_length") and cursor.take(",") and cursor.token.text == "1"):
        return None
    cursor.advance()
    return number() if cursor.take(")") else None


def named(columns: Sequence[Column], table: str) -> tuple[Column, ...]:
    """Columns whose checks all have names, as PostgreSQL makes them up. Raises PgError 42710 for one that is twice."""
    taken: set[str] = set()
    for one in columns:
        if one.check in taken:
            raise failure("42710", f'check constraint "{one.check}" already exists')
        if one.check:
            taken.add(one.check)
    made: list[Column] = []
    for one in columns:
        if one.length and not one.check:
            one = msgspec.structs.replace(one, check=_made_up(table, one.name, taken))
            taken.add(one.check)
        made.append(one)
    return tuple(made)


def _made_up(table: str, column: str, taken: set[str]) -> str:
    for number in range(len(taken) + 1):
        behind = f"{_BEHIND}{number or ''}"
        room = NAME_BYTES_MAX - len(behind) - 1
        first, second = table.encode(), column.encode()
        while len(first) + len(second) > room:  # the longer of the two is cut
            first, second = (first[:-1], second) if len(first) > len(second) else (first, second[:-1])
        name = cut(f"{first.decode(errors='ignore')}_{second.decode(errors='ignore')}{behind}")
        if name not in taken:
            return name
    raise AssertionError(taken)


def violated(column: Column, table: str) -> PgError:
    """Rows that are there do not have what a CHECK asks for."""
    return failure("23514", f'check constraint "{column.check}" of relation "{table}" is violated by some row')


def suits(column: Column, text: str | None) -> bool:
    """Whether a column's rows may have a value, given as its text."""
    return text is None or not column.length or has_length(text.encode(), column.length)
