"""VPC by its own SDK: addresses that fit and that do not, requests that are sent twice, dry runs, tags and pages."""

import inspect
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass
from types import ModuleType
from typing import Any

import pytest
from alibabacloud_ecs20140526 import models as ecs_models
from alibabacloud_vpc20160428 import models as m
from alibabacloud_vpc20160428.client import Client

from tests.clients.openapi.clients import Key, allow, code, config, failure, new_user
from yunbox.services.vpc.apis import API as VPC_API
from yunbox.services.vpc.apis import ECS_API
from yunbox.testing.server import Server
from yunbox.wire.openapi.api import Api

REGION = "cn-hangzhou"
ZONE = "cn-hangzhou-h"


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    return Client(config(server))


def make(client: Client, cidr: str = "10.0.0.0/16", **more: Any) -> str:
    request = m.CreateVpcRequest(region_id=REGION, cidr_block=cidr, **more)
    return client.create_vpc(request).body.vpc_id


def inside(vpc: str, cidr: str, **more: Any) -> m.CreateVSwitchRequest:
    given = {"region_id": REGION, "zone_id": ZONE, **more}
    return m.CreateVSwitchRequest(vpc_id=vpc, cidr_block=cidr, **given)


def remove(client: Client, vpc: str) -> None:
    listed = client.describe_vswitches(m.DescribeVSwitchesRequest(vpc_id=vpc, region_id=REGION, page_size=50))
    for one in listed.body.v_switches.v_switch:
        client.delete_vswitch(m.DeleteVSwitchRequest(v_switch_id=one.v_switch_id))
    client.delete_vpc(m.DeleteVpcRequest(vpc_id=vpc))


def test_a_network_from_beginning_to_end(client: Client) -> None:
    vpc = make(client, vpc_name="net", description="one")
    found = client.describe_vpc_attribute(m.DescribeVpcAttributeRequest(vpc_id=vpc)).body
    assert (found.vpc_name, found.cidr_block, found.status, found.region_id) == (
        "net",
        "10.0.0.0/16",
        "Available",
        REGION,
    )
    client.modify_vpc_attribute(m.ModifyVpcAttributeRequest(vpc_id=vpc, vpc_name="net2"))
    made = client.create_vswitch(inside(vpc, "10.0.1.0/24", v_switch_name="part")).body.v_switch_id
    part = client.describe_vswitch_attributes(m.DescribeVSwitchAttributesRequest(v_switch_id=made)).body
    assert (part.v_switch_name, part.zone_id, part.available_ip_address_count) == ("part", ZONE, 252)
    found = client.describe_vpc_attribute(m.DescribeVpcAttributeRequest(vpc_id=vpc)).body
    assert (found.vpc_name, found.v_switch_ids.v_switch_id) == ("net2", [made])
    tables = client.describe_route_table_list(m.DescribeRouteTableListRequest(region_id=REGION, vpc_id=vpc)).body
    table = tables.router_table_list.router_table_list_type[0]
    assert (table.vpc_id, table.v_switch_ids.v_switch_id, table.router_id) == (vpc, [made], found.vrouter_id)
    error = failure(client.delete_vpc, m.DeleteVpcRequest(vpc_id=vpc))
    assert (error.code, error.data["statusCode"]) == ("DependencyViolation.VSwitch", 400)
    remove(client, vpc)
    error = failure(client.describe_vpc_attribute, m.DescribeVpcAttributeRequest(vpc_id=vpc))
    assert (error.code, error.data["statusCode"]) == ("InvalidVpcId.NotFound", 404)


def test_the_article_s_vswitch_lies_outside_its_network(client: Client) -> None:
    vpc = make(client)
    error = failure(client.create_vswitch, inside(vpc, "10.1.0.0/24"))
    assert (error.code, error.data["statusCode"]) == ("InvalidParameter", 400)
    assert "Specified CIDR block is not valid in VPC" in error.message
    assert "10.1.0.0/24 does not lie within 10.0.0.0/16" in error.message
    remove(client, vpc)


def test_blocks_that_overlap(client: Client) -> None:
    vpc = make(client)
    client.create_vswitch(inside(vpc, "10.0.0.0/24"))
    for cidr in ("10.0.0.0/24", "10.0.0.128/25", "10.0.0.0/20"):
        error = failure(client.create_vswitch, inside(vpc, cidr))
        assert error.code == "InvalidCidrBlock.Overlapped"
        assert cidr in error.message
        assert "10.0.0.0/24" in error.message
    smaller = m.ModifyVpcAttributeRequest(vpc_id=vpc, cidr_block="10.0.128.0/17")
    assert code(client.modify_vpc_attribute, smaller) == "InvalidParameter"
    remove(client, vpc)


