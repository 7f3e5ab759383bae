"""A copy of the database alone opens nothing, and folders of before are sealed when they are opened."""

import sqlite3
from pathlib import Path

import pytest

from yunbox.identity.schema import IDENTITY_SCHEMA
from yunbox.identity.sealing import KEY_FILE, Seal
from yunbox.identity.store import IdentityStore, TemporaryKey
from yunbox.kernel.clock import ManualClock
from yunbox.kernel.errors import Unavailable
from yunbox.storage.database import Database

BEFORE = """
CREATE TABLE accounts (uid TEXT PRIMARY KEY, name TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE users (
    id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(uid), name TEXT NOT NULL,
    comment TEXT NOT NULL DEFAULT '', created REAL NOT NULL, UNIQUE (account_id, name)
);
CREATE TABLE access_keys (
    id TEXT PRIMARY KEY, secret TEXT NOT NULL, account_id TEXT NOT NULL REFERENCES accounts(uid),
    user_id TEXT REFERENCES users(id) ON DELETE CASCADE, status TEXT NOT NULL DEFAULT 'Active', created REAL NOT NULL
);
CREATE TABLE policies (
    account_id TEXT NOT NULL REFERENCES accounts(uid), name TEXT NOT NULL, document TEXT NOT NULL,
    comment TEXT NOT NULL DEFAULT '', created REAL NOT NULL, PRIMARY KEY (account_id, name)
);
CREATE TABLE policy_attachments (
    account_id TEXT NOT NULL, policy TEXT NOT NULL, user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    PRIMARY KEY (account_id, policy, user_id),
    FOREIGN KEY (account_id, policy) REFERENCES policies(account_id, name) ON DELETE CASCADE
);
CREATE TABLE temporary_keys (
    id TEXT PRIMARY KEY, secret TEXT NOT NULL, token_hash TEXT NOT NULL, account_id TEXT NOT NULL,
    user_id TEXT, session TEXT NOT NULL, policy TEXT, expires REAL NOT NULL
);
CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO accounts VALUES ('1', 'a', 1);
INSERT INTO users VALUES ('2', '1', 'u', 'c', 2);
INSERT INTO access_keys VALUES ('k', 'plainSecretOfKey', '1', '2', 'Active', 3);
INSERT INTO policies VALUES ('1', 'p', '{"Version":"1"}', '', 4);
INSERT INTO policy_attachments VALUES ('1', 'p', '2');
INSERT INTO temporary_keys VALUES ('t', 'plainSecretOfSession', 'h', '1', '2', 's', NULL, 5);
INSERT INTO secrets VALUES ('bearer-token', 'plainSecretOfTokens');
"""
"""The tables as the first version made them."""


def opened(folder: Path) -> tuple[Database, IdentityStore]:
    database = Database(folder / "meta.db", IDENTITY_SCHEMA)
    return database, IdentityStore(database, ManualClock())


def test_a_folder_of_before_has_all_it_had_and_its_secrets_are_sealed(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "meta.db") as before:
        before.executescript(BEFORE)
    before.close()
    for _ in range(2):  # what was upgraded is not again
        database, store = opened(tmp_path)
        key, session = store.access_key("k"), store.temporary_key("t")
        assert key is not None
        assert (key.secret, key.user_id, key.status) == ("plainSecretOfKey", "2", "Active")
        assert session == TemporaryKey("t", "plainSecretOfSession", "h", "1", "2", "s", None, 5.0)
        assert store.secret("bearer-token") == "plainSecretOfTokens"
        assert [(one.type, one.name, one.document) for one in store.attached_policies("2")] == [
            ("Custom", "p", '{"Version":"1"}')
        ]
        database.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("meta.db*"))
    assert b"plainSecret" not in kept


def test_the_key_of_another_folder_opens_nothing(tmp_path: Path) -> None:
    database, store = opened(tmp_path)
    _, key = store.ensure_account()
    database.close()
    assert key.secret.encode() not in (tmp_path / "meta.db").read_bytes()
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    (tmp_path / KEY_FILE).write_bytes(bytes(32))
    database, store = opened(tmp_path)
    with pytest.raises(Unavailable, match=KEY_FILE):
        store.access_key(key.id)
    database.close()


def test_a_secret_in_another_s_place_does_not_open(tmp_path: Path) -> None:
    seal = Seal(tmp_path)
    kept = seal.sealed("one", "secret")
    assert Seal(tmp_path).opened("one", kept) == "secret"
    assert seal.sealed("one", "secret") != kept
    with pytest.raises(Unavailable):
        seal.opened("two", kept)
