"""Several processes, disks that fail, and what a journal makes of damaged bytes."""

import os
import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import lmdb
import pytest

from tests import waiting
from tests.unit.storage.journaled.test_power import made, opened, stored
from yunbox.kernel.errors import Unavailable
from yunbox.storage.journaled import checkpoints, journal, segments
from yunbox.storage.journaled.frames import START, Position, framed, transactions
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change


def table(store: RowStore) -> Relation:
    with store.reading() as view:
        found = store.catalogue(view).find("public", "t")
    assert found is not None
    return found


def put(store: RowStore, key: bytes, row: bytes) -> None:
    relation = table(store)
    store.write_sync(lambda change: change.set_row(relation, relation.prefix + key, row))


@pytest.fixture
def store(tmp_path: Path) -> Any:
    store = opened(tmp_path / "rows")
    store.write_sync(made)
    yield store
    store.close()


def left(folder: Path, into: Path) -> RowStore:
    """What a machine finds that has lost its power now: nothing of LMDB's file that was not flushed before."""
    into.mkdir()
    kept = checkpoints.Checkpoints(folder).read()
    assert kept is not None
    for name in ("data.mdb", "journal.0", "journal.1", "checkpoint"):
        if (folder / name).exists():
            (into / name).write_bytes((folder / name).read_bytes())
    with (into / "data.mdb").open("r+b") as file:
        file.write(b"\xff" * len(kept.pages))  # it may name pages that were never written
    return opened(into)


def test_frames_are_whole_or_not_there() -> None:
    first = framed(START, 0, b"a" * 30, is_last=False) + framed(START, 1, b"b", is_last=True)
    second = framed(Position(1, 0, 1), 0, b"c" * 5, is_last=True)
    data = first + second + bytes(100)
    whole = [(end, [bytes(body) for body in bodies]) for end, bodies in transactions(memoryview(data), START)]
    assert whole == [
        (Position(1, len(first), 1), [b"a" * 30, b"b"]),
        (Position(1, len(first + second), 2), [b"c" * 5]),
    ]
    for at in range(len(first + second)):
        damaged = bytearray(data)
        damaged[at] ^= 1 << random.Random(at).randrange(8)
        for torn in (bytes(damaged), data[:at]):
            found = [[bytes(body) for body in bodies] for _, bodies in transactions(memoryview(torn), START)]
            assert found == [bodies for _, bodies in whole][: 0 if at < len(first) else 1]


def test_frames_of_another_generation_do_not_count() -> None:
    data = memoryview(framed(Position(1, 0, 0), 0, b"old", is_last=True))
    assert not list(transactions(data, Position(3, 0, 0)))
    assert not list(transactions(data, Position(1, 0, 7)))


def test_a_transaction_that_is_not_committed_is_not_done_again(
    store: RowStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, b"1", b"one")
    with monkeypatch.context() as patched:
        ended = store._ended

        def failing(change: Change) -> None:
            ended(change)  # it is in the journal
            raise lmdb.Error("the disk has failed")

        patched.setattr(store, "_ended", failing)
        with pytest.raises(lmdb.Error):
            put(store, b"2", b"two")
    again = left(tmp_path / "rows", tmp_path / "left")
    assert [*stored(again).values()] == [b"one"]
    again.close()
    put(store, b"3", b"three")
    again = left(tmp_path / "rows", tmp_path / "left again")
    assert [*stored(again).values()] == [b"one", b"three"]
    again.close()


