"""Rows as the text that a file has of them, as Flink writes it.

Sources: ``RowDataToJsonConverters`` and ``RowDataToCsvConverters`` of Flink 2.x; by the rules of its CSV writer a text
is quoted where it is longer than 24 characters or has one that comes before the letters, such as a blank.
"""

import json
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from yunbox.engine.stream.batch import Row
from yunbox.engine.stream.connectors.filesystem.texts import Column, dialect, flag
from yunbox.engine.stream.texts import clock, iso, text
from yunbox.sql.flink.types import FlinkType

_NESTED = ("ARRAY", "MAP", "ROW", "MULTISET")
_UNQUOTED_MAX = 24
Writes = Callable[[Sequence[Row]], bytes]


def json_writer(columns: Sequence[Column], options: Mapping[str, str]) -> Writes:
    """What makes lines of JSON of rows."""
    is_iso = options.get("json.timestamp-format.standard", "SQL").upper() != "SQL"
    leaves_out = flag(options, "json.encode.ignore-null-fields")
    makers = [(name, _json_value(of, is_iso=is_iso)) for name, of in columns]
    encode = msgspec.json.Encoder().encode

    def write(rows: Sequence[Row]) -> bytes:
        lines = []
        for row in rows:
            pairs = zip(makers, row, strict=True)
            found = {name: None if value is None else make(value) for (name, make), value in pairs
                     if value is not None or not leaves_out}  # fmt: skip
            lines.append(encode(found))
        return b"\n".join(lines) + b"\n" if lines else b""

    return write


def _json_value(of: FlinkType, *, is_iso: bool) -> Callable[[Any], Any]:
    match of.root:
        case "DECIMAL":
            return lambda value: msgspec.Raw(str(Decimal(value)).encode())
        case "TIMESTAMP" | "TIMESTAMP_LTZ":
            suffix = "Z" if of.root == "TIMESTAMP_LTZ" else ""
            return lambda value: _moment(value, is_iso=is_iso) + suffix
        case "DATE":
            return lambda value: text(value, of)
        case "TIME":
            return lambda value: clock(value, of.params[0])
        case "FLOAT" | "DOUBLE":
            return _number
        case root if root in _NESTED:
            return json.loads
    return lambda value: value


def _number(value: Any) -> Any:
    found = float(value)
    return found if found - found == 0 else text(found, FlinkType("DOUBLE"))


def _moment(micros: int, *, is_iso: bool) -> str:
    """No more digits of a second than there are."""
    made = iso(micros)
    whole, dot, digits = made.partition(".")
    digits = digits.rstrip("0")
    made = whole + (dot + digits if digits else "")
    return made if is_iso else made.replace("T", " ")


def csv_writer(columns: Sequence[Column], options: Mapping[str, str]) -> Writes:
    """What makes lines of CSV of rows."""
    form = dialect(options)
    null = options.get("csv.null-literal", "")
    between = options.get("csv.array-element-delimiter", ";")
    delimiter, quote, escape = form["delimiter"], form.get("quotechar", ""), form["escapechar"]
    makers = [(of.root not in _PLAIN, _csv_value(of, between)) for _, of in columns]
    highest = max(ord(one) for one in (delimiter, quote or delimiter, "\n"))

    def cell(value: str) -> str:
        if not quote or not (len(value) > _UNQUOTED_MAX or any(ord(one) <= highest for one in value)):
            return value
        if escape:
            value = value.replace(escape, escape * 2).replace(quote, escape + quote)
        else:
            value = value.replace(quote, quote * 2)
        return quote + value + quote

    def write(rows: Sequence[Row]) -> bytes:
        lines = []
        for row in rows:
            cells = []
            for (is_text, make), value in zip(makers, row, strict=True):
                made = null if value is None else make(value)
                cells.append(cell(made) if is_text and value is not None else made)
            lines.append(delimiter.join(cells) + "\n")
        return "".join(lines).encode()

    return write


_PLAIN = ("BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL")


def _csv_value(of: FlinkType, between: str) -> Callable[[Any], str]:
    match of.root:
        case "BOOLEAN":
            return lambda value: "true" if value else "false"
        case "TIMESTAMP" | "TIMESTAMP_LTZ":
            suffix = "Z" if of.root == "TIMESTAMP_LTZ" else ""
            return lambda value: _moment(value, is_iso=False) + suffix
        case "TIME":
            return lambda value: clock(value, of.params[0])
        case "BINARY" | "VARBINARY":
            return str
        case "ARRAY":
            one = _csv_value(of.children[0], between)
            return lambda value: between.join("" if x is None else _element(x, one) for x in json.loads(value))
    return lambda value: text(value, of)


def _element(value: Any, make: Callable[[Any], str]) -> str:
    """An element of an array stands in it as JSON has it, which is text already where it is no number."""
    return value if isinstance(value, str) else make(value)


def raw_writer(columns: Sequence[Column], options: Mapping[str, str]) -> Writes:
    """What makes lines of values as they are."""
    charset = options.get("raw.charset", "UTF-8")
    is_text = columns[0][1].root in ("CHAR", "VARCHAR")

    def write(rows: Sequence[Row]) -> bytes:
        values = (b"" if one is None else one.encode(charset) if is_text else b64decode(one) for (one,) in rows)
        return b"".join(value + b"\n" for value in values)

    return write


WRITERS: dict[str, Callable[[Sequence[Column], Mapping[str, str]], Writes]] = {
    "json": json_writer,
    "csv": csv_writer,
    "raw": raw_writer,
}
