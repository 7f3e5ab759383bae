"""Multipart uploads: begun, filled part by part, completed or given up."""

import base64
import hashlib
import itertools
import secrets
from collections.abc import Sequence

import msgspec

from yunbox.kernel.errors import Conflict, InvalidArgument, NotFound
from yunbox.storage.objects.buckets import same_bucket
from yunbox.storage.objects.content import Content
from yunbox.storage.objects.index import Change, Index, Snapshot
from yunbox.storage.objects.keys import node_bytes
from yunbox.storage.objects.model import MULTIPART, Bucket, Extent, ObjectRecord, Part, Upload, combined
from yunbox.storage.objects.objects import Attributes, Check, Objects
from yunbox.storage.objects.reading import Source
from yunbox.storage.objects.versions import Versions, keep, present, release

PARTS_MAX = 10_000
PART_BYTES_MIN = 100 * 1024
_uploads = msgspec.msgpack.Decoder(Upload)
_parts = msgspec.msgpack.Decoder(Part)
_encode = msgspec.msgpack.Encoder().encode


class NoSuchUpload(NotFound):
    """The upload does not exist: it was completed or aborted, or never begun."""


class InvalidPart(InvalidArgument):
    """A part that completing names is not there, or has another ETag."""


class Uploads:
    """The multipart uploads of a store."""

    def __init__(self, index: Index, objects: Objects) -> None:
        self._index = index
        self._objects = objects

    async def begin(self, bucket: Bucket, key: str, attributes: Attributes, *, sequential: bool = False) -> Upload:
        """Begin an upload."""
        upload = Upload(
            id=secrets.token_hex(16).upper(),
            key=key,
            started_ms=self._objects.now_ms(),
            owner=attributes.owner,
            storage_class=attributes.storage_class or bucket.storage_class,
            headers=bucket.encrypted(attributes.headers),
            tags=attributes.tags,
            acl=attributes.acl,
            sequential=sequential,
        )

        def work(change: Change, _: object) -> Upload:
            current = same_bucket(change, bucket)
            change.put("uploads", _upload_key(current, upload.id), _encode(upload))
            change.stat(node_bytes(current.node)).uploads += 1
            return upload

        return await self._index.write(work)

    def get(self, bucket: Bucket, key: str, upload_id: str) -> Upload:
        """An upload. Raises NoSuchUpload."""
        with self._index.reading() as view:
            return _find(view, bucket, key, upload_id)

    def under_way(self, bucket: Bucket) -> list[Upload]:
        """The uploads of a bucket that are under way, by key and then by id: a listing goes on behind one of them."""
        with self._index.reading() as view:
            found = [_uploads.decode(data) for _, data in view.prefixed("uploads", node_bytes(bucket.node))]
        return sorted(found, key=lambda upload: (upload.key.encode(), upload.id))

    def parts(self, bucket: Bucket, key: str, upload_id: str, *, after: int = 0, limit: int = PARTS_MAX) -> list[Part]:
        """The parts of an upload in the order of their numbers."""
        with self._index.reading() as view:
            _find(view, bucket, key, upload_id)
            head = bytes.fromhex(upload_id)
            found: list[Part] = []
            for _, data in view.prefixed("parts", head, head + min(after + 1, 0xFFFF).to_bytes(2, "big")):
                if len(found) == limit:
                    break
                found.append(_parts.decode(data))
            return found

    async def put_part(self, bucket: Bucket, key: str, upload_id: str, number: int, content: Content) -> Part:
        """Keep received bytes as a part; a part of the same number goes. Raises NoSuchUpload."""
        etag = content.md5.hex().upper()

        def work(change: Change, appended: tuple[Extent, ...]) -> Part:
            extents = content.extents(appended)
            part = Part(number, content.size, self._objects.now_ms(), etag, content.crc64, extents)
            return self._keep(change, bucket, key, upload_id, part)

        return await self._index.write(work, *content.payloads, undo=lambda: self._objects.discard(content))

    async def copy_part(
        self, bucket: Bucket, key: str, upload_id: str, number: int, source: Source, start: int, length: int
    ) -> Part:
        """Make a part of a range of an object: its files are linked, and it is read for its sums only."""
        copied = await source.copied(start, length)

        def work(change: Change, appended: tuple[Extent, ...]) -> Part:
            part = Part(number, length, self._objects.now_ms(), copied.etag, 0, copied.extents(appended))
            part = msgspec.structs.replace(part, crc64=combined(part.extents))
            return self._keep(change, bucket, key, upload_id, part)

        return await self._index.write(work, *copied.payloads, undo=lambda: source.discard(copied))

    async def complete(
        self,
        bucket: Bucket,
        key: str,
        upload_id: str,
        wanted: Sequence[tuple[int, str]] | None,
        check: Check | None = None,
        acl: str = "",
    ) -> ObjectRecord:
        """Make an object of the parts named by number and ETag (of all for None). Their bytes are not moved.

        An ``acl`` goes before the one that the upload began with.
        Raises NoSuchUpload, InvalidPart, and InvalidArgument with OSS's own codes.
        """
        told = await self._told_of_all(bucket, key, upload_id, wanted)

        def work(change: Change, _: object) -> ObjectRecord:
            current = same_bucket(change, bucket)
            upload = _find(change, current, key, upload_id)
            if check is not None:
                check(present(change, current, key))
            there = {part.number: part for part in _all_parts(change, upload_id)}
            chosen = _chosen(there, wanted)
            record = _completed(upload, chosen, self._objects.now_ms(), acl)
            record = msgspec.structs.replace(record, headers=record.headers | told)
            used = {part.number for part in chosen}
            _count(change, current, upload, -sum(part.size for part in there.values()))
            for number, part in there.items():
                change.delete("parts", _part_key(upload_id, number))
                if number in used:
                    change.released(part.extents)  # the object names them from now on
                else:
                    release(change, part.extents)
            self._forget(change, current, upload_id)
            return Versions(change, current).put(key, record)

        return await self._index.write(work)

    async def _told_of_all(
        self, bucket: Bucket, key: str, upload_id: str, wanted: Sequence[tuple[int, str]] | None
    ) -> dict[str, str]:
        """The MD5 of all bytes: readers of what a sequential upload made are told it (oss2's tests)."""
        if not self.get(bucket, key, upload_id).sequential:
            return {}
        _, record, source = self.staged(bucket, key, upload_id, wanted)
        digest = hashlib.md5(usedforsecurity=False)
        try:
            async for piece in source.pieces(0, record.size):
                digest.update(piece)
        finally:
            source.close()
        return {"Content-MD5": base64.b64encode(digest.digest()).decode()}

    def staged(
        self, bucket: Bucket, key: str, upload_id: str, wanted: Sequence[tuple[int, str]] | None
    ) -> tuple[Upload, ObjectRecord, Source]:
        """An upload, what completing it would make, and the bytes of that; the upload stays under way.

        Raises what ``complete`` raises.
        """
        with self._index.reading() as view:
            upload = _find(view, bucket, key, upload_id)
            there = {part.number: part for part in _all_parts(view, upload_id)}
            record = _completed(upload, _chosen(there, wanted), self._objects.now_ms())
            return upload, record, self._objects.source(record.extents)

    async def abort(self, bucket: Bucket, key: str, upload_id: str) -> None:
        """Give an upload up; its parts go. Raises NoSuchUpload."""

        def work(change: Change, _: object) -> None:
            current = same_bucket(change, bucket)
            upload = _find(change, current, key, upload_id)
            for part in list(_all_parts(change, upload_id)):
                _count(change, current, upload, -part.size)
                change.delete("parts", _part_key(upload_id, part.number))
                release(change, part.extents)
            self._forget(change, current, upload_id)

        await self._index.write(work, frees=True)

    def _keep(self, change: Change, bucket: Bucket, key: str, upload_id: str, part: Part) -> Part:
        current = same_bucket(change, bucket)
        upload = _find(change, current, key, upload_id)
        place = _part_key(upload_id, part.number)
        if upload.sequential:
            _check_next(change, upload_id, part.number)
        old = change.get("parts", place)
        if old is not None:
            replaced = _parts.decode(old)
            release(change, replaced.extents)
            _count(change, current, upload, -replaced.size)
        _count(change, current, upload, part.size)
        keep(change, part.extents)
        change.used(part.extents)
        change.put("parts", place, _encode(part))
        return part

    def _forget(self, change: Change, bucket: Bucket, upload_id: str) -> None:
        change.delete("uploads", _upload_key(bucket, upload_id))
        change.stat(node_bytes(bucket.node)).uploads -= 1


