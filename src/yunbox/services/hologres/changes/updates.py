"""UPDATE and DELETE of rows that the engine finds: it says which, and the row store whether they are still the same.

Source: the PostgreSQL documentation, "UPDATE" and "DELETE". A row that joins with several others is changed once.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from yunbox.services.hologres.changes.asked import KEY_OID, Asked
from yunbox.storage.objects.waiting import in_thread
from yunbox.storage.rows.attempt import Attempt, Stale, Unlogged
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.rows import fields_of
from yunbox.storage.rows.view import View
from yunbox.wire.pgwire.datarows import Fields

_NODE = 8
TURN_ROWS = 500
"""After how many rows others have their turn."""


@dataclass(frozen=True, slots=True)
class Found:
    """The rows that the engine has found, by key: their new values and what RETURNING gives. ``position`` is up to
    where it knew the table's log; None where the table is the block's own."""

    rows: dict[bytes, Fields]
    position: int | None


async def found(asked: Asked, oids: Sequence[int]) -> Found:
    """The rows of a statement. Raises PgError."""
    every = [KEY_OID, *oids]
    running = await asked.begun(asked.changing.made.sql, every)
    rows: dict[bytes, Fields] = {}
    async for some in asked.rows(running, every, keyed=True):
        for key, *fields in some:
            if key is not None:
                rows.setdefault(key, fields)
    return Found(rows, running.positions.get(asked.changing.target.node))


async def check(asked: Asked, rows: Found, view: View) -> None:
    """Raise Stale where others have changed a row since the engine read it."""
    if rows.position is None:
        return
    block, target = asked.context.block, asked.changing.target
    since = await in_thread(view.changed_since, target, rows.position)
    if since is None:
        raise Stale if view.is_followed(target) else Unlogged
    own = block.changed(target) if block is not None else {}
    if any(key[_NODE:] in rows.rows and key not in own for key in since):
        raise Stale


async def updated(asked: Asked, rows: Found, view: View, form: Form) -> Attempt:
    """The rows with their new values. Raises PgError 23502, 23505, and Stale."""
    numbers = [form.relation.by_name[name].number for name in asked.changing.made.columns]
    attempt = Attempt(view, form)
    for at, (key, fields) in enumerate(rows.rows.items()):
        if not at % TURN_ROWS:
            await asyncio.sleep(0)  # others have their turn
        put_changed(attempt, key, _still(attempt, key), numbers, fields)
    return attempt


async def deleted(rows: Found, view: View, form: Form) -> Attempt:
    """The same without the rows. Raises Stale."""
    attempt = Attempt(view, form)
    for at, key in enumerate(rows.rows):
        if not at % TURN_ROWS:
            await asyncio.sleep(0)
        _still(attempt, key)
        attempt.remove(key)
    return attempt


def _still(attempt: Attempt, key: bytes) -> bytes:
    """A row that the engine has found. Raises Stale where it is gone."""
    found = attempt.present(key)
    if found is None:
        raise Stale
    return found


def put_changed(attempt: Attempt, key: bytes, row: bytes, numbers: Sequence[int], texts: Fields) -> bytes:
    """Have a row with other texts in some columns, by number; what it is then. Raises PgError 23502, 23505, 23514."""
    form = attempt.form
    fields = fields_of(form.relation, row)
    moved, made = form.changed(form.relation.prefix + key, fields, zip(numbers, texts, strict=False))
    attempt.put(key, moved[_NODE:], made)
    return made
