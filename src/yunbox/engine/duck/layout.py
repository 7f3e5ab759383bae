"""From DuckDB values to the buffers that the tunnel's Arrow types have, and back.

A record-batch message carries buffers, not types, so an instant sent as BIGINT milliseconds *is* a
timestamp[ms] once the schema says so: no copy is made to change a unit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from yunbox.engine.duck.scan import quote_name
from yunbox.schema.tables import Column
from yunbox.schema.types import DataType

_DIRECT = {"datetime": "epoch_ms({})", "timestamp": "epoch_ns({})", "timestamp_ntz": "epoch_ns({})",
           "json": "CAST({} AS VARCHAR)"}  # fmt: skip

_FROM_NANOS = "CASE WHEN {{0}} % 1000 = 0 THEN {make}({{0}} // 1000) WHEN {{0}} IS NOT NULL THEN error('{finer}') END"
FINER = "a TIMESTAMP finer than a microsecond is not supported by Yunbox, whose tables keep microseconds: round it"
_INSTANT = {"timestamp": _FROM_NANOS.format(make="make_timestamptz", finer=FINER),
            "timestamp_ntz": _FROM_NANOS.format(make="make_timestamp", finer=FINER)}  # fmt: skip
_INSTANTS = ("timestamp", "timestamp_ntz")
_DECIMAL_DIGITS_MAX = 38


def project(columns: Sequence[Column], query: str, *, timestamp_as_struct: bool = False) -> str:
    """Wrap a query so that its columns have the tunnel's buffer layout.

    ``timestamp_as_struct`` is what PyODPS expects of results and previews, for whole columns only. A query whose
    columns have that layout already stays as it is, and is bound a layer less.
    """
    if not any(_needs_change(column.type, _DIRECT) for column in columns):
        return query
    items = []
    for column in columns:
        name = quote_name(column.name)
        split = timestamp_as_struct and column.type.name in _INSTANTS
        items.append(f"{_seconds_and_nanos(name) if split else to_buffers(column.type, name)} AS {name}")
    return f"SELECT {', '.join(items)} FROM ({query})"


def _seconds_and_nanos(value: str) -> str:
    """An instant as STRUCT(sec, nano); before 1970 too the nanoseconds count upwards."""
    micros = f"epoch_us({value})"
    rest = f"(({micros} % 1000000 + 1000000) % 1000000)"
    fields = f"sec := ({micros} - {rest}) // 1000000, nano := CAST({rest} * 1000 AS INTEGER)"
    return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({fields}) END"


def element_name(depth: int) -> str:
    """The parameter of a lambda at a depth: the space keeps it from being any column's name."""
    return f'"e {depth}"'


def to_buffers(kind: DataType, value: str) -> str:
    """An expression whose Arrow buffers are those of the tunnel's type for ``kind``."""
    return _changed(kind, value, _DIRECT)


def from_buffers(kind: DataType, value: str) -> str:
    """The value of ``kind`` that the tunnel's Arrow buffers stand for, its timestamps read as nanoseconds."""
    return _changed(kind, value, _INSTANT)


def as_sent(kind: DataType) -> DataType:
    """What the buffers hold: decimals as wide as their 16 bytes, so that the cast to the column's type finds the
    values too large for it, and timestamps as nanoseconds, so that none is cut without a word."""
    if kind.name in _INSTANTS:
        return DataType("bigint")
    if kind.name == "decimal":
        return replace(kind, params=(_DECIMAL_DIGITS_MAX, kind.params[1]))
    return replace(kind, children=tuple(map(as_sent, kind.children)))


def _changed(kind: DataType, value: str, direct: Mapping[str, str], depth: int = 0) -> str:
    """A value with the expression of each of the types in ``direct`` in its place, however deep inside."""
    e = element_name(depth)
    if not _needs_change(kind, direct):
        return value
    if kind.name in direct:
        return direct[kind.name].format(value)
    if kind.name == "array":
        return f"list_transform({value}, lambda {e}: {_changed(kind.children[0], e, direct, depth + 1)})"
    if kind.name == "map":
        parts = zip(kind.children, ("key", "value"), strict=True)
        key, item = (_changed(child, f"{e}.{part}", direct, depth + 1) for child, part in parts)
        entries = f"list_transform(map_entries({value}), lambda {e}: struct_pack(k := {key}, v := {item}))"
        return f"CASE WHEN {value} IS NOT NULL THEN map_from_entries({entries}) END"
    fields = ", ".join(
        f"{quote_name(name)} := {_changed(child, f'{value}.{quote_name(name)}', direct, depth)}"
        for name, child in zip(kind.names, kind.children, strict=True)
    )
    return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({fields}) END"


def _needs_change(kind: DataType, direct: Mapping[str, str]) -> bool:
    return kind.name in direct or any(_needs_change(child, direct) for child in kind.children)
