"""Elastic IP addresses: numbers that nothing answers by, with their states and what they are bound to.

The addresses are of 198.18.0.0/15, which RFC 2544 keeps from the Internet: who takes one for real reaches nobody.
Source: the vendor's "AllocateEipAddress" to "UnassociateEipAddress" (Vpc 2016-04-28).
"""

import secrets
import sqlite3
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Annotated

from yunbox.kernel.clock import stamp
from yunbox.kernel.errors import Conflict, InvalidArgument, NotFound, Unsupported
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

ADDRESSES = IPv4Network("198.18.0.0/15")
_EIPS_MAX = 20
"""In a region."""
_CHARGES = ("PayByTraffic", "PayByBandwidth")
_ISPS = ("BGP", "BGP_PRO")
_BANDWIDTH_MAX = 500
_KINDS = ("Nat", "SlbInstance", "EcsInstance", "NetworkInterface", "HaVip", "IpAddress")


@dataclass(frozen=True)
class NewEip:
    """An address that is to be."""

    region_id: str
    bandwidth: Annotated[int, Number(1, _BANDWIDTH_MAX)] = 5
    internet_charge_type: str = "PayByBandwidth"
    instance_charge_type: str = "PostPaid"
    isp: str = "BGP"
    netmode: str = "public"
    name: str = ""
    description: str = ""
    instance_id: str = ""
    resource_group_id: str | None = None
    tag: tuple[Tag, ...] = ()
    client_token: str | None = None


@dataclass(frozen=True)
class Which:
    """An address."""

    allocation_id: str
    region_id: str | None = None


@dataclass(frozen=True)
class Changed:
    """What is to be another of an address."""

    allocation_id: str
    region_id: str | None = None
    bandwidth: Annotated[int | None, Number(1, _BANDWIDTH_MAX)] = None
    name: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class Bound:
    """An address and what it is bound to."""

    allocation_id: str
    instance_id: str = ""
    region_id: str | None = None
    instance_type: str = ""
    instance_region_id: str | None = None
    private_ip_address: str | None = None
    mode: str = "NAT"
    vpc_id: str | None = None
    force: bool = False
    client_token: str | None = None


@dataclass(frozen=True)
class Some:
    """A page of addresses."""

    region_id: str
    allocation_id: str = ""
    eip_address: str = ""
    eip_name: str = ""
    status: str = ""
    isp: str = ""
    charge_type: str = ""
    associated_instance_id: str = ""
    associated_instance_type: str = ""
    resource_group_id: str | None = None
    tag: tuple[Tag, ...] = ()
    page_number: Annotated[int, PAGE_NUMBER] = 1
    page_size: Annotated[int, Number(1, 100)] = 10
    dry_run: bool = False


@dataclass(frozen=True)
class Protected:
    """What is to be kept from deletion, or not any more."""

    instance_id: str
    type: str
    protection_enable: bool
    region_id: str | None = None
    client_token: str | None = None


def _create(work: Work, new: NewEip) -> Body:
    if new.instance_charge_type != "PostPaid" or new.netmode != "public":
        raise Unsupported("InstanceChargeType is PostPaid, and Netmode public.", code="UnsupportedFeature")
    if new.instance_id:
        raise Unsupported("An address that was released cannot be had again.", code="UnsupportedFeature")
    if new.internet_charge_type not in _CHARGES or new.isp not in _ISPS:
        told = f"InternetChargeType is one of {', '.join(_CHARGES)}, and ISP of {', '.join(_ISPS)}."
        raise InvalidArgument(told, code="InvalidParameter")
    vpcs.check_group(new.resource_group_id)
    check_name(new.name, "InvalidName.Malformed")
    check_name(new.description, "InvalidDescription.Malformed")
    if work.count("SELECT count(*) FROM eips WHERE region = ?", new.region_id) >= _EIPS_MAX:
        raise Conflict(f"A region has at most {_EIPS_MAX} addresses.", code="QuotaExceeded.Eip")
    made, address = new_id("eip"), _free(work)
    work.run(
        "INSERT INTO eips VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', 0, ?)", made, new.region_id, address, new.bandwidth,
        new.internet_charge_type, new.isp, new.name, new.description, work.now,
    )  # fmt: skip
    tags.put(work, "EIP", made, new.tag)
    return {"AllocationId": made, "EipAddress": address, "ResourceGroupId": RESOURCE_GROUP, "OrderId": 0}


