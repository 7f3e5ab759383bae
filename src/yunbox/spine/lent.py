"""What a service lends to the processes of others: who may read what it keeps, judged by its own code.

A service that lets others read its tables or objects where they lie names a module (``Service.lends``). A process that
reads them imports that module when it first needs it, so that nobody imports another service, and each judges itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Protocol

from yunbox.identity.policy import Statement
from yunbox.kernel.call import Access, Principal
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import Unsupported
from yunbox.storage.database import Database


class Lent(Protocol):
    """What a module lends: ``lend(database, clock)`` makes one. ``binds_owner`` is whether what the service says holds
    for the account that owns a thing, too."""

    binds_owner: bool

    def access(self, action: str, names: Sequence[str]) -> Access:
        """An action on one of its things, by the thing's names. Raises NotFound."""
        ...

    def statements(self, principal: Principal, access: Access) -> Iterable[Statement]:
        """What the service itself grants and denies."""
        ...


class Lenders:
    """The services that lend, by the name that their actions begin with."""

    def __init__(self, modules: Mapping[str, str], database: Database, clock: Clock) -> None:
        self._modules = modules
        self._database = database
        self._clock = clock
        self._known: dict[str, Lent] = {}

    def access(self, action: str, names: Sequence[str]) -> Access:
        """An action such as ``odps:Select`` on a thing. Raises NotFound, and Unsupported for a service that is off."""
        found = self._lent(action)
        if found is None:
            raise Unsupported(f"The service of {action} is not among those of this server")
        return found.access(action, names)

    def statements(self, principal: Principal, access: Access) -> Iterable[Statement]:
        """What the service of an action says to others than the owner: a GrantSource."""
        found = self._lent(access.action)
        return () if found is None or found.binds_owner else found.statements(principal, access)

    def binding(self, principal: Principal, access: Access) -> Iterable[Statement]:
        """What the service of an action says to everybody: a GrantSource that binds the owner."""
        found = self._lent(access.action)
        return found.statements(principal, access) if found is not None and found.binds_owner else ()

    def _lent(self, action: str) -> Lent | None:
        service = action.partition(":")[0]
        if service not in self._known and service in self._modules:
            self._known[service] = import_module(self._modules[service]).lend(self._database, self._clock)
        return self._known.get(service)
