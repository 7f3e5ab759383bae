"""Many at once on the same keys, and many keys: only the documented errors, and memory that stays flat."""

import asyncio
import os
import random
import resource
from pathlib import Path

import pytest

from tests.unit.storage.objects.shelf import Shelf, data_of
from yunbox.kernel.clock import ManualClock
from yunbox.storage.objects.listing import Query
from yunbox.storage.objects.model import NORMAL, ObjectRecord
from yunbox.storage.objects.objects import NoSuchKey, NotAppendable, PositionNotEqualToLength
from yunbox.storage.objects.store import ObjectStore
from yunbox.storage.objects.versions import Versions

CROWD = 64
TURNS = 40
SIZES = (0, 100, 50_000, 70_000, 300_000)


@pytest.mark.parametrize("versioning", ["", "Enabled", "Suspended"])
def test_a_crowd_on_a_few_keys(shelf: Shelf, versioning: str) -> None:
    keys = [f"{'k' * 500}{number}" for number in range(4)] + ["a/1", "a/2"]

    async def act(generator: random.Random) -> None:
        key = generator.choice(keys)
        action = generator.randrange(8)
        if action < 3:
            await shelf.put(key, data_of(generator.choice(SIZES), generator.randrange(5)))
        elif action == 3:
            await shelf.delete(key)
        elif action == 4:
            await shelf.copy(key, generator.choice(keys))
        elif action == 5:
            found = shelf.store.objects.find(shelf.bucket, key)
            await shelf.append(key, found.size if found else 0, data_of(1000))
        elif action == 6:
            page = await shelf.store.listing.page(shelf.bucket, Query(delimiter="/", limit=3))
            assert len(page) <= 3
        else:
            await shelf.read(key)

    async def one(seed: int) -> None:
        generator = random.Random(seed)
        for _ in range(TURNS):
            try:
                await act(generator)
            except (NoSuchKey, NotAppendable, PositionNotEqualToLength):
                await asyncio.sleep(0)

    async def upkeep(stop: asyncio.Event) -> None:
        while not stop.is_set():
            await shelf.store.sweep()
            await asyncio.to_thread(lambda: list(shelf.store.upkeep.scrub()))

    async def run() -> None:
        await shelf.versioning(versioning)
        stop = asyncio.Event()
        background = asyncio.ensure_future(upkeep(stop))
        await asyncio.gather(*(one(seed) for seed in range(CROWD)))
        stop.set()
        await background

    before = len(os.listdir("/proc/self/fd"))
    asyncio.run(run())
    assert len(os.listdir("/proc/self/fd")) <= before + 64  # packs stay open, up to a bound; a leak is hundreds
    assert not shelf.store._pins._readers
    assert not shelf.store._pins._doomed
    assert len(shelf.store.objects._appending) == 0
    shelf.audit()


@pytest.mark.bench
def test_a_million_keys_in_flat_memory(tmp_path: Path) -> None:
    """``pytest -m bench tests/unit/storage/objects/test_crowd.py``"""
    keys = int(os.environ.get("YUNBOX_KEYS", "1000000"))
    store = ObjectStore(tmp_path, ManualClock())
    store.start()
    record = ObjectRecord(NORMAL, 0, 0, "D41D8CD98F00B204E9800998ECF8427E")

    def put(first: int) -> None:
        def work(change: object, _: object) -> None:
            versions = Versions(change, bucket)  # ty: ignore
            for number in range(first, first + 10_000):
                versions.put(f"folder-{number % 100:02}/{number:08}", record)

        store._index.write_sync(work)

    async def run() -> None:
        for first in range(0, keys, 10_000):
            await asyncio.to_thread(put, first)
        before = own_memory_bytes()
        query, seen = Query(limit=1000), 0
        while True:
            page = await store.listing.page(bucket, query)
            seen += len(page)
            if not page.truncated:
                break
            query = Query(after=page.last, limit=1000)
        assert seen == keys
        assert len((await store.listing.page(bucket, Query(delimiter="/", limit=1000))).prefixes) == 100
        assert sum(1 for _ in store.listing.walk(bucket)) == keys
        await asyncio.to_thread(lambda: list(store.upkeep.scrub()))
        await store.sweep()
        assert own_memory_bytes() - before < 32 * 1024 * 1024

    bucket = asyncio.run(store.buckets.create("b", "1"))
    asyncio.run(run())
    assert store.buckets.stat(bucket).objects == keys
    print(f"{keys} keys, at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB with the index mapped")
    store.close()


def own_memory_bytes() -> int:
    """What this process holds itself: the mapped pages of the index are the kernel's to take."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["RssAnon"].split()[0]) * 1024
