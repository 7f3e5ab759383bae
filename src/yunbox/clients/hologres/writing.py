"""Rows into a table, as the vendor's connectors write them: many at once, as an array for each column.

    insertOrIgnore    a row whose key is there stays as it is
    insertOrReplace   it becomes the new one: what that does not give has its default, or is NULL
    insertOrUpdate    what the new one gives is changed, and the rest stays

``INSERT ... SELECT unnest($1::t[]), ...`` is a fixed plan. A table that has columns of arrays takes rows one by one,
many on their way at once: to unnest them would take them apart. Of rows with one key the last counts, or with
insertOrIgnore the first, as if they had come one after another. Sources: the vendor's page "Fixed plans"; holo-client.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any

from yunbox.clients.hologres.connection import Connection, typed
from yunbox.clients.hologres.target import Column, Target, quoted
from yunbox.kernel.errors import InvalidArgument
from yunbox.wire.pgwire.client.requests import Parameter
from yunbox.wire.pgwire.values.calendar import EPOCH_US, US_PER_DAY
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import ELEMENTS, TYPES

CHUNK_ROWS = 16_384
"""So many rows go in one statement."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAYS = 10_957
"""From 1970, from which days are counted here, to 2000, from which the wire counts them."""
_STYLE = Style()
_TEXTS = frozenset((18, 19, 25, 114, 1042, 1043))
_NUMERIC, _DATE, _TIME, _TIMESTAMP, _TIMESTAMPTZ = 1700, 1082, 1083, 1114, 1184
Row = Sequence[Any]


class Mode(StrEnum):
    """What becomes of a row whose key is there already."""

    IGNORE = "insertOrIgnore"
    REPLACE = "insertOrReplace"
    UPDATE = "insertOrUpdate"


def write(connection: Connection, target: Target, names: Sequence[str], rows: Sequence[Row], mode: Mode) -> int:
    """Write rows that give the columns of some names; how many were written, changed or new.

    A value is Python's of its type, or the text of one; instead of dates and times numbers may be given: days, or
    microseconds, since 1970. Without a key all rows are new. Within a block all rows come or none, and outside of it
    so many as go in one statement. Raises PgError, Disconnected, InvalidArgument for a column that cannot be written,
    and NotFound for a row of a partition that is not there.
    """
    columns = [_column(target, name) for name in names]
    kept = _last(target, names, rows, mode)
    if target.partition_column:
        parts = _by_partition(target, names, kept).items()
        return sum(_write(connection, target.partition(value), columns, some, mode) for value, some in parts)
    return _write(connection, target, columns, kept, mode)


def _write(connection: Connection, target: Target, columns: Sequence[Column], rows: Sequence[Row], mode: Mode) -> int:
    if any(column.oid in ELEMENTS for column in columns):
        return _write_each(connection, target, columns, rows, mode)
    sql = _insert(target, columns, mode, ", ".join(_unnested(at, one) for at, one in enumerate(columns, 1)))
    count = 0
    for some in _chunks(rows):
        count += connection.execute(sql, _arrays(columns, some), keep=True).count
    return count


def takes_arrays(target: Target, names: Sequence[str]) -> bool:
    """Whether rows that give the columns of some names, their key among them, can be written as arrays alone."""
    columns = [_column(target, name) for name in names]
    has_key = bool(target.primary_key) and set(target.primary_key) <= set(names)
    return has_key and not target.partition_column and not any(column.oid in ELEMENTS for column in columns)


def write_arrays(
    connection: Connection, target: Target, names: Sequence[str], arrays: Sequence[Parameter], mode: Mode
) -> int:
    """As ``write``, of rows with different keys, whose columns are arrays already (``takes_arrays``)."""
    columns = [_column(target, name) for name in names]
    sql = _insert(target, columns, mode, ", ".join(_unnested(at, one) for at, one in enumerate(columns, 1)))
    return connection.execute(sql, arrays, keep=True).count


def delete(connection: Connection, target: Target, keys: Sequence[Row]) -> int:
    """Remove the rows of some keys, each of which has the values of the primary key's columns, in their order; how
    many were there. Raises PgError, Disconnected, InvalidArgument for a table without a key."""
    if not target.primary_key:
        raise InvalidArgument(f"The table {target.sql} has no primary key by which a row could be removed")
    if target.partition_column:
        parts = _by_partition(target, target.primary_key, keys).items()
        return sum(delete(connection, target.partition(value), some) for value, some in parts)
    columns = [target.by_name[name] for name in target.primary_key]
    if len(columns) == 1:
        sql = f"DELETE FROM {target.sql} WHERE {quoted(columns[0].name)} = ANY($1)"
        return sum(connection.execute(sql, _arrays(columns, some), keep=True).count for some in _chunks(keys))
    where = " AND ".join(f"{quoted(column.name)} = ${at}" for at, column in enumerate(columns, 1))
    sql = f"DELETE FROM {target.sql} WHERE {where}"
    return sum(one.count for one in connection.execute_each(sql, (_typed(columns, key) for key in keys)))


