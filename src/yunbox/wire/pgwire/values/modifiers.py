"""What stands in parentheses behind a type: how it is kept (``atttypmod``), written, and what it makes of a value.

Source: the PostgreSQL documentation, "Data Types"; a cast that a statement writes cuts where an assignment refuses.
"""

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.values.clock import ZonedTime
from yunbox.wire.pgwire.values.dates import TIMESTAMP_ENDS
from yunbox.wire.pgwire.values.intervals import Interval
from yunbox.wire.pgwire.values.types import ELEMENTS, TYPES

NONE = -1
_HEAD = 4
_LETTERS_MAX = 10_485_760
_BITS_MAX = 83_886_080
_DIGITS_MAX = 1000
_SCALES = range(-_DIGITS_MAX, _DIGITS_MAX + 1)
_FRACTION_MAX = 6
_INTERVAL_ALL = 0x7FFF << 16
_EXACT = Context(prec=200_000, Emax=999_999_999, Emin=-999_999_999)

_SQL_NAMES = {
    "bool": "boolean",
    "char": '"char"',
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "varchar": "character varying",
    "varbit": "bit varying",
}
_DATED = {"time": "without", "timestamp": "without", "timetz": "with", "timestamptz": "with"}


def modifier(name: str, numbers: Sequence[int]) -> int:
    """What is kept of the numbers in parentheses. Raises PgError 22023 for what the type does not take."""
    if name in ("varchar", "bpchar", "bit", "varbit"):
        return _length(name, numbers)
    if name == "numeric":
        return _digits(numbers)
    if name in _DATED or name == "interval":
        return _fraction(name, numbers)
    raise failure("42601", f'type modifier is not allowed for type "{name}"')


def _one(numbers: Sequence[int]) -> int:
    if len(numbers) != 1:
        raise failure("22023", "invalid type modifier")
    return numbers[0]


def _length(name: str, numbers: Sequence[int]) -> int:
    length = _one(numbers)
    bits = name in ("bit", "varbit")
    shown = {"bpchar": "char"}.get(name, name)
    most = _BITS_MAX if bits else _LETTERS_MAX
    if length < 1:
        raise failure("22023", f"length for type {shown} must be at least 1")
    if length > most:
        raise failure("22023", f"length for type {shown} cannot exceed {most}")
    return length if bits else length + _HEAD


def _digits(numbers: Sequence[int]) -> int:
    if not 1 <= len(numbers) <= 2:
        raise failure("22023", "invalid NUMERIC type modifier")
    digits, scale = numbers[0], numbers[1] if len(numbers) == 2 else 0
    if not 1 <= digits <= _DIGITS_MAX:
        raise failure("22023", f"NUMERIC precision {digits} must be between 1 and {_DIGITS_MAX}")
    if scale not in _SCALES:
        raise failure("22023", f"NUMERIC scale {scale} must be between {-_DIGITS_MAX} and {_DIGITS_MAX}")
    return (digits << 16 | scale & 0x7FF) + _HEAD


def _fraction(name: str, numbers: Sequence[int]) -> int:
    """Digits behind the seconds; more than six are six, of which PostgreSQL warns."""
    digits = _one(numbers)
    if digits < 0:
        shown = "INTERVAL" if name == "interval" else name.removesuffix("tz").upper()
        zone = " WITH TIME ZONE" if name.endswith("tz") else ""
        raise failure("22023", f"{shown}({digits}){zone} precision must not be negative")
    kept = min(digits, _FRACTION_MAX)
    return _INTERVAL_ALL | kept if name == "interval" else kept


def numeric_digits(kept: int) -> tuple[int, int]:
    """The digits of a NUMERIC, and how many of them stand behind the point."""
    digits, scale = kept - _HEAD >> 16, kept - _HEAD & 0x7FF
    return digits, scale - 0x800 if scale & 0x400 else scale


