"""Rows that are written to some logical partitions of a table, all others being passed over; or in the place of those
that the partitions have.

Source: the vendor's pages "CREATE LOGICAL PARTITION TABLE" and "INSERT OVERWRITE".
"""

from collections.abc import Sequence
from dataclasses import dataclass

from yunbox.services.hologres.changes import inserts, updates
from yunbox.services.hologres.changes.asked import Asked
from yunbox.services.hologres.changes.updates import Found
from yunbox.storage.rows.attempt import Attempt
from yunbox.storage.rows.draft import seen
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.logical import Values
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.store import RowStore
from yunbox.wire.pgwire.datarows import Fields
from yunbox.wire.pgwire.settings.kinds import identifier


@dataclass(frozen=True, slots=True)
class Into:
    """Which partitions rows go to; ``overwrites`` is whether these lose the rows that they have."""

    values: frozenset[Values]
    overwrites: bool = False

    def within(self, rows: Sequence[Fields], relation: Relation) -> list[Fields]:
        """Those of some rows that are of these partitions."""
        places = [one.number - 1 for one in relation.logical_columns]
        return [row for row in rows if tuple((row[place] or b"").decode() for place in places) in self.values]


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


async def overwritten(asked: Asked, emptied: Asked, into: Into, store: RowStore) -> tuple[Attempt, int]:
    """Rows of a statement in the place of those that another finds; how many they are.

    Raises PgError, and Stale where others have changed what either has read.
    """
    form, target = Form(asked.changing.target), asked.changing.target
    read: list[int] = []

    def begun(positions: object) -> None:
        assert isinstance(positions, dict)
        read.extend(positions[node] for node in (target.node,) if node in positions)

    rows = [one async for some in inserts.wholes(asked, target, begun)
            for one in inserts.proposed_of(into.within(some, target), form)]  # fmt: skip
    gone = await updates.found(emptied, ())
    since = [*read, *([gone.position] if gone.position is not None else [])]
    with store.reading() as view:
        if gone.position is not None:  # what the query has read before what it overwrites, counts too
            await updates.check(emptied, Found(gone.rows, min(since)), view)
        attempt = await updates.deleted(gone, seen(view, asked.context.block), form)
        for one in rows:
            attempt.place(one.key, one.row)
    return attempt, len(rows)
