"""Keys longer than the index's own: found again, in byte order, and gone without a trace."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.unit.storage.objects.shelf import Shelf
from yunbox.kernel.errors import InvalidArgument
from yunbox.storage.objects.listing import Query
from yunbox.storage.objects.objects import check_key

LETTERS = "aaaa!/~éß中文😀"


def keys_of_every_length() -> list[str]:
    """For each number of bytes one key that has long beginnings in common with others, and one of any characters."""
    generator = random.Random(1)
    found = ["a" * size for size in range(1, 1024)]
    for size in range(1, 1024):
        key = ""
        while len((key + (letter := generator.choice(LETTERS))).encode()) <= size:
            key += letter
        found.append(key.lstrip("/") + "a" * (size - len(key.lstrip("/").encode())))
    return sorted(set(found), key=str.encode)


async def put_all(shelf: Shelf, keys: list[str]) -> None:
    shuffled = random.Random(2).sample(keys, len(keys))
    await asyncio.gather(*(shelf.put(key, key.encode()) for key in shuffled))


EVERYTHING = Query(limit=1000)


async def list_all(shelf: Shelf, query: Query = EVERYTHING) -> list[str]:
    found: list[str] = []
    while True:
        page = await shelf.store.listing.page(shelf.bucket, query)
        found += [key for key, _ in page.entries]
        if not page.truncated:
            return found
        query = Query(query.prefix, query.delimiter, page.last, query.limit)


def test_keys_of_every_length_are_found_listed_and_forgotten(shelf: Shelf) -> None:
    keys = keys_of_every_length()
    assert {len(key.encode()) for key in keys} == set(range(1, 1024))

    async def run() -> None:
        await put_all(shelf, keys)
        assert await list_all(shelf) == keys
        assert await list_all(shelf, Query(limit=7)) == keys
        assert [key for key, _ in shelf.store.listing.walk(shelf.bucket)] == keys
        for key in keys[::10]:
            assert await shelf.read(key) == key.encode()
        for prefix in ("a" * 479, "a" * 480, "a" * 481, "a" * 960, "a" * 961, "a" * 1023):
            assert await list_all(shelf, Query(prefix, limit=100)) == [k for k in keys if k.startswith(prefix)]
            assert await list_all(shelf, Query("", "", prefix, 500)) == [k for k in keys if k > prefix]
        shelf.audit()
        random.Random(3).shuffle(keys)
        await asyncio.gather(*(shelf.delete(key) for key in keys))
        assert await list_all(shelf) == []

    asyncio.run(run())
    with shelf.store._index.reading() as view:
        assert not list(view.prefixed("objects", b""))
    assert shelf.stat.objects == shelf.stat.bytes == 0
    asyncio.run(shelf.store.buckets.delete("b"))


@pytest.mark.parametrize("versioning", ["", "Enabled", "Suspended"])
def test_long_keys_leave_no_nodes_whatever_the_versioning(shelf: Shelf, versioning: str) -> None:
    keys = ["k" * 480, "k" * 481, "k" * 1000]

    async def run() -> None:
        await shelf.versioning(versioning)
        for key in keys:
            await shelf.put(key, b"1")
            await shelf.put(key, b"2")
            await shelf.delete(key)
        for entry in (await shelf.store.listing.versions(shelf.bucket, Query(limit=100))).entries:
            await shelf.delete(entry.key, entry.id)
        await shelf.store.buckets.delete("b")

    asyncio.run(run())
    with shelf.store._index.reading() as view:
        assert not list(view.prefixed("objects", b"")) + list(view.prefixed("history", b""))


@pytest.mark.parametrize("key", ["", "a" * 1024, "é" * 512, "a\0b", "a" * 480 + "\0"])
def test_a_key_that_cannot_be_is_refused_and_never_found(shelf: Shelf, key: str) -> None:
    async def run() -> None:
        with pytest.raises(InvalidArgument):
            check_key(key)
        await shelf.put("a" * 1000, b"1")
        with pytest.raises(InvalidArgument):
            await shelf.put(key, b"1")
        assert await shelf.find(key) is None
        assert await shelf.delete(key) is None

    asyncio.run(run())


def test_keys_survive_opening_again(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    keys = keys_of_every_length()[::40]
    asyncio.run(put_all(shelf, keys))
    shelf.reopen()
    assert asyncio.run(list_all(shelf)) == keys
    shelf.audit()
    shelf.store.close()
