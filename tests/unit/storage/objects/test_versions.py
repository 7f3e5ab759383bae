"""Versions: what each write does while versioning is off, on and suspended."""

import asyncio

import pytest

from tests.unit.storage.objects.shelf import LARGE, Shelf, data_of
from yunbox.kernel.errors import InvalidArgument
from yunbox.storage.objects.listing import Query, VersionEntry
from yunbox.storage.objects.model import DELETE_MARKER
from yunbox.storage.objects.objects import NoSuchKey
from yunbox.storage.objects.versions import NULL_ID, NoSuchVersion, parse_version_id, version_id


async def entries(shelf: Shelf) -> list[VersionEntry]:
    return (await shelf.store.listing.versions(shelf.bucket, Query(limit=1000))).entries


async def ids(shelf: Shelf) -> list[str]:
    return [entry.id for entry in await entries(shelf)]


def test_every_version_is_kept_and_read_by_its_id(shelf: Shelf) -> None:
    async def run() -> None:
        await shelf.put("k", b"before")
        await shelf.versioning("Enabled")
        made = [version_id(await shelf.put("k", data_of(size, size))) for size in (1, LARGE, 3)]
        assert await ids(shelf) == [*reversed(made), NULL_ID]
        assert await shelf.read("k", NULL_ID) == b"before"
        assert await shelf.read("k", made[1]) == data_of(LARGE, LARGE)
        assert await shelf.read("k") == await shelf.read("k", made[2])
        assert (shelf.stat.objects, shelf.stat.versions, shelf.stat.bytes) == (1, 4, 6 + 4 + LARGE)

    asyncio.run(run())


def test_a_delete_marker_hides_and_its_removal_shows(shelf: Shelf) -> None:
    async def run() -> None:
        await shelf.versioning("Enabled")
        first = await shelf.put("k", b"1")
        marker = await shelf.delete("k")
        assert marker is not None
        assert marker.kind == DELETE_MARKER
        with pytest.raises(NoSuchKey) as caught:
            await shelf.read("k")
        assert caught.value.marker == marker
        assert (shelf.stat.objects, shelf.stat.versions) == (0, 2)
        assert await shelf.read("k", version_id(first)) == b"1"
        assert await shelf.delete("k", version_id(marker)) == marker
        assert await shelf.read("k") == b"1"
        assert shelf.stat.objects == 1

    asyncio.run(run())


def test_deleting_versions_for_good_promotes_the_newest_left(shelf: Shelf) -> None:
    async def run() -> None:
        await shelf.versioning("Enabled")
        made = [version_id(await shelf.put("k", bytes([65 + number]))) for number in range(4)]
        await shelf.delete("k", made[3])
        assert await shelf.read("k") == b"C"
        await shelf.delete("k", made[1])
        await shelf.delete("k", made[2])
        assert await shelf.read("k") == b"A"
        assert await shelf.delete("k", made[2]) is None
        with pytest.raises(NoSuchVersion):
            await shelf.read("k", made[2])
        await shelf.delete("k", made[0])
        assert await ids(shelf) == []

    asyncio.run(run())
    assert (shelf.stat.versions, shelf.stat.objects, shelf.stat.bytes) == (0, 0, 0)


def test_a_suspended_bucket_has_one_null_version_of_a_key(shelf: Shelf) -> None:
    async def run() -> None:
        await shelf.put("k", b"null of before")
        await shelf.versioning("Enabled")
        kept = version_id(await shelf.put("k", b"kept"))
        await shelf.versioning("Suspended")
        await shelf.put("k", b"null")
        assert await ids(shelf) == [NULL_ID, kept]
        await shelf.put("k", b"null again")
        assert await shelf.read("k", NULL_ID) == b"null again"
        marker = await shelf.delete("k")
        assert marker is not None
        assert version_id(marker) == NULL_ID
        assert await ids(shelf) == [NULL_ID, kept]
        await shelf.versioning("Enabled")
        newest = version_id(await shelf.put("k", b"newest"))
        assert await ids(shelf) == [newest, NULL_ID, kept]
        await shelf.versioning("Suspended")
        await shelf.delete("k")
        assert await ids(shelf) == [NULL_ID, newest, kept]
        await shelf.delete("k", NULL_ID)
        assert await shelf.read("k") == b"newest"

    asyncio.run(run())


@pytest.mark.parametrize("wanted", ["", "x", "CAEQ", "CAEQ!!!", "NULL", "CAEQ" + "A" * 40, "中文"])
def test_what_is_no_version_id(shelf: Shelf, wanted: str) -> None:
    with pytest.raises(InvalidArgument):
        parse_version_id(wanted)

    async def run() -> None:
        await shelf.put("k", b"1")
        with pytest.raises(InvalidArgument):
            await shelf.delete("k", wanted)
        with pytest.raises(NoSuchVersion):
            await shelf.read("k", "CAEQ" + "_" * 20)

    asyncio.run(run())


def test_metadata_of_old_versions_changes_in_place(shelf: Shelf) -> None:
    import msgspec

    async def run() -> None:
        await shelf.versioning("Enabled")
        made = [version_id(await shelf.put("k", data_of(LARGE, number))) for number in range(2)]
        for wanted in (made[0], made[1], None):
            await shelf.store.objects.amend(
                shelf.bucket, "k", wanted, lambda record: msgspec.structs.replace(record, tags={"a": "b"})
            )
        assert [entry.record.tags for entry in await entries(shelf)] == [{"a": "b"}] * 2
        assert await ids(shelf) == made[::-1]

    asyncio.run(run())


def test_deleting_many_is_all_or_nothing(shelf: Shelf) -> None:
    async def run() -> None:
        await shelf.put("a", b"1")
        await shelf.put("b", b"1")
        with pytest.raises(InvalidArgument):
            await shelf.store.objects.delete_many(shelf.bucket, [("a", None), ("b", "junk")], "1")
        assert (shelf.stat.objects, await shelf.find("a")) == (2, b"1")
        await shelf.store.objects.delete_many(shelf.bucket, [("a", None), ("b", NULL_ID), ("c", None)], "1")
        assert await ids(shelf) == []

    asyncio.run(run())
