"""What a bucket's objects need to be: in the store on this disk, or in a bucket elsewhere that is mounted here.

Services choose by bucket and know only these protocols, so an operation is written once. What only the local store
can do (versions, appending, tags, links ...) is no part of them.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from yunbox.kernel.errors import Unavailable
from yunbox.storage.objects.content import Content
from yunbox.storage.objects.listing import Page, Query
from yunbox.storage.objects.model import Bucket, ObjectRecord
from yunbox.storage.objects.objects import Addition, Attributes, Check, Gone

UNKNOWN_SUM = -1
"""In the place of a CRC-64 that the remote does not tell: readers are then told none, rather than a wrong one."""


class Stale(Unavailable):
    """The object was changed at the remote while it was read. What was known of it is forgotten: ask again."""


class Bytes(Protocol):
    """The open bytes of one object. Close them."""

    async def ready(self, start: int, length: int) -> None:
        """Make sure that a read of a range can begin. Raises Stale and Unavailable."""

    def small(self, start: int, length: int) -> bytes | None:
        """Bytes that are there at once, or None when they are to be streamed; ask ``ready`` first."""

    def pieces(self, start: int, length: int) -> AsyncGenerator[bytes]:
        """Bytes in pieces; closes itself at the end."""

    def close(self) -> None:
        """Let go of what is held."""


class Backend(Protocol):
    """Where the objects of a bucket lie."""

    async def get(self, bucket: Bucket, key: str, wanted: str | None = None) -> ObjectRecord:
        """The record of a key, or of one version. Raises NoSuchKey."""

    async def find(self, bucket: Bucket, key: str) -> ObjectRecord | None:
        """The present record of a key, or None."""

    async def open(self, bucket: Bucket, key: str, wanted: str | None = None) -> tuple[ObjectRecord, Bytes]:
        """A record and its bytes. Raises NoSuchKey."""

    async def put(
        self, bucket: Bucket, key: str, content: Content, attributes: Attributes, check: Check | None = None
    ) -> ObjectRecord:
        """Make an object of received content, which is gone then, whatever happens."""

    async def append(self, bucket: Bucket, key: str, addition: Addition) -> ObjectRecord:
        """Add bytes to the end of an object, or begin one. Raises PositionNotEqualToLength and NotAppendable."""

    async def delete(self, bucket: Bucket, key: str, owner: str, wanted: str | None = None) -> ObjectRecord | None:
        """Delete a key or a version; returns the delete marker that was made or removed, if any."""

    async def delete_many(self, bucket: Bucket, keys: Sequence[tuple[str, str | None]], owner: str) -> Sequence[Gone]:
        """Delete many keys or versions; those that may not go stay."""

    async def page(self, bucket: Bucket, query: Query) -> Page:
        """A page of a listing."""

    async def complete(
        self,
        bucket: Bucket,
        key: str,
        upload_id: str,
        wanted: Sequence[tuple[int, str]] | None,
        check: Check | None = None,
        acl: str = "",
    ) -> ObjectRecord:
        """Make an object of the parts of an upload, which lie in the local store; an ``acl`` goes before its own."""


class RemoteBackend(Backend, Protocol):
    """A backend elsewhere."""

    async def copy_inside(self, source_key: str, key: str, check: Check | None = None) -> ObjectRecord:
        """Copy by the remote's own copy: no byte comes here."""

    def forget(self, key: str) -> None:
        """Believe no longer what is remembered of a key and of the listings with it."""

    def warm(self, prefix: str) -> AsyncGenerator[dict[str, Any]]:
        """Fetch metadata and bytes of all objects with a prefix. Yields a line for each."""

    async def status(self) -> dict[str, Any]:
        """Sizes and hit rates of the caches."""


@dataclass(frozen=True)
class Mount:
    """A bucket elsewhere, and how it is cached here. ``prefix`` is empty or ends in a slash."""

    bucket: str
    scheme: str
    endpoint: str
    remote_bucket: str
    prefix: str = ""
    region: str = ""
    access_key_id: str = ""
    access_key_secret: str = field(default="", repr=False)
    ttl_s: float = 60.0
    cache_bytes: int = 10 * 1024**3
    id: str = ""

    @property
    def shown(self) -> str:
        """Where it is, as people may see it."""
        return f"{self.scheme}://{self.remote_bucket}/{self.prefix} at {self.endpoint}"


class Remotes(Protocol):
    """The buckets that are mounted from elsewhere."""

    def backend(self, bucket: Bucket) -> RemoteBackend:
        """The backend of a mounted bucket. Raises Unsupported when what it needs is not installed."""

    async def mount(self, mount: Mount, account_id: str) -> Bucket:
        """Mount a bucket, once it was reached. Raises Conflict when the name is taken, Unavailable, Forbidden."""

    async def unmount(self, bucket: Bucket) -> None:
        """Forget a mount with its caches; the remote's objects stay."""

    async def pin(self, bucket: Bucket, prefix: str) -> None:
        """Keep the blocks of keys with a prefix, whatever else is read."""

    async def unpin(self, bucket: Bucket, prefix: str) -> None:
        """Let the blocks of a pinned prefix go when their time comes."""

    def pins(self, bucket: Bucket) -> tuple[str, ...]:
        """The prefixes that are pinned."""
