"""A role's credentials as an instance has them: good for an hour, and others from half of that on."""

import threading
from dataclasses import dataclass

from yunbox.identity.directory import roles
from yunbox.identity.directory.realm import Directory, Realm
from yunbox.identity.directory.roles import Role
from yunbox.identity.identify import Holder, Identity
from yunbox.identity.instances import instance_id
from yunbox.identity.store import TemporaryKey
from yunbox.identity.trust import services
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import NotFound

LASTS_S, RENEWED_AFTER_S = 3600, 1800
ECS = "ecs.aliyuncs.com"
_ROLES_MAX = 1000


@dataclass(frozen=True)
class Issued:
    """Credentials, and when they were given out."""

    key: TemporaryKey
    token: str
    at: float


class Rotating:
    """Gives out credentials for the roles that trust instances; sessions are named by the id of a region's instance."""

    def __init__(self, directory: Directory, identity: Identity, clock: Clock) -> None:
        self._directory = directory
        self._identity = identity
        self._clock = clock
        self._given: dict[tuple[str, str], Issued] = {}
        self._lock = threading.Lock()

    def roles(self) -> list[Role]:
        """The roles that an instance may have, by name."""
        found = self._directory.look(lambda realm: roles.page(realm, "", _ROLES_MAX).items)
        return [role for role in found if ECS in services(role.trust)]

    def role(self, name: str, only: str | None) -> Role:
        """A role that an instance may have; ``only`` is the id of the one it has. Raises NotFound."""
        role = self._directory.look(lambda realm: _find(realm, name))
        if role is None or ECS not in services(role.trust) or only not in (None, role.id):
            raise NotFound(f"The instance has no role {name[:64]}: a role that it can have trusts {ECS}.")
        return role

    def credentials(self, role: Role, region: str = "") -> Issued:
        """The present credentials of a role, in another region if one is given; in a thread, as new ones wait for the
        disk."""
        with self._lock:
            now = self._clock.time()
            found = self._given.get((role.id, region))
            if found is None or not 0 <= now - found.at < RENEWED_AFTER_S:
                holder = Holder(role.account_id, role_id=role.id, session=instance_id(role.account_id, region))
                found = self._given[(role.id, region)] = Issued(*self._identity.issue(holder, LASTS_S), now)
            return found


def _find(realm: Realm, name: str) -> Role | None:
    try:
        return roles.find(realm, name)
    except NotFound:
        return None
