"""One prepared change after another, each with other values, and one Sync behind them all: written as one work.

Drivers send thousands of rows so (``executemany``). Each of them is answered as if it had been alone, and all are one
transaction, as PostgreSQL has it. Here they are kept until something else comes, the Sync at the latest: nobody
waits for an answer before. Where one fails nothing of them has been done, and the session takes them one by one, which
tells what is wrong, and with which.
"""

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from time import monotonic

from yunbox.services.hologres.session.known import Known, Statements
from yunbox.services.hologres.session.ports import Together
from yunbox.services.hologres.session.session import Session
from yunbox.services.hologres.session.transaction import State, now_us
from yunbox.wire.pgwire.frames import HEADER, Frames
from yunbox.wire.pgwire.report import PgError

_BIND, _DESCRIBE, _EXECUTE, _SYNC = b"BDES"
_OF_PORTALS = b"DEC"
_PORTAL, _ALL = b"P\0", b"\0\0\0\0\0"
_EXECUTE_BIND = b"E\0\0\0\x09\0\0\0\0\0B"
_END = {False: _EXECUTE_BIND, True: b"D\0\0\0\x06P\0" + _EXECUTE_BIND}
"""What is behind a Bind, up to the next one's kind, of a change that is described, or is not."""
_MANY = 0
"""Stands for the kind of messages that are kept as they lie in the stream, one behind the other."""
_ROWS_MAX, _BYTES_MAX = 10_000, 8 << 20
"""What is kept at most before it is tried out."""
_STATES = (State.NONE, State.ALONE, State.IMPLICIT)
Answer = Callable[[int, bytes], Awaitable[bool]]
"""Answers one message the long way; whether the session goes on."""


@dataclass(slots=True)
class _Run:
    """Changes by one statement: the values of each, and whether it is to be described; ``messages`` are as they came,
    and ``begun`` those of a change that has no Execute yet."""

    known: Known
    named: bytes
    """The names that a Bind of it begins with."""
    together: Together
    described: list[bool] = field(default_factory=list)
    messages: list[tuple[int, bytes]] = field(default_factory=list)
    begun: list[tuple[int, bytes]] = field(default_factory=list)
    size_bytes: int = 0

    def parted(self) -> Iterator[tuple[int, bytes]]:
        """The messages, one by one."""
        for kind, body in self.messages:
            if kind == _MANY:
                yield from Frames.whole(body)
            else:
                yield kind, body

    def part_last(self) -> None:
        """Have the last change be one that has begun: its portal is asked for again."""
        if self.described and not self.begun:
            count = 2 + self.described.pop()
            self.begun = self.messages[-count:]
            del self.messages[-count:]


