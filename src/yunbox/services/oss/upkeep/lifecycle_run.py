"""The daily run of lifecycle rules: bucket by bucket, slice by slice, and on from where a kill stopped it.

A run is for a day, and asks what was due at its midnight (UTC). How far it has come is kept in the object store, with
what it did; a server that was down at midnight runs late, as the real service may.
"""

import asyncio
import contextlib
import itertools
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from yunbox.kernel.clock import Clock
from yunbox.meter.line import Line
from yunbox.meter.tally import Tally, hour_of
from yunbox.services.oss import prices
from yunbox.services.oss.settings.lifecycle import DAY_MS, Lifecycle, lifecycle_of
from yunbox.storage.objects.buckets import NoSuchBucket
from yunbox.storage.objects.model import OFF, Bucket
from yunbox.storage.objects.store import ObjectStore
from yunbox.storage.objects.sweeps import DELETE, EXPUNGE, Step
from yunbox.storage.objects.uploads import NoSuchUpload

SLICE = 2000
_STEPS_MAX = 200
_MARK = "lifecycle"
_MARK_EVERY = 20
_log = logging.getLogger("yunbox.oss")


class Progress(msgspec.Struct, array_like=True, frozen=True):
    """How far the run of a day has come: the bucket it is in, and the last key of it that is done."""

    day: int
    done: bool = False
    bucket: str = ""
    after: str = ""


class LifecycleRun:
    """Runs what is due. ``owner`` gives the name under which an account's use is billed."""

    def __init__(self, store: ObjectStore, clock: Clock, tally: Tally, owner: Callable[[str], str]) -> None:
        self._store = store
        self._clock = clock
        self._tally = tally
        self._owner = owner

    async def run_due(self) -> bool:
        """Run today's rules unless that was done; says whether it was."""
        today = int(self._clock.time() * 1000) // DAY_MS
        progress = self._progress()
        if progress is None:  # a fresh store: what is set up today is due at the next midnight
            await self._keep(Progress(today, done=True))
            return False
        if progress.done and progress.day >= today:
            return False
        if progress.done:
            progress = Progress(today)
        while progress is not None:
            progress = await self._next_bucket(progress)
        return True

    def _progress(self) -> Progress | None:
        data = self._store.sweeps.mark(_MARK)
        return msgspec.msgpack.decode(data, type=Progress) if data is not None else None

    async def _keep(self, progress: Progress) -> None:
        await self._store.sweeps.set_mark(_MARK, msgspec.msgpack.encode(progress))

    async def _next_bucket(self, progress: Progress) -> Progress | None:
        """Finish the bucket of a run, or begin the next one; None at the end."""
        begun = self._store.buckets.find(progress.bucket) if progress.bucket else None
        if begun is None:
            found, _ = self._store.buckets.page(account_id="", marker=progress.bucket, limit=1)
            if not found:
                await self._keep(Progress(progress.day, done=True))
                return None
            begun = found[0]
            progress = Progress(progress.day, bucket=begun.name)
        with contextlib.suppress(NoSuchBucket):
            await self._bucket(begun, progress)
        found, _ = self._store.buckets.page(account_id="", marker=begun.name, limit=1)
        if not found:
            await self._keep(Progress(progress.day, done=True))
            return None
        return Progress(progress.day, bucket=found[0].name)

    async def _bucket(self, bucket: Bucket, progress: Progress) -> None:
        lifecycle = lifecycle_of(bucket)
        if lifecycle is None:
            return
        now_ms = progress.day * DAY_MS
        if lifecycle.about_objects:
            await self._objects(bucket, lifecycle, now_ms, progress)
        for upload in await asyncio.to_thread(self._store.uploads.under_way, bucket):
            if lifecycle.aborts(upload, now_ms):
                with contextlib.suppress(NoSuchUpload):
                    self._store.uploads.get(bucket, upload.key, upload.id)
                    self._meter(bucket, {"AbortMultipartUpload": 1})  # before it, as in ``_take``
                    await self._store.uploads.abort(bucket, upload.key, upload.id)

    async def _objects(self, bucket: Bucket, lifecycle: Lifecycle, now_ms: int, progress: Progress) -> None:
        after, newest_ms = progress.after, lifecycle.newest_ms(now_ms)
        for number in itertools.count(1):
            found = await asyncio.to_thread(
                self._store.sweeps.look,
                bucket,
                lambda aged: lifecycle.decide(aged, now_ms),
                after=after,
                limit=SLICE,
                newest_ms=newest_ms,
                history=lifecycle.about_history and bucket.versioning != OFF,
                prefix=lifecycle.prefix,
            )
            after = found.last
            mark = msgspec.msgpack.encode(msgspec.structs.replace(progress, bucket=bucket.name, after=after))
            await self._take(bucket, found.steps, mark if found.steps or number % _MARK_EVERY == 0 else None)
            if not found.more:
                return

    async def _take(self, bucket: Bucket, steps: Sequence[Step], mark: bytes | None) -> None:
        parts = list(_parts(steps)) or [()]
        for number, part in enumerate(parts, 1):
            last = (_MARK, mark) if mark is not None and number == len(parts) else None
            if part or last:
                await self._store.sweeps.apply(bucket, part, last, self._note(bucket))

    def _note(self, bucket: Bucket) -> Callable[[Sequence[Step]], None]:
        """Meters the steps of a batch before they are committed.

        A call is metered once it has run, and before it is answered: a kill in between loses the fee of a call that
        its client takes for failed. A batch has no client that would come again. Were it metered after its commit, a
        kill in between would lose up to 200 fees, for the mark that goes with the batch says that it is done. So it is
        the other way round: a kill during a commit, which takes milliseconds, may charge for one batch twice.
        """
        noted: Counter[str] = Counter()

        def note(taken: Sequence[Step]) -> None:
            fresh = Counter(_name(step) for step in taken) - noted  # the transaction may have been begun anew
            noted.update(fresh)
            self._meter(bucket, fresh)

        return note

    def _meter(self, bucket: Bucket, calls: dict[str, int]) -> None:
        """Each thing that a rule does costs as much as a PUT."""
        for operation, count in calls.items():
            _log.info("lifecycle: %s of %d in %s", operation, count, bucket.name)
            hour, owner = hour_of(self._clock.time()), self._owner(bucket.account_id)
            self._tally.add(
                Line(hour, bucket.account_id, owner, f"oss://{bucket.name}", operation, {prices.PUT: float(count)})
            )


def _parts(steps: Sequence[Step]) -> Iterable[Sequence[Step]]:
    return (steps[first : first + _STEPS_MAX] for first in range(0, len(steps), _STEPS_MAX))


def _name(step: Step) -> str:
    """What the vendor calls it."""
    return "ExpireObject" if step.action in (DELETE, EXPUNGE) else "CommitTransition"
