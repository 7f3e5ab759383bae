"""The composition root: configuration to stores, engines, services and listeners; the one file that knows all."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from yunbox.adapters.remote.mounts import MOUNTS_SCHEMA, Mounts
from yunbox.datafolder import DataFolder
from yunbox.engine.duck.messages import WorkerConfig
from yunbox.engine.duck.pool import WorkerPool
from yunbox.guard.authorise import Authoriser
from yunbox.identity.identify import Identity
from yunbox.identity.store import IDENTITY_SCHEMA, IdentityStore
from yunbox.kernel.clock import Clock, SystemClock
from yunbox.kernel.periodic import Periodic
from yunbox.listener import listening
from yunbox.meter.journal import Journal
from yunbox.meter.ledger import LEDGER_SCHEMA, Ledger
from yunbox.meter.metrics import CallMetrics
from yunbox.meter.prices import load_prices
from yunbox.meter.storage import STORAGE_SCHEMA, StorageMeter
from yunbox.meter.tally import TALLY_SCHEMA, Tally
from yunbox.meter.usage import Meter
from yunbox.ports import Ports
from yunbox.services.maxcompute.housekeeping import housekeeping
from yunbox.services.maxcompute.schema import MAXCOMPUTE_SCHEMA
from yunbox.services.maxcompute.service import MaxCompute
from yunbox.services.maxcompute.sql.admission import Admission
from yunbox.services.maxcompute.wire import MaxComputeApp
from yunbox.services.monitor.service import Monitor
from yunbox.services.monitor.wire import MonitorApp
from yunbox.services.oss.http.wire import OssApp
from yunbox.services.oss.limits import limits_of
from yunbox.services.oss.service import Oss
from yunbox.services.oss.upkeep.housekeeping import housekeeping as oss_housekeeping
from yunbox.spine.path import Spine
from yunbox.storage.database import Database
from yunbox.storage.objects.backends import Backends
from yunbox.storage.objects.store import ObjectStore
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.storage.tables.schema import TABLES_SCHEMA
from yunbox.storage.tables.snapshots import Snapshots

DEFAULT_PROJECT = "yunbox"
REGION = "cn-local"
_DRAIN_S = 10.0
_FLUSH_EVERY_S = 0.1
_MEMORY_SHARE = 0.6
_SPILL_BYTES_MAX = 64 * 1024**3
_WORKERS_MIN = 4  # so that two long statements do not keep the short ones waiting
_TUNNEL_WORKERS_MAX = 8
_DIALECTS = {"maxcompute": "yunbox.sql.maxcompute.on_duckdb"}


@dataclass(frozen=True)
class Settings:
    """How to run. ``port_base`` 0 takes free ports; ``workers_max`` 0 takes one a core, and at least four.

    ``oss_limits`` is ``off``, ``real``, or how many requests a second one partition of keys takes.
    """

    data: Path
    port_base: int = 0
    project: str = DEFAULT_PROJECT
    region: str = REGION
    workers_max: int = 0
    worker_memory_bytes: int = 0
    oss_callbacks_anywhere: bool = False
    oss_limits: str = "off"


@dataclass(frozen=True)
class Ready:
    """What a started server offers."""

    endpoints: dict[str, str]
    project: str
    region: str
    account_id: str


def open_database(folder: DataFolder) -> Database:
    """The control plane's database with every schema it holds."""
    meter = (LEDGER_SCHEMA, TALLY_SCHEMA, STORAGE_SCHEMA)
    return Database(folder.database, IDENTITY_SCHEMA, TABLES_SCHEMA, *meter, MAXCOMPUTE_SCHEMA, MOUNTS_SCHEMA)


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
        ports = Ports.reserve(settings.port_base)
        stack.callback(ports.close)
        folder.clean_scratch()
        pools = _pools(settings, folder)
        warming = asyncio.create_task(pools[0].start())
        stack.push_async_callback(pools[1].close)
        stack.push_async_callback(pools[0].close)
        database = open_database(folder)
        stack.callback(database.close)
        journal = Journal(folder.log)
        stack.callback(journal.close)
        store = IdentityStore(database, clock)
        account_id, key = store.ensure_account()
        folder.write_credentials(account_id, key.id, key.secret)
        core = _core(settings, folder, database, store, journal, clock, ports)
        stack.callback(core.tally.close)
        stack.callback(core.objects.close)
        mounts = Mounts(database, core.objects, clock, folder.path / "cache" / "oss")
        stack.push_async_callback(mounts.close)
        backends = Backends(core.objects, mounts)
        service = _maxcompute(settings, core, pools, backends)
        oss = _oss(settings, core, account_id, pools[0], backends)
        journal.subscribe(oss.heat.record)
        calls = CallMetrics()
        journal.subscribe(calls.record)
        monitor = Monitor(core.spine, account_id, (calls.collect, mounts.collect, pools[0].collect))
        if oss.limits is not None:
            journal.subscribe(oss.limits.record)
        service.instances.end_interrupted()
        await _ensure_project(service, settings.project, account_id)
        stack.push_async_callback(service.jobs.close)
        await stack.enter_async_context(_flushing(journal))
        await stack.enter_async_context(housekeeping(service))
        await oss.sample()  # the hours that the server was down cost what is there now
        await stack.enter_async_context(oss_housekeeping(oss))
        await asyncio.gather(warming, pools[1].start())
        await stack.enter_async_context(listening(MaxComputeApp(service), ports.sockets["maxcompute"], _DRAIN_S))
        await stack.enter_async_context(listening(OssApp(oss), ports.sockets["oss"], _DRAIN_S))
        await stack.enter_async_context(listening(MonitorApp(monitor), ports.sockets["metrics"], _DRAIN_S))
        stack.push_async_callback(service.jobs.drain, _DRAIN_S)
        endpoints = {
            "maxcompute": f"{ports.url('maxcompute')}/api",
            "oss": ports.url("oss"),
            "metrics": f"{ports.url('metrics')}/metrics",
        }
        ready = Ready(endpoints, settings.project, settings.region, account_id)
        folder.write_server(ready.endpoints, ready.project, ready.region)
        yield ready


