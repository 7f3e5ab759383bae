"""NAT gateways and their SNAT entries: what they are bound to and whom they would let out; no packet passes.

Source: the vendor's "CreateNatGateway" to "DescribeSnatTableEntries" (Vpc 2016-04-28). With its first gateway a VPC's
own table gets the route 0.0.0.0/0 to it, if it has none, which goes with the gateway again.
"""

import sqlite3
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Annotated

from yunbox.kernel.clock import stamp
from yunbox.kernel.errors import Conflict, InvalidArgument, NotFound, Unsupported
from yunbox.services.vpc import routes, tags, vpcs
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
)
from yunbox.services.vpc.tags import Tag

_GATEWAYS_MAX, _ENTRIES_MAX = 5, 40
"""Of a VPC, and of a gateway."""
_BIND_MODES = ("MULTI_BINDED", "NAT")
_SELECT = "SELECT n.*, v.region, s.zone FROM nat_gateways n JOIN vpcs v ON v.id = n.vpc_id JOIN vswitches s " \
          "ON s.id = n.vswitch_id"  # fmt: skip


@dataclass(frozen=True)
class NewGateway:
    """A gateway that is to be."""

    region_id: str
    vpc_id: str
    vswitch_id: str
    name: str = ""
    description: str = ""
    nat_type: str = "Enhanced"
    network_type: str = "internet"
    internet_charge_type: str = "PayByLcu"
    instance_charge_type: str = "PostPaid"
    spec: str | None = None
    eip_bind_mode: str = "MULTI_BINDED"
    icmp_reply_enabled: bool = True
    private_link_enabled: bool = False
    tag: tuple[Tag, ...] = ()
    client_token: str | None = None


@dataclass(frozen=True)
class Changed:
    """What is to be another of a gateway."""

    nat_gateway_id: str
    region_id: str | None = None
    name: str | None = None
    description: str | None = None
    eip_bind_mode: str | None = None
    icmp_reply_enabled: bool | None = None


@dataclass(frozen=True)
class Gone:
    """A gateway that is to go; with ``force``, its entries too."""

    nat_gateway_id: str
    region_id: str | None = None
    force: bool = False


@dataclass(frozen=True)
class Some:
    """A page of gateways."""

    region_id: str
    nat_gateway_id: str = ""
    vpc_id: str = ""
    name: str = ""
    status: str = ""
    nat_type: str = ""
    network_type: str = ""
    zone_id: str = ""
    instance_charge_type: str = ""
    resource_group_id: str | None = None
    tag: tuple[Tag, ...] = ()
    page_number: Annotated[int, PAGE_NUMBER] = 1
    page_size: Annotated[int, PAGE_SIZE] = 10
    dry_run: bool = False


@dataclass(frozen=True)
class NewEntry:
    """An SNAT entry that is to be: for a vSwitch or for a block of addresses."""

    snat_table_id: str
    snat_ip: str
    region_id: str | None = None
    source_vswitch_id: str = ""
    source_cidr: str = ""
    snat_entry_name: str = ""
    eip_affinity: int = 0
    client_token: str | None = None
    dry_run: bool = False


@dataclass(frozen=True)
class ChangedEntry:
    """What is to be another of an entry."""

    snat_table_id: str
    snat_entry_id: str
    region_id: str | None = None
    snat_ip: str | None = None
    snat_entry_name: str | None = None
    eip_affinity: int | None = None
    client_token: str | None = None
    dry_run: bool = False


@dataclass(frozen=True)
class GoneEntry:
    """An entry that is to go."""

    snat_table_id: str
    snat_entry_id: str
    region_id: str | None = None
    client_token: str | None = None


@dataclass(frozen=True)
class Entries:
    """A page of entries."""

    region_id: str | None = None
    snat_table_id: str = ""
    nat_gateway_id: str = ""
    snat_entry_id: str = ""
    snat_entry_name: str = ""
    snat_ip: str = ""
    source_cidr: str = ""
    source_vswitch_id: str = ""
    page_number: Annotated[int, PAGE_NUMBER] = 1
    page_size: Annotated[int, PAGE_SIZE] = 10


