"""One reader and one writer for each MaxCompute type in a tunnel record, built once per column.

Each also collects the bytes its checksum covers. Those are the logical values, not the encoding: 8 bytes
little-endian for every integer type, 1 for a boolean, 4 or 8 for FLOAT and DOUBLE, the text itself for what
travels as text, and 8 + 4 for seconds and nanoseconds; lengths and null flags are not covered.

Values in Python:

    integers, FLOAT, DOUBLE, BOOLEAN    int, float, bool
    STRING, VARCHAR, CHAR, JSON         str (JSON as its text)
    BINARY                              bytes
    DECIMAL                             Decimal
    DATE                                date
    DATETIME, TIMESTAMP                 datetime, aware, in UTC
    TIMESTAMP_NTZ                       datetime, naive
    INTERVAL_DAY_TIME                   timedelta
    INTERVAL_YEAR_MONTH                 int, months
    ARRAY, MAP, STRUCT                  list, dict, dict by field name

A timestamp or interval finer than a microsecond is a ``NanoDatetime`` or ``NanoTimedelta``: a datetime or
timedelta with the remaining 0 to 999 nanoseconds in ``nanosecond``. Writers take any object with that
attribute. Sources: PyODPS 0.13 ``tunnel/io/reader.py`` and ``writer.py``.
"""

import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from yunbox.kernel.errors import InvalidArgument
from yunbox.schema.types import DataType
from yunbox.wire.varint import Short, read_varint, varint

Reader = Callable[[bytes, int, list[bytes]], tuple[Any, int]]
Writer = Callable[[Any, bytearray, list[bytes]], None]

_LONG, _INT, _FLOAT, _DOUBLE = (
    struct.Struct("<q"),
    struct.Struct("<i"),
    struct.Struct("<f"),
    struct.Struct("<d"),
)
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_NAIVE = datetime(1970, 1, 1)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_NANOS_PER_SECOND = 1_000_000_000
_INTEGER_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64, "interval_year_month": 64}
_FALSE, _TRUE = b"\0", b"\1"


class NanoDatetime(datetime):
    """A datetime with ``nanosecond``, the 0 to 999 nanoseconds beyond its microseconds.

    It compares and computes as the datetime it is; only writers look further.
    """

    nanosecond: int = 0

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        plain = datetime.combine(self.date(), self.timetz())
        return nano_datetime, (plain, self.nanosecond)


class NanoTimedelta(timedelta):
    """A timedelta with ``nanosecond``, the 0 to 999 nanoseconds beyond its microseconds."""

    nanosecond: int = 0


def nano_datetime(plain: datetime, nanosecond: int) -> datetime:
    """Return ``plain`` itself, or with nanoseconds where there are any."""
    if not nanosecond:
        return plain
    fine = NanoDatetime.combine(plain.date(), plain.timetz())
    fine.nanosecond = nanosecond
    return fine


def malformed(message: str) -> InvalidArgument:
    """Return the error for a stream that does not hold what it should."""
    return InvalidArgument(message, code="MalformedDataStream")


def wire_type(kind: DataType) -> int:
    """Return the protobuf wire type that clients put into this column's tag."""
    if kind.name in _INTEGER_BITS or kind.name in ("boolean", "datetime", "date"):
        return _VARINT
    return {"float": _FIXED32, "double": _FIXED64}.get(kind.name, _LENGTH)


# Reading


def reader_for(kind: DataType) -> Reader:
    """Return the function that reads one value of this type."""
    if kind.name in _READERS:
        return _READERS[kind.name]
    if kind.name in _INTEGER_BITS:
        return _integer_reader(kind.name)
    if kind.name == "array":
        return _list_reader(reader_for(kind.children[0]))
    if kind.name == "map":
        return _map_reader(kind)
    if kind.name == "struct":
        return _struct_reader(kind)
    raise InvalidArgument(f"a column of type {kind} cannot travel as a record")


def _read_signed(buffer: bytes, at: int, covered: list[bytes]) -> tuple[int, int]:
    value = buffer[at]
    at += 1
    if value > 127:
        value, at = read_varint(buffer, at - 1)
    value = (value >> 1) ^ -(value & 1)
    covered.append(_LONG.pack(value))
    return value, at


def _integer_reader(name: str) -> Reader:
    if name == "bigint":
        return _read_signed
    bound = 1 << (_INTEGER_BITS[name] - 1)

    def read(buffer: bytes, at: int, covered: list[bytes]) -> tuple[int, int]:
        value, at = _read_signed(buffer, at, covered)
        if not -bound <= value < bound:
            raise malformed(f"{value} is no {name.upper()}")
        return value, at

    return read


