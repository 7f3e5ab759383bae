"""The databases of an instance by OpenAPI: those that CREATE and DROP DATABASE of SQL have left, and one more.

Source: the vendor's API pages "CreateDatabase" and "ListDatabases" (Hologram 2022-06-01).
"""

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from yunbox.services.hologres.definitions.databases import CreateDatabase
from yunbox.services.hologres.gateway.config import ROWS, place_of
from yunbox.services.hologres.instances.defining import define
from yunbox.services.hologres.instances.register import Instance
from yunbox.storage.rows.store import RowStore

if TYPE_CHECKING:
    from yunbox.services.hologres.service import Hologres


def names(service: "Hologres", instance: Instance) -> Sequence[str]:
    """What they are called; in a thread."""
    rows = service.folder / place_of(instance.id) / ROWS
    if not (rows / "data.mdb").exists():  # nobody has been there yet
        return instance.databases
    with service.rows_lock, contextlib.closing(RowStore(rows)) as store, store.reading() as view:
        known = store.catalogue(view)
    return tuple(known.databases) if known.account else instance.databases


def create(service: "Hologres", instance: Instance, name: str) -> None:
    """Make one, the account's; in a thread. Raises KernelError."""
    define(service, instance, CreateDatabase(name))
