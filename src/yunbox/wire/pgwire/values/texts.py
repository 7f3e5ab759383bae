"""Texts and what is kept like them: TEXT and its kin, BYTEA, UUID, bit strings, network addresses."""

import re
import struct
from dataclasses import dataclass
from ipaddress import ip_address
from typing import NamedTuple

from yunbox.wire.pgwire.encoding import decoded
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.codec import Plain, Style, invalid, malformed

_OCTAL = re.compile(rb"\\(?:(\\)|([0-3][0-7]{2}))")
_PAIR = re.compile(r"[ \t\n\r]+|.{1,2}", re.DOTALL)
_HEX = re.compile(r"[0-9A-Fa-f]*", re.ASCII)
_OCTET = re.compile(r"25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9]", re.ASCII)
_BITS = re.compile(r"0|[1-9][0-9]{0,2}", re.ASCII)
_UUID = re.compile(r"\{?((?:[0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4})\}?", re.ASCII)


def same(text: str) -> str:
    """It."""
    return text


TEXT = Plain(same, same, str.encode, decoded)


# -- BYTEA


@dataclass(frozen=True, slots=True)
class Bytea:
    """Bytes: hexadecimal, or in the older form with escapes."""

    def write(self, value: bytes, style: Style) -> str:
        """``\\x`` and two digits a byte; or printable characters, with the others in three octal digits."""
        if not style.escapes:
            return f"\\x{value.hex()}"
        return "".join("\\\\" if one == 92 else chr(one) if 32 <= one < 127 else f"\\{one:03o}" for one in value)

    def read(self, text: str, style: Style) -> bytes:
        """Both forms, by how the text begins."""
        if not text.startswith("\\x"):
            return self._unescaped(text.encode())
        digits = text[2:]
        if len(digits) % 2 == 0 and _HEX.fullmatch(digits):
            return bytes.fromhex(digits)
        return b"".join(map(self._byte, _PAIR.findall(digits)))

    @staticmethod
    def _byte(digits: str) -> bytes:
        """Two digits; space is between bytes only."""
        if digits.isspace():
            return b""
        if wrong := [one for one in digits if not _HEX.fullmatch(one)]:
            raise failure("22023", f'invalid hexadecimal digit: "{wrong[0]}"')
        if len(digits) < 2:
            raise failure("22023", "invalid hexadecimal data: odd number of digits")
        return bytes.fromhex(digits)

    @staticmethod
    def _unescaped(data: bytes) -> bytes:
        made, at = [], 0
        for found in _OCTAL.finditer(data):
            made += [data[at : found.start()], b"\\" if found[1] else bytes((int(found[2], 8),))]
            at = found.end()
            if b"\\" in made[-2]:
                break
        made.append(data[at:])
        if b"\\" in made[-1] or any(b"\\" in part for part in made[:-1:2]):
            raise failure("22P02", "invalid input syntax for type bytea")
        return b"".join(made)

    def pack(self, value: bytes) -> bytes:
        """As they are."""
        return value

    def unpack(self, data: bytes) -> bytes:
        """As they are."""
        return data


# -- UUID


def _write_uuid(value: bytes) -> str:
    digits = value.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _read_uuid(text: str) -> bytes:
    found = _UUID.fullmatch(text)
    if found is None or text.startswith("{") != text.endswith("}"):
        raise invalid("uuid", text)
    return bytes.fromhex(found[1].replace("-", ""))


def _unpack_uuid(data: bytes) -> bytes:
    if len(data) != 16:
        raise malformed("uuid")
    return data


UUID = Plain(_write_uuid, _read_uuid, lambda value: value, _unpack_uuid)

# -- bit strings: texts of 0 and 1


def _read_bits(text: str) -> str:
    if text[:1] in ("x", "X"):
        if not _HEX.fullmatch(text[1:]):
            wrong = next(one for one in text[1:] if not _HEX.fullmatch(one))
            raise failure("22P02", f'"{wrong}" is not a valid hexadecimal digit')
        return "".join(f"{int(one, 16):04b}" for one in text[1:])
    digits = text[1:] if text[:1] in ("b", "B") else text
    if wrong := digits.strip("01"):
        raise failure("22P02", f'"{wrong[0]}" is not a valid binary digit')
    return digits


