"""Networks and what lies in them, across services: a vSwitch that something is to lie in has to be there, and stays.

The tables are VPC's and Hologres'; where a service was never on, there is nothing of it.
"""

import sqlite3
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


def user_of_vswitch(db: sqlite3.Connection, vswitch_id: str) -> str | None:
    """An instance of another service that lies in a vSwitch, or None."""
    if not columns(db, "hologres_instances"):
        return None
    row = db.execute("SELECT id FROM hologres_instances WHERE vswitch_id = ? LIMIT 1", (vswitch_id,)).fetchone()
    return row["id"] if row is not None else None
