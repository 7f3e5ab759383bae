"""The databases of an instance: what each is called, whose it is, and when its definitions have changed.

All lie in one row store. Schemas, relations and what is said of things to come are of one database, and their keys
begin with what is that one's own; the first database has nothing there, so what was written before there could be
others is the first one's. Roles, OIDs and the places of rows are the instance's.
"""

import secrets

import msgspec

from yunbox.storage.rows.model import FIRST_DATABASE
from yunbox.storage.rows.roles import Ownership
from yunbox.storage.rows.view import Change, View
from yunbox.wire.pgwire.report import PgError, Report

DATABASES_MAX = 64
"""How many an instance has at most, as the vendor's does ("CREATE DATABASE")."""
ACCOUNT = b"account"
_FIRST, _OTHERS = b"database", b"databases/"
_load = msgspec.msgpack.Decoder(Ownership).decode


class DatabaseGone(PgError):
    """A database is there no more that somebody still has."""

    def __init__(self) -> None:
        told = "the database does not exist any more"
        super().__init__(Report("ERROR", "3D000", told, detail="It seems to have just been dropped."))


def databases(view: View) -> dict[str, Ownership]:
    """All of an instance by name, the first one first."""
    data = view.get("meta", _FIRST)
    first = Ownership((view.get("meta", ACCOUNT) or b"").decode()) if data is None else _load(data)
    others = (_load(data) for _, data in view.prefixed("meta", _OTHERS))
    return {one.name: one for one in (first, *others)}


def database_oids(view: View) -> list[int]:
    """The OIDs of all, the first one's first."""
    others = [int.from_bytes(key[len(_OTHERS) :], "big") for key, _ in view.prefixed("meta", _OTHERS)]
    return [FIRST_DATABASE, *others]


def put_database(change: Change, ownership: Ownership) -> None:
    """Set whose a database is, what is granted on it, and what it is called."""
    change.put("meta", _key(ownership), msgspec.msgpack.encode(ownership))
    moved_everywhere(change)


def forget_database(change: Change, ownership: Ownership) -> None:
    """One is there no more."""
    change.delete("meta", _key(ownership))
    moved_everywhere(change)


def moved(change: Change) -> None:
    """A definition of the database has changed."""
    change.put("meta", change.version_key, secrets.token_bytes(16))


def moved_everywhere(change: Change) -> None:
    """Something has changed that is a definition of all databases."""
    for oid in database_oids(change):
        with change.within(oid):
            moved(change)


def _key(ownership: Ownership) -> bytes:
    return _FIRST if ownership.oid == FIRST_DATABASE else _OTHERS + ownership.oid.to_bytes(4, "big")
