"""Reading a remote object through the block cache: one fetch for all who want a block, and some blocks ahead."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator

from yunbox.adapters.remote.blocks import BLOCK_BYTES, BlockCache, Place
from yunbox.adapters.remote.client import Client, Gone
from yunbox.adapters.remote.memory import Head, MetaCache
from yunbox.storage.objects.ports import Stale

AHEAD = 4
_SMALL_BYTES_MAX = 256 * 1024
_READERS_MAX = 1024
_PREFETCHING_MAX = 16


class Blocks:
    """The blocks of a mounted bucket, wherever they are."""

    def __init__(self, client: Client, cache: BlockCache, memory: MetaCache) -> None:
        self._client = client
        self._cache = cache
        self._memory = memory
        self._flying: dict[tuple[Place, int], asyncio.Task[bytes]] = {}
        self._prefetching: set[asyncio.Task[bytes]] = set()
        self._ends: OrderedDict[Place, int] = OrderedDict()

    async def block(self, place: Place, head: Head, number: int) -> bytes:
        """A block of an object. Raises Stale when the object has changed, and Unavailable."""
        return await asyncio.shield(self.task(place, head, number))

    def task(self, place: Place, head: Head, number: int) -> "asyncio.Task[bytes]":
        """The task that gets a block; there is one for all who wait for the same."""
        task = self._flying.get((place, number))
        if task is None:
            task = asyncio.create_task(self._get(place, head, number))
            self._flying[place, number] = task
            task.add_done_callback(lambda done: self._landed((place, number), done))
        return task

    def ahead(self, place: Place, head: Head, start: int, end: int) -> None:
        """Fetch what a reader who goes on where it ended will want next."""
        sequential = start > 0 and self._ends.get(place) == start
        self._ends[place] = end
        self._ends.move_to_end(place)
        while len(self._ends) > _READERS_MAX:
            self._ends.popitem(last=False)
        if not sequential:
            return
        first = -(-end // BLOCK_BYTES)
        for number in range(first, first + AHEAD):
            known = (place, number) in self._flying or number * BLOCK_BYTES >= head.record.size
            if known or len(self._prefetching) >= _PREFETCHING_MAX or self._cache.has(place, number):
                continue
            task = self.task(place, head, number)
            self._prefetching.add(task)
            task.add_done_callback(self._prefetching.discard)
            self._cache.counts.prefetched += 1

    async def close(self) -> None:
        """Let what is under way end."""
        for task in tuple(self._flying.values()):
            task.cancel()
        await asyncio.gather(*self._flying.values(), return_exceptions=True)

    def _landed(self, what: tuple[Place, int], task: "asyncio.Task[bytes]") -> None:
        self._flying.pop(what, None)
        if not task.cancelled():
            task.exception()  # whoever waits hears of it; a prefetch nobody waits for may fail

    async def _get(self, place: Place, head: Head, number: int) -> bytes:
        counts = self._cache.counts
        data = await asyncio.to_thread(self._cache.read, place, number)
        if data is not None:
            counts.hits += 1
            counts.hit_bytes += len(data)
            return data
        counts.misses += 1
        start = number * BLOCK_BYTES
        length = min(BLOCK_BYTES, head.record.size - start)
        try:
            data = await self._client.read(place.key, start, length, head.etag)
            if len(data) != length:
                raise Stale("The object was changed at the remote meanwhile: try again")
        except (Stale, Gone) as error:
            self._memory.invalidate(place.key)
            await asyncio.to_thread(self._cache.drop, place.key)
            raise Stale("The object was changed at the remote meanwhile: try again") from error
        counts.fetched_bytes += length
        await asyncio.to_thread(self._cache.write, place, number, data)
        return data


class RemoteBytes:
    """The bytes of one state of a remote object."""

    def __init__(self, blocks: Blocks, place: Place, head: Head) -> None:
        self._blocks = blocks
        self._place = place
        self._head = head
        self._small: tuple[int, int, bytes] | None = None

    def close(self) -> None:
        """Nothing is held."""

    async def ready(self, start: int, length: int) -> None:
        """Get what a read begins with: all of a small one, the first block of another."""
        if length == 0:
            self._small = start, 0, b""
        elif length <= _SMALL_BYTES_MAX:
            data = b"".join([piece async for piece in self.pieces(start, length)])
            self._small = start, length, data
        else:
            await self._blocks.block(self._place, self._head, start // BLOCK_BYTES)

    def small(self, start: int, length: int) -> bytes | None:
        """Bytes that ``ready`` has got, or None."""
        if self._small is not None and self._small[:2] == (start, length):
            return self._small[2]
        return None

    async def pieces(self, start: int, length: int) -> AsyncGenerator[bytes]:
        """Bytes in pieces; the next blocks are on their way while one is sent."""
        end = start + length
        first, behind = start // BLOCK_BYTES, -(-end // BLOCK_BYTES)
        coming: dict[int, asyncio.Task[bytes]] = {}
        for number in range(first, behind):
            for further in range(number, min(number + AHEAD, behind)):
                if further not in coming:
                    coming[further] = self._blocks.task(self._place, self._head, further)
            data = await asyncio.shield(coming.pop(number))
            low = max(start - number * BLOCK_BYTES, 0)
            high = min(end - number * BLOCK_BYTES, len(data))
            yield data if (low, high) == (0, len(data)) else data[low:high]
        self._blocks.ahead(self._place, self._head, start, end)
