"""Numbers and truth: BOOLEAN, the integers, the floats and NUMERIC."""

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache

from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.codec import Plain, Style, invalid, malformed

_SPACE = " \t\n\v\f\r"
_WHOLE = re.compile(r"[+-]?[0-9]+", re.ASCII)
_REAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_ENDLESS = re.compile(r"([+-]?)(?:inf|infinity)", re.IGNORECASE)
_SAFE = {">h": 5, ">i": 10, ">I": 10, ">q": 19}
_PLAIN_LEAST, _PLAIN_MOST = 1e-4, 1e15
"""Between these a double is written without an exponent, here as there."""
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")

# -- BOOLEAN


def _read_bool(text: str) -> bool:
    """A word or its beginning, as long as no other word begins so."""
    word = text.strip(_SPACE).lower()
    for words, value in ((_TRUE, True), (_FALSE, False)):
        if any(one.startswith(word) and (len(word) > 1 or one[0] != "o") for one in words if word):
            return value
    raise invalid("boolean", text)


def _unpack_bool(data: bytes) -> bool:
    if len(data) != 1:
        raise malformed("boolean")
    return data != b"\0"


BOOL = Plain(lambda value: "t" if value else "f", _read_bool, lambda value: b"\1" if value else b"\0", _unpack_bool)

# -- integers


@dataclass(frozen=True, slots=True)
class Integer:
    """An integer of some bytes; OID is one without a sign."""

    name: str
    layout: str

    def write(self, value: int, style: Style) -> str:
        """Its digits."""
        return str(value)

    def read(self, text: str, style: Style) -> int:
        """The number; beyond the type's range is 22003."""
        if text.isdecimal() and text.isascii() and len(text) < self._safe:
            return int(text)
        word = text.strip(_SPACE)
        if not _WHOLE.fullmatch(word):
            raise invalid(self.name, text)
        value = int(word) if len(word) < 25 else (1 << 70)
        least, most = self._range
        if self.layout == ">I" and abs(value) < 1 << 64:  # a negative number means what C makes of it
            value %= 1 << 64
            value -= ((1 << 64) - (1 << 32)) * (value >= (1 << 64) - (1 << 31))
        if not least <= value <= most:
            raise failure("22003", f'value "{text}" is out of range for type {self.name}')
        return value

    @property
    def _safe(self) -> int:
        """How many digits are too many for every number of so many to be in range."""
        return _SAFE[self.layout]

    @property
    def _range(self) -> tuple[int, int]:
        bits = struct.calcsize(self.layout) * 8
        return (0, (1 << bits) - 1) if self.layout.isupper() else (-(1 << bits - 1), (1 << bits - 1) - 1)

    def pack(self, value: int) -> bytes:
        """Big-endian."""
        return struct.pack(self.layout, value)

    def unpack(self, data: bytes) -> int:
        """A smaller integer too: clients send what the value fits in."""
        if len(data) not in (2, 4, 8) or len(data) > struct.calcsize(self.layout):
            raise malformed(self.name)
        return int.from_bytes(data, "big", signed=not self.layout.isupper())


# -- floats


