"""Networks and their route tables. Source: the vendor's "CreateVpc" to "DescribeRouteTableList" (Vpc 2016-04-28)."""

import sqlite3
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Annotated, Any

from yunbox.kernel.clock import stamp
from yunbox.kernel.errors import Conflict, NotFound, Unsupported
from yunbox.schema.regions import region, regions
from yunbox.services.vpc import tags
from yunbox.services.vpc.blocks import VPC_MASKS, check_within, parsed
from yunbox.services.vpc.service import (
    PAGE_NUMBER,
    PAGE_SIZE,
    RESOURCE_GROUP,
    Body,
    Work,
    changes,
    check_name,
    new_id,
    reads,
)  # fmt: skip
from yunbox.services.vpc.tags import Tag

_DEFAULT = "172.16.0.0/12"
_VPCS_MAX = 10
"""In a region."""


@dataclass(frozen=True)
class NewVpc:
    """A network that is to be."""

    region_id: str
    cidr_block: str = _DEFAULT
    vpc_name: str = ""
    description: str = ""
    tag: tuple[Tag, ...] = ()
    client_token: str | None = None
    dry_run: bool = False
    enable_ipv6: bool = False
    user_cidr: str | None = None
    resource_group_id: str | None = None


@dataclass(frozen=True)
class Which:
    """A network."""

    vpc_id: str
    region_id: str | None = None
    dry_run: bool = False


@dataclass(frozen=True)
class Changed:
    """What is to be another of a network."""

    vpc_id: str
    region_id: str | None = None
    vpc_name: str | None = None
    description: str | None = None
    cidr_block: str | None = None


@dataclass(frozen=True)
class Gone:
    """A network that is to go."""

    vpc_id: str
    region_id: str | None = None
    client_token: str | None = None
    dry_run: bool = False
    force_delete: bool = False


@dataclass(frozen=True)
class Some:
    """A page of networks."""

    region_id: str
    vpc_id: str = ""
    vpc_name: str = ""
    is_default: bool | None = None
    tag: tuple[Tag, ...] = ()
    page_number: Annotated[int, PAGE_NUMBER] = 1
    page_size: Annotated[int, PAGE_SIZE] = 10


@dataclass(frozen=True)
class Tables:
    """A page of route tables."""

    region_id: str
    vpc_id: str = ""
    route_table_id: str = ""
    router_id: str = ""
    page_number: Annotated[int, PAGE_NUMBER] = 1
    page_size: Annotated[int, PAGE_SIZE] = 10


@dataclass(frozen=True)
class Where:
    """A region."""

    region_id: str


