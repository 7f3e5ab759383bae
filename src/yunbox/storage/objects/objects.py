"""Objects: put, appended, copied, looked at, read and deleted."""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import AlreadyExists, Conflict, InvalidArgument, NotFound
from yunbox.storage.objects.blobs import Blobs, BlobWriter
from yunbox.storage.objects.buckets import local_bucket, same_bucket
from yunbox.storage.objects.content import Content, adopt, of_bytes, receive
from yunbox.storage.objects.index import Change, Index, Snapshot
from yunbox.storage.objects.keys import KEY_BYTES_MAX
from yunbox.storage.objects.model import APPENDABLE, NORMAL, SYMLINK, Bucket, Extent, ObjectRecord, combine, load
from yunbox.storage.objects.packs import Packs
from yunbox.storage.objects.pins import Pins
from yunbox.storage.objects.reading import Copied, Source
from yunbox.storage.objects.retention import FileImmutable
from yunbox.storage.objects.versions import Versions, keep, parse_version_id, present, version
from yunbox.storage.objects.waiting import Turns

_OPEN_TRIES = 8
Check = Callable[[ObjectRecord | None], None]
"""Looks at the present record of a key inside the transaction that replaces it; raises to refuse."""
Gone = ObjectRecord | FileImmutable | None
"""What became of a key that was to be deleted: a record that was made or removed, nothing, or a refusal."""


class NoSuchKey(NotFound):
    """The key has no present object. ``marker`` is the delete marker that hides it, if any."""

    def __init__(self, key: str, marker: ObjectRecord | None = None) -> None:
        super().__init__("The specified key does not exist.", key=key)
        self.marker = marker


class PositionNotEqualToLength(Conflict):
    """An append at a position that is not the object's end; ``position`` is where that is."""

    def __init__(self, position: int, crc64: int) -> None:
        super().__init__("Position is not equal to file length.", position=position, crc64=crc64)


class NotAppendable(Conflict):
    """An append to an object that was not made by appending."""


@dataclass(frozen=True)
class Attributes:
    """What a writer says of an object beside its bytes."""

    owner: str = ""
    storage_class: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    acl: str = ""


@dataclass(frozen=True)
class Addition:
    """Bytes for the end of an object, which is to be at ``position`` and to grow to ``size_max`` at most.

    ``inspect`` sees what was received before it counts, and raises to refuse it.
    """

    position: int
    chunks: AsyncIterator[bytes]
    attributes: Attributes
    size_max: int
    inspect: Callable[[Content], None] = lambda content: None


def check_key(key: str) -> None:
    """Refuse a name that no object may have. Raises InvalidArgument."""
    size = len(key.encode("utf-8", "surrogatepass"))
    if not 1 <= size <= KEY_BYTES_MAX or key[0] in "/\\" or "\0" in key:
        raise InvalidArgument("The specified object is not valid.", code="InvalidObjectName", key=key[:64])


