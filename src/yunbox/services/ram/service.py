"""What RAM's and STS's operations run on, and how one is declared: each works within one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from yunbox.guard.authorise import Authoriser
from yunbox.identity.directory.realm import Directory, Page, Realm
from yunbox.identity.identify import Identity
from yunbox.identity.tokens import Tokens
from yunbox.kernel.call import Access, Call, Operation
from yunbox.kernel.clock import Clock
from yunbox.kernel.rules import Number
from yunbox.services.ram.uses import Uses
from yunbox.wire.openapi.api import Asked, action
from yunbox.wire.route import Route

P = TypeVar("P")
Body = dict[str, Any]
DENIED = "NoPermission"
MAX_ITEMS = Number(1, 1000)
ITEMS = 100
"""How many a page has where nobody says."""


@dataclass(frozen=True)
class Ram:
    """The account's identities, and who decides what may be done to them."""

    account_id: str
    directory: Directory
    identity: Identity
    authoriser: Authoriser
    clock: Clock
    uses: Uses
    tokens: Tokens


@dataclass(frozen=True)
class Resource:
    """What an operation touches: a name with parameters in braces, such as ``user/{user_name}``."""

    name: str

    def access(self, right: str, service: Ram, params: Any) -> Access:
        """The access that a call with some parameters needs."""
        values = vars(params) if params is not None else {}
        owner = "system" if self.name.startswith("policy/") and values.get("policy_type") == "System" else ""
        return Access(f"ram:{right}", self.name.format(**values), service.account_id, owner=owner)


USER, EVERY_USER = Resource("user/{user_name}"), Resource("user/*")
GROUP, EVERY_GROUP = Resource("group/{group_name}"), Resource("group/*")
ROLE, EVERY_ROLE = Resource("role/{role_name}"), Resource("role/*")
POLICY, EVERY_POLICY = Resource("policy/{policy_name}"), Resource("policy/*")
EVERYTHING = Resource("*")


def reads(name: str, kind: type[P], work: Callable[[Realm, P], Body], *touched: Resource) -> Route[Asked]:
    """The route to an operation that reads; its right is its own name."""

    async def run(service: Ram, call: Call[P]) -> Body:
        return service.directory.look(lambda realm: work(realm, call.params))

    return action(Operation("ram", name, kind, run, _touching(name, touched), reads=True, denied=DENIED))


def changes(name: str, kind: type[P], work: Callable[[Realm, P], Body | None], *touched: Resource) -> Route[Asked]:
    """The route to an operation that changes something; its right is its own name."""

    async def run(service: Ram, call: Call[P]) -> Body | None:
        return await service.directory.change(lambda realm: work(realm, call.params))

    return action(Operation("ram", name, kind, run, _touching(name, touched), denied=DENIED))


def _touching(name: str, touched: tuple[Resource, ...]) -> Callable[[Ram, Any], tuple[Access, ...]]:
    def touches(service: Ram, params: Any) -> tuple[Access, ...]:
        return tuple(resource.access(name, service, params) for resource in touched)

    return touches


def listed(outer: str, inner: str, page: Page[Any], shown: Callable[[Any], Body]) -> Body:
    """A page of many, as the answers show it."""
    body: Body = {"IsTruncated": page.is_truncated, outer: {inner: [shown(item) for item in page.items]}}
    return {**body, "Marker": page.marker} if page.is_truncated else body
