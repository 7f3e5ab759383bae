"""A machine that loses its power leaves any of what was written since it was flushed: what was acknowledged is there.

The disk is played: a flush keeps what a file has then, and a crash makes of each block what was flushed last or what
was written since, by chance. A file that was never flushed may be anything in between, and one whose folder was not
flushed may not be there.
"""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lmdb
import pytest

from yunbox.storage import environment
from yunbox.storage.journaled import admission, journal, segments
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.model import Column, Relation
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change

BLOCK = 512
FILES = ("data.mdb", "journal.0", "journal.1", "checkpoint")
Rows = dict[bytes, bytes]


class Disk:
    """What is on disk of a folder's files, whatever their writers see of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.flushed: dict[str, bytes] = {}
        self.watch: Callable[[], None] = lambda: None
        """Is called before each flush, and after it."""

    def flush(self, name: str) -> None:
        """A file is flushed."""
        self.watch()
        path = self.folder / name
        self.flushed[name] = path.read_bytes() if path.exists() else b""
        self.watch()

    def left(self, into: Path, chance: random.Random) -> None:
        """What a crash now leaves."""
        into.mkdir()
        for name in FILES:
            path = self.folder / name
            if not path.exists() or (name not in self.flushed and chance.random() < 0.5):
                continue
            now, before = path.read_bytes(), self.flushed.get(name, b"")
            share = chance.choice((0.0, 0.1, 0.5, 0.9, 1.0))
            length = max(len(before), chance.choice((len(before), len(now))))
            blocks = (
                (now if chance.random() < share else before)[at : at + BLOCK].ljust(min(BLOCK, length - at), b"\0")
                for at in range(0, length, BLOCK)
            )
            (into / name).write_bytes(b"".join(blocks))


Disks = dict[Path, Disk]


@pytest.fixture
def disks(monkeypatch: pytest.MonkeyPatch) -> Disks:
    """The disks that are played, by the folders of the stores on them."""
    made: Disks = {}
    fdatasync, fsync, sync, mend = os.fdatasync, os.fsync, environment.synced, admission.Admission._mend

    def flushed(real: Callable[[int], None]) -> Callable[[int], None]:
        def flush(file: int) -> None:
            real(file)
            path = Path(os.readlink(f"/proc/self/fd/{file}"))
            if path.parent in made and path.name in FILES:
                made[path.parent].flush(path.name)

        return flush

    def synced(env: lmdb.Environment) -> None:
        sync(env)
        if Path(env.path()) in made:
            made[Path(env.path())].flush("data.mdb")

    def mended(self: admission.Admission) -> None:
        mend(self)
        if self._folder in made:  # LMDB has made its tables, and flushed them itself
            made[self._folder].flushed["data.mdb"] = (self._folder / "data.mdb").read_bytes()

    monkeypatch.setattr(os, "fdatasync", flushed(fdatasync))
    monkeypatch.setattr(os, "fsync", flushed(fsync))
    monkeypatch.setattr(admission, "synced", synced)
    monkeypatch.setattr(journal, "synced", synced)
    monkeypatch.setattr(admission.Admission, "_mend", mended)
    return made


def opened(folder: Path) -> RowStore:
    """A store that makes no checkpoints by itself."""
    return RowStore(folder, checkpoints_every_s=1e6)


def stored(store: RowStore) -> Rows:
    """Its rows; all that is kept of them agrees."""
    with store.reading() as view:
        found = dict(view.prefixed("rows", b""))
        relation = store.catalogue(view).find("public", "t")
        totals = view.totals(relation) if relation is not None else None
    assert totals is None or totals.rows == len(found)
    return found


def made(change: Change) -> None:
    columns = (Column("k", 1, 25), Column("v", 2, 25))
    oid, node = catalogue.next_oid(change), catalogue.next_node(change)
    catalogue.add(change, Relation(oid, "public", "t", node, columns, primary_key=(1,)))


def changed(store: RowStore, chance: random.Random, rows: Rows) -> tuple[Callable[[Change], Any], Rows]:
    """A work by chance, and what the rows are after it."""
    with store.reading() as view:
        relation = store.catalogue(view).find("public", "t")
    assert relation is not None
    keys = [relation.prefix + b"%05d" % chance.randrange(300) for _ in range(chance.choice((1, 1, 2, 5, 40)))]
    if chance.random() < 0.2:
        after = {key: row for key, row in rows.items() if key not in keys}
        return lambda change: [change.set_row(relation, key, None) for key in keys if change.row(key)], after
    value = chance.randbytes(chance.choice((3, 50, 700)))
    many = list(dict.fromkeys(keys))
    if len(many) > 2:
        return (
            lambda change: change.set_rows(relation, many, [value] * len(many), [change.row(key) for key in many]),
            {**rows, **dict.fromkeys(many, value)},
        )
    return (
        lambda change: [change.set_row(relation, key, value) for key in many],
        {**rows, **dict.fromkeys(many, value)},
    )


class Crashes:
    """Looks at what crashes leave, at moments by chance: what was acknowledged, or with it what was under way. Some
    crash again while they are mended."""

    def __init__(self, disks: Disks, folder: Path, chance: random.Random, share: float) -> None:
        self.disks, self.folder, self.chance, self.share = disks, folder, chance, share
        self.allowed: list[Rows] = [{}]
        self.count = 0
        self.depth = 0
        disks[folder] = Disk(folder)
        disks[folder].watch = lambda: self.look(folder, self.share)

    def look(self, folder: Path, share: float) -> None:
        if self.depth > (folder != self.folder) or self.chance.random() > share:
            return
        self.depth += 1
        self.count += 1
        into = self.folder.parent / f"crash{self.count}"
        self.disks[folder].left(into, self.chance)
        self.disks[into] = left = Disk(into)
        left.flushed = {name: (into / name).read_bytes() for name in FILES if (into / name).exists()}
        left.watch = lambda: self.look(into, 0.3)
        store = opened(into)
        left.watch = lambda: None
        try:
            assert stored(store) in self.allowed
            store.write_sync(lambda change: change.put("meta", b"goes on", b"1"))
        finally:
            store.close()
        shutil.rmtree(into)
        self.depth -= 1


def run(disks: Disks, folder: Path, seed: int, works: int, share: float) -> int:
    """Works by chance, with checkpoints, and crashes at any flush; how many."""
    chance, rows = random.Random(seed), Rows()
    crashes = Crashes(disks, folder, chance, share)
    store = opened(folder)
    store.write_sync(made)
    for _ in range(works):
        work, after = changed(store, chance, rows)
        crashes.allowed = [rows, after]
        store.write_sync(work)
        rows = after
        crashes.allowed = [rows]
        crashes.look(folder, share)
        if chance.random() < 0.15:
            store.checkpoint()
        if chance.random() < 0.03:
            store.close()
            store = opened(folder)
        assert stored(store) == rows
    store.close()
    again = opened(folder)
    assert stored(again) == rows
    again.close()
    return crashes.count


@pytest.mark.parametrize("seed", range(12))
def test_what_was_acknowledged_is_there(
    disks: Disks, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "_TURN_BYTES", 4000)  # both files are used, again and again
    monkeypatch.setattr(segments, "_PART_BYTES", random.Random(seed).choice((300, 4 << 20)))  # several frames each
    monkeypatch.setattr(segments, "_GROWN_BYTES_MIN", 4096)
    assert run(disks, tmp_path / "rows", seed, works=60, share=0.2) > 10
