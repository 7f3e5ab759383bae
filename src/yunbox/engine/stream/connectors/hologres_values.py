"""Values of Hologres, which come as text, in physical form, and the other way round."""

import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from yunbox.sql.flink.types import FlinkType
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import BY_NAME

_STYLE = Style()


def array_text(values: Sequence[Any]) -> str:
    """Values as the text of an array."""
    parts = []
    for value in values:
        text = str(value).replace("\\", "\\\\").replace('"', '\\"')
        parts.append(f'"{text}"')
    return "{" + ",".join(parts) + "}"


def physical(value: str | None, of: FlinkType) -> Any:
    """A value of Hologres in physical form."""
    if value is None:
        return None
    match of.root:
        case "BOOLEAN":
            return value == "t"
        case "TINYINT" | "SMALLINT" | "INT" | "BIGINT":
            return int(value)
        case "FLOAT" | "DOUBLE":
            return float(value)
        case "DATE":
            return (date.fromisoformat(value) - date(1970, 1, 1)).days
        case "TIMESTAMP" | "TIMESTAMP_LTZ":
            moment = datetime.fromisoformat(value)
            moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
            return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        case "TIME":
            clock = time.fromisoformat(value)
            return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * 1_000_000 + clock.microsecond
        case "BINARY" | "VARBINARY":
            return b64encode(bytes.fromhex(value.removeprefix("\\x"))).decode()
        case "ARRAY":
            elements = BY_NAME["_text"].codec.read(value, _STYLE)
            return json.dumps([physical(one, of.children[0]) for one in elements])
    return value
