"""Copying between buckets, wherever their objects lie.

Inside the local store files are linked, and inside one remote bucket the remote copies; between two places the bytes
come through here, and are received whole before the target changes.
"""

from dataclasses import dataclass

import msgspec

from yunbox.services.oss.service import TOTAL_BYTES_MAX, Oss
from yunbox.storage.objects.model import NORMAL, Bucket, ObjectRecord
from yunbox.storage.objects.objects import Attributes, Check
from yunbox.storage.objects.ports import Bytes
from yunbox.storage.objects.reading import Source


@dataclass(frozen=True)
class Origin:
    """What is copied: an object with its open bytes."""

    bucket: Bucket
    key: str
    record: ObjectRecord
    held: Bytes


async def transfer(
    service: Oss, origin: Origin, bucket: Bucket, key: str, record: ObjectRecord, check: Check | None
) -> ObjectRecord:
    """Make a copy of an object; ``record`` is what it becomes. Raises what ``check`` raises."""
    if isinstance(origin.held, Source) and not bucket.remote:
        return await service.store.objects.copy(origin.held, bucket, key, record, check)
    if _same_remote(origin, bucket) and record.headers == origin.record.headers and _plain(record):
        return await service.backends.remotes.backend(bucket).copy_inside(origin.key, key, check)
    pieces = origin.held.pieces(0, origin.record.size)
    content = await service.store.objects.receive(pieces, size_max=TOTAL_BYTES_MAX)
    if not bucket.remote:
        etag = content.md5.hex().upper()
        fresh = msgspec.structs.replace(record, kind=NORMAL, etag=etag, crc64=content.crc64)
        return await service.store.objects.store(bucket, key, fresh, content, check)
    storage_class = "" if record.storage_class == bucket.storage_class else record.storage_class
    given = Attributes(record.owner, storage_class, record.headers, record.tags, record.acl)
    return await service.backend(bucket).put(bucket, key, content, given, check)


def _same_remote(origin: Origin, bucket: Bucket) -> bool:
    return bool(bucket.remote) and origin.bucket.node == bucket.node


def _plain(record: ObjectRecord) -> bool:
    """Whether the remote's own copy gives the copy all that it shall have."""
    return not record.tags and not record.acl and record.storage_class == "Standard"