class Objects:
    """The objects of a store."""

    def __init__(self, index: Index, packs: Packs, blobs: Blobs, pins: Pins, clock: Clock) -> None:
        self._index = index
        self._packs = packs
        self._blobs = blobs
        self._pins = pins
        self._clock = clock
        self._appending = Turns()

    def now_ms(self) -> int:
        """The time, in epoch milliseconds."""
        return int(self._clock.time() * 1000)

    # -- looking

    def get(self, bucket: Bucket, key: str, wanted: str | None = None) -> ObjectRecord:
        """The present record of a key, or one version of it. Raises NoSuchKey; a version may be a delete marker."""
        with self._index.reading() as view:
            if wanted is not None:
                return version(view, bucket, key, wanted)
            record = present(view, bucket, key)
        if record is None or record.is_marker:
            raise NoSuchKey(key, record)
        return record

    def find(self, bucket: Bucket, key: str, wanted: str | None = None) -> ObjectRecord | None:
        """The present object of a key, or one version of it, or None."""
        try:
            with self._index.reading() as view:
                record = present(view, bucket, key) if wanted is None else version(view, bucket, key, wanted)
        except (NotFound, InvalidArgument):
            return None
        return None if record is None or record.is_marker else record

    def open(self, bucket: Bucket, key: str, wanted: str | None = None) -> tuple[ObjectRecord, Source]:
        """A record and its bytes, which stay readable until the source is closed."""
        for _ in range(_OPEN_TRIES):
            record = self.get(bucket, key, wanted)
            source = Source(self._blobs, self._packs, self._pins, record.extents)
            try:
                if self._still_there(record):
                    return record, source
            except BaseException:
                source.close()
                raise
            source.close()
        raise NoSuchKey(key)

    def _still_there(self, record: ObjectRecord) -> bool:
        """Whether what a record names was pinned before it was let go; all files of a record go together."""
        if not all(extent.file in self._packs for extent in record.extents if extent.packed):
            return False
        file = next((extent.file for extent in record.extents if not extent.packed), None)
        if file is None:
            return True
        with self._index.reading() as view:
            return view.get("files", file.to_bytes(8, "big")) is not None

    # -- writing

    async def receive(self, chunks: AsyncIterator[bytes], *, size_max: int, packed: bool = True) -> Content:
        """Take the bytes of an object as they arrive."""
        return await receive(self._blobs, chunks, size_max=size_max, packed=packed)

    def source(self, extents: Sequence[Extent]) -> Source:
        """The bytes of extents that no object names yet."""
        return Source(self._blobs, self._packs, self._pins, extents)

    def discard(self, content: Content) -> None:
        """Forget content that became no object."""
        if content.extent is not None:
            self._blobs.remove(content.extent.file)

    async def put(
        self, bucket: Bucket, key: str, content: Content, attributes: Attributes, check: Check | None = None
    ) -> ObjectRecord:
        """Make an object of received content. Raises what ``check`` raises; the content is gone then."""
        record = ObjectRecord(
            NORMAL,
            content.size,
            self.now_ms(),
            content.md5.hex().upper(),
            content.crc64,
            attributes.storage_class or bucket.storage_class,
            headers=attributes.headers,
            tags=attributes.tags,
            owner=attributes.owner,
            acl=attributes.acl,
        )
        return await self.store(bucket, key, record, content, check)

    async def store(
        self, bucket: Bucket, key: str, record: ObjectRecord, content: Content, check: Check | None = None
    ) -> ObjectRecord:
        """Make a record whose bytes are some received content the present one of a key."""
        return await self._place(bucket, key, record, content, check, lambda: self.discard(content))

    async def _place(
        self,
        bucket: Bucket,
        key: str,
        record: ObjectRecord,
        content: Content | Copied,
        check: Check | None,
        undo: Callable[[], None],
    ) -> ObjectRecord:
        def work(change: Change, appended: tuple[Extent, ...]) -> ObjectRecord:
            current = same_bucket(change, bucket)
            if check is not None:
                check(present(change, current, key))
            extents = content.extents(appended)
            keep(change, extents)
            headers = record.headers if record.kind == SYMLINK else current.encrypted(record.headers)
            made = msgspec.structs.replace(record, extents=extents, headers=headers)
            return Versions(change, current).put(key, made)

        return await self._index.write(work, *content.payloads, undo=undo)

    async def adopt(self, path: Path) -> Content:
        """The bytes of a file as content, to be put or discarded. Raises StorageFull."""
        return await adopt(self._blobs, path)

    async def publish(
        self,
        bucket: Bucket,
        files: Sequence[tuple[str, Path]],
        gone: Mapping[str, str | None],
        attributes: Attributes,
    ) -> None:
        """Make objects of files and delete other keys at one moment: a reader sees all of the old or all of the new.

        ``gone`` maps each key to the ETag it must still have, or to None. Raises Conflict when one has another.
        """
        contents: list[Content] = []

        def undo() -> None:
            for content in contents:
                self.discard(content)

        try:
            for _, path in files:
                contents.append(await adopt(self._blobs, path))
        except BaseException:
            undo()
            raise
        await self._index.write(
            lambda change, _: self._publish(change, bucket, files, contents, gone, attributes), undo=undo
        )

    def _publish(
        self,
        change: Change,
        bucket: Bucket,
        files: Sequence[tuple[str, Path]],
        contents: Sequence[Content],
        gone: Mapping[str, str | None],
        attributes: Attributes,
    ) -> None:
        current = local_bucket(same_bucket(change, bucket))
        for key, etag in gone.items():
            found = present(change, current, key) if etag is not None else None
            if etag is not None and (found is None or found.etag != etag):
                raise Conflict(f"The object {key!r} has been changed meanwhile: run it again", code="InvalidOperation")
        versions = Versions(change, current)
        now_ms = self.now_ms()
        written = {key for key, _ in files}
        for key in gone:
            if key not in written:
                versions.delete(key, attributes.owner, now_ms)
        for (key, _), content in zip(files, contents, strict=True):
            extents = content.extents(())
            keep(change, extents)
            record = ObjectRecord(
                NORMAL, content.size, now_ms, content.md5.hex().upper(), content.crc64, bucket.storage_class, extents,
                current.encrypted({}), owner=attributes.owner,
            )  # fmt: skip
            versions.put(key, record)

    def named(self, bucket: Bucket, name: str) -> list[tuple[str, ObjectRecord]]:
        """What a rename would move: the object of a key, or all under a prefix that ends in ``/``."""
        with self._index.reading() as view:
            return _named(view, bucket, name)

    async def rename(self, bucket: Bucket, old: str, new: str, judge: Callable[[str, str], None] | None = None) -> int:
        """Give a key, or every key under a prefix that ends in ``/``, another name, at one moment; returns how many.

        ``judge`` is asked of each, by its old and its new name, before any moves, and raises to refuse them all. No
        byte moves. Raises NoSuchKey when nothing has the old name, AlreadyExists when something has the new one,
        and Conflict in a bucket with versions, whose history has names too.
        """

        def work(change: Change, _: object) -> int:
            current = same_bucket(change, bucket)
            if current.versioning:
                raise Conflict("Objects of a bucket with versions cannot be renamed.", code="OperationNotSupported")
            found = _named(change, current, old)
            if not found:
                raise NoSuchKey(old)
            if _named(change, current, new):
                raise AlreadyExists("The target of the rename exists.", code="FileAlreadyExists", key=new)
            moved = [(new + key.removeprefix(old), record) for key, record in found]
            for (key, _record), (renamed, _same) in zip(found, moved, strict=True):
                check_key(renamed)
                if judge is not None:
                    judge(key, renamed)
            versions = Versions(change, current)
            for (key, _record), (renamed, record) in zip(found, moved, strict=True):
                versions.move(key, renamed, record)
            return len(moved)

        return await self._index.write(work)

    async def append(self, bucket: Bucket, key: str, addition: Addition) -> ObjectRecord:
        """Add bytes to the end of an object, or begin one. Raises PositionNotEqualToLength and NotAppendable."""
        async with self._appending.turn((bucket.node, key)):
            return await self._append(bucket, key, addition)

    async def _append(self, bucket: Bucket, key: str, addition: Addition) -> ObjectRecord:
        position, attributes = addition.position, addition.attributes
        old, last, writer = self._open_end(bucket, key, position)
        content = await receive(
            self._blobs, addition.chunks, size_max=addition.size_max - position, packed=False, writer=writer
        )

        def work(change: Change, _: object) -> ObjectRecord:
            current = same_bucket(change, bucket)
            found = present(change, current, key)
            found = None if found is None or found.is_marker else found
            _check_position(found, position)
            if (found.extents if found else ()) != (old.extents if old else ()):
                raise PositionNotEqualToLength(position, found.crc64 if found else 0)  # another object by now
            record = _appended(found, last, content, attributes, bucket, self.now_ms())
            keep(change, record.extents[-1:])
            if found is None:
                return Versions(change, current).put(key, record)
            Versions(change, current).amend(key, found, record)
            return record

        def undo() -> None:
            if last is None:
                self.discard(content)
            else:
                self._blobs.truncate(last.file, last.offset + last.length)

        try:
            addition.inspect(content)
        except BaseException:
            undo()
            raise
        return await self._index.write(work, undo=undo)

    def _open_end(
        self, bucket: Bucket, key: str, position: int
    ) -> tuple[ObjectRecord | None, Extent | None, BlobWriter]:
        """The present object, the extent that grows in place, and where to write.

        A file that has other names does not grow: another object may go on at the same place.
        """
        for _ in range(_OPEN_TRIES):
            old = self.find(bucket, key)
            _check_position(old, position)
            last = old.extents[-1] if old is not None and old.extents else None
            try:
                if last is None or last.packed or self._blobs.is_linked(last.file):
                    return old, None, self._blobs.create()
                return old, last, self._blobs.append(last.file, last.offset + last.length)
            except FileNotFoundError:
                continue  # it was replaced in between
        raise NoSuchKey(key)

    async def link(
        self, bucket: Bucket, key: str, target: str, attributes: Attributes, check: Check | None = None
    ) -> ObjectRecord:
        """Make a symbolic link."""
        content = of_bytes(b"")
        digest = hashlib.md5(target.encode(), usedforsecurity=False).hexdigest().upper()
        record = ObjectRecord(
            SYMLINK, 0, self.now_ms(), digest, 0, attributes.storage_class or bucket.storage_class,
            headers=attributes.headers, tags=attributes.tags, owner=attributes.owner, acl=attributes.acl, target=target,
        )  # fmt: skip
        return await self.store(bucket, key, record, content, check)

    async def copy(
        self, source: Source, bucket: Bucket, key: str, record: ObjectRecord, check: Check | None = None
    ) -> ObjectRecord:
        """Make ``record`` the present one of a key, with the bytes of another: files are linked, not copied."""
        copied = await source.linked()
        return await self._place(bucket, key, record, copied, check, lambda: source.discard(copied))

    async def amend(
        self, bucket: Bucket, key: str, wanted: str | None, edit: Callable[[ObjectRecord], ObjectRecord]
    ) -> ObjectRecord:
        """Change the metadata of an object or version in place. Raises NoSuchKey."""

        def work(change: Change, _: object) -> ObjectRecord:
            current = same_bucket(change, bucket)
            old = version(change, current, key, wanted) if wanted is not None else present(change, current, key)
            if old is None or old.is_marker:
                raise NoSuchKey(key, old)
            record = edit(old)
            Versions(change, current).amend(key, old, record)
            return record

        return await self._index.write(work)

    async def delete(
        self, bucket: Bucket, key: str, owner: str, wanted: str | None = None, check: Check | None = None
    ) -> ObjectRecord | None:
        """Delete a key, or one version for good; returns the delete marker that was made or removed, if any."""

        def work(change: Change, _: object) -> ObjectRecord | None:
            current = same_bucket(change, bucket)
            if check is not None:
                check(present(change, current, key))
            versions = Versions(change, current)
            if wanted is None:
                return versions.delete(key, owner, self.now_ms())
            return versions.delete_version(key, wanted)

        return await self._index.write(work, frees=True)

    async def delete_many(self, bucket: Bucket, keys: Sequence[tuple[str, str | None]], owner: str) -> list[Gone]:
        """Delete keys or versions in one transaction; those that may not go stay. Raises InvalidArgument."""
        for _, wanted in keys:
            if wanted is not None:
                parse_version_id(wanted)

        def work(change: Change, _: object) -> list[Gone]:
            versions = Versions(change, same_bucket(change, bucket))
            now_ms = self.now_ms()
            return [_delete(versions, key, wanted, owner, now_ms) for key, wanted in keys]

        return await self._index.write(work, frees=True)


