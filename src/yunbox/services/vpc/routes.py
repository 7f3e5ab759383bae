"""Route tables and their entries: each VPC's own table, further ones, and where their routes lead.

Source: the vendor's "CreateRouteTable" to "DescribeRouteEntryList" (Vpc 2016-04-28), and Terraform's provider, which
reads entries by the older "DescribeRouteTables".
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Annotated, Any

from yunbox.kernel.clock import stamp
from yunbox.kernel.errors import Conflict, InvalidArgument, NotFound, Unsupported
from yunbox.kernel.rules import Number
from yunbox.services.vpc import tags, vpcs
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

NAT = "NatGateway"
DEFAULT = "0.0.0.0/0"
_SERVICE = "100.64.0.0/10"
"""Where the vendor's own services are, in every network."""
_HOPS = ("Instance", "HaVip", "VpnGateway", NAT, "NetworkInterface", "RouterInterface", "IPv6Gateway", "Attachment",
         "VpcPeer", "Ipv4Gateway", "GatewayEndpoint", "Ecr", "GatewayLoadBalancerEndpoint")  # fmt: skip
_TABLES_MAX, _ENTRIES_MAX = 9, 200
"""Further tables of a VPC, and entries of a table that are not the system's."""


@dataclass(frozen=True)
class NewTable:
    """A table that is to be."""

    vpc_id: str
    region_id: str | None = None
    route_table_name: str = ""
    description: str = ""
    associate_type: str = "VSwitch"
    tag: tuple[Tag, ...] = ()
    client_token: str | None = None


@dataclass(frozen=True)
class ChangedTable:
    """What is to be another of a table."""

    route_table_id: str
    region_id: str | None = None
    route_table_name: str | None = None
    description: str | None = None
    route_propagation_enable: bool | None = None


@dataclass(frozen=True)
class WhichTable:
    """A table."""

    route_table_id: str
    region_id: str | None = None


@dataclass(frozen=True)
class Bound:
    """A vSwitch and the table by which it routes."""

    route_table_id: str
    vswitch_id: str
    region_id: str | None = None
    client_token: str | None = None


@dataclass(frozen=True)
class Tables:
    """A page of tables."""

    region_id: str
    vpc_id: str = ""
    route_table_id: str = ""
    route_table_name: str = ""
    router_id: str = ""
    router_type: str = ""
    resource_group_id: str | None = None
    tag: tuple[Tag, ...] = ()
    page_number: Annotated[int, PAGE_NUMBER] = 1
    page_size: Annotated[int, PAGE_SIZE] = 10


@dataclass(frozen=True)
class TablesWithEntries:
    """A page of tables with what is in them, as it was asked for before there was a list of entries."""

    region_id: str | None = None
    route_table_id: str = ""
    route_table_name: str = ""
    router_id: str = ""
    router_type: str = ""
    vrouter_id: str = ""
    page_number: Annotated[int, PAGE_NUMBER] = 1
    page_size: Annotated[int, PAGE_SIZE] = 10


@dataclass(frozen=True)
class NewEntry:
    """A route that is to be."""

    route_table_id: str
    destination_cidr_block: str
    region_id: str | None = None
    next_hop_type: str = "Instance"
    next_hop_id: str = ""
    route_entry_name: str = ""
    description: str = ""
    client_token: str | None = None
    dry_run: bool = False


@dataclass(frozen=True)
class GoneEntry:
    """A route that is to go: by its id, or by its table and where it leads."""

    region_id: str | None = None
    route_table_id: str = ""
    route_entry_id: str = ""
    destination_cidr_block: str = ""
    next_hop_id: str = ""
    dry_run: bool = False


@dataclass(frozen=True)
class Entries:
    """Entries of a table."""

    route_table_id: str
    region_id: str | None = None
    route_entry_id: str = ""
    route_entry_name: str = ""
    route_entry_type: str = ""
    destination_cidr_block: str = ""
    next_hop_id: str = ""
    next_hop_type: str = ""
    ip_version: str = ""
    next_token: str = ""
    max_result: Annotated[int, Number(1, 500)] = 50


