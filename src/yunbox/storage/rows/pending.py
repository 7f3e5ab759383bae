"""The rows that a statement is to change: what was there, what is to be there, and what may not be.

Messages and SQLSTATEs are PostgreSQL's.
"""

from collections.abc import Callable

from yunbox.storage.rows.form import Form

Find = Callable[[bytes], bytes | None]
"""The stored row of a key."""


class Pending:
    """What a statement does to the rows of one table, which have a form; nothing is written before all is found out."""

    def __init__(self, form: Form, find: Find) -> None:
        self.form = form
        self._find = find
        self._before: dict[bytes, bytes | None] = {}
        self._rows: dict[bytes, bytes | None] = {}
        self._added: list[bytes] = []

    def present(self, key: bytes) -> bytes | None:
        """The row of a key as this statement has left it; None where there is none."""
        if key in self._rows:
            return self._rows[key]
        found = self._before[key] = self._find(key)
        return found

    def touched(self, key: bytes) -> bool:
        """Whether this statement has changed the row of a key already."""
        return key in self._rows

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
