"""What is offered of VPC. Source: the vendor's list of operations (Vpc 2016-04-28), as far as networks go."""

from collections.abc import Mapping

from yunbox.services.vpc.apis import API
from yunbox.spine import offered
from yunbox.spine.offered import Status

_AREAS = {
    "VPCs": "CreateVpc DescribeVpcAttribute ModifyVpcAttribute DeleteVpc DescribeVpcs AssociateVpcCidrBlock "
    "UnassociateVpcCidrBlock",
    "vSwitches": "CreateVSwitch DescribeVSwitchAttributes ModifyVSwitchAttribute DeleteVSwitch DescribeVSwitches",
    "Route tables": "DescribeRouteTableList DescribeRouteTables CreateRouteTable ModifyRouteTableAttributes "
    "DeleteRouteTable AssociateRouteTable UnassociateRouteTable CreateRouteEntry DeleteRouteEntry "
    "DescribeRouteEntryList",
    "Regions and zones": "DescribeRegions DescribeZones",
    "Tags": "TagResources UnTagResources ListTagResources",
    "Elastic IP addresses": "AllocateEipAddress DescribeEipAddresses AssociateEipAddress UnassociateEipAddress "
    "ReleaseEipAddress",
    "NAT gateways": "CreateNatGateway DescribeNatGateways DeleteNatGateway CreateSnatEntry DescribeSnatTableEntries "
    "DeleteSnatEntry",
}
_PARTLY = {
    "CreateVpc": "IPv4; EnableIpv6 and UserCidr are refused by name; the one resource group is `rg-default`",
    "DeleteVpc": "ForceDelete is refused by name",
    "CreateVSwitch": "IPv4",
    "DescribeRouteTableList": "each VPC's own table; there are no others",
}
BESIDE: Mapping[str, str] = {
    "ClientToken": "kept for a day, with what it created: sent again, also after a kill, nothing is made twice",
    "DryRun": "all is checked, nothing is done, DryRunOperation",
    "what a network does": "nothing: it is a resource with its rules, and no packet passes through it",
    "regions": "a data file, `schema/regions.json`, and the house's own",
}


def statuses() -> list[Status]:
    """Each operation, and whether it is offered."""
    return offered.statuses(_AREAS, _PARTLY, (route.operation.name for route in API.routes))


def page() -> str:
    """The coverage page as Markdown."""
    return offered.page("VPC", "vpc", "InvalidAction.NotFound", statuses(), BESIDE)
