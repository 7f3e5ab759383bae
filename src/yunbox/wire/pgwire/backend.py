"""What a server says: its messages as bytes, ready to be joined and sent.

Source: the PostgreSQL documentation, "Message Formats". What never differs is a constant.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from yunbox.wire.pgwire.report import Report

_HEADER = struct.Struct(">cI")
HEAD_BYTES = _HEADER.size
_SHORT = struct.Struct(">h")
_LENGTH = struct.Struct(">i")
_TWO = struct.Struct(">II")
_FIELD = struct.Struct(">IhIhih")
_NULL = b"\xff\xff\xff\xff"

TEXT, BINARY = 0, 1
IDLE, IN_TRANSACTION, FAILED = b"I", b"T", b"E"


def _message(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return _HEADER.pack(kind, len(body) + 4) + body


def _string(text: str) -> bytes:
    """A text and its end; a NUL inside, which no message can carry, is left out."""
    return text.replace("\0", "").encode("utf-8", "replace") + b"\0"


AUTHENTICATION_OK = _message(b"R", bytes(4))
PASSWORD_REQUEST = _message(b"R", b"\0\0\0\3")
PARSE_COMPLETE = _message(b"1")
BIND_COMPLETE = _message(b"2")
CLOSE_COMPLETE = _message(b"3")
NO_DATA = _message(b"n")
PORTAL_SUSPENDED = _message(b"s")
EMPTY_QUERY = _message(b"I")
COPY_DONE = _message(b"c")
NO_ENCRYPTION, TLS = b"N", b"S"
"""The bare bytes that answer an encryption request."""
READY = {status: _message(b"Z", status) for status in (IDLE, IN_TRANSACTION, FAILED)}
"""ReadyForQuery by the state of the transaction."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a result: its name, and its type as ``pg_type`` has it.

    ``size`` is -1 for types of any length; ``modifier`` is -1 where the type has none. ``table`` and ``column`` say
    where it comes from, 0 being nowhere.
    """

    name: str
    oid: int
    size: int = -1
    modifier: int = -1
    format: int = TEXT
    table: int = 0
    column: int = 0


def sasl_request(mechanisms: Iterable[str]) -> bytes:
    """AuthenticationSASL: choose one of these."""
    return _message(b"R", b"\0\0\0\x0a", *(_string(one) for one in mechanisms), b"\0")


def sasl_continue(data: bytes) -> bytes:
    """AuthenticationSASLContinue."""
    return _message(b"R", b"\0\0\0\x0b", data)


def sasl_final(data: bytes) -> bytes:
    """AuthenticationSASLFinal."""
    return _message(b"R", b"\0\0\0\x0c", data)


def parameter_status(name: str, value: str) -> bytes:
    """What a setting is now, of those that clients are kept informed of."""
    return _message(b"S", _string(name), _string(value))


def backend_key(process_id: int, secret: int) -> bytes:
    """What a client must show to stop this session's statement."""
    return _message(b"K", _TWO.pack(process_id, secret))


def negotiate_version(minor: int, unknown_options: Sequence[str]) -> bytes:
    """The newest version that is spoken, and the options that are not known."""
    return _message(b"v", _TWO.pack(minor, len(unknown_options)), *(_string(one) for one in unknown_options))


def row_description(fields: Iterable[Field]) -> bytes:
    """The columns of the rows that follow."""
    made = [
        _string(one.name) + _FIELD.pack(one.table, one.column, one.oid, one.size, one.modifier, one.format)
        for one in fields
    ]
    return _message(b"T", _SHORT.pack(len(made)), *made)


def parameter_description(oids: Sequence[int]) -> bytes:
    """The types of a statement's parameters."""
    return _message(b"t", struct.pack(f">H{len(oids)}I", len(oids), *oids))


def data_row(values: Sequence[bytes | None]) -> bytes:
    """One row; None is NULL."""
    made = [_NULL if value is None else _LENGTH.pack(len(value)) + value for value in values]
    return _message(b"D", _SHORT.pack(len(made)), *made)


def command_complete(tag: str) -> bytes:
    """What was done: ``SELECT 3``, ``INSERT 0 1``."""
    return _message(b"C", _string(tag))


def copy_response(direction: bytes, format: int, columns: int) -> bytes:
    """Rows go the COPY way from here: in (``G``) or out (``H``), all columns in one format."""
    return _message(direction, struct.pack(f">bh{columns}h", format, columns, *[format] * columns))


def copy_data(data: bytes) -> bytes:
    """A piece of what COPY ... TO STDOUT writes."""
    return _message(b"d", data)


def error(report: Report) -> bytes:
    """ErrorResponse."""
    return _told(b"E", report)


def notice(report: Report) -> bytes:
    """NoticeResponse."""
    return _told(b"N", report)


def _told(kind: bytes, report: Report) -> bytes:
    return _message(kind, *(letter.encode() + _string(text) for letter, text in report.fields), b"\0")


def notification(process_id: int, channel: str, payload: str) -> bytes:
    """What another session, or this one, said on a channel that this one listens to."""
    return _message(b"A", struct.pack(">I", process_id), _string(channel), _string(payload))
