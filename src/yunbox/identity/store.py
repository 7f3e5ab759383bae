"""Accounts and keys: what proves who somebody is, and which policies hold for them.

Every call asks for this, so what was read is remembered until the revocation epoch moves. Managing users, groups, roles
and policies is ``identity/directory``.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from yunbox.identity.epoch import Epoch
from yunbox.identity.sealing import Seal
from yunbox.identity.system_policies import system_policy
from yunbox.kernel import ids
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import NotFound
from yunbox.storage.database import Database

_REMEMBERED_MAX = 4096
_FORGOTTEN_AFTER_S = 3600
T = TypeVar("T")
CUSTOM, SYSTEM = "Custom", "System"
"""The types of policies: the account's own, and those that the vendor keeps."""


@dataclass(frozen=True)
class AccessKey:
    """A key pair and whom it speaks for; ``user_id`` is None for the account's own key."""

    id: str
    secret: str = field(repr=False)
    account_id: str = ""
    user_id: str | None = None
    status: str = "Active"
    created: float = 0.0


@dataclass(frozen=True)
class TemporaryKey:
    """A key pair that only works with its token and until ``expires`` (epoch seconds).

    It speaks for a role, a user, or without either for the account.
    """

    id: str
    secret: str = field(repr=False)
    token_hash: str = field(repr=False)
    account_id: str = ""
    user_id: str | None = None
    session: str = ""
    policy: str | None = None
    expires: float = 0.0
    role_id: str | None = None


@dataclass(frozen=True)
class Attached:
    """A policy that holds for somebody: its type, its name, its document in force, and the group it comes by."""

    type: str
    name: str
    document: str
    group: str = ""

    @property
    def origin(self) -> str:
        """What an explanation calls it."""
        return f"policy {self.name}" + (f" of group {self.group}" if self.group else "")


