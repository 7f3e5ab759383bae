"""The ten operations, and the routes to them."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

from contacts.store import Contact, Contacts, Group
from yunbox.kernel.call import Access, Call, Operation
from yunbox.kernel.errors import InvalidArgument
from yunbox.wire.openapi.api import action
from yunbox.wire.openapi.parameters import capitals

PAGE_MAX = 100


@dataclass(frozen=True)
class Service:
    """What the operations run on."""

    contacts: Contacts
    account_id: str


@dataclass(frozen=True)
class Named:
    """A contact or a group by name."""

    name: str


@dataclass(frozen=True)
class Page:
    """Where to go on, and how many to show."""

    next_token: str = ""
    max_results: int = PAGE_MAX


@dataclass(frozen=True)
class Member:
    """A contact of a group."""

    name: str
    contact: str


Run = Callable[[Service, Call[Any]], Awaitable[Any]]


def _operation(name: str, kind: type[Any], run: Run, resource: str) -> Operation[Service, Any, Any]:
    """An operation whose right is its own name, on the thing it is about, or on all of them."""

    def touches(service: Service, params: Any) -> tuple[Access, ...]:
        return (Access(f"example:{name}", f"{resource}/{getattr(params, 'name', '*')}", service.account_id),)

    return Operation("example", name, kind, run, touches)


def spelled(value: Any) -> dict[str, Any]:
    """A value as the answers show it."""
    return {capitals(name): item for name, item in asdict(value).items()}


async def _create(service: Service, call: Call[Contact]) -> None:
    if "@" not in call.params.mail:
        raise InvalidArgument("Mail is an address.", code="InvalidParameter.Mail")
    await service.contacts.create(call.params)


async def _change(service: Service, call: Call[Contact]) -> None:
    await service.contacts.change(call.params)


async def _get(service: Service, call: Call[Named]) -> Contact:
    return service.contacts.contact(call.params.name)


async def _list(service: Service, call: Call[Page]) -> dict[str, Any]:
    page = call.params
    if not 1 <= page.max_results <= PAGE_MAX:
        raise InvalidArgument(f"MaxResults is 1 to {PAGE_MAX}.", code="InvalidParameter.MaxResults")
    found = service.contacts.contacts(page.next_token, page.max_results + 1)
    more = len(found) > page.max_results
    shown = found[: page.max_results]
    return {"Contacts": [spelled(item) for item in shown], "NextToken": shown[-1].name if more else ""}


async def _delete(service: Service, call: Call[Named]) -> None:
    await service.contacts.delete(call.params.name)


async def _put_group(service: Service, call: Call[Group]) -> None:
    await service.contacts.put_group(call.params)


async def _get_group(service: Service, call: Call[Named]) -> Group:
    return service.contacts.group(call.params.name)


async def _list_groups(service: Service, _call: Call[None]) -> dict[str, Any]:
    return {"Groups": [spelled(group) for group in service.contacts.groups()]}


async def _add_member(service: Service, call: Call[Member]) -> None:
    group = service.contacts.group(call.params.name)
    await service.contacts.put_group(Group(group.name, tuple(dict.fromkeys((*group.members, call.params.contact)))))


async def _delete_group(service: Service, call: Call[Named]) -> None:
    await service.contacts.delete_group(call.params.name)


ROUTES = (
    action(_operation("CreateContact", Contact, _create, "contacts")),
    action(_operation("ModifyContact", Contact, _change, "contacts")),
    action(_operation("GetContact", Named, _get, "contacts"), spelled),
    action(_operation("ListContacts", Page, _list, "contacts")),
    action(_operation("DeleteContact", Named, _delete, "contacts")),
    action(_operation("PutContactGroup", Group, _put_group, "groups")),
    action(_operation("GetContactGroup", Named, _get_group, "groups"), spelled),
    action(_operation("ListContactGroups", type(None), _list_groups, "groups")),
    action(_operation("AddContactToGroup", Member, _add_member, "groups")),
    action(_operation("DeleteContactGroup", Named, _delete_group, "groups")),
)
