"""The frame around every protobuf message: ``DHUB``, CRC-32C and length (big-endian), then the message."""

import struct

import crc32c

from yunbox.kernel.errors import InvalidArgument

_HEAD = struct.Struct(">4sII")
_MAGIC = b"DHUB"


def wrap(message: bytes) -> bytes:
    """A message in its frame."""
    return _HEAD.pack(_MAGIC, crc32c.crc32c(message), len(message)) + message


def unwrap(data: bytes) -> bytes:
    """The message in a frame. Raises InvalidArgument for one that is not whole."""
    if len(data) < _HEAD.size or data[:4] != _MAGIC:
        raise InvalidArgument("The body is no frame of a protobuf message", code="InvalidParameter")
    _, crc, length = _HEAD.unpack_from(data)
    message = data[_HEAD.size :]
    if len(message) != length:
        raise InvalidArgument(f"The message has {len(message)} bytes and not {length}", code="InvalidParameter")
    if crc32c.crc32c(message) != crc:
        raise InvalidArgument("The checksum of the message does not match", code="InvalidParameter")
    return message