@dataclass(frozen=True, slots=True)
class Float:
    """REAL and DOUBLE PRECISION. ``digits`` are those that every decimal text survives."""

    name: str
    layout: str
    digits: int

    def write(self, value: float, style: Style) -> str:
        """The shortest digits that mean this value, or so many as the session asks for."""
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        if self.layout == ">d" and style.float_digits > 0 and (_PLAIN_LEAST <= abs(value) < _PLAIN_MOST or not value):
            return repr(value).removesuffix(".0")  # Python's digits are the shortest too
        if style.float_digits <= 0:
            return f"{value:.{max(1, self.digits + style.float_digits)}g}"  # exponents as C writes them
        return self._shortest(value)

    def _shortest(self, value: float) -> str:
        mantissa, _, exponent = self._shortest_scientific(value).partition("e")
        sign, digits = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
        digits = digits.replace(".", "").rstrip("0") or "0"
        place = int(exponent) if value else 0
        if not -5 < place < self.digits:
            tail = f".{digits[1:]}" if len(digits) > 1 else ""
            return f"{sign}{digits[0]}{tail}e{'-' if place < 0 else '+'}{abs(place):02}"
        if place < 0:
            return f"{sign}0.{'0' * (-place - 1)}{digits}"
        whole, rest = digits[: place + 1].ljust(place + 1, "0"), digits[place + 1 :]
        return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"

    def _shortest_scientific(self, value: float) -> str:
        """The fewest digits that are nearer to this value than to another; what lies in the middle is not enough."""
        if self.layout == ">d" and abs(value) < 1 << 53:
            return f"{Decimal(repr(value)):e}"  # so far there is no middle of so few digits
        texts = (text for digits in range(18) for text in _near(value, digits))
        return next(text for text in texts if self._is_nearest(text, value))

    def _is_nearest(self, text: str, value: float) -> bool:
        try:
            if self._rounded(float(text)) != value:
                return False
        except OverflowError:
            return False
        if abs(value) < 1 << (24 if self.layout == ">f" else 53):
            return True
        exact, bits = int(value), 24 if self.layout == ">f" else 53
        gap = 1 << abs(exact).bit_length() - bits
        off = abs(Fraction(text)) - abs(exact)
        if off < 0 and abs(exact).bit_count() == 1:
            gap //= 2
        return 2 * abs(off) < gap

    def read(self, text: str, style: Style) -> float:
        """The nearest value; what is not 0 and would become 0, or endless, is 22003."""
        word = text.strip(_SPACE)
        if (found := _ENDLESS.fullmatch(word)) is not None:
            return -math.inf if found[1] == "-" else math.inf
        if word.lower() == "nan":
            return math.nan
        if not _REAL.fullmatch(word):
            raise invalid(self.name, text)
        value = self._rounded(float(word))
        if math.isinf(value) or (value == 0 and re.search("[1-9]", re.split("[eE]", word)[0])):
            raise failure("22003", f'"{word}" is out of range for type {self.name}')
        return value

    def _rounded(self, value: float) -> float:
        try:
            return float(struct.unpack(self.layout, struct.pack(self.layout, value))[0])
        except OverflowError:
            return math.copysign(math.inf, value)

    def pack(self, value: float) -> bytes:
        """IEEE 754, big-endian."""
        return struct.pack(self.layout, value)

    def unpack(self, data: bytes) -> float:
        """The other way round."""
        if len(data) != struct.calcsize(self.layout):
            raise malformed(self.name)
        return float(struct.unpack(self.layout, data)[0])


def _near(value: float, digits: int) -> Iterator[str]:
    """The nearest number of so many digits, and at a power of two, above which numbers lie wider, the next one too."""
    text = f"{value:.{digits}e}"
    yield text
    if abs(math.frexp(value)[0]) == 0.5:
        number = Decimal(text)
        step = Decimal((number.is_signed(), (1,), int(text.partition("e")[2]) - digits))
        yield f"{number + step:.{digits}e}"


# -- NUMERIC

_SIGNS = {0xC000: Decimal("NaN"), 0xD000: Decimal("Infinity"), 0xF000: Decimal("-Infinity")}
_DIGITS_BEFORE_MAX, _DIGITS_AFTER_MAX = 131_072, 16_383
_DIGITS_INT_MAX = 64
_HEAD = struct.Struct(">hhHH")


def _write_numeric(value: Decimal) -> str:
    if value.is_nan():
        return "NaN"
    if value.is_infinite():
        return "Infinity" if value > 0 else "-Infinity"
    return f"{abs(value) if value == 0 else value:f}"


