"""START_REPLICATION, by which the vendor's clients follow the binlog of a table.

Source: the vendor's page "Use JDBC to consume Hologres binlogs", and what its client for Java sends: a slot of the name
``null`` where it has none, and the table among the options.
"""

from yunbox.services.hologres.statements.commands import NotOffered, StartReplication
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.wire.pgwire.report import failure

_OPTIONS = ("parallel_index", "batch_size", "table_name", "start_lsn", "start_time")
BATCH_MAX = 4096
FOLLOWING = "replication"
"""What the setting ``hg_connection_type`` is in a connection that may follow binlogs (``replication=database``)."""


def read_start(cursor: Cursor) -> StartReplication | NotOffered:
    """Behind START_REPLICATION. Raises PgError 42601, 22023."""
    slot = cursor.name() if cursor.take("slot") else ""
    if cursor.take("physical"):
        return NotOffered("physical replication")
    cursor.need("logical")
    while not cursor.ended and not cursor.peek("("):  # a position, which the vendor's server does not look at
        cursor.advance()
    said = dict(cursor.listed(lambda: _option(cursor))) if cursor.take("(") else {}
    if said:
        cursor.need(")")
    return cursor.end(_made(slot, said))


def _option(cursor: Cursor) -> tuple[str, str]:
    name = cursor.name()
    if name not in _OPTIONS:
        raise failure("22023", f'option "{name}" of START_REPLICATION is not supported')
    return name, cursor.string()


def _made(slot: str, said: dict[str, str]) -> StartReplication:
    table = said.get("table_name", "")
    batch = _whole("batch_size", said.get("batch_size", "1024"))
    if _whole("parallel_index", said.get("parallel_index", "0")) != 0:
        raise failure("22023", "parallel_index: a table has the shard 0 alone")
    after = _whole("start_lsn", said["start_lsn"]) if "start_lsn" in said else None
    return StartReplication(slot, table, after, said.get("start_time", ""), min(max(batch, 1), BATCH_MAX))


def _whole(name: str, text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise failure("22023", f'invalid value for option "{name}": "{text}"')
    return int(text)
