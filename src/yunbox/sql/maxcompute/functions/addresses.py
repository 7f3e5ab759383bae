"""IP addresses as bytes and as texts: what the network functions compute."""

from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address

from yunbox.sql.maxcompute.errors import invalid

_BYTES = (4, 16)  # of an IPv4 and an IPv6 address


def packed(text: str, strict: bool) -> bytes | None:
    """The bytes of an address, or None for what is none and need not be one."""
    try:
        if "%" in text:  # the zone of an interface, which is no part of the address
            raise AddressValueError
        return ip_address(text).packed
    except ValueError:
        return _refused(f"{text} is no IP address", strict)


def shown(address: bytes) -> str:
    """An address as people write it; one of IPv4 within IPv6 keeps its dots."""
    if len(address) == _BYTES[0]:
        return str(IPv4Address(address))
    if len(address) != _BYTES[1]:
        raise invalid(f"an IP address has {_BYTES[0]} or {_BYTES[1]} bytes, actually {len(address)}")
    six = IPv6Address(address)
    return f"::ffff:{six.ipv4_mapped}" if six.ipv4_mapped else str(six)


def mask(width: int, prefix: int, strict: bool) -> bytes | None:
    """So many bytes whose first bits are 1."""
    if width not in _BYTES:
        return _refused(f"a network mask has {_BYTES[0]} or {_BYTES[1]} bytes, actually {width}", strict)
    bits = width * 8
    if not 0 <= prefix <= bits:
        return _refused(f"the prefix of a network mask of {width} bytes has 0 to {bits} bits", strict)
    return (((1 << prefix) - 1) << (bits - prefix)).to_bytes(width, "big")


def number(address: bytes) -> int:
    """An IPv4 address as a number."""
    if len(address) != _BYTES[0]:
        raise invalid(f"an IPv4 address has {_BYTES[0]} bytes, actually {len(address)}")
    return int.from_bytes(address, "big")


def _refused(reason: str, strict: bool) -> None:
    if strict:
        raise invalid(reason)