def _pools(settings: Settings, folder: DataFolder) -> tuple[WorkerPool, WorkerPool]:
    cores = os.cpu_count() or 2
    workers = settings.workers_max or max(_WORKERS_MIN, cores)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    each = settings.worker_memory_bytes or int(memory * _MEMORY_SHARE / workers)
    open_to_workers = (folder.lake, folder.path / "uploads", folder.oss / "data", folder.spill)
    config = WorkerConfig(
        folder.database, folder.spill, each, _SPILL_BYTES_MAX, cores, open_to_workers, folder.oss, _DIALECTS
    )
    tunnel = replace(config, memory_bytes_max=min(each, 1024**3), objects=None)
    return (
        WorkerPool(config, size_max=workers, warm=1),
        WorkerPool(tunnel, size_max=_TUNNEL_WORKERS_MAX, warm=0),
    )


@dataclass(frozen=True)
class _Core:
    """What every service is built on."""

    folder: DataFolder
    database: Database
    store: IdentityStore
    clock: Clock
    ports: Ports
    ledger: Ledger
    tally: Tally
    identity: Identity
    authoriser: Authoriser
    spine: Spine
    objects: ObjectStore


def _core(
    settings: Settings,
    folder: DataFolder,
    database: Database,
    store: IdentityStore,
    journal: Journal,
    clock: Clock,
    ports: Ports,
) -> _Core:
    ledger = Ledger(database, load_prices(), clock)
    tally = Tally(folder.usage, database, ledger)
    identity = Identity(store, clock)
    authoriser = Authoriser(store, settings.region)
    spine = Spine(identity, authoriser, Meter(ledger, tally, clock), journal, clock)
    objects = ObjectStore(folder.oss, clock)
    objects.start()
    return _Core(folder, database, store, clock, ports, ledger, tally, identity, authoriser, spine, objects)


def _maxcompute(
    settings: Settings, core: _Core, pools: tuple[WorkerPool, WorkerPool], backends: Backends
) -> MaxCompute:
    catalogue = Catalogue(core.database, core.folder.lake, core.clock)
    return MaxCompute(
        folder=core.folder.path,
        database=core.database,
        clock=core.clock,
        spine=core.spine,
        identity=core.identity,
        identity_store=core.store,
        authoriser=core.authoriser,
        admission=Admission(core.ledger.prices, core.ledger),
        ledger=core.ledger,
        prices=core.ledger.prices,
        catalogue=catalogue,
        snapshots=Snapshots(core.database, catalogue, core.clock),
        objects=core.objects,
        backends=backends,
        pool=pools[0],
        tunnel_pool=pools[1],
        address=core.ports.url("maxcompute"),
        region=settings.region,
    )


def _oss(settings: Settings, core: _Core, account_id: str, pool: WorkerPool, backends: Backends) -> Oss:
    return Oss(
        store=core.objects,
        spine=core.spine,
        identity=core.identity,
        authoriser=core.authoriser,
        clock=core.clock,
        tally=core.tally,
        account_id=account_id,
        region=settings.region,
        address=core.ports.url("oss").removeprefix("http://"),
        pool=pool,
        scratch=core.folder.spill,
        callbacks_anywhere=settings.oss_callbacks_anywhere,
        storage_meter=StorageMeter(core.database, core.ledger, core.clock),
        owner=lambda account_id: f"ALIYUN${core.store.account_name(account_id)}",
        limits=limits_of(settings.oss_limits, settings.region),
        backends=backends,
    )


def _flushing(journal: Journal) -> Periodic:
    """Write the events of a busy moment soon after it."""

    async def flush() -> None:
        journal.flush()

    return Periodic(logging.getLogger("yunbox"), _FLUSH_EVERY_S, flush)


async def _ensure_project(service: MaxCompute, name: str, account_id: str) -> None:
    if service.catalogue.project(name) is None:
        owner = f"ALIYUN${service.account_name(account_id)}"
        await service.catalogue.create_project(name, account_id=account_id, owner=owner)
