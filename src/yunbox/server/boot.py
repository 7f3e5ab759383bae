"""The composition root: from settings to a server that listens. It knows the order of things, and no service."""

import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from yunbox.adapters.remote.mounts import MOUNTS_SCHEMA, Mounts
from yunbox.identity.authority import Authority
from yunbox.identity.schema import IDENTITY_SCHEMA
from yunbox.identity.store import IdentityStore
from yunbox.kernel.clock import Clock, SystemClock
from yunbox.kernel.periodic import Periodic
from yunbox.meter.audit import Audit
from yunbox.meter.journal import Journal
from yunbox.meter.ledger import LEDGER_SCHEMA, Ledger
from yunbox.meter.metrics import CallMetrics
from yunbox.meter.prices import load_prices
from yunbox.meter.tally import TALLY_SCHEMA, Tally
from yunbox.server.folder import DataFolder
from yunbox.server.services import chosen
from yunbox.server.sockets import HOST, Sockets, bound
from yunbox.spine.house import House, Settings
from yunbox.spine.listener import listening
from yunbox.spine.service import Address, Service
from yunbox.storage.database import Database

UPKEEP_EVERY_S = 60.0
_GARBAGE_EVERY = 10_000  # objects; a request makes hundreds, nearly all of which go by themselves
_DRAIN_S = 10.0
_FLUSH_EVERY_S = 0.1
_SUM_EVERY_S = 1.0
_LOG = logging.getLogger("yunbox")


@dataclass(frozen=True)
class Ready:
    """What a started server offers."""

    endpoints: dict[str, Address]
    project: str
    region: str
    account_id: str


async def serve(settings: Settings, on_ready: Callable[[Ready], None], clock: Clock | None = None) -> None:
    """Run until SIGTERM or SIGINT, then drain and return."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(settings, clock or SystemClock()) as ready:
        on_ready(ready)
        await stop.wait()


@contextlib.asynccontextmanager
async def running(settings: Settings, clock: Clock) -> AsyncGenerator[Ready]:
    """A server that runs as long as the block does."""
    folder = DataFolder.open(settings.data)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(folder.release)
        services = chosen(settings.services)
        sockets = Sockets.reserve(settings.port_base, places(services))
        stack.callback(sockets.close)
        folder.clean_scratch()
        house = _house(settings, folder, services, sockets, clock, stack)
        built = [(service, service.build(house)) for service in services]
        _connect(house, built)
        for service, made in built:
            await stack.enter_async_context(service.running(made))
        await stack.enter_async_context(_upkeep(house))
        await asyncio.gather(*(start() for start in house.starting))
        for service, made in built:
            for name, app in service.apps(made).items():
                issued = Authority(settings.data).issued(name) if service.endpoints[name].scheme == "https" else None
                await stack.enter_async_context(listening(app, sockets.of(name), _DRAIN_S, issued))
        for service, made in built:
            stack.push_async_callback(service.drain, made, _DRAIN_S)
        ready = Ready(_endpoints(services, sockets), settings.project, settings.region, house.account_id)
        folder.write_server(ready.endpoints, ready.project, ready.region)
        gc.freeze()  # what is there by now stays, and no collection need look at it again
        gc.enable()
        gc.set_threshold(_GARBAGE_EVERY)
        yield ready


def places(services: Sequence[Service[Any]]) -> dict[str, int]:
    """Each endpoint's place in the block of ports."""
    return {name: endpoint.place for service in services for name, endpoint in service.endpoints.items()}


def http_ports(services: Sequence[Service[Any]], sockets: Sockets) -> frozenset[int]:
    """The ports of the endpoints that are spoken to in plain HTTP."""
    of = ((name, one) for service in services for name, one in service.endpoints.items())
    return frozenset(sockets.port(name) for name, one in of if one.scheme == "http" and not one.dbname)


def open_database(folder: DataFolder, services: Sequence[Service[Any]]) -> Database:
    """The control plane's database with every schema it holds."""
    meter = (LEDGER_SCHEMA, TALLY_SCHEMA)
    return Database(folder.database, IDENTITY_SCHEMA, *meter, MOUNTS_SCHEMA, *(service.schema for service in services))


def _house(
    settings: Settings,
    folder: DataFolder,
    services: Sequence[Service[Any]],
    sockets: Sockets,
    clock: Clock,
    stack: contextlib.AsyncExitStack,
) -> House:
    database = stack.enter_context(contextlib.closing(open_database(folder, services)))
    journal = stack.enter_context(contextlib.closing(Journal(folder.log)))
    store = IdentityStore(database, clock)
    account_id, key = store.ensure_account()
    folder.write_credentials(account_id, key.id, key.secret)
    ledger = Ledger(database, load_prices(), clock)
    tally = stack.enter_context(contextlib.closing(Tally(folder.usage, database, ledger)))
    return House(
        settings=settings,
        account_id=account_id,
        clock=clock,
        database=database,
        store=store,
        ledger=ledger,
        tally=tally,
        journal=journal,
        audit=Audit(folder.audit, clock),
        address=sockets.url,
        socket=sockets.of,
        bound=bound,
        http_ports=lambda: http_ports(services, sockets),
        dialects={name: module for service in services for name, module in service.dialects.items()},
        lends={name: module for service in services for name, module in service.lends.items()},
        schemes={name: sign for service in services for name, sign in service.schemes.items()},
        mounted=lambda house: Mounts(database, house.objects, clock, folder.path / "cache" / "oss"),
        closing=stack,
    )


def _connect(house: House, built: Sequence[tuple[Service[Any], Any]]) -> None:
    """Let the readers of events and of metrics know what there is to read, and the house which APIs there are."""
    calls = CallMetrics()
    house.journal.subscribe(calls.record)
    house.journal.subscribe(house.audit.record)
    house.closing.callback(house.audit.sync)
    house.closing.callback(house.audit.flush)
    house.sources.append(calls.collect)
    for service, made in built:
        house.apis += service.apis(made)
        house.sources += service.metrics(made)
        for reader in service.readers(made):
            house.journal.subscribe(reader)


@contextlib.asynccontextmanager
async def _upkeep(house: House) -> AsyncGenerator[None]:
    """Events of a busy moment are written soon after it, sums of sessions a little later, usage becomes a bill."""

    async def flush() -> None:
        house.journal.flush()

    async def fold() -> None:
        await asyncio.to_thread(house.tally.fold)
        house.audit.flush()
        await asyncio.to_thread(house.audit.sweep)

    async with (
        Periodic(_LOG, _FLUSH_EVERY_S, flush),
        Periodic(_LOG, _SUM_EVERY_S, house.sessions.flush),
        Periodic(_LOG, _SUM_EVERY_S, partial(asyncio.to_thread, house.audit.sync)),
        Periodic(_LOG, UPKEEP_EVERY_S, fold),
    ):
        yield


def _endpoints(services: Sequence[Service[Any]], sockets: Sockets) -> dict[str, Address]:
    return {
        name: endpoint.address(HOST, sockets.port(name))
        for service in services
        for name, endpoint in service.endpoints.items()
    }
