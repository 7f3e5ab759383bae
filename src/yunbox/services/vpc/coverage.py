"""What is offered of VPC, and of ECS' security groups.

Source: the vendor's lists of operations (Vpc 2016-04-28, Ecs 2014-05-26), as far as networks go.
"""

from collections.abc import Mapping

from yunbox.services.vpc.apis import API, ECS_API
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
    "ReleaseEipAddress ModifyEipAddressAttribute AddCommonBandwidthPackageIp ModifyEipForwardMode "
    "SetHighDefinitionMonitorLogStatus DescribeHighDefinitionMonitorLogAttribute MoveResourceGroup DeletionProtection",
    "NAT gateways": "CreateNatGateway DescribeNatGateways ModifyNatGatewayAttribute ModifyNatGatewaySpec "
    "GetNatGatewayAttribute UpdateNatGatewayNatType DeleteNatGateway CreateSnatEntry ModifySnatEntry "
    "DescribeSnatTableEntries DeleteSnatEntry CreateForwardEntry ModifyForwardEntry DescribeForwardTableEntries "
    "DeleteForwardEntry CreateNatIp ListNatIps DeleteNatIp",
    "ECS: security groups": "CreateSecurityGroup DescribeSecurityGroups DescribeSecurityGroupAttribute "
    "ModifySecurityGroupAttribute ModifySecurityGroupPolicy DeleteSecurityGroup AuthorizeSecurityGroup "
    "AuthorizeSecurityGroupEgress RevokeSecurityGroup RevokeSecurityGroupEgress ModifySecurityGroupRule "
    "ModifySecurityGroupEgressRule DescribeSecurityGroupReferences JoinSecurityGroup LeaveSecurityGroup "
    "UntagResources",
}
_PARTLY = {
    "CreateVpc": "IPv4; EnableIpv6 and UserCidr are refused by name; the one resource group is `rg-default`",
    "DeleteVpc": "ForceDelete is refused by name",
    "CreateVSwitch": "IPv4",
    "CreateRouteTable": "of vSwitches, not of gateways",
    "CreateRouteEntry": "to NAT gateways; other next hops are not here, and refused by name",
    "AllocateEipAddress": "PostPaid, addresses of 198.18.0.0/15",
    "AssociateEipAddress": "to NAT gateways; other instances are not here",
    "CreateNatGateway": "Enhanced, PostPaid, PayByLcu",
    "CreateSecurityGroup": "in a VPC",
    "AuthorizeSecurityGroup": "blocks of addresses and groups; prefix lists are refused by name",
    "AuthorizeSecurityGroupEgress": "the same",
}
BESIDE: Mapping[str, str] = {
    "ClientToken": "kept for a day, with what it created: sent again, also after a kill, nothing is made twice",
    "DryRun": "all is checked, nothing is done, DryRunOperation",
    "what a network does": "nothing: it, its routes, gateways and security groups are resources with their rules, and "
    "no packet passes through them or is judged by them",
    "a VPC or vSwitch that has something": "DependencyViolation, with the kind of what it has and its id",
    "tags": "of VPC, VSWITCH, ROUTETABLE, EIP and NATGATEWAY; of ECS, of securitygroup",
    "regions": "a data file, `schema/regions.json`, and the house's own",
}


def statuses() -> list[Status]:
    """Each operation, and whether it is offered."""
    return offered.statuses(_AREAS, _PARTLY, (route.operation.name for route in (*API.routes, *ECS_API.routes)))


def page() -> str:
    """The coverage page as Markdown."""
    return offered.page("VPC and security groups", "vpc", "InvalidAction.NotFound", statuses(), BESIDE)
