"""Logical partitions: the rows of a table that have the same values in the one or two columns that it names.

The rows of all lie in one place; a partition is there as long as it has rows. What is said of single ones is kept by
their labels. Source: the vendor's page "CREATE LOGICAL PARTITION TABLE".
"""

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from yunbox.storage.rows.binlog import Events
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.rows import STANDARD, fields_of
from yunbox.wire.pgwire.values.calendar import EPOCH_US

EXPIRATION, HOT_WINDOW = "partition_expiration_time", "partition_keep_hot_window"
REQUIRES_FILTER, LOG_WINDOW = "partition_require_filter", "partition_generate_binlog_window"
"""The properties of a table."""
KEEP_ALIVE, LOGS = "keep_alive", "generate_binlog"
"""Those of a partition, beside the tier that it lies in."""
DATE, TIMESTAMP, TIMESTAMPTZ = 1082, 1114, 1184
TIMES = (DATE, TIMESTAMP, TIMESTAMPTZ)
_DAY_US = 86_400_000_000
_MONTHS = {"month": 1, "year": 12}
_SPANS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1),
          "week": timedelta(weeks=1)}  # fmt: skip
_SPAN = re.compile(rf"\s*(\d{{1,6}})\s*({'|'.join([*_SPANS, *_MONTHS])})s?\s*", re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Values = tuple[str, ...]
"""A partition: the values of its columns, as rows have them."""


def label(values: Sequence[str]) -> str:
    """What properties of a partition are kept by."""
    return json.dumps(list(values))


def values_of(kept: str) -> Values:
    """The other way round."""
    return tuple(json.loads(kept))


def is_span(text: str) -> bool:
    """Whether a text is a number of days, months and the like."""
    return _SPAN.fullmatch(text) is not None


def requires_filter(relation: Relation) -> bool:
    """Whether who reads the table has to say of which partitions."""
    return relation.logical is not None and relation.properties.get(REQUIRES_FILTER) == "true"


def least(relation: Relation, window: str, now_us: int) -> str | None:
    """The value of the partition key, as rows have it, from which on partitions are within a window of the table;
    None where it has no such. Times are in microseconds since 1970."""
    span = relation.properties.get(window)
    logical = relation.logical
    if span is None or logical is None:
        return None
    column = relation.logical_columns[0]
    zone = UTC if column.type_oid == TIMESTAMPTZ else ZoneInfo(logical.zone)
    now = (_EPOCH + timedelta(microseconds=now_us)).astimezone(zone).replace(tzinfo=None)
    since = _before(now, span)
    if column.type_oid == DATE:  # one whose midnight is over is older
        since = since.replace(hour=0, minute=0, second=0, microsecond=0) + (
            timedelta(days=1) if since.time() != datetime.min.time() else timedelta()
        )
    since_us = (since.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1) - EPOCH_US
    return column.type.codec.write(since_us // _DAY_US if column.type_oid == DATE else since_us, STANDARD)


def _before(now: datetime, span: str) -> datetime:
    """The moment that is so long ago, the first there is at the earliest."""
    found = _SPAN.fullmatch(span)
    assert found is not None, "it was checked when it was set"
    count, unit = int(found[1]), found[2].lower()
    try:
        if unit in _SPANS:
            return now - count * _SPANS[unit]
        months = now.year * 12 + now.month - 1 - count * _MONTHS[unit]
        first = now.replace(year=months // 12, month=months % 12 + 1, day=1)
        days = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - first
        return first.replace(day=min(now.day, days.days))
    except (OverflowError, ValueError):
        return datetime.min


def kept_alive(relation: Relation) -> list[Values]:
    """The partitions that stay, however old they are."""
    logical = relation.logical
    found = logical.properties.items() if logical is not None else ()
    return [values_of(one) for one, given in found if given.get(KEEP_ALIVE) == "true"]


def logged(relation: Relation, events: Events, now_us: int) -> Events:
    """Those of some changes that the log of a table is to have."""
    tells = _teller(relation, now_us)
    return events if tells is None else [event for event in events if tells(event[1])]


def _teller(relation: Relation, now_us: int) -> Callable[[bytes], bool] | None:
    """What says of a row whether its changes are logged; None where all are."""
    logical = relation.logical
    if logical is None:
        return None
    told = {values_of(one): given[LOGS] == "on" for one, given in logical.properties.items() if LOGS in given}
    since = least(relation, LOG_WINDOW, now_us)
    if since is None and not told:
        return None
    codec = relation.logical_columns[0].type.codec
    from_on = codec.read(since, STANDARD) if since is not None else None
    places = [number - 1 for number in logical.columns]

    def tells(row: bytes) -> bool:
        fields = fields_of(relation, row)
        values = tuple((fields[place] or b"").decode() for place in places)
        if values in told:
            return told[values]
        return from_on is None or codec.read(values[0], STANDARD) >= from_on

    return tells
