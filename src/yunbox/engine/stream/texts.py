"""Physical values as Flink prints them: dates and times as text, bytes in hexadecimal, the rest as it is."""

import base64
import json
import re
import struct
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from yunbox.engine.stream.moments import local, micros_of, written
from yunbox.sql.flink.types import FlinkType

_ESCAPED = re.compile(r"\\x([0-9A-Fa-f]{2})")


def printed(value: Any, of: FlinkType) -> str:
    """A value that is not NULL as Java prints it, which is how ``print`` shows rows."""
    match of.root:
        case "BOOLEAN":
            return "true" if value else "false"
        case "TIMESTAMP" | "TIMESTAMP_LTZ":
            return iso(value).removesuffix(":00") + ("Z" if of.root == "TIMESTAMP_LTZ" else "")
        case "BINARY" | "VARBINARY":
            return str([byte - 256 if byte > 127 else byte for byte in base64.b64decode(value)])
    return text(value, of)


def iso(micros: int) -> str:
    """As Java's ISO_LOCAL_DATE_TIME: no more digits of a second than there are, by threes."""
    whole, digits = written(micros, "T")
    if digits == "000000":
        return whole
    return f"{whole}.{digits[:3] if digits.endswith('000') else digits}"


def shortest(micros: int) -> str:
    """The same as Flink's JSON has it: with no more digits than there are."""
    whole, digits = written(micros, "T")
    return f"{whole}.{digits}".rstrip("0").rstrip(".") if digits != "000000" else whole


def text(value: Any, of: FlinkType, zone: str = "UTC") -> str:
    """A value that is not NULL as text, as CAST(value AS STRING) gives it."""
    match of.root:
        case "BOOLEAN":
            return "TRUE" if value else "FALSE"
        case "DATE":
            return str(date(1970, 1, 1) + timedelta(days=value))
        case "TIME":
            return _clock(value, of.params[0])
        case "TIMESTAMP":
            return _moment(value, of.params[0])
        case "TIMESTAMP_LTZ":
            return _moment(local(value, ZoneInfo(zone)), of.params[0])
        case "BINARY" | "VARBINARY":
            return f"x'{base64.b64decode(value).hex()}'"
        case "FLOAT" | "DOUBLE":
            return _float(float(value), of)
        case "ARRAY" | "MAP" | "ROW" | "MULTISET":
            return _nested(json.loads(value) if isinstance(value, str) else value, of, zone)
    return str(value)


def nested(value: Any, of: FlinkType) -> Any:
    """A physical value as JSON of a list has it, which DuckDB can read."""
    match of.root:
        case "DATE":
            return text(value, of)
        case "TIME" | "TIMESTAMP" | "TIMESTAMP_LTZ":
            whole, digits = written(value, " ")
            whole = whole.rpartition(" ")[2] if of.root == "TIME" else whole
            return (f"{whole}.{digits}" if digits != "000000" else whole) + (
                "+00" if of.root == "TIMESTAMP_LTZ" else ""
            )
        case "BINARY" | "VARBINARY":
            return "".join(f"\\x{byte:02X}" for byte in base64.b64decode(value))
        case "FLOAT" | "DOUBLE" if value != value or abs(value) == float("inf"):
            return str(value)
    return value


def bytes_of(escaped: str) -> bytes:
    """Bytes as DuckDB writes them in a text: those that are no printable letters as ``\\xFF``."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), escaped).encode("latin-1")


def _nested(value: Any, of: FlinkType, zone: str) -> str:
    """What is JSON here, as Flink prints it: [1, 2], {k=1}, (1, a)."""
    if value is None:
        return "NULL"
    match of.root:
        case "ARRAY":
            return "[" + ", ".join(_nested(one, of.children[0], zone) for one in value) + "]"
        case "MULTISET":
            counts = Counter(_nested(one, of.children[0], zone) for one in value)
            return "{" + ", ".join(f"{one}={count}" for one, count in counts.items()) + "}"
        case "MAP":
            return (
                "{"
                + ", ".join(
                    f"{_nested(key, of.children[0], zone)}={_nested(one, of.children[1], zone)}"
                    for key, one in value.items()
                )
                + "}"
            )
        case "ROW":
            fields = (_nested(value.get(name), child, zone) for name, child in zip(of.names, of.children, strict=True))
            return "(" + ", ".join(fields) + ")"
        case "BOOLEAN":
            return "TRUE" if value else "FALSE"
        case "FLOAT" | "DOUBLE":
            return _float(float(value), of)
        case "TIME" | "TIMESTAMP" | "TIMESTAMP_LTZ":
            return text(micros_of(value), of, zone)
        case "BINARY" | "VARBINARY":
            return bytes_of(value).decode(errors="replace")
        case "DECIMAL":
            return f"{Decimal(str(value)):.{of.params[1]}f}"
    return str(value)


def _moment(micros: int, precision: int) -> str:
    whole, digits = written(micros, " ")
    return f"{whole}.{digits[:precision]}" if precision else whole


def _clock(micros: int, precision: int) -> str:
    """With a digit of the second at least where the type has one, and no zeros behind it."""
    whole, digits = written(micros, " ")
    found = digits[:precision]
    return whole.rpartition(" ")[2] + (f".{found[0]}{found[1:].rstrip('0')}" if found else "")


def clock(micros: int, precision: int) -> str:
    """A time of day as Flink's JSON has it: with no more digits than there are."""
    made = _clock(micros, precision)
    return made.removesuffix(".0")


def _float(value: float, of: FlinkType) -> str:
    """As Java prints it: with as few digits as say which number it is, and a power of ten for large and small ones."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    shortest = _shortest_of_32_bits(value) if of.root == "FLOAT" else repr(value)
    size = abs(value)
    if not size or 1e-3 <= size < 1e7:
        return repr(float(shortest))
    sign, figures, power = Decimal(shortest).as_tuple()
    assert isinstance(power, int)
    digits = "".join(map(str, figures))
    rest = digits[1:].rstrip("0") or "0"
    return f"{'-' if sign else ''}{digits[0]}.{rest}E{power + len(digits) - 1}"


def _shortest_of_32_bits(value: float) -> str:
    for precision in range(1, 10):
        found = f"{value:.{precision}g}"
        try:
            if struct.unpack("f", struct.pack("f", float(found)))[0] == value:
                return found
        except OverflowError:  # rounded up, beyond the largest
            continue
    return repr(value)