def _check_next(view: Snapshot, upload_id: str, number: int) -> None:
    """Refuse a part that is not the next of a sequential upload (oss2's tests; the vendor's error 0042-00000108)."""
    if any(view.prefixed("parts", bytes.fromhex(upload_id), _part_key(upload_id, number))):
        raise Conflict("For sequential multipart upload, you can't overwrite uploaded parts.", code="PartAlreadyExist")
    if number > 1 and view.get("parts", _part_key(upload_id, number - 1)) is None:
        raise InvalidArgument("The parts of a sequential upload come one after another.", code="PartNotSequential")


def _count(change: Change, bucket: Bucket, upload: Upload, size: int) -> None:
    """Count bytes of parts, which are stored and billed from when they come until they go or are an object's."""
    parts = change.stat(node_bytes(bucket.node)).parts
    left = parts.get(upload.storage_class, 0) + size
    parts[upload.storage_class] = max(left, 0)  # those of an upload begun before parts were counted go uncounted


def _upload_key(bucket: Bucket, upload_id: str) -> bytes:
    return node_bytes(bucket.node) + bytes.fromhex(upload_id)


def _part_key(upload_id: str, number: int) -> bytes:
    return bytes.fromhex(upload_id) + number.to_bytes(2, "big")


def _find(view: Snapshot, bucket: Bucket, key: str, upload_id: str) -> Upload:
    try:
        data = view.get("uploads", _upload_key(bucket, upload_id)) if len(upload_id) == 32 else None
    except ValueError:
        data = None
    upload = _uploads.decode(data) if data is not None else None
    if upload is None or upload.key != key:
        raise NoSuchUpload(
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or "
            "completed.",
            upload_id=upload_id[:64],
        )
    return upload


