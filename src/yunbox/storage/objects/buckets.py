"""Buckets: created, listed, changed and deleted."""

from collections.abc import Callable, Mapping

import msgspec

from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import AlreadyExists, Conflict, NotFound, Unsupported
from yunbox.storage.objects.index import Change, Index, Snapshot
from yunbox.storage.objects.keys import node_bytes
from yunbox.storage.objects.model import ACCOUNT_BLOCK, Bucket, BucketStat, load_stat

_decoder = msgspec.msgpack.Decoder(Bucket)


class NoSuchBucket(NotFound):
    """There is no bucket of that name."""


class BucketTaken(AlreadyExists):
    """The name belongs to a bucket of somebody else."""


class BucketNotEmpty(Conflict):
    """The bucket still holds objects, versions or uploads."""


NAME_MAX = 63
"""Characters of a bucket's name, as the vendor has it."""


def find_bucket(view: Snapshot, name: str) -> Bucket:
    """A bucket by name. Raises NoSuchBucket."""
    data = view.get("buckets", name.encode())
    if data is None:
        raise NoSuchBucket("The specified bucket does not exist.", bucket=name)
    return _decoder.decode(data)


def same_bucket(view: Snapshot, bucket: Bucket) -> Bucket:
    """A bucket as it is now. Raises NoSuchBucket, also when another has got its name since."""
    current = find_bucket(view, bucket.name)
    if current.node != bucket.node:
        raise NoSuchBucket("The specified bucket does not exist.", bucket=bucket.name)
    return current


def local_bucket(bucket: Bucket) -> Bucket:
    """A bucket whose objects lie in this store. Raises Unsupported for one that is mounted from elsewhere."""
    if bucket.remote:
        raise Unsupported(
            f"The objects of {bucket.name} lie elsewhere ({bucket.remote}), where this is not offered.",
            code="NotImplemented",
        )
    return bucket


def save_bucket(change: Change, bucket: Bucket) -> Bucket:
    """Keep a bucket."""
    change.put("buckets", bucket.name.encode(), msgspec.msgpack.encode(bucket))
    return bucket


