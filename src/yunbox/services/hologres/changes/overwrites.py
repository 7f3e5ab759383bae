"""Rows of a query in the place of those that a table has: INSERT OVERWRITE, and the vendor's procedure.

They are written to a place that nobody sees, as many at a time as memory is to hold, and one write has them be the
table's: whoever reads meanwhile sees the old rows, and who comes later the new ones. What others write to the table
before that moment goes with the old rows; a query that has read them itself is asked again, so nothing is lost that it
should have seen. Source: the vendor's page "INSERT OVERWRITE".
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from yunbox.services.hologres.changes import inserts
from yunbox.services.hologres.changes.answers import answered
from yunbox.services.hologres.changes.asked import Asked
from yunbox.services.hologres.changes.numbers import Numbers
from yunbox.services.hologres.definitions.partitions import bound_of, partition_of
from yunbox.services.hologres.engines.remote import Remote, bound
from yunbox.services.hologres.session.ports import Context, Plan, Rows
from yunbox.services.hologres.statements.cursor import NAME_BYTES_MAX
from yunbox.storage.objects.waiting import Turns
from yunbox.storage.rows import catalogue, staging
from yunbox.storage.rows.attempt import Stale, Unlogged
from yunbox.storage.rows.catalogue import no_relation, relation_of
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.model import PARTITIONED, Relation
from yunbox.storage.rows.rights import Stated, check
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change, check_not_dynamic
from yunbox.wire.pgwire.datarows import Fields
from yunbox.wire.pgwire.report import PgError, failure

_PACKING = "yunbox.services.hologres.changes.packing"
"""What needs numpy, which takes a while to load."""
_TRIES_MAX = 5
_BYTES_MAX = 1 << 50
_HELD_BYTES = 32 << 20
"""The most bytes of rows that wait to be written, of all partitions together."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Which partitions of a table are written: those of the values, or else those of the rows that come, and whether
    they are made where they are not there."""

    values: frozenset[str] | None
    creates: bool


@dataclass(slots=True)
class _Place:
    """The new rows of a table: the table as it was, itself with the place of the new rows, and how they get there."""

    before: Relation
    staged: Relation
    filling: Any
    is_made: bool = False


class _Owner:
    """Who fills places outside of a block, as long as that goes on."""


@dataclass(slots=True)
class _Overwriting:
    """One try of a statement. ``positions`` is up to where the logs of the tables were known that it has read."""

    store: RowStore
    context: Context
    packing: Any
    owner: object
    places: dict[str, _Place] = field(default_factory=dict)
    positions: Mapping[int, int] = field(default_factory=dict)

    def began(self, positions: Mapping[int, int]) -> None:
        """The query has begun."""
        self.positions = positions

    async def place(self, name: str, relation: Relation) -> _Place:
        """A new place for the rows of a table."""
        store = self.store
        staged = await store.write(lambda change: staging.stage(change, relation, store.holding))
        return self._placed(name, relation, staged)

    async def made(self, parent: Relation, value: str) -> _Place:
        """The same for a partition that is still to be made. Raises PgError 42622."""
        name = f"{parent.name}_{value}"
        if len(name.encode()) > NAME_BYTES_MAX:
            raise failure("42622", f'the name "{name}" of a partition has more than {NAME_BYTES_MAX} bytes')
        store = self.store

        def work(change: Change) -> Relation:
            made = partition_of(change, parent, parent.schema, name, value, parent.owner)
            return staging.stage(change, made, store.holding)

        staged = await store.write(work)
        place = self._placed(value, staged, staged)
        place.is_made = True
        return place

    def _placed(self, name: str, relation: Relation, staged: Relation) -> _Place:
        self.store.holding.hold(self.owner, staged)

        async def write(writing: Any) -> int:
            return await self.store.write(lambda change: unlogged(change, staged, writing))

        place = self.places[name] = _Place(relation, staged, self.packing.Filling(Form(relation), write))
        return place

    async def flush(self) -> None:
        """Have all rows that came be written."""
        for place in self.places.values():
            await place.filling.flush()

    def give_up(self) -> None:
        """Nothing of it is to be."""
        nodes = [place.staged.node for place in self.places.values()]
        self.store.submit(lambda change: staging.discard(change, nodes), lambda result, failure: None)

    def put(self, change: Change) -> int:
        """Have all tables have their new rows. Raises PgError, and Stale, when nothing was done."""
        pairs = [(self._present(change, place), place) for place in self.places.values()]
        for present, place in pairs:
            if present is None:
                catalogue.add(change, place.staged)
            else:
                catalogue.exchange(change, present, place.staged)
            staging.settle(change, place.staged)
        return sum(place.filling.count for place in self.places.values())

    def _present(self, change: Change, place: _Place) -> Relation | None:
        """The table as it is now, if its new rows can still be its own; None where it is to be made."""
        before = place.before
        if place.is_made:
            parent = catalogue.load(change).relations.get(before.parent)
            if parent is None or any(one.definition == before.definition
                                     for one in catalogue.load(change).partitions_of(parent)):  # fmt: skip
                raise Stale
            return None
        present = relation_of(change, before.oid)
        if present is None:
            raise no_relation(before.name)
        if _shape(present) != _shape(before) or bool(present.aging) != bool(place.staged.aging):
            raise Stale
        position = self.positions.get(before.node)
        if position is not None:
            since = change.changed_since(before, position) if present.node == before.node else {b""}
            if since is None:
                raise Stale if change.is_followed(before) else Unlogged
            if since:
                raise Stale
        return present


def _shape(relation: Relation) -> tuple[Any, ...]:
    """What rows are made for."""
    return (relation.columns, relation.primary_key, relation.kind, relation.parent, relation.partition,
            relation.definition)  # fmt: skip


def unlogged(change: Change, staged: Relation, writing: Any) -> int:
    """Have rows be written to a place that nobody sees; how many they were."""
    before, change.is_unlogged = change.is_unlogged, True
    try:
        return writing(change, staged)
    finally:
        change.is_unlogged = before


class Overwrites:
    """Overwriting of the tables of one database."""

    def __init__(self, store: RowStore, remote: Remote, numbers: Numbers, turns: Turns) -> None:
        self._store = store
        self._remote = remote
        self._numbers = numbers
        self._turns = turns

    async def run(
        self, plan: Plan, values: Sequence[Any], context: Context, parts: Parts | None = None,
        within: Context | None = None,
    ) -> Rows:  # fmt: skip
        """Have the rows of an INSERT be all that its table has. ``parts`` says which partitions are meant of a table
        that has some; ``within`` is where the query of a dynamic table is known, which others do not write to.

        Raises PgError, 40001 where others are faster again and again.
        """
        target = self._checked(plan, within or context)
        if within is None:
            check_not_dynamic(target)
        async with self._turns.turn(target.oid):
            for _ in range(_TRIES_MAX):
                try:
                    return await self._tried(plan, values, context, parts, within or context)
                except Unlogged:  # there was no room for a log, which a look at what others do needs
                    await self._store.write(lambda change: change.follow(target))
                except Stale:
                    continue
        raise failure("40001", "could not serialize access due to concurrent update")

    def _checked(self, plan: Plan, context: Context) -> Relation:
        """The table. Raises PgError 42501 and 0A000."""
        computed = self._remote.renewed(plan, context)
        assert computed.change is not None
        made, target = computed.change.made, computed.change.target
        if made.conflict is not None or made.returned:
            raise failure("0A000", "INSERT OVERWRITE with ON CONFLICT or RETURNING is not supported")
        if target.kind == PARTITIONED and not computed.into_parts:
            hint = "Overwrite its partitions, or use hg_insert_overwrite."
            raise failure("0A000", f'INSERT OVERWRITE of partitioned table "{target.name}" is not supported', hint=hint)
        if target.logical is not None:
            hint = "Name its partitions: INSERT OVERWRITE ... PARTITION (...)."
            told = f'INSERT OVERWRITE of logical partitioned table "{target.name}" as a whole is not supported'
            raise failure("0A000", told, hint=hint)
        if target.binlog is not None and not context.is_unlogged:
            hint = "SET hg_experimental_generate_binlog = off;"
            raise failure("0A000", f'INSERT OVERWRITE of table "{target.name}" with binlog is not supported', hint=hint)
        if context.block is not None and context.block.is_defining:
            raise failure("0A000", "INSERT OVERWRITE and DDL in one transaction are not supported")
        with self._store.reading() as view:
            known = self._store.catalogue(context.block.see(view) if context.block is not None else view)
        check(known, context.user, [Stated(target.oid, target.name, {"TRUNCATE"}, kind=target.kind)])
        return target

    async def _tried(
        self, plan: Plan, values: Sequence[Any], context: Context, parts: Parts | None, within: Context
    ) -> Rows:
        """Run it once. Raises PgError, and Stale, when nothing was done."""
        computed = self._remote.renewed(plan, within)
        changing = computed.change
        assert changing is not None
        asked = Asked(self._remote, computed, changing, bound(plan, values), within, self._numbers, _BYTES_MAX)
        packing = await asyncio.to_thread(import_module, _PACKING)
        owner = context.block if context.block is not None else _Owner()
        over = _Overwriting(self._store, context, packing, owner)
        try:
            if changing.target.kind == PARTITIONED:
                assert parts is not None
                await self._filled_parts(over, asked, parts)
            else:
                await self._filled(over, asked)
            await over.flush()
            return answered(await self._put(over, context))
        except BaseException:
            over.give_up()
            raise

    async def _put(self, over: _Overwriting, context: Context) -> int:
        if context.block is None:
            return await self._store.write(over.put)
        with self._store.reading() as view:
            count = context.block.try_out(view, over.put)
        context.block.is_overwriting = True
        return count

    async def _filled(self, over: _Overwriting, asked: Asked) -> None:
        target = asked.changing.target
        place = await over.place("", target)
        if not inserts.is_packed(asked.changing):
            async for rows in inserts.wholes(asked, target, over.began):
                await place.filling.take(rows)
            return
        oids = [column.type_oid for column in target.columns]
        running = await asked.begun(asked.changing.made.sql, oids)
        over.began(running.positions)
        async for messages in asked.messages(running, len(oids)):
            await place.filling.take_messages(messages)

    async def _filled_parts(self, over: _Overwriting, asked: Asked, parts: Parts) -> None:
        parent = asked.changing.target
        with self._store.reading() as view:
            known = self._store.catalogue(view)
        there = {one.definition: one for one in known.partitions_of(parent)}
        async for rows in inserts.wholes(asked, parent, over.began):
            for value, some in _parted(rows, parent, parts).items():
                place = over.places.get(value)
                if place is None and value in there:
                    place = await over.place(value, there[value])
                elif place is None and parts.creates:
                    place = await over.made(parent, value)
                if place is None:
                    raise _no_partition(parent, value)
                await place.filling.take(_carried(some, parent, place.before))
            if sum(place.filling.size_bytes for place in over.places.values()) > _HELD_BYTES:
                await over.flush()
        for value in sorted(parts.values or ()):
            if value in there and value not in over.places:
                await over.place(value, there[value])


def _parted(rows: Sequence[Fields], parent: Relation, parts: Parts) -> dict[str, list[Fields]]:
    """Rows by the values of the partition key, without those of partitions that are not meant. Raises PgError 23514."""
    at = parent.partition - 1
    found: dict[str, list[Fields]] = {}
    for row in rows:
        field = row[at]
        if field is None and parts.values is None:
            raise _no_partition(parent, "null")
        value = field.decode() if field is not None else None
        if value is not None and (parts.values is None or value in parts.values):
            found.setdefault(value, []).append(row)
    return found


def _carried(rows: Sequence[Fields], parent: Relation, part: Relation) -> Sequence[Fields]:
    """Rows of a table as those of its partition, whose columns may have other numbers."""
    places = [(one.number - 1, part.by_name[one.name].number - 1) for one in parent.live]
    width = len(part.columns)
    if width == len(parent.columns) and all(one == other for one, other in places):
        return rows
    made: list[Fields] = []
    for row in rows:
        fields: Fields = [None] * width
        for source, target in places:
            fields[target] = row[source]
        made.append(fields)
    return made


def _no_partition(parent: Relation, value: str) -> PgError:
    key = parent.columns[parent.partition - 1].name
    return failure(
        "23514", f'no partition of relation "{parent.name}" found for row',
        f"Partition key of the failing row contains ({key}) = ({value}).",
    )  # fmt: skip


def parts_of(parent: Relation, values: Sequence[str] | None, *, creates: bool) -> Parts:
    """Which partitions a call means. Raises PgError 22P02 for what is no value of the partition key."""
    found = frozenset(bound_of(parent, value) for value in values) if values is not None else None
    return Parts(found, creates)
