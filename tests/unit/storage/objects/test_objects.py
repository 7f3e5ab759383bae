"""Objects: bytes in packs and files, replaced, appended to, copied, deleted and read meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.storage.objects.shelf import GIB, LARGE, Shelf, chunks, data_of, read
from yunbox.kernel.errors import AlreadyExists, InvalidArgument
from yunbox.storage.objects.buckets import NoSuchBucket
from yunbox.storage.objects.content import TooLarge
from yunbox.storage.objects.model import APPENDABLE, crc64
from yunbox.storage.objects.objects import (
    Addition,
    Attributes,
    NoSuchKey,
    NotAppendable,
    PositionNotEqualToLength,
    forbid_overwrite,
)
from yunbox.storage.objects.packs import PACKED_BYTES_MAX

SIZES = [0, 1, PACKED_BYTES_MAX, PACKED_BYTES_MAX + 1, 1 << 20, (1 << 20) + 1, 3_000_000]


def files(shelf: Shelf) -> int:
    return sum(path.is_file() for path in shelf.folder.glob("data/*/*/*"))


@pytest.mark.parametrize("size", SIZES)
def test_what_was_put_is_read_whole_and_in_ranges(shelf: Shelf, size: int) -> None:
    data = data_of(size)

    async def run() -> None:
        record = await shelf.put("k", data)
        assert (record.size, record.crc64) == (size, crc64(data))
        assert await shelf.read("k") == data
        for start, length in [(0, 1), (size // 2, size // 3), (max(size - 1, 0), 1), (65_000, 5_000), (0, 0)]:
            length = max(min(length, size - start), 0)
            assert await shelf.read("k", start=start, length=length) == data[start : start + length]

    asyncio.run(run())
    assert files(shelf) == (size > PACKED_BYTES_MAX)


def test_overwriting_and_deleting_count_and_leave_no_file(shelf: Shelf) -> None:
    async def run() -> None:
        for size in (10, LARGE, 20, LARGE, 0):
            await shelf.put("k", data_of(size))
            assert (shelf.stat.objects, shelf.stat.bytes) == (1, size)
            shelf.audit()
        assert await shelf.delete("k") is None
        assert await shelf.delete("k") is None
        assert await shelf.find("k") is None

    asyncio.run(run())
    assert (shelf.stat.objects, shelf.stat.bytes, files(shelf)) == (0, 0, 0)


def test_totals_by_storage_class(shelf: Shelf) -> None:
    async def run() -> None:
        await shelf.put("a", b"12", storage_class="IA")
        await shelf.put("b", b"123")
        await shelf.put("c", b"1234", storage_class="IA")

    asyncio.run(run())
    assert shelf.stat.by_class == {"IA": (6, 2), "Standard": (3, 1)}


@pytest.mark.parametrize("size", [10, LARGE])
def test_a_refused_put_leaves_nothing(shelf: Shelf, size: int) -> None:
    async def run() -> None:
        await shelf.put("k", b"old")
        with pytest.raises(AlreadyExists):
            await shelf.put("k", data_of(size), forbid_overwrite)
        assert await shelf.read("k") == b"old"

    asyncio.run(run())
    assert files(shelf) == 0


def test_what_a_source_raises_leaves_nothing(shelf: Shelf) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield data_of(LARGE)
        raise ConnectionResetError

    async def run() -> None:
        with pytest.raises(ConnectionResetError):
            await shelf.store.objects.receive(broken(), size_max=GIB)
        with pytest.raises(TooLarge):
            await shelf.store.objects.receive(chunks(data_of(LARGE)), size_max=LARGE - 1)

    asyncio.run(run())
    assert files(shelf) == 0


def test_a_bucket_of_the_same_name_is_another_bucket(shelf: Shelf) -> None:
    async def run() -> None:
        old = shelf.bucket
        await shelf.store.buckets.delete("b")
        await shelf.store.buckets.create("b", "2")
        content = await shelf.store.objects.receive(chunks(b"1"), size_max=9)
        with pytest.raises(NoSuchBucket):
            await shelf.store.objects.put(old, "k", content, Attributes())

    asyncio.run(run())
    assert shelf.stat.objects == 0


def test_a_cancelled_caller_changes_nothing_or_all(shelf: Shelf) -> None:
    async def run() -> None:
        for number in range(40):
            task = asyncio.ensure_future(shelf.put("k", data_of(LARGE, number)))
            for _ in range(number):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        found = await shelf.find("k")
        assert found is None or found in [data_of(LARGE, number) for number in range(40)]

    asyncio.run(run())
    shelf.reopen()  # what was received and never put goes at the next start


# -- appending


def test_appends_add_up(shelf: Shelf) -> None:
    pieces = [data_of(size, size) for size in (0, 10, LARGE, 0, 1, 1_500_000)]

    async def run() -> None:
        position = 0
        for piece in pieces:
            record = await shelf.append("k", position, piece)
            position += len(piece)
            assert (record.kind, record.size) == (APPENDABLE, position)
        assert record.crc64 == crc64(b"".join(pieces))
        assert await shelf.read("k") == b"".join(pieces)

    asyncio.run(run())
    assert (files(shelf), shelf.stat.bytes) == (1, sum(map(len, pieces)))


def test_an_append_at_another_position_is_refused_and_says_where(shelf: Shelf) -> None:
    async def run() -> None:
        await shelf.append("k", 0, b"12345")
        for position in (0, 4, 6):
            with pytest.raises(PositionNotEqualToLength) as caught:
                await shelf.append("k", position, b"x")
            assert caught.value.details == {"position": 5, "crc64": crc64(b"12345")}
        with pytest.raises(PositionNotEqualToLength):
            await shelf.append("new", 1, b"x")
        await shelf.put("put", b"1")
        with pytest.raises(NotAppendable):
            await shelf.append("put", 1, b"x")

    asyncio.run(run())


def test_a_failed_append_leaves_nothing(shelf: Shelf) -> None:
    async def run() -> None:
        await shelf.append("k", 0, b"12345")
        for key, position in (("k", 5), ("new", 0)):
            with pytest.raises(TooLarge):
                await shelf.append(key, position, data_of(3_000_000), size_max=2_000_000)
        assert await shelf.read("k") == b"12345"
        assert await shelf.find("new") is None

    asyncio.run(run())
    assert [path.stat().st_size for path in shelf.folder.glob("data/*/*/*")] == [5]


def test_of_appends_at_the_same_place_one_wins(shelf: Shelf) -> None:
    async def run() -> None:
        for turn in range(5):
            outcomes = await asyncio.gather(
                *(shelf.append("k", turn * LARGE, data_of(LARGE, writer)) for writer in range(16)),
                return_exceptions=True,
            )
            refused = [outcome for outcome in outcomes if isinstance(outcome, PositionNotEqualToLength)]
            assert len(refused) == 15
        assert len(await shelf.read("k")) == 5 * LARGE
        assert len(shelf.store.objects._appending) == 0

    asyncio.run(run())


def test_appends_that_take_turns_are_all_there(shelf: Shelf) -> None:
    async def add(letter: bytes) -> None:
        while True:
            found = shelf.store.objects.find(shelf.bucket, "k")
            try:
                await shelf.append("k", found.size if found else 0, letter * 1000)
                return
            except PositionNotEqualToLength:
                continue

    async def run() -> None:
        await asyncio.gather(*(add(bytes([65 + number])) for number in range(26)))
        data = await shelf.read("k")
        assert sorted(data[start : start + 1000] for start in range(0, 26_000, 1000)) == [
            bytes([65 + number]) * 1000 for number in range(26)
        ]

    asyncio.run(run())


def test_a_cancelled_append_is_whole_or_not_there(shelf: Shelf) -> None:
    async def run() -> None:
        expected = b""
        for number in range(60):
            piece, following = data_of(LARGE, number), data_of(1000, number)
            task = asyncio.ensure_future(shelf.append("k", len(expected), piece))
            for _ in range(number):
                await asyncio.sleep(0)
            task.cancel()
            second = asyncio.ensure_future(shelf.append("k", len(expected), following))
            first, after = await asyncio.gather(task, second, return_exceptions=True)
            assert isinstance(after, PositionNotEqualToLength) or not isinstance(after, Exception), first
            data = await shelf.find("k") or b""
            assert data in (expected + piece, expected + following)
            expected = data

    asyncio.run(run())
    shelf.reopen()


def test_objects_that_share_bytes_grow_apart(shelf: Shelf) -> None:
    async def run() -> None:
        await shelf.append("a", 0, b"common")
        await shelf.copy("a", "b", kind=APPENDABLE)
        await shelf.append("a", 6, b"-a")
        await shelf.append("b", 6, b"-other")
        await shelf.append("a", 8, b"-a")
        assert (await shelf.read("a"), await shelf.read("b")) == (b"common-a-a", b"common-other")
        await shelf.delete("a")
        assert await shelf.read("b") == b"common-other"

    asyncio.run(run())


def test_an_object_replaced_during_an_append_is_not_appended_to(shelf: Shelf) -> None:
    async def run() -> None:
        await shelf.append("k", 0, b"12345")
        gate = asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            await gate.wait()
            yield b"678"

        objects = shelf.store.objects
        task = asyncio.ensure_future(objects.append(shelf.bucket, "k", Addition(5, slowly(), Attributes(), GIB)))
        await asyncio.sleep(0)
        await shelf.delete("k")
        content = await objects.receive(chunks(b"abcde"), size_max=9, packed=False)
        record = (await shelf.put("other", b"x")).__class__(APPENDABLE, 5, 0, content.md5.hex().upper(), content.crc64)
        await objects.store(shelf.bucket, "k", record, content)
        gate.set()
        with pytest.raises(PositionNotEqualToLength):
            await task
        assert await shelf.read("k") == b"abcde"

    asyncio.run(run())


# -- copies and readers


@pytest.mark.parametrize("size", [100, LARGE])
def test_a_copy_shares_the_bytes_of_files_and_outlives_its_source(shelf: Shelf, size: int) -> None:
    async def run() -> None:
        await shelf.put("a", data_of(size))
        record = await shelf.copy("a", "b")
        assert record.crc64 == crc64(data_of(size))
        if size == LARGE:
            assert {path.stat().st_nlink for path in shelf.folder.glob("data/*/*/*")} == {2}
        await shelf.copy("b", "b")
        await shelf.delete("a")
        assert await shelf.read("b") == data_of(size)
        with pytest.raises(AlreadyExists):
            record, source = shelf.store.objects.open(shelf.bucket, "b")
            try:
                await shelf.store.objects.copy(source, shelf.bucket, "b", record, forbid_overwrite)
            finally:
                source.close()

    asyncio.run(run())


def test_a_reader_outlives_overwriting_and_deleting(shelf: Shelf) -> None:
    async def run() -> None:
        await shelf.put("k", data_of(LARGE, 1))
        _, first = shelf.store.objects.open(shelf.bucket, "k")
        await shelf.put("k", data_of(LARGE, 2))
        _, second = shelf.store.objects.open(shelf.bucket, "k")
        await shelf.delete("k")
        with pytest.raises(NoSuchKey):
            shelf.store.objects.open(shelf.bucket, "k")
        assert files(shelf) == 2
        assert await read(first, 0, LARGE) == data_of(LARGE, 1)
        assert files(shelf) == 1
        assert await read(second, 0, LARGE) == data_of(LARGE, 2)
        assert files(shelf) == 0
        second.close()
        assert not shelf.store._pins._readers
        assert not shelf.store._pins._doomed

    asyncio.run(run())


def test_a_stream_that_is_left_early_lets_go(shelf: Shelf) -> None:
    async def run() -> None:
        await shelf.put("k", data_of(5_000_000))
        _, source = shelf.store.objects.open(shelf.bucket, "k")
        stream = source.pieces(0, 5_000_000)
        assert await anext(stream) == data_of(5_000_000)[: 1 << 20]
        await stream.aclose()
        await shelf.delete("k")

    asyncio.run(run())
    assert files(shelf) == 0


# -- files of engines


def test_files_are_published_at_one_moment(shelf: Shelf, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("x", "y")]
    for number, path in enumerate(paths):
        path.write_bytes(data_of(LARGE * 5, number))
    fresh = [("d/x", paths[0]), ("d/y", paths[1])]

    async def run() -> None:
        objects = shelf.store.objects
        await shelf.put("d/old", b"old")
        with pytest.raises(FileNotFoundError):
            await objects.publish(shelf.bucket, [*fresh, ("d/z", tmp_path / "none")], {"d/old": None}, Attributes())
        with pytest.raises(InvalidArgument):
            await objects.publish(shelf.bucket, [*fresh, ("", paths[0])], {"d/old": None}, Attributes())
        assert await shelf.store.listing.keys(shelf.bucket) == ["d/old"]
        shelf.audit()
        for steps in range(12):
            task = asyncio.ensure_future(
                objects.publish(shelf.bucket, fresh, {"d/old": None, "d/x": None}, Attributes())
            )
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            shelf.audit()
        await objects.publish(shelf.bucket, fresh, {"d/old": None, "d/x": None}, Attributes())
        assert await shelf.store.listing.keys(shelf.bucket) == ["d/x", "d/y"]
        assert await shelf.read("d/y") == data_of(LARGE * 5, 1)

    asyncio.run(run())
