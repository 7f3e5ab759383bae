"""Partitions as folders: ``dt=2026-01-01/hour=08``, with what cannot stand in a name written as %XX, as Hive does.

Source: the page "FileSystem SQL Connector" of Flink 2.x (partition files, time extractor).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.functions.moments import parse_date

DEFAULT_NAME = "__DEFAULT_PARTITION__"
_ESCAPED = re.compile(r"[\x00-\x1f\"#%'*/:=?\\\x7f{}\[\]^]")


def folder_name(keys: Sequence[str], values: Sequence[str | None], default: str) -> str:
    """The folder of a partition; a value that is NULL or empty has the name for it."""
    return "/".join(f"{_escaped(key)}={_escaped(value or default)}" for key, value in zip(keys, values, strict=True))


def values_of(path: str, default: str) -> dict[str, str | None]:
    """What the folders of a file's path say."""
    found: dict[str, str | None] = {}
    for part in path.split("/")[:-1]:
        key, equals, value = part.partition("=")
        if equals:
            text = unquote(value)
            found[unquote(key)] = None if text == default else text
    return found


def _escaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: f"%{ord(found[0]):02X}", text)


class PartitionTimes:
    """When a partition began, by its values: ``partition.time-extractor.*``."""

    def __init__(self, options: Mapping[str, str]) -> None:
        self._pattern = options.get("partition.time-extractor.timestamp-pattern", "")
        self._format = options.get("partition.time-extractor.timestamp-formatter", "")
        self._zone = ZoneInfo(options.get("sink.partition-commit.watermark-time-zone", "UTC"))

    def of(self, folder: str) -> int:
        """In milliseconds since 1970. Raises InvalidArgument."""
        values = values_of(f"{folder}/", "")
        text = self._pattern or next(iter(values.values())) or ""
        for key in sorted(values, key=len, reverse=True):
            text = text.replace(f"${key}", values[key] or "")
        moment = parse_date(text, self._format) if self._format else _plain(text)
        if moment is None:
            raise InvalidArgument(
                f"The partition {folder} says no time: {text!r} is not of the form "
                f"{self._format or 'yyyy-MM-dd HH:mm:ss'}"
            )
        return int(moment.replace(tzinfo=self._zone).astimezone(UTC).timestamp() * 1000)


def _plain(text: str) -> datetime | None:
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None