class Buckets:
    """The buckets of a store."""

    def __init__(self, index: Index, clock: Clock) -> None:
        self._index = index
        self._clock = clock
        self._remembered: dict[str, Bucket] = {}
        self._remembered_at = 0

    def get(self, name: str) -> Bucket:
        """A bucket by name. Raises NoSuchBucket."""
        found = self.find(name)
        if found is None:
            raise NoSuchBucket("The specified bucket does not exist.", bucket=name)
        return found

    def find(self, name: str) -> Bucket | None:
        """A bucket by name, or None. It is asked for several times a request: remembered until buckets change."""
        changes = self._index.bucket_changes
        if changes != self._remembered_at:
            self._remembered, self._remembered_at = {}, changes
        remembered = self._remembered  # what was read before a change goes into what that change has discarded
        found = remembered.get(name)
        if found is None:
            if not 0 < len(name) <= NAME_MAX:  # the index takes no such key
                return None
            with self._index.reading() as view:
                data = view.get("buckets", name.encode())
            if data is None:
                return None
            found = remembered[name] = _decoder.decode(data)
        return found

    def page(
        self, *, account_id: str, prefix: str = "", marker: str = "", limit: int = 100,
        wanted: Callable[[Bucket], bool] = lambda _bucket: True,
    ) -> tuple[list[Bucket], bool]:  # fmt: skip
        """A page of an account's buckets in the order of their names, and whether there are more."""
        found: list[Bucket] = []
        with self._index.reading() as view:
            for _, data in view.prefixed("buckets", prefix.encode(), marker.encode() + b"\0" if marker else b""):
                bucket = _decoder.decode(data)
                if (account_id and bucket.account_id != account_id) or not wanted(bucket):
                    continue
                if len(found) == limit:
                    return found, True
                found.append(bucket)
        return found, False

    def stat(self, bucket: Bucket) -> BucketStat:
        """How much is in a bucket."""
        with self._index.reading() as view:
            return load_stat(view.get("stats", node_bytes(bucket.node)))

    async def create(
        self,
        name: str,
        account_id: str,
        *,
        storage_class: str = "Standard",
        redundancy: str = "LRS",
        acl: str = "private",
        settings: Mapping[str, str] | None = None,
    ) -> Bucket:
        """Create a bucket with settings; its owner may do so again, which changes none. Raises BucketTaken."""
        now_ms = int(self._clock.time() * 1000)

        def work(change: Change, _: object) -> Bucket:
            data = change.get("buckets", name.encode())
            if data is None:
                node = change.next_number("node")
                block = change.get("meta", _block_key(account_id))
                kept = {**(settings or {}), **({ACCOUNT_BLOCK: block.decode()} if block else {})}
                bucket = Bucket(name, node, account_id, now_ms, storage_class, redundancy, acl, settings=kept)
                return save_bucket(change, bucket)
            bucket = _decoder.decode(data)
            if bucket.account_id != account_id:
                raise BucketTaken("The requested bucket name is not available.", bucket=name)
            if bucket.storage_class != storage_class:
                raise Conflict(
                    "The storage class of a bucket cannot be changed.", bucket=name, code="BucketAlreadyExists"
                )
            return save_bucket(change, msgspec.structs.replace(bucket, acl=acl))

        return await self._index.write(work)

    async def delete(self, name: str) -> None:
        """Delete an empty bucket. Raises NoSuchBucket and BucketNotEmpty."""

        def work(change: Change, _: object) -> None:
            bucket = find_bucket(change, name)
            node = node_bytes(bucket.node)
            for table in ("objects", "history", "uploads"):
                if next(change.prefixed(table, node), None) is not None:
                    raise BucketNotEmpty("The bucket you tried to delete is not empty.", bucket=name)
            change.delete("buckets", name.encode())
            change.drop_stat(node)

        await self._index.write(work, frees=True)

    async def update(self, name: str, **fields: object) -> Bucket:
        """Change fields of a bucket, such as ``acl`` or ``versioning``."""

        def work(change: Change, _: object) -> Bucket:
            return save_bucket(change, msgspec.structs.replace(find_bucket(change, name), **fields))

        return await self._index.write(work)

    async def amend(self, name: str, edit: Callable[[Bucket, int], Bucket]) -> Bucket:
        """Change a bucket by what it is and the time, inside the transaction. Raises what ``edit`` raises."""

        def work(change: Change, _: object) -> Bucket:
            return save_bucket(change, edit(find_bucket(change, name), change.now_ms))

        return await self._index.write(work)

    async def block_public(self, account_id: str, document: str | None) -> None:
        """Keep what an account says of public access, with each of its buckets too, or forget it."""

        def work(change: Change, _: object) -> None:
            if document is None:
                change.delete("meta", _block_key(account_id))
            else:
                change.put("meta", _block_key(account_id), document.encode())
            for bucket in [_decoder.decode(data) for _, data in change.prefixed("buckets", b"")]:
                if bucket.account_id == account_id:
                    save_bucket(change, _with(bucket, ACCOUNT_BLOCK, document))

        await self._index.write(work)

    def public_block(self, account_id: str) -> str | None:
        """What an account says of public access."""
        with self._index.reading() as view:
            data = view.get("meta", _block_key(account_id))
        return data.decode() if data is not None else None

    async def set(self, name: str, setting: str, value: str | None) -> Bucket:
        """Keep a sub-resource's document, or remove it."""

        def work(change: Change, _: object) -> Bucket:
            return save_bucket(change, _with(find_bucket(change, name), setting, value))

        return await self._index.write(work)


def _with(bucket: Bucket, setting: str, value: str | None) -> Bucket:
    settings = {key: text for key, text in bucket.settings.items() if key != setting}
    if value is not None:
        settings[setting] = value
    return msgspec.structs.replace(bucket, settings=settings)


def _block_key(account_id: str) -> bytes:
    return f"public-access-block/{account_id}".encode()
