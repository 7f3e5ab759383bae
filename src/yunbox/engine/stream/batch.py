"""Batches: rows that move together, column by column, and what each of them says of the rows before it.

Values are held in a physical form that arrays and MessagePack both know: whole numbers, floats, booleans and text.
``decoded`` and ``encoded`` are the way from it to DuckDB's own types and back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np

from yunbox.sql.flink.casts import decimal_text
from yunbox.sql.flink.plans import Fields
from yunbox.sql.flink.types import FlinkType

Array = Any
"""A NumPy array: its type parameters say nothing here."""
Row = tuple[Any, ...]
OP = "op"


class Kind(IntEnum):
    """What a row says, by the numbers that Flink's RowKind has."""

    INSERT = 0
    UPDATE_BEFORE = 1
    UPDATE_AFTER = 2
    DELETE = 3

    @property
    def sign(self) -> int:
        """1 for a row that is there from now on, -1 for one that is not any more."""
        return 1 if self in (Kind.INSERT, Kind.UPDATE_AFTER) else -1

    @property
    def text(self) -> str:
        """As Flink prints it."""
        return ("+I", "-U", "+U", "-D")[self]


INSERT, UPDATE_BEFORE, UPDATE_AFTER, DELETE = Kind
Change = tuple[int, Row]
"""A kind and a row."""
SIGN = tuple(kind.sign for kind in Kind)
"""A kind's sign by its number, as what is asked for each row is to be fast."""
_SIGNS = np.array(SIGN, np.int8)


@dataclass(slots=True)
class Batch:
    """Some rows: an array for each column, and the kinds of the rows, None where all of them come.

    ``shard`` says which part of a source they are from, for what depends on the order in it.
    """

    columns: tuple[Array, ...]
    size: int
    kinds: Array | None = None
    shard: str = field(default="")

    @property
    def named(self) -> dict[str, Array]:
        """The columns as DuckDB's queries name them."""
        found = {f"c{at}": array for at, array in enumerate(self.columns)}
        found[OP] = self.kinds if self.kinds is not None else np.zeros(self.size, np.int8)
        return found

    def rows(self) -> list[Row]:
        """The rows as tuples; NULL is None."""
        if not self.columns:
            return [()] * self.size
        return list(zip(*[array.tolist() for array in self.columns], strict=True))

    def changes(self) -> list[Change]:
        """The rows with their kinds."""
        kinds = [0] * self.size if self.kinds is None else self.kinds.tolist()
        return list(zip(kinds, self.rows(), strict=True))

    def plain(self) -> "Batch":
        """The same rows, where arrays without a NULL are no masked ones."""
        return Batch(tuple(map(_unmasked, self.columns)), self.size, self.kinds, self.shard)

    def signs(self) -> Array:
        """1 and -1 for each row."""
        return np.ones(self.size, np.int8) if self.kinds is None else _SIGNS[self.kinds]

    def taken(self, places: Array) -> "Batch":
        """Some of the rows, by their places or by a mask."""
        columns = tuple(array[places] for array in self.columns)
        kinds = None if self.kinds is None else self.kinds[places]
        size = int(places.sum()) if places.dtype == bool else len(places)
        return Batch(columns, size, kinds, self.shard)


def from_changes(changes: Sequence[Change], types: Sequence[FlinkType], shard: str = "") -> Batch:
    """A batch of rows and their kinds."""
    if not changes:
        return Batch(tuple(array_of((), one) for one in types), 0, None, shard)
    kinds, rows = zip(*changes, strict=True)
    made = from_rows(rows, types, shard)
    if any(kinds):
        made.kinds = np.array(kinds, np.int8)
    return made