# -- tables


def _create_table(work: Work, new: NewTable) -> Body:
    vpc = vpcs.find(work, new.vpc_id, new.region_id)
    if new.associate_type != "VSwitch":
        raise Unsupported("AssociateType is VSwitch: there are no gateways here.", code="UnsupportedFeature")
    name = check_name(new.route_table_name, "InvalidRouteTableName.Malformed")
    text = check_name(new.description, "InvalidDescription.Malformed")
    if work.count("SELECT count(*) FROM route_tables WHERE vpc_id = ?", vpc["id"]) >= _TABLES_MAX:
        raise Conflict(f"A VPC has at most {_TABLES_MAX} tables beside its own.", code="QuotaExceeded.RouteTable")
    made = new_id("vtb")
    work.run("INSERT INTO route_tables VALUES (?, ?, ?, ?, ?)", made, vpc["id"], name, text, work.now)
    tags.put(work, "ROUTETABLE", made, new.tag)
    return {"RouteTableId": made, "ResourceGroupId": RESOURCE_GROUP}


def _own(work: Work, table_id: str, where: str | None) -> sqlite3.Row:
    """A table that somebody made. Raises NotFound, and Conflict for a VPC's own."""
    table = find(work, table_id, where)
    if table["is_system"]:
        raise Conflict(f"The table {table_id} is the VPC's own.", code="OperationDenied.SystemRouteTable")
    return table


def _modify_table(work: Work, new: ChangedTable) -> None:
    if new.route_propagation_enable:
        raise Unsupported("RoutePropagationEnable is false: no routes come from elsewhere.", code="UnsupportedFeature")
    table = find(work, new.route_table_id, new.region_id)
    if new.route_table_name is None and new.description is None:
        return
    table = _own(work, new.route_table_id, new.region_id)
    name = renamed(table["name"], new.route_table_name, "InvalidRouteTableName.Malformed")
    text = renamed(table["description"], new.description, "InvalidDescription.Malformed")
    work.run("UPDATE route_tables SET name = ?, description = ? WHERE id = ?", name, text, table["id"])


def _delete_table(work: Work, params: WhichTable) -> None:
    table = _own(work, params.route_table_id, params.region_id)
    if work.row("SELECT 1 FROM route_table_vswitches WHERE table_id = ?", table["id"]):
        raise Conflict("vSwitches route by the table: unassociate them first.", code="DependencyViolation.VSwitch")
    if work.row("SELECT 1 FROM route_entries WHERE table_id = ?", table["id"]):
        raise Conflict("The table has entries: delete them first.", code="DependencyViolation.RouteEntry")
    work.run("DELETE FROM vpc_tags WHERE type = 'ROUTETABLE' AND id = ?", table["id"])
    work.run("DELETE FROM route_tables WHERE id = ?", table["id"])


def _associate(work: Work, params: Bound) -> None:
    table, vswitch = _own(work, params.route_table_id, params.region_id), _vswitch(work, params)
    if vswitch["vpc_id"] != table["vpc_id"]:
        told = f"The vSwitch {params.vswitch_id} is not in the table's VPC {table['vpc_id']}."
        raise InvalidArgument(told, code="InvalidVSwitchId.NotSameVpc")
    if work.row("SELECT 1 FROM route_table_vswitches WHERE vswitch_id = ?", vswitch["id"]):
        raise Conflict(
            f"The vSwitch {vswitch['id']} routes by another table.", code="OperationFailed.AlreadyAssociated"
        )
    work.run("INSERT INTO route_table_vswitches VALUES (?, ?)", vswitch["id"], table["id"])


def _unassociate(work: Work, params: Bound) -> None:
    table, vswitch = _own(work, params.route_table_id, params.region_id), _vswitch(work, params)
    sql = "DELETE FROM route_table_vswitches WHERE vswitch_id = ? AND table_id = ?"
    if not work.run(sql, vswitch["id"], table["id"]):
        told = f"The vSwitch {vswitch['id']} does not route by {table['id']}."
        raise InvalidArgument(told, code="OperationFailed.NotExistAssociation")


