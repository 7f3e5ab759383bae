"""What a transaction block has done so far: works that were tried, and are done for good when the block is committed.

Each work of a block runs on a draft at once, where its client is told what it came to: it sees what is committed, with
what the block has changed laid over it. At the end all works run again, in their order and in one writing transaction.
Should one come to another result then - others have changed what it depends on - the block fails as a whole, so that
what a client was told is what happened. Nothing of a block that ends otherwise was ever written.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import Any, TypeVar, cast

from yunbox.storage.rows.attempt import Stale
from yunbox.storage.rows.model import FRESH_NODE, FRESH_OID, Relation
from yunbox.storage.rows.view import NODE, OID, Change, View
from yunbox.wire.pgwire.report import failure

T = TypeVar("T")
WORKS_MAX = 1_000_000
"""The most works of one block."""
_Layer = dict[tuple[str, bytes], bytes | None]
"""What was changed, by table and key; None is what was removed."""
_MISSING = object()
_OWN_ROW = 1 << 63
_OWN = {OID: FRESH_OID, NODE: FRESH_NODE}


class _Draft(Change):
    """A change whose writes stay in memory: in the last of some layers, which lie over what a snapshot has."""

    def __init__(self, view: View, layers: Sequence[_Layer]) -> None:
        self._layers = layers
        super().__init__(view.txn, view.tables)
        if view.own:
            self.enter(view.database)

    def get(self, table: str, key: bytes) -> bytes | None:
        """A value."""
        for layer in reversed(self._layers):
            found = layer.get((table, key), _MISSING)
            if found is not _MISSING:
                return cast("bytes | None", found)
        return super().get(table, key)

    def row(self, key: bytes) -> bytes | None:
        """A stored row by its whole key."""
        return self.get("rows", key)

    def prefixed(self, table: str, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Keys that begin so, and their values: those of the block and those below it, in one order."""
        own: dict[bytes, bytes | None] = {}
        for layer in self._layers:
            own |= {
                key: value
                for (of, key), value in layer.items()
                if of == table and key.startswith(prefix) and key >= prefix + start
            }
        below = ((key, value) for key, value in super().prefixed(table, prefix, start) if key not in own)
        mine = ((key, value) for key, value in sorted(own.items()) if value is not None)
        return merge(below, mine)

    def next_number(self, name: bytes, least: int = 1) -> int:
        """A number that nobody else has until the block is committed, when it may be another."""
        return super().next_number(name, least) | _OWN[name]

    def _next_row(self) -> int:
        """A number that no row has outside of the block: it is another when the block is committed."""
        return super()._next_row() | _OWN_ROW

    def _put(self, table: str, key: bytes, value: bytes) -> None:
        self._layers[-1][table, key] = value

    def _put_all(self, table: str, keys: Sequence[bytes], values: Sequence[bytes]) -> None:
        self._layers[-1].update(((table, key), value) for key, value in zip(keys, values, strict=True))

    def _is_followed(self, relation: Relation) -> bool:
        """No: nobody follows what is only tried."""
        return False

    def _delete(self, table: str, key: bytes) -> bool:
        found = self.get(table, key) is not None
        self._layers[-1][table, key] = None
        return found


@dataclass(frozen=True, slots=True)
class _Tried:
    """A work, what it came to, and under which keys it added rows to tables without primary keys."""

    work: Callable[[Change], Any]
    result: Any
    added: Sequence[bytes]

    def redo(self, change: Change) -> None:
        """Do it for good. Raises PgError 40001."""
        before = len(change.added)
        try:
            result = self.work(change)
        except Stale:
            result = _MISSING
        if result != self.result:
            raise failure("40001", "could not serialize access due to concurrent update")
        change.moved.update(zip(self.added, change.added[before:], strict=True))


def seen(view: View, block: "Block | None") -> View:
    """What a statement sees over a snapshot, in a block or outside of any."""
    return view if block is None else block.see(view)


class Block:
    """The works of one transaction block."""

    def __init__(self) -> None:
        self._works: list[_Tried] = []
        self._layers: list[_Layer] = [{}]
        self._marks: list[int] = []
        self.is_defining = False
        self.is_overwriting = False
        """Whether it has changed definitions, or has had rows be all that a table has: the one rules out the other."""

    @property
    def is_empty(self) -> bool:
        """Whether it has changed nothing."""
        return not self._works

    def see(self, view: View) -> View:
        """What the block sees, over a snapshot."""
        return _Draft(view, self._layers) if self._works else view

    def changed(self, relation: Relation) -> dict[bytes, bytes | None]:
        """What it has made of rows of a table, by their keys; None where it has removed one."""
        prefix = relation.prefix
        return {
            key: value
            for layer in self._layers
            for (table, key), value in layer.items()
            if table == "rows" and key.startswith(prefix)
        }

    @staticmethod
    def is_own(relation: Relation) -> bool:
        """Whether a block has made a relation itself."""
        return bool(relation.oid & _OWN[OID])

    def is_fresh(self, relation: Relation) -> bool:
        """Whether it has given a table the place of its rows itself: there is nothing below it then."""
        return bool(relation.node & _OWN[NODE])

    def try_out(self, view: View, work: Callable[[Change], T]) -> T:
        """Run a work on the draft, over a snapshot; when it raises, it has done nothing. Raises PgError 54000."""
        if len(self._works) >= WORKS_MAX:
            raise failure("54000", f"a transaction block has at most {WORKS_MAX} statements that write")
        layer: _Layer = {}
        draft = _Draft(view, [*self._layers, layer])
        result = work(draft)
        draft.complete()
        self._layers[-1].update(layer)
        self._works.append(_Tried(work, result, draft.added))
        return result

    def redo(self, change: Change) -> None:
        """All works for good. Raises PgError 40001 where one comes to something else than what was told."""
        change.moved = {}
        for tried in self._works:
            tried.redo(change)
        change.moved = {}

    def mark(self) -> None:
        """Remember this place: what comes from here on may be undone."""
        self._marks.append(len(self._works))
        self._layers.append({})

    def undo(self) -> None:
        """Back to the last mark, which is forgotten."""
        del self._works[self._marks.pop() :]
        self._layers.pop()

    def keep(self) -> None:
        """Forget the last mark, and keep what came after it."""
        self._marks.pop()
        layer = self._layers.pop()
        self._layers[-1].update(layer)