def _column(target: Target, name: str) -> Column:
    found = target.by_name.get(name)
    if found is None:
        raise InvalidArgument(f"The table {target.sql} has no column {quoted(name)}")
    if found.generated:
        raise InvalidArgument(f"The column {quoted(name)} of the table {target.sql} is generated")
    return found


def _by_partition(target: Target, names: Sequence[str], rows: Sequence[Row]) -> dict[Any, list[Row]]:
    if target.partition_column not in names:
        raise InvalidArgument(
            f"The rows have no {quoted(target.partition_column)}, by which {target.sql} is partitioned"
        )
    place = names.index(target.partition_column)
    found: dict[Any, list[Row]] = {}
    for row in rows:
        found.setdefault(row[place], []).append(row)
    return found


def _last(target: Target, names: Sequence[str], rows: Sequence[Row], mode: Mode) -> Sequence[Row]:
    """Of rows with one key the one that counts. One without a key cannot be, which the server says."""
    places = [names.index(name) for name in target.primary_key if name in names]
    if not target.primary_key or len(places) < len(target.primary_key):
        return rows
    if len(places) == 1:
        [place] = places
        keyed = ((row[place], row) for row in rows)
    else:
        keyed = ((tuple(row[place] for place in places), row) for row in rows)
    found: dict[Any, Row] = {}
    if mode is Mode.IGNORE:
        for key, row in keyed:
            found.setdefault(key, row)
    else:
        found = dict(keyed)
    return list(found.values())


# -- statements


def _insert(target: Target, columns: Sequence[Column], mode: Mode, values: str) -> str:
    names = ", ".join(quoted(column.name) for column in columns)
    return f"INSERT INTO {target.sql} ({names}) SELECT {values}{_conflict(target, columns, mode)}"


def _conflict(target: Target, columns: Sequence[Column], mode: Mode) -> str:
    if not target.primary_key:
        return ""
    given = [column for column in target.columns if not column.generated] if mode is Mode.REPLACE else columns
    changed = [quoted(column.name) for column in given if column.name not in target.primary_key]
    if mode is Mode.IGNORE or not changed:
        return " ON CONFLICT DO NOTHING"
    key = ", ".join(map(quoted, target.primary_key))
    setters = ", ".join(f"{name} = excluded.{name}" for name in changed)
    return f" ON CONFLICT ({key}) DO UPDATE SET {setters}"


def _unnested(at: int, column: Column) -> str:
    return f"unnest(${at}::{TYPES[column.oid].name}[])"


def _write_each(
    connection: Connection, target: Target, columns: Sequence[Column], rows: Sequence[Row], mode: Mode
) -> int:
    names = ", ".join(quoted(column.name) for column in columns)
    places = ", ".join(f"${at}" for at in range(1, len(columns) + 1))
    conflict = _conflict(target, columns, mode)
    sql = f"INSERT INTO {target.sql} ({names}) VALUES ({places}){conflict}"
    return sum(one.count for one in connection.execute_each(sql, (_typed(columns, row) for row in rows)))


def _chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for at in range(0, len(rows), CHUNK_ROWS):
        yield rows[at : at + CHUNK_ROWS]


# -- values


def _arrays(columns: Sequence[Column], rows: Sequence[Row]) -> list[Parameter]:
    """The values of each column as an array."""
    return [array_of(column, [row[at] for row in rows]) for at, column in enumerate(columns)]


def array_of(column: Column, values: list[Any]) -> Parameter:
    """Values of a column as an array."""
    convert = _converter(column.oid)
    if convert is not None:
        values = [None if value is None else convert(value) for value in values]
    return typed(values, TYPES[column.oid].array)


def _typed(columns: Sequence[Column], row: Row) -> list[Parameter]:
    made = []
    for column, value in zip(columns, row, strict=True):
        convert = _converter(column.oid)
        made.append(typed(value if value is None or convert is None else convert(value), column.oid))
    return made


def _converter(oid: int) -> Callable[[Any], Any] | None:
    """What makes of a value one of a type's codec; None where it is one."""
    if oid in _TEXTS:
        return None
    codec = TYPES[oid].codec
    own = _OWN.get(oid)

    def convert(value: Any) -> Any:
        if isinstance(value, str):
            return codec.read(value, _STYLE)
        return value if own is None else own(value)

    return convert


def _moment(value: Any) -> int:
    if isinstance(value, datetime):
        since = (value if value.tzinfo is not None else value.replace(tzinfo=UTC)) - _EPOCH
        value = since.days * US_PER_DAY + since.seconds * 1_000_000 + since.microseconds
    return int(value) - EPOCH_US


def _clock(value: Any) -> int:
    if isinstance(value, time):
        return ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond
    return int(value)


_OWN: dict[int, Callable[[Any], Any]] = {
    _NUMERIC: lambda value: value if isinstance(value, Decimal) else Decimal(value),
    _DATE: lambda value: (
        value.toordinal() - date(2000, 1, 1).toordinal() if isinstance(value, date) else int(value) - EPOCH_DAYS
    ),
    _TIME: _clock,
    _TIMESTAMP: _moment,
    _TIMESTAMPTZ: _moment,
}
