"""COPY into a table: rows are made as they come, and written together when all are there.

A COPY that fails has written nothing. Source: the vendor's page "COPY", for STREAM_MODE and ON_CONFLICT.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal

from yunbox.services.hologres.fixed.fitting import fit
from yunbox.services.hologres.fixed.scope import Find, NotFixed, Scope
from yunbox.services.hologres.fixed.values import Row, Value
from yunbox.services.hologres.fixed.writes import default_of
from yunbox.services.hologres.session.ports import Column, Context
from yunbox.storage.rows.batch import Batch
from yunbox.storage.rows.catalogue import no_relation
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.model import TABLE, Relation
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import PgError, failure

BYTES_MAX = 1 << 30
"""The most bytes of rows that one COPY holds until they are written."""
Conflict = Literal["none", "ignore", "update"]
Write = Callable[[Callable[[Change], int]], Awaitable[int]]


class TableSink:
    """Where the rows of a COPY go."""

    def __init__(
        self, relation: Relation, names: Sequence[str], conflict: Conflict, write: Write, context: Context
    ) -> None:
        self._relation = relation
        self._form = Form(relation)
        self._conflict = conflict
        self._write = write
        self._given = Row((), context.style)
        self._taken = tuple(relation.by_name[name] for name in names)
        left = {column.number: column for column in relation.columns} | dict.fromkeys(
            (column.number for column in self._taken), None
        )
        scope = Scope(relation, relation.name, ())
        self._defaults: list[tuple[int, Value]] = [
            (number - 1, default_of(column, scope)) for number, column in left.items() if column is not None
        ]
        self._rows: list[tuple[bytes | None, bytes]] = []
        self._size_bytes = 0

    @property
    def columns(self) -> tuple[Column, ...]:
        """What it takes, in this order."""
        return tuple(Column(one.name, one.type_oid, one.modifier) for one in self._taken)

    async def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """Take rows. Raises PgError 22001, 22003, 23502, and 54000 for too many."""
        for row in rows:
            values: list[Any] = [None] * len(self._relation.columns)
            for at, default in self._defaults:
                values[at] = default(self._given)
            for column, value in zip(self._taken, row, strict=True):
                values[column.number - 1] = fit(column, value)
            made = self._form.row(values)
            self._rows.append((self._form.key(values), made))
            self._size_bytes += len(made)
        if self._size_bytes > BYTES_MAX:
            raise failure("54000", f"a COPY takes at most {BYTES_MAX} bytes of rows here", hint="Copy them in parts.")

    async def finish(self) -> int:
        """Write all rows; how many they are. Raises PgError 23505."""
        rows, form, conflict = self._rows, self._form, self._conflict

        def work(change: Change) -> int:
            batch = Batch(change, form)
            for key, row in rows:
                if key is None or conflict == "none":
                    batch.place(key, row)
                elif conflict == "update" or batch.find(key) is None:
                    batch.replace(key, row)
            batch.apply()
            return len(rows)

        return await self._write(work)

    async def abandon(self) -> None:
        """Forget the rows."""
        self._rows = []


def sink_of(
    table: Sequence[str], columns: Sequence[str], options: dict[str, Any], find: Find, write: Write, context: Context
) -> TableSink:
    """Where rows for some columns of a table go. Raises PgError 42P01, 42703, 42701, 22023, 0A000."""
    relation = find(table)
    if relation is None:
        raise no_relation(".".join(table))
    if relation.kind != TABLE:
        raise failure("42809", f'cannot copy to view "{relation.name}"')
    names = list(columns) or [column.name for column in relation.live]
    for name in names:
        if name not in relation.by_name:
            raise failure("42703", f'column "{name}" of relation "{relation.name}" does not exist')
        if names.count(name) > 1:
            raise failure("42701", f'column "{name}" specified more than once')
    try:
        return TableSink(relation, names, _conflict(options), write, context)
    except NotFixed:
        raise _no_default(relation) from None


def _conflict(options: dict[str, Any]) -> Conflict:
    value = str(options.get("on_conflict") or "none").lower()
    for known in ("none", "ignore", "update"):
        if value == known:
            return known
    raise failure("22023", f'COPY ON_CONFLICT "{value}" not recognized')


def _no_default(relation: Relation) -> PgError:
    return failure("0A000", f'COPY into "{relation.name}" whose columns have computed defaults is not supported')
