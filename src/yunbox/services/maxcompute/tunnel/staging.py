"""A request body as plain bytes, unpacked and checked as it arrives, and its way to a file or a pipe.

Nothing a client sent is decoded here: checksums and the bounds of Arrow messages are verified, and a worker
process reads the rest. Never more than a few pieces are in memory, and what takes long is done in a thread.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path

from yunbox.kernel import limits
from yunbox.kernel.errors import InvalidArgument
from yunbox.schema.types import DataType
from yunbox.storage.files import translate
from yunbox.wire.odps.arrow import BatchFilter
from yunbox.wire.odps.compression import Decompressor
from yunbox.wire.odps.frames import BytesLike, ChunkDecoder

PIECE_BYTES = 256 << 10
PIPE_BYTES = 1 << 20
_GATHERED_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031
Columns = Sequence[tuple[str, DataType]]


class Unpacker:
    """Takes a body in pieces and gives its plain bytes: for Arrow the record batches alone."""

    def __init__(self, columns: Columns, coding: str | None, *, arrow: bool) -> None:
        self.is_slow = coding is not None
        self._plain = Decompressor(coding)
        self._chunks = ChunkDecoder() if arrow else None
        self._batches = BatchFilter(columns) if arrow else None

    def feed(self, pieces: Iterable[bytes]) -> Iterator[BytesLike]:
        """What these pieces of body hold, bit by bit: it may be thousands of times as much."""
        return (part for piece in pieces for plain in self._plain.feed(piece) for part in self._checked(plain))

    def finish(self) -> Iterator[BytesLike]:
        """The rest, once the whole is known to be sound."""
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


class Incoming:
    """A body's plain bytes, piece by piece; ``received`` counts what came over the wire."""

    def __init__(
        self, chunks: AsyncIterator[bytes], unpacker: Unpacker, *, size_max: int = limits.BLOCK_BYTES_MAX
    ) -> None:
        self.received = 0
        self._chunks = chunks
        self._unpacker = unpacker
        self._size_max = size_max

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Each piece once enough has arrived; what is left at the end. Raises InvalidArgument for damage."""
        pending: list[bytes] = []
        size = 0
        async for chunk in self._chunks:
            self._count(len(chunk))
            pending.append(chunk)
            size += len(chunk)
            if size >= PIECE_BYTES:
                async for piece in self._gathered(self._unpacker.feed(pending)):
                    yield piece
                pending, size = [], 0
        async for piece in self._gathered(self._unpacker.feed(pending)):
            yield piece
        async for piece in self._gathered(self._unpacker.finish()):
            yield piece

    async def _gathered(self, parts: Iterator[BytesLike]) -> AsyncGenerator[bytes, None]:
        more = True
        while more:
            slow = self._unpacker.is_slow
            piece, more = await asyncio.to_thread(_gather, parts) if slow else _gather(parts)
            yield piece

    def _count(self, size: int) -> None:
        self.received += size
        if self.received > self._size_max:
            raise InvalidArgument(f"The body is larger than {self._size_max} bytes", code="MaxMessageLengthExceeded")


def _gather(parts: Iterator[BytesLike]) -> tuple[bytes, bool]:
    """Parts as one piece, and whether there may be more of them."""
    held: list[BytesLike] = []
    size = 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= _GATHERED_BYTES:
            return b"".join(held), True
    return b"".join(held), False


async def write_file(path: Path, head: Iterable[bytes], rest: AsyncIterator[bytes]) -> None:
    """Write pieces to a file that need not survive a crash; a thread writes while the next piece arrives."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    writing: asyncio.Future[None] | None = None
    try:
        for piece in head:
            _write(fd, piece)
        async for piece in rest:
            if writing is not None:
                await asyncio.shield(writing)
            writing = asyncio.ensure_future(asyncio.to_thread(_write, fd, piece))
        if writing is not None:
            await asyncio.shield(writing)
    except OSError as error:
        raise translate(error) from error
    finally:
        if writing is not None and not writing.done():  # the thread must not outlive its file
            await asyncio.wait([writing])
        os.close(fd)


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


class Pipe:
    """A named pipe that a worker reads while this process writes; no thread waits for either.

    More than ``PIPE_BYTES`` must be written, because only then has the reader certainly opened its end.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path, 0o600)
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)  # opening for writing alone would wait for the reader
        fcntl.fcntl(self._fd, _F_SETPIPE_SZ, PIPE_BYTES)

    async def write(self, data: bytes) -> None:
        """Write all of it, at the reader's pace."""
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._fd, view) :]
            except BlockingIOError:
                await self._writable()

    async def _writable(self) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_writer(self._fd, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_writer(self._fd)

    def close(self) -> None:
        """End the reader's input."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
            self.path.unlink(missing_ok=True)
