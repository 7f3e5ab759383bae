"""Definitions of SQL by OpenAPI: what a statement would define, done in the name of the account.

They are written into the instance's row store by the statements' own code, whether or not its processes run.
"""

import contextlib
from typing import TYPE_CHECKING

from yunbox.kernel.errors import AlreadyExists, Conflict, InvalidArgument, KernelError, NotFound
from yunbox.services.hologres.definitions.base import Definition, Scene
from yunbox.services.hologres.gateway.accounts import accounts_of
from yunbox.services.hologres.gateway.config import ROWS, place_of
from yunbox.services.hologres.gateway.settling import settle
from yunbox.services.hologres.instances.register import DELETING, Instance, missing
from yunbox.storage.rows.catalogue import load
from yunbox.storage.rows.rights import rights_of
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import PgError

if TYPE_CHECKING:
    from yunbox.services.hologres.service import Hologres

_FAULTS: dict[str, tuple[type[KernelError], str]] = {
    "42710": (AlreadyExists, "EntityAlreadyExists.User"),
    "42704": (NotFound, "EntityNotExist.User"),
    "2BP01": (Conflict, "DeleteConflict.User"),
    "42P04": (AlreadyExists, "EntityAlreadyExists.Database"),
    "54000": (Conflict, "QuotaExceeded"),
}
"""What PostgreSQL calls a fault, and what an answer does."""


def define(service: "Hologres", instance: Instance, definition: Definition) -> None:
    """Do what a statement would; in a thread. Raises KernelError."""
    if instance.status == DELETING:
        raise missing(instance.id)
    accounts = accounts_of(service.identities, service.account_id)

    def work(change: Change) -> None:
        account = service.account_id
        settle(change, account, accounts.shown(account), instance.databases)
        known = load(change)
        definition.apply(change, known, Scene((), account, rights_of(known, account), accounts, account))

    with service.rows_lock, contextlib.closing(RowStore(service.folder / place_of(instance.id) / ROWS)) as store:
        try:
            store.write_sync(work)
        except PgError as error:
            kind, code = _FAULTS.get(error.report.sqlstate, (InvalidArgument, "InvalidParameter"))
            raise kind(error.report.message, code=code) from None
