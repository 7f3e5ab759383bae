"""What one LMDB transaction sees and changes: rows, the log of changed keys, totals, and definitions.

Rows lie under their table's node and their primary key. A table that is followed has a log: every change of a row
leaves its key there, in the order of the commits, so that whoever keeps a copy reads what has changed and nothing else;
the value is the present one, whenever the log is read. Rows that are written many at once are logged as chunks, each
under the position of its last row (``chunks.py``). A followed table has beside it from where on its log is whole.
"""

import time
from bisect import bisect_left
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from heapq import merge
from itertools import islice, takewhile
from typing import Any, Self, cast

import lmdb
import msgspec

from yunbox.storage.environment import Tables
from yunbox.storage.journaled.recorded import Recorded
from yunbox.storage.rows import chunks
from yunbox.storage.rows.binlog import Events, events_of, records
from yunbox.storage.rows.births import bear
from yunbox.storage.rows.keys import numbered
from yunbox.storage.rows.logical import logged
from yunbox.storage.rows.model import FIRST_DATABASE, TABLE, Relation
from yunbox.wire.pgwire.report import PgError, failure

TABLES = (
    "meta", "schemas", "relations", "rows", "log", "followed", "totals", "trash", "roles", "defaults", "runs",
    "ages", "births", "chunks", "statistics",
)  # fmt: skip
OID, NODE = b"oid", b"node"
"""What numbers are drawn for: what there is, and the places of tables' rows."""
VERSION = b"version"
"""Under which, for each database, the value lies that is another with every change of a definition."""
_OTHERS = b"\xff"
"""How the keys of the definitions of all databases but the first begin: no text does in UTF-8, and no OID is so
large."""
_NODE, _OID = 8, 4
_SEQUENCE = b"sequence"


Entries = list[tuple[bytes, bytes]]
"""Keys with their values."""


def own_of(database: int) -> bytes:
    """How the keys of a database's definitions begin."""
    return b"" if database == FIRST_DATABASE else _OTHERS + database.to_bytes(_OID, "big")


class Totals(msgspec.Struct, array_like=True):
    """How many rows a table has, the bytes of their keys and values, and how many changes of rows there were."""

    rows: int = 0
    size_bytes: int = 0
    changes: int = 0


_load_totals = msgspec.msgpack.Decoder(Totals).decode


def read_only(relation: Relation) -> PgError:
    """Nobody changes the rows of a table."""
    hint = f"ALTER TABLE {relation.name} SET (readonly = false);"
    return failure("25006", f'table "{relation.name}" is read-only', hint=hint)


def check_not_dynamic(relation: Relation) -> None:
    """Raise PgError 0A000 for a dynamic table, which has the rows of its query alone."""
    if relation.dynamic is not None:
        told = f'changing rows of dynamic table "{relation.name}" is not supported'
        raise failure("0A000", told, hint=f"REFRESH DYNAMIC TABLE {relation.name};")


