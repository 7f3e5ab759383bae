"""What keeps a store healthy: files a crash left are removed, packs are cleared of dead bytes, damage is found."""

import functools
import itertools
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from yunbox.kernel.errors import Internal
from yunbox.storage.objects.blobs import Blobs
from yunbox.storage.objects.index import Change, Index, Snapshot, load_alive
from yunbox.storage.objects.model import Bucket, Extent, ObjectRecord, Part, Upload, crc64, dump, load
from yunbox.storage.objects.packs import Packs
from yunbox.storage.objects.pins import Pins

_PIECE_BYTES = 4 * 1024 * 1024
_DEAD_SHARE = 0.5
_BATCH = 200
_NODE = 8
_CLEARED = b"cleared"
_parts = msgspec.msgpack.Decoder(Part)
_uploads = msgspec.msgpack.Decoder(Upload)
_buckets = msgspec.msgpack.Decoder(Bucket)


@dataclass(frozen=True)
class Damage:
    """Bytes that are not what was written: of which object (or part of an upload), and where they lie."""

    bucket: str
    key: str
    path: str
    offset: int
    problem: str


@dataclass(frozen=True)
class _Move:
    """A record, and the bytes that it names in a pack that is being cleared."""

    table: str
    key: bytes
    payloads: dict[Extent, bytes]

    def make(self, change: Change, fresh: dict[Extent, Extent]) -> None:
        """Name the fresh places instead, unless the record has other bytes by now."""
        data = change.get(self.table, self.key)
        record = _decode(self.table, data) if data is not None else None
        gone = [extent for extent in record.extents if extent in fresh] if record is not None else []
        if record is None or not gone:
            return
        change.released(gone)
        change.used(fresh[extent] for extent in gone)
        extents = tuple(fresh.get(extent, extent) for extent in record.extents)
        change.put(self.table, self.key, _encode(self.table, msgspec.structs.replace(record, extents=extents)))