def _free(work: Work) -> str:
    while True:
        address = str(ADDRESSES[secrets.randbelow(ADDRESSES.num_addresses - 2) + 1])
        if work.row("SELECT 1 FROM eips WHERE address = ?", address) is None:
            return address


def find(work: Work, eip_id: str, where: str | None) -> sqlite3.Row:
    """An address, in a region where one is said. Raises NotFound."""
    row = work.row("SELECT * FROM eips WHERE id = ?", eip_id)
    if row is None or where not in (None, row["region"]):
        raise NotFound(f"Specified EIP does not exist: {eip_id[:64]}.", code="InvalidAllocationId.NotFound")
    return row


def _modify(work: Work, new: Changed) -> None:
    row = find(work, new.allocation_id, new.region_id)
    name = renamed(row["name"], new.name, "InvalidName.Malformed")
    text = renamed(row["description"], new.description, "InvalidDescription.Malformed")
    bandwidth = row["bandwidth"] if new.bandwidth is None else new.bandwidth
    sql = "UPDATE eips SET name = ?, description = ?, bandwidth = ? WHERE id = ?"
    work.run(sql, name, text, bandwidth, row["id"])


def _release(work: Work, params: Which) -> None:
    row = find(work, params.allocation_id, params.region_id)
    if row["is_protected"]:
        raise Conflict(f"The EIP {row['id']} is protected from deletion.", code="OperationDenied.DeletionProtected")
    if row["gateway_id"]:
        told = f"The EIP {row['id']} is bound to {row['gateway_id']}: unassociate it first."
        raise Conflict(told, code="IncorrectEipStatus")
    work.run("DELETE FROM vpc_tags WHERE type = 'EIP' AND id = ?", row["id"])
    work.run("DELETE FROM eips WHERE id = ?", row["id"])


def _associate(work: Work, params: Bound) -> None:
    row = find(work, params.allocation_id, params.region_id)
    if params.instance_type not in ("", *_KINDS):
        raise InvalidArgument(f"InstanceType is one of {', '.join(_KINDS)}.", code="InvalidParameter")
    gateway = work.row(
        "SELECT n.id, v.region FROM nat_gateways n JOIN vpcs v ON v.id = n.vpc_id WHERE n.id = ?", params.instance_id
    )
    if params.instance_type != "Nat" or gateway is None or gateway["region"] != row["region"]:
        told = f"There is no {params.instance_type or 'instance'} {params.instance_id[:64]!r}: only Nat is here."
        raise NotFound(told, code="InvalidInstanceId.NotFound")
    if params.mode != "NAT" or params.private_ip_address:
        raise Unsupported("Mode is NAT, and PrivateIpAddress is not offered.", code="UnsupportedFeature")
    if row["gateway_id"]:
        raise Conflict(f"The EIP {row['id']} is bound to {row['gateway_id']} already.", code="IncorrectEipStatus")
    work.run("UPDATE eips SET gateway_id = ? WHERE id = ?", gateway["id"], row["id"])


def _unassociate(work: Work, params: Bound) -> None:
    row = find(work, params.allocation_id, params.region_id)
    if not row["gateway_id"] or params.instance_id not in ("", row["gateway_id"]):
        raise Conflict(f"The EIP {row['id']} is not bound to that.", code="IncorrectEipStatus")
    if not params.force and is_used(work, row):
        told = f"SNAT entries use the address {row['address']}: delete them first."
        raise Conflict(told, code="InvalidIpStatus.HasBeenUsedBySnatTable")
    work.run("UPDATE eips SET gateway_id = '' WHERE id = ?", row["id"])


