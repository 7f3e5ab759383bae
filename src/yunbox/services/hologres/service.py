"""Hologres as the server runs it: its gateways and its engine, each under a supervisor, and what they say."""

import contextlib
import os
import socket
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from yunbox.engine.holo.config import SOCKET, EngineConfig
from yunbox.identity.authority import Authority
from yunbox.kernel.supervise import Supervisor
from yunbox.meter.journal import Journal
from yunbox.meter.storage import StorageMeter
from yunbox.services.hologres.gateway.cancelling import CANCEL, key_of, say_cancel
from yunbox.services.hologres.gateway.config import AUTHENTICATION_S_MAX, CONNECTIONS_MAX, ROWS, GatewayConfig
from yunbox.services.hologres.metering import stored
from yunbox.spine.awakened import PATIENCE, Awakened
from yunbox.spine.channel import event_of
from yunbox.spine.child import ChildProcess
from yunbox.spine.house import House

ROSTER = "tmp/hologres-roster"
GATEWAYS_MAX = 8
_GATEWAY, _ENGINE = "yunbox.services.hologres.gateway.main", "yunbox.engine.holo.main"
_MEMORY_SHARE = 0.4
_SPILL_BYTES_MAX = 64 * 1024**3
_BACKLOG = 1024


@dataclass
class Hologres:
    """The gateways share one listening socket: while one is started again, the others or the queue take its clients.

    They and the engine are started when the first client comes: a server that nobody asks for Hologres has none.
    """

    config: GatewayConfig
    engine_config: EngineConfig
    listener: socket.socket
    journal: Journal
    storage_meter: StorageMeter
    principal: str

    def __post_init__(self) -> None:
        """A supervisor for each process."""
        self._engine_listener = socket.socket(socket.AF_UNIX)
        self.engine = Supervisor("the engine of Hologres", self._spawn_engine, PATIENCE)
        self.gateways = [self._supervisor(index) for index in range(self.config.count)]
        self._awakened = Awakened("Hologres", [self.listener], [*self.gateways, self.engine])

    def _supervisor(self, index: int) -> Supervisor[ChildProcess]:
        config = msgspec.structs.replace(self.config, index=index)

        async def spawn() -> ChildProcess:
            return await ChildProcess.spawn(_GATEWAY, config.argument, self._hear, self.listener)

        return Supervisor(f"gateway {index} of Hologres", spawn, PATIENCE)

    async def _spawn_engine(self) -> ChildProcess:
        return await ChildProcess.spawn(_ENGINE, self.engine_config.argument, self._hear, self._engine_listener)

    def _hear(self, word: str, body: bytes) -> None:
        if word == "event":
            self.journal.record(*event_of(body))
        elif word == CANCEL:
            self._cancel(*key_of(body))

    def _cancel(self, process_id: int, secret: int) -> None:
        """Pass a cancel request on to the gateway whose session it is about."""
        with contextlib.suppress(Exception):
            say_cancel(self.gateways[process_id % self.config.count].child.channel, process_id, secret)

    async def start(self) -> None:
        """Be ready for the first client: nothing is started before there is one."""
        (self.config.folder / ROSTER).unlink(missing_ok=True)
        _listen(self._engine_listener, self.config.scratch)
        await self._awakened.wait()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """The processes end with the block."""
        rows, account_id = self.config.folder / ROWS, self.config.account_id
        try:
            async with self.storage_meter.sampling(lambda: stored(rows, account_id, self.principal)):
                yield
        finally:
            await self._awakened.stop()
            self._engine_listener.close()


def _listen(sock: socket.socket, scratch: Path) -> None:
    """Listen in the scratch folder, for nobody but this user; the way there is short, however long the folder's is."""
    folder = os.open(scratch, os.O_PATH | os.O_DIRECTORY)
    try:
        path = Path(f"/proc/self/fd/{folder}/{SOCKET}")
        path.unlink(missing_ok=True)
        sock.bind(str(path))
        path.chmod(0o600)
        sock.listen(_BACKLOG)
    finally:
        os.close(folder)


def build(house: House) -> Hologres:
    """The service, on what all services share."""
    options = house.settings.options
    issued = Authority(house.folder).issued("hologres") if options.get("hologres_ssl", False) else None
    config = GatewayConfig(
        data=str(house.folder),
        roster=ROSTER,
        account_id=house.account_id,
        region=house.settings.region,
        parent=os.getpid(),
        lends=dict(house.lends),
        count=options.get("hologres_gateways", 0) or gateways_of(os.cpu_count() or 1),
        connections_max=options.get("hologres_connections", CONNECTIONS_MAX),
        query_texts=options.get("hologres_query_texts", False),
        authentication_s_max=options.get("hologres_login_seconds", AUTHENTICATION_S_MAX),
        certificate=str(issued.certificate) if issued else "",
        certificate_key=str(issued.key) if issued else "",
    )
    engine = EngineConfig(
        scratch=str(house.scratch),
        memory_bytes_max=options.get("hologres_memory", 0) * 1024**2 or _memory_bytes(),
        spill_bytes_max=_SPILL_BYTES_MAX,
        threads=os.cpu_count() or 1,
        parent=os.getpid(),
        rows=str(config.folder / ROWS),
        database=str(house.database.path),
        lake=str(house.lake),
        gateways=config.count,
        objects=str(house.folder / "oss"),
    )
    meter = StorageMeter(house.database, house.ledger, house.clock, "hologres", has_sums=False)
    principal = f"ALIYUN${house.store.account_name(house.account_id)}"
    made = Hologres(config, engine, house.socket("hologres"), house.journal, meter, principal)
    house.starting.append(made.start)
    return made


def gateways_of(cores: int) -> int:
    """How many gateways there are if nobody says: one or two, as clients and the engine need the other cores."""
    return max(1, min(2, cores // 2))


def _memory_bytes() -> int:
    return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * _MEMORY_SHARE)
