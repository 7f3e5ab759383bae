"""Whether what clients send are values of their fields' types: whole columns at once, one by one where not sure.

Values travel as text in all protocols. Sources: the vendor's page "Terms" (types and their ranges), pydatahub 2.29
``models/types.py`` (the range of TIMESTAMP).
"""

import re
from collections.abc import Callable

import msgspec
import numpy as np

from yunbox.kernel.errors import InvalidArgument
from yunbox.wire.datahub.columns import Array, Columns
from yunbox.wire.datahub.schema import Field, FieldType, RecordSchema

STRING_BYTES_MAX = 2 * 1024 * 1024
_RANGES = {
    FieldType.TINYINT: (-(1 << 7), (1 << 7) - 1),
    FieldType.SMALLINT: (-(1 << 15), (1 << 15) - 1),
    FieldType.INTEGER: (-(1 << 31), (1 << 31) - 1),
    FieldType.BIGINT: (-(1 << 63), (1 << 63) - 1),
    FieldType.TIMESTAMP: (-62_135_798_400_000_000, 253_402_271_999_000_000),
}
_SURE_DIGITS = {
    FieldType.TINYINT: 2,
    FieldType.SMALLINT: 4,
    FieldType.INTEGER: 9,
    FieldType.BIGINT: 18,
    FieldType.TIMESTAMP: 16,
}
"""A number of so few digits is in the range, whatever the digits are."""
_FLOAT_MAX = 3.4028234663852886e38
_INTEGER = re.compile(rb"[+-]?[0-9]{1,19}")
_REAL = re.compile(rb"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?|NaN|Infinity)")
_DECIMAL = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_LINES = {
    FieldType.DOUBLE: rb"(?:[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?\n)*",
    FieldType.DECIMAL: rb"(?:[+-]?[0-9]+(?:\.[0-9]*)?\n)*",
    FieldType.FLOAT: rb"(?:[+-]?[0-9]{1,30}(?:\.[0-9]*)?\n)*",
    FieldType.BOOLEAN: rb"(?:(?:true|false)\n)*",
}
"""Values that are surely of a type, a line for each."""
_SURE_LINES = {kind: re.compile(pattern) for kind, pattern in _LINES.items()}
_BOOLEANS = {b"true": b"true", b"false": b"false", b"True": b"true", b"False": b"false", b"1": b"true", b"0": b"false"}
_MINUS = 45
_NONE = np.empty(0, np.int64)
_REAL_TOLD = "Cannot cast empty string to d"
SIZE_MISMATCH = "Record field size not match"
"""What the service says of a record with more or fewer fields than its topic, as of a DOUBLE that is none: these are
its very words (pydatahub's tests)."""
Check = Callable[[bytes], bool]


def is_integer(kind: FieldType) -> Check:
    """Whether a text is a whole number of a type."""
    low, high = _RANGES[kind]
    return lambda value: _INTEGER.fullmatch(value) is not None and low <= int(value) <= high


def is_double(value: bytes) -> bool:
    """Whether a text is a DOUBLE."""
    return _REAL.fullmatch(value) is not None


def is_float(value: bytes) -> bool:
    """Whether a text is a FLOAT."""
    if not is_double(value):
        return False
    number = abs(float(value))
    return number <= _FLOAT_MAX or number != number or (number == float("inf") and b"I" in value)


def is_decimal(value: bytes) -> bool:
    """Whether a text is a DECIMAL."""
    return _DECIMAL.fullmatch(value) is not None


def is_boolean(value: bytes) -> bool:
    """Whether a text is a BOOLEAN as it is kept."""
    return value in (b"true", b"false")


def is_string(value: bytes) -> bool:
    """Whether bytes are a STRING."""
    if len(value) > STRING_BYTES_MAX:
        return False
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_json(value: bytes) -> bool:
    """Whether a text is JSON."""
    try:
        msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return False
    return is_string(value)


