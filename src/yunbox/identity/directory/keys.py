"""AccessKeys of users and of the account. Source: the vendor's API pages "CreateAccessKey" to "ListAccessKeys"."""

import sqlite3
from dataclasses import dataclass

from yunbox.identity.directory.realm import Realm
from yunbox.identity.store import AccessKey
from yunbox.kernel.errors import Conflict, NotFound
from yunbox.kernel.rules import Choice

STATUS = Choice(("Active", "Inactive"))
KEYS_MAX = 2
ACCOUNT_KEYS_MAX = 5


@dataclass(frozen=True)
class Key:
    """A key without its secret, which is shown once; ``used`` is 0 for one that was never used."""

    id: str
    user_id: str | None
    status: str
    created: float
    used: float = 0.0


def create(realm: Realm, user_id: str | None) -> AccessKey:
    """Make a key for a user, or for None the account. Raises Conflict."""
    limit = KEYS_MAX if user_id else ACCOUNT_KEYS_MAX
    if len(of(realm, user_id)) >= limit:
        raise Conflict(f"There are at most {limit} AccessKeys: delete one first.", code="LimitExceeded.User.AccessKey")
    return realm.store.insert_access_key(realm.db, realm.account_id, user_id)


def of(realm: Realm, user_id: str | None) -> list[Key]:
    """A user's keys, or for None the account's, the oldest first."""
    return [
        _key(row) for row in realm.rows(f"{_SELECT} AND k.user_id IS ? ORDER BY k.created", realm.account_id, user_id)
    ]


def every(realm: Realm) -> list[Key]:
    """All keys, the oldest first."""
    return [_key(row) for row in realm.rows(f"{_SELECT} ORDER BY k.created", realm.account_id)]


def find(realm: Realm, key_id: str) -> Key:
    """A key of the account's or of any of its users'. Raises NotFound."""
    row = realm.row(f"{_SELECT} AND k.id = ?", realm.account_id, key_id)
    if row is None:
        raise _missing(key_id)
    return _key(row)


def owned(realm: Realm, user_id: str | None, key_id: str) -> Key:
    """A key of a user, or for None of the account. Raises NotFound."""
    found = find(realm, key_id)
    if found.user_id != user_id:
        raise _missing(key_id)
    return found


def set_status(realm: Realm, key: Key, status: str) -> None:
    """Make a key ``Active`` or ``Inactive``. Raises InvalidArgument."""
    realm.run("UPDATE access_keys SET status = ? WHERE id = ?", STATUS.check("Status", status), key.id)


def delete(realm: Realm, key: Key) -> None:
    """Delete a key."""
    realm.run("DELETE FROM key_uses WHERE id = ?", key.id)
    realm.run("DELETE FROM access_keys WHERE id = ?", key.id)


_SELECT = (
    "SELECT k.id, k.user_id, k.status, k.created, coalesce(u.used, 0) AS used"
    " FROM access_keys k LEFT JOIN key_uses u ON u.id = k.id WHERE k.account_id = ?"
)


def _key(row: sqlite3.Row) -> Key:
    return Key(**dict(row))


def _missing(key_id: str) -> NotFound:
    return NotFound(f"The AccessKey does not exist: {key_id[:64]}.", code="EntityNotExist.User.AccessKey")
