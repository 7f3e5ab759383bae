"""DataHub put together: what every operation gets as its first argument."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from yunbox.kernel.clock import Clock
from yunbox.services.datahub import faults
from yunbox.services.datahub.access import NamesSubscription
from yunbox.services.datahub.catalogue.catalogue import Catalogue
from yunbox.services.datahub.catalogue.model import Shard, Subscription, Topic
from yunbox.services.datahub.connectors.store import ConnectorStore
from yunbox.services.datahub.kafka.groups import KafkaGroups
from yunbox.services.datahub.records.marks import Marks
from yunbox.services.datahub.records.pace import Pace
from yunbox.services.datahub.subscriptions.groups import Groups
from yunbox.storage.log.frame import NOBODY, Origin
from yunbox.storage.log.log import Log, Position
from yunbox.storage.log.store import Compose, LogStore

_DAY_MS = 24 * 3600 * 1000
_ROLLS = 24
"""A topic's records lie in so many segments at least for each of its days, so that they go when their time has come."""


@dataclass(eq=False, kw_only=True)
class Broker:
    """The catalogue, the records, and what is known of the moment only: consumers, and shards that are being closed."""

    catalogue: Catalogue
    connectors: ConnectorStore
    kafka_groups: KafkaGroups
    logs: LogStore
    groups: Groups
    clock: Clock
    account_id: str
    pace: Pace | None = None
    marks: Marks = field(default_factory=Marks)
    _growth: "asyncio.Future[None] | None" = None
    _closing: set[tuple[int, int]] = field(default_factory=set)
    _reshaping: defaultdict[int, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    @property
    def keeps_pace(self) -> bool:
        """Whether requests are throttled as the real service does it."""
        return self.pace is not None

    def find_shard(self, topic: Topic, text: str) -> Shard | None:
        """A shard by its id as clients write it, if there is one."""
        return topic.shards.get(int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def shard(self, topic: Topic, text: str) -> Shard:
        """A shard by its id as clients write it. Raises NotFound."""
        found = self.find_shard(topic, text)
        if found is None:
            raise faults.no_shard(topic.project, topic.name, text)
        return found

    def active(self, params: NamesSubscription) -> tuple[Topic, Subscription]:
        """A topic and one of its subscriptions, which is switched on. Raises NotFound, Conflict."""
        topic, subscription = self.catalogue.subscription(params.project, params.topic, params.sub_id)
        if not subscription.is_active:
            raise faults.offline()
        return topic, subscription

    def log(self, topic: Topic, shard: Shard) -> Log:
        """The records of a shard."""
        return self.logs.log(topic.log(shard.id))

    def takes(self, topic: Topic, shard: Shard) -> bool:
        """Whether a shard takes records."""
        return shard.is_active and (topic.number, shard.id) not in self._closing

    def put(
        self, topic: Topic, shard: Shard, compose: Compose, size_bytes: int, mark: int, origin: Origin = NOBODY
    ) -> "asyncio.Future[Position]":
        """Append records to a shard; they are on disk when the future is done. Raises Conflict, Throttled.

        From the look at the shard to the place in the queue nothing else is done, so that closing one is a matter of
        what waits.
        """
        if not self.takes(topic, shard):
            raise faults.sealed()
        if self.pace is not None:
            self.pace.check((topic.number, shard.id), size_bytes)
        appended = self.logs.append(self.log(topic, shard), compose, size_bytes, mark, origin)
        appended.add_done_callback(self._grown)
        return appended

    def growth(self) -> "asyncio.Future[None]":
        """Is done once something was put, anywhere, behind this moment."""
        if self._growth is None:
            self._growth = asyncio.get_running_loop().create_future()
        return self._growth

    def _grown(self, _appended: "asyncio.Future[Position]") -> None:
        growth, self._growth = self._growth, None
        if growth is not None:
            growth.set_result(None)

    @contextlib.asynccontextmanager
    async def reshaping(self, topic: Topic, *shards: Shard) -> AsyncGenerator[None]:
        """Change a topic's shards, one change after another: those given take nothing more, and what was on its way to
        them has arrived. Raises Conflict for one that another change has closed."""
        keys = {(topic.number, shard.id) for shard in shards}
        async with self._reshaping[topic.number]:
            if not all(self.takes(topic, topic.shards[shard.id]) for shard in shards):
                raise faults.sealed()
            self._closing |= keys
            try:
                await self.logs.settled()
                yield
            finally:
                self._closing -= keys

    async def sweep(self) -> None:
        """Remove records whose time is over, and the logs of topics that are no more."""
        now_ms = int(self.clock.time() * 1000)
        for topic in list(self.catalogue.topics()):
            kept_ms = topic.lifecycle_days * _DAY_MS
            for shard in list(topic.shards.values()):
                roll_ms = now_ms - kept_ms // (_ROLLS * topic.lifecycle_days)
                await self.logs.expire(self.log(topic, shard), now_ms - kept_ms, roll_ms)
        known = {str(topic.number) for topic in self.catalogue.topics()}
        for folder in [name for name in self.logs.folders() if name not in known]:
            await self.logs.delete(folder)
        self.groups.sweep()
