"""COPY into a table: rows are made as they come, and written together when all are there.

A COPY that fails has written nothing, unless it is a fixed one. Source: the vendor's page "COPY", for STREAM_MODE and
ON_CONFLICT.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from yunbox.services.hologres.changes.gathering import Gathering
from yunbox.services.hologres.definitions.base import KINDS
from yunbox.services.hologres.fixed.fitting import fit
from yunbox.services.hologres.fixed.scope import Find, NotFixed, Scope
from yunbox.services.hologres.fixed.values import Row, Value
from yunbox.services.hologres.fixed.writes import default_of
from yunbox.services.hologres.session.ports import Column, Context
from yunbox.services.hologres.tables.streaming import Streaming
from yunbox.storage.rows.bulk.lane import Lane, lane_of
from yunbox.storage.rows.bulk.load import Conflict, Writing
from yunbox.storage.rows.bulk.packed import Packed
from yunbox.storage.rows.catalogue import Catalogue, no_relation
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.model import TABLE, Relation
from yunbox.storage.rows.rights import Stated
from yunbox.storage.rows.rows import STANDARD, Fields, encoded, joined
from yunbox.storage.rows.sequences import sequence_of
from yunbox.storage.rows.view import check_not_dynamic
from yunbox.wire.pgwire.copy.reading import Plain
from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.values.numbers import BOOL
from yunbox.wire.pgwire.values.reals import Floats


@dataclass(frozen=True, slots=True)
class Destination:
    """How rows are written: some at once; what follows when so many were; where many wait; how numbers are drawn."""

    write: Callable[[Writing], Awaitable[int]]
    written: Callable[[int], Awaitable[None]]
    folder: Path
    draw: Callable[[str, int], Awaitable[Sequence[int]]]


class Rows(Protocol):
    """Rows on their way to a table."""

    async def add(self, packed: Packed) -> None:
        """Take more rows. Raises PgError, and kernel errors."""
        ...

    async def finish(self) -> int:
        """There are no more; how many they were. Raises PgError 23505, and kernel errors."""
        ...

    async def abandon(self) -> None:
        """Forget those that are not written."""
        ...


class _Whole:
    """Rows that are written together when all are there."""

    def __init__(self, gathering: Gathering, write: Callable[[Writing], Awaitable[int]]) -> None:
        self._gathering = gathering
        self._write = write

    async def add(self, packed: Packed) -> None:
        """Take more rows. Raises PgError 54000, and StorageFull."""
        await self._gathering.add(packed)

    async def finish(self) -> int:
        """Write all. Raises PgError 23505, and kernel errors."""
        return await self._write(await self._gathering.prepared())

    async def abandon(self) -> None:
        """Write none."""
        await self._gathering.abandon()


class TableSink:
    """Where the rows of a COPY go."""

    def __init__(
        self, relation: Relation, names: Sequence[str], rows: Callable[[Form], Rows], to: Destination, context: Context
    ) -> None:
        self._relation = relation
        self._form = Form(relation)
        self._rows = rows(self._form)
        self._to = to
        self._given = Row((), context.style)
        self._taken = tuple(relation.by_name[name] for name in names)
        given = {column.number for column in self._taken}
        scope = Scope(relation, relation.name, ())
        left = [column for column in relation.columns if column.number not in given]
        self._drawn = [(column.number - 1, sequence_of(column)) for column in left if sequence_of(column)]
        self._defaults: list[tuple[int, Value]] = [
            (column.number - 1, default_of(column, scope)) for column in left if not sequence_of(column)
        ]

    def needs(self, known: Catalogue) -> list[Stated]:
        """What who copies must be allowed to: to insert into these columns, and to draw from sequences."""
        relation = self._relation
        made = [Stated(relation.oid, relation.name, {"INSERT"}, inserted={one.number for one in self._taken})]
        drawn = (known.sequence(name) for _, name in self._drawn)
        return made + [Stated(one.oid, one.name, {"USAGE"}, kind=one.kind) for one in drawn if one is not None]

    @property
    def columns(self) -> tuple[Column, ...]:
        """What it takes, in this order."""
        return tuple(Column(one.name, one.type_oid, one.modifier) for one in self._taken)

    async def lines(self, plain: Plain) -> int | None:
        """Take lines as they are, or leave them to be read. Raises PgError 54000 for too many, and kernel errors."""
        lane = self._lane
        packed = lane.rows(plain.block, plain.between, plain.nothing) if lane is not None else None
        if packed is None:
            return None
        await self._rows.add(packed)
        return len(packed)

    @cached_property
    def _lane(self) -> Lane | None:
        """What takes lines whose columns are neighbours in the table and in its order."""
        numbers = [column.number for column in self._taken]
        if self._drawn or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            return None
        try:
            values = {at + 1: default(self._given) for at, default in self._defaults}
            fields = {number: encoded(self._relation.columns[number - 1], value) for number, value in values.items()}
        except PgError:  # each row that is read says so
            return None
        if any(fields[one.number] is None for one in self._relation.live if one.not_null and one.number in fields):
            return None
        before = joined([fields[number] for number in sorted(fields) if number < numbers[0]])
        behind = joined([fields[number] for number in sorted(fields) if number > numbers[0]])
        return lane_of(self._relation, self._taken, before, behind)

    async def packed(self, rows: Sequence[Sequence[bytes | None]]) -> bool:
        """Take rows as they were packed, or leave them to be unpacked. Raises PgError 54000 for too many."""
        if not rows or self._drawn or not any(isinstance(one.type.codec, Floats) for one in self._taken):
            return False
        values: list[Sequence[Any]] = [[None] * len(rows) for _ in self._relation.columns]
        texts: dict[int, Fields] = {}
        try:
            for at, default in self._defaults:
                values[at] = [default(self._given)] * len(rows)
            for column, fields in zip(self._taken, zip(*rows, strict=True), strict=True):
                at, codec = column.number - 1, column.type.codec
                if isinstance(codec, Floats):
                    found = codec.written([field for field in fields if field is not None], STANDARD)
                    if found is None:
                        return False
                    left = iter(found)
                    values[at] = [None if field is None else () for field in fields]
                    texts[at] = [None if field is None else next(left).encode() for field in fields]
                else:
                    values[at] = [None if field is None else fit(column, codec.unpack(field)) for field in fields]
            many = list(zip(*values, strict=True))
            made = Packed.of(self._form.keys(many) or (), self._form.rows(many, texts))
        except PgError:  # whatever is wrong first is told, row by row
            return False
        await self._rows.add(made)
        return True

    async def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """Take rows. Raises PgError 22001, 22003, 23502, and 54000 for too many."""
        keys: list[bytes] = []
        made: list[list[Any]] = []
        drawn = [(at, await self._to.draw(sequence, len(rows))) for at, sequence in self._drawn] if rows else []
        for number, row in enumerate(rows):
            values: list[Any] = [None] * len(self._relation.columns)
            for at, numbers in drawn:
                values[at] = numbers[number]
            for at, default in self._defaults:
                values[at] = default(self._given)
            for column, value in zip(self._taken, row, strict=True):
                values[column.number - 1] = fit(column, value)
            made.append(values)
            key = self._form.key(values)
            if key is not None:
                keys.append(key)
        await self._rows.add(Packed.of(keys, self._form.rows(made)))

    async def finish(self) -> int:
        """Write all rows; how many they are. Raises PgError 23505."""
        count = await self._rows.finish()
        await self._to.written(count)
        return count

    async def abandon(self) -> None:
        """Forget the rows."""
        await self._rows.abandon()


def sink_of(
    table: Sequence[str],
    columns: Sequence[str],
    options: dict[str, Any],
    find: Find,
    to: Destination,
    context: Context,
) -> TableSink:
    """Where rows for some columns of a table go.

    Raises PgError 42P01, 42703, 42701, 42601, 22023, 0A000.
    """
    relation = find(table)
    if relation is None:
        raise no_relation(".".join(table))
    if relation.kind != TABLE:
        raise failure("42809", f'cannot copy to {KINDS[relation.kind]} "{relation.name}"')
    check_not_dynamic(relation)
    names = list(columns) or [column.name for column in relation.live if column.generated is None]
    for name in names:
        if name not in relation.by_name:
            raise failure("42703", f'column "{name}" of relation "{relation.name}" does not exist')
        if relation.by_name[name].generated is not None:
            told = "Generated columns cannot be used in COPY."
            raise failure("42P10", f'column "{name}" is a generated column', told)
        if names.count(name) > 1:
            raise failure("42701", f'column "{name}" specified more than once')
    conflict = _conflict(options)
    is_streaming, folder = _is_streaming(options), to.folder if context.block is None else None

    def rows(form: Form) -> Rows:
        if is_streaming and folder is not None:
            return Streaming(form, conflict, to.write)
        return _Whole(Gathering(form, conflict, folder), to.write)

    try:
        return TableSink(relation, names, rows, to, context)
    except NotFixed:
        raise _no_default(relation) from None


def _is_streaming(options: dict[str, Any]) -> bool:
    given = options.get("stream_mode", "off")
    try:
        return given is None or BOOL.read(str(given), STANDARD)
    except PgError:
        raise failure("42601", "stream_mode requires a Boolean value") from None


def _conflict(options: dict[str, Any]) -> Conflict:
    value = str(options.get("on_conflict") or "none").lower()
    for known in ("none", "ignore", "update"):
        if value == known:
            return known
    raise failure("22023", f'COPY ON_CONFLICT "{value}" not recognized')


def _no_default(relation: Relation) -> PgError:
    return failure("0A000", f'COPY into "{relation.name}" whose columns have computed defaults is not supported')
