"""A client's bytes as messages: the framing of PostgreSQL's protocol.

    first      length, 4 bytes big-endian, itself counted | code, 4 bytes | the rest
    after it   kind, 1 byte | length, 4 bytes big-endian, itself counted | body

Source: the PostgreSQL documentation, "Message Formats". The bounds are those of its server: what cannot be long in an
honest client is not waited for, and nothing is allocated because a length was declared.
"""

import struct
from collections.abc import Callable, Iterator

from yunbox.wire.pgwire.report import ProtocolViolation

STARTUP_BYTES_MAX = 10_000
TOKEN_BYTES_MAX = 65_535
SMALL_BYTES_MAX = 10_000
LARGE_BYTES_MAX = (1 << 30) - 1
_LENGTH = struct.Struct(">I")
HEADER = struct.Struct(">BI")
"""A message's kind and length."""
_LARGE = frozenset(b"QPBdF")  # Query, Parse, Bind, CopyData, FunctionCall
_SYNC = ord("S")
_BETWEEN = frozenset(b"CDH")
"""Kinds that may stand between one statement and the next, or the Sync: Close, Describe, Flush."""
_KINDS = frozenset(b"QPBDECHSXFdcfp")


class Frames:
    """Takes a client's bytes in pieces of any size and gives back whole messages.

    The first one has no kind (``startup``); an encryption request is followed by another of that form. Up to the
    client's login only tokens are taken: call ``established`` after it.
    """

    __slots__ = ("_at", "_buffer", "_established", "_held", "_parts", "_wanted")

    def __init__(self) -> None:
        self._buffer = b""
        self._at = 0
        self._parts: list[bytes] = []
        self._held = 0
        self._wanted = 0
        self._established = False

    @staticmethod
    def whole(data: bytes) -> Iterator[tuple[int, bytes]]:
        """The messages of bytes that are some of a client's, from the first to the last."""
        made = Frames()
        made.established()
        made.feed(data)
        return made.messages()

    def feed(self, data: bytes) -> None:
        """Take more of what the client sent."""
        self._parts.append(data)
        self._held += len(data)
        if self._held >= self._wanted:
            rest = self._buffer[self._at :]
            self._buffer = b"".join((rest, *self._parts)) if rest or len(self._parts) > 1 else data
            self._parts, self._held, self._at, self._wanted = [], 0, 0, 0

    def established(self) -> None:
        """The client has logged in: it may send every kind of message."""
        self._established = True

    @property
    def is_empty(self) -> bool:
        """Whether everything was taken."""
        return not self._parts and self._at == len(self._buffer)

    @property
    def unread(self) -> bytes:
        """What came after the last message: after an encryption request nothing may."""
        return b"".join((self._buffer[self._at :], *self._parts))

    def startup(self) -> tuple[int, bytes] | None:
        """The code and the rest of a first message, once it is whole. Raises ProtocolViolation."""
        if not self._has(4):
            return None
        (length,) = _LENGTH.unpack_from(self._buffer, self._at)
        if not 8 <= length <= STARTUP_BYTES_MAX:
            raise ProtocolViolation("invalid length of startup packet")
        if not self._has(length):
            return None
        (code,) = _LENGTH.unpack_from(self._buffer, self._at + 4)
        body = self._buffer[self._at + 8 : self._at + length]
        self._at += length
        return code, body

    def messages(self) -> Iterator[tuple[int, bytes]]:
        """The kind and the body of each message that is whole. Raises ProtocolViolation."""
        while self._has(5):
            kind, length = HEADER.unpack_from(self._buffer, self._at)
            self._check(kind, length)
            if not self._has(length + 1):
                return
            start, self._at = self._at + 5, self._at + 1 + length
            yield kind, self._buffer[start : self._at]

    def passed(self, taken: Callable[[bytes, int], int]) -> None:
        """Have someone take messages that are whole at once: it is told where they begin, and says how far it came."""
        self._at = taken(self._buffer, self._at)

    @property
    def is_alone(self) -> bool:
        """Whether the Sync has come that ends what was taken last, before another statement has."""
        at, end = self._at, len(self._buffer)
        while at + 5 <= end:
            kind, length = HEADER.unpack_from(self._buffer, at)
            if kind not in _BETWEEN:
                return kind == _SYNC
            at += length + 1
        return False

    def _has(self, count: int) -> bool:
        """Whether so many bytes are there; if not, nothing is put together before they are."""
        missing = self._at + count - len(self._buffer)
        if missing <= 0:
            return True
        self._wanted = missing
        if self._held >= missing:
            self.feed(b"")
            return True
        return False

    def _check(self, kind: int, length: int) -> None:
        if not self._established:
            if kind != 0x70:
                raise ProtocolViolation(f"expected password response, got message type {kind}")
            bound = TOKEN_BYTES_MAX
        elif kind not in _KINDS:
            raise ProtocolViolation(f"invalid frontend message type {kind}")
        else:
            bound = LARGE_BYTES_MAX if kind in _LARGE else SMALL_BYTES_MAX
        if not 4 <= length <= bound:
            raise ProtocolViolation("invalid message length")