def _read_numeric(text: str) -> Decimal:
    word = text.strip(_SPACE)
    if (found := _ENDLESS.fullmatch(word)) is not None:
        return Decimal(f"{found[1]}Infinity")
    if word.lower() == "nan":
        return Decimal("NaN")
    if not _REAL.fullmatch(word):
        raise invalid("numeric", text)
    try:
        value = Decimal(word)
    except InvalidOperation:
        raise failure("22003", "value overflows numeric format") from None
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    if value.adjusted() >= _DIGITS_BEFORE_MAX and value:
        raise failure("22003", "value overflows numeric format")
    if exponent < -_DIGITS_AFTER_MAX:
        raise failure("22003", "value overflows numeric format")
    return value if exponent <= 0 else Decimal(f"{value:f}")


def _pack_numeric(value: Decimal) -> bytes:
    if not value.is_finite():
        sign = 0xC000 if value.is_nan() else 0xD000 if value > 0 else 0xF000
        return _HEAD.pack(0, 0, sign, 0 if value.is_nan() else 32)  # what PostgreSQL's own infinities say
    return _packed_digits(f"{value:f}")


def pack_numeric_text(text: str) -> bytes:
    """The binary format of a number that is written as NUMERIC is."""
    return _packed_digits(text) if text[-1].isdigit() else _pack_numeric(Decimal(text))


def _packed_digits(text: str) -> bytes:
    """Groups of four digits before the point and behind it; zeros at both ends are left out."""
    is_negative = text[0] == "-"
    whole, _, rest = (text[1:] if is_negative else text).partition(".")
    scale = len(rest)
    after = -(-scale // 4)
    digits = whole + rest.ljust(4 * after, "0")
    groups = _groups_of_int(int(digits)) if len(digits) <= _DIGITS_INT_MAX else _groups_of(digits)
    weight = len(groups) - after - 1
    while groups and not groups[-1]:
        groups.pop()
    if not groups:
        return _HEAD.pack(0, 0, 0, scale)
    return _HEAD.pack(len(groups), weight, 0x4000 if is_negative else 0, scale) + _shorts(len(groups)).pack(*groups)


def _groups_of_int(number: int) -> list[int]:
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    groups.reverse()
    return groups


def _groups_of(digits: str) -> list[int]:
    """The same of so many that dividing takes long."""
    digits = digits.lstrip("0")
    digits = digits.rjust(-(-len(digits) // 4) * 4, "0")
    return [int(digits[at : at + 4]) for at in range(0, len(digits), 4)]


@lru_cache(256)
def _shorts(count: int) -> struct.Struct:
    return struct.Struct(f">{count}h")


def _unpack_numeric(data: bytes) -> Decimal:
    if len(data) < 8:
        raise malformed("numeric")
    count, weight, sign, scale = _HEAD.unpack_from(data)
    if sign in _SIGNS and not count:
        return _SIGNS[sign]
    if count < 0 or len(data) != 8 + 2 * count:
        raise failure("22P03", 'invalid length in external "numeric" value')
    if sign not in (0, 0x4000):
        raise failure("22P03", 'invalid sign in external "numeric" value')
    if scale > _DIGITS_AFTER_MAX:
        raise failure("22P03", 'invalid scale in external "numeric" value')
    groups = struct.unpack_from(f">{count}h", data, 8)
    if any(not 0 <= group < 10_000 for group in groups):
        raise failure("22P03", 'invalid digit in external "numeric" value')
    digits = "".join(f"{group:04}" for group in groups) or "0"
    return _scaled(digits, 4 * (weight - count + 1), scale, "-" if sign == 0x4000 else "")


def _scaled(digits: str, exponent: int, scale: int, sign: str) -> Decimal:
    """A number of exactly ``scale`` decimals; those beyond are cut, as PostgreSQL does with what it receives."""
    shift = exponent + scale
    digits = digits + "0" * shift if shift >= 0 else digits[:shift]
    made = Decimal(f"{sign}{digits or 0}E-{scale}")
    return made if made else abs(made)


NUMERIC = Plain(_write_numeric, _read_numeric, _pack_numeric, _unpack_numeric)
