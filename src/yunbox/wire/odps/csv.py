r"""Query results as text: the CSV in ``?result`` and ``?data`` answers.

A header of column names, then one line a row; text and names in quotes, quotes doubled, ``\N`` for NULL.
Inside ARRAY, MAP and STRUCT, text is in quotes too, with quotes and backslashes escaped. It is a display
format with losses that belong to it: clients take the text ``\N`` for NULL, PyODPS gives nested backslashes back
doubled and cannot parse a DATETIME with a fraction (so none is shown), and it refuses BINARY altogether; the
tunnel is the faithful way. Source: ``CsvRecordReader`` in
PyODPS 0.13 ``readers.py``.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from yunbox.schema.types import DataType

NULL = "\\N"
_QUOTED = ("string", "varchar", "char", "json", "binary", "array", "map", "struct")

_BEFORE_CHRIST = re.compile(r"0001-(\d\d-\d\d) \(BC\) (\d\d:\d\d:\d\d(?:\.\d+)?)\+00")
_LEAP_YEAR = 4

Show = Callable[[Any], str]


def encode_csv(columns: Sequence[tuple[str, DataType]], rows: Iterable[Sequence[Any]], zone: tzinfo = UTC) -> str:
    """Return rows as the CSV text of a result; DATETIME and TIMESTAMP are shown in ``zone``.

    Values are the Python values of ``record_fields``. The header is there even when no row is, because
    clients insist on it.
    """
    shows = [_field(kind, zone) for _, kind in columns]
    lines = [",".join(_quote(name) for name, _ in columns)]
    lines += [
        ",".join(NULL if value is None else show(value) for show, value in zip(shows, row, strict=True)) for row in rows
    ]
    return "\n".join(lines) + "\n"


def show_value(kind: DataType, value: Any, zone: tzinfo = UTC) -> str:
    """Return one value as a result shows it, without the quotes of CSV."""
    return NULL if value is None else _shower(kind, zone)(value)


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _field(kind: DataType, zone: tzinfo) -> Show:
    show = _shower(kind, zone)
    return (lambda value: _quote(show(value))) if kind.name in _QUOTED else show


def _shower(kind: DataType, zone: tzinfo) -> Show:
    if kind.name == "datetime":
        return lambda value: _seconds(_local(value, zone))
    if kind.name == "timestamp":
        return lambda value: _moment(_local(value, zone), value)
    if kind.name == "array":
        element = _nested(kind.children[0], zone)
        return lambda value: "[" + ",".join(map(element, value)) + "]"
    if kind.name == "map":
        key, item = (_nested(child, zone) for child in kind.children)
        return lambda value: "{" + ",".join(f"{key(k)}:{item(v)}" for k, v in value.items()) + "}"
    if kind.name == "struct":
        fields = [(name, _nested(child, zone)) for name, child in zip(kind.names, kind.children, strict=True)]
        return lambda value: "{" + ",".join(f"{name}:{show(value.get(name))}" for name, show in fields) + "}"
    return _PLAIN.get(kind.name, str)


def _local(value: datetime | str, zone: tzinfo) -> datetime:
    return value.astimezone(zone) if isinstance(value, datetime) else _early(value, zone)


def _early(text: str, zone: tzinfo) -> datetime:
    """The local time of an instant in the last hours before year 1, which Python cannot hold in UTC.

    DuckDB writes such as "0001-12-31 (BC) 15:54:17+00"; year 4 has the calendar of the year before year 1.
    """
    found = _BEFORE_CHRIST.fullmatch(text)
    if found is None:
        raise ValueError(f"year out of range: {text}")
    local = datetime.fromisoformat(f"{_LEAP_YEAR:04d}-{found[1]} {found[2]}") + (
        zone.utcoffset(datetime(1, 1, 2)) or timedelta()
    )
    if local.year == _LEAP_YEAR:
        raise ValueError(f"year out of range: {text}")
    return local.replace(year=1)


def _nested(kind: DataType, zone: tzinfo) -> Show:
    show = _shower(kind, zone)
    if kind.children or kind.name in ("tinyint", "smallint", "int", "bigint", "boolean", "float", "double"):
        return lambda value: NULL if value is None else show(value)
    return lambda value: NULL if value is None else _escaped(show(value))


def _escaped(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _seconds(shown: datetime) -> str:
    return shown.isoformat(" ", "seconds")[:19]


def _moment(shown: datetime, value: Any) -> str:
    fraction = f"{shown.microsecond:06d}{getattr(value, 'nanosecond', 0):03d}".rstrip("0")
    return f"{_seconds(shown)}.{fraction}" if fraction else _seconds(shown)


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _float(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def _date(value: date | str) -> str:
    """DuckDB gives a day that Python's calendar has not as text."""
    if isinstance(value, str):
        raise ValueError(f"year out of range: {value}")
    return value.isoformat()


def _plain_moment(value: datetime | str) -> str:
    return _moment(value, value) if isinstance(value, datetime) else _date(value)


def _decimal(value: Any) -> str:
    return format(value, "f")


def _binary(value: bytes) -> str:
    return "".join(chr(b) if 32 <= b < 127 and b != 61 else f"={b:02X}" for b in value)


def _interval(value: timedelta) -> str:
    sign, size = ("-", -value) if value < timedelta() else ("", value)
    hours, rest = divmod(size.seconds, 3600)
    nanos = size.microseconds * 1000 + getattr(value, "nanosecond", 0)
    return f"{sign}{size.days} {hours:02d}:{rest // 60:02d}:{rest % 60:02d}.{nanos:09d}"


def _months(value: int) -> str:
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // 12}-{abs(value) % 12}"


_PLAIN: dict[str, Show] = {
    "boolean": _bool, "float": _float, "double": _float, "date": _date, "decimal": _decimal,
    "binary": _binary, "interval_day_time": _interval, "interval_year_month": _months,
    "timestamp_ntz": _plain_moment,
}  # fmt: skip
