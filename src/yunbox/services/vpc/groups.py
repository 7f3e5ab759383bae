"""Security groups: who is told to be let in and out of what lies in them; nothing does here, and no packet is judged.

Source: the vendor's "CreateSecurityGroup" to "DescribeSecurityGroups" (Ecs 2014-05-26), and what Terraform's provider
reads. A group is in a VPC, whose tables these are.
"""

import json
import sqlite3
from dataclasses import dataclass
from typing import Annotated

from yunbox.kernel.clock import stamp
from yunbox.kernel.errors import Conflict, InvalidArgument, NotFound, Refused
from yunbox.kernel.rules import Number
from yunbox.services.vpc import tags, vpcs
from yunbox.services.vpc.service import (
    PAGE_NUMBER,
    RESOURCE_GROUP,
    Body,
    Work,
    changes,
    check_name,
    new_id,
    reads,
    renamed,
)
from yunbox.services.vpc.tags import Tag

KIND = "securitygroup"
PRODUCT = "ecs"
_GROUPS_MAX = 100
"""In a region."""
_TYPES = ("normal", "enterprise")
_POLICIES = {"accept": "Accept", "drop": "Drop"}
_SELECT = "SELECT g.*, v.region FROM security_groups g JOIN vpcs v ON v.id = g.vpc_id"


@dataclass(frozen=True)
class NewGroup:
    """A group that is to be."""

    region_id: str
    vpc_id: str
    security_group_name: str = ""
    description: str = ""
    security_group_type: str = "normal"
    resource_group_id: str | None = None
    tag: tuple[Tag, ...] = ()
    client_token: str | None = None


@dataclass(frozen=True)
class Which:
    """A group."""

    security_group_id: str
    region_id: str | None = None


@dataclass(frozen=True)
class Changed:
    """What is to be another of a group."""

    security_group_id: str
    region_id: str | None = None
    security_group_name: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class Policy:
    """Whether those within a group reach each other."""

    security_group_id: str
    inner_access_policy: str
    region_id: str | None = None
    client_token: str | None = None


@dataclass(frozen=True)
class Some:
    """A page of groups."""

    region_id: str
    vpc_id: str = ""
    security_group_id: str = ""
    security_group_ids: str = ""
    security_group_name: str = ""
    security_group_type: str = ""
    network_type: str = ""
    resource_group_id: str | None = None
    service_managed: bool | None = None
    is_query_ecs_count: bool | None = None
    fuzzy_query: bool = False
    tag: tuple[Tag, ...] = ()
    page_number: Annotated[int, PAGE_NUMBER] = 1
    page_size: Annotated[int, Number(1, 100)] = 10
    max_results: Annotated[int | None, Number(1, 100)] = None
    next_token: str = ""
    dry_run: bool = False


def _create(work: Work, new: NewGroup) -> Body:
    vpc = vpcs.find(work, new.vpc_id, new.region_id)
    if new.security_group_type not in _TYPES:
        told = f"SecurityGroupType is one of {', '.join(_TYPES)}."
        raise InvalidArgument(told, code="InvalidSecurityGroupType.Malformed")
    vpcs.check_group(new.resource_group_id)
    check_name(new.security_group_name, "InvalidSecurityGroupName.Malformed")
    check_name(new.description, "InvalidSecurityGroupDiscription.Malformed")
    count = work.count(f"SELECT count(*) FROM ({_SELECT}) WHERE region = ?", new.region_id)
    if count >= _GROUPS_MAX:
        raise Refused(f"A region has at most {_GROUPS_MAX} security groups.", code="QuotaExceed.SecurityGroup")
    made, access = new_id("sg"), "Accept" if new.security_group_type == "normal" else "Drop"
    values = made, vpc["id"], new.security_group_name, new.description, new.security_group_type, access, work.now
    work.run("INSERT INTO security_groups VALUES (?, ?, ?, ?, ?, ?, ?)", *values)
    tags.put(work, KIND, made, new.tag)
    return {"SecurityGroupId": made}


def find(work: Work, group_id: str, where: str | None) -> sqlite3.Row:
    """A group, in a region where one is said. Raises NotFound."""
    row = work.row(f"{_SELECT} WHERE g.id = ?", group_id)
    if row is None or where not in (None, row["region"]):
        told = f"The specified SecurityGroupId does not exist: {group_id[:64]}."
        raise NotFound(told, code="InvalidSecurityGroupId.NotFound")
    return row


def _modify(work: Work, new: Changed) -> None:
    row = find(work, new.security_group_id, new.region_id)
    name = renamed(row["name"], new.security_group_name, "InvalidSecurityGroupName.Malformed")
    text = renamed(row["description"], new.description, "InvalidSecurityGroupDiscription.Malformed")
    work.run("UPDATE security_groups SET name = ?, description = ? WHERE id = ?", name, text, row["id"])