CHECKS: dict[FieldType, Check] = {
    **{kind: is_integer(kind) for kind in _RANGES},
    FieldType.DOUBLE: is_double,
    FieldType.FLOAT: is_float,
    FieldType.DECIMAL: is_decimal,
    FieldType.BOOLEAN: is_boolean,
    FieldType.STRING: is_string,
    FieldType.JSON: is_json,
}


def boolean(value: bytes) -> bytes:
    """A BOOLEAN as it is kept, from any of the ways to write one; what is none stays what it is."""
    return _BOOLEANS.get(value, value)


def check(schema: RecordSchema, columns: Columns) -> dict[int, str]:
    """What is wrong with records, by their places: nothing where all is well."""
    wrong: dict[int, str] = {}
    for row in np.flatnonzero(~columns.whole).tolist():
        wrong[row] = SIZE_MISMATCH
    for at, field in enumerate(schema.fields):
        for row in _wrong(field, columns, at):
            wrong.setdefault(row, _told(field, columns.value(at, row)))
    return wrong


def _told(field: Field, value: bytes | None) -> str:
    if value is None:
        return f"The field {field.name} must not be null"
    text = value[:64].decode("utf-8", "replace")
    why = _REAL_TOLD if field.type is FieldType.DOUBLE else f"no value of the field {field.name}"
    return f"Parse field value [{text}] to {field.type} failed: {why}"


def _wrong(field: Field, columns: Columns, at: int) -> list[int]:
    """The records whose value of a field is none."""
    lengths = columns.lengths[at]
    found = np.flatnonzero((lengths < 0) & columns.whole).tolist() if field.notnull else []
    doubtful = _doubtful(field.type, columns, at)
    test = CHECKS[field.type]
    for row in doubtful.tolist():
        value = columns.value(at, row)
        if value is not None and not test(value):
            found.append(row)
    return found


def _doubtful(kind: FieldType, columns: Columns, at: int) -> Array:
    """The records whose value is not surely one of the type, by a look at the whole column."""
    lengths = columns.lengths[at]
    if kind in _SURE_DIGITS:
        return _doubtful_integers(_SURE_DIGITS[kind], columns, at)
    if kind is FieldType.STRING and (lengths <= STRING_BYTES_MAX).all():
        data, _ = columns.gathered(at)
        if not len(data) or int(data.max()) < 128:
            return _NONE
    if kind in _SURE_LINES and _are_sure(kind, columns.texts(at)):
        return _NONE
    return np.flatnonzero(lengths >= 0)


def _are_sure(kind: FieldType, texts: list[bytes]) -> bool:
    """Whether all of some texts are values of a type, by one look at them all."""
    lines = b"\n".join(texts) + b"\n" if texts else b""
    return lines.count(b"\n") == len(texts) and _SURE_LINES[kind].fullmatch(lines) is not None


def _doubtful_integers(digits: int, columns: Columns, at: int) -> Array:
    lengths = columns.lengths[at]
    data, offsets = columns.gathered(at)
    is_digit = (data >= 48) & (data <= 57)
    there = np.flatnonzero(lengths > 0)
    firsts = offsets[:-1][there]
    negative = data[firsts] == _MINUS
    is_digit[firsts[negative]] = True
    bad = np.flatnonzero(~is_digit)
    doubtful = (lengths == 0) | (lengths > digits)
    doubtful[there[negative]] = (lengths[there[negative]] - 1 > digits) | (lengths[there[negative]] == 1)
    if len(bad):
        doubtful[np.searchsorted(offsets, bad, "right") - 1] = True
    return np.flatnonzero(doubtful)


def checked_value(field: Field, value: bytes | None) -> bytes | None:
    """One value as it is kept. Raises InvalidArgument."""
    if value is not None and field.type is FieldType.BOOLEAN:
        value = boolean(value)
    if (value is None and field.notnull) or (value is not None and not CHECKS[field.type](value)):
        raise InvalidArgument(_told(field, value), code="MalformedRecord")
    return value
