"""Upkeep: packs are cleared while others write, damage is found and named, what a crash left is removed."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.storage.objects.shelf import LARGE, Shelf, chunks, data_of, read
from yunbox.kernel.errors import Internal
from yunbox.storage.objects import packs, upkeep
from yunbox.storage.objects.index import Change, Snapshot
from yunbox.storage.objects.upkeep import Damage
from yunbox.storage.objects.versions import version_id


@pytest.fixture
def small_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "PACK_BYTES_MAX", 100_000)


def pack_files(shelf: Shelf) -> int:
    return len(list(shelf.folder.glob("packs/*.pack")))


def damages(shelf: Shelf) -> list[Damage]:
    return [found for found in shelf.store.upkeep.scrub() if isinstance(found, Damage)]


async def fill(shelf: Shelf, count: int = 100, size: int = 5000) -> None:
    for number in range(count):
        await shelf.put(f"k{number:03}", data_of(size, number))


# -- dead bytes


@pytest.mark.usefixtures("small_packs")
def test_packs_are_cleared_of_dead_bytes(shelf: Shelf) -> None:
    async def run() -> None:
        await fill(shelf)
        before = pack_files(shelf)
        for number in range(100):
            if number % 5:
                await shelf.delete(f"k{number:03}")
        assert len(shelf.store.upkeep.wasteful_packs()) == before - 1
        assert await asyncio.to_thread(shelf.store.upkeep.reclaim) > 300_000
        assert pack_files(shelf) <= 3
        for number in range(0, 100, 5):
            assert await shelf.read(f"k{number:03}") == data_of(5000, number)

    asyncio.run(run())
    while shelf.store.upkeep.reclaim():
        shelf.audit()
    assert not shelf.store.upkeep.wasteful_packs()


@pytest.mark.usefixtures("small_packs")
def test_dead_packs_go_without_reading_the_index(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        await fill(shelf)
        await shelf.store.objects.delete_many(shelf.bucket, [(f"k{number:03}", None) for number in range(100)], "1")

    asyncio.run(run())
    with monkeypatch.context() as patch:
        patch.setattr(shelf.store.upkeep, "_all_extents", lambda: pytest.fail("the index was read"))
        assert shelf.store.upkeep.reclaim() >= 400_000


@pytest.mark.usefixtures("small_packs")
def test_little_waste_is_left_alone_until_it_is_worth_it(shelf: Shelf) -> None:
    async def run() -> None:
        await fill(shelf)
        for number in range(15):
            await shelf.delete(f"k{number:03}")
        assert shelf.store.upkeep.reclaim(0.9) == 0
        assert shelf.store.upkeep.reclaim(0.1) > 0

    asyncio.run(run())


@pytest.mark.usefixtures("small_packs")
def test_whoever_writes_while_packs_are_cleared_loses_nothing(shelf: Shelf) -> None:
    stop = threading.Event()

    async def write(lane: int, latest: dict[str, bytes]) -> None:
        for turn in range(60):
            key = f"k{lane}-{turn % 4}"
            data = data_of(3000 + lane, turn)
            await shelf.put(key, data)
            latest[key] = data
            if turn % 7 == 0:
                await shelf.copy(key, f"copy-{key}")
            upload = await shelf.begin(f"m{lane}")
            etag = await shelf.part(f"m{lane}", upload, 1, data)
            await shelf.store.uploads.complete(shelf.bucket, f"m{lane}", upload, [(1, etag)])

    def clear() -> None:
        while not stop.is_set():
            shelf.store.upkeep.reclaim()

    async def run() -> None:
        latest: dict[str, bytes] = {}
        clearing = asyncio.ensure_future(asyncio.to_thread(clear))
        await asyncio.gather(*(write(lane, latest) for lane in range(8)))
        stop.set()
        await clearing
        for key, data in latest.items():
            assert await shelf.read(key) == data

    asyncio.run(run())


@pytest.mark.usefixtures("small_packs")
def test_a_record_that_moves_while_packs_are_cleared_keeps_its_bytes(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version becomes present, after the present ones were looked through and before the old ones are."""

    async def prepare() -> str:
        await shelf.versioning("Enabled")
        await shelf.put("k", data_of(1000, 1))
        marker = await shelf.delete("k")
        await fill(shelf, 60)
        for number in range(60):
            await shelf.delete(f"k{number:03}", version_id(shelf.store.objects.get(shelf.bucket, f"k{number:03}")))
        assert marker is not None
        return version_id(marker)

    marker = asyncio.run(prepare())
    whole = upkeep.Upkeep._all_extents

    def interrupted(self: upkeep.Upkeep) -> Iterator[tuple[str, bytes, tuple[upkeep.Extent, ...]]]:
        everything = sorted(whole(self), key=lambda found: found[0] != "objects")
        yield from (found for found in everything if found[0] == "objects")
        asyncio.run(shelf.delete("k", marker))
        yield from whole_history(self)

    def whole_history(self: upkeep.Upkeep) -> Iterator[tuple[str, bytes, tuple[upkeep.Extent, ...]]]:
        return (found for found in whole(self) if found[0] != "objects")

    with monkeypatch.context() as patch:
        patch.setattr(upkeep.Upkeep, "_all_extents", interrupted)
        shelf.store.upkeep.reclaim()
    assert asyncio.run(shelf.read("k")) == data_of(1000, 1)
    shelf.store.upkeep.reclaim()
    assert asyncio.run(shelf.read("k")) == data_of(1000, 1)


