"""COPY ... TO STDOUT (FORMAT ARROW) and ARROW_LZ4: rows as streams of Arrow, which the vendor's clients read.

What comes is binary COPY of one field a row: a whole stream of Arrow with the next rows, in ARROW_LZ4 as a block of LZ4
behind its length. Sources: the vendor's hologres-client (``copy_to``) and holo-client (``ArrowVectorAccessorUtil``),
which say the types too: a bool is a byte, a timestamptz has milliseconds, a timetz is PostgreSQL's in 16 bytes.
"""

import io
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from yunbox.wire.pgwire.datarows import Fields
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.calendar import EPOCH_US, US_PER_S
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.modifiers import format_type, numeric_digits
from yunbox.wire.pgwire.values.types import TYPES

ARROW, ARROW_LZ4 = "arrow", "arrow_lz4"
_ROWS_MAX, _BYTES_MAX = 8192, 1 << 20
_NUMERIC, _DIGITS_MAX = 1700, 38
_EPOCH_DAYS = EPOCH_US // (86_400 * US_PER_S)
_EPOCH_MS = EPOCH_US // 1000
_DAY_ENDS, _MOMENT_ENDS = ((1 << 31) - 1, -(1 << 31)), ((1 << 63) - 1, -(1 << 63))
_TIMETZ = struct.Struct("<qi4x")
_LENGTH = struct.Struct(">I")
_STANDARD = Style()


@dataclass(frozen=True, slots=True)
class _Form:
    """A column in Arrow: its type by nanoarrow's name for it and how a value becomes one of it; of an array, of its
    elements."""

    type: str
    made: Callable[[Any], Any] = lambda value: value
    scale: int = -1
    is_list: bool = False


def _days(value: int) -> int:
    return _finite(value, _DAY_ENDS) + _EPOCH_DAYS


def _finite(value: int, ends: tuple[int, int]) -> int:
    if value in ends:
        raise failure("22008", "COPY of infinity in the format arrow is not supported")
    return value


