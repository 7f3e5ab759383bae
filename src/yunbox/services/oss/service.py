"""OSS put together: its store, and what its operations share."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from pathlib import Path
from typing import Any

from yunbox.engine.duck.pool import WorkerPool
from yunbox.guard.authorise import Authoriser
from yunbox.identity.identify import Identity
from yunbox.kernel.call import Access, Call
from yunbox.kernel.clock import Clock
from yunbox.meter.storage import StorageMeter
from yunbox.meter.tally import Tally
from yunbox.services.oss import prices
from yunbox.services.oss.access import Grants, InStore, of_version
from yunbox.services.oss.heat import Heat
from yunbox.services.oss.limits import Limits
from yunbox.services.oss.upkeep.sink import Sinks
from yunbox.services.oss.upkeep.small_files import SmallFiles
from yunbox.services.oss.upkeep.stored import stored
from yunbox.spine.path import Spine
from yunbox.storage.objects.backends import Backends
from yunbox.storage.objects.model import Bucket, ObjectRecord
from yunbox.storage.objects.ports import Backend
from yunbox.storage.objects.store import ObjectStore
from yunbox.wire.outgoing import Reach

OBJECT_BYTES_MAX = 5 * 1024**3
"""Of one PutObject or one part; an object of many parts may have 48.8 TB."""
TOTAL_BYTES_MAX = 48_800_000_000_000


@dataclass(eq=False, kw_only=True)
class Oss:
    """The service that every operation gets as its first argument."""

    store: ObjectStore
    backends: Backends
    spine: Spine
    identity: Identity
    authoriser: Authoriser
    clock: Clock
    tally: Tally
    storage_meter: StorageMeter
    pool: WorkerPool
    scratch: Path
    account_id: str
    region: str
    address: str
    owner: Callable[[str], str]
    limits: Limits | None
    callbacks: Reach
    lenient: bool = False

    def __post_init__(self) -> None:
        self.log = logging.getLogger("yunbox.oss")
        self.heat = Heat(self.clock)
        self.sinks = Sinks(self.store)
        self.small_files = SmallFiles(self.store, self.pool, self.scratch)
        self.authoriser.add_source(Grants(InStore(self.store)), binds_owner=True)

    @property
    def location(self) -> str:
        """The region as OSS spells it, ``oss-cn-hangzhou``."""
        return f"oss-{self.region}"

    @property
    def domain(self) -> str:
        """The host name that virtual-hosted buckets stand before."""
        return f"{self.location}.aliyuncs.com"

    def touch(self, action: str, bucket: str, key: str = "", version: str | None = None, **context: str) -> Access:
        """An access to a bucket, an object or a version of one, which belong to the bucket's owner."""
        found = self.store.buckets.find(bucket)
        owner = found.account_id if found is not None else self.account_id
        resource = f"{bucket}/{key}" if key else bucket
        return Access(f"oss:{of_version(action, version)}", resource, owner, context, version)

    def bucket(self, name: str) -> Bucket:
        """A bucket. Raises NoSuchBucket."""
        return self.store.buckets.get(name)

    def backend(self, bucket: Bucket) -> Backend:
        """Where the objects of a bucket lie: here, or in a bucket elsewhere."""
        return self.backends.of(bucket)

    async def sweep(self) -> None:
        """Upkeep that is due now and then."""
        await self.sinks.sweep()
        await self.sample()
        await self.store.sweep()

    async def sample(self) -> None:
        """Charge what was stored in the hours that have passed."""
        await asyncio.to_thread(self.storage_meter.sample, lambda: stored(self.store, self.owner))

    async def settle(self, bucket: Bucket) -> None:
        """Charge what is due for objects that went before their time from a bucket that is to be deleted."""
        found = [item for item in stored(self.store, self.owner, bucket.name) if item.sums]
        for item in found:
            await asyncio.to_thread(self.storage_meter.settle, item)


def retrieve(call: Call[Any], record: ObjectRecord, size: int = 0) -> None:
    """Meter that bytes of an object are read whose class charges for that: those that are sent, or so many."""
    if record.storage_class != "IA":  # the archives are charged when they are restored
        return
    item = prices.RESTORE + record.storage_class
    if size:
        call.usage.items[item] = size
    else:
        call.usage.retrieval = item


def scan(call: Call[Any], record: ObjectRecord) -> None:
    """Meter that SelectObject has scanned an object: all of it, as its answer's last frame says."""
    call.usage.scanned_bytes = record.size
    call.usage.items[prices.SELECT] = record.size


def iso_time(epoch_ms: int) -> str:
    """A time as OSS's documents have it, ``2026-01-02T03:04:05.000Z``."""
    return _iso_second(epoch_ms // 1000)


@lru_cache(maxsize=4096)
def _iso_second(epoch_s: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(epoch_s))


@lru_cache(maxsize=4096)
def http_time(epoch_s: int) -> str:
    """A time as HTTP headers have it."""
    return formatdate(epoch_s, usegmt=True)