def _read_bytes(buffer: bytes, at: int, covered: list[bytes]) -> tuple[bytes, int]:
    size = buffer[at]
    at += 1
    if size > 127:
        size, at = read_varint(buffer, at - 1)
    end = at + size
    if end > len(buffer):
        raise Short(end)
    value = buffer[at:end]
    covered.append(value)
    return value, end


def _read_text(buffer: bytes, at: int, covered: list[bytes]) -> tuple[str, int]:
    value, at = _read_bytes(buffer, at, covered)
    return value.decode(), at


def _read_decimal(buffer: bytes, at: int, covered: list[bytes]) -> tuple[Decimal, int]:
    text, at = _read_text(buffer, at, covered)
    value = Decimal(text)
    if not value.is_finite():
        raise malformed(f"{text[:40]!r} is no DECIMAL")
    return value, at


def _read_bool(buffer: bytes, at: int, covered: list[bytes]) -> tuple[bool, int]:
    value, at = read_varint(buffer, at)
    covered.append(_TRUE if value else _FALSE)
    return value != 0, at


def _read_float(buffer: bytes, at: int, covered: list[bytes]) -> tuple[float, int]:
    covered.append(buffer[at : at + 4])
    return _FLOAT.unpack_from(buffer, at)[0], at + 4


def _read_double(buffer: bytes, at: int, covered: list[bytes]) -> tuple[float, int]:
    covered.append(buffer[at : at + 8])
    return _DOUBLE.unpack_from(buffer, at)[0], at + 8


def _read_date(buffer: bytes, at: int, covered: list[bytes]) -> tuple[date, int]:
    days, at = _read_signed(buffer, at, covered)
    return date.fromordinal(_EPOCH_DAY + days), at


def _read_datetime(buffer: bytes, at: int, covered: list[bytes]) -> tuple[datetime, int]:
    millis, at = _read_signed(buffer, at, covered)
    return _EPOCH + timedelta(milliseconds=millis), at


def _read_nanos(buffer: bytes, at: int, covered: list[bytes]) -> tuple[int, int]:
    seconds, at = _read_signed(buffer, at, covered)
    value, at = read_varint(buffer, at)
    nanos = (value >> 1) ^ -(value & 1)
    if not -_NANOS_PER_SECOND < nanos < _NANOS_PER_SECOND:
        raise malformed(f"{nanos} nanoseconds are more than a second")
    covered.append(_INT.pack(nanos))
    return seconds * _NANOS_PER_SECOND + nanos, at


def _timestamp_reader(epoch: datetime) -> Reader:
    def read(buffer: bytes, at: int, covered: list[bytes]) -> tuple[datetime, int]:
        nanos, at = _read_nanos(buffer, at, covered)
        micros, rest = divmod(nanos, 1000)
        return nano_datetime(epoch + timedelta(microseconds=micros), rest), at

    return read


def _read_interval(buffer: bytes, at: int, covered: list[bytes]) -> tuple[timedelta, int]:
    nanos, at = _read_nanos(buffer, at, covered)
    micros, rest = divmod(nanos, 1000)
    if not rest:
        return timedelta(microseconds=micros), at
    value = NanoTimedelta(microseconds=micros)
    value.nanosecond = rest
    return value, at


def _list_reader(element: Reader) -> Reader:
    def read(buffer: bytes, at: int, covered: list[bytes]) -> tuple[list[Any], int]:
        count, at = read_varint(buffer, at)
        values: list[Any] = []
        for _ in range(count):
            null, at = read_varint(buffer, at)
            value = None
            if not null:
                value, at = element(buffer, at, covered)
            values.append(value)
        return values, at

    return read


def _map_reader(kind: DataType) -> Reader:
    if kind.children[0].children:
        raise InvalidArgument(f"a key of {kind} must be of a plain type")
    read_keys, read_values = (_list_reader(reader_for(child)) for child in kind.children)

    def read(buffer: bytes, at: int, covered: list[bytes]) -> tuple[dict[Any, Any], int]:
        keys, at = read_keys(buffer, at, covered)
        values, at = read_values(buffer, at, covered)
        if len(keys) != len(values) or None in keys:
            raise malformed("a MAP has not one value for each of its keys")
        return dict(zip(keys, values, strict=True)), at

    return read


def _struct_reader(kind: DataType) -> Reader:
    fields = [(name, reader_for(child)) for name, child in zip(kind.names, kind.children, strict=True)]

    def read(buffer: bytes, at: int, covered: list[bytes]) -> tuple[dict[str, Any], int]:
        values: dict[str, Any] = {}
        for name, field in fields:
            null, at = read_varint(buffer, at)
            value = None
            if not null:
                value, at = field(buffer, at, covered)
            values[name] = value
        return values, at

    return read


