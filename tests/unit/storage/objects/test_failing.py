"""Disks that fail: every write is there whole or not at all, the others of its group too, and then it goes on."""

import asyncio
import errno
import os
from collections.abc import Callable
from typing import Any

import lmdb
import pytest

from tests.unit.storage.objects.shelf import LARGE, Shelf, data_of
from yunbox.kernel.errors import StorageFull, Unavailable
from yunbox.storage.objects import blobs, packs
from yunbox.storage.objects.index import Change

FULL = OSError(errno.ENOSPC, "No space left on device")
BROKEN = OSError(errno.EIO, "Input/output error")


def failing(real: Callable[..., Any], error: Exception, after: int = 0) -> Callable[..., Any]:
    """A function that raises, first after some calls that work."""
    calls = iter(range(1 << 30))

    def call(*args: Any, **kwargs: Any) -> Any:
        if next(calls) < after:
            return real(*args, **kwargs)
        raise error

    return call


def half_writev(fd: int, chunk: list[bytes]) -> int:
    return os.write(fd, b"".join(chunk)[:10])


async def prepare(shelf: Shelf) -> str:
    await shelf.put("old", b"old")
    await shelf.put("large", data_of(LARGE, 1))
    await shelf.append("log", 0, b"log")
    return await shelf.begin("m")


def writes(shelf: Shelf, upload: str) -> dict[str, Callable[[], Any]]:
    return {
        "small": lambda: shelf.put("new", data_of(1000)),
        "over": lambda: shelf.put("old", data_of(2000)),
        "large": lambda: shelf.put("large", data_of(LARGE)),
        "append": lambda: shelf.append("log", 3, data_of(LARGE)),
        "first": lambda: shelf.append("other", 0, data_of(10)),
        "part": lambda: shelf.part("m", upload, 1, data_of(LARGE)),
        "little": lambda: shelf.part("m", upload, 2, data_of(10)),
        "copy": lambda: shelf.copy("large", "copy"),
        "packed": lambda: shelf.copy("old", "copy"),
        "delete": lambda: shelf.delete("large"),
    }


async def as_it_was(shelf: Shelf, upload: str) -> None:
    assert await shelf.read("old") == b"old"
    assert await shelf.read("large") == data_of(LARGE, 1)
    assert await shelf.read("log") == b"log"
    for key in ("new", "other", "copy"):
        assert await shelf.find(key) is None
    assert not shelf.store.uploads.parts(shelf.bucket, "m", upload)
    shelf.audit()


async def works_again(shelf: Shelf, upload: str) -> None:
    for key in ("log", "other"):
        await shelf.delete(key)
    await shelf.append("log", 0, b"log")
    await shelf.put("large", data_of(LARGE, 1))
    for write in writes(shelf, upload).values():
        await write()
        shelf.audit()
    shelf.store.upkeep.reclaim()


CASES: list[tuple[str, object, str, Callable[..., Any]]] = [
    ("a pack that takes no bytes", os, "writev", failing(os.writev, FULL)),
    ("a pack that takes some bytes", packs, "_write_rest", failing(packs._write_rest, FULL)),
    ("a disk that does not flush", os, "fdatasync", failing(os.fdatasync, FULL)),
    ("folders that take no names", packs, "sync_folder", failing(packs.sync_folder, FULL)),
    ("files that take no bytes", os, "write", failing(os.write, FULL)),
    ("folders that take no files", blobs, "sync_folder", failing(blobs.sync_folder, FULL)),
    ("links that cannot be made", blobs, "_link", failing(blobs._link, FULL)),
]