def from_rows(rows: Sequence[Row], types: Sequence[FlinkType], shard: str = "") -> Batch:
    """A batch of rows that come."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(types)
    made = tuple(array_of(column, one) for column, one in zip(columns, types, strict=True))
    return Batch(made, len(rows), None, shard)


def concat(batches: Sequence[Batch], shard: str = "") -> Batch:
    """Batches of the same columns as one: those of a ``shard``, or of several."""
    if len(batches) == 1:
        return batches[0]
    columns = tuple(np.ma.concatenate(parts) if _any_masked(parts) else np.concatenate(parts)
                    for parts in zip(*[one.columns for one in batches], strict=True))  # fmt: skip
    kinds = None
    if any(one.kinds is not None for one in batches):
        kinds = np.concatenate([one.kinds if one.kinds is not None else np.zeros(one.size, np.int8) for one in batches])
    return Batch(columns, sum(one.size for one in batches), kinds, shard)


def _unmasked(array: Array) -> Array:
    return array.data if isinstance(array, np.ma.MaskedArray) and not np.ma.is_masked(array) else array


def _any_masked(parts: Iterable[Array]) -> bool:
    return any(isinstance(part, np.ma.MaskedArray) for part in parts)


# -- physical forms

_NUMBERS: dict[str, type] = {
    "BOOLEAN": np.bool_, "TINYINT": np.int8, "SMALLINT": np.int16, "INT": np.int32, "BIGINT": np.int64,
    "FLOAT": np.float32, "DOUBLE": np.float64, "DATE": np.int32, "TIME": np.int64, "TIMESTAMP": np.int64,
    "TIMESTAMP_LTZ": np.int64, "INTERVAL YEAR TO MONTH": np.int64, "INTERVAL DAY TO SECOND": np.int64,
}  # fmt: skip
_FLOATS = ("FLOAT", "DOUBLE")
_NESTED = ("ARRAY", "MULTISET", "MAP", "ROW")
_BYTES = ("BINARY", "VARBINARY")


def array_of(values: Sequence[Any], of: FlinkType) -> Array:
    """An array of physical values; None is NULL."""
    kind = _NUMBERS.get(of.root)
    if kind is None:
        made = np.empty(len(values), object)
        made[:] = values
        return made
    if None not in values:
        return _floats(np.array(values, kind)) if of.root in _FLOATS else np.array(values, kind)
    mask = np.array([value is None for value in values], bool)
    filled = np.array([0 if value is None else value for value in values], kind)
    return _floats(np.ma.MaskedArray(filled, mask)) if of.root in _FLOATS else np.ma.MaskedArray(filled, mask)


def _floats(array: Array) -> Array:
    """DuckDB takes a NaN in an array for NULL: where there is one they go as text."""
    if not np.isnan(array).any():
        return array
    made = np.empty(len(array), object)
    made[:] = [None if value is None else repr(value) for value in array.tolist()]
    return made


def registrable(batch: Batch, types: Sequence[FlinkType]) -> Batch:
    """A batch of DuckDB's answer, as it takes one: see ``_floats``."""
    columns = tuple(_floats(array) if of.root in _FLOATS and array.dtype != object else array
                    for array, of in zip(batch.columns, types, strict=True))  # fmt: skip
    return Batch(columns, batch.size, batch.kinds, batch.shard)


def decoded(name: str, of: FlinkType) -> str:
    """The SQL of a column in physical form, as the value it stands for."""
    match of.root:
        case "DATE":
            return f"(DATE '1970-01-01' + CAST({name} AS INTEGER))"
        case "TIME":
            return f"(TIME '00:00:00' + to_microseconds(CAST({name} AS BIGINT)))"
        case "TIMESTAMP":
            return f"make_timestamp(CAST({name} AS BIGINT))"
        case "TIMESTAMP_LTZ":
            return f"make_timestamptz(CAST({name} AS BIGINT))"
        case "INTERVAL YEAR TO MONTH":
            return f"to_months(CAST({name} AS INTEGER))"
        case "INTERVAL DAY TO SECOND":
            return f"to_microseconds(CAST({name} AS BIGINT))"
        case "BINARY" | "VARBINARY":
            return f"from_base64(CAST({name} AS VARCHAR))"
        case root if root in _NESTED:
            return f"CAST(CAST({name} AS JSON) AS {of.duckdb})"
    return f"CAST({name} AS {of.duckdb})"


def encoded(sql: str, of: FlinkType) -> str:
    """The SQL of a value's physical form."""
    match of.root:
        case "DATE":
            return f"CAST(date_diff('day', DATE '1970-01-01', {sql}) AS INTEGER)"
        case "TIME" | "TIMESTAMP" | "TIMESTAMP_LTZ":
            return f"epoch_us({sql})"
        case "INTERVAL YEAR TO MONTH":
            return f"CAST(date_part('year', {sql}) * 12 + date_part('month', {sql}) AS BIGINT)"
        case "INTERVAL DAY TO SECOND":
            return f"CAST(epoch({sql}) * 1000000 AS BIGINT)"
        case "BINARY" | "VARBINARY":
            return f"to_base64({sql})"
        case "DECIMAL":
            return decimal_text(sql, of)
        case root if root in _NESTED:
            return f"CAST(CAST({sql} AS JSON) AS VARCHAR)"
    return sql


def types_of(fields: Fields) -> tuple[FlinkType, ...]:
    """The types of a node's columns."""
    return tuple(one.type for one in fields)
