"""Marks of how far a writer is, which are committed together with what it has written: so each row comes once.

    connection.transaction():
        advance(connection, writer, before, after)
        write(...)

A writer that has crashed reads its mark and goes on behind it. Where an earlier session of it is still about to
commit, one of the two fails: what ``advance`` has found is compared again when the block is committed. The marks are
rows of a small table in the database, which is made at first use.
"""

from yunbox.clients.hologres.connection import Connection
from yunbox.kernel.errors import Conflict
from yunbox.wire.pgwire.report import PgError

TABLE = "public.yunbox_fences"
_NO_TABLE = "42P01"
_CREATE = f"CREATE TABLE IF NOT EXISTS {TABLE} (writer text PRIMARY KEY, mark text NOT NULL) WITH (orientation = 'row')"


def mark_of(connection: Connection, writer: str) -> str | None:
    """The mark of a writer, if it has any. Raises PgError, Disconnected."""
    try:
        rows = connection.execute(f"SELECT mark FROM {TABLE} WHERE writer = $1", (writer,)).rows
    except PgError as error:
        if error.report.sqlstate != _NO_TABLE:
            raise
        connection.execute(_CREATE)
        return None
    return rows[0][0] if rows else None


def advance(connection: Connection, writer: str, before: str | None, after: str) -> None:
    """Within a block: have the mark be another. Raises Conflict where it is not what it was, PgError, Disconnected."""
    gone = connection.execute(f"DELETE FROM {TABLE} WHERE writer = $1 RETURNING mark", (writer,), keep=True)
    found = gone.rows[0][0] if gone.rows else None
    if found != before:
        raise Conflict(f"Another session of the writer {writer} has gone on")
    connection.execute(f"INSERT INTO {TABLE} VALUES ($1, $2)", (writer, after), keep=True)