class IdentityStore:
    """Reads identities, and makes keys. What changes is synchronous: it is rare."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self.epoch = Epoch(database)
        self._seal = Seal(database.path.parent)
        self._remembered: dict[tuple[str, str], Any] = {}
        self._remembered_at = -1

    def ensure_account(self) -> tuple[str, AccessKey]:
        """The account of this data folder and its first key, made at first start."""
        row = self.database.read_one("SELECT uid FROM accounts ORDER BY created LIMIT 1")
        if row is None:
            uid = ids.account_uid()
            values = uid, f"yunbox-{uid[-4:]}", self.clock.time()
            self._write(lambda db: db.execute("INSERT INTO accounts (uid, name, created) VALUES (?, ?, ?)", values))
            return uid, self.create_access_key(uid, None)
        key = self.database.read_one(
            "SELECT * FROM access_keys WHERE account_id = ? AND user_id IS NULL ORDER BY created LIMIT 1", row["uid"]
        )
        return row["uid"], self._key(key) if key else self.create_access_key(row["uid"], None)

    def account_name(self, uid: str) -> str:
        """The display name of an account."""
        row = self._read_one("SELECT name FROM accounts WHERE uid = ?", uid)
        return row["name"] if row else uid

    def user_name(self, user_id: str) -> str | None:
        """The name of a RAM user; None for one that is no more."""
        row = self._read_one("SELECT name FROM users WHERE id = ?", user_id)
        return row["name"] if row else None

    def role_name(self, role_id: str) -> str | None:
        """The name of a role; None for one that is no more."""
        row = self._read_one("SELECT name FROM roles WHERE id = ?", role_id)
        return row["name"] if row else None

    def ram_id(self, account_id: str, name: str) -> str:
        """The id of a RAM user by name, or of a role by ``role/`` and its name. Raises NotFound."""
        table, _, plain = name.rpartition("/")
        kind = "role" if table == "role" else "user"
        sql = f"SELECT id FROM {kind}s WHERE account_id = ? AND name = ?"
        row = self.database.read_one(sql, account_id, plain if table == "role" else name)
        if row is None:
            raise NotFound(f"The RAM {kind} {plain} does not exist")
        return row["id"]

    def ram_name(self, ram_id: str) -> str | None:
        """The name that ``ram_id`` takes, of a user or a role; None for an id that is of nobody."""
        role = self.role_name(ram_id)
        return f"role/{role}" if role is not None else self.user_name(ram_id)

    # -- keys

    def create_access_key(self, account_id: str, user_id: str | None) -> AccessKey:
        """Make a key pair for the account, or for one of its users."""
        return self._write(lambda db: self.insert_access_key(db, account_id, user_id))

    def insert_access_key(self, db: sqlite3.Connection, account_id: str, user_id: str | None) -> AccessKey:
        """The same within a transaction."""
        secret, now = ids.access_key_secret(), self.clock.time()
        key = AccessKey(ids.access_key_id(), secret, account_id, user_id, created=now)
        values = key.id, self._seal.sealed(key.id, secret), account_id, user_id, key.status, now
        db.execute("INSERT INTO access_keys VALUES (?, ?, ?, ?, ?, ?)", values)
        return key

    def access_key(self, key_id: str) -> AccessKey | None:
        """A key by its id."""
        return self._remember(("access key", key_id), lambda: self._access_key(key_id))

    def _access_key(self, key_id: str) -> AccessKey | None:
        row = self.database.read_one("SELECT * FROM access_keys WHERE id = ?", key_id)
        return self._key(row) if row else None

    def access_keys(self, user_id: str | None) -> list[tuple[str, str]]:
        """The ids and states of a user's keys (the account's own for None)."""
        rows = self.database.read("SELECT id, status FROM access_keys WHERE user_id IS ? ORDER BY created", user_id)
        return [(row["id"], row["status"]) for row in rows]

    def insert_temporary_key(self, key: TemporaryKey) -> None:
        """Keep a temporary key, and forget those that have run out."""
        now = self.clock.time()
        values = (
            key.id, self._seal.sealed(key.id, key.secret), key.token_hash, key.account_id, key.user_id, key.session,
            key.policy, key.expires, key.role_id,
        )  # fmt: skip

        def work(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM temporary_keys WHERE expires < ?", (now - _FORGOTTEN_AFTER_S,))
            db.execute("INSERT INTO temporary_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)

        self._write(work)

    def temporary_key(self, key_id: str) -> TemporaryKey | None:
        """A temporary key by its id, expired or not."""
        return self._remember(("temporary key", key_id), lambda: self._temporary_key(key_id))

    def _temporary_key(self, key_id: str) -> TemporaryKey | None:
        row = self.database.read_one("SELECT * FROM temporary_keys WHERE id = ?", key_id)
        if row is None:
            return None
        return replace(TemporaryKey(**dict(row)), secret=self._seal.opened(key_id, row["secret"]))

    def secret(self, name: str) -> str:
        """A secret of the server's own, made when it is first asked for."""

        def work(db: sqlite3.Connection) -> str:
            made = self._seal.sealed(name, ids.access_key_secret())
            db.execute("INSERT OR IGNORE INTO secrets VALUES (?, ?)", (name, made))
            return db.execute("SELECT value FROM secrets WHERE name = ?", (name,)).fetchone()[0]

        return self._seal.opened(name, self._write(work))

    def _key(self, row: sqlite3.Row) -> AccessKey:
        secret = self._seal.opened(row["id"], row["secret"])
        return AccessKey(row["id"], secret, row["account_id"], row["user_id"], row["status"], row["created"])

    # -- policies

    def attached_policies(self, holder_id: str) -> list[Attached]:
        """The policies of a user or a role, and for a user those of its groups."""
        rows = self.database.read(
            "SELECT a.type, a.policy, v.document, g.name AS by_group FROM attachments a"
            " LEFT JOIN groups g ON g.id = a.holder_id"
            " LEFT JOIN policies p ON a.type = 'Custom' AND p.account_id = a.account_id AND p.name = a.policy"
            " LEFT JOIN policy_versions v"
            "  ON v.account_id = p.account_id AND v.policy = p.name AND v.version = p.default_version"
            " WHERE a.holder_id = ? OR a.holder_id IN (SELECT group_id FROM group_members WHERE user_id = ?)"
            " ORDER BY a.policy, g.name",
            holder_id,
            holder_id,
        )
        found = ((row, row["document"] or system_policy(row["policy"]).document) for row in rows)
        return [Attached(row["type"], row["policy"], document, row["by_group"] or "") for row, document in found]

    # -- what is remembered

    def _read_one(self, sql: str, value: str) -> sqlite3.Row | None:
        """A row that many calls ask for."""
        return self._remember((sql, value), lambda: self.database.read_one(sql, value))

    def _remember(self, key: tuple[str, str], read: Callable[[], T]) -> T:
        """What was read, until the epoch moves."""
        epoch = self.epoch.now()
        if epoch != self._remembered_at or len(self._remembered) > _REMEMBERED_MAX:
            self._remembered.clear()
            self._remembered_at = epoch
        if key not in self._remembered:
            self._remembered[key] = read()
        return self._remembered[key]

    def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return self.database.write_sync(work)