class Upkeep:
    """Upkeep of one store; everything here runs in a thread."""

    def __init__(self, index: Index, packs: Packs, blobs: Blobs, pins: Pins) -> None:
        self._index = index
        self._packs = packs
        self._blobs = blobs
        self._pins = pins
        self._reclaiming = threading.Lock()
        self._damaged: set[int] = set()

    # -- after a crash

    def begin_run(self) -> int:
        """Number this run of the server, durably, and remove what those before it left behind."""
        run = self._index.write_sync(lambda change, _: change.next_number("run"), frees=True)
        self._blobs.start(run)
        self._empty_trash()
        with self._index.reading() as view:
            cleared = int.from_bytes(view.get("meta", _CLEARED) or b"", "big")
        for left in self._blobs.runs():
            if cleared <= left < run:
                self._remove_orphans(left)
        self._remove_orphan_packs()
        self._index.write_sync(lambda change, _: change.put("meta", _CLEARED, run.to_bytes(8, "big")), frees=True)
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

    def forget_trash(self, numbers: Sequence[int]) -> None:
        """Say that files are unlinked."""
        for first in range(0, len(numbers), _BATCH):
            self._index.write_sync(functools.partial(_forget_trash, numbers[first : first + _BATCH]), frees=True)

    def _remove_orphans(self, run: int) -> None:
        files = self._blobs.of_run(run)
        while numbers := list(itertools.islice(files, _BATCH)):
            with self._index.reading() as view:
                orphans = [number for number in numbers if view.get("files", number.to_bytes(8, "big")) is None]
            for number in orphans:
                self._blobs.remove(number)
        self._blobs.tidy(run)

    # -- dead bytes

    def wasteful_packs(self) -> list[int]:
        """The packs of which more than half is dead. One without any live byte costs nothing to clear."""
        with self._index.reading() as view:
            return [pack for pack, (size, alive) in self._sizes(view).items() if alive < size * _DEAD_SHARE]

    def reclaim(self, dead_share_min: float = 0.0) -> int:
        """Move what lives in wasteful packs to the present one and remove them; returns the bytes given back.

        To find what lives there, the whole index is read: not before such a share of all packs is to be gained.
        """
        if not self._reclaiming.acquire(blocking=False):
            return 0  # it is under way
        try:
            with self._index.reading() as view:
                sizes = self._sizes(view)
            freed = sum(self._drop(pack) for pack, (_, alive) in sizes.items() if alive == 0)
            victims = {pack for pack, (size, alive) in sizes.items() if 0 < alive < size * _DEAD_SHARE} - self._damaged
            gain = sum(sizes[pack][0] - sizes[pack][1] for pack in victims)
            if not victims or gain < dead_share_min * sum(size for size, _ in sizes.values()):
                return freed
            self._move_all(victims)
            return freed + sum(self._drop(pack) for pack in victims)
        finally:
            self._reclaiming.release()

    def _sizes(self, view: Snapshot) -> dict[int, tuple[int, int]]:
        """The bytes of each pack that is not written any more, and how many of them are alive."""
        return {
            pack: (self._packs.size_bytes(pack), load_alive(view.get("packs", pack.to_bytes(8, "big"))))
            for pack in self._packs.numbers()
            if pack != self._packs.current
        }

    def _drop(self, pack: int) -> int:
        """Remove a pack, unless somebody names it: some bytes of it may have moved while it was being cleared."""
        size = self._packs.size_bytes(pack)

        def work(change: Change, _: object) -> bool:
            free = pack != self._packs.current and pack not in change.fresh and change.alive(pack) == 0
            if free:
                change.drop_pack(pack)
            return free

        if not self._index.write_sync(work, frees=True):
            return 0
        self._packs.forget(pack)
        self._pins.doom([-pack])
        return size

    def _move_all(self, victims: set[int]) -> None:
        batch: list[_Move] = []
        size = 0
        for table, key, extents in self._all_extents():
            moving = [extent for extent in extents if extent.packed and extent.file in victims]
            payloads = [self._payload(extent) for extent in moving]
            fresh = {extent: data for extent, data in zip(moving, payloads, strict=True) if data is not None}
            if fresh:
                batch.append(_Move(table, key, fresh))
                size += sum(map(len, fresh.values()))
            if len(batch) >= _BATCH or size >= _PIECE_BYTES:
                self._move(batch)
                batch, size = [], 0
        self._move(batch)

    def _payload(self, extent: Extent) -> bytes | None:
        """Bytes to move; None when they are damaged, lest the damage get a sum of its own."""
        try:
            data = self._packs.read(extent, 0, extent.length)
        except (Internal, FileNotFoundError):
            data = b""
        if crc64(data) == extent.crc64 and len(data) == extent.length:
            return data
        self._damaged.add(extent.file)
        return None

    def _move(self, batch: list["_Move"]) -> None:
        def work(change: Change, appended: tuple[Extent, ...]) -> None:
            extents = iter(appended)
            for move in batch:
                move.make(change, dict(zip(move.payloads, extents, strict=False)))

        if batch:
            self._index.write_sync(work, *(data for move in batch for data in move.payloads.values()))

    # -- damage

    def scrub(self) -> Iterator[Damage | int]:
        """Read every byte and compare its sum; yields damage, and now and then how many bytes were read."""
        read = 0
        for table, key, extents in self._all_extents():
            for extent in extents:
                problem = self._problem(extent)
                if problem and self._is_named(table, key, extent):
                    yield self._damage(table, key, extent, problem)
                read += extent.length
                if read > _PIECE_BYTES * 16:
                    yield read
                    read = 0
        yield read

    def _is_named(self, table: str, key: bytes, extent: Extent) -> bool:
        """Whether a record still names an extent: what was replaced meanwhile is not damaged but gone."""
        with self._index.reading() as view:
            data = view.get(table, key)
        return data is not None and extent in _decode(table, data).extents

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

    def _damage(self, table: str, key: bytes, extent: Extent, problem: str) -> Damage:
        path = self._packs.path(extent.file) if extent.packed else self._blobs.path(extent.file)
        with self._index.reading() as view:
            bucket, name = _spell_part(view, key) if table == "parts" else _spell(view, key, table)
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


def _forget_trash(numbers: Sequence[int], change: Change, _: object) -> None:
    for number in numbers:
        change.delete("trash", number.to_bytes(8, "big"))


def _bucket_names(view: Snapshot) -> dict[int, str]:
    buckets = (_buckets.decode(data) for _, data in view.prefixed("buckets", b""))
    return {bucket.node: bucket.name for bucket in buckets}


def _spell(view: Snapshot, key: bytes, table: str) -> tuple[str, str]:
    """The bucket and the object key behind a key of the index; those of long keys are found through their nodes."""
    names = _bucket_names(view)
    node = key[:_NODE]
    segment = key[_NODE:-9] if table == "history" else key[_NODE:]
    while int.from_bytes(node, "big") not in names:
        pointer = next((k for k, v in view.prefixed("objects", b"") if v == node and _is_pointer(k)), None)
        if pointer is None:
            return "", segment.decode("utf-8", "replace")
        node, segment = pointer[:_NODE], pointer[_NODE:-1] + segment
    return names[int.from_bytes(node, "big")], segment.decode("utf-8", "replace")


def _spell_part(view: Snapshot, key: bytes) -> tuple[str, str]:
    """The bucket of a part, and the name of the object that it was uploaded for."""
    upload_id, number = key[:16], int.from_bytes(key[16:], "big")
    name = f"part {number} of upload {upload_id.hex().upper()}"
    for place, data in view.prefixed("uploads", b""):
        if place[_NODE:] == upload_id:
            bucket = _bucket_names(view).get(int.from_bytes(place[:_NODE], "big"), "")
            return bucket, f"{_uploads.decode(data).key} ({name})"
    return "", name
