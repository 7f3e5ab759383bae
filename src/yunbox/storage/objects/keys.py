"""Object keys in an index whose own keys are at most 511 bytes, in the same order.

A key longer than a segment is cut, and its rest lies under a node of its own: the entry ``node + segment + NUL``
points to that node. An object key holds no NUL, so the pointer sorts right after the one key that equals the
segment and before every key that is greater, and a walk that descends there meets all keys in byte order.
"""

from collections.abc import Iterator
from typing import Protocol

from yunbox.kernel.errors import InvalidArgument

KEY_BYTES_MAX = 1023
_SEGMENT = 480
_NODE = 8
_POINTER = b"\0"


class Cursor(Protocol):
    """What a walk needs of a cursor."""

    def set_range(self, key: bytes) -> bool:
        """Go to the first entry at or after a key."""

    def iternext(self) -> Iterator[tuple[bytes, bytes]]:
        """The entries from here on."""


class Reader(Protocol):
    """What a look-up needs of a transaction."""

    def get(self, key: bytes) -> bytes | None:
        """A value."""


class Changer(Reader, Protocol):
    """What a change needs of a transaction."""

    def put(self, key: bytes, value: bytes) -> object:
        """Set a value."""

    def delete(self, key: bytes) -> object:
        """Remove an entry."""

    def new_node(self) -> int:
        """An identifier that no node has had."""

    def is_empty(self, node: bytes) -> bool:
        """Whether no entry lies under a node."""


def node_bytes(node: int) -> bytes:
    """A node's identifier as it begins its entries."""
    return node.to_bytes(_NODE, "big")


def locate(reader: Reader, root: int, key: bytes) -> bytes | None:
    """The index key of an object key, or None when its node does not exist, so that nothing is there."""
    if not _is_key(key):
        return None
    node = node_bytes(root)
    while len(key) > _SEGMENT:
        found = reader.get(node + key[:_SEGMENT] + _POINTER)
        if found is None:
            return None
        node, key = found, key[_SEGMENT:]
    return node + key


def ensure(changer: Changer, root: int, key: bytes) -> bytes:
    """The index key of an object key, whose nodes are made when they are missing. Raises InvalidArgument."""
    if not _is_key(key):
        raise InvalidArgument("The specified object is not valid.", code="InvalidObjectName")
    node = node_bytes(root)
    while len(key) > _SEGMENT:
        pointer = node + key[:_SEGMENT] + _POINTER
        found = changer.get(pointer)
        if found is None:
            found = node_bytes(changer.new_node())
            changer.put(pointer, found)
        node, key = found, key[_SEGMENT:]
    return node + key


def _is_key(key: bytes) -> bool:
    return 0 < len(key) <= KEY_BYTES_MAX and _POINTER not in key


def prune(changer: Changer, root: int, key: bytes) -> None:
    """Remove the nodes of a long key that have become empty, the deepest first."""
    node, path = node_bytes(root), []
    while len(key) > _SEGMENT:
        pointer = node + key[:_SEGMENT] + _POINTER
        found = changer.get(pointer)
        if found is None:
            break
        path.append((pointer, found))
        node, key = found, key[_SEGMENT:]
    for pointer, child in reversed(path):
        if not changer.is_empty(child):
            return
        changer.delete(pointer)


def walk(cursor_of: "CursorFactory", node: bytes, start: bytes, base: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
    """Object keys at or after ``start`` and their values, in byte order."""
    cursor = cursor_of()
    deep = len(start) > _SEGMENT
    head = start[:_SEGMENT]
    if not cursor.set_range(node + head + (_POINTER if deep else b"")):
        return
    for key, value in cursor.iternext():
        if not key.startswith(node):
            return
        if key[-1] == 0 and len(key) > _NODE:
            segment = key[_NODE:-1]
            rest = start[_SEGMENT:] if deep and segment == head else b""
            yield from walk(cursor_of, value, rest, base + segment)
        else:
            yield base + key[_NODE:] if base else key[_NODE:], value


class CursorFactory(Protocol):
    """Makes cursors over the entries of current objects."""

    def __call__(self) -> Cursor:
        """A new cursor."""
