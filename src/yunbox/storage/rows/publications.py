"""What a table's binlog is followed by under a name of its own, and how far whoever follows has said that it has come.

Source: the vendor's page "Use JDBC to consume Hologres binlogs".
"""

import msgspec

from yunbox.storage.rows.view import Change, View

_PROGRESS = b"progress/"
LSN_MAX = (1 << 63) - 1


class Publication(msgspec.Struct, frozen=True):
    """The name that a table, by its OID, is published under."""

    oid: int
    name: str
    owner: str
    table: int


class Slot(msgspec.Struct, frozen=True):
    """One who follows a publication, by its name. ``number`` tells it from one of the name that there was before."""

    number: int
    name: str
    publication: str
    plugin: str = "hgoutput"


def progress(view: View, slot: Slot) -> int:
    """The number of the last entry of the log that was dealt with; 0 before any was."""
    return int.from_bytes(view.get("meta", _key(slot)) or b"", "big")


def advance(change: Change, slot: Slot, lsn: int) -> None:
    """Have a slot have come to an entry, which may lie before where it was."""
    change.put("meta", _key(slot), min(lsn, LSN_MAX).to_bytes(8, "big"))


def forget(change: Change, slot: Slot) -> None:
    """Know nothing of how far it has come."""
    change.delete("meta", _key(slot))


def _key(slot: Slot) -> bytes:
    return _PROGRESS + slot.number.to_bytes(8, "big")
