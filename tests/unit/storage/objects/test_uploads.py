"""Multipart uploads: parts in any order, replaced, copied; completed without moving a byte, or given up."""

import asyncio
import contextlib
import hashlib

import pytest

from tests.unit.storage.objects.shelf import LARGE, Shelf, data_of
from yunbox.kernel.errors import AlreadyExists, InvalidArgument, KernelError
from yunbox.storage.objects.buckets import BucketNotEmpty
from yunbox.storage.objects.model import combine, crc64
from yunbox.storage.objects.objects import forbid_overwrite
from yunbox.storage.objects.uploads import InvalidPart, NoSuchUpload

K = "k" * 700


def inodes(shelf: Shelf) -> set[int]:
    return {path.stat().st_ino for path in shelf.folder.glob("data/*/*/*")}


async def complete(shelf: Shelf, upload: str, wanted: list[tuple[int, str]] | None, **more: object):
    return await shelf.store.uploads.complete(shelf.bucket, K, upload, wanted, **more)


def test_parts_that_come_out_of_order_make_an_object_of_the_same_files(shelf: Shelf) -> None:
    pieces = {number: data_of(LARGE + number, number) for number in (1, 2, 7, 10_000)}

    async def run() -> None:
        upload = await shelf.begin(K)
        etags = {number: await shelf.part(K, upload, number, pieces[number]) for number in (7, 1, 10_000, 2)}
        last = await shelf.part(K, upload, 10_001, b"tail")
        assert [part.number for part in shelf.store.uploads.parts(shelf.bucket, K, upload, after=1, limit=2)] == [2, 7]
        before = inodes(shelf)
        record = await complete(shelf, upload, [*sorted(etags.items()), (10_001, last)])
        assert inodes(shelf) == before
        whole = b"".join(data for _, data in sorted(pieces.items())) + b"tail"
        assert await shelf.read(K) == whole
        assert record.crc64 == crc64(whole)
        digests = b"".join(bytes.fromhex(etag) for _, etag in sorted(etags.items())) + bytes.fromhex(last)
        assert record.etag == hashlib.md5(digests).hexdigest().upper() + "-5"
        assert await shelf.read(K, start=LARGE - 10, length=LARGE) == whole[LARGE - 10 : 2 * LARGE - 10]
        with pytest.raises(NoSuchUpload):
            await complete(shelf, upload, None)

    asyncio.run(run())
    assert (shelf.stat.uploads, shelf.stat.objects) == (0, 1)


def test_a_replaced_part_and_one_that_is_not_named_go(shelf: Shelf) -> None:
    async def run() -> None:
        upload = await shelf.begin(K)
        await shelf.part(K, upload, 1, data_of(LARGE, 1))
        etag = await shelf.part(K, upload, 1, data_of(LARGE, 2))
        await shelf.part(K, upload, 2, data_of(LARGE, 3))
        await shelf.part(K, upload, 3, data_of(100, 3))
        await complete(shelf, upload, [(1, f'"{etag.lower()}"')])
        assert await shelf.read(K) == data_of(LARGE, 2)

    asyncio.run(run())
    assert len(inodes(shelf)) == 1


def test_what_cannot_be_completed_stays_as_it_is(shelf: Shelf) -> None:
    async def run() -> None:
        upload = await shelf.begin(K)
        large = await shelf.part(K, upload, 1, data_of(LARGE))
        small = await shelf.part(K, upload, 2, b"small")
        last = await shelf.part(K, upload, 3, b"small")
        cases: list[tuple[list[tuple[int, str]] | None, str]] = [
            ([(2, small), (1, large)], "InvalidPartOrder"),
            ([(1, large), (1, large)], "InvalidPartOrder"),
            ([(1, small)], "InvalidPart"),
            ([(1, large), (4, small)], "InvalidPart"),
            ([(1, large), (2, small), (3, last)], "EntityTooSmall"),
            (None, "EntityTooSmall"),
            ([], "MalformedXML"),
        ]
        for wanted, code in cases:
            with pytest.raises(InvalidArgument) as caught:
                await complete(shelf, upload, wanted)
            assert caught.value.code == code
            assert isinstance(caught.value, InvalidPart) == (code == "InvalidPart")
        await shelf.put(K, b"old")
        with pytest.raises(AlreadyExists):
            await complete(shelf, upload, [(1, large)], check=forbid_overwrite)
        shelf.audit()
        await complete(shelf, upload, [(1, large), (3, last)])
        assert await shelf.read(K) == data_of(LARGE) + b"small"

    asyncio.run(run())


