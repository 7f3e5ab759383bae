"""The rows of system tables as DuckDB reads them: Arrow tables, made when a statement first asks for one."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import arro3.core as arrow

from yunbox.engine.holo.system.live import Rows
from yunbox.engine.holo.system.moment import Moment
from yunbox.engine.holo.system.sources import MADE
from yunbox.sql.hologres.catalogue.relations import SystemColumn, fixed_rows, relations
from yunbox.sql.hologres.catalogue.types import TYPES, duck_type

_INTEGERS: Mapping[str, Callable[[], Any]] = {
    "BIGINT": arrow.DataType.int64, "INTEGER": arrow.DataType.int32, "SMALLINT": arrow.DataType.int16,
    "UINTEGER": arrow.DataType.uint32, "BOOLEAN": arrow.DataType.bool, "FLOAT": arrow.DataType.float32,
}  # fmt: skip
_ZEROS: Mapping[str, Any] = {"BOOLEAN": False, "VARCHAR": ""}


class Tables:
    """The system tables of one moment."""

    def __init__(self, moment: Moment) -> None:
        self._moment = moment
        self._made: dict[str, arrow.Table] = {}

    def table(self, schema: str, name: str) -> arrow.Table:
        """A table with its rows."""
        found = self._made.get(name)
        if found is None:
            found = self._made[name] = self._table(schema, name)
        return found

    def _table(self, schema: str, name: str) -> arrow.Table:
        columns = relations()[schema, name].columns
        rows = [*fixed_rows(name)] if schema == "pg_catalog" else []
        made = MADE[name](self._moment) if name in MADE else None
        return _made_of(columns, made or (), rows)


def live_table(schema: str, name: str, rows: Rows) -> arrow.Table:
    """A table of the moment, with rows that came along."""
    return _made_of(relations()[schema, name].columns, rows, [])


def _made_of(columns: Sequence[SystemColumn], made: Iterable[Mapping[str, Any]], rows: list[list[Any]]) -> arrow.Table:
    """A table of rows by their columns, behind some that are whole."""
    zeros = [(one.name, _zero(one)) for one in columns]
    rows += [[row.get(label, zero) for label, zero in zeros] for row in made]
    listed = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    return arrow.Table.from_pydict({one.name: _array(one, values) for one, values in zip(columns, listed, strict=True)})


def _zero(column: SystemColumn) -> Any:
    """What a column has where nothing is said."""
    if not column.not_null:
        return None
    of = TYPES[column.type]
    return [] if of.is_array else _ZEROS.get(duck_type(column.type), 0)


def _array(column: SystemColumn, values: Any) -> arrow.Array:
    if TYPES[column.type].is_array:
        return arrow.Array([None if one is None else json.dumps(one) for one in values], arrow.DataType.utf8())
    of = _INTEGERS.get(duck_type(column.type))
    if of is not None:
        return arrow.Array(list(values), of())
    return arrow.Array([None if one is None else str(one) for one in values], arrow.DataType.utf8())
