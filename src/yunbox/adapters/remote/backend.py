"""A mounted bucket as a backend: the remote's objects, behind the two caches.

A body is received whole before it is sent on, so its length and sums are checked first and a client that goes away
leaves nothing at the remote. Parts of an upload wait in the local store and become one object when it is completed.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Generator, Sequence
from typing import Any

import msgspec

from yunbox.adapters.remote import pages
from yunbox.adapters.remote.blocks import BLOCK_BYTES, BlockCache, Place
from yunbox.adapters.remote.client import APPEND_BYTES_MAX, Client, Found, Gone
from yunbox.adapters.remote.memory import Head, MetaCache, MetaCounts
from yunbox.adapters.remote.reading import AHEAD, Blocks, RemoteBytes
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import StorageFull, Unsupported
from yunbox.storage.objects.content import Content
from yunbox.storage.objects.listing import Page, Query
from yunbox.storage.objects.model import MULTIPART, NORMAL, Bucket, ObjectRecord
from yunbox.storage.objects.objects import Addition, Attributes, Check, NoSuchKey, PositionNotEqualToLength
from yunbox.storage.objects.ports import UNKNOWN_SUM, Mount, Stale
from yunbox.storage.objects.store import ObjectStore
from yunbox.storage.objects.waiting import Turns, in_thread

_LIST_PAGE = 1000


class Mounted:
    """The objects of one mounted bucket."""

    def __init__(self, mount: Mount, store: ObjectStore, clock: Clock, cache: BlockCache) -> None:
        self._mount = mount
        self._store = store
        self._client = Client(mount)
        self._memory = MetaCache(clock, mount.ttl_s)
        self._cache = cache
        self._blocks = Blocks(self._client, cache, self._memory)
        self._turns = Turns()

    async def close(self) -> None:
        """End what is under way."""
        await self._blocks.close()

    # -- looking

    async def get(self, bucket: Bucket, key: str, wanted: str | None = None) -> ObjectRecord:
        """The record of a key. Raises NoSuchKey, and Unsupported for a version."""
        _no_version(wanted)
        return (await self._existing(key)).record

    async def find(self, bucket: Bucket, key: str) -> ObjectRecord | None:
        """The record of a key, or None."""
        head = await self._head(key)
        return head.record if head is not None else None

    async def open(self, bucket: Bucket, key: str, wanted: str | None = None) -> tuple[ObjectRecord, RemoteBytes]:
        """A record and its bytes. Raises NoSuchKey."""
        _no_version(wanted)
        head = await self._existing(key)
        return head.record, RemoteBytes(self._blocks, Place(key, head.etag), head)

    async def page(self, bucket: Bucket, query: Query) -> Page:
        """A page of a listing."""
        found = self._memory.page(query)
        if found is None:
            generation = self._memory.generation
            found = await pages.fetch(self._client, query)
            self._memory.keep_page(query, found, generation)
        return found

    async def _existing(self, key: str) -> Head:
        head = await self._head(key)
        if head is None:
            raise NoSuchKey(key)
        return head

    async def _head(self, key: str, *, fresh: bool = False) -> Head | None:
        _check_name(key)
        if not fresh:
            known, head = self._memory.head(key)
            if known:
                return head
        generation = self._memory.generation
        try:
            head = _head_of(await self._client.head(key))
        except Gone:
            head = None
        self._memory.keep_head(key, head, generation)
        return head

    # -- writing

    async def put(
        self, bucket: Bucket, key: str, content: Content, attributes: Attributes, check: Check | None = None
    ) -> ObjectRecord:
        """Send received content on. Raises what ``check`` raises; the content is gone then."""
        source = self._store.objects.source(content.extents(()))
        try:
            pieces = source.pieces(0, content.size) if content.payload is None else _once(content.payload)
            return await self._send(key, content.size, content.crc64, pieces, attributes, check)
        finally:
            source.close()
            await in_thread(self._store.objects.discard, content)

    async def append(self, bucket: Bucket, key: str, addition: Addition) -> ObjectRecord:
        """Add bytes to the end of an object at the remote, in one request. Raises PositionNotEqualToLength.

        The remote is asked for the object's length right before; should another writer come between, Stale tells.
        """
        position, attributes = addition.position, addition.attributes
        _check_attributes(attributes)
        _check_name(key)
        size_max = min(addition.size_max, APPEND_BYTES_MAX)
        content = await self._store.objects.receive(addition.chunks, size_max=size_max)
        source = self._store.objects.source(content.extents(()))
        try:
            addition.inspect(content)
            pieces = source.pieces(0, content.size) if content.payload is None else _once(content.payload)
            async with self._turns.turn(key), contextlib.aclosing(pieces):
                head = await self._head(key, fresh=True)
                length = head.record.size if head is not None else 0
                if length != position:
                    raise PositionNotEqualToLength(length, UNKNOWN_SUM)
                with self._changing(key):
                    await self._client.append(key, pieces, attributes.headers)
                await asyncio.to_thread(self._cache.drop, key)
                record = await self._written(key)
        finally:
            source.close()
            await in_thread(self._store.objects.discard, content)
        if record.size != position + content.size:
            raise Stale("Another writer appended to the object meanwhile: look at it before going on")
        return record

    async def complete(
        self,
        bucket: Bucket,
        key: str,
        upload_id: str,
        wanted: Sequence[tuple[int, str]] | None,
        check: Check | None = None,
        acl: str = "",
    ) -> ObjectRecord:
        """Send the parts of an upload on as one object; they go when it is there."""
        upload, staged, source = self._store.uploads.staged(bucket, key, upload_id, wanted)
        attributes = Attributes(upload.owner, upload.storage_class, upload.headers, upload.tags, acl or upload.acl)
        try:
            pieces = source.pieces(0, staged.size)
            record = await self._send(key, staged.size, staged.crc64, pieces, attributes, check)
        finally:
            source.close()
        await self._store.uploads.abort(bucket, key, upload_id)
        return record

    async def copy_inside(self, source_key: str, key: str, check: Check | None = None) -> ObjectRecord:
        """Copy by the remote's own copy."""
        _check_name(source_key)
        async with self._turns.turn(key):
            await self._checked(key, check)
            with self._changing(key):
                await self._client.copy(source_key, key)
            await asyncio.to_thread(self._cache.drop, key)
            return await self._written(key)

    async def delete(self, bucket: Bucket, key: str, owner: str, wanted: str | None = None) -> ObjectRecord | None:
        """Delete a key."""
        _no_version(wanted)
        _check_name(key)
        async with self._turns.turn(key):
            with self._changing(key):
                await self._client.delete(key)
            await asyncio.to_thread(self._cache.drop, key)
        return None

    async def delete_many(
        self, bucket: Bucket, keys: Sequence[tuple[str, str | None]], owner: str
    ) -> list[ObjectRecord | None]:
        """Delete many keys; those that went before one failed are gone."""
        return await asyncio.gather(*(self.delete(bucket, key, owner, wanted) for key, wanted in keys))

    async def _send(
        self,
        key: str,
        size: int,
        crc64: int,
        pieces: AsyncGenerator[bytes],
        attributes: Attributes,
        check: Check | None,
    ) -> ObjectRecord:
        _check_attributes(attributes)
        _check_name(key)
        async with self._turns.turn(key), contextlib.aclosing(pieces):
            only_new = await self._checked(key, check)
            with self._changing(key):
                await self._client.write(key, size, pieces, attributes.headers, only_new=only_new)
            await asyncio.to_thread(self._cache.drop, key)
            return await self._written(key, size, crc64)

    async def _checked(self, key: str, check: Check | None) -> bool:
        """Whether the write must not replace anything: what a writer asked of an absent object holds at the remote."""
        if check is None:
            return False
        current = await self._head(key, fresh=True)
        check(current.record if current is not None else None)
        return current is None

    async def _written(self, key: str, size: int = -1, crc64: int = UNKNOWN_SUM) -> ObjectRecord:
        generation = self._memory.generation
        head = await self._head(key, fresh=True)
        if head is None:
            raise Stale("The object was removed at the remote meanwhile: try again")
        if crc64 != UNKNOWN_SUM and head.record.size == size:
            head = Head(msgspec.structs.replace(head.record, crc64=crc64), head.etag)
            self._memory.keep_head(key, head, generation)
        return head.record

    @contextlib.contextmanager
    def _changing(self, key: str) -> Generator[None]:
        self._memory.invalidate(key)
        try:
            yield
        finally:
            self._memory.invalidate(key)

    # -- looking after

    def forget(self, key: str) -> None:
        """Believe no longer what is remembered of a key and of the listings with it."""
        self._memory.invalidate(key)

    async def warm(self, prefix: str) -> AsyncGenerator[dict[str, Any]]:
        """Fetch metadata and bytes of all objects with a prefix. Raises StorageFull when they do not fit."""
        query = Query(prefix, limit=_LIST_PAGE)
        while True:
            generation = self._memory.generation
            page = await pages.fetch(self._client, query)
            self._memory.keep_page(query, page, generation)
            for key, _ in page.entries:
                head = await self._head(key, fresh=True)
                if head is not None:
                    yield {"key": key, "bytes": head.record.size, "fetched_bytes": await self._warm(key, head)}
            if not page.truncated:
                return
            query = Query(prefix, after=page.last, limit=_LIST_PAGE)

    async def _warm(self, key: str, head: Head) -> int:
        place, before = Place(key, head.etag), self._cache.counts.fetched_bytes
        numbers = range(-(-head.record.size // BLOCK_BYTES))
        for start in range(0, len(numbers), AHEAD):
            await asyncio.gather(*(self._blocks.block(place, head, n) for n in numbers[start : start + AHEAD]))
        if numbers and not self._cache.has(place, numbers[0]):
            raise StorageFull("The cache has no room for more: unpin something, or mount with a larger --cache-gb")
        return self._cache.counts.fetched_bytes - before

    @property
    def meta_counts(self) -> MetaCounts:
        """How often the metadata cache knew."""
        return self._memory.counts

    async def status(self) -> dict[str, Any]:
        """Sizes and hit rates since the server started."""
        blocks, meta = self._cache.counts, self._memory.counts
        return {
            "remote": self._mount.shown,
            "ttl_s": self._mount.ttl_s,
            **await asyncio.to_thread(self._cache.status),
            **msgspec.to_builtins(blocks),
            **self._memory.status(),
            **msgspec.to_builtins(meta),
            "hit_rate": _rate(blocks.hits, blocks.misses),
            "head_hit_rate": _rate(meta.head_hits, meta.head_misses),
            "list_hit_rate": _rate(meta.list_hits, meta.list_misses),
        }


def _rate(hits: int, misses: int) -> float:
    return round(hits / (hits + misses), 4) if hits + misses else 0.0


def _head_of(found: Found) -> Head:
    etag = found.etag.strip('"').upper()
    kind = MULTIPART if "-" in etag else NORMAL
    record = ObjectRecord(kind, found.size, found.modified_ms, etag, UNKNOWN_SUM, headers=found.headers)
    return Head(record, found.etag)


def _check_name(key: str) -> None:
    """Refuse what OpenDAL would call by another name."""
    if "//" in key or key != key.strip():
        raise Unsupported(
            "A mounted bucket has no names with two slashes in a row, or with blanks at an end.", code="NotImplemented"
        )


def _check_attributes(attributes: Attributes) -> None:
    refused = {
        "tags": bool(attributes.tags),
        "an ACL of an object": bool(attributes.acl),
        "the storage class": attributes.storage_class not in ("", "Standard"),
    }
    for what, asked in refused.items():
        if asked:
            raise Unsupported(f"Setting {what} is not offered on a mounted bucket.", code="NotImplemented")


def _no_version(wanted: str | None) -> None:
    if wanted is not None:
        raise Unsupported("Versions (versionId) are not offered on a mounted bucket.", code="NotImplemented")


async def _once(data: bytes) -> AsyncGenerator[bytes]:
    yield data
