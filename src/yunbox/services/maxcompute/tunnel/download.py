"""Downloads: a pinned snapshot of a table, or an instance's result, read in ranges of rows.

Rows are read and encoded by a worker; this process only passes bytes on, as fast as the client takes them.
A result whose range ends on batch borders needs no worker at all: its file holds the very messages to send.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yunbox.engine.duck.messages import Batch, ExportResult, ExportRows
from yunbox.kernel import limits
from yunbox.kernel.call import Principal
from yunbox.kernel.errors import Conflict, InvalidArgument, NotFound
from yunbox.schema.tables import Column, TableName
from yunbox.services.maxcompute.sql.instances import SUCCESS, TERMINATED, Instance
from yunbox.services.maxcompute.tunnel.sessions import EXPIRED, DownloadBody, ResultBody, Session, Sessions, Target
from yunbox.services.maxcompute.tunnel.slots import Slots
from yunbox.services.maxcompute.tunnel.target import (
    Spec,
    chosen_columns,
    current,
    partition_of,
    require_partition,
    require_table,
)
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.storage.tables.snapshots import Snapshots
from yunbox.wire.http import Body, ClientGone
from yunbox.wire.odps.frames import encode_chunks

_STALL_S = 300.0
_WRITE_BYTES = 512 << 10


@dataclass(frozen=True)
class Range:
    """Rows to read: from which, how many, which columns, in which encoding and coding, with its costs or not."""

    start: int
    count: int
    columns: tuple[str, ...]
    arrow: bool
    coding: str
    metrics: bool = False


class Downloads:
    """Opens download sessions and streams their rows."""

    def __init__(
        self,
        catalogue: Catalogue,
        snapshots: Snapshots,
        sessions: Sessions,
        slots: Slots,
        instance: Callable[[str, str], Instance],
        result: Callable[[Instance], Path | None],
    ) -> None:
        self._catalogue = catalogue
        self._snapshots = snapshots
        self._sessions = sessions
        self._slots = slots
        self._instance = instance
        self._result = result

    # -- tables

    async def create(self, name: TableName, spec: Spec, principal: Principal) -> Session:
        """Pin the present snapshot of a table or one of its partitions."""
        stored = require_table(self._catalogue, name)
        partition = partition_of(stored.table, spec)
        await self._snapshots.refresh(stored.id)
        stored = require_table(self._catalogue, name)
        require_partition(self._catalogue, stored, partition)
        files = tuple(self._catalogue.files(stored.id, [partition] if partition else None))
        body = DownloadBody(Target.of(stored, partition), stored.version, files)
        return await self._sessions.create(name.project, principal, body)

    async def status(self, session: Session) -> str:
        """The session's status; ``expired`` also when its table has newer rows, which makes clients open another.

        The rows it has pinned can be read all the same.
        """
        body: DownloadBody = session.body
        await self._snapshots.refresh(body.target.table_id)
        stored = self._catalogue.by_id(body.target.table_id)
        if stored is None:
            return EXPIRED
        if stored.version == body.version:
            return session.status
        partitions = [body.target.partition] if body.target.partition else None
        now = {file.path for file in self._catalogue.files(stored.id, partitions)}
        return session.status if now == {file.path for file in body.files} else EXPIRED

    def read(self, session: Session, wanted: Range, client: Body) -> AsyncGenerator[bytes]:
        """The rows of a range of the snapshot."""
        body: DownloadBody = session.body
        check_range(wanted, body.rows)
        stored = current(self._catalogue, body.target)
        table = body.target.table
        columns = chosen_columns(table, wanted.columns)
        names = [column.name for column in columns]
        if wanted.arrow:  # Arrow clients expect the table's order, and fill partition columns in themselves
            names = [column.name for column in table.columns if column.name in names]
            if not names:
                raise InvalidArgument("Name a column that is no partition column", code="InvalidColumnSpec")
        request = ExportRows(
            table=table,
            location=Path(stored.location),
            files=_covering(body, wanted),
            columns=tuple(names),
            start=wanted.start - _skipped(body, wanted),
            count=wanted.count,
            encoding="arrow" if wanted.arrow else "protobuf",
            coding=wanted.coding,
            metrics=wanted.metrics,
        )
        return self.pump(request, client)

    # -- results

    async def create_for_result(
        self, project: str, instance_id: str, principal: Principal, *, limited: bool
    ) -> tuple[Session, Instance]:
        """A session on the result of a SELECT that has ended well."""
        instance = self._instance(project, instance_id)
        if instance.status != TERMINATED:
            raise Conflict(f"Instance {instance_id} is still running: wait for its end", code="InstanceNotTerminate")
        if instance.task_status != SUCCESS or not instance.outcome.is_select:
            raise InvalidArgument(
                f"Instance {instance_id} has no result set: only a SELECT that succeeded has one",
                code="InstanceTypeNotSupported",
            )
        rows = instance.outcome.rows
        body = ResultBody(instance_id, min(rows, limits.RESULT_CSV_ROWS_MAX) if limited else rows)
        return await self._sessions.create(project, principal, body), instance

    def read_result(self, session: Session, wanted: Range, client: Body) -> AsyncGenerator[bytes]:
        """The rows of a range of a result."""
        body: ResultBody = session.body
        check_range(wanted, body.rows)
        instance = self._instance(session.project, body.instance)
        outcome, path = instance.outcome, self._result(instance)
        if path is None:
            raise NotFound("The result is older than a day and was removed: run the query again", code="NoSuchData")
        columns = _result_columns(outcome.columns, wanted)
        whole = columns == outcome.columns and not any(c.type.name in ("timestamp", "timestamp_ntz") for c in columns)
        batches = _whole_batches(outcome.batches, wanted) if wanted.arrow and whole and not wanted.coding else None
        if batches is not None:
            return _send_file(path, batches)
        request = ExportResult(
            columns=outcome.columns,
            path=path,
            batches=outcome.batches,
            start=wanted.start,
            count=wanted.count,
            encoding="arrow" if wanted.arrow else "protobuf",
            select=tuple(column.name for column in columns),
            coding=wanted.coding,
            metrics=wanted.metrics,
        )
        return self.pump(request, client)

    # -- both

    async def pump(self, request: Any, client: Body) -> AsyncGenerator[bytes]:
        """What a worker streams, until it or the client ends."""
        gone = asyncio.ensure_future(client.gone())
        loop = asyncio.get_running_loop()
        try:
            async with self._slots.lease() as worker, contextlib.aclosing(worker.stream(request)) as chunks:
                async for chunk in chunks:
                    if gone.done():
                        raise ClientGone("The client closed the connection")
                    stalled = loop.call_later(_STALL_S, worker.kill)
                    try:
                        yield chunk
                    finally:
                        stalled.cancel()
        finally:
            gone.cancel()


def check_range(wanted: Range, rows: int) -> None:
    """Raise InvalidArgument for rows that are not there."""
    if wanted.start < 0 or wanted.count < 0 or wanted.start + wanted.count > rows:
        raise InvalidArgument(
            f"The row range ({wanted.start},{wanted.count}) goes beyond the {rows} rows of the session",
            code="InvalidRowRange",
        )


def _skipped(body: DownloadBody, wanted: Range) -> int:
    """How many rows lie in the files before the range."""
    at = 0
    for file in body.files:
        if at + file.rows > wanted.start:
            break
        at += file.rows
    return at


def _covering(body: DownloadBody, wanted: Range) -> tuple[Any, ...]:
    """The files that a range touches: the worker need not hear of ten thousand others."""
    found, at = [], 0
    for file in body.files:
        if at < wanted.start + wanted.count and at + file.rows > wanted.start:
            found.append(file)
        at += file.rows
    return tuple(found)


def _result_columns(columns: tuple[Column, ...], wanted: Range) -> tuple[Column, ...]:
    if not wanted.columns:
        return columns
    by_name = {column.name.lower(): column for column in columns}
    unknown = [name for name in wanted.columns if name not in by_name]
    if unknown:
        raise InvalidArgument(f"The result has no column {unknown[0]}", code="InvalidColumnSpec")
    if wanted.arrow:
        return tuple(column for column in columns if column.name.lower() in wanted.columns)
    return tuple(by_name[name] for name in wanted.columns)


def _whole_batches(batches: tuple[Batch, ...], wanted: Range) -> list[Batch] | None:
    """The batches of a range that cuts none of them, or None."""
    found, at, end = [], 0, wanted.start + wanted.count
    for batch in batches:
        first, at = at, at + batch.rows
        if at <= wanted.start or first >= end:
            continue
        if first < wanted.start or at > end:
            return None
        found.append(batch)
    return found


async def _send_file(path: Path, batches: list[Batch]) -> AsyncGenerator[bytes]:
    """Parts of a file, framed; each piece is read and summed in a thread."""
    pieces = encode_chunks(_parts(path, batches), write_bytes_min=_WRITE_BYTES)
    small = sum(batch.length for batch in batches) < _WRITE_BYTES
    while True:
        piece = _next(pieces) if small else await asyncio.to_thread(_next, pieces)
        if not piece:
            return
        yield piece


def _next(pieces: Iterator[bytes]) -> bytes:
    return next(pieces, b"")


def _parts(path: Path, batches: list[Batch]) -> Iterator[bytes]:
    with path.open("rb") as file:
        for batch in batches:
            file.seek(batch.offset)
            left = batch.length
            while left:
                data = file.read(min(left, _WRITE_BYTES))
                if not data:
                    raise NotFound("The result file is cut short: run the query again", code="NoSuchData")
                left -= len(data)
                yield data
