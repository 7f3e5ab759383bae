"""The tables of identity, and what a folder of an earlier version lacks of them.

Changes of any of these tables move the revocation epoch, but for those that decide nothing: when a key was used last.
"""

import sqlite3
from pathlib import Path

from yunbox.identity.epoch import watched
from yunbox.identity.sealing import SEALED_GLOB, Seal
from yunbox.storage.database import Schema, columns

_TABLES = """
CREATE TABLE IF NOT EXISTS accounts (
    uid TEXT PRIMARY KEY, name TEXT NOT NULL, created REAL NOT NULL, alias TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(uid), name TEXT NOT NULL,
    comment TEXT NOT NULL DEFAULT '', created REAL NOT NULL, display_name TEXT NOT NULL DEFAULT '',
    mobile_phone TEXT NOT NULL DEFAULT '', email TEXT NOT NULL DEFAULT '', updated REAL NOT NULL DEFAULT 0,
    UNIQUE (account_id, name)
);
CREATE TABLE IF NOT EXISTS login_profiles (
    user_id TEXT PRIMARY KEY REFERENCES users(id) ON DELETE CASCADE, password TEXT NOT NULL,
    reset_required INTEGER NOT NULL, mfa_required INTEGER NOT NULL, created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS mfa_devices (
    account_id TEXT NOT NULL REFERENCES accounts(uid), name TEXT NOT NULL, seed TEXT NOT NULL,
    user_id TEXT UNIQUE REFERENCES users(id) ON DELETE SET NULL, activated REAL, PRIMARY KEY (account_id, name)
);
CREATE TABLE IF NOT EXISTS groups (
    id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(uid), name TEXT NOT NULL,
    comments TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL, UNIQUE (account_id, name)
);
CREATE TABLE IF NOT EXISTS group_members (
    group_id TEXT NOT NULL REFERENCES groups(id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE, joined REAL NOT NULL, PRIMARY KEY (group_id, user_id)
);
CREATE INDEX IF NOT EXISTS members_of ON group_members (user_id);
CREATE TABLE IF NOT EXISTS roles (
    id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(uid), name TEXT NOT NULL,
    description TEXT NOT NULL, trust TEXT NOT NULL, session_s_max INTEGER NOT NULL, created REAL NOT NULL,
    updated REAL NOT NULL, service TEXT NOT NULL DEFAULT '', UNIQUE (account_id, name)
);
CREATE TABLE IF NOT EXISTS role_deletions (
    id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(uid), status TEXT NOT NULL, created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS access_keys (
    id TEXT PRIMARY KEY, secret TEXT NOT NULL, account_id TEXT NOT NULL REFERENCES accounts(uid),
    user_id TEXT REFERENCES users(id) ON DELETE CASCADE, status TEXT NOT NULL DEFAULT 'Active', created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS key_uses (id TEXT PRIMARY KEY, used REAL NOT NULL);
CREATE TABLE IF NOT EXISTS policies (
    account_id TEXT NOT NULL REFERENCES accounts(uid), name TEXT NOT NULL, comment TEXT NOT NULL DEFAULT '',
    created REAL NOT NULL, updated REAL NOT NULL DEFAULT 0, default_version INTEGER NOT NULL DEFAULT 1,
    last_version INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (account_id, name)
);
CREATE TABLE IF NOT EXISTS policy_versions (
    account_id TEXT NOT NULL, policy TEXT NOT NULL, version INTEGER NOT NULL, document TEXT NOT NULL,
    created REAL NOT NULL, PRIMARY KEY (account_id, policy, version),
    FOREIGN KEY (account_id, policy) REFERENCES policies(account_id, name) ON DELETE CASCADE
);
CREATE TABLE IF NOT EXISTS attachments (
    account_id TEXT NOT NULL, type TEXT NOT NULL, policy TEXT NOT NULL, holder_id TEXT NOT NULL,
    attached REAL NOT NULL, PRIMARY KEY (account_id, type, policy, holder_id)
);
CREATE INDEX IF NOT EXISTS attached_to ON attachments (holder_id);
CREATE TABLE IF NOT EXISTS account_settings (
    account_id TEXT NOT NULL REFERENCES accounts(uid), name TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (account_id, name)
);
CREATE TABLE IF NOT EXISTS oidc_providers (
    account_id TEXT NOT NULL REFERENCES accounts(uid), name TEXT NOT NULL, issuer TEXT NOT NULL,
    client_ids TEXT NOT NULL, fingerprints TEXT NOT NULL, description TEXT NOT NULL, issued_hours_max INTEGER NOT NULL,
    created REAL NOT NULL, updated REAL NOT NULL, PRIMARY KEY (account_id, name)
);
CREATE TABLE IF NOT EXISTS identity_tags (
    account_id TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (account_id, type, name, key)
);
CREATE TABLE IF NOT EXISTS temporary_keys (
    id TEXT PRIMARY KEY, secret TEXT NOT NULL, token_hash TEXT NOT NULL, account_id TEXT NOT NULL,
    user_id TEXT, session TEXT NOT NULL, policy TEXT, expires REAL NOT NULL, role_id TEXT
);
CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_WATCHED = (
    "accounts", "users", "group_members", "groups", "roles", "access_keys", "policies", "policy_versions",
    "attachments", "account_settings", "mfa_devices", "oidc_providers",
)  # fmt: skip
_LATER = {
    "accounts": {"alias": "TEXT NOT NULL DEFAULT ''"},
    "users": {
        "display_name": "TEXT NOT NULL DEFAULT ''", "mobile_phone": "TEXT NOT NULL DEFAULT ''",
        "email": "TEXT NOT NULL DEFAULT ''", "updated": "REAL NOT NULL DEFAULT 0",
    },
    "policies": {
        "updated": "REAL NOT NULL DEFAULT 0", "default_version": "INTEGER NOT NULL DEFAULT 1",
        "last_version": "INTEGER NOT NULL DEFAULT 1",
    },
    "temporary_keys": {"role_id": "TEXT"},
    "roles": {"service": "TEXT NOT NULL DEFAULT ''"},
}  # fmt: skip
"""Columns that tables of earlier versions have not."""
_SECRETS = (("access_keys", "id", "secret"), ("temporary_keys", "id", "secret"), ("secrets", "name", "value"))
"""Tables with a secret, what it is of, and where it stands."""


def _upgrade(db: sqlite3.Connection) -> None:
    for table, later in _LATER.items():
        there = columns(db, table)
        for name, kind in later.items():
            if name not in there:
                db.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
    for event in ("INSERT", "UPDATE", "DELETE"):  # a temporary key is never changed, so nothing hangs on it
        db.execute(f"DROP TRIGGER IF EXISTS temporary_keys_{event}")
    _move_documents(db)
    _move_attachments(db)
    _seal_secrets(db)


def _move_documents(db: sqlite3.Connection) -> None:
    """Policies once had one document each, which stood with them: it is their first version."""
    if "document" in columns(db, "policies"):
        db.execute("INSERT INTO policy_versions SELECT account_id, name, 1, document, created FROM policies")
        db.execute("ALTER TABLE policies DROP COLUMN document")


def _move_attachments(db: sqlite3.Connection) -> None:
    """Once only policies of the account's own could be attached, and only to users."""
    if columns(db, "policy_attachments"):
        db.execute("INSERT INTO attachments SELECT account_id, 'Custom', policy, user_id, 0 FROM policy_attachments")
        db.execute("DROP TABLE policy_attachments")


def _seal_secrets(db: sqlite3.Connection) -> None:
    """Secrets were once kept as they are."""
    seal = Seal(folder_of(db))
    db.execute("PRAGMA secure_delete=ON")  # what a plain one leaves behind in the file is wiped
    for table, key, column in _SECRETS:
        plain = f"SELECT {key}, {column} FROM {table} WHERE {column} NOT GLOB '{SEALED_GLOB}'"
        for owner, secret in db.execute(plain).fetchall():
            db.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (seal.sealed(owner, secret), owner))


def folder_of(db: sqlite3.Connection) -> Path:
    """The data folder that a database lies in."""
    return Path(db.execute("PRAGMA database_list").fetchone()["file"]).parent


IDENTITY_SCHEMA = Schema(_TABLES + watched(*_WATCHED), _upgrade)