def _vswitch(work: Work, params: Bound) -> sqlite3.Row:
    row = work.row("SELECT * FROM vswitches WHERE id = ?", params.vswitch_id)
    if row is None:
        raise NotFound(f"Specified vSwitch does not exist: {params.vswitch_id[:64]}.", code="InvalidVswitchID.NotFound")
    return row


def find(work: Work, table_id: str, where: str | None) -> sqlite3.Row:
    """A table, a VPC's own or another, in a region where one is said. Raises NotFound."""
    row = work.row(f"{_TABLES} WHERE id = ?", table_id)
    if row is None or where not in (None, row["region"]):
        raise NotFound(f"Specified route table does not exist: {table_id[:64]}.", code="InvalidRouteTableId.NotFound")
    return row


def table_of(work: Work, vswitch_id: str, own: str) -> str:
    """The table by which a vSwitch routes: its own one, or that of its VPC."""
    row = work.row("SELECT table_id FROM route_table_vswitches WHERE vswitch_id = ?", vswitch_id)
    return row["table_id"] if row is not None else own


_TABLES = """
SELECT * FROM (
    SELECT route_table_id AS id, id AS vpc_id, router_id, region, '' AS name, '' AS description, created,
        1 AS is_system FROM vpcs
    UNION ALL
    SELECT t.id, v.id, v.router_id, v.region, t.name, t.description, t.created, 0 FROM route_tables t
        JOIN vpcs v ON v.id = t.vpc_id
)"""


def _list_tables(work: Work, params: Tables) -> Body:
    rows = [
        row for row in work.rows(f"{_TABLES} WHERE region = ? ORDER BY created, id", params.region_id)
        if params.vpc_id in ("", row["vpc_id"]) and params.route_table_id in ("", row["id"])
        and params.router_id in ("", row["router_id"]) and params.router_type in ("", "VRouter")
        and params.route_table_name in ("", row["name"]) and params.resource_group_id in (None, "", RESOURCE_GROUP)
        and tags.has(work, "ROUTETABLE", row["id"], params.tag)
    ]  # fmt: skip
    return vpcs.paged(params, rows, "RouterTableList", "RouterTableListType", lambda row: _shown(work, row))


def _shown(work: Work, row: sqlite3.Row) -> Body:
    inner = [one["id"] for one in work.rows("SELECT id FROM vswitches WHERE vpc_id = ? ORDER BY created, id",
                                            row["vpc_id"])]  # fmt: skip
    system = work.row("SELECT route_table_id FROM vpcs WHERE id = ?", row["vpc_id"])
    own = system["route_table_id"] if system is not None else ""
    return {
        "RouteTableId": row["id"], "RouterId": row["router_id"], "RouterType": "VRouter",
        "RouteTableType": "System" if row["is_system"] else "Custom", "RouteTableName": row["name"],
        "Description": row["description"], "VpcId": row["vpc_id"], "Status": "Available",
        "CreationTime": stamp(row["created"]), "OwnerId": int(work.service.account_id), "AssociateType": "VSwitch",
        "VSwitchIds": {"VSwitchId": [one for one in inner if table_of(work, one, own) == row["id"]]},
        "ResourceGroupId": RESOURCE_GROUP, "RoutePropagationEnable": False,
        "Tags": tags.shown(work, "ROUTETABLE", row["id"]), "GatewayIds": {"GatewayIds": []},
    }  # fmt: skip


# -- entries


