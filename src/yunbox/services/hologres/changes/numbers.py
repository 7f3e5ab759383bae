"""Numbers of sequences as statements draw them: some ahead, so that not each of them is a write.

Those that a process has drawn ahead are lost when it ends, as with PostgreSQL after a crash. A block draws from
sequences that it has made itself in its own works.
"""

from collections.abc import Sequence

from yunbox.storage.rows.catalogue import no_relation
from yunbox.storage.rows.draft import Block, seen
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.sequences import draw
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import View

_AHEAD = 32
"""How many numbers are drawn at least."""


class Numbers:
    """The sequences of one database."""

    def __init__(self, store: RowStore) -> None:
        self._store = store
        self._ahead: dict[int, range] = {}

    async def drawn(self, written: str, count: int, block: Block | None) -> Sequence[int]:
        """Some numbers of a sequence as a default names it, in their order. Raises PgError 42P01, 2200H."""
        with self._store.reading() as view:
            found = self._found(written, seen(view, block))
            if block is not None and block.is_own(found):
                return block.try_out(view, lambda change: draw(change, self._found(written, change), count))
        return await self._of(found, count)

    async def _of(self, sequence: Relation, count: int) -> Sequence[int]:
        ahead = self._ahead.pop(sequence.oid, range(0))
        if len(ahead) >= count:
            self._ahead[sequence.oid] = ahead[count:]
            return ahead[:count]
        missing = count - len(ahead)
        fresh = await self._store.write(lambda change: draw(change, sequence, missing, _AHEAD))
        self._ahead[sequence.oid] = fresh[missing:]
        return [*ahead, *fresh[:missing]]

    def _found(self, written: str, view: View) -> Relation:
        found = self._store.catalogue(view).sequence(written)
        if found is None:
            raise no_relation(written)
        return found
