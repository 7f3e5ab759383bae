"""Tags of networks. Source: the vendor's "TagResources", "UnTagResources" and "ListTagResources" (Vpc 2016-04-28)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from yunbox.kernel.errors import InvalidArgument, NotFound
from yunbox.kernel.rules import Number, Text
from yunbox.services.vpc.service import Body, Work, changes, reads
from yunbox.wire.openapi.api import Asked
from yunbox.wire.route import Route

Types = Mapping[str, str]
"""The kinds of resources that have tags, as a product calls them, and their tables."""
TYPES: Types = {
    "VPC": "vpcs", "VSWITCH": "vswitches", "ROUTETABLE": "route_tables", "EIP": "eips", "NATGATEWAY": "nat_gateways",
}  # fmt: skip
TAGS_MAX = 20


@dataclass(frozen=True)
class Tag:
    """A tag as requests have it; without a value, any."""

    key: Annotated[str, Text(128, 1)]
    value: Annotated[str | None, Text(128)] = None


@dataclass(frozen=True)
class Tagged:
    """Resources, and the tags they are to have."""

    region_id: str
    resource_type: str
    resource_id: tuple[str, ...]
    tag: tuple[Tag, ...]


@dataclass(frozen=True)
class Untagged:
    """Resources, and the tags they are to lose."""

    region_id: str
    resource_type: str
    resource_id: tuple[str, ...]
    tag_key: tuple[str, ...] = ()
    all: bool = False


@dataclass(frozen=True)
class Some:
    """Which tags."""

    region_id: str
    resource_type: str
    resource_id: tuple[str, ...] = ()
    tag: tuple[Tag, ...] = ()
    next_token: str = ""
    max_results: Annotated[int, Number(1, 50)] = 50


def put(work: Work, kind: str, resource: str, given: tuple[Tag, ...]) -> None:
    """Tag a resource; a key that is there gets the new value. Raises InvalidArgument."""
    for tag in given:
        if tag.key.lower().startswith(("acs:", "aliyun", "http://", "https://")):
            raise InvalidArgument(f"The tag key {tag.key} is not valid.", code="InvalidTagKey.Malformed")
        sql = "INSERT INTO vpc_tags VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
        work.run(sql, kind, resource, tag.key, tag.value or "")
    if len(of(work, kind, resource)) > TAGS_MAX:
        raise InvalidArgument(f"A resource has at most {TAGS_MAX} tags.", code="NumberExceed.Tags")


def of(work: Work, kind: str, resource: str) -> dict[str, str]:
    """A resource's tags."""
    rows = work.rows("SELECT key, value FROM vpc_tags WHERE type = ? AND id = ? ORDER BY key", kind, resource)
    return {row["key"]: row["value"] for row in rows}


def shown(work: Work, kind: str, resource: str) -> Body:
    """The same as the answers show it within a resource."""
    return {"Tag": [{"Key": key, "Value": value} for key, value in of(work, kind, resource).items()]}


def has(work: Work, kind: str, resource: str, wanted: tuple[Tag, ...]) -> bool:
    """Whether a resource has all of some tags."""
    there = of(work, kind, resource) if wanted else {}
    return all(tag.key in there and tag.value in (None, there[tag.key]) for tag in wanted)


def routes(product: str, types: Types, untag: str) -> tuple[Route[Asked], ...]:
    """The operations on tags of a product's resources; ``untag`` is how it spells that one."""

    def tag_them(work: Work, params: Tagged) -> None:
        for resource in _checked(work, types, params.resource_type, params.resource_id):
            put(work, params.resource_type, resource, params.tag)

    def untag_them(work: Work, params: Untagged) -> None:
        for resource in _checked(work, types, params.resource_type, params.resource_id):
            for key in of(work, params.resource_type, resource) if params.all else params.tag_key:
                sql = "DELETE FROM vpc_tags WHERE type = ? AND id = ? AND key = ?"
                work.run(sql, params.resource_type, resource, key)

    def list_them(work: Work, params: Some) -> Body:
        _checked(work, types, params.resource_type, ())
        return _list(work, params)

    return (
        changes("TagResources", Tagged, tag_them, "{resource_type}/*", product=product),
        changes(untag, Untagged, untag_them, "{resource_type}/*", product=product),
        reads("ListTagResources", Some, list_them, "*", product=product),
    )


def _list(work: Work, params: Some) -> Body:
    kind = params.resource_type
    rows = work.rows("SELECT id, key, value FROM vpc_tags WHERE type = ? ORDER BY id, key", kind)
    found = [
        {"ResourceType": kind, "ResourceId": row["id"], "TagKey": row["key"], "TagValue": row["value"]}
        for row in rows
        if (not params.resource_id or row["id"] in params.resource_id) and has(work, kind, row["id"], params.tag)
        and f"{row['id']}/{row['key']}" > params.next_token
    ]  # fmt: skip
    page = found[: params.max_results]
    body: Body = {"TagResources": {"TagResource": page}}
    if len(found) > len(page):
        body["NextToken"] = f"{page[-1]['ResourceId']}/{page[-1]['TagKey']}"
    return body


def _checked(work: Work, types: Types, kind: str, resources: tuple[str, ...]) -> tuple[str, ...]:
    if kind not in types:
        told = f'The parameter - "ResourceType" is not one of {", ".join(types)}.'
        raise InvalidArgument(told, code="InvalidParameter.ResourceType")
    for resource in resources:
        if work.row(f"SELECT 1 FROM {types[kind]} WHERE id = ?", resource) is None:
            raise NotFound(f"The resource {resource[:64]} does not exist.", code="InvalidResourceId.NotFound")
    return resources


ROUTES = routes("vpc", TYPES, "UnTagResources")
