"""What lies in networks by the SDKs of VPC and ECS: route tables, addresses, NAT gateways and security groups."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_ecs20140526 import models as e
from alibabacloud_ecs20140526.client import Client as Ecs
from alibabacloud_vpc20160428 import models as m
from alibabacloud_vpc20160428.client import Client

from tests.clients.openapi.clients import Key, allow, code, config, failure, new_user
from yunbox.testing.server import Server

REGION, ZONE = "cn-hangzhou", "cn-hangzhou-h"
IN = {"region_id": REGION}


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    return Client(config(server))


@pytest.fixture(scope="module")
def ecs(server: Server) -> Ecs:
    return Ecs(config(server))


@pytest.fixture
def vpc(client: Client) -> Iterator[str]:
    made = client.create_vpc(m.CreateVpcRequest(**IN, cidr_block="10.0.0.0/8")).body.vpc_id
    yield made
    client.delete_vpc(m.DeleteVpcRequest(vpc_id=made))


@pytest.fixture
def vswitch(client: Client, vpc: str) -> Iterator[str]:
    made = new_vswitch(client, vpc, "10.1.0.0/24")
    yield made
    client.delete_vswitch(m.DeleteVSwitchRequest(v_switch_id=made))


def new_vswitch(client: Client, vpc: str, cidr: str) -> str:
    request = m.CreateVSwitchRequest(**IN, vpc_id=vpc, zone_id=ZONE, cidr_block=cidr)
    return client.create_vswitch(request).body.v_switch_id


def new_eip(client: Client, **more: Any) -> m.AllocateEipAddressResponseBody:
    return client.allocate_eip_address(m.AllocateEipAddressRequest(**IN, **more)).body


def eip(client: Client, eip_id: str) -> Any:
    found = client.describe_eip_addresses(m.DescribeEipAddressesRequest(**IN, allocation_id=eip_id)).body
    [one] = found.eip_addresses.eip_address
    return one


def new_nat(client: Client, vpc: str, vswitch: str, **more: Any) -> m.CreateNatGatewayResponseBody:
    request = m.CreateNatGatewayRequest(**IN, vpc_id=vpc, v_switch_id=vswitch, nat_type="Enhanced", **more)
    return client.create_nat_gateway(request).body


def nat(client: Client, gateway: str) -> Any:
    found = client.describe_nat_gateways(m.DescribeNatGatewaysRequest(**IN, nat_gateway_id=gateway)).body
    [one] = found.nat_gateways.nat_gateway
    return one


def release(client: Client, eip_id: str) -> None:
    client.release_eip_address(m.ReleaseEipAddressRequest(**IN, allocation_id=eip_id))


def bind(client: Client, eip_id: str, gateway: str) -> None:
    client.associate_eip_address(
        m.AssociateEipAddressRequest(**IN, allocation_id=eip_id, instance_id=gateway, instance_type="Nat")
    )


# -- addresses


def test_an_address_from_beginning_to_end(client: Client) -> None:
    new = {"bandwidth": "10", "internet_charge_type": "PayByTraffic", "name": "out", "client_token": "once"}
    made = new_eip(client, **new)
    assert new_eip(client, **new).allocation_id == made.allocation_id, "sent again, nothing is made twice"
    found = eip(client, made.allocation_id)
    assert (found.status, found.bandwidth, found.ip_address, found.isp) == ("Available", "10", made.eip_address, "BGP")
    assert (found.internet_charge_type, found.charge_type, found.name) == ("PayByTraffic", "PostPaid", "out")
    changed = m.ModifyEipAddressAttributeRequest(**IN, allocation_id=made.allocation_id, bandwidth="20", name="way out")
    client.modify_eip_address_attribute(changed)
    found = eip(client, made.allocation_id)
    assert (found.bandwidth, found.name) == ("20", "way out")
    protect = m.DeletionProtectionRequest(**IN, instance_id=made.allocation_id, type="EIP", protection_enable=True)
    client.deletion_protection(protect)
    gone = m.ReleaseEipAddressRequest(**IN, allocation_id=made.allocation_id)
    assert code(client.release_eip_address, gone) == "OperationDenied.DeletionProtected"
    protect.protection_enable = False
    client.deletion_protection(protect)
    release(client, made.allocation_id)
    assert code(client.release_eip_address, gone) == "InvalidAllocationId.NotFound"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"instance_charge_type": "PrePaid"}, "UnsupportedFeature"),
        ({"internet_charge_type": "PayByMood"}, "InvalidParameter"),
        ({"bandwidth": "0"}, "InvalidParameter.Bandwidth"),
        ({"isp": "Pigeon"}, "InvalidParameter"),
        ({"name": "http://x"}, "InvalidName.Malformed"),
        ({"ip_address": "1.2.3.4"}, "InvalidParameter.IpAddress"),
        ({"instance_id": "eip-of-once"}, "UnsupportedFeature"),
    ],
)
def test_what_is_wrong_with_an_address_is_named(client: Client, more: dict[str, Any], expected: str) -> None:
    assert code(client.allocate_eip_address, m.AllocateEipAddressRequest(**IN, **more)) == expected


def test_there_are_as_many_addresses_as_there_may_be(client: Client) -> None:
    there = client.describe_eip_addresses(m.DescribeEipAddressesRequest(**IN)).body.total_count
    made = [new_eip(client).allocation_id for _ in range(20 - there)]
    assert code(client.allocate_eip_address, m.AllocateEipAddressRequest(**IN)) == "QuotaExceeded.Eip"
    page = client.describe_eip_addresses(m.DescribeEipAddressesRequest(**IN, page_size=7, page_number=3)).body
    assert (page.total_count, len(page.eip_addresses.eip_address)) == (20, 6)
    for one in made:
        release(client, one)


# -- NAT gateways


def test_a_nat_gateway_from_beginning_to_end(client: Client, vpc: str, vswitch: str) -> None:
    made = new_nat(client, vpc, vswitch, name="door")
    [table] = made.snat_table_ids.snat_table_id
    found = nat(client, made.nat_gateway_id)
    assert (found.status, found.name, found.nat_type, found.network_type) == (
        "Available",
        "door",
        "Enhanced",
        "internet",
    )
    assert (found.vpc_id, found.nat_gateway_private_info.vswitch_id) == (vpc, vswitch)
    assert found.nat_gateway_private_info.private_ip_address == "10.1.0.252"
    shown = client.describe_vswitches(m.DescribeVSwitchesRequest(**IN, v_switch_id=vswitch)).body.v_switches.v_switch[0]
    assert shown.available_ip_address_count == 251
    for gone in (m.DeleteVpcRequest(vpc_id=vpc), m.DeleteVSwitchRequest(v_switch_id=vswitch)):
        call = client.delete_vpc if isinstance(gone, m.DeleteVpcRequest) else client.delete_vswitch
        assert code(call, gone) == "DependencyViolation.NatGateway"
    address = new_eip(client)
    entry = m.CreateSnatEntryRequest(
        **IN, snat_table_id=table, snat_ip=address.eip_address, source_vswitch_id=vswitch, snat_entry_name="all"
    )
    assert code(client.create_snat_entry, entry) == "EIP_NOT_IN_GATEWAY"
    bind(client, address.allocation_id, made.nat_gateway_id)
    assert eip(client, address.allocation_id).status == "InUse"
    assert eip(client, address.allocation_id).instance_id == made.nat_gateway_id
    again = m.AssociateEipAddressRequest(
        **IN, allocation_id=address.allocation_id, instance_id=made.nat_gateway_id, instance_type="Nat"
    )
    assert code(client.associate_eip_address, again) == "IncorrectEipStatus"
    snat = client.create_snat_entry(entry).body.snat_entry_id
    assert code(client.create_snat_entry, entry) == "InvalidSourceCIDR.AlreadyExisted"
    listed = client.describe_snat_table_entries(m.DescribeSnatTableEntriesRequest(**IN, snat_table_id=table)).body
    [one] = listed.snat_table_entries.snat_table_entry
    assert (one.snat_entry_id, one.snat_ip, one.source_cidr, one.source_vswitch_id, one.status) == (
        snat, address.eip_address, "10.1.0.0/24", vswitch, "Available",
    )  # fmt: skip
    client.modify_snat_entry(
        m.ModifySnatEntryRequest(**IN, snat_table_id=table, snat_entry_id=snat, snat_entry_name="renamed")
    )
    [bound] = nat(client, made.nat_gateway_id).ip_lists.ip_list
    assert (bound.ip_address, bound.snat_entry_enabled) == (address.eip_address, True)
    unbind = m.UnassociateEipAddressRequest(
        **IN, allocation_id=address.allocation_id, instance_id=made.nat_gateway_id, instance_type="Nat"
    )
    assert code(client.unassociate_eip_address, unbind) == "InvalidIpStatus.HasBeenUsedBySnatTable"
    gone = m.ReleaseEipAddressRequest(**IN, allocation_id=address.allocation_id)
    assert code(client.release_eip_address, gone) == "IncorrectEipStatus"
    end = m.DeleteNatGatewayRequest(**IN, nat_gateway_id=made.nat_gateway_id)
    assert code(client.delete_nat_gateway, end) == "DependencyViolation.SnatEntries"
    client.delete_snat_entry(m.DeleteSnatEntryRequest(**IN, snat_table_id=table, snat_entry_id=snat))
    assert code(client.delete_nat_gateway, end) == "DependencyViolation.EIPS"
    client.unassociate_eip_address(unbind)
    client.delete_nat_gateway(end)
    release(client, address.allocation_id)
    assert code(client.delete_nat_gateway, end) == "InvalidNatGatewayId.NotFound"
    missing = m.DescribeSnatTableEntriesRequest(**IN, snat_table_id=table)
    assert code(client.describe_snat_table_entries, missing) == "InvalidSnatTableId.NotFound"


def test_force_takes_what_hangs_on_a_gateway_away(client: Client, vpc: str, vswitch: str) -> None:
    made, address = new_nat(client, vpc, vswitch), new_eip(client)
    bind(client, address.allocation_id, made.nat_gateway_id)
    entry = m.CreateSnatEntryRequest(
        **IN, snat_table_id=made.snat_table_ids.snat_table_id[0], snat_ip=address.eip_address, source_cidr="10.9.0.0/16"
    )
    client.create_snat_entry(entry)
    client.delete_nat_gateway(m.DeleteNatGatewayRequest(**IN, nat_gateway_id=made.nat_gateway_id, force=True))
    assert eip(client, address.allocation_id).status == "Available"
    release(client, address.allocation_id)


def test_what_is_wrong_with_a_gateway_is_named(client: Client, vpc: str, vswitch: str) -> None:
    for more, expected in (
        ({"nat_type": "Normal"}, "UnsupportedFeature"), ({"instance_charge_type": "PrePaid"}, "UnsupportedFeature"),
        ({"network_type": "moon"}, "InvalidParameter"), ({"v_switch_id": "vsw-x"}, "InvalidVswitchID.NotFound"),
        ({"vpc_id": "vpc-x"}, "InvalidVpcId.NotFound"), ({"v_switch_id": None}, "MissingVSwitchId"),
    ):  # fmt: skip
        given = {**IN, "vpc_id": vpc, "v_switch_id": vswitch, "nat_type": "Enhanced", **more}
        assert code(client.create_nat_gateway, m.CreateNatGatewayRequest(**given)) == expected


# -- routes


def entries(client: Client, table: str, **more: Any) -> list[Any]:
    request = m.DescribeRouteEntryListRequest(**IN, route_table_id=table, **more)
    return client.describe_route_entry_list(request).body.route_entrys.route_entry


def test_routes_lead_to_gateways(client: Client, vpc: str, vswitch: str) -> None:
    own = client.describe_vpc_attribute(m.DescribeVpcAttributeRequest(**IN, vpc_id=vpc)).body
    table = client.describe_route_table_list(m.DescribeRouteTableListRequest(**IN, vpc_id=vpc)).body
    [system] = table.router_table_list.router_table_list_type
    assert (system.route_table_type, system.router_id) == ("System", own.vrouter_id)
    assert [(one.destination_cidr_block, one.type) for one in entries(client, system.route_table_id)] == [
        ("10.1.0.0/24", "System"), ("100.64.0.0/10", "System"),
    ]  # fmt: skip
    gateway = new_nat(client, vpc, vswitch).nat_gateway_id
    [automatic] = entries(client, system.route_table_id, route_entry_type="Custom")
    assert (automatic.destination_cidr_block, automatic.next_hops.next_hop[0].next_hop_id) == ("0.0.0.0/0", gateway)
    route = m.CreateRouteEntryRequest(
        **IN, route_table_id=system.route_table_id, destination_cidr_block="172.16.0.0/12", next_hop_type="NatGateway",
        next_hop_id=gateway, route_entry_name="south",
    )  # fmt: skip
    made = client.create_route_entry(route).body.route_entry_id
    assert code(client.create_route_entry, route) == "RouterEntryConflict.Duplicated"
    older = client.describe_route_tables(m.DescribeRouteTablesRequest(**IN, route_table_id=system.route_table_id)).body
    [listed] = older.route_tables.route_table
    found = {
        one.destination_cidr_block: (one.next_hop_type, one.instance_id) for one in listed.route_entrys.route_entry
    }
    assert found["172.16.0.0/12"] == ("NatGateway", gateway), "as Terraform's provider reads it"
    for more, expected in (
        ({"destination_cidr_block": "172.16.0.1/12"}, "InvalidCidrBlock.Malformed"),
        ({"destination_cidr_block": "10.1.0.0/25"}, "RouterEntryConflict.Duplicated"),
        ({"destination_cidr_block": "9.0.0.0/8", "next_hop_type": "Instance"}, "InvalidNexthopId.NotFound"),
        ({"destination_cidr_block": "9.0.0.0/8", "next_hop_type": "Moon"}, "InvalidNextHopType.NotFound"),
        ({"route_table_id": "vtb-x"}, "InvalidRouteTableId.NotFound"),
        ({"destination_cidr_block": "9.0.0.0/8", "dry_run": True}, "DryRunOperation"),
    ):  # fmt: skip
        given = {**route.to_map(), **m.CreateRouteEntryRequest(**more).to_map()}
        assert code(client.create_route_entry, m.CreateRouteEntryRequest().from_map(given)) == expected
    end = m.DeleteNatGatewayRequest(**IN, nat_gateway_id=gateway)
    assert code(client.delete_nat_gateway, end) == "DependencyViolation.RouteEntry"
    gone = m.DeleteRouteEntryRequest(
        **IN, route_table_id=system.route_table_id, destination_cidr_block="172.16.0.0/12", next_hop_id=gateway
    )
    client.delete_route_entry(gone)
    assert made not in [one.route_entry_id for one in entries(client, system.route_table_id)]
    assert code(client.delete_route_entry, gone) == "InvalidRouteEntry.NotFound"
    client.delete_nat_gateway(end)
    assert not entries(client, system.route_table_id, route_entry_type="Custom"), "what came with the gateway goes"


def test_a_table_of_one_s_own(client: Client, vpc: str, vswitch: str) -> None:
    new = m.CreateRouteTableRequest(**IN, vpc_id=vpc, route_table_name="mine", client_token="table")
    table = client.create_route_table(new).body.route_table_id
    assert client.create_route_table(new).body.route_table_id == table
    listed = m.DescribeRouteTableListRequest(**IN, route_table_id=table)

    def shown() -> Any:
        return client.describe_route_table_list(listed).body.router_table_list.router_table_list_type[0]

    assert (shown().route_table_name, shown().route_table_type, shown().status) == ("mine", "Custom", "Available")
    bound = {**IN, "route_table_id": table, "v_switch_id": vswitch}
    client.associate_route_table(m.AssociateRouteTableRequest(**bound))
    assert shown().v_switch_ids.v_switch_id == [vswitch]
    where = m.DescribeVSwitchAttributesRequest(**IN, v_switch_id=vswitch)
    assert client.describe_vswitch_attributes(where).body.route_table.route_table_id == table
    gone = m.DeleteRouteTableRequest(**IN, route_table_id=table)
    assert code(client.delete_route_table, gone) == "DependencyViolation.VSwitch"
    again = m.AssociateRouteTableRequest(**bound)
    assert code(client.associate_route_table, again) == "OperationFailed.AlreadyAssociated"
    client.unassociate_route_table(m.UnassociateRouteTableRequest(**bound))
    client.modify_route_table_attributes(
        m.ModifyRouteTableAttributesRequest(**IN, route_table_id=table, route_table_name="ours")
    )
    tag = m.TagResourcesRequestTag(key="k", value="v")
    client.tag_resources(m.TagResourcesRequest(**IN, resource_type="ROUTETABLE", resource_id=[table], tag=[tag]))
    assert (shown().route_table_name, shown().tags.tag[0].value) == ("ours", "v")
    client.delete_route_table(gone)
    assert code(client.delete_route_table, gone) == "InvalidRouteTableId.NotFound"
    own = client.describe_route_table_list(m.DescribeRouteTableListRequest(**IN, vpc_id=vpc)).body
    system = own.router_table_list.router_table_list_type[0].route_table_id
    keep = m.DeleteRouteTableRequest(**IN, route_table_id=system)
    assert code(client.delete_route_table, keep) == "OperationDenied.SystemRouteTable"


# -- security groups


def new_group(ecs: Ecs, vpc: str, **more: Any) -> str:
    return ecs.create_security_group(e.CreateSecurityGroupRequest(**IN, vpc_id=vpc, **more)).body.security_group_id


def remove_group(ecs: Ecs, group: str) -> None:
    ecs.delete_security_group(e.DeleteSecurityGroupRequest(**IN, security_group_id=group))


def permissions(ecs: Ecs, group: str, **more: Any) -> list[Any]:
    request = e.DescribeSecurityGroupAttributeRequest(**IN, security_group_id=group, **more)
    return ecs.describe_security_group_attribute(request).body.permissions.permission


def test_a_security_group_from_beginning_to_end(client: Client, ecs: Ecs, vpc: str) -> None:
    tag = e.CreateSecurityGroupRequestTag(key="team", value="blue")
    new = {"security_group_name": "web", "description": "in front", "tag": [tag], "client_token": "group"}
    group = new_group(ecs, vpc, **new)
    assert new_group(ecs, vpc, **new) == group
    wanted = e.DescribeSecurityGroupsRequest(**IN, security_group_id=group)

    def shown() -> Any:
        [one] = ecs.describe_security_groups(wanted).body.security_groups.security_group
        return one

    one = shown()
    assert (one.security_group_name, one.vpc_id, one.security_group_type) == ("web", vpc, "normal")
    assert [(each.tag_key, each.tag_value) for each in one.tags.tag] == [("team", "blue")]
    assert code(client.delete_vpc, m.DeleteVpcRequest(vpc_id=vpc)) == "DependencyViolation.SecurityGroup"
    changed = e.ModifySecurityGroupAttributeRequest(**IN, security_group_id=group, security_group_name="site")
    ecs.modify_security_group_attribute(changed)
    policy = e.ModifySecurityGroupPolicyRequest(**IN, security_group_id=group, inner_access_policy="Drop")
    ecs.modify_security_group_policy(policy)
    about = e.DescribeSecurityGroupAttributeRequest(**IN, security_group_id=group)
    found = ecs.describe_security_group_attribute(about).body
    assert (found.inner_access_policy, found.security_group_name, found.vpc_id) == ("Drop", "site", vpc)
    tagged = {**IN, "resource_type": "securitygroup", "resource_id": [group]}
    ecs.tag_resources(e.TagResourcesRequest(**tagged, tag=[e.TagResourcesRequestTag(key="stage", value="test")]))
    ecs.untag_resources(e.UntagResourcesRequest(**tagged, tag_key=["team"]))
    listed = ecs.list_tag_resources(e.ListTagResourcesRequest(**tagged)).body.tag_resources.tag_resource
    assert [(each.tag_key, each.tag_value) for each in listed] == [("stage", "test")]
    remove_group(ecs, group)
    assert ecs.describe_security_groups(wanted).body.total_count == 0
    assert code(ecs.describe_security_group_attribute, about) == "InvalidSecurityGroupId.NotFound"


def test_rules_are_added_once_changed_and_revoked(ecs: Ecs, vpc: str) -> None:
    group, other = new_group(ecs, vpc), new_group(ecs, vpc, security_group_name="db")
    web = e.AuthorizeSecurityGroupRequestPermissions(
        ip_protocol="tcp", port_range="443/443", source_cidr_ip="0.0.0.0/0", policy="accept", priority="1",
        nic_type="intranet", description="https",
    )  # fmt: skip
    inner = e.AuthorizeSecurityGroupRequestPermissions(ip_protocol="all", port_range="-1/-1", source_group_id=other)
    authorize = e.AuthorizeSecurityGroupRequest(**IN, security_group_id=group, permissions=[web, inner])
    for _ in range(2):
        ecs.authorize_security_group(authorize)
    rules = permissions(ecs, group)
    assert [(one.ip_protocol, one.port_range, one.source_cidr_ip, one.source_group_id) for one in rules] == [
        ("TCP", "443/443", "0.0.0.0/0", ""), ("ALL", "-1/-1", "", other),
    ]  # fmt: skip
    assert (rules[0].policy, rules[0].priority, rules[0].direction, rules[0].nic_type) == (
        "Accept", "1", "ingress", "intranet",
    )  # fmt: skip
    gone = e.DeleteSecurityGroupRequest(**IN, security_group_id=other)
    error = failure(ecs.delete_security_group, gone)
    assert (error.code, error.data["statusCode"]) == ("DependencyViolation", 403)
    ecs.authorize_security_group_egress(
        e.AuthorizeSecurityGroupEgressRequest(
            **IN, security_group_id=group, ip_protocol="udp", port_range="53/53", dest_cidr_ip="10.0.0.2", policy="drop"
        )
    )
    [out] = permissions(ecs, group, direction="egress")
    assert (out.dest_cidr_ip, out.policy, out.direction) == ("10.0.0.2", "Drop", "egress")
    ecs.modify_security_group_rule(
        e.ModifySecurityGroupRuleRequest(
            **IN,
            security_group_id=group,
            ip_protocol="tcp",
            port_range="443/443",
            source_cidr_ip="0.0.0.0/0",
            policy="accept",
            priority="1",
            description="encrypted",
        )
    )
    rule = permissions(ecs, group, direction="ingress")[0]
    assert rule.description == "encrypted"
    ecs.modify_security_group_rule(
        e.ModifySecurityGroupRuleRequest(
            **IN, security_group_id=group, security_group_rule_id=rule.security_group_rule_id, port_range="8443/8443"
        )
    )
    rule = permissions(ecs, group, direction="ingress")[0]
    assert (rule.port_range, rule.source_cidr_ip, rule.description) == ("8443/8443", "0.0.0.0/0", "encrypted")
    revoke = e.RevokeSecurityGroupRequest(
        **IN, security_group_id=group, ip_protocol="all", port_range="-1/-1", source_group_id=other
    )
    for _ in range(2):
        ecs.revoke_security_group(revoke)
    ids = e.RevokeSecurityGroupRequest(
        **IN, security_group_id=group, security_group_rule_id=[rule.security_group_rule_id]
    )
    ecs.revoke_security_group(ids)
    assert permissions(ecs, group, direction="ingress") == []
    assert code(ecs.revoke_security_group, ids) == "InvalidSecurityGroupRuleId.NotFound"
    remove_group(ecs, other)
    remove_group(ecs, group)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"ip_protocol": "smoke"}, "InvalidIpProtocol.ValueNotSupported"),
        ({"ip_protocol": None}, "MissingParameter"),
        ({"port_range": "0/80"}, "InvalidIpPortRange.Malformed"),
        ({"port_range": "90/80"}, "InvalidIpPortRange.Malformed"),
        ({"port_range": "-1/-1"}, "InvalidIpPortRange.Malformed"),
        ({"port_range": None}, "MissingParameter"),
        ({"ip_protocol": "icmp"}, "InvalidIpPortRange.Malformed"),
        ({"source_cidr_ip": "10.0.0.1/8"}, "InvalidSourceCidrIp.Malformed"),
        ({"source_cidr_ip": None}, "MissingParameter"),
        ({"source_group_id": "sg-x"}, "InvalidParam.SourceIp"),
        ({"source_cidr_ip": None, "source_group_id": "sg-x"}, "InvalidSourceGroupId.NotFound"),
        ({"source_cidr_ip": None, "source_prefix_list_id": "pl-x"}, "InvalidPrefixListId.NotFound"),
        ({"policy": "maybe"}, "InvalidPolicy.Malformed"),
        ({"priority": "0"}, "InvalidPriority.ValueNotSupported"),
        ({"priority": "101"}, "InvalidPriority.ValueNotSupported"),
        ({"nic_type": "tin"}, "InvalidNicType.ValueNotSupported"),
        ({"security_group_id": "sg-x"}, "InvalidSecurityGroupId.NotFound"),
    ],
)
def test_what_is_wrong_with_a_rule_is_named(ecs: Ecs, vpc: str, more: dict[str, Any], expected: str) -> None:
    group = new_group(ecs, vpc)
    given = {"security_group_id": group, "ip_protocol": "tcp", "port_range": "80/80", "source_cidr_ip": "10.0.0.0/8"}
    request = e.AuthorizeSecurityGroupRequest(**IN, **{**given, **more})
    assert code(ecs.authorize_security_group, request) == expected
    assert permissions(ecs, group) == []
    remove_group(ecs, group)


def test_a_group_has_as_many_rules_as_it_may(ecs: Ecs, vpc: str) -> None:
    group = new_group(ecs, vpc)

    def add(first: int, count: int) -> Any:
        rules = [
            e.AuthorizeSecurityGroupRequestPermissions(
                ip_protocol="tcp", port_range=f"{port}/{port}", source_cidr_ip="10.0.0.0/8"
            )
            for port in range(first, first + count)
        ]
        return e.AuthorizeSecurityGroupRequest(**IN, security_group_id=group, permissions=rules)

    ecs.authorize_security_group(add(1, 100))
    ecs.authorize_security_group(add(101, 99))
    assert code(ecs.authorize_security_group, add(301, 2)) == "AuthorizationLimitExceed"
    assert len(permissions(ecs, group)) == 199, "all or none"
    remove_group(ecs, group)


def test_rights(server: Server, client: Client, ecs: Ecs, vpc: str) -> None:
    group, other = new_group(ecs, vpc), new_group(ecs, vpc)
    resource = f"acs:ecs:{REGION}:*:securitygroup/{group}"
    key: Key = new_user(server, "one-group", allow("ecs:*", resource=resource))
    mine = Ecs(config(server, key))
    assert permissions(mine, group) == []
    about = e.DescribeSecurityGroupAttributeRequest(**IN, security_group_id=other)
    error = failure(mine.describe_security_group_attribute, about)
    assert (error.code, error.data["statusCode"]) == ("Forbidden.RAM", 403)
    assert error.data["AccessDeniedDetail"]["AuthAction"] == "ecs:DescribeSecurityGroupAttribute"
    remove_group(ecs, group)
    remove_group(ecs, other)


def test_what_lies_in_networks_outlives_a_kill(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        client, ecs = Client(config(server)), Ecs(config(server))
        vpc = client.create_vpc(m.CreateVpcRequest(**IN, cidr_block="10.0.0.0/8")).body.vpc_id
        vswitch = new_vswitch(client, vpc, "10.1.0.0/24")
        gateway, address = new_nat(client, vpc, vswitch).nat_gateway_id, new_eip(client)
        bind(client, address.allocation_id, gateway)
        group = new_group(ecs, vpc)
        ecs.authorize_security_group(
            e.AuthorizeSecurityGroupRequest(
                **IN, security_group_id=group, ip_protocol="tcp", port_range="1/9", source_cidr_ip="10.0.0.0/8"
            )
        )
        server.kill()
        server.start()
        client, ecs = Client(config(server)), Ecs(config(server))
        assert nat(client, gateway).vpc_id == vpc
        assert eip(client, address.allocation_id).instance_id == gateway
        assert [one.port_range for one in permissions(ecs, group)] == ["1/9"]
        assert code(client.delete_vpc, m.DeleteVpcRequest(vpc_id=vpc)) == "DependencyViolation.NatGateway"
