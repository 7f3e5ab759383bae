"""The partition of a record: by the time it came, by a time it has, or by its own fields.

Times are cut to whole ranges since the epoch and written in the connector's time zone, as the vendor's own tests have
it (Java SDK, ``SinkOdpsTest``). Which values a partition may have is said on MaxCompute's page "Partition".
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from yunbox.services.datahub.connectors.config import OdpsConfig

_VALUE = re.compile(r"[A-Za-z0-9 :_$#.!@-]{1,255}", re.ASCII)
Values = tuple[str, ...]


class Discarded(Exception):
    """A record that the table cannot take, ever. It is counted and passed over."""


def cut(time_ms: int, minutes: int, zone: str) -> datetime:
    """The beginning of the range that a time is in. Raises ValueError and the like for one that no calendar has."""
    range_s = minutes * 60
    return datetime.fromtimestamp(time_ms // 1000 // range_s * range_s, ZoneInfo(zone))


def time_values(config: OdpsConfig, names: Sequence[str], time_ms: int) -> Values:
    """The values of partition columns for a time. Raises Discarded for one that no calendar has."""
    try:
        at = cut(time_ms, config.time_range, config.time_zone)
    except (ValueError, OverflowError, OSError):
        raise Discarded(f"{time_ms} ms is no time that a partition can have") from None
    formats = {name.lower(): form for name, form in config.partition_config.items()}
    return tuple(at.strftime(formats[name]).rjust(4, "0") if "%Y" in formats[name] else at.strftime(formats[name])
                 for name in names)  # fmt: skip


def field_values(values: Iterable[bytes | None]) -> Values:
    """The values of partition columns from a record's own fields. Raises Discarded."""
    found = tuple("" if value is None else value.decode("utf-8", "replace") for value in values)
    for text in found:
        if not _VALUE.fullmatch(text):
            raise Discarded(f"{text[:64]!r} is no value of a partition")
    return found


def spec(names: Sequence[str], values: Values) -> str:
    """A partition as the tunnel is told it; empty for a table that has none."""
    return ",".join(f"{name}='{value}'" for name, value in zip(names, values, strict=True))
