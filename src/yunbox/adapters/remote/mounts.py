"""The mounts: which buckets lie elsewhere, kept with their secrets in meta.db, and the backends that serve them."""

import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from yunbox.adapters.remote.backend import Mounted
from yunbox.adapters.remote.blocks import BlockCache
from yunbox.adapters.remote.client import Client
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import Conflict, Unavailable
from yunbox.storage.database import Database
from yunbox.storage.objects.model import REMOTE, Bucket
from yunbox.storage.objects.ports import Mount
from yunbox.storage.objects.store import ObjectStore
from yunbox.storage.objects.waiting import in_thread

if TYPE_CHECKING:
    from prometheus_client.core import Metric

MOUNTS_SCHEMA = """
CREATE TABLE IF NOT EXISTS oss_mounts (
    bucket TEXT PRIMARY KEY, scheme TEXT NOT NULL, endpoint TEXT NOT NULL, remote_bucket TEXT NOT NULL,
    prefix TEXT NOT NULL, region TEXT NOT NULL, access_key_id TEXT NOT NULL, access_key_secret TEXT NOT NULL,
    ttl_s REAL NOT NULL, cache_bytes INTEGER NOT NULL, id TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS oss_mount_pins (
    bucket TEXT NOT NULL, prefix TEXT NOT NULL, PRIMARY KEY (bucket, prefix)
) WITHOUT ROWID;
"""
_FIELDS = (
    "bucket, scheme, endpoint, remote_bucket, prefix, region, access_key_id, access_key_secret, ttl_s, cache_bytes, id"
)


class Mounts:
    """The buckets that are mounted from elsewhere."""

    def __init__(self, database: Database, store: ObjectStore, clock: Clock, folder: Path) -> None:
        self._database = database
        self._store = store
        self._clock = clock
        self._folder = folder
        self._backends: dict[str, tuple[Mounted, BlockCache]] = {}
        self._clear()

    def backend(self, bucket: Bucket) -> Mounted:
        """The backend of a mounted bucket; made when it is first asked for."""
        return self._open(bucket.name)[0]

    async def mount(self, mount: Mount, account_id: str) -> Bucket:
        """Mount a bucket, once it was reached. Raises Conflict when the name is taken."""
        if self._store.buckets.find(mount.bucket) is not None:
            raise Conflict(f"There is a bucket {mount.bucket} already.", code="BucketAlreadyExists")
        await Client(mount).list("", "", 1, recursive=False)
        mount = replace(mount, id=secrets.token_hex(8))
        await self._database.write(lambda db: _insert(db, mount))
        return await self._store.buckets.create(mount.bucket, account_id, settings={REMOTE: mount.shown})

    async def unmount(self, bucket: Bucket) -> None:
        """Forget a mount with its caches and unfinished uploads; the remote's objects stay."""
        for upload in self._store.uploads.under_way(bucket):
            await self._store.uploads.abort(bucket, upload.key, upload.id)
        found = self._row(bucket.name)
        opened = self._backends.pop(bucket.name, None)
        if opened is not None:
            await opened[0].close()
        await self._store.buckets.delete(bucket.name)
        await self._database.write(lambda db: _delete(db, bucket.name))
        if found is not None:
            await in_thread(lambda: shutil.rmtree(self._folder / found.id, ignore_errors=True))

    async def pin(self, bucket: Bucket, prefix: str) -> None:
        """Keep the blocks of keys with a prefix, also over restarts."""
        await self._database.write(
            lambda db: db.execute("INSERT OR IGNORE INTO oss_mount_pins VALUES (?, ?)", (bucket.name, prefix))
        )
        self._open(bucket.name)[1].pin(self.pins(bucket))

    async def unpin(self, bucket: Bucket, prefix: str) -> None:
        """Let the blocks of a pinned prefix go when their time comes."""
        await self._database.write(
            lambda db: db.execute("DELETE FROM oss_mount_pins WHERE bucket = ? AND prefix = ?", (bucket.name, prefix))
        )
        self._open(bucket.name)[1].pin(self.pins(bucket))

    def pins(self, bucket: Bucket) -> tuple[str, ...]:
        """The prefixes that are pinned."""
        rows = self._database.read("SELECT prefix FROM oss_mount_pins WHERE bucket = ? ORDER BY 1", bucket.name)
        return tuple(prefix for (prefix,) in rows)

    def collect(self) -> "Iterator[Metric]":
        """What the caches of the mounts in use were worth since the server started, as Prometheus has it."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        requests = CounterMetricFamily(
            "yunbox_oss_cache_requests",
            "Questions to the caches of mounted buckets",
            labels=("bucket", "cache", "result"),
        )
        fetched = CounterMetricFamily(
            "yunbox_oss_cache_fetched_bytes", "Bytes fetched into the block caches", labels=("bucket",)
        )
        damaged = CounterMetricFamily(
            "yunbox_oss_cache_damaged_blocks", "Cached blocks whose checksum did not hold", labels=("bucket",)
        )
        size = GaugeMetricFamily("yunbox_oss_cache_size_bytes", "Bytes in the block caches", labels=("bucket",))
        for name, (backend, cache) in self._backends.items():
            blocks, meta = cache.counts, backend.meta_counts
            for kind, hits, misses in (
                ("block", blocks.hits, blocks.misses),
                ("head", meta.head_hits, meta.head_misses),
                ("list", meta.list_hits, meta.list_misses),
            ):
                requests.add_metric((name, kind, "hit"), hits)
                requests.add_metric((name, kind, "miss"), misses)
            fetched.add_metric((name,), blocks.fetched_bytes)
            damaged.add_metric((name,), blocks.damaged)
            size.add_metric((name,), cache.size_bytes)
        yield from (requests, fetched, damaged, size)

    async def close(self) -> None:
        """End what is under way."""
        for backend, _ in self._backends.values():
            await backend.close()

    def _clear(self) -> None:
        """Remove the caches of mounts that are gone; a crash may have left one."""
        known = {row["id"] for row in self._database.read("SELECT id FROM oss_mounts")}
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            if path.name not in known:
                shutil.rmtree(path, ignore_errors=True)

    def _open(self, name: str) -> tuple[Mounted, BlockCache]:
        found = self._backends.get(name)
        if found is None:
            mount = self._row(name)
            if mount is None:
                raise Unavailable(f"The mount of {name} is not known any more: unmount it and mount it again")
            cache = BlockCache(self._folder / mount.id, mount.cache_bytes)
            found = Mounted(mount, self._store, self._clock, cache), cache
            rows = self._database.read("SELECT prefix FROM oss_mount_pins WHERE bucket = ?", name)
            cache.pin(tuple(prefix for (prefix,) in rows))
            self._backends[name] = found
        return found

    def _row(self, name: str) -> Mount | None:
        rows = self._database.read(f"SELECT {_FIELDS} FROM oss_mounts WHERE bucket = ?", name)
        return next((Mount(*row) for row in rows), None)


def _insert(db: sqlite3.Connection, mount: Mount) -> None:
    values = [getattr(mount, name) for name in _FIELDS.split(", ")]
    db.execute(f"INSERT OR REPLACE INTO oss_mounts ({_FIELDS}) VALUES ({', '.join('?' * len(values))})", values)


def _delete(db: sqlite3.Connection, bucket: str) -> None:
    db.execute("DELETE FROM oss_mounts WHERE bucket = ?", (bucket,))
    db.execute("DELETE FROM oss_mount_pins WHERE bucket = ?", (bucket,))