# -- gateways


def _create(work: Work, new: NewGateway) -> Body:
    vpc = vpcs.find(work, new.vpc_id, new.region_id)
    _check_kind(new)
    vswitch = work.row("SELECT * FROM vswitches WHERE id = ?", new.vswitch_id)
    if vswitch is None or vswitch["vpc_id"] != vpc["id"]:
        told = f"Specified vSwitch does not exist in {vpc['id']}: {new.vswitch_id[:64]}."
        raise NotFound(told, code="InvalidVswitchID.NotFound")
    if work.count("SELECT count(*) FROM nat_gateways WHERE vpc_id = ?", vpc["id"]) >= _GATEWAYS_MAX:
        raise Conflict(f"A VPC has at most {_GATEWAYS_MAX} NAT gateways.", code="QuotaExceeded.NatGateway")
    check_name(new.name, "InvalidName.Malformed")
    check_name(new.description, "InvalidDescription.Malformed")
    made, snat, forward = new_id("ngw"), new_id("stb"), new_id("ftb")
    work.run(
        "INSERT INTO nat_gateways VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)", made, vpc["id"], vswitch["id"],
        new.name, new.description, new.network_type, new.eip_bind_mode, new.icmp_reply_enabled, snat, forward,
        _address(work, vswitch), work.now,
    )  # fmt: skip
    tags.put(work, "NATGATEWAY", made, new.tag)
    has_way_out = work.row("SELECT 1 FROM route_entries WHERE table_id = ? AND cidr = ?", vpc["route_table_id"],
                           routes.DEFAULT)  # fmt: skip
    if new.network_type == "internet" and has_way_out is None:
        routes.add(work, vpc["route_table_id"], vpc["id"], routes.DEFAULT, made, automatic=True)
    return {
        "NatGatewayId": made, "SnatTableIds": {"SnatTableId": [snat]},
        "ForwardTableIds": {"ForwardTableId": [forward]}, "FullNatTableIds": {"FullNatTableId": []},
        "BandwidthPackageIds": {"BandwidthPackageId": []},
    }  # fmt: skip


def _check_kind(new: NewGateway) -> None:
    """Refuse by name what no gateway here is. Raises InvalidArgument, Unsupported."""
    if new.nat_type != "Enhanced" or new.instance_charge_type != "PostPaid" or new.private_link_enabled:
        told = "NatType is Enhanced, InstanceChargeType PostPaid, and PrivateLinkEnabled false."
        raise Unsupported(told, code="UnsupportedFeature")
    if new.internet_charge_type != "PayByLcu" or new.spec:
        raise Unsupported("InternetChargeType is PayByLcu, which has no Spec.", code="UnsupportedFeature")
    if new.network_type not in ("internet", "intranet"):
        raise InvalidArgument("NetworkType is internet or intranet.", code="InvalidParameter")
    _check_mode(new.eip_bind_mode)


def _check_mode(mode: str) -> str:
    if mode not in _BIND_MODES:
        raise InvalidArgument(f"EipBindMode is one of {', '.join(_BIND_MODES)}.", code="InvalidParameter")
    return mode


def _address(work: Work, vswitch: sqlite3.Row) -> str:
    """A free address of a vSwitch, from the end on: the first and the last three are the system's. Raises Conflict."""
    block = IPv4Network(vswitch["cidr"])
    taken = {
        row["address"] for row in work.rows("SELECT address FROM nat_gateways WHERE vswitch_id = ?", vswitch["id"])
    }
    for number in range(block.num_addresses - 4, 0, -1):
        if str(block[number]) not in taken:
            return str(block[number])
    raise Conflict(f"The vSwitch {vswitch['id']} has no free address.", code="QuotaExceeded.VSwitchIp")


def find(work: Work, gateway_id: str, where: str | None) -> sqlite3.Row:
    """A gateway, in a region where one is said. Raises NotFound."""
    row = work.row(f"{_SELECT} WHERE n.id = ?", gateway_id)
    if row is None or where not in (None, row["region"]):
        told = f"Specified NAT gateway does not exist: {gateway_id[:64]}."
        raise NotFound(told, code="InvalidNatGatewayId.NotFound")
    return row


