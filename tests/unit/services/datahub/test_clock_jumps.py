"""The machine's clock is set forward or back under the broker: times in a shard do not go back, only what is old by the
clock goes, and consumers and the pace of requests do not depend on what it is set to."""

import asyncio
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from yunbox.kernel.clock import ManualClock
from yunbox.kernel.errors import Throttled
from yunbox.services.datahub import limits
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.catalogue.catalogue import CATALOGUE_SCHEMA, Catalogue
from yunbox.services.datahub.catalogue.model import RING_END, ExpandMode, RecordType, Shard, Topic
from yunbox.services.datahub.connectors.store import CONNECTORS_SCHEMA, ConnectorStore
from yunbox.services.datahub.kafka.groups import GROUPS_SCHEMA, KafkaGroups
from yunbox.services.datahub.kafka.offsets import OFFSETS_SCHEMA
from yunbox.services.datahub.records.pace import Pace
from yunbox.services.datahub.subscriptions.groups import Groups
from yunbox.storage.database import Database
from yunbox.storage.log.log import Position
from yunbox.storage.log.store import LogStore

DAY_S = 24 * 3600
_SCHEMAS = (CATALOGUE_SCHEMA, OFFSETS_SCHEMA, CONNECTORS_SCHEMA, GROUPS_SCHEMA)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def broker(tmp_path: Path, clock: ManualClock) -> Iterator[Broker]:
    logs = LogStore(tmp_path / "logs", clock.time)
    with closing(Database(tmp_path / "datahub.db", *_SCHEMAS)) as database, closing(logs):
        logs.start()
        catalogue = Catalogue(database, clock)
        yield Broker(
            catalogue=catalogue,
            connectors=ConnectorStore(database),
            kafka_groups=KafkaGroups(catalogue),
            logs=logs,
            groups=Groups(clock.time),
            clock=clock,
            account_id="1",
        )


async def made(broker: Broker) -> Topic:
    """A topic of one shard that keeps records for a day."""
    await broker.catalogue.create_project("p", "", "me")
    shard = Shard(0, 0, RING_END, created_s=broker.clock.time())
    now = broker.clock.time()
    topic = Topic(0, "p", "t", RecordType.BLOB, 1, "", ExpandMode.SPLIT, "me", now, now)
    return await broker.catalogue.create_topic(topic, None, [shard])


async def put(broker: Broker, topic: Topic) -> Position:
    def compose(_first: int, _time_ms: int) -> tuple[bytes, bytes]:
        return struct.pack("<I", 0), b"x"

    return await broker.put(topic, topic.shards[0], compose, 1, 0)


def test_times_of_a_shard_do_not_go_back(broker: Broker, clock: ManualClock) -> None:
    async def work() -> list[Position]:
        topic, found = await made(broker), []
        for step_s in (0, 3600, -7200, 60, 7200):
            clock.advance(step_s)
            found.append(await put(broker, topic))
        log = broker.log(topic, topic.shards[0])
        assert log.at_time(found[1].time_ms) == found[1], "the first of those that have that time"
        return found

    start_ms = int(clock.time() * 1000)
    found = asyncio.run(work())
    assert [one.sequence for one in found] == [0, 1, 2, 3, 4]
    hour_ms = 3_600_000
    assert [one.time_ms - start_ms for one in found] == [0, hour_ms, hour_ms, hour_ms, hour_ms + 60_000]


def test_retention_goes_by_the_clock(broker: Broker, clock: ManualClock) -> None:
    async def kept(topic: Topic) -> tuple[int, int]:
        await broker.sweep()
        log = broker.log(topic, topic.shards[0])
        return log.first, log.end

    async def work() -> None:
        topic = await made(broker)
        await put(broker, topic)
        clock.advance(-30 * DAY_S)
        assert await kept(topic) == (0, 1), "set back, nothing is old"
        await put(broker, topic)
        clock.advance(30 * DAY_S + 3600)
        assert await kept(topic) == (0, 2), "and nothing is when it is right again"
        clock.advance(DAY_S)
        assert await kept(topic) == (2, 2)
        assert (await put(broker, topic)).sequence == 2, "sequences go on"
        clock.advance(-DAY_S)
        assert await kept(topic) == (2, 3)

    asyncio.run(work())


def test_consumers_are_silent_by_a_steady_clock(clock: ManualClock) -> None:
    steady = ManualClock(5.0)
    groups = Groups(clock.time, steady.time)
    topic = Topic(1, "p", "t", RecordType.BLOB, 1, "", ExpandMode.SPLIT, "me", 0, 0)
    topic.shards = {at: Shard(at, 0, RING_END, 0.0) for at in range(2)}
    first, _ = groups.join(topic, "s", 60_000)
    for jump_s in (DAY_S, -2 * DAY_S):
        clock.advance(jump_s)
        assert groups.beat(topic, "s", first, (), ())[1] == [0, 1], "it has not been silent for a day"
    second, _ = groups.join(topic, "s", 60_000)
    steady.advance(61)
    third, _ = groups.join(topic, "s", 60_000)
    assert groups.beat(topic, "s", third, (), ())[1] == [0, 1], f"{first} and {second} have been silent"


def test_the_pace_is_kept_whatever_the_clock_says() -> None:
    steady = ManualClock(5.0)
    pace = Pace(steady.time)
    for _ in range(limits.SHARD_REQUESTS_S_MAX):
        pace.check((1, 0), 1)
    with pytest.raises(Throttled):
        pace.check((1, 0), 1)
    steady.advance(1.0)
    pace.check((1, 0), 1)
