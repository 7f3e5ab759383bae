"""Tags of users, roles and policies. Source: the vendor's API pages "TagResources" to "ListTagResources"."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from yunbox.identity.directory import tags
from yunbox.identity.directory.realm import Page, Realm, paged
from yunbox.kernel.call import Access, Call, Operation
from yunbox.kernel.rules import Number
from yunbox.services.ram.service import DENIED, Body, Ram
from yunbox.wire.openapi.api import Asked, action
from yunbox.wire.route import Route

T = TypeVar("T")
_PAGE_MAX = 1000


@dataclass(frozen=True)
class Tag:
    """A tag as requests have it; without a value, any."""

    key: str
    value: str | None = None


@dataclass(frozen=True)
class Tagged:
    """Resources of a type, and the tags they are to have."""

    resource_type: str
    resource_names: tuple[str, ...]
    tag: tuple[Tag, ...]


@dataclass(frozen=True)
class Untagged:
    """Resources of a type, and the tags they are to lose."""

    resource_type: str
    resource_names: tuple[str, ...]
    tag_keys: tuple[str, ...] = ()
    all: bool = False


@dataclass(frozen=True)
class Some:
    """A page of the tags of resources of a type."""

    resource_type: str
    resource_names: tuple[str, ...] = ()
    tag: tuple[Tag, ...] = ()
    next_token: str = ""
    page_size: Annotated[int, Number(1, 1000)] = 100


def pairs(given: tuple[Tag, ...]) -> dict[str, str]:
    """Tags by key."""
    return {tag.key: tag.value or "" for tag in given}


def wanted(given: tuple[Tag, ...]) -> dict[str, str | None]:
    """Tags that are looked for; None is any value."""
    return {tag.key: tag.value for tag in given}


def shown_tags(realm: Realm, kind: str, name: str) -> Body:
    """The tags of a resource within a list of such."""
    found = tags.of(realm, kind, name)
    return {"Tag": [{"TagKey": key, "TagValue": value} for key, value in found.items()]}


def matching(
    params: Any,
    page: Callable[[str, int], Page[T]],
    has: Callable[[T, Mapping[str, str | None]], bool],
    name: Callable[[T], str],
) -> Page[T]:
    """A page of those that have the tags that ``params`` want."""
    if not params.tag:
        return page(params.marker, params.max_items)
    tagged = wanted(params.tag)
    found: list[T] = []
    marker, more = params.marker, True
    while more and len(found) <= params.max_items:
        part = page(marker, _PAGE_MAX)
        found += [item for item in part.items if has(item, tagged)]
        marker, more = part.marker, part.is_truncated
    return paged(found[: params.max_items + 1], params.max_items, name)


def _tag(realm: Realm, params: Tagged) -> None:
    tags.put(realm, params.resource_type, params.resource_names, pairs(params.tag))


def _untag(realm: Realm, params: Untagged) -> None:
    tags.drop(realm, params.resource_type, params.resource_names, params.tag_keys, every=params.all)


def _list(realm: Realm, params: Some) -> Body:
    page = tags.page(
        realm, params.resource_type, params.resource_names, wanted(params.tag), params.next_token, params.page_size
    )
    shown = [
        {"ResourceType": tag.type, "ResourceName": tag.name, "TagKey": tag.key, "TagValue": tag.value}
        for tag in page.items
    ]
    return {"TagResources": shown, "NextToken": page.marker}


def _on(name: str, kind: type, work: Callable[[Realm, Any], Body | None]) -> Route[Asked]:
    """The route to an operation on resources by type and name."""

    async def run(service: Ram, call: Call) -> Body | None:
        return await service.directory.change(lambda realm: work(realm, call.params))

    def touches(service: Ram, params: Any) -> tuple[Access, ...]:
        names = params.resource_names or ("*",)
        kind = params.resource_type
        return tuple(Access(f"ram:{name}", f"{kind}/{one}", service.account_id) for one in names)

    return action(Operation("ram", name, kind, run, touches, denied=DENIED))


ROUTES = (
    _on("TagResources", Tagged, _tag),
    _on("UntagResources", Untagged, _untag),
    _on("ListTagResources", Some, _list),
)
