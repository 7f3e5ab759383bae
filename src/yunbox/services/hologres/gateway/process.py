"""A gateway: takes clients from the listening socket, knows who they are, and serves their sessions.

It reads identities and rights from the control plane's database, writes usage to a tally of its own, and sends events
and cancel requests that are for another gateway to the server.
"""

import asyncio
import contextlib
import errno
import logging
import secrets
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from yunbox.guard.authorise import Authoriser
from yunbox.identity.identify import Identity
from yunbox.identity.scram import Verifier, Verifiers
from yunbox.identity.store import IdentityStore
from yunbox.identity.throttle import Throttle
from yunbox.kernel.call import Call, Principal
from yunbox.kernel.clock import SystemClock
from yunbox.kernel.periodic import Periodic
from yunbox.meter.tally import TallyWriter
from yunbox.meter.usage import SumMeter
from yunbox.services.hologres.faults import report_of
from yunbox.services.hologres.gateway.accounts import role_of
from yunbox.services.hologres.gateway.activity import Row, about, refusal, row_of
from yunbox.services.hologres.gateway.background import BackgroundWorkers
from yunbox.services.hologres.gateway.cancelling import CANCEL, key_of, say_cancel
from yunbox.services.hologres.gateway.config import GatewayConfig
from yunbox.services.hologres.gateway.connection import Connection
from yunbox.services.hologres.gateway.databases import Databases
from yunbox.services.hologres.gateway.login import Admitted, admitted, fatal
from yunbox.services.hologres.gateway.peers import Peers
from yunbox.services.hologres.gateway.roster import Roster
from yunbox.services.hologres.gateway.startup import settings_of
from yunbox.services.hologres.gateway.tls import Tls
from yunbox.services.hologres.metering import Billed, group_of
from yunbox.services.hologres.operations import CONNECT, Work
from yunbox.services.hologres.session.logged import Ended, entry_of
from yunbox.services.hologres.session.loop import Loop
from yunbox.services.hologres.session.session import Session
from yunbox.services.hologres.session.transaction import now_us
from yunbox.services.hologres.session.used import COMPUTE
from yunbox.spine.channel import Channel
from yunbox.spine.lent import Lenders
from yunbox.spine.overhead import Overhead
from yunbox.spine.sessions import Session as SpineSession
from yunbox.spine.sessions import Sessions
from yunbox.storage.database import Database
from yunbox.storage.query_log import AGE_DAYS, QueryLog
from yunbox.storage.rows.rights import Rights
from yunbox.storage.rows.roles import Ownership
from yunbox.wire.pgwire import backend
from yunbox.wire.pgwire.report import PgError

_SUM_EVERY_S = 1.0
_SWEEP_EVERY_S = 60.0
_SEAL_EVERY_S = 60.0
_PAUSE_S = 0.1
_DRAIN_S_MAX = 5.0
_SERIALS_MAX = 1 << 20
_LOG = logging.getLogger("yunbox")