_FORMS = {
    16: _Form("uint8", int), 21: _Form("int16"), 23: _Form("int32"), 20: _Form("int64"), 700: _Form("float"),
    701: _Form("double"), 25: _Form("string"), 1043: _Form("string"), 1042: _Form("string"), 114: _Form("string"),
    17: _Form("binary"), 13_400: _Form("binary"), 13_402: _Form("binary"), 13_404: _Form("binary"),
    1082: _Form("date32", _days),
    1114: _Form("timestamp", lambda value: _finite(value, _MOMENT_ENDS) + EPOCH_US),
    1184: _Form("date64", lambda value: _finite(value, _MOMENT_ENDS) // 1000 + _EPOCH_MS),
    1083: _Form("time64"),
    1266: _Form("fixed_size_binary", lambda value: _TIMETZ.pack(value.us, -value.east)),
}  # fmt: skip
"""By OID. JSONB is not among them, as the vendor's clients cast it to text."""
_ELEMENTS = {TYPES[oid].array: oid for oid in (16, 21, 23, 20, 700, 701, 25, 1043)}
"""The types of elements of arrays, by these."""


def _form(name: str, oid: int, modifier: int) -> _Form:
    """Raises PgError 0A000 for a type that there is nothing for."""
    if oid == _NUMERIC and modifier >= 0:
        precision, scale = numeric_digits(modifier)
        if precision <= _DIGITS_MAX:
            return _Form("decimal128", scale=scale)
    if oid in _ELEMENTS:
        element = _FORMS[_ELEMENTS[oid]]
        return _Form(element.type, element.made, is_list=True)
    if oid in _FORMS:
        return _FORMS[oid]
    told = f'COPY of column "{name}" of type {format_type(oid, modifier)} in the format arrow is not supported'
    raise failure("0A000", told, hint="Cast it to text, or a number to numeric(p, s).")


class ArrowWriter:
    """Makes streams of rows whose fields are texts in the standard style."""

    def __init__(self, columns: Sequence[tuple[str, int, int]], *, packed: bool) -> None:
        """``columns`` are names, OIDs and modifiers. Raises PgError 0A000."""
        self._names = [name for name, _, _ in columns]
        self._modifiers = [modifier for _, _, modifier in columns]
        self._forms = [_form(*one) for one in columns]
        self._codecs = [TYPES[oid].codec for _, oid, _ in columns]
        self._packed = packed
        self._rows: list[Fields] = []
        self._bytes = 0

    def add(self, row: Fields) -> bytes | None:
        """A row more; the field that is to be sent, once there are enough. Raises PgError."""
        self._rows.append(row)
        self._bytes += sum(len(one) for one in row if one is not None)
        return self.taken() if len(self._rows) >= _ROWS_MAX or self._bytes >= _BYTES_MAX else None

    def taken(self) -> bytes | None:
        """The field with the rows that wait; None for no rows. Raises PgError 22003, 22008."""
        if not self._rows:
            return None
        columns = [self._column(at, fields) for at, fields in enumerate(zip(*self._rows, strict=True))]
        data = _stream(self._names, columns, len(self._rows))
        self._rows, self._bytes = [], 0
        return data if not self._packed else _packed(data)

    def _column(self, at: int, fields: Sequence[bytes | None]) -> Any:
        form, codec = self._forms[at], self._codecs[at]
        values = [None if one is None else codec.read(one.decode(), _STANDARD) for one in fields]
        if form.is_list:
            return _lists(form, values)
        if form.scale >= 0:
            return _decimals(values, *numeric_digits(self._modifiers[at]))
        return _array(form.type, [None if one is None else form.made(one) for one in values])


def _packed(data: bytes) -> bytes:
    import lz4.block

    return _LENGTH.pack(len(data)) + lz4.block.compress(data, store_size=False)


def _type(name: str) -> Any:
    import nanoarrow as na

    if name == "timestamp":
        return na.timestamp("us")
    if name == "time64":
        return na.time64("us")
    if name == "fixed_size_binary":
        return na.fixed_size_binary(_TIMETZ.size)
    plain: dict[str, Callable[[], Any]] = {
        "uint8": na.uint8, "int16": na.int16, "int32": na.int32, "int64": na.int64, "float": na.float32,
        "double": na.float64, "string": na.string, "binary": na.binary, "date32": na.date32, "date64": na.date64,
    }  # fmt: skip
    return plain[name]()


def _array(name: str, values: Sequence[Any]) -> Any:
    import nanoarrow as na

    if name == "time64":
        data = struct.pack(f"<{len(values)}q", *(one or 0 for one in values))
    elif name == "fixed_size_binary":
        data = b"".join(bytes(_TIMETZ.size) if one is None else one for one in values)
    else:
        return na.c_array(values, _type(name))
    return na.c_array_from_buffers(_type(name), len(values), [_there(values), data])


def _decimals(values: Sequence[Decimal | None], precision: int, scale: int) -> Any:
    import nanoarrow as na

    data = b"".join(bytes(16) if one is None else _unscaled(one, scale).to_bytes(16, "little", signed=True)
                    for one in values)  # fmt: skip
    return na.c_array_from_buffers(na.decimal128(precision, scale), len(values), [_there(values), data])


def _unscaled(value: Decimal, scale: int) -> int:
    if not value.is_finite():
        raise failure("22003", f"COPY of {value} in the format arrow is not supported")
    with localcontext(prec=2 * _DIGITS_MAX):
        return int(value.scaleb(scale))


def _lists(form: _Form, values: Sequence[Sequence[Any] | None]) -> Any:
    import nanoarrow as na

    items = list(_items(form, values))
    ends, offsets = 0, [0]
    for one in values:
        ends += len(one or ())
        offsets.append(ends)
    return na.c_array_from_buffers(
        na.list_(_type(form.type)), len(values), [_there(values), struct.pack(f"<{len(offsets)}i", *offsets)],
        children=[_array(form.type, items)],
    )  # fmt: skip


def _items(form: _Form, values: Sequence[Sequence[Any] | None]) -> Iterator[Any]:
    for one in values:
        for item in one or ():
            if isinstance(item, list):
                raise failure("0A000", "COPY of arrays of several dimensions in the format arrow is not supported")
            yield None if item is None else form.made(item)


def _there(values: Sequence[Any]) -> bytes | None:
    """Which values are none, as bits; None where all are."""
    if None not in values:
        return None
    bits = bytearray((len(values) + 7) // 8)
    for at, one in enumerate(values):
        if one is not None:
            bits[at >> 3] |= 1 << (at & 7)
    return bytes(bits)


def _stream(names: Sequence[str], columns: Sequence[Any], rows: int) -> bytes:
    """A stream of one batch. Two columns may have one name, as in SQL."""
    import nanoarrow as na
    from nanoarrow.ipc import StreamWriter

    schema = na.struct([column.schema.modify(name=name) for name, column in zip(names, columns, strict=True)])
    batch = na.c_array_from_buffers(schema, rows, [None], children=columns)
    out = io.BytesIO()
    with StreamWriter.from_writable(out) as writer:
        writer.write_stream(na.c_array_stream(batch))
    return out.getvalue()
