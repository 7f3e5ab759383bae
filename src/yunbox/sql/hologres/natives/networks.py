"""INET and CIDR: their order and their arithmetic. A value is its text, as the wire's codecs write it.

Source: the PostgreSQL documentation, "Network Address Functions and Operators".
"""

from collections.abc import Callable

from yunbox.sql.hologres.natives.native import Native, native
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.texts import Inet, Network

_STYLE = Style()
_INET, _CIDR = Inet(cidr=False), Inet(cidr=True)
_V4 = 4


def _read(text: str) -> Network:
    return _INET.read(text, _STYLE)


def _most(value: Network) -> int:
    return len(value.address) * 8


def _number(value: Network) -> int:
    return int.from_bytes(value.address, "big")


def _host_mask(value: Network) -> int:
    return (1 << _most(value) - value.bits) - 1


def _made(number: int, like: Network, bits: int) -> Network:
    return Network(number.to_bytes(len(like.address), "big"), bits)


def _prefix(value: Network, bits: int) -> str:
    return f"{_number(value):0{_most(value)}b}"[:bits]


def sort_key(text: str) -> bytes:
    """Bytes in the order of addresses: families, then the network's bits and how many they are, then the rest."""
    value = _read(text)
    bits = "".join("2" if bit == "1" else "1" for bit in _prefix(value, value.bits))
    return bytes((len(value.address),)) + bits.encode() + b"0" + value.address


def _about(test: Callable[[Network, Network], bool]) -> Callable[[str, str], bool]:
    """A question about two networks of one family, of which one lies within the other."""

    def run(left: str, right: str) -> bool:
        a, b = _read(left), _read(right)
        if len(a.address) != len(b.address):
            return False
        bits = min(a.bits, b.bits)
        return _prefix(a, bits) == _prefix(b, bits) and test(a, b)

    return run


def _of_bits(word: str, does: Callable[[int, int], int]) -> Callable[[str, str], str]:
    def run(left: str, right: str) -> str:
        a, b = _read(left), _read(right)
        if len(a.address) != len(b.address):
            raise failure("22023", f"cannot {word} inet values of different sizes")
        return _INET.write(_made(does(_number(a), _number(b)), a, max(a.bits, b.bits)), _STYLE)

    return run


def _inverted(text: str) -> str:
    value = _read(text)
    return _INET.write(_made(_number(value) ^ (1 << _most(value)) - 1, value, value.bits), _STYLE)


def _moved(text: str, places: int) -> str:
    value = _read(text)
    number = _number(value) + places
    if not 0 <= number < 1 << _most(value):
        raise failure("22003", "result is out of range")
    return _INET.write(_made(number, value, value.bits), _STYLE)


def _moved_back(text: str, places: int) -> str:
    """The least of all is its own opposite, as PostgreSQL reckons."""
    return _moved(text, places if places == -(1 << 63) else -places)


def _distance(left: str, right: str) -> int:
    a, b = _read(left), _read(right)
    if len(a.address) != len(b.address):
        raise failure("22023", "cannot subtract inet values of different sizes")
    found = _number(a) - _number(b)
    if not -(1 << 63) <= found < 1 << 63:
        raise failure("22003", "result is out of range")
    return found


def _network(text: str) -> str:
    value = _read(text)
    return _CIDR.write(_made(_number(value) & ~_host_mask(value), value, value.bits), _STYLE)


def _broadcast(text: str) -> str:
    value = _read(text)
    return _INET.write(_made(_number(value) | _host_mask(value), value, value.bits), _STYLE)


def _netmask(text: str) -> str:
    value = _read(text)
    whole = (1 << _most(value)) - 1
    return _INET.write(_made(whole ^ _host_mask(value), value, _most(value)), _STYLE)


def _hostmask(text: str) -> str:
    value = _read(text)
    return _INET.write(_made(_host_mask(value), value, _most(value)), _STYLE)


def _masked(cidr: bool) -> Callable[[str, int], str]:
    def run(text: str, bits: int) -> str:
        value = _read(text)
        bits = _most(value) if bits == -1 else bits
        if not 0 <= bits <= _most(value):
            raise failure("22023", f"invalid mask length: {bits}")
        made = Network(value.address, bits)
        return _network(_INET.write(made, _STYLE)) if cidr else _INET.write(made, _STYLE)

    return run


def _abbreviated(text: str) -> str:
    """A CIDR without the zeros behind its network."""
    value = _read(text)
    if len(value.address) != _V4:
        if 0 < value.bits < _most(value):
            raise failure("0A000", "abbrev of a network of IPv6 is not supported")
        return _CIDR.write(value, _STYLE)
    octets = max(-(-value.bits // 8), 1)
    return ".".join(map(str, value.address[:octets])) + f"/{value.bits}"


def _merged(left: str, right: str) -> str:
    a, b = _read(left), _read(right)
    if len(a.address) != len(b.address):
        raise failure("22023", "cannot merge addresses from different families")
    bits = min(a.bits, b.bits)
    while _prefix(a, bits) != _prefix(b, bits):
        bits -= 1
    return _network(_INET.write(Network(a.address, bits), _STYLE))


def _masked_text(text: str) -> str:
    value = _read(text)
    return _CIDR.write(value, _STYLE)


_T = "VARCHAR"
_PAIR = "VARCHAR; VARCHAR"
NATIVES: tuple[Native, ...] = (
    native("hg_inet_key", sort_key, _T, "BLOB"),
    native("hg_inet_within", _about(lambda a, b: a.bits > b.bits), _PAIR, "BOOLEAN"),
    native("hg_inet_within_or_equal", _about(lambda a, b: a.bits >= b.bits), _PAIR, "BOOLEAN"),
    native("hg_inet_overlaps", _about(lambda a, b: True), _PAIR, "BOOLEAN"),
    native("hg_inet_and", _of_bits("AND", lambda a, b: a & b), _PAIR, _T),
    native("hg_inet_or", _of_bits("OR", lambda a, b: a | b), _PAIR, _T),
    native("hg_inet_not", _inverted, _T, _T),
    native("hg_inet_add", _moved, "VARCHAR; BIGINT", _T),
    native("hg_inet_sub", _moved_back, "VARCHAR; BIGINT", _T),
    native("hg_inet_distance", _distance, _PAIR, "BIGINT"),
    native("hg_inet_network", _network, _T, _T),
    native("hg_inet_broadcast", _broadcast, _T, _T),
    native("hg_inet_netmask", _netmask, _T, _T),
    native("hg_inet_hostmask", _hostmask, _T, _T),
    native("hg_inet_family", lambda text: 4 if len(_read(text).address) == _V4 else 6, _T, "INTEGER"),
    native("hg_inet_bits", lambda text: _read(text).bits, _T, "INTEGER"),
    native("hg_inet_masked", _masked(False), "VARCHAR; INTEGER", _T),
    native("hg_cidr_masked", _masked(True), "VARCHAR; INTEGER", _T),
    native("hg_cidr_abbreviated", _abbreviated, _T, _T),
    native("hg_inet_shown", lambda text: _INET.write(_read(text), _STYLE), _T, _T),
    native("hg_inet_merged", _merged, _PAIR, _T),
    native("hg_inet_text", _masked_text, _T, _T),
)
"""Functions of network addresses."""