class Pipeline:
    """Keeps one session's changes. ``answer`` is the long way, for what is none of these or fails."""

    def __init__(self, session: Session, known: Statements, answer: Answer) -> None:
        self._session = session
        self._known = known
        self._answer = answer
        self._run: _Run | None = None

    def keeps(self, kind: int, body: bytes) -> bool:
        """Whether a message is kept; what is not has to be answered, behind what is."""
        run = self._run
        if kind == _BIND:
            return self._binds(body)
        if run is None or not run.begun:
            return False
        if kind == _DESCRIBE and body == _PORTAL and len(run.begun) == 1:
            run.begun.append((kind, body))
            return True
        if kind == _EXECUTE and body == _ALL:
            run.described.append(len(run.begun) == 2)
            run.messages += (*run.begun, (kind, body))
            run.begun = []
            self._session.line.passed(self._further)
            return True
        return False

    def _further(self, data: bytes, at: int) -> int:
        """Keep the changes that follow in the same form, each up to the Bind of another one; where the first begins
        that is not kept. They are most of what comes, so nothing is done for each that is the same for all."""
        run, style = self._run, self._session.style
        assert run is not None
        begin, size, named, rows = at, len(data), run.named, run.together.rows
        bound, end = run.known.bound, _END[run.described[-1]]
        with contextlib.suppress(Exception):  # the change that it is about is looked at for itself
            while at + HEADER.size <= size and len(rows) < _ROWS_MAX:
                kind, length = HEADER.unpack_from(data, at)
                behind = at + 1 + length
                values_at = at + HEADER.size + len(named)
                if kind != _BIND or not data.startswith(end, behind) or not data.startswith(named, at + HEADER.size):
                    break
                rows.append(bound(data[values_at:behind], style)[0])
                at = behind + len(end) - 1
        if at > begin:
            run.described += run.described[-1:] * (len(rows) - len(run.described))
            run.messages.append((_MANY, data[begin:at]))
            run.size_bytes += at - begin
            run.together.prepare(len(run.described))
        return at

    @property
    def is_empty(self) -> bool:
        """Whether nothing is kept."""
        return self._run is None

    @property
    def is_full(self) -> bool:
        """Whether what is kept is to be answered before more comes."""
        run = self._run
        return (
            run is not None and not run.begun and (len(run.together.rows) >= _ROWS_MAX or run.size_bytes > _BYTES_MAX)
        )

    def _binds(self, body: bytes) -> bool:
        """Keep another change: by the same statement, whose values can be read."""
        run, session = self._run, self._session
        name_end = body.find(b"\0", 1)
        if body[:1] != b"\0" or name_end < 0 or session.transaction.state not in _STATES or (run and run.begun):
            return False
        try:
            session.look()
            known = self._known.find(body[1:name_end])
            if known is None or (known is not run.known if run else known.writes is None or not self._may(known)):
                return False
            values, _ = known.bound(body[name_end + 1 :], session.style)
        except Exception:  # the long way comes upon the same, and says what it is
            return False
        if run is None:
            together = session.engine.together(known.plan, session.style.at(now_us()))
            run = self._run = _Run(known, body[: name_end + 1], together)
        run.begun.append((_BIND, body))
        run.together.rows.append(values)
        run.size_bytes += len(body)
        return True

    def _may(self, known: Known) -> bool:
        session = self._session
        return not session.is_watched and not session.reads_only and session.spine.may(known.accesses)

    async def settle(self, kind: int = 0) -> bool:
        """Answer what is kept, before a message of some kind; whether the session goes on."""
        run, self._run = self._run, None
        if run is None:
            return True
        if kind in _OF_PORTALS:
            run.part_last()
        rows = run.together.rows
        del rows[len(run.described) :]
        started = monotonic()
        is_whole = kind == _SYNC and not run.begun
        is_kept = len(rows) > 1 or (is_whole and bool(rows) and self._session.transaction.block is None)
        written = await self._written(run, is_whole=is_whole) if is_kept else None
        if written is not None:
            self._tell(run, written, started)
        elif is_kept:
            self._known.clear()  # other definitions, perhaps: what is known of statements is looked at again
        for message in chain(() if written is not None else run.parted(), run.begun):
            if not await self._answer(*message):
                return False
        return True

    async def _written(self, run: _Run, *, is_whole: bool) -> list[int] | None:
        """How many rows each change of a run was of; None where they were not made. ``is_whole`` is for one that a Sync
        follows: if nothing was done before it, it is done for good at once."""
        session = self._session
        transaction, plan = session.transaction, run.known.plan
        if not self._may(run.known):  # any more: the long way says so
            return None
        transaction.start()
        if not is_whole or transaction.block is not None:
            transaction.start(together=True)
        try:
            return await session.guarded(session.engine.write_many(plan, run.together, session.context()))
        except PgError as error:
            if error.report.severity == "FATAL" or error.report.sqlstate == "57014":
                raise
            return None

    def _tell(self, run: _Run, counts: list[int], started: float) -> None:
        """Answer each change; the log of slow statements has them as one."""
        session, known = self._session, run.known
        took_s = (monotonic() - started) / len(counts)
        for count, described in zip(counts, run.described, strict=True):
            session.send(known.changed(count, described=described))
            session.spine.answered(known.operation, 0, monotonic() - took_s)
        session.log_quick(known.prepared, f"{known.plan.tag} {sum(counts)}", monotonic() - started)
        session.quick, session.quick_started = known.prepared, started
