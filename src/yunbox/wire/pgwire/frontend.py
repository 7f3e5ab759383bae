"""What a client says: its messages as values.

Source: the PostgreSQL documentation, "Message Formats". A message that is malformed but whole raises PgError with
severity ERROR, as PostgreSQL has it: the stream is still in step, and in the extended protocol the rest up to the next
Sync is passed over.
"""

import struct
from dataclasses import dataclass
from typing import Literal

from yunbox.wire.pgwire.encoding import decoded
from yunbox.wire.pgwire.report import PgError, ProtocolViolation, failure

PROTOCOL_MAJOR = 3
PROTOCOL_MINOR_MAX = 0
PARAMETERS_MAX = 65_535
_CANCEL, _SSL, _GSS = 80877102, 80877103, 80877104
_SHORT = struct.Struct(">H")
_LONG = struct.Struct(">I")
_SIGNED = struct.Struct(">i")
_PAIR = struct.Struct(">II")

Target = Literal["statement", "portal"]


@dataclass(frozen=True, slots=True)
class Startup:
    """The first message of a session: the version asked for, and ``parameters`` as the client gave them."""

    minor: int
    parameters: dict[str, str]

    @property
    def unknown_options(self) -> list[str]:
        """Extensions of the protocol that it asks for; none is known, and the server says so."""
        return [name for name in self.parameters if name.startswith("_pq_.")]


@dataclass(frozen=True, slots=True)
class EncryptionRequest:
    """Whether the server speaks TLS, or GSSAPI: it answers with one byte."""

    kind: Literal["ssl", "gss"]


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """Stop what a session is doing; it comes on a connection of its own and is never answered."""

    process_id: int
    secret: int


@dataclass(frozen=True, slots=True)
class SaslInitial:
    """The first answer of a SASL exchange: the chosen mechanism, and its first message."""

    mechanism: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Query:
    """One text of any number of statements."""

    text: str


@dataclass(frozen=True, slots=True)
class Parse:
    """Prepare a statement. A type of 0 is for the server to find out."""

    name: str
    text: str
    types: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bind:
    """Make a portal of a prepared statement. ``formats`` of 0 are text, of 1 binary; a value of None is NULL."""

    portal: str
    statement: str
    formats: tuple[int, ...]
    values: tuple[bytes | None, ...]
    result_formats: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Describe:
    """What a statement or a portal takes and gives."""

    target: Target
    name: str


@dataclass(frozen=True, slots=True)
class Close:
    """Forget a statement or a portal."""

    target: Target
    name: str


@dataclass(frozen=True, slots=True)
class Execute:
    """Run a portal; at most so many rows, 0 being all."""

    portal: str
    rows_max: int


@dataclass(frozen=True, slots=True)
class CopyData:
    """A piece of what COPY ... FROM STDIN reads; it need not end where a row does."""

    data: bytes


