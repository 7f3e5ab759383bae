"""What a client says, as bytes: the counterpart of ``frontend.py``, which reads them.

Source: the PostgreSQL documentation, "Message Formats".
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yunbox.wire.pgwire.frontend import PARAMETERS_MAX, PROTOCOL_MAJOR
from yunbox.wire.pgwire.report import failure

_HEADER = struct.Struct(">cI")
_LENGTH = struct.Struct(">i")
_NULL = _LENGTH.pack(-1)
TEXT, BINARY = 0, 1


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value of a statement: its type, 0 being for the server to find out; None is NULL."""

    oid: int
    data: bytes | None
    format: int = TEXT


def _message(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return _HEADER.pack(kind, len(body) + 4) + body


def _string(text: str) -> bytes:
    """A text and its end. Raises PgError 22021 for one that holds a NUL, which no message can carry."""
    if "\0" in text:
        raise failure("22021", "a text that is sent has a zero byte")
    return text.encode() + b"\0"


SYNC = _message(b"S")
TERMINATE = _message(b"X")


def startup(parameters: Mapping[str, str]) -> bytes:
    """The first message: who it is, and what it wants of its session."""
    pairs = b"".join(_string(name) + _string(value) for name, value in parameters.items()) + b"\0"
    return struct.pack(">II", len(pairs) + 8, PROTOCOL_MAJOR << 16) + pairs


def sasl_initial(mechanism: str, data: bytes) -> bytes:
    """SASLInitialResponse."""
    return _message(b"p", _string(mechanism), _LENGTH.pack(len(data)), data)


def sasl_response(data: bytes) -> bytes:
    """SASLResponse."""
    return _message(b"p", data)


def parse(name: str, text: str, oids: Sequence[int]) -> bytes:
    """Prepare a statement."""
    return _message(b"P", _string(name), _string(text), struct.pack(f">H{len(oids)}I", len(oids), *oids))


def bind(statement: str, parameters: Sequence[Parameter], *, portal: str = "") -> bytes:
    """Make a portal of a statement, whose results are to be texts. Raises PgError 54023 for too many parameters."""
    if len(parameters) > PARAMETERS_MAX:
        raise failure("54023", f"a statement has at most {PARAMETERS_MAX} parameters")
    count = len(parameters)
    formats = struct.pack(f">H{count}hH", count, *(one.format for one in parameters), count)
    values = [_NULL if one.data is None else _LENGTH.pack(len(one.data)) + one.data for one in parameters]
    return _message(b"B", _string(portal), _string(statement), formats, *values, b"\0\0")


def describe_portal(portal: str = "") -> bytes:
    """What a portal gives."""
    return _message(b"D", b"P", _string(portal))


def execute(portal: str = "", rows_max: int = 0) -> bytes:
    """Run a portal; at most so many rows, 0 being all."""
    return _message(b"E", _string(portal), _LENGTH.pack(rows_max))


def close_statement(name: str) -> bytes:
    """Forget a statement."""
    return _message(b"C", b"S", _string(name))
