"""The rows that one statement changes: all of them are found out first, and then all are written.

So a statement that fails has changed nothing, and what it changes is exact, as everything happens within one writing
transaction.
"""

from yunbox.storage.rows.form import Form, Values
from yunbox.storage.rows.pending import Pending
from yunbox.storage.rows.view import Change


class Batch(Pending):
    """What a statement does to the rows of one table within a transaction."""

    def __init__(self, change: Change, form: Form) -> None:
        super().__init__(form, change.row)
        self._change = change

    def insert(self, values: Values) -> None:
        """A new row. Raises PgError 23505 for a key that is there, 23502 for a NULL where there may be none."""
        self.place(self.form.key(values), self.form.row(values))

    def apply(self) -> int:
        """Write all of it; how many rows were touched."""
        relation, change, before = self.form.relation, self._change, self._before
        for key, row in self._rows.items():
            change.replace_row(relation, key, before[key] if key in before else change.row(key), row)
        for row in self._added:
            change.add_row(relation, row)
        return len(self._rows) + len(self._added)