@dataclass(frozen=True, slots=True)
class CopyFail:
    """The client gives a COPY up, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Token:
    """What a client answers to an authentication request: read it by what was asked."""

    data: bytes

    @property
    def password(self) -> str:
        """The answer to a request for a password. Raises ProtocolViolation."""
        if self.data[-1:] != b"\0" or b"\0" in self.data[:-1]:
            raise ProtocolViolation("invalid password packet size")
        return decoded(self.data[:-1])

    @property
    def sasl(self) -> SaslInitial:
        """The first answer to a list of mechanisms. Raises ProtocolViolation."""
        name, end, rest = self.data.partition(b"\0")
        if not end or len(rest) < 4:
            raise ProtocolViolation("malformed SASLInitialResponse message")
        (length,) = _SIGNED.unpack_from(rest)
        if length < 0 or length != len(rest) - 4:
            raise ProtocolViolation("malformed SASLInitialResponse message")
        return SaslInitial(decoded(name), rest[4:])


@dataclass(frozen=True, slots=True)
class Plain:
    """A message that is its kind alone."""

    kind: Literal["sync", "flush", "terminate", "copy done", "function call"]


First = Startup | EncryptionRequest | CancelRequest
Message = Query | Parse | Bind | Describe | Close | Execute | CopyData | CopyFail | Token | Plain
_PLAIN = {
    0x53: Plain("sync"),
    0x48: Plain("flush"),
    0x58: Plain("terminate"),
    0x63: Plain("copy done"),
    0x46: Plain("function call"),
}


def read_first(code: int, body: bytes) -> First:
    """What a first message says. Raises ProtocolViolation."""
    if code == _CANCEL:
        if len(body) != 8:
            raise ProtocolViolation("invalid length of startup packet")
        return CancelRequest(*_PAIR.unpack(body))
    if code in (_SSL, _GSS):
        return EncryptionRequest("ssl" if code == _SSL else "gss")
    if code >> 16 != PROTOCOL_MAJOR:
        told = f"unsupported frontend protocol {code >> 16}.{code & 0xFFFF}: server supports 3.0 to 3.0"
        raise ProtocolViolation(told, sqlstate="0A000")
    return Startup(code & 0xFFFF, _parameters(body))


def _parameters(body: bytes) -> dict[str, str]:
    parts = body.split(b"\0")
    if parts[-2:] != [b"", b""] or len(parts) % 2:
        raise ProtocolViolation("invalid startup packet layout: expected terminator as last byte")
    texts = [decoded(part) for part in parts[:-2]]
    if any(not name for name in texts[::2]):
        raise ProtocolViolation("invalid startup packet layout: expected terminator as last byte")
    return dict(zip(texts[::2], texts[1::2], strict=True))


def read(kind: int, body: bytes) -> Message:
    """What a message says. Raises PgError."""
    plain = _PLAIN.get(kind)
    if plain is not None:
        if body and plain.kind != "function call":
            raise _invalid()
        return plain
    if kind == 0x64:
        return CopyData(body)
    if kind == 0x70:
        return Token(body)
    return _Body(body).read(kind)


def _invalid(message: str = "invalid message format") -> PgError:
    return failure("08P01", message)


class _Body:
    """A message's body, read from its beginning to its end."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def read(self, kind: int) -> Message:
        """The message, if nothing is missing and nothing left over."""
        try:
            made = _READERS[kind](self)
        except struct.error:
            raise _invalid("insufficient data left in message") from None
        if self._at != len(self._data):
            raise _invalid()
        return made

    def text(self) -> str:
        end = self._data.find(b"\0", self._at)
        if end < 0:
            raise _invalid("invalid string in message")
        start, self._at = self._at, end + 1
        return decoded(self._data[start:end])

    def count(self) -> int:
        (count,) = _SHORT.unpack_from(self._data, self._at)
        self._at += 2
        return int(count)

    def formats(self) -> tuple[int, ...]:
        count = self.count()
        made = struct.unpack_from(f">{count}h", self._data, self._at)
        self._at += 2 * count
        for code in made:
            if code not in (0, 1):
                raise failure("22023", f"unsupported format code: {code}")
        return made

    def types(self) -> tuple[int, ...]:
        count = self.count()
        made = struct.unpack_from(f">{count}I", self._data, self._at)
        self._at += 4 * count
        return made

    def value(self) -> bytes | None:
        (length,) = _SIGNED.unpack_from(self._data, self._at)
        self._at += 4
        if length == -1:
            return None
        start, end = self._at, self._at + length
        if length < 0 or end > len(self._data):
            raise _invalid("insufficient data left in message")
        self._at = end
        return self._data[start:end]

    def number(self) -> int:
        (number,) = _SIGNED.unpack_from(self._data, self._at)
        self._at += 4
        return int(number)

    def target(self) -> Target:
        (letter,) = struct.unpack_from("c", self._data, self._at)
        self._at += 1
        if letter not in (b"S", b"P"):
            raise _invalid(f"invalid message subtype {letter[0]}")
        return "statement" if letter == b"S" else "portal"


def _bind(body: _Body) -> Bind:
    portal, statement, formats = body.text(), body.text(), body.formats()
    values = tuple(body.value() for _ in range(body.count()))
    if len(formats) not in (0, 1, len(values)):
        raise _invalid(f"bind message has {len(formats)} parameter formats but {len(values)} parameters")
    return Bind(portal, statement, formats, values, body.formats())


_READERS = {
    0x51: lambda body: Query(body.text()),
    0x50: lambda body: Parse(body.text(), body.text(), body.types()),
    0x42: _bind,
    0x44: lambda body: Describe(body.target(), body.text()),
    0x43: lambda body: Close(body.target(), body.text()),
    0x45: lambda body: Execute(body.text(), body.number()),
    0x66: lambda body: CopyFail(body.text()),
}