def _modify(work: Work, new: Changed) -> None:
    row = find(work, new.nat_gateway_id, new.region_id)
    name = renamed(row["name"], new.name, "InvalidName.Malformed")
    text = renamed(row["description"], new.description, "InvalidDescription.Malformed")
    mode = row["bind_mode"] if new.eip_bind_mode is None else _check_mode(new.eip_bind_mode)
    replies = row["replies"] if new.icmp_reply_enabled is None else new.icmp_reply_enabled
    sql = "UPDATE nat_gateways SET name = ?, description = ?, bind_mode = ?, replies = ? WHERE id = ?"
    work.run(sql, name, text, mode, replies, row["id"])


def _delete(work: Work, params: Gone) -> None:
    row = find(work, params.nat_gateway_id, params.region_id)
    if row["is_protected"]:
        raise Conflict(f"The gateway {row['id']} is protected from deletion.", code="OperationDenied.DeletionProtected")
    for what, code, sql in () if params.force else _DEPENDENTS:
        if work.row(sql, row["id"]):
            told = f"The gateway {row['id']} has {what}: take them away first, or say Force."
            raise Conflict(told, code=f"DependencyViolation.{code}")
    work.run("DELETE FROM snat_entries WHERE gateway_id = ?", row["id"])
    work.run("UPDATE eips SET gateway_id = '' WHERE gateway_id = ?", row["id"])
    work.run("DELETE FROM route_entries WHERE hop_id = ?", row["id"])
    work.run("DELETE FROM vpc_tags WHERE type = 'NATGATEWAY' AND id = ?", row["id"])
    work.run("DELETE FROM nat_gateways WHERE id = ?", row["id"])


_DEPENDENTS = (
    ("SNAT entries", "SnatEntries", "SELECT 1 FROM snat_entries WHERE gateway_id = ?"),
    ("EIPs", "EIPS", "SELECT 1 FROM eips WHERE gateway_id = ?"),
    ("routes to it", "RouteEntry", "SELECT 1 FROM route_entries WHERE hop_id = ? AND NOT is_automatic"),
)


def _describe(work: Work, params: Some) -> Body:
    rows = [
        row for row in work.rows(f"{_SELECT} WHERE v.region = ? ORDER BY n.created, n.id", params.region_id)
        if params.nat_gateway_id in ("", row["id"]) and params.vpc_id in ("", row["vpc_id"])
        and params.name in ("", row["name"]) and params.status in ("", "Available")
        and params.nat_type in ("", "Enhanced") and params.network_type in ("", row["network_type"])
        and params.zone_id in ("", row["zone"]) and params.instance_charge_type in ("", "PostPaid")
        and params.resource_group_id in (None, "", RESOURCE_GROUP)
        and tags.has(work, "NATGATEWAY", row["id"], params.tag)
    ]  # fmt: skip
    return vpcs.paged(params, rows, "NatGateways", "NatGateway", lambda row: _shown(work, row))


def _shown(work: Work, row: sqlite3.Row) -> Body:
    used = {one for entry in work.rows("SELECT addresses FROM snat_entries WHERE gateway_id = ?", row["id"])
            for one in entry["addresses"].split(",")}  # fmt: skip
    bound = work.rows("SELECT id, address FROM eips WHERE gateway_id = ? ORDER BY created, id", row["id"])
    lists = [
        {"AllocationId": one["id"], "IpAddress": one["address"], "PrivateIpAddress": "",
         "SnatEntryEnabled": one["address"] in used, "UsingStatus": "UsedBySnatTable" if one["address"] in used else
         "Idle"} for one in bound
    ]  # fmt: skip
    return {
        "NatGatewayId": row["id"], "RegionId": row["region"], "VpcId": row["vpc_id"], "Name": row["name"],
        "Description": row["description"], "Status": "Available", "NatType": "Enhanced", "Spec": "",
        "NetworkType": row["network_type"], "InternetChargeType": "PayByLcu", "InstanceChargeType": "PostPaid",
        "BusinessStatus": "Normal", "EipBindMode": row["bind_mode"], "IcmpReplyEnabled": bool(row["replies"]),
        "PrivateLinkEnabled": False, "AutoPay": False, "DeletionProtection": bool(row["is_protected"]),
        "EcsMetricEnabled": False, "SecurityProtectionEnabled": False, "CreationTime": stamp(row["created"]),
        "ExpiredTime": "", "ResourceGroupId": RESOURCE_GROUP, "IpLists": {"IpList": lists},
        "SnatTableIds": {"SnatTableId": [row["snat_table_id"]]},
        "ForwardTableIds": {"ForwardTableId": [row["forward_table_id"]]},
        "FullNatTableIds": {"FullNatTableId": []},
        "NatGatewayPrivateInfo": {"VswitchId": row["vswitch_id"], "IzNo": row["zone"],
                                  "PrivateIpAddress": row["address"], "EniInstanceId": "", "EniType": ""},
        "Tags": tags.shown(work, "NATGATEWAY", row["id"]),
    }  # fmt: skip


