"""Reading the bytes of an object: small ones at once, large ones in pieces from a thread."""

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

import msgspec

from yunbox.kernel.errors import Internal
from yunbox.storage.objects.blobs import Blobs
from yunbox.storage.objects.model import Extent, crc64
from yunbox.storage.objects.packs import Packs
from yunbox.storage.objects.pins import Pins, pins_of
from yunbox.storage.objects.waiting import in_thread

_PIECE_BYTES = 1024 * 1024
_INLINE_BYTES_MAX = 256 * 1024


class Slice(msgspec.Struct, frozen=True):
    """A part of an extent; ``start`` counts from the extent's beginning."""

    extent: Extent
    start: int
    length: int


def slices(extents: Sequence[Extent], start: int, length: int) -> list[Slice]:
    """The parts of extents that hold ``length`` bytes from ``start``."""
    found: list[Slice] = []
    at = 0
    for extent in extents:
        first, last = max(start - at, 0), min(start + length - at, extent.length)
        if first < last:
            found.append(Slice(extent, first, last - first))
        at += extent.length
    return found


@dataclass(frozen=True)
class Copied:
    """Bytes under fresh names. Those of packs are payloads still to be written, and None among the extents."""

    named: tuple[Extent | None, ...]
    payloads: tuple[bytes, ...]
    etag: str = ""

    @property
    def linked(self) -> list[Extent]:
        """The extents that exist already."""
        return [extent for extent in self.named if extent is not None]

    def extents(self, appended: Sequence[Extent]) -> tuple[Extent, ...]:
        """All extents, once the payloads are written."""
        fresh = iter(appended)
        return tuple(extent if extent is not None else next(fresh) for extent in self.named)


class Source:
    """The open bytes of one version. Close it: its files cannot be unlinked before."""

    def __init__(self, blobs: Blobs, packs: Packs, pins: Pins, extents: Sequence[Extent]) -> None:
        self._blobs = blobs
        self._packs = packs
        self._pins = pins
        self._extents = extents
        self._pinned = pins_of(extents)
        pins.pin(self._pinned)

    def close(self) -> None:
        """Let the files go."""
        pinned, self._pinned = self._pinned, set()
        self._pins.unpin(pinned)

    async def ready(self, start: int, length: int) -> None:
        """Everything is there already."""

    def small(self, start: int, length: int) -> bytes | None:
        """Bytes that are read at once, or None when there are too many of them."""
        if length > _INLINE_BYTES_MAX:
            return None
        return b"".join(self._read(part) for part in slices(self._extents, start, length))

    async def pieces(self, start: int, length: int) -> AsyncGenerator[bytes]:
        """Bytes in pieces, each read ahead while the one before it is sent."""
        parts = [
            Slice(part.extent, part.start + offset, min(_PIECE_BYTES, part.length - offset))
            for part in slices(self._extents, start, length)
            for offset in range(0, part.length, _PIECE_BYTES)
        ]
        ahead: asyncio.Future[bytes] | None = None
        try:
            for number, part in enumerate(parts):
                data = await (ahead or asyncio.to_thread(self._read, part))
                following = parts[number + 1 : number + 2]
                ahead = asyncio.ensure_future(asyncio.to_thread(self._read, following[0])) if following else None
                yield data
        finally:
            if ahead is not None:
                await asyncio.wait([ahead])
            self.close()

    def read(self, start: int, length: int) -> bytes:
        """Bytes, read where they are asked for; for a thread or a process of its own."""
        return b"".join(self._read(part) for part in slices(self._extents, start, length))

    async def linked(self) -> Copied:
        """All bytes under fresh names. Raises StorageFull."""
        whole = [Slice(extent, 0, extent.length) for extent in self._extents]
        return await in_thread(self._copied, whole, undo=self.discard)

    async def copied(self, start: int, length: int) -> Copied:
        """A range of the bytes under fresh names, with their own sums; it is read. Raises StorageFull."""
        return await in_thread(self._copied_range, start, length, undo=self.discard)

    def discard(self, copied: Copied) -> None:
        """Forget fresh names that nobody has used."""
        for number in {extent.file for extent in copied.linked}:
            self._blobs.remove(number)

    def _copied_range(self, start: int, length: int) -> Copied:
        digest = hashlib.md5(usedforsecurity=False)
        parts: list[Slice] = []
        for part in slices(self._extents, start, length):
            total = 0
            for offset in range(0, part.length, _PIECE_BYTES):
                data = self._read(Slice(part.extent, part.start + offset, min(_PIECE_BYTES, part.length - offset)))
                digest.update(data)
                total = crc64(data, total)
            if part.length == part.extent.length:
                _check(part.extent, total)
            parts.append(Slice(msgspec.structs.replace(part.extent, crc64=total), part.start, part.length))
        found = self._copied(parts)
        return Copied(found.named, found.payloads, digest.hexdigest().upper())

    def _copied(self, parts: Sequence[Slice]) -> Copied:
        """Fresh names, and what of packs is to be written anew: looked at first, lest damage get a sum of its own."""
        numbers: dict[int, int] = {}
        try:
            return self._name(parts, numbers)
        except BaseException:
            for number in numbers.values():
                self._blobs.remove(number)
            raise

    def _name(self, parts: Sequence[Slice], numbers: dict[int, int]) -> Copied:
        named: list[Extent | None] = []
        payloads: list[bytes] = []
        for part in parts:
            extent = part.extent
            if extent.packed:
                payload = self._read(part)
                _check(extent, crc64(payload))
                payloads.append(payload)
                named.append(None)
                continue
            if extent.file not in numbers:
                numbers[extent.file] = self._blobs.link(extent.file)
            named.append(Extent(numbers[extent.file], extent.offset + part.start, part.length, extent.crc64))
        return Copied(tuple(named), tuple(payloads))

    def _read(self, part: Slice) -> bytes:
        if part.extent.packed:
            return self._packs.read(part.extent, part.start, part.length)
        fd = os.open(self._blobs.path(part.extent.file), os.O_RDONLY)
        try:
            data = os.pread(fd, part.length, part.extent.offset + part.start)
        finally:
            os.close(fd)
        if len(data) != part.length:
            raise Internal(f"File {part.extent.file:x} is shorter than the index says: run `yunbox oss scrub`")
        return data


def _check(extent: Extent, found: int) -> None:
    if found != extent.crc64:
        raise Internal("The bytes to copy are not those that were written: run `yunbox oss scrub`")
