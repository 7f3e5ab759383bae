"""One uploaded body to one durable Parquet file.

A small body, or one that comes slowly, is kept in a file until it is complete, so that no worker waits for its
client. A large one that comes fast flows to a worker through a pipe: reading, checking and compressing then go
on at the same time, and no byte of it is written twice.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from yunbox.engine.duck.messages import IngestBlock, Written
from yunbox.engine.duck.pool import Worker, WorkerPool
from yunbox.kernel.errors import InvalidArgument
from yunbox.schema.tables import Table
from yunbox.services.maxcompute.tunnel.slots import Slots
from yunbox.services.maxcompute.tunnel.staging import PIPE_BYTES, Incoming, Pipe, Unpacker, write_file
from yunbox.wire.odps.compression import parse_encoding

_HEAD_BYTES = 2 * PIPE_BYTES
_FAST_BYTES_PER_S = 8 << 20
_STALL_S = 300.0


class Ingest:
    """Takes bodies in. ``scratch`` is a folder that is emptied when the server starts."""

    def __init__(self, pool: WorkerPool, slots: Slots, scratch: Path) -> None:
        self._pool = pool
        self._slots = slots
        self._scratch = scratch

    async def run(self, table: Table, folder: Path, body: AsyncIterator[bytes], coding: str, *, arrow: bool) -> Written:
        """Write a body's rows as a file in a folder; returns the file, if there are rows."""
        flat = replace(table, partition_columns=())
        unpacker = Unpacker([(c.name, c.type) for c in flat.columns], parse_encoding(coding), arrow=arrow)
        incoming = Incoming(body, unpacker)
        request = IngestBlock(flat, self._new_path(), "arrow" if arrow else "protobuf", folder, ())
        async with aclosing(incoming.pieces()) as pieces:
            head, fast = await _head(pieces)
            run = self._through_pipe if fast else self._through_file
            return await run(request, head, pieces)

    def _new_path(self) -> Path:
        return self._scratch / f"block-{uuid.uuid4().hex}"

    async def _through_file(self, request: IngestBlock, head: list[bytes], rest: AsyncIterator[bytes]) -> Written:
        try:
            await write_file(request.block, head, rest)
            async with self._pool.lease() as worker:
                return await worker.call(request)
        finally:
            request.block.unlink(missing_ok=True)

    async def _through_pipe(self, request: IngestBlock, head: list[bytes], rest: AsyncIterator[bytes]) -> Written:
        async with self._slots.lease() as worker:
            pipe = Pipe(request.block)
            writing = asyncio.ensure_future(_copy(head, rest, pipe))
            working = asyncio.ensure_future(worker.call(request))
            try:
                await asyncio.wait([writing, working], return_when=asyncio.FIRST_COMPLETED)
                if working.done():  # before the end of its input: it has failed, and says how
                    return working.result()
                await writing
                return await working
            finally:
                await _settle(writing, working, worker)
                pipe.close()


async def _head(pieces: AsyncIterator[bytes]) -> tuple[list[bytes], bool]:
    """The first pieces, and whether more is to come fast."""
    head: list[bytes] = []
    size, started = 0, time.monotonic()
    async for piece in pieces:
        head.append(piece)
        size += len(piece)
        if size > _HEAD_BYTES:
            return head, size > _FAST_BYTES_PER_S * (time.monotonic() - started)
    return head, False


async def _copy(head: list[bytes], rest: AsyncIterator[bytes], pipe: Pipe) -> None:
    while head:
        await pipe.write(head.pop(0))
    while True:
        try:
            piece = await asyncio.wait_for(anext(rest, None), _STALL_S)
        except TimeoutError:
            raise InvalidArgument("The client sent nothing for too long", code="RequestTimeOut") from None
        if piece is None:
            break
        await pipe.write(piece)
    pipe.close()


async def _settle(writing: asyncio.Future[None], working: asyncio.Future[Written], worker: Worker) -> None:
    """Leave nothing behind when one of the two has failed: a worker amid its input is of no more use."""
    if not working.done():
        worker.kill()
    for task in (writing, working):
        task.cancel()
    await asyncio.gather(writing, working, return_exceptions=True)
