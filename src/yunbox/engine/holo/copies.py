"""Copies of tables in DuckDB, which analytic statements read: brought up to the row store before each of them.

The row store is what counts: a copy follows the log of its table, and what it has taken the log need not keep. So a
statement sees every row that was acknowledged before it, and of all tables what they were at one moment. A copy that is
read follows its table without being asked to, so that a statement finds little left to do. A copy has its columns by
their numbers, and the keys of the rows. Copies outlive the engine (``column_store.py``).
"""

import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from itertools import chain, islice
from time import monotonic
from typing import Any

import duckdb

from yunbox.engine.holo.column_store import ColumnStore
from yunbox.engine.holo.columns import batch_of, entries_batch, keys_batch, table_of
from yunbox.engine.holo.cuts import cut
from yunbox.engine.holo.faults import is_disk_full
from yunbox.engine.holo.filling import ROWS, insertion, run_on
from yunbox.engine.holo.loaded import carried, column_type, made
from yunbox.engine.holo.reads import NAME, copy_of, key_type
from yunbox.kernel.errors import StorageFull
from yunbox.storage.rows.bulk.logged import changed, written
from yunbox.storage.rows.bulk.packed import Pieces
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.staging import is_swept
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Entries, View
from yunbox.wire.pgwire.report import failure

_ROWS = 20_000
_BYTES = 16 << 20
"""How many rows are made columns at a time, and of about how many bytes: what a core's cache has room for."""
_BATCHES = 5
"""How many of these DuckDB takes at a time, so that its threads share them."""
_FAR = 50_000
"""More rows or changes are brought by a thread of their own, which goes on when the statement is stopped."""
_READ_S = 60.0
"""For how long behind its last statement a copy follows its table unasked."""
_LOOK_S = 0.05
"""How often a statement that waits for a copy looks whether it is stopped."""


@dataclass
class _Copy:
    """Up to where a copy follows the log of its table, and the numbers of the columns that it has.

    Of these ``drafted`` are of a block that was not committed when it read the copy: what such a number means in the
    end is not known. A copy that ``is_passing`` follows no log, as there was no room to say that there is to be one: it
    is what its table is until anything is written.
    """

    position: int
    columns: frozenset[int] = frozenset()
    drafted: frozenset[int] = frozenset()
    is_passing: bool = False


