"""The rows that one statement changes: all of them are found out first, and then all are written.

So a statement that fails has changed nothing, and what it changes is exact, as everything happens within one writing
transaction. Messages and SQLSTATEs are PostgreSQL's.
"""

from yunbox.storage.rows.form import Form, Values
from yunbox.storage.rows.view import Change


class Batch:
    """What a statement does to the rows of one table, which have a form."""

    def __init__(self, change: Change, form: Form) -> None:
        self._change = change
        self.form = form
        self._before: dict[bytes, bytes | None] = {}
        self._rows: dict[bytes, bytes | None] = {}
        self._added: list[bytes] = []

    def present(self, key: bytes) -> bytes | None:
        """The row of a key as this statement has left it; None where there is none."""
        if key in self._rows:
            return self._rows[key]
        found = self._before[key] = self._change.row(key)
        return found

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
        if self.present(key) is not None:
            raise self.form.duplicate(row)
        self._rows[key] = row

    def put(self, key: bytes, moved: bytes, row: bytes) -> None:
        """Another row in the place of one, which lies elsewhere if its key has changed. Raises PgError 23505."""
        if moved != key:
            self._rows[key] = None
            if self.present(moved) is not None:
                raise self.form.duplicate(row)
        self._rows[moved] = row

    def remove(self, key: bytes) -> None:
        """No row in the place of one."""
        self._rows[key] = None

    def apply(self) -> int:
        """Write all of it; how many rows were touched."""
        relation, change, before = self.form.relation, self._change, self._before
        for key, row in self._rows.items():
            change.replace_row(relation, key, before[key] if key in before else change.row(key), row)
        for row in self._added:
            change.add_row(relation, row)
        return len(self._rows) + len(self._added)
