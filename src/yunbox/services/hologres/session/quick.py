"""Look-ups and changes by key that are answered without waking the session that waits for its client.

A client that has prepared a statement sends Bind, perhaps Describe, Execute and Sync in one piece, ten thousand times
a second. Where these are all there is, the statement is one that an engine looks up at once, and the client is known to
be allowed to, the answer is made here: at once, or when a change is on disk. Everything else - and everything that goes
wrong - is left to the session, which has not seen anything of it then; of a change that fails nothing is left.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from yunbox.kernel.call import Call, Operation
from yunbox.services.hologres.operations import Work, operation_of
from yunbox.services.hologres.session.portal import Prepared, spread
from yunbox.services.hologres.session.ports import LookUp, Plan, Writes
from yunbox.services.hologres.session.session import Session
from yunbox.services.hologres.session.transaction import now_us
from yunbox.wire.pgwire import backend
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import TYPES

_BIND = ord("B")
_HEAD, _COUNT, _LENGTH = struct.Struct(">BI"), struct.Struct(">H"), struct.Struct(">i")
_EXECUTE_SYNC = b"E\0\0\0\x09\0\0\0\0\0" + b"S\0\0\0\x04"
_DESCRIBE_EXECUTE_SYNC = b"D\0\0\0\x06P\0" + _EXECUTE_SYNC
_PREPARED_MAX = 256
_NOTICED_S = 0.05
"""A change that took longer is told to the log of slow statements."""


async def _nothing(_call: Call[Any]) -> None:
    return None


_WORK = Work(_nothing)


@dataclass(slots=True)
class _Known:
    """A prepared statement that can be looked up at once, or that ``writes``; ``described`` are its RowDescriptions by
    formats."""

    prepared: Prepared
    plan: Plan
    look_up: LookUp | None
    writes: Writes | None
    operation: Operation[Any, Work, Any]
    described: dict[tuple[int, ...], bytes] = field(default_factory=dict)


class Quick:
    """Answers one session's look-ups and changes. ``is_waiting`` says whether the session has nothing else to do."""

    def __init__(self, session: Session, is_waiting: Callable[[], bool]) -> None:
        self._session = session
        self._is_waiting = is_waiting
        self._known: dict[bytes, _Known | None] = {}

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
        end = 1 + _HEAD.unpack_from(data)[1]
        rest = data[end:]
        described = rest == _DESCRIBE_EXECUTE_SYNC
        if not (described or rest == _EXECUTE_SYNC) or data[5]:
            return None
        session = self._session
        session.look()
        name_end = data.index(0, 6)
        known = self._statement(data[6:name_end])
        if known is None or not session.spine.may(known.operation, _WORK):
            return None
        if session.is_watched:
            return None
        values, formats = _bound(data[name_end + 1 : end], known.prepared.types, session.style)
        if known.look_up is not None:
            return self._looked_up(known, known.look_up, values, formats, described, started)
        return self._written(known, values, described, started)

    def _looked_up(
        self,
        known: _Known,
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
        head = self._description(known, formats) if described else b""
        complete = backend.command_complete(f"SELECT {count}")
        return b"".join((backend.BIND_COMPLETE, head, rows, complete, backend.READY[backend.IDLE]))

    def _written(self, known: _Known, values: list[Any], described: bool, started: float) -> bytes | None:
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
            if monotonic() - started > _NOTICED_S:
                session.log_quick(known.prepared, f"{known.plan.tag} {count}", monotonic() - started)
            complete = backend.command_complete(f"{known.plan.tag} {count}")
            head = backend.NO_DATA if described else b""
            session.line.answered(b"".join((backend.BIND_COMPLETE, head, complete, backend.READY[backend.IDLE])))

        known.writes(values, replace(session.style, now=now_us()), affected)
        return b""

    def _statement(self, name: bytes) -> _Known | None:
        """A prepared statement, looked at once as long as it is the same."""
        prepared = self._session.prepared.get(name.decode())
        if prepared is None or prepared.plan is None:
            return None
        found = self._known.get(name)
        if found is None or found.prepared is not prepared:
            engine, plan = self._session.engine, prepared.plan
            role = self._session.role
            look_up, writes = engine.at_once(plan, role), engine.writes_at_once(plan, role)
            if look_up is None and writes is None:
                return None
            if len(self._known) >= _PREPARED_MAX:
                self._known.clear()
            found = self._known[name] = _Known(prepared, plan, look_up, writes, operation_of(plan.tag))
        return found

    @staticmethod
    def _description(known: _Known, formats: tuple[int, ...]) -> bytes:
        made = known.described.get(formats)
        if made is None:
            pairs = zip(known.plan.columns or (), formats, strict=True)
            made = known.described[formats] = backend.row_description([one.field(format) for one, format in pairs])
        return made


def _bound(body: bytes, types: Sequence[int], style: Style) -> tuple[list[Any], tuple[int, ...]]:
    """The values of a Bind behind its names, and the formats of its results. Raises whatever is wrong with it."""
    at, formats = _shorts(body, 0)
    (count,) = _COUNT.unpack_from(body, at)
    if count != len(types):
        raise ValueError("another number of values")
    at += 2
    values: list[Any] = []
    for format, oid in zip(spread(formats, count), types, strict=True):
        (length,) = _LENGTH.unpack_from(body, at)
        at += 4
        if length < 0:
            values.append(None)
            continue
        data = body[at : at + length]
        at += length
        codec = TYPES[oid].codec
        values.append(codec.unpack(data) if format else codec.read(data.decode(), style))
    at, results = _shorts(body, at)
    if at != len(body):
        raise ValueError("more than a Bind")
    return values, results


def _shorts(body: bytes, at: int) -> tuple[int, tuple[int, ...]]:
    (count,) = _COUNT.unpack_from(body, at)
    at += 2
    if not count:
        return at, ()
    found = struct.unpack_from(f">{count}H", body, at)
    if any(one > 1 for one in found):
        raise ValueError("no format")
    return at + 2 * count, found
