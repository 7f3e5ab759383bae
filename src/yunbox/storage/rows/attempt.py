"""What a statement does to rows that was computed outside of the transaction that writes it.

Whoever computes has read what was committed then; others write meanwhile. So each row that is written has to be what
it was: if it is not, nothing is written, and the statement is computed again.
"""

from yunbox.storage.rows.form import Form
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.view import Change, View


class Stale(Exception):
    """Others have changed what a statement was computed of."""


class Attempt:
    """The rows of one table that a statement changes. Keys are without the table's prefix."""

    def __init__(self, view: View, form: Form) -> None:
        self.form = form
        self._view = view
        self._prefix = form.relation.prefix
        self._before: dict[bytes, bytes | None] = {}
        self._after: dict[bytes, bytes | None] = {}
        self._added: list[bytes] = []

    def present(self, key: bytes) -> bytes | None:
        """The row of a key as the statement has left it; None where there is none."""
        if key in self._after:
            return self._after[key]
        if key not in self._before:
            self._before[key] = self._view.row(self._prefix + key)
        return self._before[key]

    def touched(self, key: bytes) -> bool:
        """Whether the statement has changed the row of a key."""
        return key in self._after

    def place(self, key: bytes | None, row: bytes) -> None:
        """A new row. Raises PgError 23505."""
        if key is None:
            self._added.append(row)
            return
        if self.present(key) is not None:
            raise self.form.duplicate(row)
        self._after[key] = row

    def put(self, key: bytes, moved: bytes, row: bytes) -> None:
        """Another row in the place of one, which lies elsewhere if its key has changed. Raises PgError 23505."""
        self.present(key)
        if moved != key:
            self._after[key] = None
            if self.present(moved) is not None:
                raise self.form.duplicate(row)
        self._after[moved] = row

    def remove(self, key: bytes) -> None:
        """No row in the place of one."""
        self.present(key)
        self._after[key] = None

    def apply(self, change: Change, relation: Relation) -> None:
        """Write it all to a table with the same columns. Raises Stale, when nothing is written."""
        prefix, moved = relation.prefix, change.moved
        rows = [(key, prefix + moved.get(key, key), row) for key, row in self._after.items()]
        for key, place, _ in rows:
            if change.row(place) != self._before[key]:
                raise Stale
        for _, place, row in rows:
            change.set_row(relation, place, row)
        for row in self._added:
            change.add_row(relation, row)
