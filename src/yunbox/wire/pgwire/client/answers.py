"""What a server answers, as values: the counterpart of ``backend.py``, which writes them.

Source: the PostgreSQL documentation, "Message Formats". What makes no sense is a ProtocolViolation: whoever reads the
stream cannot know where the next message begins.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from yunbox.wire.pgwire.backend import Field
from yunbox.wire.pgwire.report import ProtocolViolation, Report, Severity

MESSAGE_BYTES_MAX = 1 << 30
_HEADER = struct.Struct(">BI")
_FIELD = struct.Struct(">IhIhih")
_SHORT, _LENGTH, _PAIR = struct.Struct(">H"), struct.Struct(">i"), struct.Struct(">II")
_TEXTS = {
    "M": "message", "D": "detail", "H": "hint", "q": "internal_query", "W": "where", "s": "schema", "t": "table",
    "c": "column", "d": "data_type", "n": "constraint",
}  # fmt: skip
_NUMBERS = {"P": "position", "p": "internal_position"}


@dataclass(frozen=True, slots=True)
class Authentication:
    """What the server wants of who logs in, by its number, or with 0 that it wants nothing more."""

    code: int
    data: bytes

    @property
    def mechanisms(self) -> list[str]:
        """Those to choose from, of a SASL request."""
        return [part.decode("ascii", "replace") for part in self.data.split(b"\0") if part]


@dataclass(frozen=True, slots=True)
class ParameterStatus:
    """What a setting is now."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class BackendKey:
    """What this client must show to stop its session's statement."""

    process_id: int
    secret: int


@dataclass(frozen=True, slots=True)
class Ready:
    """The server waits for the next statement; ``status`` is that of the transaction."""

    status: bytes


@dataclass(frozen=True, slots=True)
class RowDescription:
    """The columns of the rows that follow."""

    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class DataRow:
    """One row; None is NULL."""

    values: tuple[bytes | None, ...]


@dataclass(frozen=True, slots=True)
class Complete:
    """What was done."""

    tag: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A statement has failed, or with FATAL the session."""

    report: Report


@dataclass(frozen=True, slots=True)
class Told:
    """A notice, which a client may show or not."""

    report: Report


@dataclass(frozen=True, slots=True)
class Other:
    """A message that says nothing but that it came, or nothing that is needed here."""

    kind: int


Answer = (
    Authentication | ParameterStatus | BackendKey | Ready | RowDescription | DataRow | Complete | Failed | Told | Other
)


class Answers:
    """Takes a server's bytes in pieces of any size and gives back whole messages."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Take more of what the server sent."""
        self._buffer += data

    def messages(self) -> Iterator[Answer]:
        """Each message that is whole. Raises ProtocolViolation."""
        at, buffer = 0, self._buffer
        try:
            while at + _HEADER.size <= len(buffer):
                kind, length = _HEADER.unpack_from(buffer, at)
                if not 4 <= length <= MESSAGE_BYTES_MAX:
                    raise ProtocolViolation("invalid message length")
                end = at + 1 + length
                if end > len(buffer):
                    return
                body = bytes(buffer[at + _HEADER.size : end])
                at = end
                yield read(kind, body)
        finally:
            del buffer[:at]


def read(kind: int, body: bytes) -> Answer:
    """What a message says. Raises ProtocolViolation."""
    reader = _READERS.get(kind)
    if reader is None:
        return Other(kind)
    try:
        return reader(body)
    except (struct.error, ValueError, IndexError):
        raise ProtocolViolation(f"a message {chr(kind)!r} of the server cannot be read") from None


def _authentication(body: bytes) -> Authentication:
    (code,) = _LENGTH.unpack_from(body)
    return Authentication(code, body[_LENGTH.size :])


def _status(body: bytes) -> ParameterStatus:
    name, value, _ = body.split(b"\0", 2)
    return ParameterStatus(name.decode(), value.decode())


def _row(body: bytes) -> DataRow:
    (count,) = _SHORT.unpack_from(body)
    at = _SHORT.size
    values: list[bytes | None] = []
    for _ in range(count):
        (length,) = _LENGTH.unpack_from(body, at)
        at += _LENGTH.size
        if length > len(body) - at:
            raise ValueError("a value is cut off")
        values.append(body[at : at + length] if length >= 0 else None)
        at += max(length, 0)
    return DataRow(tuple(values))


def _description(body: bytes) -> RowDescription:
    (count,) = _SHORT.unpack_from(body)
    at = _SHORT.size
    fields: list[Field] = []
    for _ in range(count):
        end = body.index(b"\0", at)
        name, at = body[at:end].decode(), end + 1
        table, column, oid, size, modifier, form = _FIELD.unpack_from(body, at)
        at += _FIELD.size
        fields.append(Field(name, oid, size, modifier, form, table, column))
    return RowDescription(tuple(fields))


def _report(body: bytes) -> Report:
    found = {part[:1].decode("latin-1"): part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if part}
    word = found.get("V") or found.get("S", "ERROR")
    severity: Severity = next((one for one in get_args(Severity) if one == word), "ERROR")
    texts = {name: found[letter] for letter, name in _TEXTS.items() if letter in found and letter != "M"}
    places = {name: int(found[letter]) for letter, name in _NUMBERS.items() if letter in found}
    return Report(severity, found.get("C", "XX000"), found.get("M", ""), **texts, **places)  # ty: ignore[invalid-argument-type]


_READERS = {
    ord("R"): _authentication,
    ord("S"): _status,
    ord("K"): lambda body: BackendKey(*_PAIR.unpack(body)),
    ord("Z"): lambda body: Ready(body[:1]),
    ord("T"): _description,
    ord("D"): _row,
    ord("C"): lambda body: Complete(body.rstrip(b"\0").decode()),
    ord("E"): lambda body: Failed(_report(body)),
    ord("N"): lambda body: Told(_report(body)),
}