def _pack_bits(value: str) -> bytes:
    padded = value.ljust(-(-len(value) // 8) * 8, "0")
    return struct.pack(">i", len(value)) + bytes(int(padded[at : at + 8], 2) for at in range(0, len(padded), 8))


def _unpack_bits(data: bytes) -> str:
    count = int.from_bytes(data[:4], "big", signed=True)
    if len(data) < 4 or count < 0 or len(data) - 4 != -(-count // 8):
        raise failure("22P03", "invalid length in external bit string")
    return "".join(f"{byte:08b}" for byte in data[4:])[:count]


BITS = Plain(same, _read_bits, _pack_bits, _unpack_bits)

# -- network addresses


class Network(NamedTuple):
    """An address and how many of its bits are the network's."""

    address: bytes
    bits: int


@dataclass(frozen=True, slots=True)
class Inet:
    """INET, or CIDR, whose bits beyond the network's are 0."""

    cidr: bool

    @property
    def name(self) -> str:
        """The type's name."""
        return "cidr" if self.cidr else "inet"

    def write(self, value: Network, style: Style) -> str:
        """An address; its bits unless they are all of an INET's."""
        whole = value.bits == len(value.address) * 8
        return _address(value.address) + ("" if whole and not self.cidr else f"/{value.bits}")

    def read(self, text: str, style: Style) -> Network:
        """An address, with its bits or all of them."""
        host, slash, bits = text.partition("/")
        host, bits = self._whole(host, bits) if bits or not slash else (host, bits)
        try:
            address = ip_address(host).packed if "%" not in host else b""
        except ValueError:
            address = b""
        most = len(address) * 8
        if not address or ((slash or bits) and not (_BITS.fullmatch(bits) and int(bits) <= most)):
            raise invalid(self.name, text)
        made = Network(address, int(bits) if bits else most)
        if self.cidr and int.from_bytes(address, "big") & ((1 << most - made.bits) - 1):
            raise failure("22P02", f'invalid cidr value: "{text}"', "Value has bits set to right of mask.")
        return made

    def _whole(self, host: str, bits: str) -> tuple[str, str]:
        """Four bytes of IPv4 where fewer are written, and the bits of what is a CIDR without them."""
        octets = host.split(".")
        if len(octets) > 3 or not all(map(_OCTET.fullmatch, octets)) or not (bits or self.cidr):
            return host, bits
        return ".".join((octets + ["0"] * 4)[:4]), bits or str(max(_bits_of_class(int(octets[0])), len(octets) * 8))

    def pack(self, value: Network) -> bytes:
        """Family, bits, whether it is a CIDR, length, address."""
        family = 2 if len(value.address) == 4 else 3
        return bytes((family, value.bits, self.cidr, len(value.address))) + value.address

    def unpack(self, data: bytes) -> Network:
        """The other way round."""
        size = {2: 4, 3: 16}.get(data[0] if data else 0)
        if size is None:
            raise failure("22P03", f'invalid address family in external "{self.name}" value')
        if len(data) != 4 + size or data[3] != size or data[1] > size * 8:
            raise failure("22P03", f'invalid length in external "{self.name}" value')
        return Network(data[4:], data[1])


def _bits_of_class(first: int) -> int:
    """How many bits the network of an address has by its first byte, as once upon a time."""
    return 32 if first >= 240 else 8 if first >= 224 else 24 if first >= 192 else 16 if first >= 128 else 8


def _address(address: bytes) -> str:
    """IPv6 with the embedded IPv4 address of the forms that have one."""
    if len(address) == 4:
        return ".".join(map(str, address))
    last = ".".join(map(str, address[12:]))
    if address[:12] == bytes(10) + b"\xff\xff":
        return f"::ffff:{last}"
    if address[:12] == bytes(12) and address[12:14] != b"\0\0":
        return f"::{last}"
    return ip_address(address).compressed
