"""What a transaction block has done so far: works that were tried, and are done for good when the block is committed.

Each work of a block runs on a draft at once, where its client is told what it came to: it sees what is committed, with
what the block has changed laid over it. At the end all works run again, in their order and in one writing transaction.
Should one come to another result then - others have changed what it depends on - the block fails as a whole, so that
what a client was told is what happened. Nothing of a block that ends otherwise was ever written.
"""

from collections.abc import Callable, Iterator, Sequence
from heapq import merge
from typing import Any, TypeVar, cast

from yunbox.storage.rows.view import Change, View
from yunbox.wire.pgwire.report import failure

T = TypeVar("T")
WORKS_MAX = 100_000
"""The most works of one block."""
_Layer = dict[tuple[str, bytes], bytes | None]
"""What was changed, by table and key; None is what was removed."""
_MISSING = object()


class _Draft(Change):
    """A change whose writes stay in memory: in the last of some layers, which lie over what a snapshot has."""

    def __init__(self, view: View, layers: Sequence[_Layer]) -> None:
        self._layers = layers
        super().__init__(view.txn, view.tables)

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

    def _put(self, table: str, key: bytes, value: bytes) -> None:
        self._layers[-1][table, key] = value

    def _delete(self, table: str, key: bytes) -> bool:
        found = self.get(table, key) is not None
        self._layers[-1][table, key] = None
        return found


class Block:
    """The works of one transaction block."""

    def __init__(self) -> None:
        self._works: list[tuple[Callable[[Change], Any], Any]] = []
        self._layers: list[_Layer] = [{}]
        self._marks: list[int] = []

    @property
    def is_empty(self) -> bool:
        """Whether it has changed nothing."""
        return not self._works

    def see(self, view: View) -> View:
        """What the block sees, over a snapshot."""
        return _Draft(view, self._layers) if self._works else view

    def try_out(self, view: View, work: Callable[[Change], T]) -> T:
        """Run a work on the draft, over a snapshot; when it raises, it has done nothing. Raises PgError 54000."""
        if len(self._works) >= WORKS_MAX:
            raise failure("54000", f"a transaction block has at most {WORKS_MAX} statements that write")
        layer: _Layer = {}
        draft = _Draft(view, [*self._layers, layer])
        result = work(draft)
        draft.complete()
        self._layers[-1].update(layer)
        self._works.append((work, result))
        return result

    def redo(self, change: Change) -> None:
        """All works for good. Raises PgError 40001 where one comes to something else than what was told."""
        for work, told in self._works:
            if work(change) != told:
                raise failure("40001", "could not serialize access due to concurrent update")

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
