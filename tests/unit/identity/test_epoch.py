"""The revocation epoch moves with every change of who may do what, and with nothing else."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from yunbox.identity.directory import attachments, groups, keys, policies, roles, users
from yunbox.identity.directory.realm import Directory, Realm
from yunbox.identity.epoch import Epoch
from yunbox.identity.schema import IDENTITY_SCHEMA
from yunbox.identity.store import CUSTOM, IdentityStore
from yunbox.kernel.clock import ManualClock
from yunbox.storage.database import Database

POLICY = '{"Version": "1", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
OTHER = "CREATE TABLE IF NOT EXISTS other (n INTEGER)"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "meta.db", IDENTITY_SCHEMA, OTHER)
    yield made
    made.close()


TRUST = (
    '{"Version": "1", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",'
    ' "Principal": {"Service": "ecs.aliyuncs.com"}}}'
)
CHANGES: dict[str, Callable[[Realm], object]] = {
    "a user": lambda realm: users.create(realm, "v"),
    "a user's end": lambda realm: users.delete_with_all(realm, "u"),
    "a user's name": lambda realm: users.change(realm, "u", "w", users.About()),
    "a key": lambda realm: keys.create(realm, None),
    "a policy": lambda realm: policies.create(realm, "q", POLICY),
    "a policy written anew": lambda realm: policies.put(realm, "p", POLICY),
    "another version": lambda realm: policies.create_version(realm, "p", POLICY, as_default=True),
    "an attachment": lambda realm: attachments.attach(realm, attachments.USER, "u", CUSTOM, "p"),
    "a group": lambda realm: groups.create(realm, "h"),
    "a member": lambda realm: groups.add(realm, "g", "u"),
    "a role": lambda realm: roles.create(realm, "s", TRUST),
    "a role's trust": lambda realm: roles.change(realm, "r", TRUST),
    "a role's end": lambda realm: roles.delete(realm, "r"),
}


def _some(realm: Realm) -> None:
    users.create(realm, "u")
    groups.create(realm, "g")
    roles.create(realm, "r", TRUST)
    policies.create(realm, "p", POLICY)


@pytest.mark.parametrize("change", CHANGES)
def test_it_moves(database: Database, change: str) -> None:
    store = IdentityStore(database, ManualClock())
    directory = Directory(store, store.ensure_account()[0])
    directory.change_sync(_some)
    before = store.epoch.now()
    directory.change_sync(CHANGES[change])
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
