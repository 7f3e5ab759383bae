"""DataRow messages read again: by whoever passes rows on that an engine has made ready to be sent."""

import struct

_LENGTH = struct.Struct(">i")
_HEAD = 7
Fields = list[bytes | None]


def rows_of(data: bytes) -> list[Fields]:
    """The fields of DataRow messages that follow each other; None for NULL."""
    made, at = [], 0
    while at < len(data):
        count = int.from_bytes(data[at + 5 : at + _HEAD], "big")
        at += _HEAD
        fields: Fields = []
        for _ in range(count):
            (length,) = _LENGTH.unpack_from(data, at)
            at += 4
            fields.append(None if length < 0 else data[at : at + length])
            at += max(length, 0)
        made.append(fields)
    return made
