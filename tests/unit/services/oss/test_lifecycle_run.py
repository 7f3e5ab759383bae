"""The daily run of lifecycle rules on a store: once a day, in slices, and on from where it was stopped."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from yunbox.kernel.clock import ManualClock
from yunbox.meter.line import Line
from yunbox.services.oss.settings.documents import CHECKS
from yunbox.services.oss.upkeep import lifecycle_run
from yunbox.services.oss.upkeep.lifecycle_run import LifecycleRun
from yunbox.storage.objects.index import Change
from yunbox.storage.objects.model import Bucket
from yunbox.storage.objects.objects import Attributes
from yunbox.storage.objects.store import ObjectStore

DAY_S = 86_400
EXPIRES = b"""<LifecycleConfiguration><Rule><ID>x</ID><Prefix>a/</Prefix><Status>Enabled</Status>
<Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>"""


class Lines:
    """Stands for the tally."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def add(self, line: Line) -> None:
        self.lines.append(line)

    def count(self, operation: str) -> float:
        return sum(sum(line.items.values()) for line in self.lines if line.operation == operation)


class Stopped(BaseException):
    """What a kill looks like from inside."""


class House:
    """A store with buckets whose objects expire after a day."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.store = ObjectStore(folder, self.clock)
        self.store.start()
        self.tally = Lines()

    def run(self) -> LifecycleRun:
        return LifecycleRun(self.store, self.clock, self.tally, str)  # ty: ignore[invalid-argument-type]

    async def fill(self, name: str, count: int) -> Bucket:
        bucket = await self.store.buckets.create(name, "1")
        bucket = await self.store.buckets.set(name, "lifecycle", CHECKS["lifecycle"](EXPIRES))

        async def chunks():
            yield b"x"

        async def put(key: str) -> None:
            content = await self.store.objects.receive(chunks(), size_max=10)
            await self.store.objects.put(bucket, key, content, Attributes())

        await asyncio.gather(*(put(f"a/{number:05}") for number in range(count)), put("b"), put("0"))
        return bucket

    async def left(self, bucket: Bucket) -> int:
        return len(await self.store.listing.keys(bucket))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.store.close()


def test_once_a_day_at_midnight(house: House) -> None:
    async def main() -> None:
        run = house.run()
        assert not await run.run_due(), "the first look only says where it begins"
        bucket = await house.fill("b", 10)
        assert not await run.run_due()
        house.clock.advance(DAY_S - 1)
        assert not await run.run_due()
        house.clock.advance(1)
        assert await run.run_due()
        assert await house.left(bucket) == 2
        assert not await run.run_due()
        assert house.tally.count("ExpireObject") == 10

    asyncio.run(main())


@pytest.mark.parametrize("stop_at", range(1, 12))
def test_it_goes_on_where_it_was_stopped(house: House, stop_at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle_run, "SLICE", 10)
    monkeypatch.setattr(lifecycle_run, "_STEPS_MAX", 4)

    async def main() -> None:
        await house.run().run_due()
        buckets = [await house.fill(name, 25) for name in ("a-bucket", "b-bucket")]
        house.clock.advance(3 * DAY_S)
        apply, look = house.store.sweeps.apply, house.store.sweeps.look
        calls, looked = 0, []

        async def failing(*args: object) -> object:
            nonlocal calls
            calls += 1
            if calls == stop_at:
                raise Stopped
            return await apply(*args)  # ty: ignore[invalid-argument-type]

        house.store.sweeps.apply = failing  # ty: ignore[invalid-assignment]
        with pytest.raises(Stopped):
            await house.run().run_due()
        house.store.sweeps.apply = apply  # ty: ignore[invalid-assignment]
        house.store.sweeps.look = lambda bucket, *args, **rest: (  # ty: ignore[invalid-assignment]
            looked.append((bucket.name, rest["after"])) or look(bucket, *args, **rest)
        )
        progress = house.run()._progress()
        assert await house.run().run_due()
        assert [await house.left(bucket) for bucket in buckets] == [2, 2]
        if progress is not None and not progress.done:
            assert looked[0] == (progress.bucket, progress.after), "what was done is not looked at again"
        assert not await house.run().run_due()

    asyncio.run(main())


@pytest.mark.parametrize("stop_at", range(1, 12))
def test_no_fee_is_lost_with_a_kill(house: House, stop_at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch that is on disk is metered, however soon after its commit the kill comes."""
    monkeypatch.setattr(lifecycle_run, "SLICE", 10)
    monkeypatch.setattr(lifecycle_run, "_STEPS_MAX", 4)

    async def main() -> None:
        await house.run().run_due()
        for name in ("a-bucket", "b-bucket"):
            await house.fill(name, 25)
        house.clock.advance(3 * DAY_S)
        apply, calls = house.store.sweeps.apply, 0

        async def killed(*args: object) -> object:
            nonlocal calls
            calls += 1
            done = await apply(*args)  # ty: ignore[invalid-argument-type]
            if calls == stop_at:
                raise Stopped
            return done

        house.store.sweeps.apply = killed  # ty: ignore[invalid-assignment]
        with pytest.raises(Stopped):
            await house.run().run_due()
        house.store.sweeps.apply = apply  # ty: ignore[invalid-assignment]
        assert await house.run().run_due()
        assert house.tally.count("ExpireObject") == 50

    asyncio.run(main())


def test_a_batch_that_is_begun_anew_is_charged_once(house: House) -> None:
    """Another write of its group fails after it has changed something: all others run again."""

    async def main() -> None:
        await house.run().run_due()
        bucket = await house.fill("b", 10)
        house.clock.advance(3 * DAY_S)

        def spoils(change: Change, _: object) -> None:
            change.put("meta", b"x", b"y")
            raise ValueError

        index = house.store._index
        begun = asyncio.gather(house.run().run_due(), *(index.write(spoils) for _ in range(50)), return_exceptions=True)
        await begun
        assert await house.left(bucket) == 2
        assert house.tally.count("ExpireObject") == 10

    asyncio.run(main())


def test_a_bucket_that_is_deleted_meanwhile_is_passed(house: House) -> None:
    async def main() -> None:
        await house.run().run_due()
        await house.fill("a-bucket", 3)
        last = await house.fill("b-bucket", 3)
        house.clock.advance(3 * DAY_S)
        apply = house.store.sweeps.apply

        async def apply_late(bucket: Bucket, *rest: object) -> object:
            if bucket.name == "a-bucket":
                keys = await house.store.listing.keys(bucket)
                await house.store.objects.delete_many(bucket, [(key, None) for key in keys], "1")
                await house.store.buckets.delete("a-bucket")
            return await apply(bucket, *rest)  # ty: ignore[invalid-argument-type]

        house.store.sweeps.apply = apply_late  # ty: ignore[invalid-assignment]
        assert await house.run().run_due()
        assert await house.left(last) == 2

    asyncio.run(main())


def test_others_get_their_turn_while_it_runs(house: House) -> None:
    """Nobody waits long: neither the event loop nor those who write."""

    async def main() -> None:
        await house.run().run_due()
        bucket = await house.fill("b", 5000)
        house.clock.advance(3 * DAY_S)
        longest_s = 0.0
        loop = asyncio.get_running_loop()
        running = asyncio.create_task(house.run().run_due())
        while not running.done():
            begun = loop.time()
            await house.store.buckets.update("b", acl="private")
            longest_s = max(longest_s, loop.time() - begun)
        assert await running
        assert await house.left(bucket) == 2
        assert longest_s < 1.0

    asyncio.run(main())
