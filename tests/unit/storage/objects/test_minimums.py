"""Cold objects: their billed size, and what is due when they go early."""

import asyncio
from pathlib import Path

import pytest

from yunbox.kernel.clock import ManualClock
from yunbox.storage.objects.minimums import BILLED_BYTES_MIN, DAY_MS, early_byte_days
from yunbox.storage.objects.model import NORMAL, Bucket, BucketStat, ObjectRecord
from yunbox.storage.objects.objects import Attributes
from yunbox.storage.objects.store import ObjectStore
from yunbox.storage.objects.sweeps import DELETE, EXPUNGE, Aged, Step

ETAG = "D41D8CD98F00B204E9800998ECF8427E"


@pytest.mark.parametrize(
    ("storage_class", "age_days", "class_days", "left"),
    [
        ("Standard", 0, 0, 0),
        ("IA", 0, 0, 30),
        ("IA", 10, 0, 20),
        ("IA", 31, 0, 0),
        ("Archive", 35, 5, 25),  # counted from the last change, whenever it became one
        ("ColdArchive", 11, 1, 179),  # counted from when it became one
        ("DeepColdArchive", 1, 1, 179),
    ],
)
def test_days_that_are_left(storage_class: str, age_days: int, class_days: int, left: int) -> None:
    now_ms = 1000 * DAY_MS
    record = ObjectRecord(
        NORMAL, 1 << 20, now_ms - age_days * DAY_MS, ETAG, storage_class=storage_class,
        class_since_ms=now_ms - class_days * DAY_MS,
    )  # fmt: skip
    assert early_byte_days(record, now_ms) == left * (1 << 20)


class House:
    """A store with one bucket."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.store = ObjectStore(folder, self.clock)
        self.store.start()

    async def put(self, bucket: Bucket, key: str, size: int, storage_class: str = "IA") -> ObjectRecord:
        async def chunks():
            yield b"x" * size

        content = await self.store.objects.receive(chunks(), size_max=1 << 30)
        return await self.store.objects.put(bucket, key, content, Attributes(storage_class=storage_class))

    def stat(self, bucket: Bucket) -> BucketStat:
        return self.store.buckets.stat(bucket)


@pytest.fixture
def house(tmp_path: Path):
    made = House(tmp_path)
    yield made
    made.store.close()


def test_totals(house: House) -> None:
    async def main() -> None:
        bucket = await house.store.buckets.create("b", "1")
        await house.put(bucket, "small", 10)
        await house.put(bucket, "large", 100_000)
        await house.put(bucket, "plain", 10, "Standard")
        assert house.stat(bucket).billed == {"IA": BILLED_BYTES_MIN + 100_000, "Standard": 10}
        house.clock.advance(10 * 86_400)
        await house.put(bucket, "small", 5)  # overwritten after 10 of 30 days
        assert house.stat(bucket).early == {"IA": 20 * BILLED_BYTES_MIN}
        await house.store.objects.delete(bucket, "large", "1")
        assert house.stat(bucket).early == {"IA": 20 * (BILLED_BYTES_MIN + 100_000)}
        await house.store.objects.delete(bucket, "plain", "1")
        house.clock.advance(31 * 86_400)
        await house.store.objects.delete(bucket, "small", "1")
        stat = house.stat(bucket)
        assert stat.early == {"IA": 20 * (BILLED_BYTES_MIN + 100_000)}
        assert set(stat.billed.values()) == {0}

    asyncio.run(main())


def test_another_class_counts_as_leaving(house: House) -> None:
    async def main() -> None:
        bucket = await house.store.buckets.create("b", "1")
        record = await house.put(bucket, "a", 1 << 20)
        house.clock.advance(10 * 86_400)
        step = Step("a", record, "ColdArchive")
        assert await house.store.sweeps.apply(bucket, [step]) == [step]
        assert house.stat(bucket).early == {"IA": 20 << 20}
        house.clock.advance(86_400)
        await house.store.objects.delete(bucket, "a", "1")
        assert house.stat(bucket).early == {"IA": 20 << 20, "ColdArchive": 179 << 20}

    asyncio.run(main())


def test_a_step_is_not_taken_when_the_object_has_changed(house: House) -> None:
    async def main() -> None:
        bucket = await house.store.buckets.create("b", "1")
        record = await house.put(bucket, "a", 10)
        house.clock.advance(1)
        fresh = await house.put(bucket, "a", 20)
        for action in (DELETE, EXPUNGE, "Archive"):
            assert await house.store.sweeps.apply(bucket, [Step("a", record, action)]) == []
        assert await house.store.sweeps.apply(bucket, [Step("b", record, DELETE)]) == []
        assert house.store.objects.find(bucket, "a") == fresh

    asyncio.run(main())


def test_history_is_looked_at_version_by_version(house: House) -> None:
    async def main() -> None:
        bucket = await house.store.buckets.create("b", "1")
        bucket = await house.store.buckets.update("b", versioning="Enabled")
        times = []
        for number in range(4):
            times.append((await house.put(bucket, "a", number)).modified_ms)
            house.clock.advance(60)
        seen: list[Aged] = []
        house.store.sweeps.look(bucket, seen.append, after="", limit=10, newest_ms=0, history=True)
        assert [item.since_ms for item in seen] == [0, *times[:0:-1]]
        assert not any(item.alone for item in seen)
        steps = [Step("a", item.record, EXPUNGE) for item in seen[1:]]
        assert len(await house.store.sweeps.apply(bucket, steps)) == 3
        assert house.stat(bucket).versions == 1

    asyncio.run(main())


def test_slices_go_on_where_the_last_one_ended(house: House) -> None:
    async def main() -> None:
        bucket = await house.store.buckets.create("b", "1")
        for key in ("a", "b/1", "b/2", "b/3", "c"):
            await house.put(bucket, key, 1)
        seen: list[str] = []
        after, more = "", True
        while more:
            found = house.store.sweeps.look(
                bucket, lambda aged: seen.append(aged.key), after=after, limit=2, newest_ms=1 << 60, history=False,
                prefix="b/",
            )  # fmt: skip
            after, more = found.last, found.more
        assert seen == ["b/1", "b/2", "b/3"]

    asyncio.run(main())
