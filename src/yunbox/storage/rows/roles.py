"""Roles: users who log in by an AccessKey, and groups; what each is, and whose members they are.

An Alibaba Cloud account is a user by its number, a RAM user by ``p4_`` and its own, a RAM role by ``v4_``.
Sources: the vendor's pages "Account system" and "Expert permission model"; the PostgreSQL documentation, "Database
Roles".
"""

import msgspec

from yunbox.storage.rows.grants import Acl
from yunbox.storage.rows.model import FIRST_DATABASE


class Membership(msgspec.Struct, frozen=True, array_like=True):
    """That a role is a member of a group; ``admin`` may make others members."""

    group: str
    grantor: str
    admin: bool = False


class Role(msgspec.Struct, frozen=True):
    """A user or a group."""

    oid: int
    name: str
    superuser: bool = False
    inherit: bool = True
    createrole: bool = False
    createdb: bool = False
    login: bool = False
    groups: tuple[Membership, ...] = ()
    shown: str = ""
    """What its account or RAM user is called."""
    label: str = ""
    """Which columns it sees masked (``masks.py``)."""


class Defaults(msgspec.Struct, frozen=True):
    """What is granted on things that a role makes from now on: ``kind`` is a table (r), a sequence (S) or a schema (n),
    ``schema`` the one that they are made in, or any."""

    oid: int
    role: str
    schema: str
    kind: str
    grants: Acl

    @property
    def key(self) -> bytes:
        """Where it is kept."""
        return "\0".join((self.role, self.schema, self.kind)).encode()


DATABASE = "yunbox"
"""What the first database of the house's own instance is called."""


class Ownership(msgspec.Struct, frozen=True):
    """Whose a database is, what is granted on it, what it is called, its OID, and the settings by name that sessions in
    it begin with."""

    owner: str = ""
    grants: Acl | None = None
    name: str = DATABASE
    oid: int = FIRST_DATABASE
    settings: dict[str, str] = {}


SYSTEM = "holo_admin"
"""Who owns what nobody made; nobody logs in as it."""
READ_STATS, SIGNAL, MONITOR = "pg_read_all_stats", "pg_signal_backend", "pg_monitor"
_SETTINGS, _SCANS = "pg_read_all_settings", "pg_stat_scan_tables"
_BUILT_IN = (
    Role(10, SYSTEM, superuser=True, createrole=True, createdb=True),
    Role(3373, MONITOR, groups=tuple(Membership(one, SYSTEM) for one in (_SETTINGS, READ_STATS, _SCANS))),
    Role(3374, _SETTINGS),
    Role(3375, READ_STATS),
    Role(3377, _SCANS),
    Role(4200, SIGNAL),
)
BUILT_IN = {one.name: one for one in _BUILT_IN}
"""The roles that every instance has, by name."""
ROLES_MAX = 10_000