def _create(work: Work, new: NewVpc) -> Body:
    block = parsed(new.cidr_block, VPC_MASKS, "VPC")
    if new.enable_ipv6 or new.user_cidr:
        raise Unsupported("EnableIpv6 and UserCidr are not offered.", code="UnsupportedFeature")
    if new.resource_group_id not in (None, "", RESOURCE_GROUP):
        raise NotFound("There is no such resource group.", code="InvalidResourceGroup.NotFound")
    check_name(new.vpc_name, "InvalidVpcName.Malformed")
    check_name(new.description, "InvalidVpcDiscription.Malformed")
    if len(work.rows("SELECT id FROM vpcs WHERE region = ?", new.region_id)) >= _VPCS_MAX:
        raise Conflict(f"A region has at most {_VPCS_MAX} VPCs.", code="QuotaExceeded.Vpc")
    vpc_id, router, table = new_id("vpc"), new_id("vrt"), new_id("vtb")
    values = vpc_id, new.region_id, str(block), new.vpc_name, new.description, router, table, work.now
    work.run("INSERT INTO vpcs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *values)
    tags.put(work, "VPC", vpc_id, new.tag)
    return {"VpcId": vpc_id, "VRouterId": router, "RouteTableId": table, "ResourceGroupId": RESOURCE_GROUP}


def find(work: Work, vpc_id: str, where: str | None) -> sqlite3.Row:
    """A network, in a region where one is said. Raises NotFound."""
    row = work.row("SELECT * FROM vpcs WHERE id = ?", vpc_id)
    if row is None or where not in (None, row["region"]):
        raise NotFound(f"Specified VPC does not exist: {vpc_id[:64]}.", code="InvalidVpcId.NotFound")
    return row


def _attribute(work: Work, params: Which) -> Body:
    row = find(work, params.vpc_id, params.region_id)
    return {
        **_shown(work, row),
        "ClassicLinkEnabled": False,
        "CloudResources": {"CloudResourceSetType": _counts(work, row)},
    }


def _modify(work: Work, new: Changed) -> None:
    row = find(work, new.vpc_id, new.region_id)
    name = row["name"] if new.vpc_name is None else check_name(new.vpc_name, "InvalidVpcName.Malformed")
    text = row["description"]
    if new.description is not None:
        text = check_name(new.description, "InvalidVpcDiscription.Malformed")
    cidr = row["cidr"]
    if new.cidr_block is not None:
        block = parsed(new.cidr_block, VPC_MASKS, "VPC")
        for inner in work.rows("SELECT cidr FROM vswitches WHERE vpc_id = ?", row["id"]):
            check_within(IPv4Network(inner["cidr"]), block)
        cidr = str(block)
    work.run("UPDATE vpcs SET name = ?, description = ?, cidr = ? WHERE id = ?", name, text, cidr, row["id"])


def _delete(work: Work, params: Gone) -> None:
    row = find(work, params.vpc_id, params.region_id)
    if params.force_delete:
        raise Unsupported("ForceDelete is not offered: delete what the VPC has first.", code="UnsupportedFeature")
    if inner := work.row("SELECT id FROM vswitches WHERE vpc_id = ?", row["id"]):
        raise Conflict(
            f"Specified VPC has the vSwitch {inner['id']}: delete its vSwitches first.",
            code="DependencyViolation.VSwitch",
        )
    work.run("DELETE FROM vpc_tags WHERE type = 'VPC' AND id = ?", row["id"])
    work.run("DELETE FROM vpcs WHERE id = ?", row["id"])


def _describe(work: Work, params: Some) -> Body:
    wanted = [part for part in params.vpc_id.split(",") if part]
    rows = [
        row for row in work.rows("SELECT * FROM vpcs WHERE region = ? ORDER BY created, id", params.region_id)
        if (not wanted or row["id"] in wanted) and params.vpc_name in ("", row["name"]) and not params.is_default
        and tags.has(work, "VPC", row["id"], params.tag)
    ]  # fmt: skip
    return paged(params, rows, "Vpcs", "Vpc", lambda row: _shown(work, row))


def paged(params: Any, rows: list[sqlite3.Row], outer: str, inner: str, shown: Any) -> Body:
    """A page of many by its number."""
    first = (params.page_number - 1) * params.page_size
    page = [shown(row) for row in rows[first : first + params.page_size]]
    return {
        outer: {inner: page}, "TotalCount": len(rows), "PageNumber": params.page_number, "PageSize": params.page_size,
    }  # fmt: skip


def _shown(work: Work, row: sqlite3.Row) -> Body:
    inner = work.rows("SELECT id FROM vswitches WHERE vpc_id = ? ORDER BY created, id", row["id"])
    return {
        "VpcId": row["id"], "RegionId": row["region"], "CidrBlock": row["cidr"], "VpcName": row["name"],
        "Description": row["description"], "Status": "Available", "IsDefault": False, "VRouterId": row["router_id"],
        "CreationTime": stamp(row["created"]), "ResourceGroupId": RESOURCE_GROUP,
        "OwnerId": int(work.service.account_id), "VSwitchIds": {"VSwitchId": [one["id"] for one in inner]},
        "RouterTableIds": {"RouterTableIds": [row["route_table_id"]]}, "UserCidrs": {"UserCidr": []},
        "SecondaryCidrBlocks": {"SecondaryCidrBlock": []}, "NatGatewayIds": {"NatGatewayIds": []},
        "Ipv6CidrBlock": "", "Ipv6CidrBlocks": {"Ipv6CidrBlock": []}, "EnabledIpv6": False,
        "Tags": tags.shown(work, "VPC", row["id"]), "DnsHostnameStatus": "DISABLED",
    }  # fmt: skip


def _counts(work: Work, row: sqlite3.Row) -> list[Body]:
    inner = work.rows("SELECT id FROM vswitches WHERE vpc_id = ?", row["id"])
    return [{"ResourceType": "VSwitch", "ResourceCount": len(inner)}, {"ResourceType": "VRouter", "ResourceCount": 1}]


# -- route tables, regions and zones


def _tables(work: Work, params: Tables) -> Body:
    rows = [
        row for row in work.rows("SELECT * FROM vpcs WHERE region = ? ORDER BY created, id", params.region_id)
        if params.vpc_id in ("", row["id"]) and params.route_table_id in ("", row["route_table_id"])
        and params.router_id in ("", row["router_id"])
    ]  # fmt: skip
    return paged(params, rows, "RouterTableList", "RouterTableListType", lambda row: _table(work, row))


def _table(work: Work, row: sqlite3.Row) -> Body:
    inner = work.rows("SELECT id FROM vswitches WHERE vpc_id = ? ORDER BY created, id", row["id"])
    return {
        "RouteTableId": row["route_table_id"], "RouterId": row["router_id"], "RouterType": "VRouter",
        "RouteTableType": "System", "RouteTableName": "", "Description": "", "VpcId": row["id"], "Status": "Available",
        "CreationTime": stamp(row["created"]), "OwnerId": int(work.service.account_id), "AssociateType": "VSwitch",
        "VSwitchIds": {"VSwitchId": [one["id"] for one in inner]}, "ResourceGroupId": RESOURCE_GROUP,
        "RoutePropagationEnable": False, "Tags": {"Tag": []}, "GatewayIds": {"GatewayIds": []},
    }  # fmt: skip


def _regions(work: Work, _params: None) -> Body:
    found = regions(work.service.own).values()
    shown = [
        {"RegionId": one.id, "LocalName": one.name, "RegionEndpoint": f"vpc.{one.id}.aliyuncs.com"} for one in found
    ]
    return {"Regions": {"Region": shown}}


def _zones(work: Work, params: Where) -> Body:
    zones = region(work.service.own, params.region_id).zones
    return {"Zones": {"Zone": [{"ZoneId": zone, "LocalName": zone, "ZoneType": "AvailabilityZone"} for zone in zones]}}


ROUTES = (
    changes("CreateVpc", NewVpc, _create, "vpc/*"),
    reads("DescribeVpcAttribute", Which, _attribute, "vpc/{vpc_id}"),
    changes("ModifyVpcAttribute", Changed, _modify, "vpc/{vpc_id}"),
    changes("DeleteVpc", Gone, _delete, "vpc/{vpc_id}"),
    reads("DescribeVpcs", Some, _describe, "vpc/*"),
    reads("DescribeRouteTableList", Tables, _tables, "routetable/*"),
    reads("DescribeRegions", type(None), _regions, "*"),
    reads("DescribeZones", Where, _zones, "*"),
)
