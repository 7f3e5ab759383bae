"""Look-ups and changes by key that are answered without waking the session that waits for its client.

A client that has prepared a statement sends Bind, perhaps Describe, Execute and Sync in one piece, ten thousand times
a second. Where these are all there is, the statement is one that an engine looks up at once, and the client is known to
be allowed to, the answer is made here: at once, or when a change is on disk. Everything else - and everything that goes
wrong - is left to the session, which has not seen anything of it then; of a change that fails nothing is left.
"""

from collections.abc import Callable
from time import monotonic
from typing import Any

from yunbox.services.hologres.session.known import Known, Statements
from yunbox.services.hologres.session.portal import spread
from yunbox.services.hologres.session.ports import LookUp
from yunbox.services.hologres.session.session import Session
from yunbox.services.hologres.session.transaction import now_us
from yunbox.wire.pgwire import backend
from yunbox.wire.pgwire.frames import HEADER

_BIND = ord("B")
_EXECUTE_SYNC = b"E\0\0\0\x09\0\0\0\0\0" + b"S\0\0\0\x04"
_DESCRIBE_EXECUTE_SYNC = b"D\0\0\0\x06P\0" + _EXECUTE_SYNC
_COMPLETE = tuple(backend.command_complete(f"SELECT {count}") for count in (0, 1))


class Quick:
    """Answers one session's look-ups and changes. ``is_waiting`` says whether the session has nothing else to do."""

    def __init__(self, session: Session, known: Statements, is_waiting: Callable[[], bool]) -> None:
        self._session = session
        self._is_waiting = is_waiting
        self._known = known

    def answer(self, data: bytes) -> bytes | None:
        """The answer to what a client has sent, or nothing where its line is told it later; None where it is for the
        session to give."""
        if data[0] != _BIND or not self._is_waiting():
            return None
        try:
            return self._answered(data)
        except Exception:  # the session comes upon the same, and says what it is
            return None

    def _answered(self, data: bytes) -> bytes | None:
        started = monotonic()
        end = 1 + HEADER.unpack_from(data)[1]
        rest = data[end:]
        described = rest == _DESCRIBE_EXECUTE_SYNC
        if not (described or rest == _EXECUTE_SYNC) or data[5]:
            return None
        session = self._session
        session.look()
        name_end = data.index(0, 6)
        known = self._known.find(data[6:name_end])
        if known is None or not session.spine.may(known.accesses):
            return None
        if session.is_watched:
            return None
        values, formats = known.bound(data[name_end + 1 : end], session.style)
        if known.look_up is not None:
            return self._looked_up(known, known.look_up, values, formats, described, started)
        return self._written(known, values, described, started)

    def _looked_up(
        self,
        known: Known,
        look_up: LookUp,
        values: list[Any],
        formats: tuple[int, ...],
        described: bool,
        started: float,
    ) -> bytes | None:
        session = self._session
        formats = spread(formats, len(known.plan.columns or ()))
        found = look_up(values, formats, session.style)
        if found is None:
            self._known.clear()  # other definitions: what is known of statements is looked at again
            return None
        rows, count = found
        session.spine.answered(known.operation, len(rows), started)
        session.quick, session.quick_started = known.prepared, started
        head = known.description(formats) if described else b""
        complete = _COMPLETE[count] if count <= 1 else backend.command_complete(f"SELECT {count}")
        return b"".join((backend.BIND_COMPLETE, head, rows, complete, backend.READY[backend.IDLE]))

    def _written(self, known: Known, values: list[Any], described: bool, started: float) -> bytes | None:
        """Begin with a change; its answer follows."""
        session = self._session
        if session.reads_only or known.writes is None:
            return None

        def affected(count: int | None) -> None:
            if count is None:
                self._known.clear()
                session.line.answered(None)
                return
            session.spine.answered(known.operation, 0, started)
            session.quick, session.quick_started = known.prepared, started
            session.log_quick(known.prepared, f"{known.plan.tag} {count}", monotonic() - started)
            session.line.answered(known.changed(count, described=described) + backend.READY[backend.IDLE])

        known.writes(values, session.style.at(now_us()), affected)
        return b""
