"""The index of the object store: LMDB with many readers, and one writer thread that commits in groups.

Writes from concurrent calls share one transaction and its flush, as those of the control plane's database do.
The bytes of small objects ride along: they are appended to a pack and flushed once for the whole group, before
the transaction that names them commits.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

import lmdb

from yunbox.kernel.errors import StorageFull
from yunbox.storage.files import translate
from yunbox.storage.objects.keys import Cursor, walk
from yunbox.storage.objects.model import BucketStat, Extent, dump_stat, load_stat
from yunbox.storage.objects.packs import Packs

T = TypeVar("T")
_TABLES = ("meta", "buckets", "stats", "objects", "history", "uploads", "parts", "files", "packs", "trash")
_GROUP_MAX = 512
_GROUP_BYTES_MAX = 32 * 1024 * 1024
_MAP_BYTES = 1 << 40  # address space, not memory or disk
_MAP_BYTES_LOW = 1 << 34


class Tables:
    """The tables of the index, by name."""

    def __init__(self, env: lmdb.Environment, txn: lmdb.Transaction | None = None) -> None:
        self._handles = {name: env.open_db(name.encode(), txn=txn) for name in _TABLES}

    def __getitem__(self, name: str) -> Any:
        return self._handles[name]


class Snapshot:
    """A consistent view of the index for reading."""

    def __init__(self, txn: lmdb.Transaction, tables: Tables) -> None:
        self.txn = txn
        self.tables = tables

    def get(self, table: str, key: bytes) -> bytes | None:
        """A value."""
        return cast("bytes | None", self.txn.get(key, db=self.tables[table]))  # buffers are off

    def cursor(self, table: str) -> Any:
        """A cursor over a table."""
        return self.txn.cursor(db=self.tables[table])

    def walk(self, node: int, start: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys and records of the current objects under a root node, from ``start``."""
        return walk(lambda: self._objects(), node.to_bytes(8, "big"), start)

    def prefixed(self, table: str, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """The entries whose keys begin with a prefix, from ``start`` on when that lies further."""
        cursor = self.cursor(table)
        if not cursor.set_range(max(prefix, start)):
            return
        for key, value in cursor:
            if not key.startswith(prefix):
                return
            yield key, value

    def _objects(self) -> Cursor:
        return self.cursor("objects")


class Change(Snapshot):
    """A writing transaction, shared by the works of a group."""

    def __init__(self, txn: lmdb.Transaction, tables: Tables) -> None:
        super().__init__(txn, tables)
        self.doomed: list[int] = []
        """Files that this group has let go; they are unlinked once it is committed."""
        self._stats: dict[bytes, BucketStat] = {}

    def put(self, table: str, key: bytes, value: bytes) -> None:
        """Set a value."""
        self.txn.put(key, value, db=self.tables[table])

    def delete(self, table: str, key: bytes) -> bool:
        """Remove an entry; says whether it was there."""
        return self.txn.delete(key, db=self.tables[table])

    def stat(self, node: bytes) -> BucketStat:
        """The running totals of a bucket, to be changed in place."""
        found = self._stats.get(node)
        if found is None:
            found = self._stats[node] = load_stat(self.get("stats", node))
        return found

    def save_stats(self) -> None:
        """Write the totals that changed: once for the whole group."""
        for node, stat in self._stats.items():
            self.put("stats", node, dump_stat(stat))

    def drop_stat(self, node: bytes) -> None:
        """Forget the totals of a bucket that is deleted."""
        self._stats.pop(node, None)
        self.delete("stats", node)

    def next_number(self, name: str) -> int:
        """A number that was never given before under this name."""
        key = name.encode()
        value = int.from_bytes(self.get("meta", key) or b"\0", "big") + 1
        self.put("meta", key, value.to_bytes(8, "big"))
        return value


Work = Callable[[Change, tuple[Extent, ...]], T]


@dataclass
class _Item:
    work: Callable[[Change, tuple[Extent, ...]], Any]
    payloads: tuple[bytes, ...]
    done: Callable[[Any, BaseException | None], None]
    extents: tuple[Extent, ...] = ()
    outcome: tuple[Any, BaseException | None] = field(default=(None, None))


class Index:
    """One LMDB environment: ``reading`` on the caller's thread, ``write`` through the committing thread."""

    def __init__(self, folder: Path, packs: Packs) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._env = _open(folder)
        self._tables = Tables(self._env)
        self._packs = packs
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_loop, name="yunbox-objects", daemon=True)
        self._on_doomed: Callable[[list[int]], None] = lambda files: None
        self._started = False

    def start(self, on_doomed: Callable[[list[int]], None]) -> None:
        """Start the writer. ``on_doomed`` gets the files of each committed group that nobody names any more."""
        self._on_doomed = on_doomed
        self._started = True
        self._thread.start()

    @contextlib.contextmanager
    def reading(self) -> Generator[Snapshot]:
        """A snapshot, for a short while: pages it sees cannot be used again until it ends."""
        with self._env.begin(buffers=False) as txn:
            yield Snapshot(txn, self._tables)

    async def write(self, work: Work[T], *payloads: bytes) -> T:
        """Run ``work`` in the next group, with the extents of its payloads; returns once all is on disk.

        A work raises before it changes anything, or not at all.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def done(result: Any, failure: BaseException | None) -> None:
            loop.call_soon_threadsafe(_settle, future, result, failure)

        self._queue.put(_Item(work, payloads, done))
        return await asyncio.shield(future)

    def write_sync(self, work: Work[T], *payloads: bytes) -> T:
        """Like ``write``, for callers without an event loop."""
        ended = threading.Event()
        box: list[Any] = []

        def done(result: Any, failure: BaseException | None) -> None:
            box.extend((result, failure))
            ended.set()

        self._queue.put(_Item(work, payloads, done))
        ended.wait()
        if box[1] is not None:
            raise box[1]
        return box[0]

    def close(self) -> None:
        """Finish the writes that are queued and close."""
        if self._started:
            self._queue.put(None)
            self._thread.join()
        self._env.close()

    def _write_loop(self) -> None:
        while (first := self._queue.get()) is not None:
            group, stop = self._gather(first)
            self._commit(group)
            if stop:
                return

    def _gather(self, first: _Item) -> tuple[list[_Item], bool]:
        group, size = [first], sum(map(len, first.payloads))
        while len(group) < _GROUP_MAX and size < _GROUP_BYTES_MAX:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
            if item is None:
                return group, True
            group.append(item)
            size += sum(map(len, item.payloads))
        return group, False

    def _commit(self, group: list[_Item]) -> None:
        doomed: list[int] = []
        try:
            self._append(group)
            doomed = self._transact(group)
        except Exception as error:
            self._packs.discard()
            failure = _translate(error)
            for item in group:
                item.outcome = (None, failure)
        for item in group:
            item.done(*item.outcome)
        if doomed:
            self._on_doomed(doomed)

    def _append(self, group: list[_Item]) -> None:
        payloads = [payload for item in group for payload in item.payloads]
        if not payloads:
            return
        extents = iter(self._packs.append(payloads))
        for item in group:
            item.extents = tuple(next(extents) for _ in item.payloads)

    def _transact(self, group: list[_Item]) -> list[int]:
        """Run the works of a group in one transaction; one that fails in the middle of its changes runs none."""
        with self._env.begin(write=True) as txn:
            change = Change(txn, self._tables)
            for item in group:
                try:
                    item.outcome = (item.work(change, item.extents), None)
                except Exception as error:
                    item.outcome = (None, _translate(error))
                    if isinstance(error, lmdb.Error):
                        raise
            self._packs.save(change)
            change.save_stats()
        return change.doomed


def _settle(future: "asyncio.Future[Any]", result: Any, failure: BaseException | None) -> None:
    if future.done():
        return
    if failure is not None:
        future.set_exception(failure)
    else:
        future.set_result(result)


def _open(folder: Path) -> lmdb.Environment:
    for size in (_MAP_BYTES, _MAP_BYTES_LOW):
        try:
            return lmdb.open(
                str(folder), map_size=size, max_dbs=len(_TABLES), max_readers=1024, readahead=False, mode=0o600
            )
        except MemoryError:
            continue
    raise StorageFull("The address space of this process is too small for the index of the object store")


def _translate(error: BaseException) -> BaseException:
    if isinstance(error, lmdb.MapFullError | lmdb.DiskError) or "No space left" in str(error):
        return StorageFull("The disk that holds the data folder is full: free some space and try again")
    return translate(error) if isinstance(error, OSError) else error