def test_a_disk_that_has_failed_once_is_not_believed(store: RowStore, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, b"1", b"one")

    def failing(env: lmdb.Environment) -> None:
        raise lmdb.DiskError("mdb_env_sync: Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(journal, "synced", failing)
        with pytest.raises(lmdb.DiskError):
            store.checkpoint()
    with pytest.raises(Unavailable, match="The disk has failed"):
        put(store, b"2", b"two")
    assert [*stored(store).values()] == [b"one"]


def test_a_checkpoint_that_fails_keeps_the_journal_it_needs(
    store: RowStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "_TURN_BYTES", 100)
    wanted = []
    for turn in range(8):
        for number in range(5):
            put(store, b"%d-%d" % (turn, number), b"x" * 50)
            wanted.append(b"x" * 50)
        with monkeypatch.context() as patched:
            if turn % 4:
                patched.setattr(checkpoints.Checkpoints, "write", _full)
                with pytest.raises(OSError, match="full"):
                    store.checkpoint()
            else:
                store.checkpoint()
        again = left(tmp_path / "rows", tmp_path / f"left{turn}")
        assert [*stored(again).values()] == wanted
        again.close()


def _full(self: checkpoints.Checkpoints, checkpoint: checkpoints.Checkpoint) -> None:
    raise OSError("full")


@pytest.mark.parametrize("error", [OSError("full"), lmdb.DiskError("mdb_txn_commit: No space left on device")])
def test_a_full_disk_takes_a_checkpoint_where_it_takes_no_page(
    store: RowStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(journal, "_TURN_BYTES", 10)

    def refused(*_: Any) -> None:
        raise error

    put(store, b"1", b"one")
    store.checkpoint()
    before = checkpoints.Checkpoints(tmp_path / "rows").read()
    with monkeypatch.context() as patched:
        patched.setattr(segments.Segments, "shorten", refused)  # the journal cannot go on in its other file
        put(store, b"2", b"two")
        store.checkpoint()
    after = checkpoints.Checkpoints(tmp_path / "rows").read()
    assert before is not None
    assert after is not None
    assert after.number > before.number
    assert (after.position.generation, after.position.at) > (before.position.generation, before.position.at)
    again = left(tmp_path / "rows", tmp_path / "left")
    assert [*stored(again).values()] == [b"one", b"two"]
    again.close()


def test_a_long_journal_has_writers_wait(store: RowStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "_LONG_BYTES", 2000)
    monkeypatch.setattr(journal, "_TURN_BYTES", 1000)
    for number in range(200):
        put(store, b"%d" % number, b"x" * 100)
    folder = store._kept.folder
    assert max(segments.Segments(folder).path(one).stat().st_size for one in (0, 1)) <= segments._GROWN_BYTES_MIN
    kept = checkpoints.Checkpoints(folder).read()
    assert kept is not None
    assert kept.number > 10


def test_closed_stores_are_left_whole(tmp_path: Path) -> None:
    store = opened(tmp_path / "rows")
    store.write_sync(made)
    store.close()
    kept = checkpoints.Checkpoints(tmp_path / "rows").read()
    assert kept is not None
    assert kept.is_clean
    again = opened(tmp_path / "rows")
    table(again)
    again.close()  # who has only read leaves no checkpoint
    assert checkpoints.Checkpoints(tmp_path / "rows").read() == kept


def test_a_file_that_was_removed_is_made_anew(store: RowStore, tmp_path: Path) -> None:
    put(store, b"1", b"one")
    left(tmp_path / "rows", tmp_path / "left").close()
    for name in ("checkpoint", "journal.0", "journal.1"):  # as a kill has left them
        if (tmp_path / "rows" / name).exists():
            (tmp_path / "left" / name).write_bytes((tmp_path / "rows" / name).read_bytes())
    (tmp_path / "left" / "data.mdb").unlink()
    for _ in range(2):
        again = opened(tmp_path / "left")
        assert not stored(again)
        again.close()


IDLE = """
import sys
from pathlib import Path
from yunbox.storage.rows.store import RowStore

store = RowStore(Path(sys.argv[1]), checkpoints_every_s=0.01)
store.forget_readers()
print("ready", flush=True)
sys.stdin.read()
store.close()
"""


def test_who_does_not_write_keeps_no_old_pages(tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    store = RowStore(folder, checkpoints_every_s=0.01)
    store.write_sync(made)
    with subprocess.Popen(
        [sys.executable, "-c", IDLE, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as idle:
        assert idle.stdout is not None
        assert idle.stdout.readline() == "ready\n"

        def is_reused() -> bool:
            """Whether pages that were used since are used again: the file is as long as it was."""
            before = (folder / "data.mdb").stat().st_size
            for number in range(200):
                put(store, b"%d" % (number % 20), b"x" * 3000)
            return (folder / "data.mdb").stat().st_size == before

        waiting.until(is_reused)
        idle.communicate()
    store.close()


WRITER = """
import sys
from pathlib import Path
from tests.unit.storage.journaled.test_journal import put
from yunbox.storage.rows.store import RowStore

store, name, count = RowStore(Path(sys.argv[1]), checkpoints_every_s=0.01), sys.argv[2], int(sys.argv[3])
for number in range(count):
    put(store, f"{name}{number:05d}".encode(), name.encode() * 20)
    print(number, flush=True)
if count < 1000:
    store.close()
"""


def test_processes_write_side_by_side_and_are_killed(store: RowStore, tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, folder, name, count], stdout=subprocess.PIPE, text=True)
        for name, count in (("a", "150"), ("b", "100000"), ("c", "100000"))
    ]
    said: list[list[str]] = [[] for _ in writers]

    def hear(at: int) -> None:
        out = writers[at].stdout
        assert out is not None
        with out:
            said[at] += out

    threads = [threading.Thread(target=hear, args=(at,)) for at in range(len(writers))]
    for thread in threads:
        thread.start()
    assert writers[0].wait(120) == 0
    for writer in writers[1:]:
        writer.kill()
        writer.wait()
        store.forget_readers()
        put(store, b"z", b"one goes on")
    for thread in threads:
        thread.join()
    again = left(folder, tmp_path / "left")
    present, relation = stored(again), table(again)
    again.close()
    assert present == stored(store)
    for lines, name in zip(said, "abc", strict=True):
        for line in lines:
            assert relation.prefix + f"{name}{int(line):05d}".encode() in present
    assert len(said[0]) == 150
    assert os.path.exists(folder / "checkpoint")
