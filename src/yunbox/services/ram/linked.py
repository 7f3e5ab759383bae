"""Service-linked roles, by RAM and by Resource Management, which offer the same.

Source: the vendor's API pages "CreateServiceLinkedRole", "DeleteServiceLinkedRole" (Ram 2015-05-01, ResourceManager
2020-03-31), "GetServiceLinkedRoleTemplate" (Ram 2015-05-01), "GetServiceLinkedRoleDeletionStatus" and "GetRole"
(ResourceManager 2020-03-31); their right is RAM's, and ``ram:ServiceName`` says in a policy's condition of which
service.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from yunbox.identity.directory import linked
from yunbox.identity.directory.realm import Realm
from yunbox.kernel.call import Access, Call, Operation
from yunbox.services.ram.roles import Named, shown, shown_whole
from yunbox.services.ram.service import DENIED, EVERY_ROLE, ROLE, Body, Ram, reads
from yunbox.wire.openapi.api import Asked, action
from yunbox.wire.route import Route

P = TypeVar("P")
_SERVICE = "ram:ServiceName"


@dataclass(frozen=True)
class NewLinked:
    """The role of a service that is to be."""

    service_name: str
    custom_suffix: str = ""
    description: str = ""


@dataclass(frozen=True)
class Template:
    """A service whose role is asked about."""

    service_name: str


@dataclass(frozen=True)
class Task:
    """A deletion."""

    deletion_task_id: str


def _create(realm: Realm, new: NewLinked) -> Body:
    role = linked.create(realm, new.service_name, new.custom_suffix, new.description)
    return {"Role": {**shown(role, "UpdateDate", "MaxSessionDuration"), "IsServiceLinkedRole": "true"}}


def _delete(realm: Realm, params: Named) -> Body:
    return {"DeletionTaskId": linked.delete(realm, params.role_name)}


def _template(realm: Realm, params: Template) -> Body:
    """None here may be made twice, and each tells of itself in English."""
    role = linked.of_service(params.service_name)
    told = {"Language": "en", "Description": role.description}
    return {
        "ServiceLinkedRoleTemplate": {
            "ServiceName": role.service,
            "RoleNamePrefix": role.name,
            "SystemPolicyName": role.policy,
            "MultipleRolesAllowed": False,
            "RoleDescriptions": {"RoleDescription": [told]},
        }
    }


def _deletion(realm: Realm, params: Task) -> Body:
    return {"Status": linked.deletion(realm, params.deletion_task_id)}


def _creating(service: Ram, params: NewLinked) -> tuple[Access, ...]:
    access = EVERY_ROLE.access("CreateServiceLinkedRole", service, params)
    return (replace(access, context={_SERVICE: params.service_name}),)


def _deleting(service: Ram, params: Named) -> tuple[Access, ...]:
    access = ROLE.access("DeleteServiceLinkedRole", service, params)
    of = service.directory.look(lambda realm: linked.service_of(realm, params.role_name))
    return (replace(access, context={_SERVICE: of} if of else {}),)


def _changes(
    name: str, kind: type[P], work: Callable[[Realm, P], Body], touches: Callable[[Ram, P], tuple[Access, ...]]
) -> Route[Asked]:
    async def run(service: Ram, call: Call[P]) -> Body:
        return await service.directory.change(lambda realm: work(realm, call.params))

    operation: Operation[Any, Any, Any] = Operation("ram", name, kind, run, touches, denied=DENIED)
    return action(operation)


_BOTH = (
    _changes("CreateServiceLinkedRole", NewLinked, _create, _creating),
    _changes("DeleteServiceLinkedRole", Named, _delete, _deleting),
)
ROUTES = (*_BOTH, reads("GetServiceLinkedRoleTemplate", Template, _template, EVERY_ROLE))
OF_RESOURCE_MANAGEMENT = (
    *_BOTH,
    reads("GetServiceLinkedRoleDeletionStatus", Task, _deletion, EVERY_ROLE),
    reads("GetRole", Named, shown_whole, ROLE),
)