@pytest.mark.usefixtures("small_packs")
def test_a_pack_stays_while_it_is_read(shelf: Shelf) -> None:
    async def run() -> None:
        await fill(shelf)
        _, source = shelf.store.objects.open(shelf.bucket, "k001")
        for number in range(100):
            await shelf.delete(f"k{number:03}")
        assert shelf.store.upkeep.reclaim() > 0
        assert pack_files(shelf) == 2
        assert shelf.store.upkeep.reclaim() == 0
        assert await read(source, 0, 5000) == data_of(5000, 1)
        assert pack_files(shelf) == 1

    asyncio.run(run())


@pytest.mark.usefixtures("small_packs")
def test_damage_is_neither_copied_nor_moved(shelf: Shelf) -> None:
    async def run() -> None:
        await fill(shelf, 60)
        await shelf.put("large", data_of(LARGE))
        for number in range(40):
            if number % 10:
                await shelf.delete(f"k{number:03}")
        flip(shelf, "k010")
        with pytest.raises(Internal):
            await shelf.copy("k010", "copy")
        upload = await shelf.begin("k")
        _, source = shelf.store.objects.open(shelf.bucket, "k010")
        with pytest.raises(Internal):
            await shelf.store.uploads.copy_part(shelf.bucket, "k", upload, 1, source, 0, 5000)
        source.close()
        shelf.store.upkeep.reclaim()
        shelf.store.upkeep.reclaim()

    asyncio.run(run())
    assert [found.key for found in damages(shelf)] == ["k010"]
    flip(shelf, "k010")


# -- damage


def flip(shelf: Shelf, key: str, part: int = 0) -> None:
    """Turn one bit of an object."""
    extent = shelf.store.objects.get(shelf.bucket, key).extents[part]
    flip_extent(shelf, extent)


