"""Users of an instance by OpenAPI: the ones that CREATE USER and DROP USER of SQL make and drop, and no others.

Source: the vendor's API pages "CreateUser", "DropUser" and "ListDatabases" (Hologram 2022-06-01). They are written into
the instance's row store by the statements' own code, in the name of the account, whether or not its processes run.
"""

import contextlib
import re
from typing import TYPE_CHECKING, Any

from yunbox.kernel.errors import AlreadyExists, Conflict, InvalidArgument, KernelError, NotFound
from yunbox.services.hologres.definitions.base import Definition, Scene
from yunbox.services.hologres.definitions.role_names import RoleName
from yunbox.services.hologres.definitions.roles import CreateRole, DropRoles
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

Body = dict[str, Any]
_USER = re.compile(r"(?:p4|v4)_(\d{1,32})")
_FAULTS: dict[str, tuple[type[KernelError], str]] = {
    "42710": (AlreadyExists, "EntityAlreadyExists.User"),
    "42704": (NotFound, "EntityNotExist.User"),
    "2BP01": (Conflict, "DeleteConflict.User"),
}
"""What PostgreSQL calls a fault, and what an answer does."""


def create(service: "Hologres", instance: Instance, name: str, *, is_superuser: bool) -> None:
    """Make a RAM user or role a user of an instance; in a thread. Raises KernelError."""
    _known(service, name)
    _apply(service, instance, CreateRole(RoleName(name), "user", {"superuser": is_superuser}))


def drop(service: "Hologres", instance: Instance, name: str) -> None:
    """Have one be a user no longer; in a thread. Raises KernelError."""
    _checked(name)
    _apply(service, instance, DropRoles((RoleName(name),)))


def _checked(name: str) -> str:
    """The number of a RAM user or role. Raises InvalidArgument."""
    found = _USER.fullmatch(name)
    if found is None:
        told = "userName is p4_ and the number of a RAM user, or v4_ and that of a RAM role."
        raise InvalidArgument(told, code="InvalidParameter")
    return found[1]


def _known(service: "Hologres", name: str) -> None:
    """Refuse the number of nobody, and a user's for a role's. Raises InvalidArgument, NotFound."""
    found = service.identities.ram_name(_checked(name))
    if found is None or found.startswith("role/") is not name.startswith("v4_"):
        raise NotFound(f"There is no RAM user or role {name}.", code="EntityNotExist.User")


def _apply(service: "Hologres", instance: Instance, definition: Definition) -> None:
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
