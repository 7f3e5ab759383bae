"""How the texts of settings are read: each kind makes of a text what SHOW will say, or refuses it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.numbers import BOOL

_NUMBER = re.compile(
    r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]?0x[0-9a-f]+)\s*([A-Za-z]*)\s*", re.IGNORECASE | re.ASCII
)
_INT = range(-(1 << 31), 1 << 31)
MILLISECONDS = (("us", 0.001), ("ms", 1), ("s", 1000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000))
KILOBYTES = (("B", 1 / 1024), ("kB", 1), ("MB", 1024), ("GB", 1024**2), ("TB", 1024**3))
Units = tuple[tuple[str, float], ...]


class Kind(Protocol):
    """What a setting may be. ``name`` is how the statement spelled it, and ``now`` what it is so far."""

    def read(self, name: str, text: str, now: str) -> str:
        """What SHOW will say. Raises PgError 22023."""
        ...


def invalid(name: str, text: str, detail: str = "", hint: str = "") -> PgError:
    """A text is none of a setting's values."""
    return failure("22023", f'invalid value for parameter "{name}": "{text}"', detail, hint)


@dataclass(frozen=True, slots=True)
class Switch:
    """On or off."""

    def read(self, name: str, text: str, now: str) -> str:
        """As BOOLEAN reads it, but for space around it."""
        try:
            on = BOOL.read(text if text == text.strip() else "", Style())
        except PgError:
            raise failure("22023", f'parameter "{name}" requires a Boolean value') from None
        return "on" if on else "off"


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number of a unit, within bounds."""

    least: int
    most: int
    units: Units = ()

    def read(self, name: str, text: str, now: str) -> str:
        """A number with a unit or without; what is left of a whole one is rounded."""
        found = _NUMBER.fullmatch(text)
        if found is None:
            raise invalid(name, text)
        digits, unit = found.groups()
        number = float(int(digits, 16)) if "x" in digits.lower() else float(digits)
        if unit:
            factors = dict(self.units)
            if unit not in factors:
                raise invalid(name, text, hint=self._known)
            number *= factors[unit]
        if not _INT.start <= number < _INT.stop:
            raise invalid(name, text, hint="Value exceeds integer range.")
        value = round(number)
        if not self.least <= value <= self.most:
            base = next((f" {known}" for known, factor in self.units if factor == 1), "")
            bounds = f"({self.least} .. {self.most})"
            raise failure("22023", f'{value}{base} is outside the valid range for parameter "{name}" {bounds}')
        return self._shown(value)

    def _shown(self, value: int) -> str:
        """With the largest unit that leaves it whole; 0 and less have none."""
        if not self.units or value <= 0:
            return str(value)
        unit, factor = next((unit, factor) for unit, factor in reversed(self.units) if value % factor == 0)
        return f"{value // int(factor)}{unit}"

    @property
    def _known(self) -> str:
        names = [f'"{unit}"' for unit, _ in self.units]
        return f"Valid units for this parameter are {', '.join(names[:-1])}, and {names[-1]}." if names else ""

    def number(self, shown: str) -> int:
        """The number that a shown value means, in the setting's own unit."""
        found = _NUMBER.fullmatch(shown)
        assert found is not None
        return int(float(found[1]) * dict(self.units).get(found[2], 1))


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words; ``also`` are older words, which it takes and does not name."""

    words: Sequence[str]
    also: Sequence[tuple[str, str]] = ()

    def read(self, name: str, text: str, now: str) -> str:
        """In any case."""
        word = text.lower()
        if word not in self.words and word not in dict(self.also):
            raise invalid(name, text, hint=f"Available values: {', '.join(self.words)}.")
        return dict(self.also).get(word, word)


@dataclass(frozen=True, slots=True)
class Text:
    """Any text that a function makes a value of; a refusal spells the setting as ``spelled``."""

    of: Callable[[str, str, str], str]
    spelled: str

    def read(self, name: str, text: str, now: str) -> str:
        """What the function makes of it."""
        return self.of(self.spelled, text, now)


def anything(name: str, text: str, now: str) -> str:
    """A text as it is."""
    return text


def printable(name: str, text: str, now: str) -> str:
    """Letters of ASCII; what is none is a question mark a byte."""
    return "".join(chr(one) if 32 <= one < 127 else "?" for one in text.encode())


_STYLES = {"iso": "ISO", "sql": "SQL", "german": "German"}


def _style_of(word: str) -> str:
    return "Postgres" if word.startswith("postgres") else _STYLES.get(word, "")


def _order_of(word: str) -> str:
    if word in ("ymd", "dmy", "mdy"):
        return word.upper()
    return "DMY" if word.startswith("euro") else "MDY" if word == "us" or word.startswith("noneuro") else ""


def date_style(name: str, text: str, now: str) -> str:
    """A style, an order of day, month and year, or both; what is not said stays, but for German's own order."""
    style, order = now.split(", ")
    words = text.lower().replace(" ", "").split(",") if text.strip() else []
    if "" in words:
        raise invalid(name, text, "List syntax is invalid.")
    for word in words:
        if not (_style_of(word) or _order_of(word) or word == "default"):
            raise invalid(name, text, f'Unrecognized key word: "{word}".')
    styles, orders = ({said(word) for word in words} - {""} for said in (_style_of, _order_of))
    if "default" in words:
        style, order = "ISO", "MDY"
    if len(styles) > 1 or len(orders) > 1:
        raise invalid(name, text, 'Conflicting "datestyle" specifications.')
    if "German" in styles and not orders:
        orders = {"DMY"}
    return f"{styles.pop() if styles else style}, {orders.pop() if orders else order}"


_OURS = {"utf8": "UTF8", "unicode": "UTF8", "sqlascii": "SQL_ASCII"}
_THEIRS = re.compile(
    r"latin([1-9]|10)|iso8859(1|15)|win(866|874|125[0-8])|koi8[ru]|gbk|gb18030|big5|euc(cn|jp|kr|tw)|s(hift)?jis|uhc|johab"
)


def encoding(name: str, text: str, now: str) -> str:
    """UTF-8 by its names; another that PostgreSQL knows is refused by name."""
    word = re.sub("[^a-z0-9]", "", text.lower())
    if word in _OURS:
        return text if text == "UNICODE" else _OURS[word]  # as JDBC says it, and expects it back
    if _THEIRS.fullmatch(word):
        raise failure("0A000", f"conversion between {word.upper()} and UTF8 is not supported")
    raise invalid(name, text)


_PLAIN = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)


def identifier(name: str) -> str:
    """A name as a statement writes it."""
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'
