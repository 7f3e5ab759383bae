"""What the properties of a partitioned table say of its partitions: which are to be there, which cold, which gone.

A run takes place at a table's first moment, and then whenever a unit of time begins, or at the time of day that
``schd_start_time`` names. What it does depends on the unit in which it took place alone, so a server that was down for
a while does once what it has missed. Source: the vendor's page "Dynamic partition management".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from yunbox.storage.rows.model import STORAGE_MODE, Relation
from yunbox.storage.rows.partitioning.units import UNITS, Unit
from yunbox.wire.pgwire.values.calendar import EPOCH_US
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import TYPES
from yunbox.wire.pgwire.values.zones import named

PREFIX = "auto_partitioning."
ENABLE, UNIT, ZONE, FORMAT = (PREFIX + name for name in ("enable", "time_unit", "time_zone", "time_format"))
PRECREATE, RETENTION, HOT = (PREFIX + name for name in ("num_precreate", "num_retention", "num_hot"))
START = PREFIX + "schd_start_time"
KEEP_ALIVE = "keep_alive"
PRECREATE_USUAL, ALL = 4, -1
_DATE, _INT = 1082, 23
_INSTANT = TYPES[1184].codec
_DELAY = timedelta(seconds=1)
"""How long after a unit has begun its run is due."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One table's. ``retention`` and ``hot`` count the units before the present one; ``ALL`` is all of them."""

    table: str
    unit: Unit
    zone: tzinfo
    precreate: int
    retention: int
    hot: int
    start: datetime | None
    is_dashed: bool
    key_type: int

    def unit_at(self, at_us: int) -> int:
        """The number of the unit in which a moment lies."""
        return self.unit.number(self._local(at_us))

    def due_us(self, now_us: int) -> int | None:
        """When the last run was due; None where the first one is still to come."""
        now = self._local(now_us)
        number = self.unit.number(now)
        if self.start is None:
            due = self.unit.begins(number) + _DELAY
            return self._instant(due if due <= now else self.unit.begins(number - 1) + _DELAY)
        count = number - self.unit.number(self.start)
        if self.unit.later(self.start, count) > now:
            count -= 1
        return self._instant(self.unit.later(self.start, count)) if count >= 0 else None

    def wanted(self, at_us: int) -> list[tuple[str, str]]:
        """The names of the partitions that a run makes, if they are not there, and their values."""
        first = self.unit_at(at_us)
        return [(self._name(number), self._value(number)) for number in range(first, first + self.precreate)]

    def age(self, partition: Relation, at_us: int) -> int | None:
        """How many units before the present one a partition's is; None where its name is none of this table's."""
        head, _, tail = partition.name.rpartition("_")
        number = self.unit.read(tail, is_dashed=self.is_dashed) if head == self.table else None
        return None if number is None else self.unit_at(at_us) - number

    def is_over(self, partition: Relation, at_us: int) -> bool:
        """Whether a partition is not to be there any more."""
        return self._is_older(partition, at_us, self.retention) and partition.properties.get(KEEP_ALIVE) != "true"

    def is_to_cool(self, partition: Relation, at_us: int) -> bool:
        """Whether a partition is to be moved into cold storage."""
        return self._is_older(partition, at_us, self.hot) and partition.properties.get(STORAGE_MODE) != "cold"

    def _is_older(self, partition: Relation, at_us: int, count: int) -> bool:
        return count != ALL and (age := self.age(partition, at_us)) is not None and age > count

    def _name(self, number: int) -> str:
        return f"{self.table}_{self.unit.written(number, is_dashed=self.is_dashed)}"

    def _value(self, number: int) -> str:
        if self.key_type == _DATE:
            return self.unit.begins(number).date().isoformat()
        return self.unit.written(number, is_dashed=self.is_dashed)

    def _local(self, at_us: int) -> datetime:
        return (
            (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us))
            .astimezone(self.zone)
            .replace(tzinfo=None)
        )

    def _instant(self, moment: datetime) -> int:
        return round(moment.replace(tzinfo=self.zone).timestamp() * 1_000_000)


def rule_of(relation: Relation) -> Rule | None:
    """The rule of a table; None where there is none, or it is not whole or not on."""
    given = relation.properties
    schedule = relation.schedule
    if schedule is None or not is_on(given) or UNIT not in given:
        return None
    return _rule(
        relation.name, given[UNIT], zone_name(relation), int(given.get(PRECREATE, PRECREATE_USUAL)),
        int(given.get(RETENTION, ALL)), int(given.get(HOT, ALL)), given.get(START), given.get(FORMAT),
        relation.columns[relation.partition - 1].type_oid,
    )  # fmt: skip


def is_on(properties: Mapping[str, str]) -> bool:
    """Whether partitions are to come and go by themselves."""
    return properties.get(ENABLE) == "true"


def zone_name(relation: Relation) -> str:
    """The zone by whose clocks a table's units begin: that of who has said so, or of the session that did."""
    return relation.properties.get(ZONE) or (relation.schedule.zone if relation.schedule is not None else "UTC")


def first_run(text: str, zone: tzinfo) -> datetime:
    """What ``schd_start_time`` means in a zone, by its clocks. Raises PgError 22007 and the like."""
    at_us = _INSTANT.read(text, Style(zone=zone)) + EPOCH_US
    try:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)).astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        return datetime.max


def unfit(unit: str, form: str | None, key_type: int) -> str:
    """Why partitions of a unit, in a form, cannot be for values of a type; nothing where they can."""
    found = UNITS[unit]
    if form is not None and form not in (found.compact, found.dashed):
        return f"the time format {form} is none of partitions for each {unit}"
    if key_type == _DATE and unit == "HOUR":
        return "partitions for each HOUR are not possible for a partition key of type date"
    if key_type == _INT and form is not None and form != found.compact:
        return f"values of the time format {form} are not of the type of the partition key"
    return ""


@lru_cache(1024)
def _rule(
    table: str, unit: str, zone: str, precreate: int, retention: int, hot: int, start: str | None, form: str | None,
    key_type: int,
) -> Rule:  # fmt: skip
    found = named(zone) or UTC
    first = first_run(start, found) if start is not None else None
    is_dashed = form is not None and form != UNITS[unit].compact
    return Rule(table, UNITS[unit], found, precreate, retention, hot, first, is_dashed, key_type)
