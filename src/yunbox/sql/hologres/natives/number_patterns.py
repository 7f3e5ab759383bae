"""Patterns of numbers: what to_char writes by them, and to_number reads.

PostgreSQL writes character by character, and what a pattern's mark comes to depends on what was written before it; so
does this, as the answers to many patterns by chance show that it must. The locale is C: a point, commas, a space for
the currency. Source: the PostgreSQL documentation, "Data Type Formatting Functions".
"""

import re
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from math import isfinite
from typing import NamedTuple

from yunbox.sql.hologres.natives.native import Native, native
from yunbox.sql.hologres.natives.numerics import at_scale, number
from yunbox.wire.pgwire.report import PgError, failure

_MARKS = ("EEEE", ",", ".", "0", "9", "B", "C", "D", "FM", "G", "L", "MI", "PL", "PR", "RN", "SG", "SP", "S", "TH", "V")
_MARK = re.compile("|".join(re.escape(one) for mark in _MARKS for one in dict.fromkeys((mark, mark.lower()))))
_ROMAN = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
          (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))  # fmt: skip
_ROMAN_LETTERS = 15
_DATA = "0123456789.,+-"
_END = "\0"
"""What is written for a digit or a sign that there is not; PostgreSQL's text ends there, whatever comes after it."""
_POWER_SCALE = 16
"""How many digits PostgreSQL's powers of ten have behind the point."""


class Mark(NamedTuple):
    """A mark of a pattern in capitals, or with none a letter that stands for itself."""

    mark: str
    text: str


@dataclass(slots=True)
class Pattern:
    """A pattern, and what all of it comes to: how many digits before and behind the point, and by V; where the first 0
    is, from 1 on, and up to where the last one reaches; where the sign is to be that S asks for."""

    marks: list[Mark] = field(default_factory=list)
    before: int = 0
    behind: int = 0
    shifted: int = 0
    zero_start: int = 0
    zero_end: int = 0
    sign_at: str = ""
    sign_digits: int = 0
    flags: set[str] = field(default_factory=set)

    def has(self, flag: str) -> bool:
        """Whether there is such a mark."""
        return flag in self.flags

    def take(self, mark: str) -> None:
        """What one more mark comes to. Raises PgError 42601."""
        if "EEEE" in self.flags and mark != "EEEE":
            raise _wrong('"EEEE" must be the last pattern used')
        if mark in "09":
            self._digit(mark)
        elif mark in (".", "D"):
            self._point()
        elif mark == "S":
            self._sign()
        elif mark in ("MI", "PL", "SG"):
            if "S" in self.flags:
                raise _wrong(f'cannot use "S" and "{mark}" together')
            self.flags |= {"MI", "PL"} if mark == "SG" else {mark}
        elif mark == "PR":
            if self.flags & {"S", "MI", "PL"}:
                raise _wrong('cannot use "PR" and "S"/"PL"/"MI"/"SG" together')
            self.flags.add(mark)
        elif mark == "V":
            if "." in self.flags:
                raise _wrong('cannot use "V" and decimal point together')
            self.flags.add(mark)
        elif mark == "EEEE":
            self._scientific()
        elif mark == "B":
            if not (self.before or self.behind or "0" in self.flags):
                self.flags.add(mark)
        elif mark in ("FM", "RN"):
            self.flags.add(mark)

    def _digit(self, mark: str) -> None:
        if "PR" in self.flags:
            raise _wrong(f'"{mark}" must be ahead of "PR"')
        if mark == "9" and "V" in self.flags:
            self.shifted += 1
            return
        if mark == "0" and not self.flags & {"0", "."}:
            self.flags.add("0")
            self.zero_start = self.before + 1
        if "." in self.flags:
            self.behind += 1
        else:
            self.before += 1
        if mark == "0":
            self.zero_end = self.before + self.behind

    def _point(self) -> None:
        if "." in self.flags:
            raise _wrong("multiple decimal points")
        if "V" in self.flags:
            raise _wrong('cannot use "V" and decimal point together')
        self.flags.add(".")

    def _sign(self) -> None:
        if "S" in self.flags:
            raise _wrong('cannot use "S" twice')
        if self.flags & {"MI", "PL", "PR"}:
            raise _wrong('cannot use "S" and "PL"/"MI"/"SG"/"PR" together')
        self.flags.add("S")
        self.sign_at = "last" if "." in self.flags else "first"
        self.sign_digits = self.before

    def _scientific(self) -> None:
        if "EEEE" in self.flags:
            raise _wrong('cannot use "EEEE" twice')
        if self.flags & {"B", "FM", "S", "PR", "MI", "PL", "RN", "V"}:
            detail = '"EEEE" may only be used together with digit and decimal point patterns.'
            raise failure("42601", '"EEEE" is incompatible with other formats', detail)
        self.flags.add("EEEE")


