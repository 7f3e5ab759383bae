"""Users of an instance by OpenAPI: the ones that CREATE USER and DROP USER of SQL make and drop, and no others.

Source: the vendor's API pages "CreateUser" and "DropUser" (Hologram 2022-06-01).
"""

import re
from typing import TYPE_CHECKING

from yunbox.kernel.errors import InvalidArgument, NotFound
from yunbox.services.hologres.definitions.role_names import RoleName
from yunbox.services.hologres.definitions.roles import CreateRole, DropRoles
from yunbox.services.hologres.instances.defining import define
from yunbox.services.hologres.instances.register import Instance

if TYPE_CHECKING:
    from yunbox.services.hologres.service import Hologres

_USER = re.compile(r"(?:p4|v4)_(\d{1,32})")


def create(service: "Hologres", instance: Instance, name: str, *, is_superuser: bool) -> None:
    """Make a RAM user or role a user of an instance; in a thread. Raises KernelError."""
    _known(service, name)
    define(service, instance, CreateRole(RoleName(name), "user", {"superuser": is_superuser}))


def drop(service: "Hologres", instance: Instance, name: str) -> None:
    """Have one be a user no longer; in a thread. Raises KernelError."""
    _checked(name)
    define(service, instance, DropRoles((RoleName(name),)))


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
