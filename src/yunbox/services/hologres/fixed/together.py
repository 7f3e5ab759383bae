"""Changes by one statement, each with values of its own: what INSERT stores is made ready while more of them come."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from yunbox.services.hologres.fixed.values import Row
from yunbox.services.hologres.fixed.writes import MANY, Delete, Insert, Update
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import PgError
from yunbox.wire.pgwire.values.codec import Style

Writing = Insert | Update | Delete


class Together:
    """``rows`` are the values of each change; they are added at the end. Values that depend on the time have that of
    ``style``; ``keep`` is as ``Row`` has it."""

    def __init__(self, statement: Writing, style: Style) -> None:
        self.rows: list[Sequence[Any]] = []
        self._statement = statement
        self.keep = ""
        self._style = style
        self._counts: list[int] = []
        self._keys: list[bytes] | None = []
        self._stored: list[bytes] = []
        self._is_plain = isinstance(statement, Insert) and statement.is_plain

    def prepare(self, count: int, *, least: int = MANY) -> None:
        """Make the first so many ready, if ``least`` of them are not; what is wrong in them is told when they run."""
        statement, ready = self._statement, len(self._counts)
        if not self._is_plain or count - ready < least:
            return
        assert isinstance(statement, Insert)
        try:
            parts = [list(statement.rows(Row(values, self._style))) for values in self.rows[ready:count]]
            keys, stored = statement.packed(list(chain.from_iterable(parts)))
        except PgError:
            self._is_plain = False
            return
        self._counts += map(len, parts)
        if self._keys is not None and keys is not None:
            self._keys += keys
        else:
            self._keys = None
        self._stored += stored

    def run(self, change: Change, statement: Writing) -> list[int]:
        """How many rows each changes, by a statement that may have been planned again. Raises PgError, before anything
        is changed."""
        if statement is self._statement and len(self.rows) >= MANY:
            self.prepare(len(self.rows), least=1)
            if self._is_plain and len(self._counts) == len(self.rows):
                assert isinstance(statement, Insert)
                if statement.at_once(change, self._keys, self._stored) is not None:
                    return self._counts
        return [statement.run(change, Row(values, self._style, keep=self.keep))[0] for values in self.rows]