class View:
    """A consistent view for reading: of all rows, and of the definitions of one database."""

    database = FIRST_DATABASE
    """The OID of the one."""
    own = b""
    """How the keys of its definitions begin."""
    version_key = VERSION

    def __init__(self, txn: lmdb.Transaction, tables: Tables) -> None:
        self.txn = txn
        self.tables = tables
        self.rows = tables["rows"]

    def enter(self, database: int) -> Self:
        """See the definitions of a database."""
        self.database = database
        self.own = own_of(database)
        self.version_key = self.own + VERSION
        return self

    @contextmanager
    def within(self, database: int) -> Generator[Self]:
        """See those of another one for a while."""
        before = self.database
        try:
            yield self.enter(database)
        finally:
            self.enter(before)

    def get(self, table: str, key: bytes) -> bytes | None:
        """A value."""
        return cast("bytes | None", self.txn.get(key, db=self.tables[table]))  # buffers are off

    def defined(self, table: str) -> Iterator[tuple[bytes, bytes]]:
        """What the database has in a table of definitions, by keys without what is the database's own in them."""
        own = self.own
        for key, value in self.prefixed(table, own):
            if not own and key >= _OTHERS:
                return
            yield key[len(own) :], value

    def row(self, key: bytes) -> bytes | None:
        """A stored row by its whole key."""
        return cast("bytes | None", self.txn.get(key, db=self.rows))

    def prefixed(self, table: str, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Keys that begin so, from ``prefix + start`` on, and their values."""
        cursor = self._cursor(table)
        if not cursor.set_range(prefix + start):
            return
        for key, value in cursor:
            if not key.startswith(prefix):
                return
            yield key, value

    def has_between(self, relation: Relation, least: bytes, most: bytes) -> bool:
        """Whether a table has a row whose key lies between two, they counted."""
        prefix = relation.prefix
        return next((key <= most for key, _ in self.prefixed("rows", prefix, least[_NODE:])), False)

    def _cursor(self, table: str) -> Any:
        return self.txn.cursor(db=self.tables[table])

    def totals(self, relation: Relation) -> Totals:
        """What a table has."""
        data = self.get("totals", relation.prefix)
        return _load_totals(data) if data is not None else Totals()

    def size_bytes(self, relation: Relation) -> int:
        """The bytes of a table's rows and keys, and of the log of their changes."""
        logged = self.totals(relation.changes).size_bytes if relation.kind == TABLE else 0
        return self.totals(relation).size_bytes + logged

    def changed(self, relation: Relation, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """The log of a table behind a position: each position with the key that was changed there."""
        prefix = relation.prefix
        many = (entry for at, chunk in self.chunks_behind(relation, after)
                for entry in enumerate(chunk.parted_keys(), at - len(chunk) + 1))  # fmt: skip
        for at, key in merge(self._logged("log", relation, after), many):
            yield at, prefix + key

    def chunks_behind(self, relation: Relation, after: int) -> Iterator[tuple[int, chunks.Chunk]]:
        """The chunks in the log of a table that end behind a position, each with where it ends."""
        return ((at, chunks.read(data)) for at, data in self._logged("chunks", relation, after))

    def _logged(self, table: str, relation: Relation, after: int) -> Iterator[tuple[int, bytes]]:
        start = (after + 1).to_bytes(8, "big")
        return ((int.from_bytes(at[_NODE:], "big"), data) for at, data in self.prefixed(table, relation.prefix, start))

    def logged_at(self, relation: Relation) -> Iterator[int]:
        """The positions of what a table's log has: of single changes, and of chunks."""
        return merge(self._places("log", relation), self._places("chunks", relation))

    def _places(self, table: str, relation: Relation) -> Iterator[int]:
        cursor, prefix = self._cursor(table), relation.prefix
        if cursor.set_range(prefix):
            places = takewhile(lambda key: key.startswith(prefix), cursor.iternext(values=False))
            yield from (int.from_bytes(key[_NODE:], "big") for key in places)

    def changed_since(self, relation: Relation, position: int) -> set[bytes] | None:
        """The keys that were changed behind a position; None where the log does not go back so far."""
        if not self.is_logged_from(relation.node, position):
            return None
        return {key for _, key in self.changed(relation, position)}

    def position(self, relation: Relation) -> int:
        """The last position in the log of a table; 0 when its log is empty."""
        return max(self._last("log", relation), self._last("chunks", relation))

    def _last(self, table: str, relation: Relation) -> int:
        cursor = self._cursor(table)
        found = cursor.set_range(relation.beyond)
        if not (cursor.prev() if found else cursor.last()):
            return 0
        key = cursor.key()
        return int.from_bytes(key[_NODE:], "big") if key.startswith(relation.prefix) else 0

    def is_followed(self, relation: Relation) -> bool:
        """Whether a table has a log."""
        return self.get("followed", relation.prefix) is not None

    def is_logged_from(self, node: int, position: int) -> bool:
        """Whether a log goes back to a position, which there has been."""
        begins = self.get("followed", node.to_bytes(_NODE, "big"))
        return begins is not None and int.from_bytes(begins, "big") <= position <= self.sequence

    def logged(self) -> list[int]:
        """The nodes whose logs are not empty."""
        prefixes = [prefix for prefix, _ in self.prefixed("followed", b"")]
        return [int.from_bytes(one, "big") for one in prefixes if self._is_logged(one)]

    def _is_logged(self, prefix: bytes) -> bool:
        return any(next(self.prefixed(table, prefix), None) is not None for table in ("log", "chunks"))

    @property
    def log_entries(self) -> int:
        """How many changes all logs have at least."""
        single, many = (self.txn.stat(self.tables[table])["entries"] for table in ("log", "chunks"))
        return single + many * chunks.ROWS_MIN

    def rows_behind(self, relation: Relation, after: bytes, count: int) -> Entries:
        """At most so many rows of a table with their whole keys: the first ones, or those behind the key ``after``."""
        return self._entries("rows", relation, after + b"\0" if after else relation.prefix, count)

    def last_row(self, relation: Relation) -> bytes | None:
        """The row of a table whose key is the last."""
        cursor = self._cursor("rows")
        found = cursor.set_range(relation.beyond)
        if not (cursor.prev() if found else cursor.last()):
            return None
        return cursor.value() if cursor.key().startswith(relation.prefix) else None

    def changes_behind(self, relation: Relation, after: int, count: int) -> tuple[int, list[bytes]]:
        """At most so many single changes of a table behind a position: where the last lies, and the keys without
        the table's prefix, of which some may be the same."""
        found = self._entries("log", relation, relation.prefix + (after + 1).to_bytes(8, "big"), count)
        return int.from_bytes(found[-1][0][_NODE:], "big") if found else after, [key for _, key in found]

    def rows_at(self, keys: Sequence[bytes]) -> Entries:
        """The rows that lie under whole keys, which are in their order."""
        return cast("Entries", self._cursor("rows").getmulti(keys))

    def _entries(self, table: str, relation: Relation, start: bytes, count: int) -> Entries:
        """At most so many entries of a table from ``start`` on, taken without a look at each."""
        cursor = self._cursor(table)
        found = list(islice(cursor.iternext(), count)) if cursor.set_range(start) else []
        return found[: bisect_left(found, (relation.beyond,))]

    @property
    def sequence(self) -> int:
        """The position of the last change of any row: no log has a later one."""
        return self.number(_SEQUENCE)

    def number(self, name: bytes) -> int:
        """The last number that was given under a name."""
        return int.from_bytes(self.get("meta", name) or b"", "big")


class Change(View):
    """A writing transaction, shared by the works of a group. ``recorded`` is what it changes, where it is for good."""

    def __init__(self, txn: lmdb.Transaction, tables: Tables, recorded: Recorded | None = None) -> None:
        super().__init__(txn, tables)
        self._recorded = recorded
        self.steps = 0
        """How many changes were made: a work that fails may not have made any."""
        self.added: list[bytes] = []
        """The keys, without their tables' prefixes, that rows were added under."""
        self.moved: dict[bytes, bytes] = {}
        """The keys of rows that were tried out under others."""
        self.is_unlogged = False
        """Whether what is changed now is left out of the binlogs."""
        self._totals: dict[bytes, Totals] = {}
        self._followed: dict[bytes, bool] = {}
        self._sequence = self.number(_SEQUENCE)

    def put(self, table: str, key: bytes, value: bytes) -> None:
        """Set a value."""
        self.steps += 1
        self._put(table, key, value)

    def delete(self, table: str, key: bytes) -> bool:
        """Remove an entry; says whether it was there."""
        self.steps += 1
        return self._delete(table, key)

    def _put(self, table: str, key: bytes, value: bytes) -> None:
        assert self._recorded is not None  # what is only tried goes elsewhere
        self._recorded.put(table, key, value)

    def _delete(self, table: str, key: bytes) -> bool:
        assert self._recorded is not None
        return self._recorded.delete(table, key)

    def _put_all(self, table: str, keys: Sequence[bytes], values: Sequence[bytes]) -> None:
        assert self._recorded is not None
        self._recorded.put_all(table, keys, values)

    def set_rows(
        self,
        relation: Relation,
        keys: Sequence[bytes],
        rows: Sequence[bytes],
        present: Sequence[bytes | None] | None = None,
    ) -> None:
        """Set many rows, as ``set_row`` does each. ``present`` are those that lie there, and None where none does."""
        if not keys:
            return
        if relation.is_read_only:
            raise read_only(relation)
        self.steps += 1
        totals = self._totals_of(relation)
        totals.rows += len(keys)
        totals.changes += len(keys)
        totals.size_bytes += sum(map(len, keys)) + sum(map(len, rows))
        for key, before in zip(keys, present or (), strict=bool(present)):
            if before is not None:
                totals.rows -= 1
                totals.size_bytes -= len(key) + len(before)
        self._put_all("rows", keys, rows)
        if self._is_followed(relation):
            self._log(relation, [key[_NODE:] for key in keys], rows)
        if relation.aging:
            self._born(relation, [key for key, before in zip(keys, present or [None] * len(keys), strict=True)
                                  if before is None])  # fmt: skip
        self._sequence += len(keys)
        if relation.binlog is not None and not self.is_unlogged:
            pairs = zip(present, rows, strict=True) if present else ((None, row) for row in rows)
            self._record(relation, [event for pair in pairs for event in events_of(*pair)])

    def _log(self, relation: Relation, keys: Sequence[bytes], rows: Sequence[bytes]) -> None:
        """Have rows that come next be in the log of their table. ``keys`` are without its prefix."""
        before, prefix = self._sequence, relation.prefix
        if chunks.is_suited(rows):
            for at, data in chunks.chunks(keys, rows):
                self._put("chunks", prefix + (before + at).to_bytes(8, "big"), data)
            return
        places = [prefix + at.to_bytes(8, "big") for at in range(before + 1, before + 1 + len(keys))]
        self._put_all("log", places, keys)

    def _record(self, relation: Relation, events: Events) -> None:
        """Write what was changed to the log of a table."""
        now_us, log = time.time_ns() // 1000, relation.binlog
        told = logged(relation, events, now_us) if relation.logical is not None else events
        if log is not None and told:
            self.set_rows(log, *records(log, self._next_row(), now_us, told))

    def add_rows(self, relation: Relation, rows: Sequence[bytes]) -> None:
        """Add many rows to a table without a primary key."""
        first = self._next_row()
        keys = [numbered(relation, first + at) for at in range(len(rows))]
        self.added += [key[_NODE:] for key in keys]
        self.set_rows(relation, keys, rows)

    def set_row(self, relation: Relation, key: bytes, row: bytes | None) -> None:
        """Set a row, or with None remove it; where the table is followed, its key goes into the log."""
        self.replace_row(relation, key, self.row(key), row)

    def replace_row(self, relation: Relation, key: bytes, before: bytes | None, row: bytes | None) -> None:
        """The same where it is known which row lies there now."""
        if relation.is_read_only:
            raise read_only(relation)
        self.steps += 1
        totals = self._totals_of(relation)
        totals.changes += 1
        if before is not None:
            totals.rows -= 1
            totals.size_bytes -= len(key) + len(before)
        if row is None:
            self._delete("rows", key)
        else:
            self._put("rows", key, row)
            totals.rows += 1
            totals.size_bytes += len(key) + len(row)
        if relation.aging and before is None and row is not None:
            self._born(relation, [key])
        elif relation.aging and before is not None and row is None:
            self._gone(relation, key)
        self._sequence += 1
        if self._is_followed(relation):
            self._put("log", relation.prefix + self._sequence.to_bytes(8, "big"), key[_NODE:])
        if relation.binlog is not None and not self.is_unlogged:
            self._record(relation, events_of(before, row))

    def _born(self, relation: Relation, keys: Sequence[bytes]) -> None:
        """Know since when some rows are there."""
        bear(self._put_all, relation, [key[_NODE:] for key in keys], self._sequence + 1, time.time_ns() // 1000)

    def _gone(self, relation: Relation, key: bytes) -> None:
        """Forget since when a row was there."""
        birth = relation.aging_prefix + key[_NODE:]
        number = self.get("births", birth)
        if number is not None:
            self._delete("births", birth)
            self._delete("ages", relation.aging_prefix + number)

    def age(self, relation: Relation, keys: Sequence[bytes], now_us: int) -> None:
        """Have rows that are older than anybody knows be from now on."""
        unknown = [key[_NODE:] for key in keys if self.get("births", relation.aging_prefix + key[_NODE:]) is None]
        bear(self._put_all, relation, unknown, self._sequence + 1, now_us)
        self._sequence += len(unknown)
        self._totals_of(relation)  # which has the sequence be written

    def add_row(self, relation: Relation, row: bytes) -> None:
        """Add a row to a table without a primary key."""
        key = numbered(relation, self._next_row())
        self.added.append(key[_NODE:])
        self.set_row(relation, key, row)

    def _next_row(self) -> int:
        return self._sequence + 1

    def follow(self, relation: Relation) -> None:
        """Log the changes of a table from here on."""
        self._followed[relation.prefix] = True
        self.put("followed", relation.prefix, self._sequence.to_bytes(8, "big"))

    def follow_no_more(self, relation: Relation) -> None:
        """Log no changes of a table any more. What is left of its log has to be little."""
        self._followed[relation.prefix] = False
        self.delete("followed", relation.prefix)
        self._cut(relation, list(self.logged_at(relation)))

    def _cut(self, relation: Relation, positions: Iterable[int]) -> None:
        for at in positions:
            place = relation.prefix + at.to_bytes(8, "big")
            if not self.delete("log", place):
                self.delete("chunks", place)

    def _is_followed(self, relation: Relation) -> bool:
        found = self._followed.get(relation.prefix)
        if found is None:
            found = self._followed[relation.prefix] = self.is_followed(relation)
        return found

    def forget(self, relation: Relation, position: int) -> int:
        """Cut the log of a table up to a position, which a copy has reached; how many entries went, with chunks."""
        gone = list(takewhile(lambda at: at <= position, self.logged_at(relation)))
        if gone:
            self.put("followed", relation.prefix, gone[-1].to_bytes(8, "big"))
        self._cut(relation, gone)
        return len(gone)

    def next_number(self, name: bytes, least: int = 1) -> int:
        """A number that was never given before under this name, beginning with ``least``."""
        value = max(self.number(name) + 1, least)
        self.put("meta", name, value.to_bytes(8, "big"))
        return value

    def totals(self, relation: Relation) -> Totals:
        """What a table has, with what the works of the group before this one have made of it."""
        return self._totals.get(relation.prefix) or super().totals(relation)

    def count_changes(self, relation: Relation, changes: int) -> None:
        """Count changes that a table's rows have seen elsewhere."""
        self._totals_of(relation).changes += changes

    def complete(self) -> None:
        """Write what is kept once for the whole group."""
        for prefix, totals in self._totals.items():
            self.put("totals", prefix, msgspec.msgpack.encode(totals))
        if self._totals:
            self.put("meta", _SEQUENCE, self._sequence.to_bytes(8, "big"))

    def _totals_of(self, relation: Relation) -> Totals:
        found = self._totals.get(relation.prefix)
        if found is None:
            found = self._totals[relation.prefix] = super().totals(relation)
        return found
