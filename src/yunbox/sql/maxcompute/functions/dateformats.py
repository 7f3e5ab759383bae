"""The vendor's two ways to write a date format, to print and to read by; and the names of date parts.

The vendor's own form (``yyyy-mm-dd hh:mi:ss.ff3``) is case-blind; the other is that of Java's SimpleDateFormat.
Printing goes through strftime. Reading is exact: as many digits as the format has letters, every other sign as it
is, and what is found is put in DuckDB's own form of a timestamp.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

_UNITS = {
    "yyyy": "year", "year": "year", "mm": "month", "month": "month", "mon": "month", "dd": "day", "day": "day",
    "hh": "hour", "hour": "hour", "mi": "minute", "ss": "second", "ff3": "millisecond", "ff6": "microsecond",
    "q": "quarter", "quarter": "quarter", "week": "week", "minute": "minute", "second": "second",
    "millisecond": "millisecond", "microsecond": "microsecond", "week(monday)": "week", "isoweek": "week",
    "dayofweek": "dow", "dayofyear": "doy", "isoyear": "isoyear",
}  # fmt: skip
_FORMAT = (
    ("yyyy", "%Y"), ("yy", "%y"), ("mi", "%M"), ("ff6", "%f"), ("ff3", "%g"), ("mm", "%m"), ("dd", "%d"),
    ("hh24", "%H"), ("hh", "%H"), ("ss", "%S"), ("sss", "%g"),
)  # fmt: skip
_MILLIS = (("sss", "%g"), *_FORMAT)
_JAVA = (
    ("yyyy", "%Y"), ("yyy", "%Y"), ("yy", "%y"), ("y", "%Y"), ("YYYY", "%G"), ("MMMM", "%B"), ("MMM", "%b"),
    ("MM", "%m"), ("dd", "%d"), ("DDD", "%j"), ("D", "%-j"), ("HH", "%H"), ("hh", "%I"), ("mm", "%M"), ("ss", "%S"),
    ("SSSSSS", "%f"), ("SSS", "%g"), ("EEEE", "%A"), ("EEE", "%a"), ("E", "%a"), ("u", "%u"), ("a", "%p"),
    ("M", "%-m"), ("d", "%-d"), ("H", "%-H"), ("h", "%-I"), ("m", "%-M"), ("s", "%-S"),
)  # fmt: skip
_FIELD = re.compile(r"yyyy|mm|dd|hh24|hh|mi|ss|ff3|ff6", re.IGNORECASE)
_DIGITS = {"yyyy": 4, "ff3": 3, "ff6": 6}
_NAMES = {"mm": "month", "dd": "day", "hh": "hour", "mi": "minute", "ss": "second", "ff": "fraction"}
_ORDER = ("yyyy", "mm", "dd", "hh", "mi", "ss", "ff")
_JAVA_UNKNOWN = re.compile(r"[bcefgijlnopqrtvxABCIJLNOPQRTUV]")
_LETTERS = re.compile(r"'[^']*'")


def unit(name: str) -> str | None:
    """DuckDB's name of a date part."""
    return _UNITS.get(name.strip().lower())


def vendor_pattern(text: str, *, millis: bool = False) -> str:
    """A format such as ``yyyy-mm-dd hh:mi:ss``; upper and lower case mean the same."""
    return _pattern(text, text.lower(), _MILLIS if millis else _FORMAT)


def java_pattern(text: str) -> str | None:
    """A format of Java's SimpleDateFormat, None where it has letters that mean nothing there.

    Text between single quotes stands for itself.
    """
    if _JAVA_UNKNOWN.search(_LETTERS.sub("", text)):
        return None
    parts = text.split("'")
    made = [_pattern(part, part, _JAVA) if i % 2 == 0 else part.replace("%", "%%") for i, part in enumerate(parts)]
    return "".join(made)


def _pattern(text: str, source: str, table: tuple[tuple[str, str], ...]) -> str:
    made, i = "", 0
    while i < len(text):
        for written, meaning in table:
            if source.startswith(written, i):
                made, i = made + meaning, i + len(written)
                break
        else:
            made, i = made + text[i].replace("%", "%%"), i + 1
    return made


@dataclass(frozen=True)
class Reading:
    """How a format is read: the pattern that a text must match, and what its groups make of it."""

    pattern: str
    timestamp: str


def reading(text: str) -> Reading | None:
    """How texts in the vendor's form of a format are read; None without a year. ValueError tells what is missing.

    Of a field that comes twice the first counts, and the other places may hold anything.
    """
    pattern, last, found = "", 0, dict[str, str]()
    for match in _FIELD.finditer(text):
        name = match.group().lower()
        key = {"hh24": "hh", "ff3": "ff", "ff6": "ff"}.get(name, name)
        pattern += re.escape(text[last : match.start()])
        pattern += "." * len(match.group()) if key in found else f"(\\d{{{_DIGITS.get(name, 2)}}})"
        found.setdefault(key, f"\\{len(found) + 1}")
        last = match.end()
    _check_gaps(found)
    if "yyyy" not in found:
        return None
    day = f"{found['yyyy']}-{found.get('mm', '01')}-{found.get('dd', '01')}"
    clock = f"{found.get('hh', '00')}:{found.get('mi', '00')}:{found.get('ss', '00')}.{found.get('ff', '0')}"
    return Reading(pattern + re.escape(text[last:]), f"{day} {clock}")


def _check_gaps(found: dict[str, str]) -> None:
    for above, below in pairwise(_ORDER[1:]):
        if below in found and above not in found:
            raise ValueError(f"format string has {_NAMES[below]}, but doesn't have {_NAMES[above]}")