def _all_parts(view: Snapshot, upload_id: str) -> list[Part]:
    return [_parts.decode(data) for _, data in view.prefixed("parts", bytes.fromhex(upload_id))]


def _chosen(there: dict[int, Part], wanted: Sequence[tuple[int, str]] | None) -> list[Part]:
    if wanted is None:
        wanted = [(number, there[number].etag) for number in sorted(there)]
    numbers = [number for number, _ in wanted]
    if any(later <= earlier for earlier, later in itertools.pairwise(numbers)):
        raise InvalidArgument("The list of parts was not in ascending order.", code="InvalidPartOrder")
    chosen: list[Part] = []
    for number, etag in wanted:
        part = there.get(number)
        if part is None or part.etag != etag.strip('"').upper():
            raise InvalidPart("One or more of the specified parts could not be found.", code="InvalidPart", part=number)
        chosen.append(part)
    if not chosen:
        raise InvalidArgument("You must specify at least one part.", code="MalformedXML")
    if any(part.size < PART_BYTES_MIN for part in chosen[:-1]):
        raise InvalidArgument(
            f"Your proposed upload is smaller than the minimum allowed size of {PART_BYTES_MIN} bytes.",
            code="EntityTooSmall",
        )
    return chosen


def _completed(upload: Upload, parts: Sequence[Part], now_ms: int, acl: str = "") -> ObjectRecord:
    digest = hashlib.md5(b"".join(bytes.fromhex(part.etag) for part in parts), usedforsecurity=False)
    extents = tuple(extent for part in parts for extent in part.extents)
    return ObjectRecord(
        MULTIPART,
        sum(part.size for part in parts),
        now_ms,
        f"{digest.hexdigest().upper()}-{len(parts)}",
        combined(extents),
        upload.storage_class,
        extents,
        upload.headers,
        upload.tags,
        upload.owner,
        acl or upload.acl,
    )
