"""INSERT of what a query gives: new rows, and what becomes of those whose keys are taken.

Source: the PostgreSQL documentation, "INSERT".
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from yunbox.engine.holo.messages import Given
from yunbox.services.hologres.changes.asked import KEY_OID, Asked
from yunbox.services.hologres.changes.updates import TURN_ROWS, put_changed
from yunbox.services.hologres.engines.planning import Changing
from yunbox.services.hologres.repeated import keeping, kept
from yunbox.sql.hologres.catalog import EXCLUDED, OLD, ROWS
from yunbox.storage.rows.attempt import Attempt
from yunbox.storage.rows.form import Form, second_time
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.view import View
from yunbox.wire.pgwire.datarows import Fields

if TYPE_CHECKING:
    from yunbox.sql.hologres.plans import OnConflict

_NODE = 8
_BOOL = 16
_TRUE = b"t"


@dataclass(frozen=True, slots=True)
class Proposed:
    """A row that is to be inserted: its key without the table's prefix, if it has one, and itself."""

    key: bytes | None
    row: bytes


def is_packed(changing: Changing) -> bool:
    """Whether the rows of a statement are all new, whole, and not asked for."""
    made, target = changing.made, changing.target
    is_whole = made.columns == tuple(column.name for column in target.columns)
    return is_whole and made.conflict is None and not made.drawn and not made.returned


def proposed_of(rows: Iterable[Fields], form: Form) -> list[Proposed]:
    """Whole rows. Raises PgError, 23502 for a NULL where there may be none."""
    keys = ((form.key_of(row), row) for row in rows)
    return [Proposed(None if key is None else key[_NODE:], form.stored(row)) for key, row in keys]


async def proposed(asked: Asked, form: Form) -> list[Proposed]:
    """The rows of a statement. Raises PgError, 23502 for a NULL where there may be none."""
    return [row async for some in wholes(asked, form.relation) for row in proposed_of(some, form)]


async def wholes(
    asked: Asked, relation: Relation, begun: Callable[[Mapping[int, int]], None] = lambda _: None
) -> AsyncIterator[list[Fields]]:
    """The same as texts of all columns of their table, some at a time. ``begun`` is told up to where the logs of the
    tables that are read were known. Raises PgError."""
    made = asked.changing.made
    columns = [relation.by_name[name] for name in made.columns]
    oids = [column.type_oid for column in columns] or [_BOOL]  # a row of nothing has something in its place
    width, places = len(relation.columns), [column.number - 1 for column in columns]
    is_whole = places == list(range(width))
    running = await asked.begun(made.sql, oids)
    begun(running.positions)
    async for rows in asked.rows(running, oids):
        drawn = await _drawn(asked, relation, len(rows))
        found = rows if is_whole else [_spread(row[: len(places)], places, width) for row in rows]
        for at, fields in enumerate(found):
            for place, numbers in drawn:
                fields[place] = b"%d" % numbers[at]
        yield found


async def _drawn(asked: Asked, relation: Relation, count: int) -> list[tuple[int, Sequence[int]]]:
    """The numbers of serial columns for some rows, by the columns' places. Raises PgError."""
    found: list[tuple[int, Sequence[int]]] = []
    for name, sequence in asked.changing.made.drawn if count else ():
        numbers = await asked.numbers.drawn(sequence, count, asked.context.block)
        found.append((relation.by_name[name].number - 1, numbers))
    return found


def _spread(row: Fields, places: Sequence[int], width: int) -> Fields:
    fields: Fields = [None] * width
    for at, field in zip(places, row, strict=True):
        fields[at] = field
    return fields


@dataclass(frozen=True, slots=True)
class Inserted:
    """What a statement comes to: the rows that it writes, and how they are after that."""

    attempt: Attempt
    rows: list[bytes]


async def settled(asked: Asked, rows: Sequence[Proposed], view: View, form: Form) -> Inserted:
    """Find out what becomes of each row. Raises PgError 23505, 21000."""
    conflict, keep = asked.changing.made.conflict, keeping(asked.context.settings)
    if keep and conflict is not None and conflict.columns:
        rows = kept(((one.key, one) for one in rows), keep)
    found = Inserted(Attempt(view, form), [])
    taken: dict[bytes, bytes] = {}
    for at, one in enumerate(rows):
        if not at % TURN_ROWS:
            await asyncio.sleep(0)  # others have their turn
        if conflict is None or one.key is None or found.attempt.present(one.key) is None:
            found.attempt.place(one.key, one.row)
            found.rows.append(one.row)
        elif conflict.columns:
            if one.key in taken or found.attempt.touched(one.key):
                raise second_time()
            taken[one.key] = one.row
    if taken and conflict is not None:
        await _update(asked, conflict, taken, found)
    return found


async def _update(asked: Asked, conflict: "OnConflict", taken: Mapping[bytes, bytes], found: Inserted) -> None:
    """Have the rows whose keys are taken be what DO UPDATE makes of them. Raises PgError."""
    attempt = found.attempt
    relation = attempt.form.relation
    old = tuple((key, attempt.present(key)) for key in taken)
    given = {OLD: Given("__given_old", relation, old),
             EXCLUDED: Given("__given_excluded", relation, tuple(taken.items()))}  # fmt: skip
    columns = [relation.by_name[name] for name in conflict.columns]
    numbers = [column.number for column in columns]
    oids = [KEY_OID, *(column.type_oid for column in columns), _BOOL]
    for key, *values, applies in await asked.all_rows(conflict.sql, oids, given, keyed=True):
        before = attempt.present(key) if key is not None else None
        if key is None or before is None or applies != _TRUE:
            continue
        found.rows.append(put_changed(attempt, key, before, numbers, values))


async def returned(asked: Asked, found: Inserted, oids: Sequence[int]) -> list[Fields]:
    """What RETURNING gives of the rows. Raises PgError."""
    rows = tuple((number.to_bytes(8, "big"), row) for number, row in enumerate(found.rows))
    given = {ROWS: Given("__given_rows", found.attempt.form.relation, rows)}
    return await asked.all_rows(asked.changing.made.returned, oids, given)
