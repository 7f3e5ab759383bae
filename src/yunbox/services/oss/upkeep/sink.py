"""A sink for writers of many small records: one object for each window of size and time, not one for each record.

Records are appended to an object whose name begins with a dot, which scans pass over; each is on disk when it is
acknowledged. When the window is full or over, that object gets its final name, in one step. Which sinks are open is
kept with the bucket, so a window ends in time after a restart too.
"""

import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from yunbox.kernel.errors import Conflict, InvalidArgument
from yunbox.storage.objects.model import Bucket, ObjectRecord
from yunbox.storage.objects.objects import Addition, Attributes, NoSuchKey
from yunbox.storage.objects.store import ObjectStore
from yunbox.storage.objects.waiting import Turns

OPEN_NAME = ".open.json"
SETTING = "sinks"
SINKS_MAX = 100
RECORDS_BYTES_MAX = 64 * 1024 * 1024
_OPENED = "x-oss-meta-opened-ms"


@dataclass(frozen=True)
class Window:
    """When an object of a sink is full."""

    bytes_max: int = 128 * 1024 * 1024
    seconds_max: int = 60


@dataclass(frozen=True)
class Taken:
    """What a sink did with records: the open object's size, and the name of one that this call has ended."""

    records: int
    size: int
    ended: str


class Sinks:
    """The sinks of a store."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._turns = Turns()

    async def take(self, bucket: Bucket, prefix: str, records: bytes, window: Window, owner: str) -> Taken:
        """Append records, JSON lines; they are on disk when this returns. Raises InvalidArgument."""
        count = check_records(records)
        data = records if records.endswith(b"\n") else records + b"\n"
        async with self._turns.turn((bucket.name, prefix)):
            await self._register(bucket, prefix, window)
            opened = self._open(bucket, prefix)
            ended = ""
            if opened is not None and self._is_over(opened, window, len(data)):
                ended = await self._end(bucket, prefix, opened)
                opened = None
            size = opened.size if opened is not None else 0
            attributes = Attributes(owner, headers={_OPENED: str(self._store.objects.now_ms())})
            size_max = 2 * window.bytes_max + RECORDS_BYTES_MAX
            addition = Addition(size, _once(data), attributes, size_max)
            record = await self._store.objects.append(bucket, prefix + OPEN_NAME, addition)
        return Taken(count, record.size, ended)

    async def sweep(self) -> int:
        """End the windows that are over; returns how many."""
        ended = 0
        page, _ = self._store.buckets.page(account_id="", limit=10_000)
        for bucket in page:
            for prefix, window in _sinks(bucket).items():
                async with self._turns.turn((bucket.name, prefix)):
                    opened = self._open(bucket, prefix)
                    if opened is not None and self._is_over(opened, window, 0):
                        with contextlib.suppress(Conflict):  # a retention policy keeps it, or it would have versions
                            await self._end(bucket, prefix, opened)
                            ended += 1
        return ended

    def _open(self, bucket: Bucket, prefix: str) -> ObjectRecord | None:
        try:
            return self._store.objects.get(bucket, prefix + OPEN_NAME)
        except NoSuchKey:
            return None

    def _is_over(self, opened: ObjectRecord, window: Window, coming: int) -> bool:
        age_ms = self._store.objects.now_ms() - int(opened.headers.get(_OPENED, opened.modified_ms))
        return age_ms >= window.seconds_max * 1000 or opened.size + coming > window.bytes_max

    async def _end(self, bucket: Bucket, prefix: str, opened: ObjectRecord) -> str:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(int(opened.headers.get(_OPENED, "0")) / 1000))
        name = f"{prefix}{stamp}-{opened.etag[:8].lower()}.json"
        await self._store.objects.rename(bucket, prefix + OPEN_NAME, name)
        return name

    async def _register(self, bucket: Bucket, prefix: str, window: Window) -> None:
        known = _sinks(bucket)
        if known.get(prefix) == window:
            return
        if len(known) >= SINKS_MAX and prefix not in known:
            raise InvalidArgument(f"A bucket has at most {SINKS_MAX} sinks")
        body = {name: [w.bytes_max, w.seconds_max] for name, w in {**known, prefix: window}.items()}
        await self._store.buckets.set(bucket.name, SETTING, json.dumps(body))


def check_records(data: bytes) -> int:
    """How many records there are. Raises InvalidArgument naming the first line that is no JSON object."""
    count = 0
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise InvalidArgument(f"Line {number} is no JSON object: a sink takes one in each line")
        count += 1
    if not count:
        raise InvalidArgument("There are no records in the body")
    return count


def _sinks(bucket: Bucket) -> dict[str, Window]:
    text = bucket.settings.get(SETTING)
    return {name: Window(*limits) for name, limits in json.loads(text).items()} if text else {}


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
