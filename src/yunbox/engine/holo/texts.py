"""Columns that DuckDB writes as a client reads them: it makes texts of whole columns in a tenth of the time that Python
makes values of each of them, and then a text of each value.

Source of the forms: the PostgreSQL documentation, "Date/Time Output" and "Numeric Types".
"""

from collections.abc import Callable, Sequence
from typing import Any

from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.numbers import pack_numeric_text

Write = Callable[[Any], bytes]

_DATED, _NUMERIC = (1082, 1114), 1700
_PLAIN = "CAST({0} AS VARCHAR)"
_WHOLE = "CAST(CAST({0} AS BIGINT) AS VARCHAR)"
_BEFORE_CHRIST = "{0} < DATE '0001-01-01' AND isfinite({0})"
_DATE = f"CASE WHEN {_BEFORE_CHRIST} THEN replace({_PLAIN}, ' (BC)', ' BC') ELSE {_PLAIN} END"
_MOMENT = f"CASE WHEN {_BEFORE_CHRIST} THEN replace({_PLAIN}, ' (BC)', '') || ' BC' ELSE {_PLAIN} END"
_TEXTS = {
    16: "CASE WHEN {0} THEN 't' WHEN NOT {0} THEN 'f' END",
    19: _PLAIN, 20: _WHOLE, 21: _WHOLE, 23: _WHOLE, 25: _PLAIN, 26: _WHOLE, 1042: _PLAIN, 1043: _PLAIN, 1082: _DATE,
    1114: _MOMENT, _NUMERIC: _PLAIN, 2950: _PLAIN,
}  # fmt: skip
"""By the OIDs of types."""
_POINT = ord(".")
_IN_BOTH = (19, 25, 1042, 1043, _NUMERIC)
"""Texts are the same in the binary format, and numbers are made of theirs."""


def texts_of(oids: Sequence[int], formats: Sequence[int], style: Style) -> tuple[str | None, ...]:
    """For each column the SQL of its text's bytes, with a place for its name; None for one that Python is to write."""
    return tuple(_text_of(oid, format, style) for oid, format in zip(oids, formats, strict=True))


def _text_of(oid: int, format: int, style: Style) -> str | None:
    if (format and oid not in _IN_BOTH) or (oid in _DATED and style.dates != "ISO"):
        return None
    text = _TEXTS.get(oid)
    return f"encode({text})" if text else None


def sent(oid: int, format: int) -> Write | None:
    """What makes of such bytes those that a client gets; None where they are these."""
    if oid != _NUMERIC:
        return None
    return _packed if format else _number


def _number(text: bytes) -> bytes:
    """DuckDB writes no zero before the point of a DECIMAL that has no digits there."""
    if text[0] == _POINT:
        return b"0" + text
    return b"-0" + text[1:] if text.startswith(b"-.") else text


def _packed(text: bytes) -> bytes:
    return pack_numeric_text(text.decode())
