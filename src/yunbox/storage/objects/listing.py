"""Listings: pages of keys, common prefixes and versions, straight from the order of the index.

A common prefix costs one seek, whatever lies below it. Entries that are not shown, delete markers above all, are
passed in slices, so that a bucket full of them does not hold the event loop.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from yunbox.storage.objects.index import Index, Snapshot
from yunbox.storage.objects.model import Bucket, ObjectRecord, Summary, is_marker, load, summary
from yunbox.storage.objects.versions import all_versions, history_of, parse_version_id, version_id

_SLICE = 20_000


@dataclass(frozen=True)
class Query:
    """What to list: keys with a prefix, rolled up at a delimiter, after a key, at most ``limit`` of both kinds."""

    prefix: str = ""
    delimiter: str = ""
    after: str = ""
    limit: int = 100


@dataclass
class Page:
    """A page of a listing. ``last`` is the last key or prefix of it, to go on after when ``truncated``."""

    entries: list[tuple[str, Summary]] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    truncated: bool = False
    last: str = ""

    def __len__(self) -> int:
        return len(self.entries) + len(self.prefixes)


@dataclass(frozen=True)
class VersionEntry:
    """One version in a listing."""

    key: str
    record: ObjectRecord
    is_latest: bool

    @property
    def id(self) -> str:
        """The version's id."""
        return version_id(self.record)


@dataclass
class VersionPage:
    """A page of versions; ``last_key`` and ``last_version`` are where the next one begins."""

    entries: list[VersionEntry] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    truncated: bool = False
    last_key: str = ""
    last_version: str = ""

    def __len__(self) -> int:
        return len(self.entries) + len(self.prefixes)


class Listing:
    """Lists the objects of a store."""

    def __init__(self, index: Index) -> None:
        self._index = index

    async def page(self, bucket: Bucket, query: Query) -> Page:
        """A page of present objects."""
        page = Page()
        start = _start(query)
        while start is not None:
            with self._index.reading() as view:
                start = _fill(view, bucket, query, page, start)
            if start is not None:
                await asyncio.sleep(0)
        return page

    async def keys(self, bucket: Bucket, prefix: str = "") -> list[str]:
        """Every present key with a prefix; for prefixes that are known to be small enough to hold."""
        found: list[str] = []
        query = Query(prefix, limit=1000)
        while True:
            page = await self.page(bucket, query)
            found += [key for key, _ in page.entries]
            if not page.truncated:
                return found
            query = Query(prefix, after=page.last, limit=1000)

    async def versions(self, bucket: Bucket, query: Query, after_version: str = "") -> VersionPage:
        """A page of all versions. With ``after_version`` it begins inside the key ``query.after``."""
        page = VersionPage()
        with self._index.reading() as view:
            _fill_versions(view, bucket, query, after_version, page)
        return page

    def walk(self, bucket: Bucket, prefix: str = "", after: str = "") -> Iterator[tuple[str, ObjectRecord]]:
        """Every present record in order, delete markers included; for background work in a thread."""
        start = _start(Query(prefix, after=after))
        stop = False
        while not stop and start is not None:
            batch: list[tuple[str, ObjectRecord]] = []
            with self._index.reading() as view:
                stop = True
                for raw, data in view.walk(bucket.node, start):
                    if not raw.startswith(prefix.encode()):
                        break
                    batch.append((raw.decode(), load(data)))
                    if len(batch) >= 1000:
                        start, stop = raw + b"\0", False
                        break
            yield from batch


def _start(query: Query) -> bytes | None:
    """Where a listing begins: at the prefix, or behind the key or the common prefix it goes on after."""
    prefix, after = query.prefix.encode(), query.after.encode()
    if not after or after < prefix:
        return prefix
    common = _common(after, prefix, query.delimiter.encode())
    return _behind(after) if common == after else after + b"\0"


def _common(key: bytes, prefix: bytes, delimiter: bytes) -> bytes | None:
    """The common prefix that a key is rolled up into, or None."""
    at = key.find(delimiter, len(prefix)) if delimiter else -1
    return key[: at + len(delimiter)] if at >= 0 else None


def _behind(prefix: bytes) -> bytes:
    """The least string greater than every one with a prefix; UTF-8 has no byte 0xFF."""
    return prefix[:-1] + bytes([prefix[-1] + 1])


def _fill(view: Snapshot, bucket: Bucket, query: Query, page: Page, start: bytes) -> bytes | None:
    """Add to a page until it is full or there is no more; returns where to go on when a slice has passed."""
    prefix, delimiter = query.prefix.encode(), query.delimiter.encode()
    seen, left = 0, query.limit - len(page)
    while True:
        jump: bytes | None = None
        for key, data in view.walk(bucket.node, start):
            if not key.startswith(prefix):
                return None
            seen += 1
            if is_marker(data):
                if seen >= _SLICE:
                    return key + b"\0"
                continue
            if left <= 0:
                page.truncated = bool(query.limit)
                return None
            left -= 1
            common = _common(key, prefix, delimiter) if delimiter else None
            if common is not None:
                page.last = common.decode()
                page.prefixes.append(page.last)
                jump = _behind(common)
                break
            name = page.last = key.decode()
            page.entries.append((name, summary(data)))
        if jump is None:
            return None
        start = jump


def _fill_versions(view: Snapshot, bucket: Bucket, query: Query, after_version: str, page: VersionPage) -> None:
    prefix, delimiter = query.prefix.encode(), query.delimiter.encode()
    start: bytes | None = _start(query)
    if after_version and query.after:
        for record in _older(view, bucket, query.after, after_version):
            if not _add(page, query, VersionEntry(query.after, record, False)):
                return
    while start is not None:
        jump: bytes | None = None
        for raw, data in view.walk(bucket.node, start):
            if not raw.startswith(prefix):
                return
            common = _common(raw, prefix, delimiter)
            if common is not None:
                if len(page) >= query.limit:
                    page.truncated = bool(query.limit)
                    return
                page.last_key, page.last_version = common.decode(), ""
                page.prefixes.append(page.last_key)
                jump = _behind(common)
                break
            key = raw.decode()
            if not _add(page, query, VersionEntry(key, load(data), True)):
                return
            for record in history_of(view, bucket, key):
                if not _add(page, query, VersionEntry(key, record, False)):
                    return
        start = jump


def _older(view: Snapshot, bucket: Bucket, key: str, wanted: str) -> Iterator[ObjectRecord]:
    """The versions of a key that are older than one of them; that one may be gone by now."""
    number = parse_version_id(wanted)
    if number is None:
        number = next((record.version for record in all_versions(view, bucket, key) if record.null), None)
    return history_of(view, bucket, key, number)


def _add(page: VersionPage, query: Query, entry: VersionEntry) -> bool:
    if len(page) >= query.limit:
        page.truncated = bool(query.limit)
        return False
    page.entries.append(entry)
    page.last_key, page.last_version = entry.key, entry.id
    return True
