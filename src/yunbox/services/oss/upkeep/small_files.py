"""Small files: what they cost to scan, and how they become few and large.

A folder is compacted batch by batch. Each batch is one step: its Parquet files appear, and the originals go if that
was asked for, at one moment, so a reader of a listing sees the old set or the new one. A run that was cut short is
simply run again: what was replaced is not small any more, and what was kept beside is found by its name.
"""

import asyncio
import hashlib
import shutil
import statistics
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yunbox.engine.duck.messages import CompactObjects, Exported
from yunbox.engine.duck.pool import WorkerPool
from yunbox.kernel.errors import InvalidArgument
from yunbox.storage.objects.listing import Query
from yunbox.storage.objects.model import Bucket, Summary
from yunbox.storage.objects.objects import Attributes
from yunbox.storage.objects.store import ObjectStore

SMALL_BYTES = 4 * 1024 * 1024
FILE_BYTES = 192 * 1024 * 1024
BATCH_BYTES_MAX = 2 * 1024**3
BATCH_FILES_MAX = 200_000
FORMATS = {"json": "json", "jsonl": "json", "ndjson": "json", "csv": "csv", "parquet": "parquet"}
_PAGE = 1000
_REQUEST_S = 0.020
_PARALLEL = 16
_BYTES_S = 100 * 1024 * 1024
_SHRINKS = {"json": 0.12, "csv": 0.3, "parquet": 1.0}
"""A guess at how much smaller zstd Parquet is, to say how many files there will be; the run itself measures it."""


Judge = Callable[[str, str], None]
"""Raises Forbidden where an action, such as ``GetObject``, is not to be done with a key."""


@dataclass
class Diagnosis:
    """What is under a prefix, and what a scan of it costs in requests and seconds, now and compacted."""

    bucket: str
    prefix: str
    files: int = 0
    bytes: int = 0
    median_bytes: int = 0
    small_files: int = 0
    formats: dict[str, int] = field(default_factory=dict)
    folders: int = 0
    requests_now: int = 0
    seconds_now: float = 0.0
    files_after: int = 0
    requests_after: int = 0
    seconds_after: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The diagnosis as plain values, with what it assumes."""
        assumes = {"request_s": _REQUEST_S, "parallel": _PARALLEL, "bytes_s": _BYTES_S}
        return {**self.__dict__, "assumes": assumes}


@dataclass(frozen=True)
class Plan:
    """What to compact: where, into which prefix, and whether the originals go."""

    bucket: Bucket
    prefix: str
    target: str
    remove: bool
    owner: str
    judge: Judge
    file_bytes: int = FILE_BYTES

    def check(self, keys: Iterable[str]) -> None:
        """Raise Forbidden where one of some keys may not be read, or may not go."""
        for key in keys:
            self.judge("GetObject", key)
            if self.remove:
                self.judge("DeleteObject", key)


@dataclass(frozen=True)
class Step:
    """One batch that is done."""

    folder: str
    files: int
    bytes: int
    rows: int
    made: int
    made_bytes: int
    skipped: bool = False


def scan_s(requests: int, size: int) -> float:
    """How long so many requests and bytes take a reader of the real service."""
    return requests * _REQUEST_S / _PARALLEL + size / _BYTES_S


class SmallFiles:
    """Looks at and mends the small files of a store."""

    def __init__(self, store: ObjectStore, pool: WorkerPool, scratch: Path) -> None:
        self._store = store
        self._pool = pool
        self._scratch = scratch

    async def diagnose(self, bucket: Bucket, prefix: str) -> Diagnosis:
        """Say what is under a prefix and what it costs."""
        found = Diagnosis(bucket.name, prefix)
        sizes: list[int] = []
        folders: set[str] = set()
        async for key, entry in self._entries(bucket, prefix):
            sizes.append(entry.size)
            kind = format_of(key) or "other"
            found.formats[kind] = found.formats.get(kind, 0) + 1
            folders.add(key.rpartition("/")[0])
        found.files, found.bytes, found.folders = len(sizes), sum(sizes), len(folders)
        found.median_bytes = int(statistics.median(sizes)) if sizes else 0
        found.small_files = sum(size < SMALL_BYTES for size in sizes)
        _price(found)
        return found

    async def check(self, plan: Plan) -> None:
        """Judge every object that a plan would touch, before any is. Raises Forbidden."""
        folders: set[str] = set()
        async for folder, _, batch in self._batches(plan):
            plan.check(key for key, _ in batch)
            folders.add(_base(plan, folder))
        for base in folders:
            plan.judge("PutObject", _name(base, "", 0))

    async def compact(self, plan: Plan) -> AsyncIterator[Step]:
        """Compact folder by folder, batch by batch."""
        async for folder, kind, batch in self._batches(plan):
            yield await self._run(plan, folder, kind, batch)

    async def _batches(self, plan: Plan) -> AsyncIterator[tuple[str, str, list[tuple[str, Summary]]]]:
        """Small files of one folder and format at a time, as many as make one step."""
        batch: list[tuple[str, Summary]] = []
        size = 0
        place = ("", "")
        async for key, entry in self._entries(plan.bucket, plan.prefix):
            kind = format_of(key)
            if kind is None or entry.size >= SMALL_BYTES or not entry.size or self._is_apart(plan.bucket, key):
                continue
            here = (key.rpartition("/")[0], kind)
            if batch and (here != place or size >= BATCH_BYTES_MAX or len(batch) >= BATCH_FILES_MAX):
                if len(batch) > 1:
                    yield *place, batch
                batch, size = [], 0
            place = here
            batch.append((key, entry))
            size += entry.size
        if len(batch) > 1:
            yield *place, batch

    def _is_apart(self, bucket: Bucket, key: str) -> bool:
        """Whether an object has an ACL of its own: its rows are not to get into a file that the bucket's opens."""
        record = self._store.objects.find(bucket, key)
        return record is not None and bool(record.acl)

    async def _run(self, plan: Plan, folder: str, kind: str, batch: list[tuple[str, Summary]]) -> Step:
        size = sum(entry.size for _, entry in batch)
        base, mark = _base(plan, folder), _mark(batch)
        if plan.target and await self._is_done(plan.bucket, base, mark):
            return Step(folder, len(batch), size, 0, 0, 0, skipped=True)
        scratch = self._scratch / f"compact-{mark}"
        try:
            keys = tuple(key for key, _ in batch)
            plan.check(keys)
            with self._store.held():
                async with self._pool.lease() as worker:
                    request = CompactObjects(plan.bucket.name, keys, kind, scratch, plan.file_bytes)
                    done: Exported = await worker.call(request)
            named = [(_name(base, mark, number), file.path) for number, file in enumerate(done.files)]
            for name, _ in named:
                plan.judge("PutObject", name)
            made_bytes = sum(path.stat().st_size for _, path in named)
            gone = {key: entry.etag for key, entry in batch} if plan.remove else {}
            await self._store.objects.publish(plan.bucket, named, gone, Attributes(owner=plan.owner))
        finally:
            await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)
        return Step(folder, len(batch), size, done.rows, len(named), made_bytes)

    async def _is_done(self, bucket: Bucket, base: str, mark: str) -> bool:
        """Whether these very files were compacted before: their names and sums are in the result's name."""
        page = await self._store.listing.page(bucket, Query(f"{base}/part-{mark}-".lstrip("/"), limit=1))
        return len(page) > 0

    async def _entries(self, bucket: Bucket, prefix: str) -> AsyncIterator[tuple[str, Summary]]:
        after = ""
        while True:
            page = await self._store.listing.page(bucket, Query(prefix, after=after, limit=_PAGE))
            for key, entry in page.entries:
                if key.rpartition("/")[2][:1] not in ("", ".", "_"):
                    yield key, entry
            if not page.truncated:
                return
            after = page.last


