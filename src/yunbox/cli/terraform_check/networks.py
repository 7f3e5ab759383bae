"""Networks: addresses by the very rules that VPC has, and the zones that a region has."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

from yunbox.cli.terraform_check.model import Finding, Module, Reference, Resource
from yunbox.cli.terraform_check.values import Values
from yunbox.kernel.errors import KernelError

VPC, VSWITCH = "alicloud_vpc", "alicloud_vswitch"


class Networks:
    """Checks the networks of a folder; ``own`` is the region of the house."""

    def __init__(self, module: Module, values: Values, own: str) -> None:
        self._module = module
        self._values = values
        self._own = own

    def check(self) -> Iterator[Finding]:
        """Everything that is wrong with them."""
        blocks: dict[tuple[str, str], IPv4Network] = {}
        for resource in self._of(VPC):
            yield from self._placed(resource, blocks)
        apart: dict[Any, list[Resource]] = {}
        for resource in self._of(VSWITCH):
            yield from self._missing(resource)
            yield from self._placed(resource, blocks)
            yield from self._zone(resource)
            apart.setdefault(self._network(resource), []).append(resource)
        for network, parts in apart.items():
            yield from self._within(network, parts, blocks)

    def _of(self, kind: str) -> list[Resource]:
        return [one for one in self._module.resources.values() if one.kind == kind]

    def _argument(self, resource: Resource, name: str) -> Any:
        return self._values.of(resource.body.arguments.get(name))

    def _placed(self, resource: Resource, blocks: dict[tuple[str, str], IPv4Network]) -> Iterator[Finding]:
        """A block by itself; a good one is remembered."""
        from yunbox.services.vpc.blocks import VPC_MASKS, VSWITCH_MASKS, parsed

        text = self._argument(resource, "cidr_block")
        if not isinstance(text, str):
            return
        masks, what = (VPC_MASKS, "VPC") if resource.kind == VPC else (VSWITCH_MASKS, "vSwitch")
        try:
            blocks[resource.kind, resource.name] = parsed(text, masks, what)
        except KernelError as error:
            yield finding(resource, error)

    def _within(
        self, network: Any, parts: list[Resource], blocks: dict[tuple[str, str], IPv4Network]
    ) -> Iterator[Finding]:
        """The parts of one network: each lies within it, and no two overlap."""
        from yunbox.services.vpc.blocks import check_apart, check_within

        if network is None:
            return
        outer = blocks.get((VPC, network.name)) if isinstance(network, Reference) else None
        seen: list[tuple[Resource, IPv4Network]] = []
        for resource in parts:
            block = blocks.get((VSWITCH, resource.name))
            if block is None:
                continue
            try:
                if outer is not None and not self._has_more(network):
                    check_within(block, outer)
                for other, there in seen:
                    check_apart(block, there, f"the vSwitch {other.address}")
            except KernelError as error:
                yield finding(resource, error)
            else:
                seen.append((resource, block))

    def _has_more(self, network: Reference) -> bool:
        """Whether a network has further blocks, in which a part may lie."""
        other = any(one.kind.startswith("alicloud_vpc_ipv4_cidr_block") for one in self._module.resources.values())
        return other or self._module.resources[VPC, network.name].body.has("secondary_cidr_blocks")

    def _network(self, resource: Resource) -> Any:
        """Of which network a part is: a reference or an id; None where that is not known."""
        value = self._argument(resource, "vpc_id")
        is_own = isinstance(value, Reference) and (value.kind, value.attribute) == (VPC, "id")
        return value if is_own or isinstance(value, str) else None

    def _missing(self, resource: Resource) -> Iterator[Finding]:
        for names, code in ((("vpc_id",), "MissingVpcId"), (("zone_id", "availability_zone"), "MissingZoneId")):
            if not resource.body.has(*names):
                yield Finding(resource.address, f"{names[0]} is missing: a vSwitch is not made without it", code)

    def _zone(self, resource: Resource) -> Iterator[Finding]:
        from yunbox.schema.regions import regions

        name = "zone_id" if resource.body.has("zone_id") else "availability_zone"
        zone, region = self._argument(resource, name), self._region(resource)
        there = regions(self._own).get(region) if isinstance(region, str) else None
        if not isinstance(zone, str) or there is None:
            return
        if zone not in there.zones:
            what = f"The specified zone does not exist: {zone[:64]} is none of {region}."
            yield Finding(resource.address, what, "InvalidZoneId.NotFound")

    def _region(self, resource: Resource) -> Any:
        """The region of a resource's provider."""
        named = resource.body.arguments.get("provider")
        alias = named.removeprefix("${").removesuffix("}").partition(".")[2] if isinstance(named, str) else ""
        provider = self._module.providers.get(alias)
        return None if provider is None else self._values.of(provider.arguments.get("region"))


def finding(resource: Resource, error: KernelError) -> Finding:
    """What a service says of a resource."""
    return Finding(resource.address, error.message, error.code or "InvalidParameter")
