"""The bytes of one object or part on their way in: small ones stay in memory, large ones become a file at once."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from yunbox.kernel.errors import InvalidArgument
from yunbox.storage.objects.blobs import Blobs, BlobWriter
from yunbox.storage.objects.model import Extent, crc64
from yunbox.storage.objects.packs import PACKED_BYTES_MAX
from yunbox.storage.objects.waiting import in_thread, to_end

_WRITE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Content:
    """Bytes that were received whole: a payload for a pack, or an extent of a file that is on disk."""

    size: int
    md5: bytes
    crc64: int
    payload: bytes | None = None
    extent: Extent | None = None

    @property
    def payloads(self) -> tuple[bytes, ...]:
        """What is still to be written."""
        return (self.payload,) if self.payload else ()

    def extents(self, appended: tuple[Extent, ...]) -> tuple[Extent, ...]:
        """Where the bytes lie, once the payload is written."""
        return appended if self.payload else (self.extent,) if self.extent else ()


def of_bytes(data: bytes) -> Content:
    """Small content that is in memory."""
    return Content(len(data), hashlib.md5(data, usedforsecurity=False).digest(), crc64(data), payload=data)


class TooLarge(InvalidArgument):
    """More bytes arrived than the operation takes."""


async def receive(
    blobs: Blobs, chunks: AsyncIterator[bytes], *, size_max: int, packed: bool = True, writer: BlobWriter | None = None
) -> Content:
    """Take bytes as they arrive. Raises TooLarge, StorageFull, and whatever the source raises; nothing stays then.

    ``packed`` allows small content to stay in memory; ``writer`` is a file to append to.
    """
    buffer = bytearray()
    size = 0
    writing: asyncio.Future[None] | None = None
    try:
        async for chunk in chunks:
            size += len(chunk)
            if size > size_max:
                raise TooLarge(f"At most {size_max} bytes may be uploaded here", code="EntityTooLarge")
            buffer += chunk
            if len(buffer) > (_WRITE_BYTES if writer or not packed else PACKED_BYTES_MAX):
                writer = writer or blobs.create()
                packed = False
                await _ended(writing)
                writing = _begin(writer, buffer)  # one piece is summed and written while the next arrives
                buffer = bytearray()
        await _ended(writing)
        if writer is None and (packed or not buffer):
            return of_bytes(bytes(buffer))
        writer = writer or blobs.create()
        return await in_thread(_finish, writer, buffer)
    except BaseException:
        if writer is not None:
            await _discard(writer, writing)
        raise


def _begin(writer: BlobWriter, data: bytearray) -> "asyncio.Future[None]":
    return asyncio.get_running_loop().run_in_executor(None, writer.write, data)


async def _ended(writing: "asyncio.Future[None] | None") -> None:
    if writing is not None:
        await to_end(writing)


async def _discard(writer: BlobWriter, writing: "asyncio.Future[None] | None") -> None:
    """Forget what was written, once nothing writes any more."""
    with contextlib.suppress(Exception):
        await _ended(writing)
    await in_thread(writer.discard)


def _finish(writer: BlobWriter, rest: bytearray) -> Content:
    if rest:
        writer.write(rest)
    extent = writer.finish()
    return Content(writer.size, writer.md5, writer.crc64, extent=extent)


async def adopt(blobs: Blobs, path: Path) -> Content:
    """The bytes of a file that some engine wrote. Raises StorageFull."""

    def forget(content: Content) -> None:
        if content.extent is not None:
            blobs.remove(content.extent.file)

    return await in_thread(_adopt, blobs, path, undo=forget)


def _adopt(blobs: Blobs, path: Path) -> Content:
    writer = blobs.create()
    try:
        with path.open("rb") as source:
            while data := source.read(_WRITE_BYTES):
                writer.write(data)
        return _finish(writer, bytearray())
    except BaseException:
        writer.discard()
        raise
