"""A store with one bucket, and short words for what the tests do with it."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.faults.objects_audit import audit
from yunbox.kernel.clock import ManualClock
from yunbox.storage.objects.model import Bucket, BucketStat, ObjectRecord, crc64
from yunbox.storage.objects.objects import Addition, Attributes, Check, NoSuchKey
from yunbox.storage.objects.reading import Source
from yunbox.storage.objects.store import ObjectStore

LARGE = 200_000
GIB = 1 << 30


def data_of(size: int, seed: int = 0) -> bytes:
    """Bytes that are like no others."""
    return random.Random(seed).randbytes(size)


async def chunks(data: bytes, size: int = 65_536) -> AsyncIterator[bytes]:
    """Data as it comes over a wire."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


class Shelf:
    """A store that can be opened again, and its bucket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.store = self._open()
        asyncio.run(self.store.buckets.create("b", "1"))

    @property
    def bucket(self) -> Bucket:
        return self.store.buckets.get("b")

    @property
    def stat(self) -> BucketStat:
        return self.store.buckets.stat(self.bucket)

    def _open(self) -> ObjectStore:
        store = ObjectStore(self.folder, self.clock)
        store.start()
        return store

    def reopen(self) -> None:
        self.store.close()
        self.store = self._open()

    def audit(self) -> None:
        audit(self.store, self.folder)

    async def versioning(self, state: str) -> None:
        await self.store.buckets.update("b", versioning=state)

    async def put(self, key: str, data: bytes, check: Check | None = None, **attributes: Any) -> ObjectRecord:
        content = await self.store.objects.receive(chunks(data), size_max=GIB)
        return await self.store.objects.put(self.bucket, key, content, Attributes(**attributes), check)

    async def append(self, key: str, position: int, data: bytes, size_max: int = GIB) -> ObjectRecord:
        addition = Addition(position, chunks(data), Attributes(), size_max)
        return await self.store.objects.append(self.bucket, key, addition)

    async def delete(self, key: str, wanted: str | None = None) -> ObjectRecord | None:
        return await self.store.objects.delete(self.bucket, key, "1", wanted)

    async def copy(self, key: str, target: str, **changes: Any) -> ObjectRecord:
        import msgspec

        record, source = self.store.objects.open(self.bucket, key)
        with contextlib.closing(source):
            record = msgspec.structs.replace(record, **{"kind": "Normal", **changes})
            return await self.store.objects.copy(source, self.bucket, target, record)

    async def begin(self, key: str) -> str:
        return (await self.store.uploads.begin(self.bucket, key, Attributes())).id

    async def part(self, key: str, upload: str, number: int, data: bytes) -> str:
        content = await self.store.objects.receive(chunks(data), size_max=GIB)
        return (await self.store.uploads.put_part(self.bucket, key, upload, number, content)).etag

    async def read(self, key: str, wanted: str | None = None, start: int = 0, length: int | None = None) -> bytes:
        """The bytes of an object, of which the sum must be that of the record."""
        record, source = self.store.objects.open(self.bucket, key, wanted)
        whole = length is None
        data = await read(source, start, record.size if length is None else length)
        assert not whole or crc64(data) == record.crc64
        return data

    async def find(self, key: str) -> bytes | None:
        try:
            return await self.read(key)
        except NoSuchKey:
            return None


async def read(source: Source, start: int, length: int) -> bytes:
    """Bytes of an open source, which is closed then."""
    with contextlib.closing(source):
        small = source.small(start, length)
        pieces = b"".join([piece async for piece in source.pieces(start, length)])
    assert small is None or small == pieces
    return pieces
