"""Hologres as the server runs it: its instances, each with gateways and an engine, and what they keep by the hour."""

import contextlib
import os
import socket
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from yunbox.engine.holo.config import EngineConfig
from yunbox.identity.authority import Authority
from yunbox.identity.store import IdentityStore
from yunbox.kernel.clock import Clock
from yunbox.meter.storage import StorageMeter, Stored
from yunbox.schema.regions import region
from yunbox.services.hologres.gateway.config import (
    AUTHENTICATION_S_MAX,
    CONNECTIONS_MAX,
    OWN,
    ROWS,
    GatewayConfig,
    place_of,
)
from yunbox.services.hologres.instances.fleet import Fleet
from yunbox.services.hologres.instances.processes import Processes
from yunbox.services.hologres.instances.register import INTERNET, INTRANET, RUNNING, Instance, Register
from yunbox.services.hologres.instances.statements import Statements
from yunbox.services.hologres.metering import stored
from yunbox.spine.house import House
from yunbox.storage.rows.roles import DATABASE

GATEWAYS_MAX = 8
_MEMORY_SHARE = 0.4
_SPILL_BYTES_MAX = 64 * 1024**3
_OTHERS_SHARE = 4
"""An instance that was created has this part of the memory of the house's own: eight may be beside it."""
_MEMORY_BYTES_MIN = 256 * 1024**2
_BYTES_A_CPU = 4 * 1024**3


@dataclass
class Hologres:
    """The instances, and what all of them keep. ``account_id`` is whose they are, ``region`` the house's;
    ``own`` is the house's own one, which listens on ``listener``."""

    account_id: str
    region: str
    clock: Clock
    own: Instance
    fleet: Fleet
    listener: socket.socket
    folder: Path
    storage_meter: StorageMeter
    principal: str
    identities: IdentityStore
    statements: Statements
    """What runs SQL by OpenAPI."""
    rows_lock: Lock = field(default_factory=Lock)
    """A process opens a row store once at a time."""

    @property
    def register(self) -> Register:
        """Which instances there are."""
        return self.fleet.register

    async def start(self) -> None:
        """Be ready for the first client of each instance."""
        await self.fleet.start(self.listener)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """The processes end with the block."""
        await self.register.settle(self.own)
        try:
            async with self.storage_meter.sampling(self._stored):
                yield
        finally:
            self.statements.stop()
            await self.fleet.stop()

    def _stored(self) -> Iterable[Stored]:
        for one in self.fleet.present:
            with self.rows_lock:
                kept = [*stored(self.folder / place_of(one.id) / ROWS, self.account_id, self.principal, one.id)]
            yield from kept


@dataclass(frozen=True)
class Maker:
    """Makes the processes of instances, on what all services share."""

    house: House

    def made(self, instance: Instance, listener: socket.socket) -> Processes:
        """Those of one, which listen to nobody yet."""
        config = self._gateways(instance)
        return Processes(config, self._engine(instance, config), listener, self.house.journal)

    def _gateways(self, instance: Instance) -> GatewayConfig:
        house, options = self.house, self.house.settings.options
        has_tls = options.get("hologres_ssl", False) if instance.is_own else instance.ssl
        issued = Authority(house.folder).issued("hologres") if has_tls else None
        count = options.get("hologres_gateways", 0) or gateways_of(os.cpu_count() or 1)
        return GatewayConfig(
            data=str(house.folder),
            scratch_folder=str(house.scratch if instance.is_own else house.scratch / instance.id),
            account_id=house.account_id,
            region=instance.region,
            parent=os.getpid(),
            instance=instance.id,
            databases=instance.databases,
            lends=dict(house.lends),
            count=count if instance.is_own else 1,
            connections_max=options.get("hologres_connections", CONNECTIONS_MAX),
            query_texts=options.get("hologres_query_texts", False),
            authentication_s_max=options.get("hologres_login_seconds", AUTHENTICATION_S_MAX),
            certificate=str(issued.certificate) if issued else "",
            certificate_key=str(issued.key) if issued else "",
        )

    def _engine(self, instance: Instance, config: GatewayConfig) -> EngineConfig:
        house, cores = self.house, os.cpu_count() or 1
        memory = house.settings.options.get("hologres_memory", 0) * 1024**2 or _memory_bytes()
        if not instance.is_own:
            memory = min(max(_MEMORY_BYTES_MIN, memory // _OTHERS_SHARE), instance.cpu * _BYTES_A_CPU)
        return EngineConfig(
            scratch=config.scratch_folder,
            memory_bytes_max=memory,
            spill_bytes_max=_SPILL_BYTES_MAX,
            threads=min(cores, instance.cpu),
            parent=os.getpid(),
            rows=str(config.rows),
            database=str(house.database.path),
            lake=str(house.lake),
            gateways=config.count,
            objects=str(house.folder / "oss"),
        )


def build(house: House) -> Hologres:
    """The service, on what all services share."""
    where, cores, listener = house.settings.region, os.cpu_count() or 1, house.socket("hologres")
    own = Instance(
        OWN, DATABASE, where, region(where, where).zones[0], cores, RUNNING, listener.getsockname()[1],
        (INTERNET, INTRANET), "", "", house.settings.options.get("hologres_ssl", False), house.clock.time(),
        DATABASE,
    )  # fmt: skip
    fleet = Fleet(Register(house.database), Maker(house).made, house.bound, house.folder)
    meter = StorageMeter(house.database, house.ledger, house.clock, "hologres", has_sums=False)
    principal = f"ALIYUN${house.store.account_name(house.account_id)}"
    made = Hologres(
        house.account_id,
        where,
        house.clock,
        own,
        fleet,
        listener,
        house.folder,
        meter,
        principal,
        house.store,
        Statements(house.store),
    )
    house.starting.append(made.start)
    return made


def gateways_of(cores: int) -> int:
    """How many gateways there are if nobody says: one or two, as clients and the engine need the other cores."""
    return max(1, min(2, cores // 2))


def _memory_bytes() -> int:
    return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * _MEMORY_SHARE)
