"""What comes in between: each race is made to happen, with the writer held until everybody is where they must be."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from tests.unit.storage.objects.shelf import LARGE, Shelf, data_of, read
from yunbox.storage.objects import packs
from yunbox.storage.objects.index import Index
from yunbox.storage.objects.model import ObjectRecord
from yunbox.storage.objects.objects import NoSuchKey, PositionNotEqualToLength


@contextlib.asynccontextmanager
async def held(index: Index) -> AsyncGenerator[None]:
    """Hold the writer: what is written meanwhile becomes one group."""
    holding, gate = threading.Event(), threading.Event()

    def work(change: object, _: object) -> None:
        holding.set()
        gate.wait()

    holder = asyncio.ensure_future(index.write(work))
    await asyncio.to_thread(holding.wait)
    try:
        yield
    finally:
        gate.set()
        await holder


async def queued(index: Index, count: int) -> None:
    while len(index._groups) < count:
        await asyncio.sleep(0.001)


def test_an_append_that_is_cancelled_while_it_is_committed_keeps_its_turn(shelf: Shelf) -> None:
    index = shelf.store._index

    async def run() -> None:
        await shelf.append("k", 0, b"begin")
        async with held(index):
            first = asyncio.ensure_future(shelf.append("k", 5, b"first"))
            await queued(index, 1)
            first.cancel()
            second = asyncio.ensure_future(shelf.append("k", 5, b"other"))
            for _ in range(20):  # were it not to wait for its turn, it would have written by then
                await asyncio.sleep(0.001)
            assert len(index._groups) == 1
        outcomes = await asyncio.gather(first, second, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError, PositionNotEqualToLength]
        assert await shelf.read("k") == b"beginfirst"

    asyncio.run(run())


def test_a_put_that_is_cancelled_while_it_is_committed_is_there(shelf: Shelf) -> None:
    async def run() -> None:
        async with held(shelf.store._index):
            task = asyncio.ensure_future(shelf.put("k", data_of(LARGE)))
            await queued(shelf.store._index, 1)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await shelf.read("k") == data_of(LARGE)

    asyncio.run(run())


def test_a_pack_that_is_written_and_left_in_the_very_group_that_would_drop_it_stays(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packs, "PACK_BYTES_MAX", 100_000)

    async def run() -> None:
        await shelf.put("dead", data_of(60_000))
        await shelf.delete("dead")
        async with held(shelf.store._index):
            dropping = asyncio.ensure_future(asyncio.to_thread(shelf.store.upkeep._drop, 1))
            await queued(shelf.store._index, 1)
            puts = [asyncio.ensure_future(shelf.put(f"k{number}", data_of(50_000, number))) for number in range(2)]
            await queued(shelf.store._index, 3)
        await asyncio.gather(*puts)
        assert await dropping == 0
        assert await shelf.read("k0") == data_of(50_000, 0)
        assert shelf.store._packs.current == 2

    asyncio.run(run())


def interrupt(shelf: Shelf, monkeypatch: pytest.MonkeyPatch, action: Callable[[], object]) -> None:
    """The next one who opens an object sees its record, then something happens, then it goes on."""
    whole = shelf.store.objects.get
    actions = [action]

    def get(*args: Any) -> ObjectRecord:
        record = whole(*args)
        while actions:
            actions.pop()()
        return record

    monkeypatch.setattr(shelf.store.objects, "get", get)


def test_a_pack_that_is_cleared_between_record_and_bytes(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "PACK_BYTES_MAX", 10_000)

    async def run() -> None:
        for number in range(4):
            await shelf.put(f"k{number}", data_of(4000, number))
        await shelf.delete("k0")
        await shelf.delete("k2")
        interrupt(shelf, monkeypatch, shelf.store.upkeep.reclaim)
        assert await shelf.read("k1") == data_of(4000, 1)
        assert 1 not in shelf.store._packs

    asyncio.run(run())


@pytest.mark.parametrize("size", [10, LARGE])
def test_an_object_that_is_replaced_between_record_and_bytes(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    async def replace() -> None:
        await shelf.put("k", data_of(size, 2))
        shelf.audit()

    asyncio.run(shelf.put("k", data_of(size, 1)))
    interrupt(shelf, monkeypatch, lambda: asyncio.run(replace()))
    record, source = shelf.store.objects.open(shelf.bucket, "k")
    found = asyncio.run(read(source, 0, record.size))
    assert found in (data_of(size, 1), data_of(size, 2))


def test_an_object_that_is_deleted_between_record_and_bytes(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(shelf.put("k", data_of(LARGE)))
    interrupt(shelf, monkeypatch, lambda: asyncio.run(shelf.delete("k")))
    with pytest.raises(NoSuchKey):
        shelf.store.objects.open(shelf.bucket, "k")
    assert not shelf.store._pins._readers
