"""The properties by which a table's partitions come and go by themselves: what each may be, and what they make of it.

Source: the vendor's page "Dynamic partition management".
"""

import time
from collections.abc import Mapping

import msgspec

from yunbox.services.hologres.definitions.base import Scene
from yunbox.services.hologres.definitions.choices import Reader, invalid, one_of
from yunbox.storage.rows.model import PARTITIONED, Relation, Schedule
from yunbox.storage.rows.partitioning import rule
from yunbox.storage.rows.partitioning.units import UNITS
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.zones import named

_COUNT_MAX = 512


def is_partitioning(name: str) -> bool:
    """Whether a property is of a partitioned table alone, and none that its partitions take over."""
    return name.startswith(rule.PREFIX)


def kept_name(written: str) -> str:
    """A property's name as it is kept: WITH has an underscore where the others have a dot."""
    head = rule.PREFIX.replace(".", "_")
    return rule.PREFIX + written.removeprefix(head) if written.startswith(head) else written


def check_lasting(name: str, value: str, relation: Relation) -> None:
    """Raise PgError 0A000 for what can be said once, and was said before."""
    if name in _LASTING and relation.properties.get(name, value) != value:
        raise failure("0A000", f"{name} cannot be changed once it is set")


def scheduled(relation: Relation, scene: Scene) -> Relation:
    """A table whose properties were set: its partitions are looked after at once, if they are to be at all.

    Raises PgError 22023 where what was said does not go together.
    """
    given = relation.properties
    if relation.kind != PARTITIONED or not any(is_partitioning(name) for name in given):
        return relation
    if rule.UNIT in given:
        key_type = relation.columns[relation.partition - 1].type_oid
        told = rule.unfit(given[rule.UNIT], given.get(rule.FORMAT), key_type)
        if told:
            raise failure("22023", told)
    before = relation.schedule or Schedule(time.time_ns() // 1000, scene.owner, scene.zone)
    return msgspec.structs.replace(relation, schedule=msgspec.structs.replace(before, ran_us=0))


def _of_tables(read: Reader) -> Reader:
    def checked(value: str, relation: Relation) -> str:
        if relation.kind != PARTITIONED:
            raise failure("22023", f'"{relation.name}" is not a partitioned table')
        return read(value, relation)

    return checked


def _of_partitions(value: str, relation: Relation) -> str:
    if not relation.parent:
        raise failure("22023", f'"{relation.name}" is not a partition')
    return _yes_or_no(rule.KEEP_ALIVE)(value, relation)


def _yes_or_no(name: str) -> Reader:
    return one_of(name, "true", "false")


def _count(name: str, least: int) -> Reader:
    def read(value: str, relation: Relation) -> str:
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) or not least <= int(value) <= _COUNT_MAX:
            raise invalid(name, value, f"a number from {least} to {_COUNT_MAX}")
        return str(int(value))

    return read


def _zone(value: str, relation: Relation) -> str:
    if named(value) is None:
        raise invalid(rule.ZONE, value, "a name of pg_timezone_names")
    return value


def _start(value: str, relation: Relation) -> str:
    zone = named(rule.zone_name(relation))
    assert zone is not None, "it was checked when it was set"
    rule.first_run(value, zone)
    return value


_FORMS = dict.fromkeys(form for unit in UNITS.values() for form in (unit.compact, unit.dashed))
_LASTING = frozenset((rule.UNIT, rule.ZONE, rule.FORMAT))
READERS: Mapping[str, Reader] = {
    rule.KEEP_ALIVE: _of_partitions,
    **{
        name: _of_tables(read)
        for name, read in {
            rule.ENABLE: _yes_or_no(rule.ENABLE),
            rule.UNIT: one_of(rule.UNIT, *UNITS),
            rule.ZONE: _zone,
            rule.FORMAT: one_of(rule.FORMAT, *_FORMS),
            rule.PRECREATE: _count(rule.PRECREATE, 0),
            rule.RETENTION: _count(rule.RETENTION, -1),
            rule.HOT: _count(rule.HOT, -1),
            rule.START: _start,
        }.items()
    },
}
"""What reads a property of a relation, by name. They raise PgError 22023."""
