"""CALL, of the vendor's own procedures. Each takes texts, but for those of table groups.

Sources: the vendor's pages "Set table properties" and "Use JDBC to consume Hologres binlogs".
"""

from collections.abc import Callable, Mapping

from yunbox.services.hologres.definitions import modelled, table_groups
from yunbox.services.hologres.definitions.alter import set_property
from yunbox.services.hologres.definitions.base import Definition
from yunbox.services.hologres.definitions.publications import CreateSlot, DropSlot
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.wire.pgwire.report import failure

_PROCEDURES: Mapping[str, tuple[int, Callable[..., Definition]]] = {
    "set_table_property": (3, set_property),
    "hg_create_logical_replication_slot": (3, CreateSlot),
    "hg_drop_logical_replication_slot": (1, DropSlot),
}
"""How many arguments each has, and what it is."""
_READERS = {**table_groups.READERS, **modelled.READERS}
_VENDORS = ("hg_", "spm_", "slpm_")
"""How the names of the vendor's procedures begin: those that are not here are refused as such."""


def read_call(cursor: Cursor) -> Definition:
    """Behind CALL. Raises PgError 42601, 42883, 0A000."""
    start = cursor.piece.text
    cursor.take("hologres", ".")
    name = cursor.name()
    if name in _READERS:
        cursor.need("(")
        read = _READERS[name](cursor)
        cursor.need(")")
        return cursor.end(read)
    if name not in _PROCEDURES and name.startswith(_VENDORS):
        raise failure("0A000", f"CALL {name} is not supported")
    if name not in _PROCEDURES:
        raise failure("42883", f"procedure {name} does not exist: {start[:64]}")
    count, made = _PROCEDURES[name]
    cursor.need("(")
    given = cursor.listed(cursor.string)
    cursor.need(")")
    if len(given) != count:
        raise failure("42883", f"procedure {name} takes {count} arguments, and not {len(given)}")
    return cursor.end(made(*given))
