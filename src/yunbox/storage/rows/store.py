"""A row store: one LMDB environment that several processes read and write, each with its groups of writes."""

import asyncio
import contextlib
import secrets
import threading
from collections import ChainMap
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import lmdb

from yunbox.kernel.errors import StorageFull
from yunbox.storage.environment import translated
from yunbox.storage.groups import Done, Groups, Item, Returns, settle, transact
from yunbox.storage.journaled.environment import Journaled
from yunbox.storage.journaled.journal import EVERY_S
from yunbox.storage.objects.waiting import to_end
from yunbox.storage.rows.catalogue import Catalogue, load, version
from yunbox.storage.rows.databases import DATABASES_MAX, database_oids
from yunbox.storage.rows.model import FIRST_DATABASE, Relation
from yunbox.storage.rows.staging import Holding
from yunbox.storage.rows.view import TABLES, VERSION, Change, View, own_of

T = TypeVar("T")
Work = Callable[[Change], T]
_GROUP_MAX = 512
_READERS_MAX = 4096
_IDENTITY, _OWN = b"identity", "meta"
_CATALOGUES_MAX = 4  # the present one, and those of blocks that have changed definitions


@dataclass(eq=False)
class _Item(Item):
    work: Callable[[Change], Any]


class RowStore:
    """The rows of an instance, and the definitions of its first database: ``reading`` on the caller's thread, ``write``
    in groups. ``of`` gives the same for another database."""

    database = FIRST_DATABASE

    def __init__(self, folder: Path, *, checkpoints_every_s: float = EVERY_S) -> None:
        self.folder = folder
        self._kept = Journaled(folder, TABLES, _OWN, readers_max=_READERS_MAX, checkpoints_every_s=checkpoints_every_s)
        self._env, self._tables, self._journal = self._kept.env, self._kept.tables, self._kept.journal
        self._groups: Groups[_Item] = Groups("yunbox-rows", self._commit, items_max=_GROUP_MAX, bytes_max=1)
        self._groups.start()
        self._returns: Returns | None = None
        self._catalogues: dict[bytes, Catalogue] = {}
        self._version_key = VERSION
        self._others: dict[int, RowStore] = {}
        self.holding = Holding()

    def of(self, database: int) -> "RowStore":
        """The same rows with the definitions of a database, by its OID."""
        if database == self.database:
            return self
        found = self._others.get(database)
        if found is None:
            if len(self._others) >= DATABASES_MAX:  # some of them are of databases that are gone
                self._others.clear()
            found = self._others[database] = _Beside(self, database)
        return found

    def databases(self) -> list["RowStore"]:
        """All databases there are."""
        with self.reading() as view:
            return [self.of(oid) for oid in database_oids(view)]

    @contextlib.contextmanager
    def reading(self) -> Generator[View]:
        """A consistent view, for a short while: pages it sees cannot be used again until it ends."""
        with self._env.begin() as txn:
            yield View(txn, self._tables)

    def look_up(self, at: bytes, keys: Iterable[bytes]) -> list[bytes] | None:
        """The rows that lie under some whole keys; None where the definitions are not those of a version any more.

        It is what ``reading`` comes to for who does nothing else, ten thousand times a second.
        """
        tables = self._tables
        meta, rows = tables["meta"], tables["rows"]
        with self._env.begin() as txn:
            if (txn.get(self._version_key, db=meta) or b"") != at:
                return None
            found = [txn.get(key, db=rows) for key in keys]
        return [row for row in found if row is not None]

    def catalogue(self, view: View) -> Catalogue:
        """All definitions as a view sees them, remembered until any process changes one."""
        known = self._catalogues
        at = version(view)
        found = known.get(at)
        if found is None:
            if len(known) >= _CATALOGUES_MAX:
                known.clear()
            found = known[at] = load(view)
        return found

    def catalogues(self, view: View) -> list[Catalogue]:
        """The definitions of all databases as a view sees them."""
        return [self.of(oid).catalogue(View(view.txn, view.tables).enter(oid)) for oid in database_oids(view)]

    def by_node(self, view: View) -> Mapping[int, Relation]:
        """The tables of all databases, and the logs of their changes, by the places of their rows."""
        found = [one.by_node for one in self.catalogues(view)]
        return found[0] if len(found) == 1 else ChainMap(*cast("list[dict[int, Relation]]", found))

    def identity(self) -> str:
        """What tells this store from all others."""
        with self.reading() as view:
            known = view.get("meta", _IDENTITY)
        return (known or self.write_sync(_identified)).decode()

    async def write(self, work: Work[T]) -> T:
        """Run ``work`` in the next group; returns once it is on disk.

        What a work raises, this raises, and nothing of that work is kept. A work may run twice, when another of its
        group failed; a cancelled caller waits for the group.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.submit(work, lambda result, failure: settle(future, result, failure))
        return await to_end(future)

    def submit(self, work: Work[Any], done: Done) -> None:
        """The same for who does not wait: ``done`` is told on this event loop what came of it."""
        loop = asyncio.get_running_loop()
        if self._returns is None or self._returns.loop is not loop:
            self._returns = Returns(loop)
        returns = self._returns
        self._groups.submit(_Item(lambda result, failure: returns.tell(done, result, failure), work))

    def write_sync(self, work: Work[T]) -> T:
        """Like ``write``, for callers without an event loop."""
        ended = threading.Event()
        item = _Item(_setter(ended), work)
        self._groups.submit(item)
        ended.wait()
        if item.failure is not None:
            raise item.failure
        return item.result

    def forget_readers(self) -> None:
        """Give back the pages that processes were reading when they were killed."""
        self._journal.enter()  # theirs may have been the pins of the last checkpoint
        self._env.reader_check()

    def checkpoint(self) -> None:
        """Have all that was written lie where it stays."""
        self._journal.enter()
        self._journal.checkpoint()

    def close(self) -> None:
        """Finish the writes that are queued and close."""
        self._groups.close()
        self._kept.close()

    def _commit(self, group: list[_Item]) -> None:
        failure = self._attempt(group)
        if isinstance(failure, StorageFull) and self._journal.frees():
            failure = self._attempt(group)
        for item in group:
            if failure is not None:
                item.result, item.failure = None, failure
            item.settle()

    def _attempt(self, group: list[_Item]) -> BaseException | None:
        """Run and commit a group; what it fails of as a whole."""
        try:
            with self._kept.attempt():
                transact(self._env, group, self._begun, lambda item, change: item.work(change), self._ended, translated)
        except Exception as error:
            return error
        return None

    def _begun(self, txn: lmdb.Transaction) -> Change:
        return Change(txn, self._tables, self._kept.begin(txn))

    def _ended(self, change: Change) -> None:
        change.complete()
        self._journal.end(change.txn)


class _Beside(RowStore):
    """A row store as one of its further databases sees it; it is closed with the one that it is of."""

    def __init__(self, store: RowStore, database: int) -> None:
        self.__dict__.update(store.__dict__, database=database, _catalogues={})
        self._store = store
        self._version_key = own_of(database) + VERSION

    def of(self, database: int) -> RowStore:
        """The same for another database."""
        return self._store.of(database)

    @contextlib.contextmanager
    def reading(self) -> Generator[View]:
        """A consistent view, for a short while."""
        with self._env.begin() as txn:
            yield View(txn, self._tables).enter(self.database)

    def submit(self, work: Work[Any], done: Done) -> None:
        """Run ``work`` in the next group; ``done`` is told on this event loop what came of it."""
        self._store.submit(self._entered(work), done)

    def write_sync(self, work: Work[T]) -> T:
        """Run ``work`` in the next group, for callers without an event loop."""
        return self._store.write_sync(self._entered(work))

    def _entered(self, work: Work[T]) -> Work[T]:
        database = self.database

        def run(change: Change) -> T:
            with change.within(database):
                return work(change)

        return run

    def close(self) -> None:
        """Nothing: others have the store."""


def _identified(change: Change) -> bytes:
    known = change.get("meta", _IDENTITY) or secrets.token_hex(16).encode()
    change.put("meta", _IDENTITY, known)
    return known


def _setter(ended: threading.Event) -> Done:
    return lambda result, failure: ended.set()
