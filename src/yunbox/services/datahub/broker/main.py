"""Where the broker begins: ``python -m yunbox.services.datahub.broker.main CONFIG LISTENER KAFKA CHANNEL``.

The last three are the numbers of sockets that it was given. It reads identities and rights from the control plane's
database, keeps a catalogue of its own, writes usage to a tally of its own, and ends with the server, however that ends.
"""

import asyncio
import contextlib
import gc
import logging
import secrets
import signal
import socket
import sys
import time
from functools import partial

import uvloop

from yunbox.guard.authorise import Authoriser
from yunbox.identity.identify import Identity
from yunbox.identity.store import IdentityStore
from yunbox.kernel.clock import SystemClock
from yunbox.kernel.periodic import Periodic
from yunbox.kernel.supervise import die_with_parent
from yunbox.meter.tally import TallyWriter
from yunbox.meter.usage import CallMeter
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.broker.config import CATALOGUE, LOGS, BrokerConfig
from yunbox.services.datahub.catalogue.catalogue import CATALOGUE_SCHEMA, Catalogue
from yunbox.services.datahub.connectors.mover import TICK_S, Mover
from yunbox.services.datahub.connectors.store import CONNECTORS_SCHEMA, ConnectorStore
from yunbox.services.datahub.http.front import DataHubFront
from yunbox.services.datahub.kafka.groups import GROUPS_SCHEMA, KafkaGroups
from yunbox.services.datahub.kafka.offsets import OFFSETS_SCHEMA
from yunbox.services.datahub.kafka.server import KafkaServer
from yunbox.services.datahub.records.pace import Pace
from yunbox.services.datahub.subscriptions.groups import Groups
from yunbox.spine.channel import Channel
from yunbox.spine.listener import listening
from yunbox.spine.path import Spine
from yunbox.spine.sessions import Sessions
from yunbox.storage.database import Database
from yunbox.storage.log.store import LogStore
from yunbox.wire.app import HttpApp
from yunbox.wire.datahub.signing import SCHEMES

_SWEEP_EVERY_S = 60.0
_SEAL_EVERY_S = 60.0
_SUM_EVERY_S = 1.0
_DRAIN_S = 5.0
_GARBAGE_EVERY = 10_000
_SCHEMAS = (CATALOGUE_SCHEMA, OFFSETS_SCHEMA, CONNECTORS_SCHEMA, GROUPS_SCHEMA)
_LOG = logging.getLogger("yunbox")


async def _run(config: BrokerConfig, listener: socket.socket, kafka: socket.socket, channel: Channel) -> None:
    clock = SystemClock()
    (config.folder / CATALOGUE).parent.mkdir(mode=0o700, exist_ok=True)
    with contextlib.ExitStack() as stack:
        identities = stack.enter_context(contextlib.closing(Database(config.folder / "meta.db")))
        database = stack.enter_context(contextlib.closing(Database(config.folder / CATALOGUE, *_SCHEMAS)))
        logs = stack.enter_context(
            contextlib.closing(LogStore(config.folder / LOGS, clock.time, log_bytes_max=config.shard_bytes_max))
        )
        name = f"datahub-{secrets.token_hex(8)}"
        tally = stack.enter_context(contextlib.closing(TallyWriter(config.folder / "usage" / name)))
        logs.start()
        catalogue = Catalogue(database, clock)
        broker = Broker(
            catalogue=catalogue,
            connectors=ConnectorStore(database),
            kafka_groups=KafkaGroups(catalogue),
            logs=logs,
            groups=Groups(clock.time),
            clock=clock,
            account_id=config.account_id,
            pace=Pace(time.monotonic) if config.keeps_pace else None,
        )
        mover = Mover(broker)
        store = IdentityStore(identities, clock)
        identity, authoriser = Identity(store, clock, SCHEMES), Authoriser(store, config.region)
        meter = CallMeter(tally, clock)
        spine = Spine(identity, authoriser, meter, channel, clock)
        sessions = Sessions(identity, authoriser, meter, channel, clock)
        async with (
            Periodic(_LOG, _SWEEP_EVERY_S, broker.sweep),
            Periodic(_LOG, _SEAL_EVERY_S, partial(asyncio.to_thread, tally.seal)),
            Periodic(_LOG, _SUM_EVERY_S, sessions.flush),
            Periodic(_LOG, TICK_S, mover.tick),
            listening(HttpApp(DataHubFront(broker), spine.call), listener, _DRAIN_S),
            KafkaServer(broker, sessions, *kafka.getsockname()).listening(kafka),
        ):
            await _until_over(channel)
        await mover.stop()
        await sessions.flush()


async def _until_over(channel: Channel) -> None:
    """Say that clients can come, and return at SIGTERM or once the server is gone."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    hearing = asyncio.create_task(_hear(channel, stop))
    channel.say("ready")
    await stop.wait()
    hearing.cancel()


async def _hear(channel: Channel, stop: asyncio.Event) -> None:
    async for word, _ in channel.heard():
        if word == "ping":
            channel.say("pong")
    stop.set()


async def _begin(config: BrokerConfig, listener: socket.socket, kafka: socket.socket, channel: socket.socket) -> None:
    for sock in (kafka, channel):
        sock.setblocking(False)
    said = await Channel.over(channel)
    await _run(config, listener, kafka, said)
    said.close()


def main(argument: str, *numbers: str) -> None:
    """Serve clients until the server says that it is enough, or is gone."""
    config = BrokerConfig.read(argument)
    die_with_parent(config.parent)
    gc.freeze()
    gc.set_threshold(_GARBAGE_EVERY)
    listener, kafka, channel = (socket.socket(fileno=int(number)) for number in numbers)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_begin(config, listener, kafka, channel))


if __name__ == "__main__":
    main(*sys.argv[1:])