def _set_policy(work: Work, new: Policy) -> None:
    row = find(work, new.security_group_id, new.region_id)
    access = _POLICIES.get(new.inner_access_policy.lower())
    if access is None:
        raise InvalidArgument("InnerAccessPolicy is Accept or Drop.", code="InvalidInnerAccessPolicy.Malformed")
    if row["type"] == "enterprise" and access == "Accept":
        told = "Those within an enterprise group do not reach each other."
        raise Conflict(told, code="InvalidOperation.SecurityGroupNotSupported")
    work.run("UPDATE security_groups SET inner_access = ? WHERE id = ?", access, row["id"])


def _delete(work: Work, params: Which) -> None:
    row = find(work, params.security_group_id, params.region_id)
    sql = "SELECT group_id FROM security_group_rules WHERE peer_kind = 'group' AND peer = ? AND group_id != ?"
    if other := work.row(sql, row["id"], row["id"]):
        told = f"The specified security group has been authorized in {other['group_id']}."
        raise Refused(told, code="DependencyViolation")
    work.run("DELETE FROM security_group_rules WHERE group_id = ?", row["id"])
    work.run("DELETE FROM vpc_tags WHERE type = ? AND id = ?", KIND, row["id"])
    work.run("DELETE FROM security_groups WHERE id = ?", row["id"])


def _describe(work: Work, params: Some) -> Body:
    wanted = {params.security_group_id, *_ids(params.security_group_ids)} - {""}
    rows = [
        row for row in work.rows(f"{_SELECT} WHERE v.region = ? ORDER BY g.created, g.id", params.region_id)
        if (not wanted or row["id"] in wanted) and params.vpc_id in ("", row["vpc_id"]) and _is_named(params, row)
        and params.security_group_type in ("", row["type"]) and params.network_type in ("", "vpc")
        and params.resource_group_id in (None, "", RESOURCE_GROUP) and not params.service_managed
        and tags.has(work, KIND, row["id"], params.tag)
    ]  # fmt: skip
    if params.max_results is not None or params.next_token:
        return _by_token(work, params, rows)
    return {
        "RegionId": params.region_id,
        **vpcs.paged(params, rows, "SecurityGroups", "SecurityGroup", lambda row: _shown(work, row)),
    }


def _by_token(work: Work, params: Some, rows: list[sqlite3.Row]) -> Body:
    """A page behind a token, which says how many came before."""
    first = int(params.next_token) if params.next_token.isascii() and params.next_token.isdigit() else 0
    end = first + (params.max_results or 10)
    shown = [_shown(work, row) for row in rows[first:end]]
    body = {"RegionId": params.region_id, "SecurityGroups": {"SecurityGroup": shown}, "TotalCount": len(rows)}
    return body | {"NextToken": str(end) if end < len(rows) else ""}


def _is_named(params: Some, row: sqlite3.Row) -> bool:
    name = params.security_group_name
    if params.fuzzy_query:
        return name.strip("*") in row["name"]
    return name in ("", row["name"])


def _ids(given: str) -> list[str]:
    try:
        found = json.loads(given) if given else []
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found) or len(found) > 100:
        raise InvalidArgument("SecurityGroupIds is a list of at most 100, in JSON.", code="InvalidParameter")
    return found


def _shown(work: Work, row: sqlite3.Row) -> Body:
    rules = work.rows("SELECT peer_kind FROM security_group_rules WHERE group_id = ?", row["id"])
    given = tags.of(work, KIND, row["id"])
    return {
        "SecurityGroupId": row["id"], "SecurityGroupName": row["name"], "Description": row["description"],
        "SecurityGroupType": row["type"], "VpcId": row["vpc_id"], "CreationTime": stamp(row["created"]),
        "ResourceGroupId": "",  # ECS does not tell the default one
        "ServiceManaged": False, "ServiceID": 0, "EcsCount": 0,
        "AvailableInstanceAmount": 2000, "RuleCount": len(rules),
        "GroupToGroupRuleCount": sum(one["peer_kind"] == "group" for one in rules),
        "Tags": {"Tag": [{"TagKey": key, "TagValue": value} for key, value in given.items()]},
    }  # fmt: skip


ROUTES = (
    changes("CreateSecurityGroup", NewGroup, _create, "securitygroup/*", product=PRODUCT),
    changes("ModifySecurityGroupAttribute", Changed, _modify, "securitygroup/{security_group_id}", product=PRODUCT),
    changes("ModifySecurityGroupPolicy", Policy, _set_policy, "securitygroup/{security_group_id}", product=PRODUCT),
    changes("DeleteSecurityGroup", Which, _delete, "securitygroup/{security_group_id}", product=PRODUCT),
    reads("DescribeSecurityGroups", Some, _describe, "securitygroup/*", product=PRODUCT),
    *tags.routes(PRODUCT, {KIND: "security_groups"}, "UntagResources"),
)
