"""Hologres as the server runs it: its gateways, each under a supervisor, and what they say."""

import contextlib
import os
import socket
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import msgspec

from yunbox.kernel.supervise import Patience, Supervisor
from yunbox.meter.journal import Journal
from yunbox.services.hologres.gateway.channel import event_of, key_of
from yunbox.services.hologres.gateway.child import GatewayChild
from yunbox.services.hologres.gateway.config import AUTHENTICATION_S_MAX, CONNECTIONS_MAX, GatewayConfig
from yunbox.spine.house import House

ROSTER = "tmp/hologres-roster"
_PATIENCE = Patience(pause_s=0.05, health_every_s=2.0, health_s_max=5.0)
GATEWAYS_MAX = 8


@dataclass
class Hologres:
    """The gateways share one listening socket: while one is started again, the others or the queue take its clients."""

    config: GatewayConfig
    listener: socket.socket
    journal: Journal

    def __post_init__(self) -> None:
        """A supervisor for each gateway."""
        self.gateways = [self._supervisor(index) for index in range(self.config.count)]

    def _supervisor(self, index: int) -> Supervisor[GatewayChild]:
        config = msgspec.structs.replace(self.config, index=index)

        async def spawn() -> GatewayChild:
            return await GatewayChild.spawn(config, self.listener, self._hear)

        return Supervisor(f"gateway {index} of Hologres", spawn, _PATIENCE)

    def _hear(self, word: str, body: bytes) -> None:
        if word == "event":
            self.journal.record(*event_of(body))
        elif word == "cancel":
            self._cancel(*key_of(body))

    def _cancel(self, process_id: int, secret: int) -> None:
        """Pass a cancel request on to the gateway whose session it is about."""
        with contextlib.suppress(Exception):
            self.gateways[process_id % self.config.count].child.channel.cancel(process_id, secret)

    async def start(self) -> None:
        """Start the gateways."""
        (self.config.folder / ROSTER).unlink(missing_ok=True)
        for gateway in self.gateways:
            await gateway.start()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """They are started with the workers, and end with the block."""
        try:
            yield
        finally:
            for gateway in self.gateways:
                await gateway.stop()


def build(house: House) -> Hologres:
    """The service, on what all services share."""
    options = house.settings.options
    config = GatewayConfig(
        data=str(house.folder),
        roster=ROSTER,
        account_id=house.account_id,
        region=house.settings.region,
        parent=os.getpid(),
        count=options.get("hologres_gateways", 0) or gateways_of(os.cpu_count() or 1),
        connections_max=options.get("hologres_connections", CONNECTIONS_MAX),
        authentication_s_max=options.get("hologres_login_seconds", AUTHENTICATION_S_MAX),
    )
    made = Hologres(config, house.socket("hologres"), house.journal)
    house.starting.append(made.start)
    return made


def gateways_of(cores: int) -> int:
    """How many gateways there are if nobody says: one or two, as clients and the engine need the other cores."""
    return max(1, min(2, cores // 2))
