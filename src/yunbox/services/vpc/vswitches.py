"""vSwitches: a network's parts, each in a zone. Source: the vendor's "CreateVSwitch" to "DescribeVSwitches"."""

import sqlite3
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Annotated

from yunbox.kernel.clock import stamp
from yunbox.kernel.errors import Conflict, NotFound
from yunbox.schema.regions import region
from yunbox.services.vpc import routes, tags, vpcs
from yunbox.services.vpc.blocks import VSWITCH_MASKS, check_apart, check_within, free_addresses, parsed
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
from yunbox.storage.networks import user_of_vswitch

_VSWITCHES_MAX = 150
"""In a VPC."""


@dataclass(frozen=True)
class NewVSwitch:
    """A vSwitch that is to be."""

    vpc_id: str
    zone_id: str
    cidr_block: str
    region_id: str | None = None
    vswitch_name: str = ""
    description: str = ""
    tag: tuple[Tag, ...] = ()
    client_token: str | None = None


@dataclass(frozen=True)
class Which:
    """A vSwitch."""

    vswitch_id: str
    region_id: str | None = None
    dry_run: bool = False


@dataclass(frozen=True)
class Changed:
    """What is to be another of a vSwitch."""

    vswitch_id: str
    region_id: str | None = None
    vswitch_name: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class Some:
    """A page of vSwitches."""

    region_id: str | None = None
    vpc_id: str = ""
    vswitch_id: str = ""
    vswitch_name: str = ""
    zone_id: str = ""
    is_default: bool | None = None
    tag: tuple[Tag, ...] = ()
    page_number: Annotated[int, PAGE_NUMBER] = 1
    page_size: Annotated[int, PAGE_SIZE] = 10
    dry_run: bool = False


def _create(work: Work, new: NewVSwitch) -> Body:
    vpc = vpcs.find(work, new.vpc_id, new.region_id)
    if new.zone_id not in region(work.service.own, vpc["region"]).zones:
        raise NotFound(
            f"The specified zone does not exist: {new.zone_id[:64]} is none of {vpc['region']}.",
            code="InvalidZoneId.NotFound",
        )
    block = parsed(new.cidr_block, VSWITCH_MASKS, "vSwitch")
    check_within(block, IPv4Network(vpc["cidr"]))
    others = work.rows("SELECT id, cidr FROM vswitches WHERE vpc_id = ?", vpc["id"])
    for other in others:
        check_apart(block, IPv4Network(other["cidr"]), f"the vSwitch {other['id']}")
    if len(others) >= _VSWITCHES_MAX:
        raise Conflict(f"A VPC has at most {_VSWITCHES_MAX} vSwitches.", code="QuotaExceeded.VSwitch")
    check_name(new.vswitch_name, "InvalidVSwitchName.Malformed")
    check_name(new.description, "InvalidVSwitchDiscription.Malformed")
    made = new_id("vsw")
    values = made, vpc["id"], new.zone_id, str(block), new.vswitch_name, new.description, work.now
    work.run("INSERT INTO vswitches VALUES (?, ?, ?, ?, ?, ?, ?)", *values)
    tags.put(work, "VSWITCH", made, new.tag)
    return {"VSwitchId": made}


def _find(work: Work, vswitch_id: str, where: str | None) -> sqlite3.Row:
    row = work.row(f"{_SELECT} WHERE s.id = ?", vswitch_id)
    if row is None or where not in (None, row["region"]):
        raise NotFound(f"Specified vSwitch does not exist: {vswitch_id[:64]}.", code="InvalidVswitchID.NotFound")
    return row


def _attributes(work: Work, params: Which) -> Body:
    return _shown(work, _find(work, params.vswitch_id, params.region_id))


def _modify(work: Work, new: Changed) -> None:
    row = _find(work, new.vswitch_id, new.region_id)
    name = renamed(row["name"], new.vswitch_name, "InvalidVSwitchName.Malformed")
    text = renamed(row["description"], new.description, "InvalidVSwitchDiscription.Malformed")
    work.run("UPDATE vswitches SET name = ?, description = ? WHERE id = ?", name, text, row["id"])


def _delete(work: Work, params: Which) -> None:
    row = _find(work, params.vswitch_id, params.region_id)
    for what, code, sql in _DEPENDENTS:
        if inner := work.row(sql, row["id"]):
            told = f"Specified vSwitch has the {what} {inner['id']}: delete that first."
            raise Conflict(told, code=f"DependencyViolation.{code}")
    if instance := user_of_vswitch(work.db, row["id"]):
        told = f"The instance {instance} of Hologres lies in the vSwitch: delete that first."
        raise Conflict(told, code="DependencyViolation.NetworkInterface")
    work.run("DELETE FROM route_table_vswitches WHERE vswitch_id = ?", row["id"])
    work.run("DELETE FROM vpc_tags WHERE type = 'VSWITCH' AND id = ?", row["id"])
    work.run("DELETE FROM vswitches WHERE id = ?", row["id"])


_DEPENDENTS = (
    ("NAT gateway", "NatGateway", "SELECT id FROM nat_gateways WHERE vswitch_id = ?"),
    ("SNAT entry", "SnatEntry", "SELECT id FROM snat_entries WHERE vswitch_id = ?"),
)


def _describe(work: Work, params: Some) -> Body:
    wanted = [part for part in params.vswitch_id.split(",") if part]
    rows = [
        row for row in work.rows(f"{_SELECT} ORDER BY s.created, s.id")
        if params.region_id in (None, row["region"]) and params.vpc_id in ("", row["vpc_id"])
        and (not wanted or row["id"] in wanted) and params.vswitch_name in ("", row["name"])
        and params.zone_id in ("", row["zone"]) and not params.is_default
        and tags.has(work, "VSWITCH", row["id"], params.tag)
    ]  # fmt: skip
    return vpcs.paged(params, rows, "VSwitches", "VSwitch", lambda row: _shown(work, row))


_SELECT = """
SELECT s.*, v.region, v.route_table_id, (SELECT count(*) FROM nat_gateways n WHERE n.vswitch_id = s.id) AS taken
FROM vswitches s JOIN vpcs v ON v.id = s.vpc_id"""


def _shown(work: Work, row: sqlite3.Row) -> Body:
    table = routes.table_of(work, row["id"], row["route_table_id"])
    kind = "System" if table == row["route_table_id"] else "Custom"
    return {
        "VSwitchId": row["id"], "VpcId": row["vpc_id"], "ZoneId": row["zone"], "CidrBlock": row["cidr"],
        "VSwitchName": row["name"], "Description": row["description"], "Status": "Available", "IsDefault": False,
        "AvailableIpAddressCount": free_addresses(IPv4Network(row["cidr"])) - row["taken"],
        "CreationTime": stamp(row["created"]), "RouteTable": {"RouteTableId": table, "RouteTableType": kind},
        "ResourceGroupId": RESOURCE_GROUP, "NetworkAclId": "", "OwnerId": int(work.service.account_id),
        "Ipv6CidrBlock": "", "EnabledIpv6": False, "ShareType": "", "Tags": tags.shown(work, "VSWITCH", row["id"]),
    }  # fmt: skip


ROUTES = (
    changes("CreateVSwitch", NewVSwitch, _create, "vpc/{vpc_id}"),
    reads("DescribeVSwitchAttributes", Which, _attributes, "vswitch/{vswitch_id}"),
    changes("ModifyVSwitchAttribute", Changed, _modify, "vswitch/{vswitch_id}"),
    changes("DeleteVSwitch", Which, _delete, "vswitch/{vswitch_id}"),
    reads("DescribeVSwitches", Some, _describe, "vswitch/*"),
)
