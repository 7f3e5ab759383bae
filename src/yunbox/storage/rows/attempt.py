"""What a statement does to rows that was computed outside of the transaction that writes it.

Whoever computes has read what was committed then; others write meanwhile. So each row that is written has to be what
it was: if it is not, nothing is written, and the statement is computed again.
"""

from yunbox.storage.rows.form import Form
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.pending import Pending
from yunbox.storage.rows.view import Change, View


class Stale(Exception):
    """Others have changed what a statement was computed of."""


class Unlogged(Stale):
    """Nobody logs what others change."""


class Attempt(Pending):
    """The rows of one table that a statement changes. Keys are without the table's prefix, and looked up before."""

    def __init__(self, view: View, form: Form) -> None:
        prefix = form.relation.prefix
        super().__init__(form, lambda key: view.row(prefix + key))

    def apply(self, change: Change, relation: Relation) -> None:
        """Write it all to a table with the same columns. Raises Stale, when nothing is written."""
        prefix, moved = relation.prefix, change.moved
        rows = [(key, prefix + moved.get(key, key), row) for key, row in self._rows.items()]
        for key, place, _ in rows:
            if change.row(place) != self._before[key]:
                raise Stale
        for key, place, row in rows:
            change.replace_row(relation, place, self._before[key], row)
        for row in self._added:
            change.add_row(relation, row)
