"""DataHub as the server sees it: the broker's process, started when the first client comes."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from yunbox.kernel.supervise import Supervisor
from yunbox.meter.journal import Journal
from yunbox.meter.storage import StorageMeter
from yunbox.services.datahub.broker.config import BrokerConfig
from yunbox.services.datahub.stored import has_connectors, stored
from yunbox.spine.awakened import PATIENCE, Awakened
from yunbox.spine.channel import event_of
from yunbox.spine.child import ChildProcess
from yunbox.spine.house import House

_BROKER = "yunbox.services.datahub.broker.main"


@dataclass
class DataHub:
    """One broker: a server that nobody asks for DataHub has none."""

    config: BrokerConfig
    listener: socket.socket
    kafka: socket.socket
    journal: Journal
    storage_meter: StorageMeter
    principal: str

    def __post_init__(self) -> None:
        """Its supervisor."""
        self.broker = Supervisor("the broker of DataHub", self._spawn, PATIENCE)
        self._awakened = Awakened("DataHub", [self.listener, self.kafka], [self.broker])

    async def start(self) -> None:
        """Be ready for the first client."""
        await self._awakened.wait()
        if await asyncio.to_thread(has_connectors, self.config.folder):
            self._awakened.wake()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """The process ends with the block."""
        folder, account_id = self.config.folder, self.config.account_id
        try:
            async with self.storage_meter.sampling(lambda: stored(folder, account_id, self.principal)):
                yield
        finally:
            await self._awakened.stop()

    async def _spawn(self) -> ChildProcess:
        return await ChildProcess.spawn(_BROKER, self.config.argument, self._hear, self.listener, self.kafka)

    def _hear(self, word: str, body: bytes) -> None:
        if word == "event":
            self.journal.record(*event_of(body))


def build(house: House) -> DataHub:
    """The service, on what all services share."""
    config = BrokerConfig(
        data=str(house.folder),
        account_id=house.account_id,
        region=house.settings.region,
        parent=os.getpid(),
        keeps_pace=house.settings.options.get("datahub_limits", "off") == "real",
        shard_bytes_max=house.settings.options.get("datahub_shard_size", 0) * 1024 * 1024,
    )
    meter = StorageMeter(house.database, house.ledger, house.clock, "datahub", has_sums=False)
    principal = f"ALIYUN${house.store.account_name(house.account_id)}"
    made = DataHub(config, house.socket("datahub"), house.socket("kafka"), house.journal, meter, principal)
    house.starting.append(made.start)
    return made
