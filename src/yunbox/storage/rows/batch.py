"""The rows that one statement changes: all of them are found out first, and then all are written.

So a statement that fails has changed nothing, and what it changes is exact, as everything happens within one writing
transaction. Messages and SQLSTATEs are PostgreSQL's.
"""

from yunbox.storage.rows.form import Form, Values
from yunbox.storage.rows.rows import Fields, fields_of
from yunbox.storage.rows.view import Change


class Batch:
    """What a statement does to the rows of one table, which have a form."""

    def __init__(self, change: Change, form: Form) -> None:
        self._change = change
        self.form = form
        self._rows: dict[bytes, bytes | None] = {}
        self._added: list[bytes] = []

    def find(self, key: bytes) -> Fields | None:
        """The present row of a key, as this statement has left it."""
        row = self._present(key)
        return None if row is None else fields_of(self.form.relation, row)

    def touched(self, key: bytes) -> bool:
        """Whether this statement has changed the row of a key already."""
        return key in self._rows

    def insert(self, values: Values) -> None:
        """A new row. Raises PgError 23505 for a key that is there, 23502 for a NULL where there may be none."""
        self.place(self.form.key(values), self.form.row(values))

    def place(self, key: bytes | None, row: bytes) -> None:
        """A new row in its form, with its key if its table has one. Raises PgError 23505."""
        if key is None:
            self._added.append(row)
            return
        if self._present(key) is not None:
            raise self.form.duplicate(row)
        self._rows[key] = row

    def put(self, key: bytes, values: Values) -> None:
        """Another row in the place of one, whose key may be another then. Raises PgError 23505, 23502."""
        row = self.form.row(values)
        moved = self.form.key(values) or key
        if moved != key:
            self._rows[key] = None
            if self._present(moved) is not None:
                raise self.form.duplicate(row)
        self._rows[moved] = row

    def replace(self, key: bytes, row: bytes) -> None:
        """A row in its form, whatever there was under its key."""
        self._rows[key] = row

    def remove(self, key: bytes) -> None:
        """No row in the place of one."""
        self._rows[key] = None

    def apply(self) -> int:
        """Write all of it; how many rows were touched."""
        relation = self.form.relation
        for key, row in self._rows.items():
            self._change.set_row(relation, key, row)
        for row in self._added:
            self._change.add_row(relation, row)
        return len(self._rows) + len(self._added)

    def _present(self, key: bytes) -> bytes | None:
        return self._rows[key] if key in self._rows else self._change.row(key)