class Copies:
    """The copies of one DuckDB."""

    def __init__(self, db: duckdb.DuckDBPyConnection, store: RowStore, kept: ColumnStore) -> None:
        self._db = db.cursor()
        self._store = store
        self._kept = kept
        self._lock = threading.Lock()
        self._inserter = ThreadPoolExecutor(1, "copies")
        self._catching_up = ThreadPoolExecutor(1, "catching-up")
        self._copies = {node: _kept(position, columns) for node, position, columns in kept.positions()}
        self._read_at: dict[int, float] = {}
        """When a statement last read a copy, by node."""
        with store.reading() as view:
            stale = [node for node, copy in self._copies.items() if not view.is_logged_from(node, copy.position)]
        for node in stale:
            self._drop(node)

    @contextmanager
    def brought(
        self, relations: Sequence[Relation], stopped: threading.Event | None = None
    ) -> Generator[dict[int, int]]:
        """Have the copies of some tables be what the tables are at one moment, and stay so within the block.

        Gives up to where their logs were followed, by node. Raises duckdb.Error; InterruptException soon after
        ``stopped`` was set, while what takes long goes on for whoever asks next.
        """
        if not relations:
            yield {}
            return
        stopped = stopped or threading.Event()
        self._read_at |= dict.fromkeys([relation.node for relation in relations], monotonic())
        with self._store.reading() as view:
            far = [relation for relation in relations if self._is_far(relation, view)]
        if far:
            _await(self._catching_up.submit(self._catch_up, far), stopped)
        while not self._lock.acquire(timeout=_LOOK_S):
            _check(stopped)
        try:
            self._bring_somewhere(relations)
            yield {relation.node: self._copies[relation.node].position for relation in relations}
        finally:
            self._lock.release()

    def _catch_up(self, relations: Sequence[Relation]) -> None:
        with self._lock:
            self._bring_somewhere(relations)

    def _bring_somewhere(self, relations: Sequence[Relation]) -> None:
        """Bring copies; where the disk has no room for them they are made in memory, as reading is to go on."""
        try:
            self._bring(relations)
        except duckdb.Error as error:
            if not is_disk_full(error):
                raise
            self._kept.leave_disk()
            self._copies.clear()
            self._bring(relations)

    def _bring(self, relations: Sequence[Relation]) -> None:
        for relation in relations:
            copy = self._copies.get(relation.node)
            if copy is None or copy.is_passing:
                self._begin(relation)
        with self._store.reading() as view:
            known = self._store.by_node(view)
            if any(one.node not in known and is_swept(view, one) for one in relations):  # who asks was long on the way
                raise failure("40001", "could not serialize access due to concurrent update")
            for relation in relations:
                self._follow(self._now(relation, view), view)

    def _now(self, relation: Relation, view: View) -> Relation:
        """A table as it is now: rows may have columns that it had not when somebody came upon it. A block that adds
        some knows it better."""
        known = self._committed(relation, view)
        return known if len(known.columns) >= len(relation.columns) else relation

    def _committed(self, relation: Relation, view: View) -> Relation:
        """A table as it is for all."""
        return self._store.by_node(view).get(relation.node, relation)

    def keep_up(self) -> None:
        """Have the copies that are read be what their tables are."""
        for relation in self._behind(1):
            self._catch_up([relation])

    def settle(self, stopped: threading.Event) -> None:
        """The same of those that miss many changes. Raises InterruptException soon after ``stopped`` was set, while the
        copies go on."""
        if far := self._behind(_FAR):
            _await(self._catching_up.submit(self._catch_up, far), stopped)

    def _behind(self, changes: int) -> list[Relation]:
        """The tables that were read lately, and whose copies miss so many changes."""
        since = monotonic() - _READ_S
        self._read_at = {node: at for node, at in self._read_at.items() if at >= since}
        with self._store.reading() as view:
            relations = self._store.by_node(view)
            pairs = [(relations.get(node), self._copies.get(node)) for node in self._read_at]
            return [
                relation
                for relation, copy in pairs
                if relation is not None and copy is not None and view.position(relation) - copy.position >= changes
            ]

    def _is_far(self, relation: Relation, view: View) -> bool:
        """Whether it takes long to bring a copy."""
        copy = self._copies.get(relation.node)
        missing = view.totals(relation).rows if copy is None else view.position(relation) - copy.position
        return missing > _FAR

    def upkeep(self) -> None:
        """Follow the logs of tables that have copies, cut them, and let go of copies of what is gone."""
        with self._lock, self._store.reading() as view:
            relations = self._store.by_node(view)
            gone = [node for node in self._copies if node not in relations]
            logged = [relations[node] for node in view.logged() if node in relations]
        for node in gone:
            with self._lock:
                self._drop(node)
        for relation in logged:
            with self._lock:
                self._keep_up(relation)
        with self._lock:
            self._kept.shorten()

    def _keep_up(self, relation: Relation) -> None:
        """Have the log of a table be short."""
        if relation.node not in self._copies:  # it was logged for a copy that is lost
            cut(self._store, relation)
            self._store.write_sync(lambda change: change.follow_no_more(relation))
            return
        with self._store.reading() as view:
            self._follow(self._now(relation, view), view)
        cut(self._store, relation, self._copies[relation.node].position)

    def _begin(self, relation: Relation) -> None:
        """Copy all rows. What changes meanwhile is in the log, so that no view has to be held for long."""
        try:
            self._store.write_sync(lambda change: change.follow(relation))
        except StorageFull:
            self._copies.setdefault(relation.node, _Copy(0, is_passing=True))
            return
        with self._store.reading() as view:
            position, relation = view.sequence, self._committed(relation, view)
        self._make(relation, position, self._all(relation))

    def _make(self, relation: Relation, position: int, rows: Iterable[Entries]) -> None:
        """Make a copy of some rows, in the place of one that there may be."""
        columns = "".join(f", c{one.number} {column_type(one)}" for one in relation.columns)
        with self._changing(relation, _Copy(position, _numbers(relation))):
            self._db.execute(f"CREATE OR REPLACE TABLE {copy_of(relation)} (key {key_type(relation)}{columns})")
            self._insert_all(relation, (entries_batch(relation, some) for some in rows))

    def _all(self, relation: Relation, seen: View | None = None) -> Iterator[Entries]:
        """All rows of a table, some at a time: each time as they are then, or as a view sees them."""
        after = b""
        while True:
            with self._store.reading() if seen is None else nullcontext(seen) as view:
                found = view.rows_behind(relation, after, _rows_at_once(view, relation))
            if not found:
                return
            yield found
            after = found[-1][0]

    def _pass(self, relation: Relation, view: View) -> None:
        """Have a copy without a log be what its table is now."""
        copy = self._copies[relation.node]
        if copy.columns and copy.position == view.sequence:
            return
        self._make(relation, view.sequence, self._all(relation, view))
        self._copies[relation.node].is_passing = True

    def _follow(self, relation: Relation, view: View) -> None:
        """Take from the log of a table what a copy has not."""
        copy = self._copies[relation.node]
        if copy.is_passing:
            self._pass(relation, view)
            return
        numbers = _numbers(relation)
        unsure, drafted = copy.drafted & numbers, numbers - _numbers(self._committed(relation, view))
        new, position = numbers - (copy.columns - unsure), view.position(relation)
        if not new and position <= copy.position:
            return
        made = _Copy(max(position, copy.position), copy.columns | new, (copy.drafted - unsure) | drafted)
        with self._changing(relation, made):
            for number in unsure:
                self._db.execute(f"ALTER TABLE {copy_of(relation)} DROP COLUMN c{number}")
            self._widen(relation, new)
            for some in written(view, relation, copy.position):
                batches = (batch_of(relation, *one) for one in some.batches(_ROWS))
                self._replace(relation, some.keys, batches)
            for keys in changed(view, relation, copy.position):
                self._replace(relation, keys, _present(view, relation, keys))

    def _widen(self, relation: Relation, numbers: Iterable[int]) -> None:
        """The columns that a table has got since; their values in the rows that are there are known."""
        for number in sorted(numbers):
            column = relation.columns[number - 1]
            self._db.execute(f"ALTER TABLE {copy_of(relation)} ADD COLUMN c{number} {column_type(column)}")
            if column.missing is not None:
                missing = carried(column, column.missing.encode())
                self._db.execute(f"UPDATE {copy_of(relation)} SET c{number} = {made(column, '$1')}", [missing])

    def _replace(self, relation: Relation, keys: Pieces, batches: Iterable[Any]) -> None:
        """Have a copy be of other rows, or of none, under some keys."""
        gone = f"DELETE FROM {copy_of(relation)} WHERE key IN (SELECT key FROM {ROWS})"
        self._run_all(chain([(table_of([keys_batch(relation, keys)]), gone)], _insertions(relation, batches)))

    def _insert_all(self, relation: Relation, batches: Iterable[Any]) -> None:
        self._run_all(_insertions(relation, batches))

    def _run_all(self, works: Iterable[tuple[Any, str]]) -> None:
        """Run statements on rows: while DuckDB takes some, the next ones are made ready for it."""
        running: list[Future[None]] = []
        try:
            for rows, sql in works:
                while running:
                    running.pop().result()
                running.append(self._inserter.submit(run_on, self._db, rows, sql))
        finally:  # whatever has failed, nobody else works with the cursor behind this
            while running:
                running.pop().result()

    @contextmanager
    def _changing(self, relation: Relation, copy: _Copy) -> Generator[None]:
        """A transaction at whose end a copy is what is said of it."""
        with self._transaction():
            yield
            columns = (copy.columns - copy.drafted) | {-number for number in copy.drafted}
            self._kept.note(self._db, relation.node, copy.position, columns)
        self._copies[relation.node] = copy

    def _drop(self, node: int) -> None:
        with self._transaction():
            self._db.execute(f"DROP TABLE IF EXISTS {NAME}.n{node}")
            self._kept.forget(self._db, node)
        self._copies.pop(node, None)

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._db.execute("BEGIN")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            with suppress(duckdb.TransactionException):  # a COMMIT that fails has ended it
                self._db.execute("ROLLBACK")
            raise


