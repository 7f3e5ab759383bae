"""Rows that are written to some logical partitions of a table, all others being passed over; or in the place of those
that the partitions have.

Source: the vendor's pages "CREATE LOGICAL PARTITION TABLE" and "INSERT OVERWRITE".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from yunbox.services.hologres.changes import inserts, updates
from yunbox.services.hologres.changes.asked import Asked
from yunbox.services.hologres.changes.updates import Found
from yunbox.services.hologres.engines.planning import Changing
from yunbox.storage.rows.attempt import Attempt, Stale, Unlogged
from yunbox.storage.rows.draft import seen
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.logical import Values
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.rows import STANDARD
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.settings.kinds import identifier

_NODE = 8


@dataclass(frozen=True, slots=True)
class Into:
    """Which partitions rows go to; ``overwrites`` is whether these lose the rows that they have."""

    values: frozenset[Values]
    overwrites: bool = False

    def of(self, changing: Changing) -> Changing:
        """An INSERT as one of the rows of these partitions alone."""
        from yunbox.sql.hologres.analysis.bound import column_sql  # as heavy as the planner, which was here before
        from yunbox.sql.hologres.conversions import literal as constant

        made, keys = changing.made, changing.target.logical_columns
        places = [made.columns.index(one.name) + 1 for one in keys if one.name in made.columns]
        if len(places) < len(keys):  # those that it gives no value are NULL, and fail as such
            return changing
        tests = " OR ".join(
            "(" + " AND ".join(
                f"{column_sql(at)} = {constant(column.type_oid, column.type.codec.read(value, STANDARD)).sql}"
                for at, column, value in zip(places, keys, values, strict=True)
            ) + ")" for values in sorted(self.values)
        )  # fmt: skip
        return replace(changing, made=replace(made, sql=f"SELECT * FROM ({made.sql}) AS hg_into WHERE {tests}"))


def emptying(relation: Relation, partitions: Sequence[Values]) -> str:
    """The DELETE of all rows of some partitions."""
    name = f"{identifier(relation.schema)}.{identifier(relation.name)}"
    return f"DELETE FROM {name} WHERE {conditions(relation, partitions)}"


def conditions(relation: Relation, partitions: Sequence[Values]) -> str:
    """What holds for the rows of some partitions."""
    return " OR ".join(_condition(relation, one) for one in partitions)


def _condition(relation: Relation, values: Values) -> str:
    pairs = zip(relation.logical_columns, values, strict=True)
    return "(" + " AND ".join(f"{identifier(one.name)} = {literal(value)}" for one, value in pairs) + ")"


def literal(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Gone:
    """The rows that are to make room, by key, and since when nobody may have changed them: what the query has read
    before what it overwrites counts, too."""

    rows: Found
    since: int | None

    def check(self, change: Change, target: Relation) -> None:
        """Raise Stale where others have changed one of them."""
        if self.since is None:
            return
        changed = change.changed_since(target, self.since)
        if changed is None:
            raise Stale if change.is_followed(target) else Unlogged
        if any(key[_NODE:] in self.rows.rows for key in changed):
            raise Stale


async def gone(emptied: Asked, read: int | None) -> Gone:
    """The rows that a DELETE finds; ``read`` is up to where the query of the new ones knew their table's log."""
    found = await updates.found(emptied, ())
    since = [one for one in (read, found.position) if one is not None]
    return Gone(found, min(since) if found.position is not None else None)


async def overwritten(asked: Asked, emptied: Asked, store: RowStore) -> tuple[Attempt, int]:
    """Rows of a statement in the place of those that another finds; how many they are.

    Raises PgError, and Stale where others have changed what either has read.
    """
    form, target = Form(asked.changing.target), asked.changing.target
    read: list[int] = []

    def begun(positions: Mapping[int, int]) -> None:
        read.extend(positions[node] for node in (target.node,) if node in positions)

    rows = [one async for some in inserts.wholes(asked, target, begun) for one in inserts.proposed_of(some, form)]
    old = await gone(emptied, read[0] if read else None)
    with store.reading() as view:
        await updates.check(emptied, Found(old.rows.rows, old.since), view)
        attempt = await updates.deleted(old.rows, seen(view, asked.context.block), form)
        for one in rows:
            attempt.place(one.key, one.row)
    return attempt, len(rows)


async def packed(asked: Asked, emptied: Asked, packing: Any, folder: Path) -> Callable[[Change, Relation], int]:
    """The same of any number of whole rows outside of a block, which wait in a folder, as what writes them.

    Raises PgError, and StorageFull.
    """
    target = asked.changing.target
    oids = [column.type_oid for column in target.columns]
    running = await asked.begun(asked.changing.made.sql, oids)
    read = running.positions.get(target.node)
    writing = await packing.packed(Form(target), (), asked.messages(running, len(oids)), folder)
    old = await gone(emptied, read)

    def write(change: Change, present: Relation) -> int:
        old.check(change, present)
        for key in old.rows.rows:
            change.set_row(present, present.prefix + key, None)
        return writing(change, present)

    return write
