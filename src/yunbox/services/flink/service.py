"""Flink as the server sees it: the gateway's process, started when the first client comes, or a job is to go on."""

import asyncio
import contextlib
import os
import socket
import sqlite3
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from yunbox.kernel.supervise import Supervisor
from yunbox.meter.journal import Journal
from yunbox.services.flink.gateway.config import RECORDS, GatewayConfig
from yunbox.services.flink.jobs.store import any_running
from yunbox.spine.awakened import PATIENCE, Awakened
from yunbox.spine.channel import event_of
from yunbox.spine.child import ChildProcess
from yunbox.spine.house import House
from yunbox.storage.database import connect

_NEIGHBOURS = ("datahub", "hologres", "maxcompute", "oss", "kafka")
_GATEWAY = "yunbox.services.flink.gateway.main"


@dataclass
class Flink:
    """One gateway: a server that nobody asks for Flink has none."""

    config: GatewayConfig
    gateway: socket.socket
    jobmanager: socket.socket
    journal: Journal

    def __post_init__(self) -> None:
        """Its supervisor."""
        self._child = Supervisor("the gateway of Flink", self._spawn, PATIENCE)
        self._awakened = Awakened("Flink", [self.gateway, self.jobmanager], [self._child])

    async def start(self) -> None:
        """Be ready for the first client."""
        await self._awakened.wait()
        if await asyncio.to_thread(has_jobs, self.config.folder):
            self._awakened.wake()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """The process ends with the block."""
        try:
            yield
        finally:
            await self._awakened.stop()

    async def _spawn(self) -> ChildProcess:
        return await ChildProcess.spawn(_GATEWAY, self.config.argument, self._hear, self.gateway, self.jobmanager)

    def _hear(self, word: str, body: bytes) -> None:
        if word == "event":
            self.journal.record(*event_of(body))


def has_jobs(folder: Path) -> bool:
    """Whether there are jobs that ran when the server ended."""
    if not (folder / RECORDS).exists():
        return False
    with contextlib.closing(connect(folder / RECORDS, read_only=True)) as database:
        try:
            return any_running(database.execute("SELECT state FROM jobs").fetchall())
        except sqlite3.OperationalError:  # it is being made
            return False


def _addresses(house: House) -> dict[str, str]:
    """Where the services are that tables may be of."""
    found = {}
    for name in _NEIGHBOURS:
        with contextlib.suppress(KeyError):  # one that is off
            found[name] = urlsplit(house.address(name)).netloc
    return found


def build(house: House) -> Flink:
    """The service, on what all services share."""
    config = GatewayConfig(
        data=str(house.folder),
        account_id=house.account_id,
        region=house.settings.region,
        parent=os.getpid(),
        addresses=_addresses(house),
        asks_key=house.settings.options.get("flink_auth", "user") == "key",
    )
    made = Flink(config, house.socket("flink"), house.socket("flink_jobmanager"), house.journal)
    house.starting.append(made.start)
    return made