@pytest.mark.parametrize(
    "cidr",
    ["10.0.0.0", "10.0.0.5/16", "10.0.0.0/7", "10.0.0.0/29", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/8",
     "100.64.0.0/16", "x/16", "300.0.0.0/8", "::/64"],
)  # fmt: skip
def test_what_is_no_block_for_a_network(client: Client, cidr: str) -> None:
    error = failure(make, client, cidr)
    assert (error.code, error.data["statusCode"]) == ("InvalidCidrBlock.Malformed", 400)


def test_what_is_not_there_is_named(client: Client) -> None:
    vpc = make(client)
    for request, expected in (
        (inside("vpc-nowhere", "10.0.0.0/24"), "InvalidVpcId.NotFound"),
        (inside(vpc, "10.0.0.0/24", zone_id="cn-hangzhou-z"), "InvalidZoneId.NotFound"),
        (inside(vpc, "10.0.0.0/24", zone_id="cn-beijing-a"), "InvalidZoneId.NotFound"),
        (inside(vpc, "10.0.0.0/24", region_id="cn-beijing"), "InvalidVpcId.NotFound"),
        (inside(vpc, "10.0.0.0/30"), "InvalidCidrBlock.Malformed"),
        (m.CreateVSwitchRequest(vpc_id=vpc, zone_id=ZONE), "MissingCidrBlock"),
    ):
        error = failure(client.create_vswitch, request)
        assert error.code == expected
        assert error.data["statusCode"] == (404 if expected.endswith("NotFound") else 400)
    assert code(client.create_vpc, m.CreateVpcRequest(region_id="mars-1")) == "InvalidRegionId.NotFound"
    assert (
        code(client.create_vpc, m.CreateVpcRequest(region_id=REGION, vpc_name="http://x")) == "InvalidVpcName.Malformed"
    )
    remove(client, vpc)


def test_a_dry_run_checks_and_does_nothing(client: Client) -> None:
    before = client.describe_vpcs(m.DescribeVpcsRequest(region_id=REGION)).body.total_count
    error = failure(client.create_vpc, m.CreateVpcRequest(region_id=REGION, dry_run=True))
    assert (error.code, error.data["statusCode"]) == ("DryRunOperation", 400)
    assert client.describe_vpcs(m.DescribeVpcsRequest(region_id=REGION)).body.total_count == before
    assert failure(client.describe_vpcs, m.DescribeVpcsRequest(region_id=REGION, dry_run=True)).code == error.code


@pytest.mark.parametrize(("api", "models"), [(VPC_API, m), (ECS_API, ecs_models)], ids=["Vpc", "Ecs"])
def test_tokens_and_dry_runs_are_for_what_the_vendor_has_them_for(api: Api, models: ModuleType) -> None:
    """Of the products that are here, only VPC's and ECS's requests have them in the vendor's SDKs."""
    for route in api.routes:
        asked = inspect.signature(getattr(models, f"{route.operation.name}Request").__init__).parameters
        kind = route.operation.params
        own = {field.name for field in fields(kind)} if is_dataclass(kind) else ()
        for name in ("client_token", "dry_run"):
            assert (name in asked) == (name in own), (route.operation.name, name)


def test_a_request_that_is_sent_twice_creates_once(client: Client) -> None:
    request = m.CreateVpcRequest(region_id=REGION, cidr_block="192.168.0.0/16", client_token="once")
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: client.create_vpc(request).body.vpc_id, range(4)))
    assert len(set(made)) == 1
    other = m.CreateVpcRequest(region_id=REGION, cidr_block="172.16.0.0/12", client_token="once")
    error = failure(client.create_vpc, other)
    assert (error.code, error.data["statusCode"]) == ("IdempotentParameterMismatch", 400)
    remove(client, made[0])