def _numbers(relation: Relation) -> frozenset[int]:
    return frozenset(column.number for column in relation.columns)


def _kept(position: int, columns: Iterable[int]) -> _Copy:
    """What is kept of a copy: drafted columns have their numbers turned over."""
    drafted = frozenset(-number for number in columns if number < 0)
    return _Copy(position, frozenset(map(abs, columns)), drafted)


def _await(work: Future[None], stopped: threading.Event) -> None:
    while not wait([work], timeout=_LOOK_S).done:
        _check(stopped)
    work.result()


def _check(stopped: threading.Event) -> None:
    if stopped.is_set():
        raise duckdb.InterruptException("INTERRUPT Error: Interrupted!")


def _insertions(relation: Relation, batches: Iterable[Any]) -> Iterator[tuple[Any, str]]:
    """What inserts rows into a copy, some batches at a time."""
    sql, left = insertion(relation, copy_of(relation)), iter(batches)
    while some := list(islice(left, _BATCHES)):
        yield table_of(some), sql


def _present(view: View, relation: Relation, keys: Pieces) -> Iterator[Any]:
    """The rows that lie under some keys, which are in order."""
    count, prefix = _rows_at_once(view, relation), relation.prefix
    wholes = [prefix + key for key in keys.parted()]
    for at in range(0, len(wholes), count):
        if found := view.rows_at(wholes[at : at + count]):
            yield entries_batch(relation, found)


def _rows_at_once(view: View, relation: Relation) -> int:
    """How many rows of a table are brought at a time."""
    totals = view.totals(relation)
    return max(1, min(_ROWS, _BYTES * totals.rows // max(1, totals.size_bytes)))
