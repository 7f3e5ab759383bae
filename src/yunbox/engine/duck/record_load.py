"""A block of tunnel records into a DuckDB table, by columns: row by row DuckDB takes far longer than decoding.

Values travel as Arrow arrays of the few types that can be built from Python values - numbers, text, bytes, and
lists and structs of them - and SQL makes the declared types of them: days become dates, microseconds instants,
text decimals, lists of entries maps.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, chain, islice
from pathlib import Path
from typing import Any

import arro3.core as arrow
import duckdb

from yunbox.engine.duck.layout import FINER, element_name
from yunbox.engine.duck.scan import quote_name
from yunbox.kernel.errors import Unsupported
from yunbox.schema.tables import Column
from yunbox.schema.types import DataType
from yunbox.wire.odps.records import RecordDecoder

_ROWS_A_BATCH = 8192
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_NAIVE = datetime(1970, 1, 1)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)
Values = Sequence[Any]


def load_records(db: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[Column]) -> None:
    """Create the temporary table ``_block`` with the rows of a record stream."""
    kinds = ", ".join(f"{quote_name(c.name)} {c.type.duckdb}" for c in columns)
    db.execute(f"CREATE OR REPLACE TEMP TABLE _block ({kinds})")
    items = ", ".join(restored(c.type, quote_name(c.name)) for c in columns)
    rows = _rows(path, columns)
    while batch := list(islice(rows, _ROWS_A_BATCH)):
        db.register("_batch", as_batch(columns, batch))
        db.execute(f"INSERT INTO _block SELECT {items} FROM _batch")
    db.unregister("_batch")


def _rows(path: Path, columns: Sequence[Column]) -> Iterator[tuple[Any, ...]]:
    decoder = RecordDecoder([(c.name, c.type) for c in columns])
    with path.open("rb") as file:
        while data := file.read(1 << 20):
            yield from decoder.feed(data)
    yield from decoder.finish()


def as_batch(columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]) -> arrow.Table:
    """Rows as Arrow arrays of plain types, one for each column."""
    arrays = [_array(column.type, values) for column, values in zip(columns, zip(*rows, strict=True), strict=True)]
    return arrow.Table.from_arrays(arrays, names=[column.name for column in columns])


def _array(kind: DataType, values: Values) -> arrow.Array:
    if kind.name == "array":
        return _list(values, lambda flat: _array(kind.children[0], flat), list)
    if kind.name == "map":
        return _list(values, lambda flat: _entries(kind, flat), lambda value: list(value.items()))
    if kind.name == "struct":
        fields = zip(kind.names, kind.children, strict=True)
        children = [_array(child, [None if v is None else v.get(name) for v in values]) for name, child in fields]
        return _struct(kind.names, children, values)
    convert = _CONVERT.get(kind.name)
    plain = values if convert is None else [None if value is None else convert(value) for value in values]
    return arrow.Array(list(plain), _PLAIN.get(kind.name, arrow.DataType.utf8()))


def _list(values: Values, element: Callable[[Values], arrow.Array], items: Callable[[Any], list[Any]]) -> arrow.Array:
    lists = [[] if value is None else items(value) for value in values]
    offsets = arrow.Array([0, *accumulate(map(len, lists))], arrow.DataType.int32())
    flat = element(list(chain.from_iterable(lists)))
    return arrow.list_array(offsets, flat, mask=_mask(values))


def _entries(kind: DataType, entries: Values) -> arrow.Array:
    key, value = kind.children
    arrays = [_array(key, [entry[0] for entry in entries]), _array(value, [entry[1] for entry in entries])]
    return _struct(("k", "v"), arrays, entries)


def _struct(names: Sequence[str], arrays: list[arrow.Array], values: Values) -> arrow.Array:
    fields = [arrow.Field(name, array.type, nullable=True) for name, array in zip(names, arrays, strict=True)]
    return arrow.struct_array(arrays, fields=fields, mask=_mask(values))


def _mask(values: Values) -> arrow.Array:
    return arrow.Array([value is None for value in values], arrow.DataType.bool())


def restored(kind: DataType, value: str, depth: int = 0) -> str:
    """The expression that makes a value of its declared type of what ``as_batch`` sends."""
    e = element_name(depth)
    if kind.name in _RESTORE:
        return _RESTORE[kind.name].format(value)
    if kind.name == "decimal":
        return f"CAST({value} AS {kind.duckdb})"
    if not _changes(kind):
        return value
    if kind.name == "array":
        return f"list_transform({value}, lambda {e}: {restored(kind.children[0], e, depth + 1)})"
    if kind.name == "map":
        parts = zip(kind.children, "kv", strict=True)
        key, item = (restored(child, f"{e}.{part}", depth + 1) for child, part in parts)
        entries = f"list_transform({value}, lambda {e}: struct_pack(k := {key}, v := {item}))"
        return f"CASE WHEN {value} IS NOT NULL THEN map_from_entries({entries}) END"
    fields = ", ".join(
        f"{quote_name(name)} := {restored(child, f'{value}.{quote_name(name)}', depth)}"
        for name, child in zip(kind.names, kind.children, strict=True)
    )
    return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({fields}) END"


def _changes(kind: DataType) -> bool:
    return kind.name in (*_RESTORE, "decimal", "map") or any(map(_changes, kind.children))


def _days(value: date) -> int:
    return value.toordinal() - _EPOCH_DAY


def _coarse(value: Any) -> Any:
    if getattr(value, "nanosecond", 0):
        raise Unsupported(FINER)
    return value


def _micros(value: datetime) -> int:
    return (_coarse(value) - _EPOCH) // _MICROSECOND


def _micros_naive(value: datetime) -> int:
    return (_coarse(value) - _EPOCH_NAIVE) // _MICROSECOND


def _decimal(value: Any) -> str:
    return format(value, "f")


_CONVERT: dict[str, Callable[[Any], Any]] = {
    "date": _days, "datetime": _micros, "timestamp": _micros, "timestamp_ntz": _micros_naive, "decimal": _decimal,
}  # fmt: skip
_INT64 = arrow.DataType.int64()
_PLAIN = {
    "tinyint": arrow.DataType.int8(), "smallint": arrow.DataType.int16(), "int": arrow.DataType.int32(),
    "bigint": _INT64, "float": arrow.DataType.float32(), "double": arrow.DataType.float64(),
    "boolean": arrow.DataType.bool(), "binary": arrow.DataType.binary(), "date": arrow.DataType.int32(),
    "datetime": _INT64, "timestamp": _INT64, "timestamp_ntz": _INT64,
}  # fmt: skip
_RESTORE = {
    "date": "(DATE '1970-01-01' + {})", "datetime": "make_timestamptz({})", "timestamp": "make_timestamptz({})",
    "timestamp_ntz": "make_timestamp({})", "json": "CAST({} AS JSON)",
}  # fmt: skip
