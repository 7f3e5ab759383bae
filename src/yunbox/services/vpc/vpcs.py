"""Networks. Source: the vendor's "CreateVpc" to "DescribeZones" (Vpc 2016-04-28)."""

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
    renamed,
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
    dry_run: bool = False


@dataclass(frozen=True)
class Where:
    """A region."""

    region_id: str


def _create(work: Work, new: NewVpc) -> Body:
    block = parsed(new.cidr_block, VPC_MASKS, "VPC")
    if new.enable_ipv6 or new.user_cidr:
        raise Unsupported("EnableIpv6 and UserCidr are not offered.", code="UnsupportedFeature")
    check_group(new.resource_group_id)
    check_name(new.vpc_name, "InvalidVpcName.Malformed")
    check_name(new.description, "InvalidVpcDiscription.Malformed")
    if len(work.rows("SELECT id FROM vpcs WHERE region = ?", new.region_id)) >= _VPCS_MAX:
        raise Conflict(f"A region has at most {_VPCS_MAX} VPCs.", code="QuotaExceeded.Vpc")
    vpc_id, router, table = new_id("vpc"), new_id("vrt"), new_id("vtb")
    values = vpc_id, new.region_id, str(block), new.vpc_name, new.description, router, table, work.now
    work.run("INSERT INTO vpcs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *values)
    tags.put(work, "VPC", vpc_id, new.tag)
    return {"VpcId": vpc_id, "VRouterId": router, "RouteTableId": table, "ResourceGroupId": RESOURCE_GROUP}


def check_group(group: str | None) -> None:
    """Refuse a resource group that is none. Raises NotFound."""
    if group not in (None, "", RESOURCE_GROUP):
        raise NotFound("There is no such resource group.", code="InvalidResourceGroup.NotFound")


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
    name = renamed(row["name"], new.vpc_name, "InvalidVpcName.Malformed")
    text = renamed(row["description"], new.description, "InvalidVpcDiscription.Malformed")
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
    for what, code, sql in _DEPENDENTS:
        if inner := work.row(sql, row["id"]):
            told = f"Specified VPC has the {what} {inner['id']}: delete what it has first."
            raise Conflict(told, code=f"DependencyViolation.{code}")
    work.run("DELETE FROM vpc_tags WHERE type = 'VPC' AND id = ?", row["id"])
    work.run("DELETE FROM vpcs WHERE id = ?", row["id"])


_DEPENDENTS = (
    ("NAT gateway", "NatGateway", "SELECT id FROM nat_gateways WHERE vpc_id = ?"),
    ("security group", "SecurityGroup", "SELECT id FROM security_groups WHERE vpc_id = ?"),
    ("vSwitch", "VSwitch", "SELECT id FROM vswitches WHERE vpc_id = ?"),
    ("route entry", "RouteEntry", "SELECT id FROM route_entries WHERE vpc_id = ?"),
    ("route table", "RouteTable", "SELECT id FROM route_tables WHERE vpc_id = ?"),
)


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
    inner, gateways, tables = (
        [one["id"] for one in work.rows(f"SELECT id FROM {table} WHERE vpc_id = ? ORDER BY created, id", row["id"])]
        for table in ("vswitches", "nat_gateways", "route_tables")
    )
    return {
        "VpcId": row["id"], "RegionId": row["region"], "CidrBlock": row["cidr"], "VpcName": row["name"],
        "Description": row["description"], "Status": "Available", "IsDefault": False, "VRouterId": row["router_id"],
        "CreationTime": stamp(row["created"]), "ResourceGroupId": RESOURCE_GROUP,
        "OwnerId": int(work.service.account_id), "VSwitchIds": {"VSwitchId": inner},
        "RouterTableIds": {"RouterTableIds": [row["route_table_id"], *tables]}, "UserCidrs": {"UserCidr": []},
        "SecondaryCidrBlocks": {"SecondaryCidrBlock": []}, "NatGatewayIds": {"NatGatewayIds": gateways},
        "Ipv6CidrBlock": "", "Ipv6CidrBlocks": {"Ipv6CidrBlock": []}, "EnabledIpv6": False,
        "Tags": tags.shown(work, "VPC", row["id"]), "DnsHostnameStatus": "DISABLED",
    }  # fmt: skip


def _counts(work: Work, row: sqlite3.Row) -> list[Body]:
    kinds = {"VSwitch": "vswitches", "NatGateway": "nat_gateways", "SecurityGroup": "security_groups",
             "RouteTable": "route_tables"}  # fmt: skip
    counts = {
        kind: work.count(f"SELECT count(*) FROM {table} WHERE vpc_id = ?", row["id"]) for kind, table in kinds.items()
    }
    counts |= {"RouteTable": counts["RouteTable"] + 1, "VRouter": 1}
    return [{"ResourceType": kind, "ResourceCount": count} for kind, count in counts.items()]


# -- regions and zones


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
    reads("DescribeRegions", type(None), _regions, "*"),
    reads("DescribeZones", Where, _zones, "*"),
)
