"""Accounts, RAM users, their keys and policies: what identity remembers.

A secret has to be kept readable, because an HMAC is checked with it; the database is 0600 in a folder
that is 0700, and no secret is ever logged or listed again after it was made.
"""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from yunbox.identity.epoch import Epoch, watched
from yunbox.kernel import ids
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import AlreadyExists, InvalidArgument, NotFound
from yunbox.storage.database import Database

_REMEMBERED_MAX = 4096
T = TypeVar("T")

IDENTITY_SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (uid TEXT PRIMARY KEY, name TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(uid), name TEXT NOT NULL,
    comment TEXT NOT NULL DEFAULT '', created REAL NOT NULL, UNIQUE (account_id, name)
);
CREATE TABLE IF NOT EXISTS access_keys (
    id TEXT PRIMARY KEY, secret TEXT NOT NULL, account_id TEXT NOT NULL REFERENCES accounts(uid),
    user_id TEXT REFERENCES users(id) ON DELETE CASCADE, status TEXT NOT NULL DEFAULT 'Active', created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS policies (
    account_id TEXT NOT NULL REFERENCES accounts(uid), name TEXT NOT NULL, document TEXT NOT NULL,
    comment TEXT NOT NULL DEFAULT '', created REAL NOT NULL, PRIMARY KEY (account_id, name)
);
CREATE TABLE IF NOT EXISTS policy_attachments (
    account_id TEXT NOT NULL, policy TEXT NOT NULL, user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    PRIMARY KEY (account_id, policy, user_id),
    FOREIGN KEY (account_id, policy) REFERENCES policies(account_id, name) ON DELETE CASCADE
);
CREATE TABLE IF NOT EXISTS temporary_keys (
    id TEXT PRIMARY KEY, secret TEXT NOT NULL, token_hash TEXT NOT NULL, account_id TEXT NOT NULL,
    user_id TEXT, session TEXT NOT NULL, policy TEXT, expires REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL);
""" + watched("accounts", "users", "access_keys", "policies", "policy_attachments", "temporary_keys")


@dataclass(frozen=True)
class AccessKey:
    """A key pair and whom it speaks for; ``user_id`` is None for the account's own key."""

    id: str
    secret: str = field(repr=False)
    account_id: str = ""
    user_id: str | None = None
    status: str = "Active"


@dataclass(frozen=True)
class TemporaryKey:
    """A key pair that only works with its token and until ``expires`` (epoch seconds)."""

    id: str
    secret: str = field(repr=False)
    token_hash: str = field(repr=False)
    account_id: str = ""
    user_id: str | None = None
    session: str = ""
    policy: str | None = None
    expires: float = 0.0


@dataclass(frozen=True)
class User:
    """A RAM user."""

    id: str
    account_id: str
    name: str
    comment: str
    created: float


class IdentityStore:
    """Reads and changes identities. Changes are synchronous: they are rare and made by tools."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.epoch = Epoch(database)
        self._remembered: dict[tuple[str, str], Any] = {}
        self._remembered_at = -1

    def ensure_account(self) -> tuple[str, AccessKey]:
        """The account of this data folder and its first key, made at first start."""
        row = self._database.read_one("SELECT uid FROM accounts ORDER BY created LIMIT 1")
        if row is None:
            uid = ids.account_uid()
            now = self._clock.time()
            self._write(
                lambda db: db.execute("INSERT INTO accounts VALUES (?, ?, ?)", (uid, f"yunbox-{uid[-4:]}", now))
            )
            return uid, self.create_access_key(uid, None)
        key = self._database.read_one(
            "SELECT * FROM access_keys WHERE account_id = ? AND user_id IS NULL ORDER BY created LIMIT 1", row["uid"]
        )
        return row["uid"], _key(key) if key else self.create_access_key(row["uid"], None)

    def account_name(self, uid: str) -> str:
        """The display name of an account."""
        row = self._read_one("SELECT name FROM accounts WHERE uid = ?", uid)
        return row["name"] if row else uid

    # -- keys

    def create_access_key(self, account_id: str, user_id: str | None) -> AccessKey:
        """Make a key pair for the account, or for one of its users."""
        key = AccessKey(ids.access_key_id(), ids.access_key_secret(), account_id, user_id)
        values = (key.id, key.secret, account_id, user_id, key.status, self._clock.time())
        self._write(lambda db: db.execute("INSERT INTO access_keys VALUES (?, ?, ?, ?, ?, ?)", values))
        return key

    def access_key(self, key_id: str) -> AccessKey | None:
        """A key by its id."""
        row = self._read_one("SELECT * FROM access_keys WHERE id = ?", key_id)
        return _key(row) if row else None

    def set_key_status(self, key_id: str, status: str) -> None:
        """Make a key ``Active`` or ``Inactive``."""
        if status not in ("Active", "Inactive"):
            raise InvalidArgument("A key is Active or Inactive")
        sql = "UPDATE access_keys SET status = ? WHERE id = ?"
        if not self._write(lambda db: db.execute(sql, (status, key_id)).rowcount):
            raise NotFound(f"AccessKey {key_id} does not exist")

    def delete_access_key(self, key_id: str) -> None:
        """Delete a key."""
        sql = "DELETE FROM access_keys WHERE id = ?"
        if not self._write(lambda db: db.execute(sql, (key_id,)).rowcount):
            raise NotFound(f"AccessKey {key_id} does not exist")

    def access_keys(self, user_id: str | None) -> list[tuple[str, str]]:
        """The ids and states of a user's keys (the account's own for None)."""
        rows = self._database.read("SELECT id, status FROM access_keys WHERE user_id IS ? ORDER BY created", user_id)
        return [(row["id"], row["status"]) for row in rows]

    def insert_temporary_key(self, key: TemporaryKey) -> None:
        """Keep a temporary key, and forget those that have run out."""
        now = self._clock.time()
        values = (key.id, key.secret, key.token_hash, key.account_id, key.user_id, key.session, key.policy, key.expires)

        def work(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM temporary_keys WHERE expires < ?", (now - 3600,))
            db.execute("INSERT INTO temporary_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

        self._write(work)

    def temporary_key(self, key_id: str) -> TemporaryKey | None:
        """A temporary key by its id, expired or not."""
        row = self._read_one("SELECT * FROM temporary_keys WHERE id = ?", key_id)
        return TemporaryKey(**dict(row)) if row else None

    def secret(self, name: str) -> str:
        """A secret of the server's own, made when it is first asked for."""

        def work(db: sqlite3.Connection) -> str:
            db.execute("INSERT OR IGNORE INTO secrets VALUES (?, ?)", (name, ids.access_key_secret()))
            return db.execute("SELECT value FROM secrets WHERE name = ?", (name,)).fetchone()[0]

        return self._write(work)

    # -- users and policies

    def create_user(self, account_id: str, name: str, comment: str = "") -> User:
        """Create a RAM user."""
        if not 1 <= len(name) <= 64 or not all(c.isalnum() or c in "-_.@" for c in name):
            raise InvalidArgument("A RAM user's name has 1 to 64 letters, digits, '.', '_', '-' or '@'")
        user = User(ids.user_id(), account_id, name, comment, self._clock.time())

        def work(db: sqlite3.Connection) -> None:
            try:
                db.execute(
                    "INSERT INTO users VALUES (?, ?, ?, ?, ?)", (user.id, account_id, name, comment, user.created)
                )
            except sqlite3.IntegrityError:
                raise AlreadyExists(f"The RAM user {name} exists already") from None

        self._write(work)
        return user

    def delete_user(self, account_id: str, name: str) -> None:
        """Delete a RAM user, its keys and attachments."""
        user = self.user(account_id, name)
        self._write(lambda db: db.execute("DELETE FROM users WHERE id = ?", (user.id,)))

    def user(self, account_id: str, name: str) -> User:
        """A RAM user by name."""
        row = self._database.read_one("SELECT * FROM users WHERE account_id = ? AND name = ?", account_id, name)
        if row is None:
            raise NotFound(f"The RAM user {name} does not exist")
        return User(**dict(row))

    def user_by_id(self, user_id: str) -> User | None:
        """A RAM user by id."""
        row = self._read_one("SELECT * FROM users WHERE id = ?", user_id)
        return User(**dict(row)) if row else None

    def users(self, account_id: str) -> list[User]:
        """The RAM users of an account, by name."""
        rows = self._database.read("SELECT * FROM users WHERE account_id = ? ORDER BY name", account_id)
        return [User(**dict(row)) for row in rows]

    def put_policy(self, account_id: str, name: str, document: str, comment: str = "") -> None:
        """Create or replace a policy; the caller has parsed the document."""
        json.loads(document)
        values = (account_id, name, document, comment, self._clock.time())
        self._write(
            lambda db: db.execute(
                "INSERT INTO policies VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (account_id, name) DO UPDATE SET document = excluded.document",
                values,
            )
        )

    def delete_policy(self, account_id: str, name: str) -> None:
        """Delete a policy and detach it everywhere."""
        sql = "DELETE FROM policies WHERE account_id = ? AND name = ?"
        if not self._write(lambda db: db.execute(sql, (account_id, name)).rowcount):
            raise NotFound(f"The policy {name} does not exist")

    def policies(self, account_id: str) -> list[tuple[str, str]]:
        """The names and documents of an account's policies."""
        rows = self._database.read("SELECT name, document FROM policies WHERE account_id = ? ORDER BY name", account_id)
        return [(row["name"], row["document"]) for row in rows]

    def attach_policy(self, account_id: str, policy: str, user: str) -> None:
        """Attach a policy to a user."""
        user_id = self.user(account_id, user).id

        def work(db: sqlite3.Connection) -> None:
            try:
                sql = "INSERT OR IGNORE INTO policy_attachments VALUES (?, ?, ?)"
                db.execute(sql, (account_id, policy, user_id))
            except sqlite3.IntegrityError:
                raise NotFound(f"The policy {policy} does not exist") from None

        self._write(work)

    def detach_policy(self, account_id: str, policy: str, user: str) -> None:
        """Detach a policy from a user."""
        user_id = self.user(account_id, user).id
        sql = "DELETE FROM policy_attachments WHERE account_id = ? AND policy = ? AND user_id = ?"
        if not self._write(lambda db: db.execute(sql, (account_id, policy, user_id)).rowcount):
            raise NotFound(f"The policy {policy} is not attached to {user}")

    def attached_policies(self, user_id: str) -> list[tuple[str, str]]:
        """Names and documents of the policies attached to a user."""
        rows = self._database.read(
            "SELECT p.name, p.document FROM policy_attachments a JOIN policies p"
            " ON p.account_id = a.account_id AND p.name = a.policy WHERE a.user_id = ? ORDER BY p.name",
            user_id,
        )
        return [(row["name"], row["document"]) for row in rows]

    def _read_one(self, sql: str, value: str) -> sqlite3.Row | None:
        """A row that many calls ask for: remembered until the epoch moves."""
        epoch = self.epoch.now()
        if epoch != self._remembered_at or len(self._remembered) > _REMEMBERED_MAX:
            self._remembered.clear()
            self._remembered_at = epoch
        key = (sql, value)
        if key not in self._remembered:
            self._remembered[key] = self._database.read_one(sql, value)
        return self._remembered[key]

    def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return self._database.write_sync(work)


def _key(row: sqlite3.Row) -> AccessKey:
    return AccessKey(row["id"], row["secret"], row["account_id"], row["user_id"], row["status"])