class Gateway:
    """One gateway process's insides."""

    def __init__(
        self, config: GatewayConfig, channel: Channel, databases: Databases, peers: Peers, background: BackgroundWorkers
    ) -> None:
        clock = SystemClock()
        self.account_id = config.account_id
        self.instance_id = config.instance
        self.tls = Tls.of(Path(config.certificate), Path(config.certificate_key)) if config.certificate else None
        self._config = config
        self._channel = channel
        self.databases = databases
        self._database = Database(config.database)
        store = IdentityStore(self._database, clock)
        self.identity = Identity(store, clock)
        self._verifiers = Verifiers(store)
        self._throttle = Throttle()
        self._roster = Roster(config.roster, config.index, config.count)
        name = f"hologres-{config.index}-{secrets.token_hex(8)}"
        self._tally = TallyWriter(config.folder / "usage" / name)
        self._lenders = Lenders(config.lends, self._database, clock)
        authoriser = Authoriser(store, config.region)
        authoriser.add_source(self._lenders.statements)
        authoriser.add_source(self._lenders.binding, binds_owner=True)
        meter = SumMeter(Billed(self._tally, group_of(config.instance)), clock)
        self.sessions = Sessions(self.identity, authoriser, meter, channel, clock, Overhead(COMPUTE))
        self._serial = 0
        self._loops: dict[int, tuple[Loop, Session, int]] = {}
        self._since_us: dict[int, int] = {}
        self._queries = QueryLog(config.queries, config.index)
        peers.sessions, peers.signal = self._rows, self.signal
        self._background = background
        background.attach(self)
        self._lines: set[Connection] = set()
        self._coming: set[asyncio.Task[Any]] = set()

    async def seal(self) -> None:
        """Let the server read what was used so far."""
        self._tally.seal()

    def close(self) -> None:
        """Write what is left, and let everything go."""
        self._roster.close()
        self._tally.close()
        self._database.close()

    # -- what logging in asks for

    async def verifier(self, key_id: str) -> Verifier:
        """What a proof of a key is compared with; made in a thread, as it takes a millisecond."""
        return await asyncio.to_thread(self._verifiers.maker(key_id))

    def proven(self, key_id: str, address: str, token: str) -> Principal:
        """Who a key is for. Raises NotIdentified."""
        return self.identity.proven(key_id, address, token)

    def wait_s(self, key_id: str, address: str) -> float:
        """How long a try waits."""
        return self._throttle.wait_s(key_id, address)

    def failed(self, key_id: str, address: str) -> None:
        """A password was wrong: the next try waits, and the audit trail knows."""
        self._throttle.failed(key_id, address)
        self.sessions.refused(CONNECT, "28P01", f"password authentication failed for user {key_id[:64]!r}")

    def is_full(self) -> bool:
        """Whether there are as many clients as there may be."""
        return self._roster.total > self._config.connections_max

    def cancel(self, process_id: int, secret: int) -> None:
        """Stop a session's statement, here or in another gateway; a wrong secret does nothing."""
        if process_id % self._config.count != self._config.index:
            say_cancel(self._channel, process_id, secret)
            return
        found = self._loops.get(process_id)
        if found is not None and secrets.compare_digest(found[2].to_bytes(4, "big"), secret.to_bytes(4, "big")):
            found[1].stop("user")

    def _rows(self) -> list[Row]:
        """What its sessions do."""
        found = [row_of(session, self._since_us[at]) for at, (_, session, _) in self._loops.items()]
        return [*found, *self._background.rows()]

    def _log(self, session: Session, ended: Ended) -> None:
        self.keep_log(ended, about(session, ended.began_us, self._since_us.get(session.process_id, ended.began_us)))

    def keep_log(self, ended: Ended, about: Row) -> None:
        """Keep a statement that took long, or failed, with what is known of who has run it."""
        self._queries.add(entry_of(ended, about, whole=self._config.query_texts))

    async def keep(self) -> None:
        """Have the log of statements be on disk."""
        if not self._queries.is_empty:
            await asyncio.to_thread(self._queries.write)

    async def sweep(self) -> None:
        """Have the log of statements be neither too old nor too large."""
        today, oldest = (time.strftime("%Y%m%d", time.gmtime(time.time() - days * 86_400)) for days in (0, AGE_DAYS))
        await asyncio.to_thread(self._queries.sweep, today, oldest)

    def signal(self, process_id: int, how: str, role: str) -> str | None:
        """Stop a session's statement, or end the session, in the name of a role: why not, if anything."""
        found = self._loops.get(process_id)
        user = self._background.user_of(process_id) if found is None else found[1].authenticated
        if user is None:
            return None
        told = refusal(how, self._rights_of(role), self._rights_of(user))
        if told:
            return told
        if found is None:
            self._background.stop(process_id, how)
        elif how == "cancel":
            found[1].stop("user")
        else:
            found[0].leave()
            found[1].stop("shutdown")
        return ""

    def _rights_of(self, role: str) -> Rights:
        """What a role may in the instance."""
        return self.databases.first.rights(role)

    # -- clients

    def accept(self, listener: socket.socket) -> None:
        """Take one client, and leave others to other gateways."""
        loop = asyncio.get_running_loop()
        try:
            sock, (address, port) = listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionError):
            return
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                raise
            loop.remove_reader(listener)
            loop.call_later(_PAUSE_S, self.listen, listener)
            return
        sock.setblocking(False)
        task = loop.create_task(loop.connect_accepted_socket(lambda: Connection(self._serve, address, port), sock))
        self._coming.add(task)
        task.add_done_callback(self._coming.discard)

    def listen(self, listener: socket.socket) -> None:
        """Take clients from now on."""
        asyncio.get_running_loop().add_reader(listener, self.accept, listener)

    async def _serve(self, line: Connection) -> None:
        """One client, from its first byte to its last."""
        self._roster.enter()
        self._lines.add(line)
        try:
            who = await admitted(line, self, self._config.authentication_s_max)
            if who is not None:
                await self._served(line, who)
        except PgError as error:
            line.write(backend.error(error.report))
        finally:
            self._lines.discard(line)
            self._roster.leave()

    async def _served(self, line: Connection, who: Admitted) -> None:
        spine = self.sessions.open(self, who.principal)
        process_id, secret = self.next_id(), secrets.randbits(32)
        try:
            session = await self._opened(line, who, spine, process_id)
        except BaseException:
            spine.close()
            raise
        loop = Loop(session, secret)
        self._loops[process_id] = loop, session, secret
        self._since_us[process_id] = now_us()
        session.log = self._log
        try:
            await loop.serve()
        finally:
            del self._loops[process_id], self._since_us[process_id]
            session.close()

    async def _opened(self, line: Connection, who: Admitted, spine: SpineSession[Any], process_id: int) -> Session:
        """The session of one who may have it. Raises PgError."""
        database = self.databases.named(who.startup.parameters.get("database") or who.startup.parameters["user"])
        engine = self.databases.engine(database)
        try:
            await spine.perform(CONNECT, Work(_nothing))
        except Exception as error:
            report = report_of(error)
            told = f'permission denied for database "{database.name}"'
            raise fatal(report.sqlstate, told, report.message) from None
        rights = self._rights(who.principal, database)
        user = rights.name
        settings = settings_of(
            who.startup, user, is_superuser=rights.is_superuser, has_tls=self.tls is not None,
            connections_max=self._config.connections_max, database=database.settings,
        )  # fmt: skip
        return Session(
            line, spine, engine, settings, process_id=process_id, user=user, database=database.name,
            access=self._lenders.access, ends=line.ends,
        )  # fmt: skip

    def _rights(self, principal: Principal, database: Ownership) -> Rights:
        """What one may who comes in: a user of the instance. Raises PgError."""
        rights = self._rights_of(role_of(principal))
        if rights.role is None:
            hint = f'A superuser adds it to the instance: CREATE USER "{rights.name}".'
            raise fatal("28000", f'role "{principal.name}" does not exist', hint=hint)
        if not rights.role.login:
            raise fatal("28000", f'role "{rights.name}" is not permitted to log in')
        if not rights.database("c", database):
            told = f'permission denied for database "{database.name}"'
            raise fatal("42501", told, "User does not have CONNECT privilege.")
        return rights

    def next_id(self) -> int:
        """A process id that nothing has; what it is modulo the number of gateways says whose it is."""
        while True:
            self._serial = self._serial % _SERIALS_MAX + 1
            process_id = self._serial * self._config.count + self._config.index
            if process_id not in self._loops and self._background.user_of(process_id) is None:
                return process_id

    async def drain(self) -> None:
        """Take leave of all clients: of those that wait at once, of the others when they are done, or soon."""
        await self._background.drain()
        for loop, _, _ in self._loops.values():
            loop.leave()
        lines = list(self._lines)
        left = asyncio.gather(*(line.served() for line in lines))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(left), _DRAIN_S_MAX)
        for _, session, _ in list(self._loops.values()):
            session.stop("shutdown")
        for line in self._lines:
            line.stop()
        await left


async def _nothing(_call: Call[Any]) -> None:
    return None


async def serve(gateway: Gateway, listener: socket.socket, channel: Channel, peers: Peers) -> None:
    """Serve clients until SIGTERM, or until the server is gone."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    hearing = asyncio.create_task(_hear(channel, gateway.cancel, stop))
    async with (
        peers.listening(),
        Periodic(_LOG, _SUM_EVERY_S, gateway.sessions.flush),
        Periodic(_LOG, _SUM_EVERY_S, gateway.keep),
        Periodic(_LOG, _SWEEP_EVERY_S, gateway.sweep),
        Periodic(_LOG, _SEAL_EVERY_S, gateway.seal),
    ):
        gateway.listen(listener)
        channel.say("ready")
        await stop.wait()
        asyncio.get_running_loop().remove_reader(listener)
        await gateway.drain()
    await gateway.sessions.flush()
    await gateway.keep()
    hearing.cancel()
    channel.close()


async def _hear(channel: Channel, cancel: Callable[[int, int], None], stop: asyncio.Event) -> None:
    async for word, body in channel.heard():
        if word == "ping":
            channel.say("pong")
        elif word == CANCEL:
            cancel(*key_of(body))
    stop.set()
