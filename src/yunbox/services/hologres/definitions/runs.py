"""Runs over the partitions of tables that have said how long each is to be there: some are made, cooled and dropped.

A run is one transaction, with the note of it that ``hologres.hg_partitioning_log`` shows. What cannot be done - a name
that is taken, a view that is in the way - is told there, and keeps nothing else from being done.
Source: the vendor's page "Dynamic partition management".
"""

from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from yunbox.services.hologres.definitions.dependents import dependents
from yunbox.services.hologres.definitions.partitions import bound_of, partition_of
from yunbox.services.hologres.statements.cursor import NAME_BYTES_MAX
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import STORAGE_MODE, Relation
from yunbox.storage.rows.partitioning.log import Run, remember
from yunbox.storage.rows.partitioning.rule import Rule, rule_of
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import PgError


def due(known: Catalogue, now_us: int) -> list[int]:
    """The OIDs of the tables over whose partitions a run is due."""
    return [one.oid for one in known.scheduled if _due_us(one, known, now_us) is not None]


def run(change: Change, oid: int, now_us: int) -> None:
    """Do what is due for a table, if it still is: others may have been faster."""
    known = catalogue.load(change)
    table = known.relations.get(oid)
    due_us = _due_us(table, known, now_us) if table is not None else None
    rule = rule_of(table) if table is not None else None
    if table is None or rule is None or due_us is None:
        return
    assert table.schedule is not None, "it has a rule"
    at = _Doing(change, known, table, rule, now_us)
    at.make()
    at.drop()
    at.cool()
    done = msgspec.structs.replace(table.schedule, ran_us=now_us)
    catalogue.replace(change, table, msgspec.structs.replace(table, schedule=done))
    name = f"{table.schema}.{table.name}"
    remember(change, Run(name, table.owner, due_us, now_us, tuple(at.made), tuple(at.dropped), "; ".join(at.failures)))


def _due_us(table: Relation, known: Catalogue, now_us: int) -> int | None:
    """When a run was due that has not been; None where there is none. A partition that is not kept any more is one."""
    rule = rule_of(table)
    due_us = rule.due_us(now_us) if rule is not None else None
    if rule is None or due_us is None or table.schedule is None:
        return None
    ran_us = table.schedule.ran_us
    if ran_us < due_us:
        return due_us
    parts = known.partitions_of(table)
    is_over = any(rule.is_over(one, ran_us) and not _is_used(known, one) for one in parts)
    return ran_us if is_over else None


def _is_used(known: Catalogue, partition: Relation) -> bool:
    return bool(dependents(known, [partition]))


@dataclass(slots=True)
class _Doing:
    """One run as it goes on."""

    change: Change
    known: Catalogue
    table: Relation
    rule: Rule
    now_us: int
    made: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def make(self) -> None:
        """Make the partitions of the present unit and of those to come."""
        with suppress(OverflowError):  # the calendar ends
            for name, value in self.rule.wanted(self.now_us):
                if len(name.encode()) > NAME_BYTES_MAX:
                    self.failures.append(f'the name "{name}" has more than {NAME_BYTES_MAX} bytes')
                    continue
                try:
                    self._make(name, value)
                except PgError as error:
                    self.failures.append(error.report.message)

    def _make(self, name: str, value: str) -> None:
        bound = bound_of(self.table, value)
        if any(one.definition == bound for one in self.known.partitions_of(self.table)):
            return
        catalogue.add(
            self.change, partition_of(self.change, self.table, self.table.schema, name, bound, self.table.owner)
        )
        self.made.append(name)

    def drop(self) -> None:
        """Drop the partitions of units that are not kept."""
        for one in self.known.partitions_of(self.table):
            if not self.rule.is_over(one, self.now_us):
                continue
            if _is_used(self.known, one):
                self.failures.append(f'partition "{one.name}" was not dropped: views depend on it')
                continue
            catalogue.drop(self.change, one)
            self.dropped.append(one.name)

    def cool(self) -> None:
        """Move the partitions of units before the hot ones into the cheaper tier; none ever moves back."""
        for one in self.known.partitions_of(self.table):
            if one.name not in self.dropped and self.rule.is_to_cool(one, self.now_us):
                cold = msgspec.structs.replace(one, properties={**one.properties, STORAGE_MODE: "cold"})
                catalogue.replace(self.change, one, cold)