def _create_entry(work: Work, new: NewEntry) -> Body:
    table = find(work, new.route_table_id, new.region_id)
    block = _destination(work, table, new.destination_cidr_block)
    if new.next_hop_type not in _HOPS:
        told = f"NextHopType is one of {', '.join(_HOPS)}."
        raise InvalidArgument(told, code="InvalidNextHopType.NotFound")
    gateway = work.row("SELECT vpc_id FROM nat_gateways WHERE id = ?", new.next_hop_id)
    if new.next_hop_type != NAT or gateway is None or gateway["vpc_id"] != table["vpc_id"]:
        told = f"There is no {new.next_hop_type} {new.next_hop_id[:64]!r} in {table['vpc_id']}: only {NAT}s are here."
        raise NotFound(told, code="InvalidNexthopId.NotFound")
    if work.row("SELECT 1 FROM route_entries WHERE table_id = ? AND cidr = ?", table["id"], str(block)):
        raise Conflict(f"The table has a route to {block} already.", code="RouterEntryConflict.Duplicated")
    if work.count("SELECT count(*) FROM route_entries WHERE table_id = ?", table["id"]) >= _ENTRIES_MAX:
        raise Conflict(f"A table has at most {_ENTRIES_MAX} entries.", code="QuotaExceeded.RouteEntry")
    check_name(new.route_entry_name, "InvalidRouteEntryName.Malformed")
    check_name(new.description, "InvalidDescription.Malformed")
    made = add(work, table["id"], table["vpc_id"], str(block), new.next_hop_id, new.route_entry_name, new.description)
    return {"RouteEntryId": made}


def add(
    work: Work, table: str, vpc: str, cidr: str, hop: str, name: str = "", text: str = "", *, automatic: bool = False
) -> str:
    """Keep a route to a NAT gateway; returns its id."""
    made = new_id("rte")
    values = made, table, vpc, cidr, NAT, hop, name, text, automatic, work.now
    work.run("INSERT INTO route_entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", *values)
    return made


def _destination(work: Work, table: sqlite3.Row, text: str) -> IPv4Network:
    """Where a route leads: nowhere that the system has a route to itself. Raises InvalidArgument, Conflict."""
    try:
        block = IPv4Network(text)
    except ValueError as error:
        told = f"Specified CIDR block is not valid: {text[:64]!r}, {error}."
        raise InvalidArgument(told, code="InvalidCidrBlock.Malformed") from None
    taken = [IPv4Network(row["cidr"])
             for row in work.rows("SELECT cidr FROM vswitches WHERE vpc_id = ?", table["vpc_id"])]  # fmt: skip
    for inner in (IPv4Network(_SERVICE), *taken):
        if block.subnet_of(inner):
            told = f"{block} lies within {inner}, to which the system has a route."
            raise Conflict(told, code="RouterEntryConflict.Duplicated")
    return block


def _delete_entry(work: Work, params: GoneEntry) -> None:
    if not params.route_entry_id and not (params.route_table_id and params.destination_cidr_block):
        told = "RouteEntryId, or RouteTableId and DestinationCidrBlock, is mandatory for this action."
        raise InvalidArgument(told, code="MissingRouteEntryId")
    if params.route_table_id:
        find(work, params.route_table_id, params.region_id)
    rows = work.rows(
        "SELECT id FROM route_entries WHERE ? IN ('', id) AND ? IN ('', table_id) AND ? IN ('', cidr)"
        " AND ? IN ('', hop_id)",
        params.route_entry_id, params.route_table_id, params.destination_cidr_block, params.next_hop_id,
    )  # fmt: skip
    if not rows:
        raise NotFound("Specified route entry does not exist.", code="InvalidRouteEntry.NotFound")
    work.run("DELETE FROM route_entries WHERE id = ?", rows[0]["id"])


def _entries(work: Work, table: sqlite3.Row) -> Iterator[Body]:
    """All entries of a table: the system's, then those that were made."""
    for row in work.rows("SELECT id, cidr FROM vswitches WHERE vpc_id = ? ORDER BY created, id", table["vpc_id"]):
        yield _entry(table, row["cidr"], "local", "", kind="System")
    yield _entry(table, _SERVICE, "service", "", kind="System")
    for row in work.rows("SELECT * FROM route_entries WHERE table_id = ? ORDER BY created, id", table["id"]):
        yield _entry(table, row["cidr"], row["hop_type"], row["hop_id"], row=row)


