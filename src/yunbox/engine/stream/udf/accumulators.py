"""Accumulators of users' functions as state keeps them: what MessagePack knows, by the type that the function says.

An accumulator is checked when it is put away: one that is not of its type fails the job, as it would come back as
something else.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

from yunbox.engine.stream.udf.pyflink import Row
from yunbox.engine.stream.udf.views import ListView, MapView
from yunbox.sql.flink.types import FlinkType

Convert = Callable[[Any], Any]
Codec = tuple[Convert, Convert]
"""What packs a value, and what unpacks it."""
_BITS = {"TINYINT": 8, "SMALLINT": 16, "INT": 32, "BIGINT": 64}
_EPOCH, _EPOCH_UTC, _MICRO = datetime(1970, 1, 1), datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def codec(of: FlinkType) -> Codec:
    """How values of a type are packed and unpacked; None stays what it is."""
    pack, unpack = _codec(of)
    return (lambda value: None if value is None else pack(value)), (
        lambda packed: None if packed is None else unpack(packed)
    )


def _codec(of: FlinkType) -> Codec:
    match of.root:
        case root if root in _BITS:
            return lambda value: _whole(value, of), _same
        case "FLOAT" | "DOUBLE":
            return lambda value: float(_typed(value, of, Real)), _same
        case "BOOLEAN":
            return lambda value: _typed(value, of, bool), _same
        case "DECIMAL":
            return lambda value: str(_typed(value, of, Decimal)), Decimal
        case "BINARY" | "VARBINARY":
            return lambda value: bytes(_typed(value, of, bytes, bytearray)), _same
        case "CHAR" | "VARCHAR":
            return lambda value: _typed(value, of, str), _same
        case "DATE":
            return lambda value: _typed(value, of, date).toordinal(), date.fromordinal
        case "TIME":
            return lambda value: _typed(value, of, time).isoformat(), time.fromisoformat
        case "TIMESTAMP" | "TIMESTAMP_LTZ":
            return lambda value: _micros(_typed(value, of, datetime)), _moment(of)
        case "ARRAY" | "LIST_VIEW":
            return _list(of)
        case "MAP" | "MAP_VIEW":
            return _map(of)
    return _row(of)


def _same(packed: Any) -> Any:
    return packed


def _typed(value: Any, of: FlinkType, *kinds: type) -> Any:
    if isinstance(value, kinds) and (of.root == "BOOLEAN" or not isinstance(value, bool)):
        return value
    raise TypeError(f"{value!r:.100} in the accumulator is no {of.text}")


def _whole(value: Any, of: FlinkType) -> int:
    found = int(_typed(value, of, Integral))
    half = 1 << (_BITS[of.root] - 1)
    if not -half <= found < half:
        raise TypeError(f"{value!r:.100} in the accumulator is no {of.text}: it is too large")
    return found


def _micros(value: datetime) -> int:
    return (value - (_EPOCH if value.tzinfo is None else _EPOCH_UTC)) // _MICRO


def _moment(of: FlinkType) -> Convert:
    epoch = _EPOCH_UTC if of.root == "TIMESTAMP_LTZ" else _EPOCH
    return lambda packed: epoch + timedelta(microseconds=packed)


def _list(of: FlinkType) -> Codec:
    pack, unpack = codec(of.children[0])
    view = of.root == "LIST_VIEW"
    kinds = (ListView,) if view else (list, tuple)
    made: Convert = ListView if view else list
    return (
        lambda value: [pack(one) for one in _typed(value, of, *kinds)],
        lambda packed: made([unpack(one) for one in packed]),
    )


def _map(of: FlinkType) -> Codec:
    (pack_key, unpack_key), (pack, unpack) = codec(of.children[0]), codec(of.children[1])
    view = of.root == "MAP_VIEW"
    made: Convert = MapView if view else dict
    return (
        lambda value: [(pack_key(key), pack(one)) for key, one in _typed(value, of, MapView if view else dict).items()],
        lambda packed: made((unpack_key(key), unpack(one)) for key, one in packed),
    )


def _row(of: FlinkType) -> Codec:
    codecs = [codec(one) for one in of.children]

    def pack(value: Any) -> list[Any]:
        values: Sequence[Any] = [value.get(name) for name in of.names] if isinstance(value, dict) else list(
            _typed(value, of, Row, tuple, list)
        )  # fmt: skip
        if len(values) != len(codecs):
            raise TypeError(f"{value!r:.100} in the accumulator is no {of.text}")
        return [each(one) for (each, _), one in zip(codecs, values, strict=True)]

    def unpack(packed: Sequence[Any]) -> Row:
        return Row.of(of.names, [each(one) for (_, each), one in zip(codecs, packed, strict=True)])

    return pack, unpack