def is_used(work: Work, row: sqlite3.Row) -> bool:
    """Whether an SNAT entry uses an address."""
    entries = work.rows("SELECT addresses FROM snat_entries WHERE gateway_id = ?", row["gateway_id"])
    return any(row["address"] in entry["addresses"].split(",") for entry in entries)


def _describe(work: Work, params: Some) -> Body:
    wanted = [part for part in params.allocation_id.split(",") if part]
    addresses = [part for part in params.eip_address.split(",") if part]
    rows = [
        row for row in work.rows("SELECT * FROM eips WHERE region = ? ORDER BY created, id", params.region_id)
        if (not wanted or row["id"] in wanted) and (not addresses or row["address"] in addresses)
        and params.eip_name in ("", row["name"]) and params.status in ("", _status(row))
        and params.isp in ("", row["isp"]) and params.charge_type in ("", "PostPaid")
        and params.associated_instance_id in ("", row["gateway_id"])
        and params.associated_instance_type in ("", "Nat" if row["gateway_id"] else None)
        and params.resource_group_id in (None, "", RESOURCE_GROUP) and tags.has(work, "EIP", row["id"], params.tag)
    ]  # fmt: skip
    return vpcs.paged(params, rows, "EipAddresses", "EipAddress", lambda row: _shown(work, row))


def _status(row: sqlite3.Row) -> str:
    return "InUse" if row["gateway_id"] else "Available"


def _shown(work: Work, row: sqlite3.Row) -> Body:
    return {
        "AllocationId": row["id"], "IpAddress": row["address"], "RegionId": row["region"], "Name": row["name"],
        "Description": row["description"], "Status": _status(row),
        "Bandwidth": str(row["bandwidth"]), "EipBandwidth": str(row["bandwidth"]),
        "InternetChargeType": row["charge"], "ChargeType": "PostPaid", "ISP": row["isp"], "Netmode": "public",
        "InstanceId": row["gateway_id"], "InstanceType": "Nat" if row["gateway_id"] else "",
        "InstanceRegionId": row["region"] if row["gateway_id"] else "", "Mode": "NAT" if row["gateway_id"] else "",
        "VpcId": "",  # told only of an address that is bound to an address
        "AllocationTime": stamp(row["created"]),
        "ExpiredTime": "", "PrivateIpAddress": "", "ResourceGroupId": RESOURCE_GROUP, "BusinessStatus": "Normal",
        "DeletionProtection": bool(row["is_protected"]), "HDMonitorStatus": "OFF", "SecondLimited": False,
        "BandwidthPackageId": "", "Zone": "", "PublicIpAddressPoolId": "", "ServiceManaged": 0,
        "OperationLocks": {"LockReason": []}, "Tags": tags.shown(work, "EIP", row["id"]),
        "SecurityProtectionTypes": {"SecurityProtectionType": []},
    }  # fmt: skip


def _protect(work: Work, params: Protected) -> None:
    table = {"EIP": "eips", "NATGW": "nat_gateways"}.get(params.type)
    if table is None:
        raise InvalidArgument("Type is EIP or NATGW.", code="InvalidParameter")
    sql = f"UPDATE {table} SET is_protected = ? WHERE id = ?"
    if not work.run(sql, params.protection_enable, params.instance_id):
        raise NotFound(f"There is no {params.type} {params.instance_id[:64]}.", code="InvalidInstanceId.NotFound")


ROUTES = (
    changes("AllocateEipAddress", NewEip, _create, "eip/*"),
    changes("ModifyEipAddressAttribute", Changed, _modify, "eip/{allocation_id}"),
    changes("ReleaseEipAddress", Which, _release, "eip/{allocation_id}"),
    changes("AssociateEipAddress", Bound, _associate, "eip/{allocation_id}"),
    changes("UnassociateEipAddress", Bound, _unassociate, "eip/{allocation_id}"),
    reads("DescribeEipAddresses", Some, _describe, "eip/*"),
    changes("DeletionProtection", Protected, _protect, "*"),
)
