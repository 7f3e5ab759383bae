"""OSS put together: its store, and what its operations share."""

import asyncio
import logging
import time
from email.utils import formatdate
from functools import lru_cache
from pathlib import Path
from typing import Any

from yunbox.engine.duck.pool import WorkerPool
from yunbox.guard.authorise import Authoriser
from yunbox.identity.identify import Identity
from yunbox.kernel.call import Access, Call
from yunbox.kernel.clock import Clock
from yunbox.meter.prices import OSS_GET, OSS_PUT, OSS_TRAFFIC
from yunbox.meter.tally import Tally
from yunbox.services.oss.access import Grants
from yunbox.services.oss.small_files import SmallFiles
from yunbox.spine import Spine
from yunbox.storage.objects.model import Bucket
from yunbox.storage.objects.store import ObjectStore

OBJECT_BYTES_MAX = 5 * 1024**3
"""Of one PutObject or one part; an object of many parts may have 48.8 TB."""
TOTAL_BYTES_MAX = 48_800_000_000_000


class Oss:
    """The service that every operation gets as its first argument."""

    def __init__(
        self,
        *,
        store: ObjectStore,
        spine: Spine,
        identity: Identity,
        authoriser: Authoriser,
        clock: Clock,
        tally: Tally,
        account_id: str,
        region: str,
        address: str,
        pool: WorkerPool,
        scratch: Path,
        callbacks_anywhere: bool = False,
    ) -> None:
        self.log = logging.getLogger("yunbox.oss")
        self.store = store
        self.spine = spine
        self.identity = identity
        self.authoriser = authoriser
        self.clock = clock
        self.tally = tally
        self.account_id = account_id
        self.region = region
        self.address = address
        self.callbacks_anywhere = callbacks_anywhere
        self.pool = pool
        self.small_files = SmallFiles(store, pool, scratch)
        authoriser.add_source(Grants(store))

    @property
    def location(self) -> str:
        """The region as OSS spells it, ``oss-cn-hangzhou``."""
        return f"oss-{self.region}"

    @property
    def domain(self) -> str:
        """The host name that virtual-hosted buckets stand before."""
        return f"{self.location}.aliyuncs.com"

    def touch(self, action: str, bucket: str, key: str = "", **context: str) -> Access:
        """An access to a bucket or an object, which belongs to the bucket's owner."""
        found = self.store.buckets.find(bucket)
        owner = found.account_id if found is not None else self.account_id
        return Access(f"oss:{action}", f"{bucket}/{key}" if key else bucket, owner, context)

    def bucket(self, name: str) -> Bucket:
        """A bucket. Raises NoSuchBucket."""
        return self.store.buckets.get(name)

    async def sweep(self) -> None:
        """Upkeep that is due now and then."""
        await asyncio.to_thread(self.tally.fold)
        await self.store.sweep()


def read(call: Call[Any], bucket: str) -> None:
    """Meter a call of the cheaper class: GET, HEAD and the like."""
    _metered(call, bucket, OSS_GET)


def write(call: Call[Any], bucket: str) -> None:
    """Meter a call of the dearer class: PUT, POST, LIST and the like."""
    _metered(call, bucket, OSS_PUT)


def _metered(call: Call[Any], bucket: str, item: str) -> None:
    usage = call.usage
    usage.tallied = True
    usage.project = f"oss://{bucket}" if bucket else ""
    usage.items[item] = 1
    usage.traffic = OSS_TRAFFIC


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