def format_of(key: str) -> str | None:
    """The format that a key's ending names."""
    return FORMATS.get(key.rpartition(".")[2].lower()) if "." in key else None


def _base(plan: Plan, folder: str) -> str:
    """The folder of what is made of one."""
    if not plan.target:
        return folder
    inner = folder[len(plan.prefix) :].strip("/") if folder.startswith(plan.prefix.rstrip("/")) else ""
    return "/".join(part for part in (plan.target.strip("/"), inner) if part)


def _name(base: str, mark: str, number: int) -> str:
    return f"{base}/part-{mark}-{number:05d}.parquet".lstrip("/")


def plan_of(
    bucket: Bucket, prefix: str, target: str, *, remove: bool, owner: str, judge: Judge, file_bytes: int = 0
) -> Plan:
    """A plan. Raises InvalidArgument when the result would lie among what is compacted."""
    target = target.strip("/")
    if not target and not remove:
        raise InvalidArgument("Name a prefix for the new files (to), or let them replace the old ones (remove)")
    if target and (f"{target}/".startswith(prefix) or prefix.startswith(f"{target}/")):
        raise InvalidArgument(f"The new files cannot lie under {target!r}: it overlaps with {prefix!r}")
    return Plan(bucket, prefix, target, remove, owner, judge, file_bytes or FILE_BYTES)


def _price(found: Diagnosis) -> None:
    pages = -(-found.files // _PAGE)
    found.requests_now = found.files + pages
    found.seconds_now = round(scan_s(found.requests_now, found.bytes), 3)
    compactable = sum(count for kind, count in found.formats.items() if kind in _SHRINKS)
    if not compactable or not found.files:
        found.files_after, found.requests_after, found.seconds_after = (
            found.files,
            found.requests_now,
            found.seconds_now,
        )
        return
    share = sum(_SHRINKS[kind] * count for kind, count in found.formats.items() if kind in _SHRINKS) / compactable
    size = int(found.bytes * share)
    found.files_after = max(found.folders, -(-size // FILE_BYTES)) + found.files - compactable
    found.requests_after = found.files_after + -(-found.files_after // _PAGE)
    found.seconds_after = round(scan_s(found.requests_after, size), 3)


def _mark(batch: list[tuple[str, Summary]]) -> str:
    digest = hashlib.sha256()
    for part in _named(batch):
        digest.update(part)
    return digest.hexdigest()[:16]


def _named(batch: list[tuple[str, Summary]]) -> Iterator[bytes]:
    for key, entry in batch:
        yield f"{key}\0{entry.etag}\n".encode()
