"""The versions of a key: which record is the present one, which are history, and what each write does to them.

The present record of a key, a delete marker included, lies in the table ``objects``, so a listing walks that table
alone. All earlier ones lie in ``history``, newest first, and only for keys that have a present record.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator

import msgspec

from yunbox.kernel.errors import InvalidArgument, NotFound
from yunbox.storage.objects.index import Change, Snapshot
from yunbox.storage.objects.keys import ensure, locate, node_bytes, prune
from yunbox.storage.objects.minimums import billed_bytes, early_byte_days
from yunbox.storage.objects.model import (
    DELETE_MARKER,
    ENABLED,
    OFF,
    Bucket,
    Extent,
    ObjectRecord,
    dump,
    load,
)
from yunbox.storage.objects.retention import check_mutable

NULL_ID = "null"
_ID_HEAD = "CAEQ"
_LAST = (1 << 64) - 1


class NoSuchVersion(NotFound):
    """The key has no version of that id."""


def version_id(record: ObjectRecord) -> str:
    """The id under which a client knows a version."""
    if record.null:
        return NULL_ID
    return _ID_HEAD + urlsafe_b64encode(record.version.to_bytes(15, "big")).decode()


def parse_version_id(text: str) -> int | None:
    """The number behind an id, None for ``null``. Raises InvalidArgument."""
    if text == NULL_ID:
        return None
    try:
        data = urlsafe_b64decode(text.removeprefix(_ID_HEAD))
        if text.startswith(_ID_HEAD) and len(data) == 15:
            return int.from_bytes(data, "big")
    except ValueError:
        pass
    raise InvalidArgument("Invalid version id specified", code="InvalidArgument")


def present(view: Snapshot, bucket: Bucket, key: str) -> ObjectRecord | None:
    """The present record of a key, which may be a delete marker."""
    at = _locate(view, bucket, key)
    data = view.get("objects", at) if at else None
    return load(data) if data is not None else None


def version(view: Snapshot, bucket: Bucket, key: str, wanted: str) -> ObjectRecord:
    """One version by its id. Raises NoSuchVersion."""
    number = parse_version_id(wanted)
    at = _locate(view, bucket, key)
    data = view.get("objects", at) if at else None
    if at is not None and data is not None:
        found = load(data)
        if not _is(found, number):
            found = _in_history(view, at, number)
        if found is not None:
            return found
    raise NoSuchVersion(f"The specified version of {key!r} does not exist", key=key, version=wanted)


def all_versions(view: Snapshot, bucket: Bucket, key: str) -> Iterator[ObjectRecord]:
    """Every version of a key, the present one first, then from new to old."""
    at = _locate(view, bucket, key)
    data = view.get("objects", at) if at else None
    if at is None or data is None:
        return
    yield load(data)
    yield from (record for _, record in _history(view, at))


def history_of(view: Snapshot, bucket: Bucket, key: str, before: int | None = None) -> Iterator[ObjectRecord]:
    """The versions of a key before the present one, or before the version of a number, from new to old."""
    at = _locate(view, bucket, key)
    if at is not None:
        start = _history_key(at, min(before, _LAST)) + b"\0" if before is not None else b""
        yield from (record for _, record in _history(view, at, start))


class Versions:
    """Changes of the records of a bucket, inside a transaction of the index.

    Each raises FileImmutable, before it changes anything, when a record would go or get other bytes that the bucket's
    retention policy keeps.
    """

    def __init__(self, change: Change, bucket: Bucket) -> None:
        self._change = change
        self._bucket = bucket
        self._keys = NodeChanger(change)

    def put(self, key: str, record: ObjectRecord) -> ObjectRecord:
        """Make a record the present one of a key; what it replaces becomes history, or goes."""
        at = ensure(self._keys, self._bucket.node, key.encode())
        data = self._change.get("objects", at)
        old = load(data) if data is not None else None
        record = self._numbered(record)
        if old is not None:
            self._set_aside(at, old)
        if self._bucket.versioning not in (OFF, ENABLED) and old is not None and not old.null:
            self._drop_null_history(at)
        self._change.put("objects", at, dump(record))
        self._count(record, 1)
        self._change.used(record.extents)
        self._shown(-_visible(old) + _visible(record))
        return record

    def move(self, key: str, renamed: str, record: ObjectRecord) -> None:
        """Give the one record of a key another key; nothing else of it changes."""
        check_mutable(self._bucket, record, self._change.now_ms)
        at = ensure(self._keys, self._bucket.node, key.encode())
        self._change.delete("objects", at)
        prune(self._keys, self._bucket.node, key.encode())
        self._change.put("objects", ensure(self._keys, self._bucket.node, renamed.encode()), dump(record))

    def amend(self, key: str, old: ObjectRecord, record: ObjectRecord) -> None:
        """Put a record in the place of the very same version: other metadata, or more bytes at its end."""
        if record.extents != old.extents:
            check_mutable(self._bucket, old, self._change.now_ms)
        at = ensure(self._keys, self._bucket.node, key.encode())
        data = self._change.get("objects", at)
        current = load(data) if data is not None else None
        if current is not None and (current.version, current.null) == (old.version, old.null):
            self._change.put("objects", at, dump(record))
        else:
            self._change.put("history", _history_key(at, old.version), dump(record))
        self._count(old, -1)
        self._count(record, 1)
        if record.storage_class != old.storage_class:
            self._settle(old)

    def delete(self, key: str, owner: str, now_ms: int) -> ObjectRecord | None:
        """Delete a key as a request without a version does; returns the delete marker, if that makes one."""
        if self._bucket.versioning != OFF:
            return self.put(key, ObjectRecord(DELETE_MARKER, 0, now_ms, "", owner=owner))
        at = _locate(self._change, self._bucket, key)
        data = self._change.get("objects", at) if at else None
        if at is None or data is None:
            return None
        old = load(data)
        self._let_go(old)
        self._change.delete("objects", at)
        prune(self._keys, self._bucket.node, key.encode())
        self._shown(-_visible(old))
        return None

    def delete_version(self, key: str, wanted: str) -> ObjectRecord | None:
        """Remove one version for good; the newest one before it becomes present. Returns what was removed."""
        number = parse_version_id(wanted)
        at = _locate(self._change, self._bucket, key)
        data = self._change.get("objects", at) if at else None
        if at is None or data is None:
            return None
        current = load(data)
        if _is(current, number):
            self._let_go(current)
            self._promote(key, at)
            return current
        found = _in_history(self._change, at, number)
        if found is not None:
            self._let_go(found)
            self._change.delete("history", _history_key(at, found.version))
        return found

    def _numbered(self, record: ObjectRecord) -> ObjectRecord:
        if self._bucket.versioning == OFF:
            return record
        number = self._change.next_number("version")
        return msgspec.structs.replace(record, version=number, null=self._bucket.versioning != ENABLED)

    def _set_aside(self, at: bytes, old: ObjectRecord) -> None:
        if self._bucket.versioning == OFF or (old.null and self._bucket.versioning != ENABLED):
            self._let_go(old)
        else:
            self._change.put("history", _history_key(at, old.version), dump(old))

    def _drop_null_history(self, at: bytes) -> None:
        found = _in_history(self._change, at, None)
        if found is not None:
            self._change.delete("history", _history_key(at, found.version))
            self._let_go(found)

    def _promote(self, key: str, at: bytes) -> None:
        old = load(self._change.get("objects", at) or b"")
        newest = next(_history(self._change, at), None)
        if newest is None:
            self._change.delete("objects", at)
            prune(self._keys, self._bucket.node, key.encode())
            self._shown(-_visible(old))
            return
        place, record = newest
        self._change.delete("history", place)
        self._change.put("objects", at, dump(record))
        self._shown(_visible(record) - _visible(old))

    def _let_go(self, record: ObjectRecord) -> None:
        """Nobody names these bytes any more. Every way for a record to go leads through here."""
        check_mutable(self._bucket, record, self._change.now_ms)
        self._count(record, -1)
        self._settle(record)
        release(self._change, record.extents)

    def _settle(self, record: ObjectRecord) -> None:
        """Note what is due of an object that leaves its storage class before its time."""
        due = early_byte_days(record, self._change.now_ms)
        if due:
            early = self._change.stat(node_bytes(self._bucket.node)).early
            early[record.storage_class] = early.get(record.storage_class, 0.0) + due

    def _count(self, record: ObjectRecord, sign: int) -> None:
        stat = self._change.stat(node_bytes(self._bucket.node))
        stat.versions += sign
        if not record.is_marker:
            stat.bytes += sign * record.size
            size, objects = stat.by_class.get(record.storage_class, (0, 0))
            stat.by_class[record.storage_class] = (size + sign * record.size, objects + sign)
            billed = stat.billed.get(record.storage_class, 0)
            stat.billed[record.storage_class] = billed + sign * billed_bytes(record)

    def _shown(self, difference: int) -> None:
        self._change.stat(node_bytes(self._bucket.node)).objects += difference


def release(change: Change, extents: tuple[Extent, ...]) -> None:
    """Let bytes go: files are unlinked once the transaction is on disk, packs count them as dead."""
    change.released(extents)
    for number in {extent.file for extent in extents if not extent.packed}:
        key = number.to_bytes(8, "big")
        change.delete("files", key)
        change.put("trash", key, b"")
        change.doomed.append(number)


def keep(change: Change, extents: tuple[Extent, ...]) -> None:
    """Enter the files of new bytes, so that they are not taken for what a crash left."""
    for extent in extents:
        if not extent.packed:
            change.put("files", extent.file.to_bytes(8, "big"), b"")


class NodeChanger:
    """The table of present objects, as the encoding of long keys sees it while it changes."""

    def __init__(self, change: Change) -> None:
        self._change = change

    def get(self, key: bytes) -> bytes | None:
        """A value."""
        return self._change.get("objects", key)

    def put(self, key: bytes, value: bytes) -> None:
        """Set a value."""
        self._change.put("objects", key, value)

    def delete(self, key: bytes) -> None:
        """Remove an entry."""
        self._change.delete("objects", key)

    def new_node(self) -> int:
        """An identifier that no node has had."""
        return self._change.next_number("node")

    def is_empty(self, node: bytes) -> bool:
        """Whether no entry lies under a node."""
        return next(self._change.prefixed("objects", node), None) is None


class _NodeReader:
    def __init__(self, view: Snapshot) -> None:
        self._view = view

    def get(self, key: bytes) -> bytes | None:
        return self._view.get("objects", key)


def _locate(view: Snapshot, bucket: Bucket, key: str) -> bytes | None:
    return locate(_NodeReader(view), bucket.node, key.encode())


def _history(view: Snapshot, at: bytes, start: bytes = b"") -> Iterator[tuple[bytes, ObjectRecord]]:
    for place, data in view.prefixed("history", at + b"\0", start):
        yield place, load(data)


def _in_history(view: Snapshot, at: bytes, number: int | None) -> ObjectRecord | None:
    """A version that is not the present one; there is at most one null version, and it is looked for."""
    if number is None:
        return next((record for _, record in _history(view, at) if record.null), None)
    data = view.get("history", _history_key(at, number)) if number <= _LAST else None
    found = load(data) if data is not None else None
    return found if found is not None and not found.null else None


def _history_key(at: bytes, version: int) -> bytes:
    return at + b"\0" + (_LAST - version).to_bytes(8, "big")


def _is(record: ObjectRecord, number: int | None) -> bool:
    return record.null if number is None else record.version == number and not record.null


def _visible(record: ObjectRecord | None) -> int:
    return int(record is not None and not record.is_marker)
