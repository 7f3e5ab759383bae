"""What keeps a store healthy: files a crash left are removed, packs are cleared of dead bytes, damage is found."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from yunbox.storage.objects.blobs import Blobs
from yunbox.storage.objects.index import Change, Index, Snapshot
from yunbox.storage.objects.model import Bucket, Extent, ObjectRecord, Part, crc64, dump, load
from yunbox.storage.objects.packs import Packs, counts

_PIECE_BYTES = 4 * 1024 * 1024
_DEAD_SHARE = 0.5
_BATCH = 200
_NODE = 8
_parts = msgspec.msgpack.Decoder(Part)
_buckets = msgspec.msgpack.Decoder(Bucket)


@dataclass(frozen=True)
class Damage:
    """Bytes that are not what was written: of which object (or part of an upload), and where they lie."""

    bucket: str
    key: str
    path: str
    offset: int
    problem: str


class Upkeep:
    """Upkeep of one store; everything here runs in a thread."""

    def __init__(self, index: Index, packs: Packs, blobs: Blobs) -> None:
        self._index = index
        self._packs = packs
        self._blobs = blobs

    # -- after a crash

    def begin_run(self) -> int:
        """Number this run of the server, durably, and remove what the last one left behind."""
        run = self._index.write_sync(lambda change, _: change.next_number("run"))
        self._blobs.start(run)
        self._empty_trash()
        for left in self._blobs.runs():
            if left == run - 1:
                self._remove_orphans(left)
        self._remove_orphan_packs()
        return run

    def _remove_orphan_packs(self) -> None:
        with self._index.reading() as view:
            known = {int.from_bytes(key, "big") for key, _ in view.prefixed("packs", b"")}
        for number in self._packs.numbers():
            if number not in known and number != self._packs.current:
                self._packs.remove(number)

    def _empty_trash(self) -> None:
        with self._index.reading() as view:
            numbers = [int.from_bytes(key, "big") for key, _ in view.prefixed("trash", b"")]
        for number in numbers:
            self._blobs.remove(number)
        self.forget_trash(numbers)

    def forget_trash(self, numbers: list[int]) -> None:
        """Say that files are unlinked."""
        self._index.write_sync(
            lambda change, _: [change.delete("trash", number.to_bytes(8, "big")) for number in numbers] and None
        )

    def _remove_orphans(self, run: int) -> None:
        for number in list(self._blobs.of_run(run)):
            with self._index.reading() as view:
                known = view.get("files", number.to_bytes(8, "big")) is not None
            if not known:
                self._blobs.remove(number)

    # -- dead bytes

    def wasteful_packs(self) -> list[int]:
        """The packs of which more than half is dead. One without any live byte costs nothing to clear."""
        found: list[int] = []
        with self._index.reading() as view:
            for key, value in view.prefixed("packs", b""):
                size, live = counts(value)
                number = int.from_bytes(key, "big")
                if number != self._packs.current and live < size * _DEAD_SHARE:
                    found.append(number)
        return found

    def reclaim(self) -> int:
        """Move what lives in wasteful packs to the present one and remove them; returns the bytes given back."""
        victims = set(self.wasteful_packs())
        if not victims:
            return 0
        for table, key, extents in self._naming(victims):
            self._move(table, key, [extent for extent in extents if extent.packed and extent.file in victims])
        freed = 0
        for pack in victims:
            freed += self._index.write_sync(lambda change, _, pack=pack: _drop_pack(change, pack))
            self._packs.remove(pack)
        return freed

    def _naming(self, victims: set[int]) -> Iterator[tuple[str, bytes, tuple[Extent, ...]]]:
        for table, key, extents in self._all_extents():
            if any(extent.packed and extent.file in victims for extent in extents):
                yield table, key, extents

    def _move(self, table: str, key: bytes, moving: list[Extent]) -> None:
        payloads = [self._packs.read(extent, 0, extent.length) for extent in moving]

        def work(change: Change, appended: tuple[Extent, ...]) -> None:
            data = change.get(table, key)
            if data is None:
                return
            fresh = dict(zip(moving, appended, strict=True))
            record = _decode(table, data)
            if not any(extent in fresh for extent in record.extents):
                return
            gone = [extent for extent in record.extents if extent in fresh]
            self._packs.released(gone)
            self._packs.used(fresh[extent] for extent in gone)
            extents = tuple(fresh.get(extent, extent) for extent in record.extents)
            change.put(table, key, _encode(table, msgspec.structs.replace(record, extents=extents)))

        self._index.write_sync(work, *payloads)

    # -- damage

    def scrub(self) -> Iterator[Damage | int]:
        """Read every byte and compare its sum; yields damage, and now and then how many bytes were read."""
        with self._index.reading() as view:
            buckets = {bucket.node: bucket for bucket in _all_buckets(view)}
        read = 0
        for table, key, extents in self._all_extents():
            for extent in extents:
                problem = self._problem(extent)
                if problem:
                    yield self._damage(table, key, extent, problem, buckets)
                read += extent.length
                if read > _PIECE_BYTES * 16:
                    yield read
                    read = 0
        yield read

    def _problem(self, extent: Extent) -> str:
        path = self._packs.path(extent.file) if extent.packed else self._blobs.path(extent.file)
        try:
            fd = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return "its file is missing"
        try:
            total, at = 0, 0
            while at < extent.length:
                data = os.pread(fd, min(_PIECE_BYTES, extent.length - at), extent.offset + at)
                if not data:
                    return "its file is too short"
                total = crc64(data, total)
                at += len(data)
        finally:
            os.close(fd)
        return "" if total == extent.crc64 else "its bytes are not those that were written"

    def _damage(self, table: str, key: bytes, extent: Extent, problem: str, buckets: dict[int, Bucket]) -> Damage:
        path = self._packs.path(extent.file) if extent.packed else self._blobs.path(extent.file)
        if table == "parts":
            return Damage(
                "",
                f"part {int.from_bytes(key[16:18], 'big')} of upload {key[:16].hex()}",
                str(path),
                extent.offset,
                problem,
            )
        with self._index.reading() as view:
            bucket, name = _spell(view, key, table, buckets)
        return Damage(bucket, name, str(path), extent.offset, problem)

    def _all_extents(self) -> Iterator[tuple[str, bytes, tuple[Extent, ...]]]:
        """Every record that names bytes, in batches of short snapshots."""
        for table in ("objects", "history", "parts"):
            start = b""
            while True:
                batch: list[tuple[bytes, tuple[Extent, ...]]] = []
                with self._index.reading() as view:
                    for key, data in view.prefixed(table, b"", start):
                        start = key + b"\0"
                        if not (table == "objects" and _is_pointer(key)):
                            batch.append((key, _decode(table, data).extents))
                        if len(batch) >= _BATCH:
                            break
                for key, extents in batch:
                    yield table, key, extents
                if len(batch) < _BATCH:
                    break


def _is_pointer(key: bytes) -> bool:
    return len(key) > _NODE and key[-1] == 0


def _decode(table: str, data: bytes) -> ObjectRecord | Part:
    return _parts.decode(data) if table == "parts" else load(data)


def _encode(table: str, record: ObjectRecord | Part) -> bytes:
    return dump(record) if isinstance(record, ObjectRecord) else msgspec.msgpack.encode(record)


def _drop_pack(change: Change, pack: int) -> int:
    key = pack.to_bytes(8, "big")
    size, _ = counts(change.get("packs", key))
    change.delete("packs", key)
    return size


def _all_buckets(view: Snapshot) -> list[Bucket]:
    return [_buckets.decode(data) for _, data in view.prefixed("buckets", b"")]


def _spell(view: Snapshot, key: bytes, table: str, buckets: dict[int, Bucket]) -> tuple[str, str]:
    """The bucket and the object key behind a key of the index; those of long keys are found through their nodes."""
    node = int.from_bytes(key[:_NODE], "big")
    segment = key[_NODE:-9] if table == "history" else key[_NODE:]
    while node not in buckets:
        pointer = next(
            (k for k, v in view.prefixed("objects", b"") if _is_pointer(k) and v == node.to_bytes(8, "big")), None
        )
        if pointer is None:
            return "", segment.decode("utf-8", "replace")
        node = int.from_bytes(pointer[:_NODE], "big")
        segment = pointer[_NODE:-1] + segment
    return buckets[node].name, segment.decode("utf-8", "replace")
