"""Which databases an instance has: those that CREATE and DROP DATABASE have left, whether or not its processes run."""

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from yunbox.services.hologres.gateway.config import ROWS, place_of
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
