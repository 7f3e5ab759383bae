"""CIDR blocks: which may be a network's, which lie within another, and which overlap.

Source: the vendor's "CreateVpc" and "CreateVSwitch" (Vpc 2016-04-28): what is reserved, and how long masks may be.
"""

from ipaddress import IPv4Network

from yunbox.kernel.errors import InvalidArgument

VPC_MASKS, VSWITCH_MASKS = (8, 28), (16, 29)
_RESERVED = tuple(
    IPv4Network(block)
    for block in ("0.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4")
)
_KEPT_ADDRESSES = 4
"""Of a vSwitch: the first and the last three are the system's."""


def parsed(text: str, masks: tuple[int, int], what: str) -> IPv4Network:
    """A block for a network. Raises InvalidArgument with the vendor's code."""
    try:
        block = IPv4Network(text)
    except ValueError as error:
        raise _malformed(text, f"{error}") from None
    least, most = masks
    if not least <= block.prefixlen <= most or "/" not in text:
        raise _malformed(text, f"the mask of a {what} has {least} to {most} bits")
    for reserved in _RESERVED:
        if block.overlaps(reserved):
            raise _malformed(text, f"{reserved} is reserved")
    return block


def check_within(block: IPv4Network, outer: IPv4Network) -> None:
    """Refuse a vSwitch's block that its VPC has not. Raises InvalidArgument."""
    if not block.subnet_of(outer):
        raise InvalidArgument(
            f"Specified CIDR block is not valid in VPC: {block} does not lie within {outer}.", code="InvalidParameter"
        )


def check_apart(block: IPv4Network, other: IPv4Network, whose: str) -> None:
    """Refuse a block that overlaps another's. Raises InvalidArgument."""
    if block.overlaps(other):
        raise InvalidArgument(
            f"Specified CIDR block is overlapped with other subnets: {block} overlaps {other} of {whose}.",
            code="InvalidCidrBlock.Overlapped",
        )


def free_addresses(block: IPv4Network) -> int:
    """How many addresses a vSwitch has for others."""
    return block.num_addresses - _KEPT_ADDRESSES


def _malformed(text: str, why: str) -> InvalidArgument:
    return InvalidArgument(
        f"Specified CIDR block is not valid: {text[:64]!r}, {why}.", code="InvalidCidrBlock.Malformed"
    )
