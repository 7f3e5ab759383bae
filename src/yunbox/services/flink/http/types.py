"""Types and values as the SQL Gateway writes them in JSON.

Sources: Flink's ``LogicalTypeJsonSerializer`` (types), ``ResultInfoSerializer`` with the formats of ``flink-json``
(values: ISO-8601 times, Base64 for bytes, rows and maps as objects).
"""

import base64
import json
from collections import Counter
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from yunbox.engine.stream.moments import local, micros_of
from yunbox.engine.stream.texts import bytes_of, clock, shortest, text
from yunbox.sql.flink.types import FlinkType

_ROOTS = {
    "INT": "INTEGER", "TIME": "TIME_WITHOUT_TIME_ZONE", "TIMESTAMP": "TIMESTAMP_WITHOUT_TIME_ZONE",
    "TIMESTAMP_LTZ": "TIMESTAMP_WITH_LOCAL_TIME_ZONE", "INTERVAL DAY TO SECOND": "INTERVAL_DAY_TIME",
    "INTERVAL YEAR TO MONTH": "INTERVAL_YEAR_MONTH",
}  # fmt: skip
_LENGTHS = ("CHAR", "VARCHAR", "BINARY", "VARBINARY")


def type_document(of: FlinkType) -> dict[str, Any]:
    """A type as a document."""
    if of.root == "NULL":
        return {"type": "NULL"}
    made: dict[str, Any] = {"type": _ROOTS.get(of.root, of.root), "nullable": of.nullable}
    match of.root:
        case root if root in _LENGTHS:
            made["length"] = of.params[0]
        case "DECIMAL":
            made |= {"precision": of.params[0], "scale": of.params[1]}
        case "TIME" | "TIMESTAMP" | "TIMESTAMP_LTZ":
            made["precision"] = of.params[0]
        case "INTERVAL DAY TO SECOND":
            made |= {"precision": 2, "fractionalPrecision": 3, "resolution": "DAY_TO_SECOND"}
        case "INTERVAL YEAR TO MONTH":
            made |= {"precision": 2, "resolution": "YEAR_TO_MONTH"}
        case "MAP":
            made |= {"keyType": type_document(of.children[0]), "valueType": type_document(of.children[1])}
        case "ARRAY" | "MULTISET":
            made["elementType"] = type_document(of.children[0])
        case "ROW":
            fields = zip(of.names, of.children, strict=True)
            made["fields"] = [{"name": name, "fieldType": type_document(child)} for name, child in fields]
    return made


def value_document(value: Any, of: FlinkType, zone: str = "UTC") -> Any:
    """A physical value as a document. A TIMESTAMP_LTZ is what the clock of a zone shows, though it ends with Z."""
    if value is None:
        return None
    match of.root:
        case "DECIMAL":
            return msgspec.Raw(f"{Decimal(value):f}".encode())
        case "TIMESTAMP":
            return shortest(value)
        case "TIMESTAMP_LTZ":
            return shortest(local(value, ZoneInfo(zone))) + "Z"
        case "DATE":
            return text(value, of)
        case "TIME":
            return clock(value, of.params[0])
        case "FLOAT" | "DOUBLE" if isinstance(value, str) or value != value or abs(value) == float("inf"):
            return text(float(value), of)
        case "ARRAY" | "MAP" | "ROW" | "MULTISET":
            return _nested(json.loads(value, parse_float=Decimal) if isinstance(value, str) else value, of, zone)
    return value


def _nested(value: Any, of: FlinkType, zone: str) -> Any:
    """What DuckDB says in JSON, as Flink says it: within a ROW a TIMESTAMP_LTZ is in UTC."""
    if value is None:
        return None
    match of.root:
        case "ARRAY":
            return [_nested(one, of.children[0], zone) for one in value]
        case "ROW":
            fields = zip(of.names, of.children, strict=True)
            return {name: _nested(value.get(name), child, "UTC") for name, child in fields}
        case "MAP":
            return {key: _nested(one, of.children[1], zone) for key, one in value.items()}
        case "MULTISET":
            return dict(Counter(str(_nested(one, of.children[0], zone)) for one in value))
        case "TIME" | "TIMESTAMP" | "TIMESTAMP_LTZ" if isinstance(value, str):
            return value_document(micros_of(value), of, zone)
        case "DECIMAL":
            return value_document(value, of)
        case "FLOAT" | "DOUBLE":
            return value_document(float(value), of)
        case "BINARY" | "VARBINARY":
            return base64.b64encode(bytes_of(value)).decode()
    return value


def plain(value: Any, of: FlinkType, zone: str) -> str | None:
    """A physical value as plain text, as CAST(value AS STRING) gives it."""
    return None if value is None else text(value, of, zone)
