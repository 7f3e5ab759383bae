"""START_REPLICATION: the binlog of a table, sent on as it grows, until the client has enough of it.

An empty batch says that nothing has come: the client's heartbeats are made of these. How far a client says that it has
come is kept by its slot, if it has one, and is where it begins next time unless it asks for another position.

Source: the PostgreSQL documentation, "Streaming Replication Protocol".
"""

import asyncio
import contextlib
import time
from typing import Any

from yunbox.kernel.call import Call
from yunbox.services.hologres.session.ports import Followed
from yunbox.services.hologres.session.session import Session
from yunbox.services.hologres.session.transaction import now_us
from yunbox.services.hologres.statements.commands import StartReplication
from yunbox.services.hologres.statements.replication import FOLLOWING
from yunbox.wire.pgwire import backend, replication
from yunbox.wire.pgwire.binary_rows import batch_of
from yunbox.wire.pgwire.report import PgError, Report, failure
from yunbox.wire.pgwire.values.calendar import EPOCH_US
from yunbox.wire.pgwire.values.types import BY_NAME

_DATA, _DONE, _TERMINATE = b"dcX"
_TURN_MAX = 256
"""How many entries are sent before other sessions have their turn."""
_LOOK_S = 0.05
_EMPTY_S = 1.0


async def follow(session: Session, command: StartReplication, call: Call[Any]) -> None:
    """Send a log on. Raises PgError, and ConnectionError when the client has gone."""
    if session.context().settings.get("hg_connection_type") != FOLLOWING:
        raise failure("42601", 'START_REPLICATION needs a connection with "replication=database"')
    await _Following(session, command, call).run()


class _Following:
    """One log on its way to a client."""

    def __init__(self, session: Session, command: StartReplication, call: Call[Any]) -> None:
        self._session, self._call = session, call
        self._log = session.engine.log(command.table, command.slot, session.context())
        self._count = min(command.batch, _TURN_MAX)
        self._after = self._log.progress() if command.after is None else command.after
        self._confirmed: int | None = None
        self._since_us = _since(command.since, session)
        self._sent_s = 0.0

    async def run(self) -> None:
        """Send what is there, and wait for more."""
        session = self._session
        found = self._log.behind(self._after, self._count)  # what is wrong is told before the copying begins
        session.send(backend.copy_response(b"W", 0, 0))
        session.flush()
        while self._heard():
            await self._confirm()
            self._send(found)
            session.flush()
            await session.line.drain()
            if found.entries:
                await asyncio.sleep(0)
            else:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(session.line.more(), _LOOK_S)
            found = self._log.behind(self._after, self._count)
        await self._confirm()
        session.tag = "START_REPLICATION"
        session.send(backend.COPY_DONE + backend.command_complete(session.tag))

    def _send(self, found: Followed) -> None:
        """A batch, or an empty one where none went out for a while."""
        kept = [row for _, at_us, row in found.entries if self._is_wanted(at_us)]
        if found.entries:
            self._after = found.entries[-1][0]
        if not kept and time.monotonic() - self._sent_s < _EMPTY_S:
            return
        payload = replication.data(self._after, now_us(), batch_of(found.version, kept))
        self._session.send(backend.copy_data(payload))
        self._call.usage.downloaded_bytes += len(payload)
        self._sent_s = time.monotonic()

    async def _confirm(self) -> None:
        """Keep how far the client has said that it has come."""
        confirmed, self._confirmed = self._confirmed, None
        if confirmed is not None:
            await self._log.advance(confirmed)

    def _is_wanted(self, at_us: int) -> bool:
        """Whether an entry is no older than what the client begins with; all behind that are wanted."""
        if at_us >= self._since_us:
            self._since_us = 0
        return not self._since_us

    def _heard(self) -> bool:
        """Take what the client has said; whether it wants more. Raises PgError, ConnectionError."""
        line = self._session.line
        for kind, body in line.messages():
            if kind == _DONE:
                return False
            if kind == _TERMINATE:
                raise ConnectionResetError
            if kind != _DATA:
                raise PgError(Report("FATAL", "08P01", f"unexpected message type 0x{kind:02X} during replication"))
            self._confirmed = replication.flushed(body) or self._confirmed
            if replication.asks(body):
                self._session.send(backend.copy_data(replication.alive(self._after, now_us())))
        if line.ended:
            raise ConnectionResetError
        return True


def _since(text: str, session: Session) -> int:
    """A time in microseconds since 1970; 0 for none. Raises PgError 22007."""
    if not text:
        return 0
    return BY_NAME["timestamptz"].codec.read(text, session.settings.style) + EPOCH_US
