"""Networks as other services see them: a vSwitch that something is to lie in has to be there.

The tables are VPC's; where that service was never on, there is none.
"""

from typing import NamedTuple

from yunbox.storage.database import Database, columns


class VSwitch(NamedTuple):
    """A part of a network, in a zone."""

    vpc_id: str
    zone: str


def vswitch_of(database: Database, vswitch_id: str) -> VSwitch | None:
    """One by its id, or None."""
    if not database.look(lambda db: columns(db, "vswitches")):
        return None
    row = database.read_one("SELECT vpc_id, zone FROM vswitches WHERE id = ?", vswitch_id)
    return VSwitch(row["vpc_id"], row["zone"]) if row is not None else None
