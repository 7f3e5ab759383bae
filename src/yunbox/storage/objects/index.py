"""The index of the object store: LMDB with many readers, and one writer thread that commits in groups.

Writes from concurrent calls share one transaction and its flush, as those of the control plane's database do.
The bytes of small objects ride along: they are appended to a pack and flushed once for the whole group, before
the transaction that names them commits.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import lmdb

from yunbox.kernel.clock import Clock, SystemClock
from yunbox.kernel.errors import StorageFull
from yunbox.storage.environment import Tables, opened, told, translated
from yunbox.storage.groups import Done, Groups, Item, transact, waiting
from yunbox.storage.objects.keys import Cursor, walk
from yunbox.storage.objects.model import BucketStat, Extent, dump_stat, load_stat
from yunbox.storage.objects.packs import Packs
from yunbox.storage.objects.reserve import Reserve
from yunbox.storage.objects.waiting import to_end

_log = logging.getLogger("yunbox.objects")
T = TypeVar("T")
_TABLES = ("meta", "buckets", "stats", "objects", "history", "uploads", "parts", "files", "packs", "trash")
_GROUP_MAX = 512
_GROUP_BYTES_MAX = 32 * 1024 * 1024
_READERS_MAX = 1024


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
    """A writing transaction, shared by the works of a group; ``fresh`` are the packs that this group wrote to."""

    def __init__(
        self, txn: lmdb.Transaction, tables: Tables, fresh: frozenset[int] = frozenset(), now_ms: int = 0
    ) -> None:
        super().__init__(txn, tables)
        self.fresh = fresh
        self.now_ms = now_ms
        self.doomed: list[int] = []
        """Files that this group has let go; they are unlinked once it is committed."""
        self.steps = 0
        """How many changes were made: a work that fails may not have made any."""
        self.changes_buckets = False
        """Whether buckets were changed, which others remember."""
        self._stats: dict[bytes, BucketStat] = {}
        self._alive: dict[int, int] = {}

    def put(self, table: str, key: bytes, value: bytes) -> None:
        """Set a value."""
        self.steps += 1
        self.changes_buckets |= table == "buckets"
        self.txn.put(key, value, db=self.tables[table])

    def delete(self, table: str, key: bytes) -> bool:
        """Remove an entry; says whether it was there."""
        self.steps += 1
        self.changes_buckets |= table == "buckets"
        return self.txn.delete(key, db=self.tables[table])

    def stat(self, node: bytes) -> BucketStat:
        """The running totals of a bucket, to be changed in place."""
        self.steps += 1
        found = self._stats.get(node)
        if found is None:
            found = self._stats[node] = load_stat(self.get("stats", node))
        return found

    def alive(self, pack: int) -> int:
        """How many bytes of a pack some object or part names."""
        found = self._alive.get(pack)
        if found is None:
            found = self._alive[pack] = load_alive(self.get("packs", pack.to_bytes(8, "big")))
        return found

    def used(self, extents: Iterable[Extent]) -> None:
        """Count the bytes of extents as named by an object."""
        self._count(extents, 1)

    def released(self, extents: Iterable[Extent]) -> None:
        """Count the bytes of extents as dead."""
        self._count(extents, -1)

    def drop_pack(self, pack: int) -> None:
        """Forget a pack that nobody names."""
        self._alive.pop(pack, None)
        self.delete("packs", pack.to_bytes(8, "big"))

    def save_totals(self) -> None:
        """Write the totals that changed: once for the whole group."""
        for node, stat in self._stats.items():
            self.put("stats", node, dump_stat(stat))
        for pack, alive in self._alive.items():
            self.put("packs", pack.to_bytes(8, "big"), alive.to_bytes(8, "big"))

    def _count(self, extents: Iterable[Extent], sign: int) -> None:
        for extent in extents:
            if extent.packed:
                self.steps += 1
                self._alive[extent.file] = self.alive(extent.file) + sign * extent.length

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


def load_alive(value: bytes | None) -> int:
    """How many bytes of a pack are named, from the index."""
    return int.from_bytes(value or b"", "big")


Work = Callable[[Change, tuple[Extent, ...]], T]


@dataclass(eq=False)
class _Item(Item):
    work: Callable[[Change, tuple[Extent, ...]], Any]
    payloads: tuple[bytes, ...] = ()
    undo: Callable[[], None] | None = None
    frees: bool = False
    extents: tuple[Extent, ...] = ()

    def settle(self) -> None:
        """Tell the caller. A refused write is undone first, unless it may be on disk for all that is known."""
        if self.failure is not None and self.undo is not None and not isinstance(self.failure, lmdb.Error):
            with contextlib.suppress(OSError):
                self.undo()
        super().settle()


class Index:
    """One LMDB environment: ``reading`` on the caller's thread, ``write`` through the committing thread."""

    def __init__(self, folder: Path, packs: Packs, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._reserve = Reserve(folder / "reserve")
        self._env = open_index(folder)
        self._tables = index_tables(self._env)
        self._packs = packs
        self._groups: Groups[_Item] = Groups(
            "yunbox-objects", self._commit, items_max=_GROUP_MAX, bytes_max=_GROUP_BYTES_MAX
        )
        self._on_doomed: Callable[[list[int]], None] = lambda files: None
        self.bucket_changes = 0
        """How many committed groups have changed buckets: what is remembered of them holds until this moves."""

    def start(self, on_doomed: Callable[[list[int]], None]) -> None:
        """Start the writer. ``on_doomed`` gets the files of each committed group that nobody names any more."""
        self._on_doomed = on_doomed
        self._reserve.fill()
        self._groups.start()

    @contextlib.contextmanager
    def reading(self) -> Generator[Snapshot]:
        """A snapshot, for a short while: pages it sees cannot be used again until it ends."""
        with self._env.begin(buffers=False) as txn:
            yield Snapshot(txn, self._tables)

    async def write(
        self, work: Work[T], *payloads: bytes, undo: Callable[[], None] | None = None, frees: bool = False
    ) -> T:
        """Run ``work`` in the next group, with the extents of its payloads; returns once all is on disk.

        What a work raises, this raises, and nothing of that work is kept. ``undo`` runs then, before the caller hears
        of it. A work may run twice, when another of its group failed; a cancelled caller waits for the group. One that
        ``frees`` space gets along on a full disk, too.
        """
        future, done = waiting(asyncio.get_running_loop())
        self._submit(work, payloads, done, undo, frees)
        return await to_end(future)

    def write_sync(self, work: Work[T], *payloads: bytes, frees: bool = False) -> T:
        """Like ``write``, for callers without an event loop."""
        ended = threading.Event()
        item = self._submit(work, payloads, lambda result, failure: ended.set(), None, frees)
        ended.wait()
        if item.failure is not None:
            raise item.failure
        return item.result

    def forget_readers(self) -> None:
        """Give back the pages that processes were reading when they were killed."""
        self._env.reader_check()

    def close(self) -> None:
        """Finish the writes that are queued and close."""
        self._groups.close()
        self._env.close()

    def _submit(
        self, work: Work[Any], payloads: tuple[bytes, ...], done: Done, undo: Callable[[], None] | None, frees: bool
    ) -> _Item:
        item = _Item(done, work, payloads, undo, frees, size_bytes=sum(map(len, payloads)))
        self._groups.submit(item)
        return item

    def _commit(self, group: list[_Item]) -> None:
        doomed = self._attempt(group)
        refused = [item for item in group if item.frees and isinstance(item.failure, StorageFull)]
        if refused and self._reserve.spend():
            doomed += self._attempt(refused)
        for item in group:
            item.settle()
        try:
            self._on_doomed(doomed)
        except OSError as error:  # the trash still names them: the next start tries again
            _log.warning("a file could not be removed: %s", error)
        self._reserve.fill()

    def _attempt(self, group: list[_Item]) -> list[int]:
        """Run and commit a group; what fails as a whole is the outcome of each. Returns the files it has let go."""
        appended = False
        try:
            appended = self._append(group)
            return self._transact(group)
        except Exception as error:
            failure = told(error, self._env, self._folder)
            if appended and isinstance(failure, StorageFull):
                self._packs.take_back()
            for item in group:
                item.result, item.failure = None, failure
            return []

    def _append(self, group: list[_Item]) -> bool:
        payloads = [payload for item in group for payload in item.payloads]
        if not payloads:
            return False
        extents = iter(self._packs.append(payloads))
        for item in group:
            item.extents = tuple(next(extents) for _ in item.payloads)
        return True

    def _transact(self, group: Sequence[_Item]) -> list[int]:
        """Run the works of a group in one transaction; the files it has let go."""
        fresh = frozenset(extent.file for item in group for extent in item.extents)
        change = transact(
            self._env,
            group,
            lambda txn: Change(txn, self._tables, fresh, int(self._clock.time() * 1000)),
            lambda item, change: item.work(change, item.extents),
            Change.save_totals,
            translated,
        )
        self.bucket_changes += change.changes_buckets
        return change.doomed


def open_index(folder: Path, *, readonly: bool = False) -> lmdb.Environment:
    """The index's environment. Raises StorageFull where the address space is too small."""
    return opened(folder, tables=len(_TABLES), readers_max=_READERS_MAX, readonly=readonly)


def index_tables(env: lmdb.Environment, *, create: bool = True) -> Tables:
    """The index's tables."""
    return Tables(env, _TABLES, create=create)