_READERS: dict[str, Reader] = {
    "float": _read_float, "double": _read_double, "boolean": _read_bool, "date": _read_date,
    "string": _read_text, "varchar": _read_text, "char": _read_text, "json": _read_text,
    "binary": _read_bytes, "decimal": _read_decimal, "datetime": _read_datetime,
    "timestamp": _timestamp_reader(_EPOCH), "timestamp_ntz": _timestamp_reader(_EPOCH_NAIVE),
    "interval_day_time": _read_interval,
}  # fmt: skip


# Writing


def writer_for(kind: DataType) -> Writer:
    """Return the function that appends one value of this type, which is never None."""
    if kind.name in _WRITERS:
        return _WRITERS[kind.name]
    if kind.name in _INTEGER_BITS:
        return _write_signed
    if kind.name == "array":
        return _list_writer(writer_for(kind.children[0]))
    if kind.name == "map":
        return _map_writer(kind)
    if kind.name == "struct":
        return _struct_writer(kind)
    raise InvalidArgument(f"a column of type {kind} cannot travel as a record")


def _write_signed(value: int, out: bytearray, covered: list[bytes]) -> None:
    covered.append(_LONG.pack(value))
    out += varint((value << 1) ^ (value >> 63))


def _write_bytes(value: bytes, out: bytearray, covered: list[bytes]) -> None:
    covered.append(value)
    out += varint(len(value))
    out += value


def _write_text(value: str, out: bytearray, covered: list[bytes]) -> None:
    _write_bytes(value.encode(), out, covered)


def _write_decimal(value: Decimal, out: bytearray, covered: list[bytes]) -> None:
    _write_bytes(format(value, "f").encode(), out, covered)


def _write_bool(value: bool, out: bytearray, covered: list[bytes]) -> None:
    byte = _TRUE if value else _FALSE
    covered.append(byte)
    out += byte


def _write_float(value: float, out: bytearray, covered: list[bytes]) -> None:
    packed = _FLOAT.pack(value)
    covered.append(packed)
    out += packed


def _write_double(value: float, out: bytearray, covered: list[bytes]) -> None:
    packed = _DOUBLE.pack(value)
    covered.append(packed)
    out += packed


def _write_date(value: date, out: bytearray, covered: list[bytes]) -> None:
    _write_signed(value.toordinal() - _EPOCH_DAY, out, covered)


def _write_datetime(value: datetime, out: bytearray, covered: list[bytes]) -> None:
    _write_signed((value - _EPOCH) // timedelta(milliseconds=1), out, covered)


def _write_elapsed(elapsed: timedelta, fine: Any, out: bytearray, covered: list[bytes]) -> None:
    nanos = elapsed.microseconds * 1000 + getattr(fine, "nanosecond", 0)
    _write_signed(elapsed.days * 86_400 + elapsed.seconds, out, covered)
    covered.append(_INT.pack(nanos))
    out += varint(nanos << 1)


def _write_timestamp(value: datetime, out: bytearray, covered: list[bytes]) -> None:
    _write_elapsed(value - _EPOCH, value, out, covered)


def _write_timestamp_ntz(value: datetime, out: bytearray, covered: list[bytes]) -> None:
    _write_elapsed(value - _EPOCH_NAIVE, value, out, covered)


def _write_interval(value: timedelta, out: bytearray, covered: list[bytes]) -> None:
    _write_elapsed(value, value, out, covered)


def _list_writer(element: Writer) -> Writer:
    def write(values: Any, out: bytearray, covered: list[bytes]) -> None:
        out += varint(len(values))
        for value in values:
            if value is None:
                out += _TRUE
            else:
                out += _FALSE
                element(value, out, covered)

    return write


def _map_writer(kind: DataType) -> Writer:
    write_keys, write_values = (_list_writer(writer_for(child)) for child in kind.children)

    def write(value: dict[Any, Any], out: bytearray, covered: list[bytes]) -> None:
        write_keys(value.keys(), out, covered)
        write_values(value.values(), out, covered)

    return write


def _struct_writer(kind: DataType) -> Writer:
    fields = [(name, writer_for(child)) for name, child in zip(kind.names, kind.children, strict=True)]

    def write(value: dict[str, Any], out: bytearray, covered: list[bytes]) -> None:
        for name, field in fields:
            member = value.get(name)
            if member is None:
                out += _TRUE
            else:
                out += _FALSE
                field(member, out, covered)

    return write


_WRITERS: dict[str, Writer] = {
    "float": _write_float, "double": _write_double, "boolean": _write_bool, "date": _write_date,
    "string": _write_text, "varchar": _write_text, "char": _write_text, "json": _write_text,
    "binary": _write_bytes, "decimal": _write_decimal, "datetime": _write_datetime,
    "timestamp": _write_timestamp, "timestamp_ntz": _write_timestamp_ntz,
    "interval_day_time": _write_interval,
}  # fmt: skip
