"""The revocation epoch: a number that moves with any change of who may do what, in any process.

What was decided about identities and rights is remembered until it moves. Triggers of the database move it, in the very
transaction of the change, so no writer can forget to; a reader notices a commit of its own process at once, and one of
another process within a hundredth of a second.
"""

import time

from yunbox.storage.database import Database

_LOOK_EVERY_S = 0.01
_TABLE = """
CREATE TABLE IF NOT EXISTS revocations (epoch INTEGER NOT NULL);
INSERT INTO revocations SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM revocations);
"""
_TRIGGER = """
CREATE TRIGGER IF NOT EXISTS {table}_{event} AFTER {event} ON {table}
BEGIN UPDATE revocations SET epoch = epoch + 1; END;
"""


def watched(*tables: str) -> str:
    """The schema that makes changes of some tables move the epoch; it comes after the tables' own."""
    events = ("INSERT", "UPDATE", "DELETE")
    return _TABLE + "".join(_TRIGGER.format(table=table, event=event) for table in tables for event in events)


class Epoch:
    """Tells whether anything about identities and rights has changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._epoch = -1
        self._commits = -1
        self._version = -1
        self._look_again = 0.0

    def now(self) -> int:
        """The present epoch."""
        moment = time.monotonic()
        if self._database.commits == self._commits and moment < self._look_again:
            return self._epoch
        self._look_again = moment + _LOOK_EVERY_S
        self._commits = self._database.commits  # before the look, so that a commit meanwhile is looked at again
        version = self._database.data_version()
        if version != self._version:
            row = self._database.read_one("SELECT epoch FROM revocations")
            self._epoch = int(row[0]) if row is not None else 0
            self._version = version
        return self._epoch
