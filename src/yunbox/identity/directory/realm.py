"""Where the nouns of the directory lie: one account's, within one transaction, at one time."""

import base64
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from yunbox.identity.sealing import Seal
from yunbox.identity.store import IdentityStore
from yunbox.kernel.errors import InvalidArgument
from yunbox.storage.database import Transaction

T = TypeVar("T")


@dataclass(frozen=True)
class Realm(Transaction):
    """An account's directory."""

    account_id: str
    store: IdentityStore
    seal: Seal


class Directory:
    """The directory of one account in a database."""

    def __init__(self, store: IdentityStore, account_id: str) -> None:
        self._store = store
        self._seal = Seal(store.database.path.parent)
        self.account_id = account_id

    async def change(self, work: Callable[[Realm], T]) -> T:
        """Do what changes it; it is on disk when this returns, all of it or nothing."""
        return await self._store.database.write(lambda db: work(self._realm(db)))

    def change_sync(self, work: Callable[[Realm], T]) -> T:
        """The same for callers without an event loop."""
        return self._store.database.write_sync(lambda db: work(self._realm(db)))

    def look(self, work: Callable[[Realm], T]) -> T:
        """Read from it."""
        return self._store.database.look(lambda db: work(self._realm(db)))

    def _realm(self, db: sqlite3.Connection) -> Realm:
        return Realm(db, self._store.clock.time(), self.account_id, self._store, self._seal)


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of many; ``marker`` is where the next page begins, and nothing on the last one."""

    items: Sequence[T]
    marker: str = ""

    @property
    def is_truncated(self) -> bool:
        """Whether there is more."""
        return bool(self.marker)


def paged(items: Sequence[T], size: int, key: Callable[[T], str]) -> Page[T]:
    """A page of ``size`` items; there is one more where the page is not the last."""
    if len(items) <= size:
        return Page(items)
    return Page(items[:size], base64.urlsafe_b64encode(key(items[size - 1]).encode()).decode())


def after(marker: str, name: str = "Marker") -> str:
    """What a page begins behind. Raises InvalidArgument for a marker that none of ours is."""
    try:
        return base64.b64decode(marker.encode("ascii"), b"-_", validate=True).decode()
    except ValueError:
        raise InvalidArgument(f'The parameter - "{name}" is invalid.', code=f"InvalidParameter.{name}") from None
