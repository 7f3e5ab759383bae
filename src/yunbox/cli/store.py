"""Opening the data folder's database from a command, beside a running server or without one."""

import contextlib
from collections.abc import Generator
from pathlib import Path

from yunbox.identity.directory.realm import Directory
from yunbox.identity.schema import IDENTITY_SCHEMA
from yunbox.identity.store import IdentityStore
from yunbox.kernel.clock import SystemClock
from yunbox.kernel.errors import NotFound
from yunbox.storage.database import Database, Schema


@contextlib.contextmanager
def database(data: Path, *schemas: str | Schema) -> Generator[Database]:
    """The database of a data folder that a server has started on before. Raises NotFound."""
    path = data.expanduser().absolute() / "meta.db"
    if not path.exists():
        raise NotFound(f"There is no data in {data} yet: start the server with `yunbox up --data {data}`")
    opened = Database(path, *schemas)
    try:
        yield opened
    finally:
        opened.close()


@contextlib.contextmanager
def identities(data: Path) -> Generator[tuple[IdentityStore, str]]:
    """The identities of a data folder, and its account."""
    with database(data, IDENTITY_SCHEMA) as opened:
        store = IdentityStore(opened, SystemClock())
        account_id, _ = store.ensure_account()
        yield store, account_id


@contextlib.contextmanager
def directory(data: Path) -> Generator[Directory]:
    """The users, groups, roles and policies of a data folder's account."""
    with identities(data) as (store, account_id):
        yield Directory(store, account_id)
