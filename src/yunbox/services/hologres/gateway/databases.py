"""What runs statements in each database of an instance: made when the first client comes that wants it."""

from collections.abc import Callable

from yunbox.services.hologres.gateway.login import fatal
from yunbox.services.hologres.session.ports import Engine
from yunbox.storage.rows.databases import DATABASES_MAX
from yunbox.storage.rows.roles import Ownership
from yunbox.storage.rows.store import RowStore


class Databases:
    """The databases of an instance in one gateway. ``make`` makes what runs statements on the store of one."""

    def __init__(self, store: RowStore, make: Callable[[RowStore], Engine]) -> None:
        self._store = store
        self._make = make
        self.first = make(store)
        """What runs them in the first one, and knows the roles of all."""
        self._others: dict[int, Engine] = {}

    def named(self, name: str) -> Ownership:
        """A database by its name. Raises PgError 3D000, which ends a session."""
        with self._store.reading() as view:
            found = self._store.catalogue(view).databases.get(name)
        if found is None:
            raise fatal("3D000", f'database "{name}" does not exist')
        return found

    def engine(self, database: Ownership) -> Engine:
        """What runs statements in it."""
        if database.oid == self._store.database:
            return self.first
        found = self._others.get(database.oid)
        if found is None:
            if len(self._others) >= DATABASES_MAX:  # some of them are of databases that are gone
                self._others.clear()
            found = self._others[database.oid] = self._make(self._store.of(database.oid))
        return found
