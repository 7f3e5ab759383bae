"""Values on their way between DuckDB and users' functions in Python."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Context, Decimal
from numbers import Integral, Real
from typing import Any
from zoneinfo import ZoneInfo

from yunbox.engine.stream.udf import pyflink
from yunbox.sql.flink.types import FlinkType

Convert = Callable[[Any], Any]
INTEGERS = ("TINYINT", "SMALLINT", "INT", "BIGINT")
_PYTHON: dict[str, Any] = {
    "BOOLEAN": bool, **dict.fromkeys(INTEGERS, Integral), "FLOAT": Real, "DOUBLE": Real, "DECIMAL": Decimal,
    "CHAR": str, "VARCHAR": str, "BINARY": (bytes, bytearray), "VARBINARY": (bytes, bytearray), "DATE": date,
    "TIME": time, "TIMESTAMP": datetime, "TIMESTAMP_LTZ": datetime, "ARRAY": (list, tuple), "MAP": dict,
}  # fmt: skip
_WIDE = Context(prec=100)


def taken(of: FlinkType, zone: str) -> Convert | None:
    """From DuckDB's value to PyFlink's."""
    if of.root == "TIMESTAMP_LTZ":
        at = ZoneInfo(zone)
        return lambda value: value.replace(tzinfo=at)
    if of.root == "ROW":
        inner = [taken(one, zone) for one in of.children]
        return lambda value: pyflink.Row.of(of.names, _each(value.values(), inner))
    if of.root == "ARRAY":
        inner = [taken(of.children[0], zone)]
        return (lambda value: _each(value, inner * len(value))) if inner[0] is not None else None
    if of.root == "MAP":
        inner = [taken(one, zone) for one in of.children]
        return lambda value: dict(tuple(_each(pair, inner)) for pair in value.items())
    return None


def given(of: FlinkType, zone: str) -> Callable[[Any], Any]:
    """The reverse. Raises TypeError for a value that is not of the type."""
    if of.root == "TIMESTAMP_LTZ":
        return lambda value: _local(_typed(value, of), zone)
    if of.root == "DECIMAL":
        unit = Decimal(1).scaleb(-of.params[1])
        return lambda value: _typed(value, of).quantize(unit, ROUND_HALF_UP, _WIDE)
    if of.root == "ROW":
        inner = [given(one, zone) for one in of.children]
        return lambda value: dict(zip(of.names, _each(_values(value, of), inner), strict=True))
    if of.root == "ARRAY":
        convert = given(of.children[0], zone)
        return lambda value: [one if one is None else convert(one) for one in _typed(value, of)]
    if of.root == "MAP":
        inner = [given(one, zone) for one in of.children]
        return lambda value: _map([tuple(_each(pair, inner)) for pair in _typed(value, of).items()])
    return lambda value: _typed(value, of)


def _typed(value: Any, of: FlinkType) -> Any:
    if isinstance(value, _PYTHON[of.root]) and (of.root == "BOOLEAN" or type(value) is not bool):
        return value
    raise TypeError(f"the function gave {value!r:.100}, which is no {of.text}")


def _each(values: Any, converts: Sequence[Convert | None]) -> list[Any]:
    return [
        value if value is None or convert is None else convert(value)
        for value, convert in zip(values, converts, strict=True)
    ]


def _values(value: Any, of: FlinkType) -> list[Any]:
    if isinstance(value, dict):
        return [value.get(name) for name in of.names]
    if not isinstance(value, pyflink.Row | tuple | list) or len(value) != len(of.names):
        raise TypeError(f"the function gave {value!r:.100}, which is no {of.text}")
    return list(value)


def _map(pairs: list[tuple[Any, Any]]) -> dict[str, list[Any]]:
    return {"key": [key for key, _ in pairs], "value": [value for _, value in pairs]}


def _local(value: datetime, zone: str) -> datetime:
    return value.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if value.tzinfo is not None else value