# -- entries


def _create_entry(work: Work, new: NewEntry) -> Body:
    gateway = _of_table(work, new.snat_table_id, new.region_id)
    addresses = _bound(work, gateway, new.snat_ip)
    cidr = _source(work, gateway, new)
    if work.row("SELECT 1 FROM snat_entries WHERE gateway_id = ? AND source_cidr = ?", gateway["id"], cidr):
        raise Conflict(f"The table has an entry for {cidr} already.", code="InvalidSourceCIDR.AlreadyExisted")
    if work.count("SELECT count(*) FROM snat_entries WHERE gateway_id = ?", gateway["id"]) >= _ENTRIES_MAX:
        raise Conflict(f"A gateway has at most {_ENTRIES_MAX} SNAT entries.", code="QuotaExceeded.SnatEntry")
    check_name(new.snat_entry_name, "InvalidSnatEntryName.Malformed")
    made = new_id("snat")
    values = (
        made,
        gateway["id"],
        new.snat_entry_name,
        addresses,
        cidr,
        new.source_vswitch_id,
        _affinity(new.eip_affinity),
    )
    work.run("INSERT INTO snat_entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *values, work.now)
    return {"SnatEntryId": made}


def _of_table(work: Work, table_id: str, where: str | None) -> sqlite3.Row:
    """The gateway of an SNAT table. Raises NotFound."""
    row = work.row(f"{_SELECT} WHERE n.snat_table_id = ?", table_id)
    if row is None or where not in (None, row["region"]):
        raise NotFound(f"Specified SNAT table does not exist: {table_id[:64]}.", code="InvalidSnatTableId.NotFound")
    return row


def _bound(work: Work, gateway: sqlite3.Row, given: str) -> str:
    """Addresses of EIPs that are bound to a gateway. Raises InvalidArgument."""
    wanted = [one.strip() for one in given.split(",") if one.strip()]
    there = {row["address"] for row in work.rows("SELECT address FROM eips WHERE gateway_id = ?", gateway["id"])}
    if not wanted or not set(wanted) <= there:
        told = f"SnatIp names addresses of EIPs that are bound to {gateway['id']}: {given[:64]!r} does not."
        raise InvalidArgument(told, code="EIP_NOT_IN_GATEWAY")
    return ",".join(dict.fromkeys(wanted))


def _source(work: Work, gateway: sqlite3.Row, new: NewEntry) -> str:
    if bool(new.source_vswitch_id) == bool(new.source_cidr):
        raise InvalidArgument("One of SourceVSwitchId and SourceCIDR is to be said.", code="MissingSourceCIDR")
    if new.source_cidr:
        try:
            return str(IPv4Network(new.source_cidr))
        except ValueError as error:
            told = f"SourceCIDR is not valid: {new.source_cidr[:64]!r}, {error}."
            raise InvalidArgument(told, code="InvalidSourceCIDR.Malformed") from None
    row = work.row("SELECT cidr, vpc_id FROM vswitches WHERE id = ?", new.source_vswitch_id)
    if row is None or row["vpc_id"] != gateway["vpc_id"]:
        told = f"Specified vSwitch does not exist in {gateway['vpc_id']}: {new.source_vswitch_id[:64]}."
        raise NotFound(told, code="InvalidVswitchID.NotFound")
    return row["cidr"]


def _affinity(given: int) -> int:
    if given not in (0, 1):
        raise InvalidArgument("EipAffinity is 0 or 1.", code="InvalidParameter")
    return given


def _entry(work: Work, table_id: str, entry_id: str, where: str | None) -> tuple[sqlite3.Row, sqlite3.Row]:
    gateway = _of_table(work, table_id, where)
    row = work.row("SELECT * FROM snat_entries WHERE id = ? AND gateway_id = ?", entry_id, gateway["id"])
    if row is None:
        raise NotFound(f"Specified SNAT entry does not exist: {entry_id[:64]}.", code="InvalidSnatEntryId.NotFound")
    return gateway, row


def _modify_entry(work: Work, new: ChangedEntry) -> None:
    gateway, row = _entry(work, new.snat_table_id, new.snat_entry_id, new.region_id)
    addresses = row["addresses"] if new.snat_ip is None else _bound(work, gateway, new.snat_ip)
    name = renamed(row["name"], new.snat_entry_name, "InvalidSnatEntryName.Malformed")
    affinity = row["affinity"] if new.eip_affinity is None else _affinity(new.eip_affinity)
    sql = "UPDATE snat_entries SET addresses = ?, name = ?, affinity = ? WHERE id = ?"
    work.run(sql, addresses, name, affinity, row["id"])


def _delete_entry(work: Work, params: GoneEntry) -> None:
    _, row = _entry(work, params.snat_table_id, params.snat_entry_id, params.region_id)
    work.run("DELETE FROM snat_entries WHERE id = ?", row["id"])


def _describe_entries(work: Work, params: Entries) -> Body:
    if params.snat_table_id:
        _of_table(work, params.snat_table_id, params.region_id)
    sql = "SELECT e.*, n.snat_table_id FROM snat_entries e JOIN nat_gateways n ON n.id = e.gateway_id JOIN vpcs v " \
          "ON v.id = n.vpc_id WHERE v.region = ? ORDER BY e.created, e.id"  # fmt: skip
    rows = [
        row for row in work.rows(sql, params.region_id or work.service.own)
        if params.snat_table_id in ("", row["snat_table_id"]) and params.nat_gateway_id in ("", row["gateway_id"])
        and params.snat_entry_id in ("", row["id"]) and params.snat_entry_name in ("", row["name"])
        and params.snat_ip in ("", *row["addresses"].split(","), row["addresses"])
        and params.source_cidr in ("", row["source_cidr"]) and params.source_vswitch_id in ("", row["vswitch_id"])
    ]  # fmt: skip
    return vpcs.paged(params, rows, "SnatTableEntries", "SnatTableEntry", _shown_entry)


def _shown_entry(row: sqlite3.Row) -> Body:
    return {
        "SnatEntryId": row["id"], "SnatTableId": row["snat_table_id"], "NatGatewayId": row["gateway_id"],
        "SnatEntryName": row["name"], "SnatIp": row["addresses"], "SourceCIDR": row["source_cidr"],
        "SourceVSwitchId": row["vswitch_id"], "EipAffinity": str(row["affinity"]), "Status": "Available",
    }  # fmt: skip


ROUTES = (
    changes("CreateNatGateway", NewGateway, _create, "vpc/{vpc_id}"),
    changes("ModifyNatGatewayAttribute", Changed, _modify, "natgateway/{nat_gateway_id}"),
    changes("DeleteNatGateway", Gone, _delete, "natgateway/{nat_gateway_id}"),
    reads("DescribeNatGateways", Some, _describe, "natgateway/*"),
    changes("CreateSnatEntry", NewEntry, _create_entry, "snattable/{snat_table_id}"),
    changes("ModifySnatEntry", ChangedEntry, _modify_entry, "snattable/{snat_table_id}"),
    changes("DeleteSnatEntry", GoneEntry, _delete_entry, "snattable/{snat_table_id}"),
    reads("DescribeSnatTableEntries", Entries, _describe_entries, "snattable/{snat_table_id}"),
)
