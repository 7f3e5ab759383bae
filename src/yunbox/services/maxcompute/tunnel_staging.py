"""A request body on its way to a file: unpacked and checked as it arrives, never held whole.

Nothing a client sent is decoded here; checksums and the bounds of Arrow messages are verified, and a worker
process reads the file. Work on more than a few kilobytes is done in a thread, one piece at a time, while the
next piece arrives, so that an upload neither blocks the event loop nor fills memory.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path

from yunbox.kernel import limits
from yunbox.kernel.errors import InvalidArgument
from yunbox.storage.files import translate
from yunbox.wire.http import Body
from yunbox.wire.odps.arrow import BatchFilter
from yunbox.wire.odps.compression import Decompressor
from yunbox.wire.odps.frames import BytesLike, ChunkDecoder
from yunbox.wire.odps.types import DataType

PIECE_BYTES = 1 << 20
_INLINE_BYTES_MAX = 64 << 10
Columns = Sequence[tuple[str, DataType]]


class Unpacker:
    """Takes a body in pieces and gives its plain bytes: for Arrow the record batches alone."""

    def __init__(self, columns: Columns, coding: str | None, *, arrow: bool) -> None:
        self._plain = Decompressor(coding)
        self._chunks = ChunkDecoder() if arrow else None
        self._batches = BatchFilter(columns) if arrow else None

    def feed(self, pieces: Iterable[bytes]) -> Iterator[BytesLike]:
        """Yield what these pieces of body hold."""
        for piece in pieces:
            for plain in self._plain.feed(piece):
                yield from self._checked(plain)

    def finish(self) -> Iterator[BytesLike]:
        """Yield the rest, once the whole is known to be sound."""
        for plain in self._plain.finish():
            yield from self._checked(plain)
        if self._chunks is not None and self._batches is not None:
            for payload in self._chunks.finish():
                yield from self._batches.feed(payload)
            self._batches.finish()

    def _checked(self, plain: bytes) -> Iterator[BytesLike]:
        if self._chunks is None or self._batches is None:
            yield plain
            return
        for payload in self._chunks.feed(plain):
            yield from self._batches.feed(payload)


@contextlib.asynccontextmanager
async def staged(body: Body, path: Path, unpacker: Unpacker | None = None) -> AsyncIterator[int]:
    """A file with the body's plain bytes for as long as the block runs; gives the bytes that were received."""
    try:
        yield await receive(body, path, unpacker)
    finally:
        path.unlink(missing_ok=True)


async def receive(
    body: Body, path: Path, unpacker: Unpacker | None = None, size_max: int = limits.BLOCK_BYTES_MAX
) -> int:
    """Write a body to a file; returns how many bytes were received."""
    writer = _Writer(path, unpacker)
    received = 0
    try:
        async for chunk in body.chunks():
            received += len(chunk)
            if received > size_max:
                raise InvalidArgument(f"The body is larger than {size_max} bytes", code="MaxMessageLengthExceeded")
            await writer.add(chunk)
        await writer.finish()
    except OSError as error:
        raise translate(error) from error
    finally:
        await writer.close()
    return received


class _Writer:
    """Collects pieces while a thread writes the ones before them."""

    def __init__(self, path: Path, unpacker: Unpacker | None) -> None:
        self._file = path.open("wb", buffering=0)
        self._unpacker = unpacker
        self._pending: list[bytes] = []
        self._size = 0
        self._writing: asyncio.Future[None] | None = None

    async def add(self, chunk: bytes) -> None:
        self._pending.append(chunk)
        self._size += len(chunk)
        if self._size >= PIECE_BYTES:
            await self._settle()
            pieces, self._pending, self._size = self._pending, [], 0
            self._writing = asyncio.ensure_future(asyncio.to_thread(self._take, pieces))

    async def finish(self) -> None:
        await self._settle()
        if self._size > _INLINE_BYTES_MAX:
            await asyncio.to_thread(self._end, self._pending)
        else:
            self._end(self._pending)

    async def close(self) -> None:
        """Let the thread end before its file goes, also when the request was cancelled."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
            self._writing.exception()
        self._file.close()

    async def _settle(self) -> None:
        if self._writing is not None:
            await asyncio.shield(self._writing)
            self._writing = None

    def _take(self, pieces: list[bytes]) -> None:
        self._write(pieces if self._unpacker is None else self._unpacker.feed(pieces))

    def _end(self, pieces: list[bytes]) -> None:
        self._take(pieces)
        if self._unpacker is not None:
            self._write(self._unpacker.finish())

    def _write(self, parts: Iterable[BytesLike]) -> None:
        data = memoryview(b"".join(parts))
        while data:
            data = data[self._file.write(data) :]
