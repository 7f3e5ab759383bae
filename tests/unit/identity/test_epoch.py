"""The revocation epoch moves with every change of who may do what, and with nothing else."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from yunbox.identity.epoch import Epoch
from yunbox.identity.store import IDENTITY_SCHEMA, IdentityStore
from yunbox.kernel.clock import ManualClock
from yunbox.storage.database import Database

POLICY = '{"Version": "1", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
OTHER = "CREATE TABLE IF NOT EXISTS other (n INTEGER)"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "meta.db", IDENTITY_SCHEMA, OTHER)
    yield made
    made.close()


CHANGES: dict[str, Callable[[IdentityStore, str], object]] = {
    "a user": lambda store, account: store.create_user(account, "v"),
    "a user's end": lambda store, account: store.delete_user(account, "u"),
    "a key": lambda store, account: store.create_access_key(account, None),
    "a policy": lambda store, account: store.put_policy(account, "q", POLICY),
    "a policy written anew": lambda store, account: store.put_policy(account, "p", POLICY),
    "an attachment": lambda store, account: store.attach_policy(account, "p", "u"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_moves(database: Database, change: str) -> None:
    store = IdentityStore(database, ManualClock())
    account, _ = store.ensure_account()
    store.create_user(account, "u")
    store.put_policy(account, "p", POLICY)
    before = store.epoch.now()
    CHANGES[change](store, account)
    assert store.epoch.now() > before


def test_it_does_not_move_with_anything_else(database: Database) -> None:
    epoch = Epoch(database)
    before = epoch.now()
    database.write_sync(lambda db: db.execute("INSERT INTO other VALUES (1)"))
    assert epoch.now() == before


def test_a_change_by_another_process_is_seen_soon(database: Database) -> None:
    epoch = Epoch(database)
    before = epoch.now()
    other = Database(database.path, IDENTITY_SCHEMA)
    store = IdentityStore(other, ManualClock())
    store.ensure_account()
    other.close()
    seen = threading.Event()
    for _ in range(1000):
        if epoch.now() > before:
            seen.set()
            break
        seen.wait(0.01)
    assert seen.is_set()