def _entry(
    table: sqlite3.Row, cidr: str, hop: str, hop_id: str, *, kind: str = "Custom", row: sqlite3.Row | None = None
) -> Body:
    return {
        "RouteTableId": table["id"], "DestinationCidrBlock": cidr, "Type": kind, "Status": "Available",
        "RouteEntryId": row["id"] if row is not None else "", "IpVersion": "ipv4",
        "RouteEntryName": row["name"] if row is not None else "",
        "Description": row["description"] if row is not None else "",
        "NextHops": {"NextHop": [{"NextHopType": hop, "NextHopId": hop_id, "Enabled": 1, "Weight": 0}]},
    }  # fmt: skip


def _list_entries(work: Work, params: Entries) -> Body:
    table = find(work, params.route_table_id, params.region_id)
    found = [one for one in _entries(work, table) if _is_wanted(params, one)]
    first = int(params.next_token) if params.next_token.isascii() and params.next_token.isdigit() else 0
    page = found[first : first + params.max_result]
    body: Body = {"RouteEntrys": {"RouteEntry": page}}
    if first + len(page) < len(found):
        body["NextToken"] = str(first + len(page))
    return body


def _is_wanted(params: Entries, one: Body) -> bool:
    hop = one["NextHops"]["NextHop"][0]
    return (
        params.route_entry_id in ("", one["RouteEntryId"]) and params.route_entry_name in ("", one["RouteEntryName"])
        and params.route_entry_type.lower() in ("", one["Type"].lower())
        and params.destination_cidr_block in ("", one["DestinationCidrBlock"])
        and params.next_hop_id in ("", hop["NextHopId"]) and params.next_hop_type in ("", hop["NextHopType"])
        and params.ip_version.lower() in ("", "ipv4")
    )  # fmt: skip


def _tables_with_entries(work: Work, params: TablesWithEntries) -> Body:
    router = params.router_id or params.vrouter_id
    rows = [
        row for row in work.rows(f"{_TABLES} WHERE region = ? ORDER BY created, id", params.region_id or
                                 work.service.own)
        if params.route_table_id in ("", row["id"]) and router in ("", row["router_id"])
        and params.router_type in ("", "VRouter") and params.route_table_name in ("", row["name"])
    ]  # fmt: skip

    def shown(row: sqlite3.Row) -> Body:
        body = _shown(work, row)
        entries = [
            {**one, "NextHopType": hop["NextHopType"], "InstanceId": hop["NextHopId"], "NextHops": {"NextHop": []}}
            for one in _entries(work, row) for hop in one["NextHops"]["NextHop"]
        ]  # fmt: skip
        return {**body, "VRouterId": row["router_id"], "RouteEntrys": {"RouteEntry": entries}}

    return vpcs.paged(params, rows, "RouteTables", "RouteTable", shown)


ROUTES: tuple[Any, ...] = (
    changes("CreateRouteTable", NewTable, _create_table, "vpc/{vpc_id}"),
    changes("ModifyRouteTableAttributes", ChangedTable, _modify_table, "routetable/{route_table_id}"),
    changes("DeleteRouteTable", WhichTable, _delete_table, "routetable/{route_table_id}"),
    changes("AssociateRouteTable", Bound, _associate, "routetable/{route_table_id}"),
    changes("UnassociateRouteTable", Bound, _unassociate, "routetable/{route_table_id}"),
    reads("DescribeRouteTableList", Tables, _list_tables, "routetable/*"),
    reads("DescribeRouteTables", TablesWithEntries, _tables_with_entries, "routetable/*"),
    changes("CreateRouteEntry", NewEntry, _create_entry, "routetable/{route_table_id}"),
    changes("DeleteRouteEntry", GoneEntry, _delete_entry, "routetable/{route_table_id}"),
    reads("DescribeRouteEntryList", Entries, _list_entries, "routetable/{route_table_id}"),
)
