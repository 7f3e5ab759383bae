"""Where the gateway begins: ``python -m yunbox.services.flink.gateway.main CONFIG GATEWAY JOBMANAGER CHANNEL``.

The last three are the numbers of sockets that it was given. It reads identities and rights from the control plane's
database, keeps the records of jobs, runs each job in a process of its own, and ends with the server, however that ends.
"""

import asyncio
import contextlib
import logging
import secrets
import signal
import socket
import sys
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
from yunbox.services.flink.gateway.config import JOBS, RECORDS, SAVEPOINTS, GatewayConfig
from yunbox.services.flink.gateway.gateway import Gateway
from yunbox.services.flink.http.fronts import GatewayFront, JobManagerFront
from yunbox.services.flink.http.requests import Callers
from yunbox.services.flink.jobs.jobs import Jobs
from yunbox.services.flink.jobs.store import JOBS_SCHEMA, JobStore
from yunbox.services.flink.metering import ComputeMeter
from yunbox.services.flink.sessions.session import Sessions
from yunbox.spine.channel import Channel
from yunbox.spine.listener import listening
from yunbox.spine.path import Spine
from yunbox.storage.database import Database
from yunbox.wire.app import HttpApp

_METER_EVERY_S = 5.0
_SWEEP_EVERY_S = 10.0
_SEAL_EVERY_S = 60.0
_DRAIN_S = 5.0
_LOG = logging.getLogger("yunbox")


async def _run(config: GatewayConfig, sockets: tuple[socket.socket, socket.socket], channel: Channel) -> None:
    clock = SystemClock()
    for folder in (JOBS, SAVEPOINTS):
        (config.folder / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        identities = stack.enter_context(contextlib.closing(Database(config.folder / "meta.db")))
        records = stack.enter_context(contextlib.closing(Database(config.folder / RECORDS, JOBS_SCHEMA)))
        tally = stack.enter_context(
            contextlib.closing(TallyWriter(config.folder / "usage" / f"flink-{secrets.token_hex(8)}"))
        )
        jobs = Jobs(JobStore(records), config.folder, config.addresses)
        gateway = Gateway(Sessions(), jobs, config.account_id)
        store = IdentityStore(identities, clock)
        spine = Spine(
            Identity(store, clock, {}), Authoriser(store, config.region), CallMeter(tally, clock), channel, clock
        )
        callers = Callers(partial(_owner, store), asks_key=config.asks_key)
        gateway_app = HttpApp(GatewayFront(gateway, callers), spine.call)
        jobmanager_app = HttpApp(JobManagerFront(gateway, callers), spine.call)
        compute = ComputeMeter(jobs, tally, config.account_id, clock)
        async with (
            Periodic(_LOG, _METER_EVERY_S, compute.look),
            Periodic(_LOG, _SWEEP_EVERY_S, gateway.sweep),
            Periodic(_LOG, _SEAL_EVERY_S, partial(asyncio.to_thread, tally.seal)),
            listening(gateway_app, sockets[0], _DRAIN_S),
            listening(jobmanager_app, sockets[1], _DRAIN_S),
        ):
            await jobs.resume()
            await _until_over(channel)
        await compute.look()
        await jobs.close()


def _owner(store: IdentityStore) -> tuple[str, str]:
    """An active key of the account; none fits if it has none."""
    for key_id, status in store.access_keys(None):
        key = store.access_key(key_id)
        if status == "Active" and key is not None:
            return key.id, key.secret
    return "", ""


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


async def _begin(config: GatewayConfig, sockets: tuple[socket.socket, socket.socket], channel: socket.socket) -> None:
    channel.setblocking(False)
    said = await Channel.over(channel)
    await _run(config, sockets, said)
    said.close()


def main(argument: str, *numbers: str) -> None:
    """Serve clients until the server says that it is enough, or is gone."""
    config = GatewayConfig.read(argument)
    die_with_parent(config.parent)
    gateway, jobmanager, channel = (socket.socket(fileno=int(number)) for number in numbers)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_begin(config, (gateway, jobmanager), channel))


if __name__ == "__main__":
    main(*sys.argv[1:])