def forbid_overwrite(record: ObjectRecord | None) -> None:
    """A check that refuses to replace an object that is there."""
    if record is not None and not record.is_marker:
        raise AlreadyExists(
            "The object you specified already exists and can not be overwritten.", code="FileAlreadyExists"
        )


def _delete(versions: Versions, key: str, wanted: str | None, owner: str, now_ms: int) -> Gone:
    """Delete one of many keys. A refusal comes before any change, so those of the others stand."""
    try:
        return versions.delete(key, owner, now_ms) if wanted is None else versions.delete_version(key, wanted)
    except FileImmutable as refused:
        return refused


def _check_position(old: ObjectRecord | None, position: int) -> None:
    if old is not None and (old.kind != APPENDABLE or old.sealed_ms):
        raise NotAppendable("The object is not appendable", code="ObjectNotAppendable")
    size = old.size if old is not None else 0
    if position != size:
        raise PositionNotEqualToLength(size, old.crc64 if old is not None else 0)


def _appended(
    old: ObjectRecord | None,
    last: Extent | None,
    content: Content,
    attributes: Attributes,
    bucket: Bucket,
    now_ms: int,
) -> ObjectRecord:
    extent = content.extent
    assert extent is not None
    if old is None:
        return ObjectRecord(
            APPENDABLE, content.size, now_ms, content.md5.hex().upper(), content.crc64,
            attributes.storage_class or bucket.storage_class, (extent,), bucket.encrypted(attributes.headers),
            attributes.tags,
            attributes.owner, attributes.acl,
        )  # fmt: skip
    crc64 = combine(old.crc64, content.crc64, content.size)
    extents = (*old.extents, extent)
    if last is not None:
        crc64_whole = combine(last.crc64, extent.crc64, extent.length)
        whole = msgspec.structs.replace(last, length=last.length + extent.length, crc64=crc64_whole)
        extents = (*old.extents[:-1], whole)
    digest = hashlib.md5(f"{old.etag}{content.md5.hex()}".encode(), usedforsecurity=False).hexdigest().upper()
    return msgspec.structs.replace(
        old,
        size=old.size + content.size,
        modified_ms=now_ms,
        etag=digest,
        crc64=crc64,
        extents=extents,
    )


def _named(view: Snapshot, bucket: Bucket, name: str) -> list[tuple[str, ObjectRecord]]:
    """The object of a name, or those under it when it is a folder's, which ends in a slash."""
    if not name.endswith("/"):
        record = present(view, bucket, name)
        return [(name, record)] if record is not None else []
    raw = name.encode()
    found: list[tuple[str, ObjectRecord]] = []
    for key, data in view.walk(bucket.node, raw):
        if not key.startswith(raw):
            break
        found.append((key.decode(), load(data)))
    return found