@lru_cache(256)
def pattern_of(text: str) -> Pattern:
    """A pattern by its text. Raises PgError 42601 for marks that do not go together."""
    made = Pattern()
    for one in _split(text):
        if one.mark:
            made.take(one.mark)
        made.marks.append(one)
    return made


def _split(text: str) -> list[Mark]:
    made: list[Mark] = []
    at = 0
    while at < len(text):
        found = _MARK.match(text, at)
        if found is not None:
            made.append(Mark(found[0].upper(), found[0]))
            at = found.end()
        elif text[at] == '"':
            at = _quoted(text, at + 1, made)
        else:
            at += text[at : at + 2] == '\\"'
            made.append(Mark("", text[at]))
            at += 1
    return made


def _quoted(text: str, at: int, made: list[Mark]) -> int:
    """The letters up to the closing quote."""
    while at < len(text) and text[at] != '"':
        at += text[at] == "\\" and at + 1 < len(text)
        made.append(Mark("", text[at]))
        at += 1
    return at + 1


def _wrong(message: str) -> PgError:
    return failure("42601", message)


# -- to_char


class _Writer:
    """Writes the digits of a number by a pattern; ``spaces`` are the places before its first digit."""

    def __init__(self, pattern: Pattern, digits: str, sign: str, spaces: int) -> None:
        self._pattern = (
            replace(pattern, flags=frozenset({"FM", "RN"} & pattern.flags)) if pattern.has("RN") else pattern
        )
        self._digits, self._sign, self._spaces = digits, sign, spaces
        self._zero_start = max(0, pattern.zero_start - 1)
        self._at = self._current = 0
        self._out: list[str] = []
        self._in_number = False
        self._fill = pattern.has("FM")
        self._bracket = pattern.has("PR") and (sign == "-" or not self._fill or pattern.has("MI") or pattern.has("PL"))
        self._sign_at = pattern.sign_at
        self._is_signed = self._whether_signed()
        self._last = self._last_digit()
        self._count = pattern.before + pattern.behind - 1 + (not self._is_signed and not spaces)

    def _whether_signed(self) -> bool:
        """Whether no sign is to be written among the digits, or none any more."""
        pattern = self._pattern
        if pattern.has("PL") or pattern.has("MI"):
            return pattern.has("MI")
        if self._sign_at == "first" and pattern.before == pattern.sign_digits:
            self._sign_at = "last"
        return self._sign == "+" and self._fill and not pattern.has("S")

    def _last_digit(self) -> int | None:
        """The place behind which FM has no digits, if there is a point."""
        if not (self._fill and self._pattern.has(".")) or "." not in self._digits:
            return None
        point = self._digits.index(".")
        last = point + len(self._digits[point + 1 :].rstrip("0"))
        if self._pattern.zero_end > self._spaces:
            last = max(last, min(len(self._digits) - 1, self._pattern.zero_end - self._spaces))
        return last

    def written(self) -> str:
        """The whole."""
        for one in self._pattern.marks:
            self._out.append(one.text if not one.mark else self._one(one))
        return "".join(self._out).partition(_END)[0]

    def _one(self, one: Mark) -> str:
        mark = one.mark
        if mark in ("9", "0", ".", "D"):
            return "" if self._pattern.has("RN") else self._digit(mark)
        if mark in (",", "G"):
            return "," if self._in_number else "" if self._fill else " "
        if mark == "L":
            return " "
        if mark == "RN":
            roman = self._digits if self._fill else self._digits.rjust(_ROMAN_LETTERS)
            return roman if one.text == "RN" else roman.lower()
        if mark == "TH":
            return self._ordinal(one.text)
        if mark in ("MI", "PL"):
            wanted = "-" if mark == "MI" else "+"
            return wanted if self._sign == wanted else "" if self._fill else " "
        return (self._sign or _END) if mark == "SG" else ""

    def _ordinal(self, text: str) -> str:
        if self._pattern.has("RN") or self._digits.startswith("#") or self._sign == "-" or self._pattern.has("."):
            return ""
        if not self._digits[-1].isdigit():
            raise failure("22P02", f'"{self._digits}" is not a number')
        teen = len(self._digits) > 1 and self._digits[-2] == "1"
        ending = "TH" if teen else {"1": "ST", "2": "ND", "3": "RD"}.get(self._digits[-1], "TH")
        return ending if text == "TH" else ending.lower()

    @property
    def _is_zero_before_point(self) -> bool:
        """Whether the next digit is the 0 of a number below 1, for which a pattern has no 0."""
        pattern = self._pattern
        return not pattern.has("0") and not self._at and self._digits[:1] == "0" and bool(pattern.behind)

    @property
    def _ends_with_point(self) -> bool:
        return self._last is not None and self._digits[self._last] == "."

    def _digit(self, mark: str) -> str:
        self._in_number = False
        has_zero, before = self._pattern.has("0"), self._current < self._spaces
        out = ""
        starts = not before or (has_zero and self._zero_start == self._current)
        if not self._is_signed and starts and (not self._is_zero_before_point or self._ends_with_point):
            out = self._leading_sign()
        if before and (self._zero_start > self._current or not has_zero):
            out += "" if self._fill else " "
        elif before:
            out += "0"
            self._in_number = True
        else:
            out += self._written_digit(mark)
            self._at += self._at < len(self._digits)
        out += self._trailing_sign()
        self._current += 1
        return out

    def _leading_sign(self) -> str:
        if self._pattern.has("S"):
            if self._sign_at != "first":
                return ""
            self._is_signed = True
            return self._sign
        self._is_signed = True
        if self._bracket:
            return " " if self._sign == "+" else "<"
        if self._sign == "+":
            return "" if self._fill else " "
        return self._sign

    def _written_digit(self, mark: str) -> str:
        digit = self._digits[self._at : self._at + 1]
        if digit == ".":
            return "."
        if self._last is not None and self._at > self._last and mark != "0":
            return ""
        if self._is_zero_before_point:
            return ("0" if self._ends_with_point else "") if self._fill else " "
        self._in_number = True
        return digit or _END

    def _trailing_sign(self) -> str:
        end = self._count + bool(self._spaces) + self._pattern.has(".")
        if self._last is not None and self._last == self._at:
            end = self._current
        if self._current + 1 != end:
            return ""
        if self._is_signed and self._bracket:
            return " " if self._sign == "+" else ">"
        return self._sign if self._pattern.has("S") and self._sign_at == "last" else ""


