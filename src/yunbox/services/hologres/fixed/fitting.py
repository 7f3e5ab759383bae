"""What a column makes of a value: cut, rounded or padded to its type's numbers, and refused where it cannot be kept.

Beyond what PostgreSQL refuses, these are the values that a copy for analytic statements could not have: Hologres'
numerics have 38 digits and no NaN, and its arrays one dimension. Source: the vendor's page "Data types".
"""

from collections.abc import Callable
from typing import Any

from yunbox.storage.rows.model import Column
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.calendar import EPOCH_US
from yunbox.wire.pgwire.values.dates import TIMESTAMP_ENDS
from yunbox.wire.pgwire.values.modifiers import NONE, fitted
from yunbox.wire.pgwire.values.types import ELEMENTS

_NUMERIC = 1700
_MOMENTS = frozenset((1114, 1184))
_CHECKED = _MOMENTS | {_NUMERIC}
_LATEST_US = (1 << 63) - 2 - EPOCH_US
"""The last moment whose microseconds since 1970 are a bigint: in January 294247."""


def fit(column: Column, value: Any) -> Any:
    """A value as a column keeps it. Raises PgError 22001, 22003, 22008, 22026, 0A000."""
    if value is None:
        return None
    element = ELEMENTS.get(column.type_oid)
    if element is None:
        _check(column.type_oid, value)
    else:
        if value and isinstance(value[0], list):
            raise failure("0A000", "arrays of more than one dimension are not supported in a table")
        if element.oid in _CHECKED:
            for one in value:
                _check(element.oid, one)
    return fitted(column.type_oid, column.modifier, value)


def fitting(column: Column, value: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What makes a value, and has it as a column keeps it: nothing more where any value is kept."""
    return value if keeps_all(column) else lambda row: fit(column, value(row))


def keeps_all(column: Column) -> bool:
    """Whether a column keeps any value of its type as it is."""
    unbounded = column.type_oid not in _CHECKED and column.type_oid not in ELEMENTS
    return column.dropped or (column.modifier == NONE and unbounded)


def _check(oid: int, value: Any) -> None:
    if value is None:
        return
    if oid == _NUMERIC and not value.is_finite():
        raise failure("0A000", "NaN and infinity are not supported in a numeric column")
    if oid in _MOMENTS and value > _LATEST_US and value not in TIMESTAMP_ENDS:
        raise failure("22008", "timestamp out of range")