def test_giving_up_leaves_nothing(shelf: Shelf) -> None:
    async def run() -> None:
        upload = await shelf.begin(K)
        for number, size in enumerate((10, LARGE, 0), 1):
            await shelf.part(K, upload, number, data_of(size))
        with pytest.raises(BucketNotEmpty):
            await shelf.store.buckets.delete("b")
        with pytest.raises(NoSuchUpload):
            await shelf.store.uploads.abort(shelf.bucket, "another", upload)
        await shelf.store.uploads.abort(shelf.bucket, K, upload)
        for size in (10, LARGE):
            with pytest.raises(NoSuchUpload):
                await shelf.part(K, upload, 1, data_of(size))
        await shelf.store.buckets.delete("b")
        await shelf.store.buckets.create("b", "1")

    asyncio.run(run())
    assert not inodes(shelf)


@pytest.mark.parametrize("upload", ["", "x", "0" * 32, "g" * 32, "é" * 32, "0" * 30 + "  "])
def test_what_is_no_upload(shelf: Shelf, upload: str) -> None:
    async def run() -> None:
        with pytest.raises(NoSuchUpload):
            await shelf.part(K, upload, 1, data_of(LARGE))

    asyncio.run(run())
    assert not inodes(shelf)


def test_uploads_under_way_are_listed_by_key_and_id(shelf: Shelf) -> None:
    async def run() -> None:
        made = []
        for key in ("b", "a", "é", "b"):
            made.append((key, await shelf.begin(key)))
            shelf.clock.advance(1)
        listed = [(upload.key, upload.id) for upload in shelf.store.uploads.under_way(shelf.bucket)]
        assert listed == [made[1], *sorted((made[0], made[3])), made[2]]

    asyncio.run(run())
    assert shelf.stat.uploads == 4


def test_parts_are_copied_from_ranges_of_any_object(shelf: Shelf) -> None:
    async def run() -> None:
        upload = await shelf.begin("source")
        etags = [await shelf.part("source", upload, n, data_of(LARGE, n)) for n in (1, 2)]
        etags.append(await shelf.part("source", upload, 3, b"packed tail"))
        await shelf.store.uploads.complete(shelf.bucket, "source", upload, list(enumerate(etags, 1)))
        whole = await shelf.read("source")
        upload = await shelf.begin(K)
        before = inodes(shelf)
        ranges = [(0, len(whole)), (LARGE - 60_000, 120_000), (LARGE * 2 - 110_000, 110_005), (LARGE * 2 + 2, 5)]
        _, source = shelf.store.objects.open(shelf.bucket, "source")
        with contextlib.closing(source):
            for number, (start, length) in enumerate(ranges, 1):
                part = await shelf.store.uploads.copy_part(shelf.bucket, K, upload, number, source, start, length)
                data = whole[start : start + length]
                assert (part.size, part.crc64) == (length, crc64(data))
                assert part.etag == hashlib.md5(data).hexdigest().upper()
            with pytest.raises(NoSuchUpload):
                await shelf.store.uploads.copy_part(shelf.bucket, K, "0" * 32, 1, source, 0, LARGE)
        assert inodes(shelf) == before
        shelf.audit()
        await shelf.delete("source")
        await complete(shelf, upload, None)
        assert await shelf.read(K) == b"".join(whole[start : start + length] for start, length in ranges)

    asyncio.run(run())


def test_sums_of_parts_add_up() -> None:
    first, second = data_of(1000), data_of(77, 1)
    assert combine(crc64(first), crc64(second), 77) == crc64(first + second)
    assert combine(crc64(first), crc64(b""), 0) == crc64(first)


def test_two_who_complete_at_once_are_told_apart(shelf: Shelf) -> None:
    async def run() -> None:
        upload = await shelf.begin(K)
        etag = await shelf.part(K, upload, 1, data_of(LARGE))
        outcomes = await asyncio.gather(
            *(complete(shelf, upload, [(1, etag)]) for _ in range(5)), return_exceptions=True
        )
        assert sum(isinstance(outcome, KernelError) for outcome in outcomes) == 4

    asyncio.run(run())