def flip_extent(shelf: Shelf, extent: upkeep.Extent) -> None:
    path = shelf.store._packs.path(extent.file) if extent.packed else shelf.store.blobs.path(extent.file)
    with path.open("r+b") as file:
        file.seek(extent.offset + extent.length // 2)
        byte = file.read(1)[0]
        file.seek(-1, 1)
        file.write(bytes([byte ^ 4]))


@pytest.mark.parametrize("key", ["k", "k" * 481, "中" * 341])
@pytest.mark.parametrize("size", [10, LARGE])
def test_a_flipped_bit_is_found_and_its_object_named(shelf: Shelf, key: str, size: int) -> None:
    async def prepare() -> None:
        await shelf.put("whole", data_of(size, 1))
        await shelf.put(key, data_of(size))

    asyncio.run(prepare())
    assert not damages(shelf)
    flip(shelf, key)
    assert [(found.bucket, found.key) for found in damages(shelf)] == [("b", key)]
    flip(shelf, key)


def test_damage_of_old_versions_and_parts_is_named(shelf: Shelf) -> None:
    async def run() -> None:
        await shelf.versioning("Enabled")
        key = "v" * 600
        old = await shelf.put(key, data_of(LARGE))
        await shelf.put(key, b"new")
        upload = await shelf.begin("m")
        await shelf.part("m", upload, 3, data_of(LARGE, 1))
        part = shelf.store.uploads.parts(shelf.bucket, "m", upload)[0]
        broken = [old.extents[0], part.extents[0]]
        for extent in broken:
            flip_extent(shelf, extent)
        assert {(d.bucket, d.key) for d in damages(shelf)} == {("b", key), ("b", f"m (part 3 of upload {upload})")}
        for extent in broken:
            flip_extent(shelf, extent)

    asyncio.run(run())


def test_missing_and_shortened_files_are_damage(shelf: Shelf) -> None:
    async def run() -> None:
        for key in ("gone", "short", "whole"):
            await shelf.put(key, data_of(LARGE))
        path = {
            key: shelf.store.blobs.path(shelf.store.objects.get(shelf.bucket, key).extents[0].file)
            for key in ("gone", "short")
        }
        path["gone"].unlink()
        path["short"].write_bytes(data_of(LARGE)[:1000])
        assert [(found.key, found.problem) for found in damages(shelf)] == [
            ("gone", "its file is missing"),
            ("short", "its file is too short"),
        ]
        await shelf.delete("gone")
        await shelf.delete("short")

    asyncio.run(run())


def test_what_is_replaced_while_it_is_looked_at_is_no_damage(shelf: Shelf) -> None:
    async def run() -> None:
        for number in range(10):
            await shelf.put(f"k{number}", data_of(LARGE, number))

    asyncio.run(run())
    whole = shelf.store.upkeep._problem
    shelf.store.upkeep._problem = lambda extent: (asyncio.run(run()), whole(extent))[1]  # ty: ignore
    assert not damages(shelf)
    del shelf.store.upkeep._problem


# -- after a crash


def left_over(shelf: Shelf) -> set[Path]:
    return {path for path in shelf.folder.glob("data/*/*/*") if path.is_file()}


def test_what_a_crash_left_is_removed_at_the_next_start(shelf: Shelf) -> None:
    async def run() -> None:
        await shelf.put("k", data_of(LARGE))
        await shelf.store.objects.receive(chunks(data_of(LARGE)), size_max=LARGE)

    asyncio.run(run())
    assert len(left_over(shelf)) == 2
    (shelf.folder / "packs" / "00000000.pack").write_bytes(b"named by nobody")
    shelf.reopen()
    assert len(left_over(shelf)) == 1
    assert asyncio.run(shelf.read("k")) == data_of(LARGE)


def test_a_start_that_did_not_get_far_leaves_its_work_to_the_next(shelf: Shelf) -> None:
    async def run() -> None:
        await shelf.store.objects.receive(chunks(data_of(LARGE)), size_max=LARGE)

    asyncio.run(run())
    shelf.store._index.write_sync(lambda change, _: change.next_number("run"))
    shelf.reopen()
    assert not left_over(shelf)
    assert not list(shelf.folder.glob("data/*"))


def test_files_let_go_but_not_unlinked_yet_are_unlinked_at_the_next_start(shelf: Shelf) -> None:
    async def run() -> None:
        await shelf.put("k", data_of(LARGE))
        shelf.store.objects.open(shelf.bucket, "k")
        await shelf.delete("k")

    asyncio.run(run())
    assert len(left_over(shelf)) == 1
    shelf.reopen()
    assert not left_over(shelf)


def test_the_trash_is_emptied_by_sweeping(shelf: Shelf) -> None:
    def trash(view: Snapshot) -> int:
        return len(list(view.prefixed("trash", b"")))

    async def run() -> None:
        await asyncio.gather(*(shelf.put(f"k{number}", data_of(LARGE)) for number in range(5)))
        await asyncio.gather(*(shelf.delete(f"k{number}") for number in range(5)))
        with shelf.store._index.reading() as view:
            assert trash(view) == 5
        shelf.audit()
        await shelf.store.sweep()
        with shelf.store._index.reading() as view:
            assert trash(view) == 0

    asyncio.run(run())


def test_the_audit_itself_notices(shelf: Shelf) -> None:
    async def prepare() -> None:
        await shelf.put("k", data_of(LARGE))
        await shelf.put("s", b"12")

    asyncio.run(prepare())
    stray = shelf.folder / "data" / "1" / "00" / "77"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"")
    with pytest.raises(AssertionError, match="named by nobody"):
        shelf.audit()
    stray.unlink()

    def spoil(change: Change, _: object) -> None:
        change.stat((1).to_bytes(8, "big")).objects += 1

    shelf.store._index.write_sync(spoil)
    with pytest.raises(AssertionError):
        shelf.audit()
    shelf.store._index.write_sync(lambda change, _: setattr(change.stat((1).to_bytes(8, "big")), "objects", 2))
    record = shelf.store.objects.get(shelf.bucket, "s")
    shelf.store._index.write_sync(lambda change, _: change.used(record.extents))
    with pytest.raises(AssertionError, match="counts of packs"):
        shelf.audit()
    shelf.store._index.write_sync(lambda change, _: change.released(record.extents))


READER = """
import sys, lmdb
txn = lmdb.open(sys.argv[1], readonly=True, max_dbs=32, max_readers=1024).begin()
print("reading", flush=True)
sys.stdin.read()
"""


def test_a_process_that_was_killed_while_it_read_holds_no_pages(shelf: Shelf) -> None:
    command = [sys.executable, "-c", READER, str(shelf.folder / "index")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"reading\n"
        process.kill()
    env = shelf.store._index._env
    assert str(process.pid) in env.readers()
    asyncio.run(shelf.store.sweep())
    assert str(process.pid) not in env.readers()