def _by(pattern: Pattern, shown: str) -> str:
    """A number whose digits are as they are to be."""
    sign, digits = ("-", shown[1:]) if shown.startswith("-") else ("+", shown)
    width = len(digits.partition(".")[0])
    if width > pattern.before:
        return _Writer(pattern, "#" * pattern.before + "." + "#" * pattern.behind, sign, 0).written()
    return _Writer(pattern, digits, sign, pattern.before - width).written()


def _roman(pattern: Pattern, value: int) -> str:
    if not -(1 << 31) <= value < 1 << 31:
        raise failure("22003", "integer out of range")
    made = ""
    if not 1 <= value <= 3999:
        made = "#" * _ROMAN_LETTERS
    else:
        for size, letters in _ROMAN:
            made += letters * (value // size)
            value %= size
    return _Writer(pattern, made, "", 0).written()


def _unknown_power(pattern: Pattern) -> str:
    """What has no power of ten."""
    return f" {'#' * pattern.before}.{'#' * (pattern.behind + 4)}"


def of_number(text: str, pattern_text: str) -> str:
    """to_char of a numeric, and of a whole number. Raises PgError 42601, 22003."""
    pattern, value = pattern_of(pattern_text), number(text)
    if pattern.has("RN"):
        if not value.is_finite():
            raise failure("0A000", f"cannot convert {'NaN' if value.is_nan() else 'infinity'} to integer")
        return _roman(pattern, int(at_scale(value, 0)))
    if pattern.has("EEEE"):
        return _scientific(value, pattern.behind) if value.is_finite() else _unknown_power(pattern)
    if pattern.has("V"):
        value = value.scaleb(pattern.shifted) if value.is_finite() else value
        pattern = replace(pattern, before=pattern.before + pattern.shifted)
    if not value.is_finite():
        return _by(pattern, "NaN" if value.is_nan() else "-Infinity" if value < 0 else "Infinity")
    shown = at_scale(value, pattern.behind)
    return _by(pattern, f"{shown if shown else abs(shown):f}")


def _scientific(value: Decimal, scale: int) -> str:
    sign, magnitude = ("-" if value < 0 else " "), abs(value)
    if not magnitude:
        return f"{sign}{0:.{scale}f}e+00"
    power = magnitude.adjusted()
    shown = magnitude.scaleb(-power).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    return f"{sign}{shown:f}e{power:+03d}"


def of_whole(value: int, pattern_text: str) -> str:
    """to_char of an integer of 32 bits, whose powers of ten are a float's. Raises PgError 42601."""
    is_power = pattern_of(pattern_text).has("EEEE")
    return of_float(float(value), pattern_text, 15) if is_power else of_number(str(value), pattern_text)


def of_float(value: float, pattern_text: str, digits_max: int) -> str:
    """to_char of a float that has so many digits. Raises PgError 42601."""
    pattern = pattern_of(pattern_text)
    if pattern.has("RN"):
        return _roman(pattern, round(value) if abs(value) < 1 << 31 else 0)
    if pattern.has("EEEE"):
        return f"{value: .{pattern.behind}e}" if isfinite(value) else _unknown_power(pattern)
    if pattern.has("V"):
        value *= 10.0**pattern.shifted
        pattern = replace(pattern, before=pattern.before + pattern.shifted)
    named = "" if isfinite(value) else "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    whole = len(named.removeprefix("-") or f"{abs(value):.0f}")
    pattern = replace(pattern, behind=0 if whole >= digits_max else min(pattern.behind, digits_max - whole))
    return _by(pattern, named or f"{value:.{pattern.behind}f}")


# -- to_number


class _Reader:
    """Reads a number by a pattern, byte by byte: a letter of several takes as many of the marks of digits."""

    def __init__(self, pattern: Pattern, text: str) -> None:
        self._pattern, self._text = pattern, text.encode().decode("latin-1")
        self._at = 0
        self._sign, self._digits = "", ""
        self._before = self._behind = 0
        self._has_point = False

    def read(self) -> str:
        """The number's text. Raises PgError 22P02, 22003."""
        for one in self._pattern.marks:
            if self._at >= len(self._text):
                break
            is_done = self._one(one)
            self._at += is_done
        digits = self._digits.removesuffix(".")
        shown = f"{self._sign or ' '}{digits}"
        if not digits.strip("."):
            raise failure("22P02", f'invalid input syntax for type numeric: "{shown}"')
        return self._within(shown)

    def _within(self, shown: str) -> str:
        """As long as the pattern has places. Raises PgError 22003."""
        pattern = self._pattern
        precision = pattern.before + pattern.shifted + self._behind
        value = at_scale(number(shown.strip()), self._behind)
        if value and value.adjusted() >= precision - self._behind:
            places = precision - self._behind
            bound = f"10^{places}" if places else "1"
            detail = (f"A field with precision {precision}, scale {self._behind} must round to an absolute value less "
                      f"than {bound}.")  # fmt: skip
            raise failure("22003", "numeric field overflow", detail)
        return f"{value:f}"

    @property
    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    @property
    def _width(self) -> int:
        """How many bytes the next letter has."""
        lead = ord(self._next or "0")
        return 1 if lead < 0xC0 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4

    def _one(self, one: Mark) -> int:
        """Read what a mark stands for; how many bytes more are done with."""
        mark = one.mark
        if mark in ("9", "0", ".", "D"):
            self._digit(mark)
            return 1
        if mark in (",", "G"):
            return not self._pattern.has("FM") and self._next == ","
        if mark in ("MI", "PL", "SG"):
            if self._next in {"MI": "-", "PL": "+", "SG": "+-"}[mark]:
                self._sign = self._next
                return 1
            self._skip(1)
        elif mark in ("L", "TH"):
            self._skip(len(mark))
        return 0 if mark else self._width

    def _skip(self, count: int) -> None:
        """Pass what is nothing of a number."""
        while count and self._next and self._next not in _DATA:
            self._at += self._width
            count -= 1

    def _digit(self, mark: str) -> None:
        self._at += self._next == " "
        if not self._sign and mark in "09" and not self._before + self._behind:
            self._leading_sign()
        if not self._next:
            return
        is_read = self._taken()
        if self._next and not self._sign and self._before + self._behind:
            self._trailing_sign(is_read)

    def _leading_sign(self) -> None:
        found = self._next
        if found in ("-", "+") or (found == "<" and self._pattern.has("PR")):
            self._sign = "+" if found == "+" else "-"
            self._at += 1

    def _taken(self) -> bool:
        """Whether a digit or the point is read."""
        found = self._next
        if found.isascii() and found.isdigit():
            if self._has_point and self._behind == self._pattern.behind:
                return False
            self._digits += found
            self._behind += self._has_point
            self._before += not self._has_point
            return True
        if self._pattern.has(".") and not self._has_point and found == ".":
            self._digits += "."
            self._has_point = True
            return True
        return False

    def _trailing_sign(self, is_read: bool) -> None:
        following = self._text[self._at + 1 : self._at + 2]
        if self._pattern.has("S"):
            if is_read and following in ("-", "+"):
                self._sign = following
                self._at += 1
        elif not is_read and (self._pattern.has("PL") or self._pattern.has("MI")) and self._next in ("-", "+"):
            self._sign = self._next


def read_number(text: str, pattern_text: str) -> str | None:
    """to_number. Raises PgError 42601, 0A000, 22P02, 22003."""
    if not pattern_text:
        return None
    pattern = pattern_of(pattern_text)
    for mark in ("EEEE", "RN"):
        if pattern.has(mark):
            raise failure("0A000", f'"{mark}" not supported for input')
    found = _Reader(pattern, text).read()
    if not pattern.has("V"):
        return found
    value = number(found)
    scale = _POWER_SCALE - int(value.as_tuple().exponent)
    return f"{at_scale(value * at_scale(Decimal(1).scaleb(-pattern.shifted), _POWER_SCALE), scale):f}"


NATIVES: tuple[Native, ...] = (
    native("hg_whole_by", of_whole, "INTEGER; VARCHAR", "VARCHAR"),
    native("hg_number_by", of_number, "VARCHAR; VARCHAR", "VARCHAR"),
    native("hg_float4_by", lambda value, text: of_float(value, text, 6), "DOUBLE; VARCHAR", "VARCHAR"),
    native("hg_float8_by", lambda value, text: of_float(value, text, 15), "DOUBLE; VARCHAR", "VARCHAR"),
    native("hg_read_number", read_number, "VARCHAR; VARCHAR", "VARCHAR"),
)
"""Numbers by patterns."""
