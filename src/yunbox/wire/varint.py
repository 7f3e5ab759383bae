"""Protobuf's variable-length integers: in the tunnel's record stream, and in DataHub's messages."""

from yunbox.kernel.errors import InvalidArgument

_UINT64_MAX = (1 << 64) - 1


class Short(Exception):
    """The buffer ends before the value does; ``need`` is where it would end, if that is known."""

    def __init__(self, need: int = 0) -> None:
        super().__init__()
        self.need = need


def read_varint(buffer: bytes, at: int) -> tuple[int, int]:
    """Return (value, where the next one begins); raises IndexError at the end of the buffer."""
    byte = buffer[at]
    at += 1
    if byte < 128:
        return byte, at
    value, shift = byte & 127, 7
    while True:
        byte = buffer[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            break
        shift += 7
        if shift > 63:
            raise InvalidArgument("an integer is longer than 10 bytes", code="MalformedDataStream")
    if value > _UINT64_MAX:
        raise InvalidArgument("an integer does not fit 64 bits", code="MalformedDataStream")
    return value, at


def varint(value: int) -> bytes:
    """Return the encoding of an unsigned integer."""
    if value < len(_SMALL):
        return _SMALL[value]
    return _encode(value)


def _encode(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


_SMALL = tuple(map(_encode, range(4096)))
