"""The vendor's two ways to write a date format, as strftime patterns; and the names of date parts."""

_UNITS = {
    "yyyy": "year", "year": "year", "mm": "month", "month": "month", "mon": "month", "dd": "day", "day": "day",
    "hh": "hour", "hour": "hour", "mi": "minute", "ss": "second", "ff3": "millisecond", "ff6": "microsecond",
    "q": "quarter", "quarter": "quarter", "week": "week", "minute": "minute", "second": "second",
    "millisecond": "millisecond", "microsecond": "microsecond", "week(monday)": "week", "isoweek": "week",
    "dayofweek": "dow", "dayofyear": "doy", "isoyear": "isoyear",
}  # fmt: skip
_FORMAT = (
    ("yyyy", "%Y"), ("yy", "%y"), ("mi", "%M"), ("ff6", "%f"), ("ff3", "%g"), ("mm", "%m"), ("dd", "%d"),
    ("hh24", "%H"), ("hh", "%H"), ("ss", "%S"),
)  # fmt: skip
_JAVA = (
    ("yyyy", "%Y"), ("yyy", "%Y"), ("yy", "%y"), ("y", "%Y"), ("MMMM", "%B"), ("MMM", "%b"), ("MM", "%m"), ("dd", "%d"),
    ("DDD", "%j"), ("D", "%-j"), ("HH", "%H"), ("hh", "%I"), ("mm", "%M"), ("ss", "%S"), ("SSSSSS", "%f"),
    ("SSS", "%g"), ("EEEE", "%A"), ("EEE", "%a"), ("E", "%a"), ("u", "%u"), ("a", "%p"), ("M", "%-m"), ("d", "%-d"),
    ("H", "%-H"), ("h", "%-I"), ("m", "%-M"), ("s", "%-S"),
)  # fmt: skip


def unit(name: str) -> str | None:
    """DuckDB's name of a date part."""
    return _UNITS.get(name.strip().lower())


def vendor_pattern(text: str) -> str:
    """A format such as ``yyyy-mm-dd hh:mi:ss``; upper and lower case mean the same."""
    return _pattern(text, text.lower(), _FORMAT)


def java_pattern(text: str) -> str:
    """A format of Java's SimpleDateFormat; text between single quotes stands for itself."""
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
