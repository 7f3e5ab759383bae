"""Protobuf's wire format: the fields of a message, for protocols whose messages are read and written by hand."""

from collections.abc import Iterator
from typing import TypeVar

from yunbox.kernel.errors import InvalidArgument
from yunbox.wire.varint import read_varint, varint

T = TypeVar("T", int, bytes)
NUMBER, BYTES = 0, 2
"""The kinds of fields that the vendor's messages have."""
_INT64_MAX, _UINT64 = (1 << 63) - 1, 1 << 64


def spans(message: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Each field: its number, its kind, and where its content is; of a number where it begins.

    Raises InvalidArgument or IndexError for a message that is cut short or has fields of other kinds.
    """
    while at < end:
        tag, at = read_varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == NUMBER:
            yield number, kind, at, end
            _, at = read_varint(message, at)
            continue
        if kind != BYTES or not number:
            raise _broken()
        length, at = read_varint(message, at)
        if at + length > end:
            raise _broken()
        yield number, kind, at, at + length
        at += length


class Message:
    """The fields of a message by number; what was never asked for can be told at the end."""

    def __init__(self, data: bytes) -> None:
        """Read all fields. Raises InvalidArgument."""
        self._found: dict[int, list[int | bytes]] = {}
        self._asked: set[int] = set()
        try:
            for number, kind, low, high in spans(data, 0, len(data)):
                value = read_varint(data, low)[0] if kind == NUMBER else data[low:high]
                self._found.setdefault(number, []).append(value)
        except IndexError:
            raise _broken() from None

    def has(self, field: int) -> bool:
        """Whether a field is there."""
        self._asked.add(field)
        return field in self._found

    def number(self, field: int, default: int = 0) -> int:
        """The last number of a field. Raises InvalidArgument for what is none."""
        value = self._last(field, int, default)
        return value if value <= _INT64_MAX else value - _UINT64

    def data(self, field: int) -> bytes:
        """The last bytes of a field, empty without it. Raises InvalidArgument for a number."""
        return self._last(field, bytes, b"")

    def text(self, field: int) -> str:
        """The same as text. Raises InvalidArgument."""
        return _text(self.data(field))

    def all(self, field: int) -> list[bytes]:
        """All bytes of a field that is repeated. Raises InvalidArgument for numbers."""
        self._asked.add(field)
        values = self._found.get(field, [])
        found = [value for value in values if isinstance(value, bytes)]
        if len(found) != len(values):
            raise _broken()
        return found

    def texts(self, field: int) -> list[str]:
        """The same as texts. Raises InvalidArgument."""
        return [_text(value) for value in self.all(field)]

    def unasked(self) -> list[int]:
        """The fields that nobody has asked for."""
        return sorted(set(self._found) - self._asked)

    def _last(self, field: int, kind: type[T], default: T) -> T:
        self._asked.add(field)
        values = self._found.get(field)
        if values is None:
            return default
        if not isinstance(values[-1], kind):
            raise _broken()
        return values[-1]


def number_field(field: int, value: int) -> bytes:
    """A field that is a number; a negative one has 64 bits."""
    return varint(field << 3 | NUMBER) + varint(value % _UINT64)


def bytes_field(field: int, value: bytes | str) -> bytes:
    """A field that is bytes, a text or a message."""
    data = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | BYTES) + varint(len(data)) + data


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _broken() from None


def _broken() -> InvalidArgument:
    return InvalidArgument("The protobuf message cannot be read")