def format_type(oid: int, kept: int = NONE) -> str:
    """A type as SQL writes it, like PostgreSQL's function of that name."""
    if (element := ELEMENTS.get(oid)) is not None:
        return format_type(element.oid, kept) + "[]"
    name = TYPES[oid].name
    shown = _SQL_NAMES.get(name, name)
    if name in _DATED:
        base = name.removesuffix("tz")
        return f"{base}{'' if kept == NONE else f'({kept})'} {_DATED[name]} time zone"
    if kept == NONE:
        return '"bit"' if name == "bit" else shown
    if name == "numeric":
        return "numeric({},{})".format(*numeric_digits(kept))
    if name == "interval":
        return shown if kept & 0xFFFF == 0xFFFF else f"interval({kept & 0xFFFF})"
    if name in ("bit", "varbit"):
        return f"{shown}({kept})"
    return f"{'character' if name == 'bpchar' else shown}({kept - _HEAD})"


def fitted(oid: int, kept: int, value: Any, *, explicit: bool = False) -> Any:
    """What a column or a cast of this type makes of a value. Raises PgError 22001, 22003 or 22026."""
    if kept == NONE or value is None:
        return value
    if isinstance(value, list):
        return [fitted(oid, kept, item, explicit=explicit) for item in value]
    return _FITTING[ELEMENTS.get(oid, TYPES[oid]).name](value, kept, explicit)


def _text(value: str, kept: int, explicit: bool, shown: str, pad: str) -> str:
    length = kept - _HEAD
    if len(value) <= length:
        return value.ljust(length) if pad else value
    if not explicit and value[length:].strip(" "):
        raise failure("22001", f"value too long for type {shown}({length})")
    return value[:length]


def _varchar(value: str, kept: int, explicit: bool) -> str:
    return _text(value, kept, explicit, "character varying", "")


def _bpchar(value: str, kept: int, explicit: bool) -> str:
    return _text(value, kept, explicit, "character", " ")


def _bit(value: str, kept: int, explicit: bool) -> str:
    if len(value) != kept and not explicit:
        raise failure("22026", f"bit string length {len(value)} does not match type bit({kept})")
    return value[:kept].ljust(kept, "0")


def _varbit(value: str, kept: int, explicit: bool) -> str:
    if len(value) > kept and not explicit:
        raise failure("22001", f"bit string too long for type bit varying({kept})")
    return value[:kept]


def _numeric(value: Decimal, kept: int, explicit: bool) -> Decimal:
    digits, scale = numeric_digits(kept)
    if value.is_nan():
        return value
    if value.is_infinite():
        raise _overflow(f"A field with precision {digits}, scale {scale} cannot hold an infinite value.")
    made = value.quantize(Decimal((0, (1,), -scale)), ROUND_HALF_UP, _EXACT)
    if made and made.adjusted() >= digits - scale:
        bound = f"10^{digits - scale}" if digits != scale else "1"
        told = f"A field with precision {digits}, scale {scale} must round to an absolute value less than {bound}."
        raise _overflow(told)
    return made if scale >= 0 else Decimal(f"{made:f}")


def _overflow(detail: str) -> PgError:
    return failure("22003", "numeric field overflow", detail)


def _rounded(us: int, digits: int) -> int:
    """Halves go away from 0."""
    step = 10 ** (_FRACTION_MAX - digits)
    made = (abs(us) + step // 2) // step * step
    return -made if us < 0 else made


def _moment(value: int, kept: int, explicit: bool) -> int:
    return value if value in TIMESTAMP_ENDS else _rounded(value, kept)


def _zoned(value: ZonedTime, kept: int, explicit: bool) -> ZonedTime:
    return ZonedTime(_rounded(value.us, kept), value.east)


def _interval(value: Interval, kept: int, explicit: bool) -> Interval:
    digits = kept & 0xFFFF
    return value if digits > _FRACTION_MAX else value._replace(us=_rounded(value.us, digits))


_FITTING: dict[str, Callable[[Any, int, bool], Any]] = {
    "varchar": _varchar, "bpchar": _bpchar, "bit": _bit, "varbit": _varbit, "numeric": _numeric, "time": _moment,
    "timestamp": _moment, "timestamptz": _moment, "timetz": _zoned, "interval": _interval,
}  # fmt: skip
