"""The messages within COPY both ways by which one follows a log.

Source: the PostgreSQL documentation, "Streaming Replication Protocol".
"""

import struct

_DATA = struct.Struct(">cqqq")
_STATUS = struct.Struct(">cqqqqB")
_ALIVE = struct.Struct(">cqqB")
STATUS = ord("r")
"""What a client says of how far it has come."""


def data(at: int, now_us: int, payload: bytes) -> bytes:
    """XLogData: something that ends at a position."""
    return _DATA.pack(b"w", at, at, now_us) + payload


def alive(at: int, now_us: int) -> bytes:
    """The server is there, and has come so far."""
    return _ALIVE.pack(b"k", at, now_us, 0)


def flushed(body: bytes) -> int:
    """Up to where a client has dealt with what it was sent, by its status; 0 where it does not say."""
    return max(0, _STATUS.unpack_from(body)[2]) if body[:1] == b"r" and len(body) == _STATUS.size else 0


def asks(body: bytes) -> bool:
    """Whether a client's status is to be answered at once."""
    return body[:1] == b"r" and len(body) == _STATUS.size and body[33] == 1