@pytest.mark.parametrize(("where", "name", "failure"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
@pytest.mark.parametrize("fresh", [False, True])
def test_a_disk_that_fails_in_the_middle(
    shelf: Shelf,
    monkeypatch: pytest.MonkeyPatch,
    where: object,
    name: str,
    failure: Callable[..., Any],
    fresh: bool,
) -> None:
    async def run() -> None:
        upload = await prepare(shelf)
        with monkeypatch.context() as patch:
            if name == "_write_rest":
                patch.setattr(os, "writev", half_writev)
            if fresh:
                patch.setattr(packs, "PACK_BYTES_MAX", 1)
            patch.setattr(where, name, failure)
            together = [write() for key, write in writes(shelf, upload).items() if key != "delete"]
            outcomes = await asyncio.gather(*together, return_exceptions=True)
        if fresh or (where, name) != (packs, "sync_folder"):
            assert any(isinstance(outcome, StorageFull) for outcome in outcomes)
        assert all(isinstance(outcome, StorageFull) for outcome in outcomes if isinstance(outcome, Exception))
        shelf.audit()
        await works_again(shelf, upload)

    asyncio.run(run())


def commit_failing(monkeypatch: pytest.MonkeyPatch, shelf: Shelf, error: Exception) -> None:
    """Every transaction of the index fails when it is to be committed."""
    env = shelf.store._index._env

    class Environment:
        def begin(self, write: bool = False, **options: Any) -> Any:
            return Transaction(env.begin(write=True)) if write else env.begin(**options)

    class Transaction:
        def __init__(self, txn: Any) -> None:
            self.txn = txn

        def __enter__(self) -> Any:
            return self.txn

        def __exit__(self, *failed: object) -> None:
            self.txn.abort()
            if failed == (None, None, None):
                raise error

    monkeypatch.setattr(shelf.store._index, "_env", Environment())


@pytest.mark.parametrize("error", [lmdb.DiskError("No space left on device"), lmdb.MapFullError(), FULL])
def test_an_index_that_cannot_commit(shelf: Shelf, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    async def run() -> None:
        upload = await prepare(shelf)
        pack_bytes = shelf.store._packs.size_bytes(1)
        with monkeypatch.context() as patch:
            commit_failing(patch, shelf, error)
            for write in writes(shelf, upload).values():
                with pytest.raises(StorageFull):
                    await write()
                await as_it_was(shelf, upload)
            outcomes = await asyncio.gather(
                *(write() for write in writes(shelf, upload).values()), return_exceptions=True
            )
            assert [type(outcome) for outcome in outcomes] == [StorageFull] * len(outcomes)
        assert shelf.store._packs.size_bytes(1) == pack_bytes
        await as_it_was(shelf, upload)
        await works_again(shelf, upload)

    asyncio.run(run())


def test_files_stay_when_nobody_knows_whether_the_index_names_them(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        with monkeypatch.context() as patch:
            commit_failing(patch, shelf, lmdb.PanicError("mdb_txn_commit: Update of meta page failed"))
            with pytest.raises(lmdb.PanicError):
                await shelf.put("k", data_of(LARGE))
        assert len(list(shelf.folder.glob("data/*/*/*"))) == 1

    asyncio.run(run())
    shelf.reopen()


def test_a_work_that_fails_in_the_middle_leaves_nothing_and_takes_no_other_along(shelf: Shelf) -> None:
    node = (1).to_bytes(8, "big")

    def half(change: Change, extents: tuple[Any, ...]) -> None:
        change.put("meta", b"half", b"done")
        change.stat(node).objects += 7
        change.used(extents)
        change.doomed.append(1)
        raise ValueError("in the middle")

    async def run() -> None:
        index = shelf.store._index
        outcomes = await asyncio.gather(
            *(shelf.put(f"k{number}", data_of(size)) for number, size in enumerate((10, LARGE, 20))),
            *(index.write(half, data_of(100)) for _ in range(3)),
            *(shelf.put(f"k{number}", data_of(30)) for number in range(3, 6)),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes[3:6]] == [ValueError] * 3
        assert not [outcome for outcome in outcomes[:3] + outcomes[6:] if isinstance(outcome, BaseException)]
        with index.reading() as view:
            assert view.get("meta", b"half") is None
        assert shelf.stat.objects == 6

    asyncio.run(run())


def test_a_record_that_cannot_be_kept_is_refused_whole(shelf: Shelf) -> None:
    async def run() -> None:
        await shelf.put("k" * 500, data_of(LARGE))
        for size in (10, LARGE):
            with pytest.raises(ValueError, match="not in tuple"):
                await shelf.put("k" * 500, data_of(size), storage_class="no such class")
            with pytest.raises(ValueError, match="not in tuple"):
                await shelf.put("n" * 500, data_of(size), storage_class="no such class")
        assert await shelf.read("k" * 500) == data_of(LARGE)

    asyncio.run(run())


def test_a_loop_that_is_gone_does_not_stop_the_writer(shelf: Shelf) -> None:
    index = shelf.store._index
    loop = asyncio.new_event_loop()
    task = loop.create_task(index.write(lambda change, _: change.put("meta", b"a", b"1")))
    loop.run_until_complete(asyncio.sleep(0))
    loop.call_soon_threadsafe = failing(print, RuntimeError("Event loop is closed"))  # ty: ignore
    index.write_sync(lambda change, _: None)
    assert not task.done()
    del loop.call_soon_threadsafe
    loop.run_until_complete(asyncio.sleep(0))
    task._fut_waiter.set_result(None)  # ty: ignore
    loop.close()


def test_a_file_that_cannot_be_unlinked_is_tried_again_at_the_next_start(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        await shelf.put("k", data_of(LARGE))
        with monkeypatch.context() as patch:
            patch.setattr(shelf.store.blobs, "remove", failing(print, BROKEN))
            await shelf.delete("k")
            await shelf.put("k", b"1")
        assert len(list(shelf.folder.glob("data/*/*/*"))) == 1

    asyncio.run(run())
    shelf.reopen()


def test_a_closed_store_says_so(tmp_path: Any) -> None:
    shelf = Shelf(tmp_path)
    shelf.store.close()
    with pytest.raises(Unavailable):
        shelf.store._index.write_sync(lambda change, _: None)


def test_copies_beyond_the_names_a_file_can_have_are_real_ones(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        await shelf.put("k", data_of(LARGE))
        monkeypatch.setattr(blobs.Path, "hardlink_to", failing(print, OSError(errno.EMLINK, "Too many links")))
        await shelf.copy("k", "copy")
        assert await shelf.read("copy") == data_of(LARGE)

    asyncio.run(run())