def test_pages_and_filters(client: Client) -> None:
    made = [make(client, f"10.{number}.0.0/16", vpc_name=f"page{number}") for number in range(3)]
    first = client.describe_vpcs(m.DescribeVpcsRequest(region_id=REGION, page_size=2)).body
    second = client.describe_vpcs(m.DescribeVpcsRequest(region_id=REGION, page_size=2, page_number=2)).body
    found = [one.vpc_id for body in (first, second) for one in body.vpcs.vpc]
    assert (first.total_count, set(made) <= set(found)) == (3, True)
    by_id = client.describe_vpcs(m.DescribeVpcsRequest(region_id=REGION, vpc_id=made[1])).body
    assert [one.vpc_name for one in by_id.vpcs.vpc] == ["page1"]
    assert client.describe_vpcs(m.DescribeVpcsRequest(region_id="cn-beijing")).body.total_count == 0
    wrong = m.DescribeVpcsRequest(region_id=REGION, page_size=51)
    assert code(client.describe_vpcs, wrong) == "InvalidParameter.PageSize"
    for vpc in made:
        remove(client, vpc)


def test_tags(client: Client) -> None:
    vpc = make(client, tag=[m.CreateVpcRequestTag(key="team", value="red")])
    of = {"region_id": REGION, "resource_type": "VPC", "resource_id": [vpc]}
    env = m.TagResourcesRequestTag(key="env", value="test")
    client.tag_resources(m.TagResourcesRequest(**of, tag=[env]))
    listed = client.list_tag_resources(m.ListTagResourcesRequest(**of)).body.tag_resources.tag_resource
    assert {one.tag_key: one.tag_value for one in listed} == {"team": "red", "env": "test"}
    wanted = m.DescribeVpcsRequest(region_id=REGION, tag=[m.DescribeVpcsRequestTag(key="team", value="red")])
    assert [one.vpc_id for one in client.describe_vpcs(wanted).body.vpcs.vpc] == [vpc]
    client.un_tag_resources(m.UnTagResourcesRequest(**of, tag_key=["team"]))
    assert not client.describe_vpcs(wanted).body.vpcs.vpc
    missing = m.TagResourcesRequest(**{**of, "resource_id": ["vpc-x"]}, tag=[env])
    assert code(client.tag_resources, missing) == "InvalidResourceId.NotFound"
    remove(client, vpc)


def test_regions_and_zones(client: Client, server: Server) -> None:
    found = {one.region_id for one in client.describe_regions(m.DescribeRegionsRequest()).body.regions.region}
    assert {"cn-hangzhou", "cn-beijing", "eu-central-1", "ap-southeast-1", server.region} <= found
    zones = client.describe_zones(m.DescribeZonesRequest(region_id=REGION)).body.zones.zone
    assert ZONE in [zone.zone_id for zone in zones]


def test_rights(server: Server, client: Client) -> None:
    vpc = make(client)
    nobody = Client(config(server, new_user(server, "no-networks")))
    error = failure(nobody.describe_vpcs, m.DescribeVpcsRequest(region_id=REGION))
    assert (error.code, error.data["statusCode"]) == ("Forbidden.RAM", 403)
    assert error.data["AccessDeniedDetail"]["AuthAction"] == "vpc:DescribeVpcs"
    key: Key = new_user(server, "one-network", allow("vpc:*", resource=f"acs:vpc:{REGION}:*:vpc/{vpc}"))
    mine = Client(config(server, key))
    which = m.DescribeVpcAttributeRequest(vpc_id=vpc, region_id=REGION)
    assert mine.describe_vpc_attribute(which).body.vpc_id == vpc
    assert code(mine.describe_vpcs, m.DescribeVpcsRequest(region_id=REGION)) == "Forbidden.RAM"
    remove(client, vpc)


def test_networks_outlive_a_kill(tmp_path: Any) -> None:
    with Server(tmp_path / "data") as server:
        request = m.CreateVpcRequest(region_id=REGION, client_token="token", vpc_name="kept")
        made = Client(config(server)).create_vpc(request).body.vpc_id
        server.kill()
        server.start()
        client = Client(config(server))
        assert client.create_vpc(request).body.vpc_id == made, "sent again after the end: nothing is made twice"
        listed = client.describe_vpcs(m.DescribeVpcsRequest(region_id=REGION)).body
        assert [(one.vpc_id, one.vpc_name) for one in listed.vpcs.vpc] == [(made, "kept")]


def test_zones_are_spelled_as_the_vendor_s(client: Client) -> None:
    def zones(region: str) -> set[str]:
        found = client.describe_zones(m.DescribeZonesRequest(region_id=region)).body.zones.zone
        return {zone.zone_id for zone in found}

    assert {"cn-hangzhou-h", "cn-hangzhou-i"} <= zones("cn-hangzhou")
    assert zones("eu-central-1") == {"eu-central-1a", "eu-central-1b", "eu-central-1c"}
