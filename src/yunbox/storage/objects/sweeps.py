"""Changes that age brings to many objects: looked for in short slices, made in small transactions.

A slice is read in a thread and each transaction holds few changes, so neither the event loop nor the writer is held
up. How far a sweep has come is kept in the same transaction as what it did: after a kill it goes on from there.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from yunbox.storage.objects.buckets import same_bucket
from yunbox.storage.objects.index import Change, Index, Snapshot
from yunbox.storage.objects.model import Bucket, ObjectRecord, load, summary
from yunbox.storage.objects.retention import FileImmutable
from yunbox.storage.objects.versions import NoSuchVersion, Versions, history_of, present, version, version_id

DELETE = "delete"
"""What a DELETE without a version does: the object goes, or a delete marker hides it."""
EXPUNGE = "expunge"
"""One version goes for good."""


@dataclass(frozen=True)
class Aged:
    """A version as a sweep sees it. ``since_ms`` says when it stopped being the present one, 0 for one that is not."""

    key: str
    record: ObjectRecord
    since_ms: int = 0
    alone: bool = True


@dataclass(frozen=True)
class Step:
    """What to do to a version: delete, expunge, or give it the storage class that ``action`` names."""

    key: str
    record: ObjectRecord
    action: str


@dataclass
class Slice:
    """What a part of a bucket needs. ``last`` is the last key that was looked at."""

    steps: list[Step] = field(default_factory=list)
    last: str = ""
    more: bool = False


Decide = Callable[[Aged], Step | None]


class Sweeps:
    """Sweeps over the objects of a store."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def look(
        self, bucket: Bucket, decide: Decide, *, after: str, limit: int, newest_ms: int, history: bool, prefix: str = ""
    ) -> Slice:
        """Look at the next keys of a bucket; in a thread.

        Present records changed after ``newest_ms`` are passed without being read, and earlier versions are looked at
        with ``history`` only. Keys without the prefix end the slice.
        """
        found = Slice(last=after)
        start = max(after.encode() + b"\0" if after else b"", prefix.encode())
        with self._index.reading() as view:
            for seen, (raw, data) in enumerate(view.walk(bucket.node, start)):
                if not raw.startswith(prefix.encode()):
                    break
                if seen == limit:
                    found.more = True
                    break
                key = raw.decode()
                found.last = key
                if history or summary(data).modified_ms <= newest_ms:
                    aged = _aged(view, bucket, key, load(data), history=history)
                    found.steps += (step for item in aged if (step := decide(item)) is not None)
        return found

    async def apply(
        self,
        bucket: Bucket,
        steps: Sequence[Step],
        mark: tuple[str, bytes] | None = None,
        note: Callable[[Sequence[Step]], None] = lambda taken: None,
    ) -> list[Step]:
        """Take steps in one transaction and keep a mark with them; returns those whose object was still as it was.

        ``note`` hears of them before the transaction commits, in the thread that writes, and hears of them again when
        the transaction has to be begun anew.
        """

        def work(change: Change, _: object) -> list[Step]:
            versions = Versions(change, same_bucket(change, bucket)) if steps else None
            taken = [step for step in steps if versions is not None and _took(change, versions, bucket, step)]
            if mark is not None:
                change.put("meta", mark[0].encode(), mark[1])
            note(taken)
            return taken

        return await self._index.write(work, frees=True)

    def mark(self, name: str) -> bytes | None:
        """A mark that was kept."""
        with self._index.reading() as view:
            return view.get("meta", name.encode())

    async def set_mark(self, name: str, value: bytes) -> None:
        """Keep a mark."""
        await self._index.write(lambda change, _: change.put("meta", name.encode(), value), frees=True)


def _aged(view: Snapshot, bucket: Bucket, key: str, first: ObjectRecord, *, history: bool) -> Iterator[Aged]:
    """The present version of a key and, where wanted, those before it."""
    earlier = history_of(view, bucket, key) if history else iter(())
    second = next(earlier, None)
    yield Aged(key, first, 0, second is None)
    newer, record = first, second
    while record is not None:
        yield Aged(key, record, newer.modified_ms, False)
        newer, record = record, next(earlier, None)


def _took(change: Change, versions: Versions, bucket: Bucket, step: Step) -> bool:
    """Take one step, unless a retention policy keeps the version: then the others are taken, and it waits its turn."""
    try:
        return _take(change, versions, bucket, step)
    except FileImmutable:
        return False


def _take(change: Change, versions: Versions, bucket: Bucket, step: Step) -> bool:
    """Take one step, unless the version is gone or has changed meanwhile."""
    record = _still_there(change, bucket, step)
    if record is None:
        return False
    if step.action == DELETE:
        versions.delete(step.key, bucket.account_id, change.now_ms)
    elif step.action == EXPUNGE:
        versions.delete_version(step.key, version_id(record))
    else:
        changed = msgspec.structs.replace(
            record, storage_class=step.action, class_since_ms=change.now_ms, restored_until_ms=0, restore_ready_ms=0
        )
        versions.amend(step.key, record, changed)
    return True


def _still_there(view: Snapshot, bucket: Bucket, step: Step) -> ObjectRecord | None:
    """The version of a step as it is now. A key that is deleted, or a marker that goes, must be as it was looked at."""
    wanted = step.record
    try:
        found = version(view, bucket, step.key, version_id(wanted))
    except NoSuchVersion:
        return None
    if _identity(found) != _identity(wanted) or found.storage_class != wanted.storage_class:
        return None
    if step.action != DELETE and not wanted.is_marker:
        return found
    first = present(view, bucket, step.key)
    if first is None or _identity(first) != _identity(found):
        return None
    if wanted.is_marker and next(history_of(view, bucket, step.key), None) is not None:
        return None
    return found


def _identity(record: ObjectRecord) -> tuple[int, bool, int, str]:
    return record.version, record.null, record.modified_ms, record.etag
