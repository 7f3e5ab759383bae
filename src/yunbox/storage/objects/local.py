"""The local store as a backend: what its parts do already, under the one protocol that remote buckets share."""

from collections.abc import Sequence

from yunbox.storage.objects.content import Content
from yunbox.storage.objects.listing import Page, Query
from yunbox.storage.objects.model import Bucket, ObjectRecord
from yunbox.storage.objects.objects import Addition, Attributes, Check, Gone
from yunbox.storage.objects.reading import Source
from yunbox.storage.objects.store import ObjectStore


class LocalBackend:
    """The objects of a store on this disk."""

    def __init__(self, store: ObjectStore) -> None:
        self._objects = store.objects
        self._uploads = store.uploads
        self._listing = store.listing

    async def get(self, bucket: Bucket, key: str, wanted: str | None = None) -> ObjectRecord:
        """The record of a key, or of one version. Raises NoSuchKey."""
        return self._objects.get(bucket, key, wanted)

    async def find(self, bucket: Bucket, key: str) -> ObjectRecord | None:
        """The present record of a key, or None."""
        return self._objects.find(bucket, key)

    async def open(self, bucket: Bucket, key: str, wanted: str | None = None) -> tuple[ObjectRecord, Source]:
        """A record and its bytes. Raises NoSuchKey."""
        return self._objects.open(bucket, key, wanted)

    async def put(
        self, bucket: Bucket, key: str, content: Content, attributes: Attributes, check: Check | None = None
    ) -> ObjectRecord:
        """Make an object of received content."""
        return await self._objects.put(bucket, key, content, attributes, check)

    async def append(self, bucket: Bucket, key: str, addition: Addition) -> ObjectRecord:
        """Add bytes to the end of an object, or begin one."""
        return await self._objects.append(bucket, key, addition)

    async def delete(self, bucket: Bucket, key: str, owner: str, wanted: str | None = None) -> ObjectRecord | None:
        """Delete a key or a version."""
        return await self._objects.delete(bucket, key, owner, wanted)

    async def delete_many(self, bucket: Bucket, keys: Sequence[tuple[str, str | None]], owner: str) -> list[Gone]:
        """Delete many keys or versions in one transaction."""
        return await self._objects.delete_many(bucket, keys, owner)

    async def page(self, bucket: Bucket, query: Query) -> Page:
        """A page of a listing."""
        return await self._listing.page(bucket, query)

    async def complete(
        self,
        bucket: Bucket,
        key: str,
        upload_id: str,
        wanted: Sequence[tuple[int, str]] | None,
        check: Check | None = None,
        acl: str = "",
    ) -> ObjectRecord:
        """Make an object of the parts of an upload; their bytes are not moved."""
        return await self._uploads.complete(bucket, key, upload_id, wanted, check, acl)
