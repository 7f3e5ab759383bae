"""Service-linked roles: made for a service by its name, with its policy, and changed by nobody.

No service here acts as one, so none keeps one from being deleted: that is done at once, and its task tells it.
Source: the vendor's API pages "CreateServiceLinkedRole", "DeleteServiceLinkedRole" (Ram 2015-05-01, ResourceManager
2020-03-31) and "GetServiceLinkedRoleDeletionStatus" (ResourceManager 2020-03-31).
"""

import uuid

from yunbox.identity.directory import roles
from yunbox.identity.directory.realm import Realm
from yunbox.identity.directory.roles import Role
from yunbox.identity.service_roles import ServiceRole, service_roles
from yunbox.identity.store import SYSTEM
from yunbox.kernel.errors import InvalidArgument, NotFound

SUCCEEDED = "SUCCEEDED"
_TASKS_MAX = 1000
"""Of deletions, the latest of which are remembered."""


def create(realm: Realm, service: str, suffix: str = "", description: str = "") -> Role:
    """Make the role of a service. Raises NotFound, InvalidArgument, AlreadyExists, Conflict."""
    found = of_service(service)
    if suffix or description:
        what = "CustomSuffix" if suffix else "Description"
        raise InvalidArgument(
            f"{what} is for roles with a suffix of one's own: {found.name} has none.", code=f"InvalidParameter.{what}"
        )
    role = roles.create(realm, found.name, found.trust, found.description, service=found.service)
    realm.run(
        "INSERT INTO attachments VALUES (?, ?, ?, ?, ?)", realm.account_id, SYSTEM, found.policy, role.id, realm.now
    )
    return role


def delete(realm: Realm, name: str) -> str:
    """Delete the role of a service; the id of the task. Raises NotFound."""
    role = roles.find(realm, name)
    if not role.service:
        raise NotFound("This role exists but is not a Service Linked Role.", code="EntityNotExist.ServiceLinkedRole")
    realm.run("DELETE FROM attachments WHERE holder_id = ?", role.id)
    roles.remove(realm, role)
    task = f"task/acs-service-role/{role.service}/{role.name}/{uuid.uuid4()}"
    realm.run("INSERT INTO role_deletions VALUES (?, ?, ?, ?)", task, realm.account_id, SUCCEEDED, realm.now)
    old = "SELECT id FROM role_deletions WHERE account_id = ? ORDER BY created DESC LIMIT -1 OFFSET ?"
    realm.run(f"DELETE FROM role_deletions WHERE id IN ({old})", realm.account_id, _TASKS_MAX)
    return task


def deletion(realm: Realm, task: str) -> str:
    """How far a deletion is. Raises NotFound."""
    row = realm.row("SELECT status FROM role_deletions WHERE account_id = ? AND id = ?", realm.account_id, task)
    if row is None:
        raise NotFound("The deletion task does not exist.", code="EntityNotExist.DeletionTask")
    return str(row["status"])


def service_of(realm: Realm, name: str) -> str:
    """The service of a role; nothing where it is no service's, or is not there."""
    try:
        return roles.find(realm, name).service
    except NotFound:
        return ""


def of_service(service: str) -> ServiceRole:
    """The role that a service has. Raises NotFound."""
    found = service_roles().get(service)
    if found is None:
        raise NotFound(
            f"The service {service[:128]} has no service-linked role here: {', '.join(service_roles())} have.",
            code="EntityNotExist.ServiceName",
        )
    return found
