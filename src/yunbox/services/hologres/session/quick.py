"""Look-ups that are answered as soon as their bytes are there, without waking the session that waits for them.

A client that has prepared a statement sends Bind, perhaps Describe, Execute and Sync in one piece, ten thousand times
a second. Where these are all there is, the statement is one that an engine looks up at once, and the client is known to
be allowed to, the answer is made here. Everything else - and everything that goes wrong - is left to the session, which
has not seen anything of it then.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from yunbox.kernel.call import Call
from yunbox.services.hologres.operations import Work, operation_of
from yunbox.services.hologres.session.portal import Prepared, spread
from yunbox.services.hologres.session.ports import LookUp
from yunbox.services.hologres.session.session import Session
from yunbox.wire.pgwire import backend
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import TYPES

_BIND = ord("B")
_HEAD, _COUNT, _LENGTH = struct.Struct(">BI"), struct.Struct(">H"), struct.Struct(">i")
_EXECUTE_SYNC = b"E\0\0\0\x09\0\0\0\0\0" + b"S\0\0\0\x04"
_DESCRIBE_EXECUTE_SYNC = b"D\0\0\0\x06P\0" + _EXECUTE_SYNC
_SELECT = operation_of("SELECT")
_PREPARED_MAX = 256


async def _nothing(_call: Call[Any]) -> None:
    return None


_WORK = Work(_nothing)


@dataclass(slots=True)
class _Known:
    """A prepared statement that can be looked up at once; ``described`` are its RowDescriptions by formats."""

    prepared: Prepared
    look_up: LookUp
    described: dict[tuple[int, ...], bytes] = field(default_factory=dict)


class Quick:
    """Answers one session's look-ups. ``is_waiting`` says whether the session has nothing else to do."""

    def __init__(self, session: Session, is_waiting: Callable[[], bool]) -> None:
        self._session = session
        self._is_waiting = is_waiting
        self._known: dict[bytes, _Known | None] = {}

    def answer(self, data: bytes) -> bytes | None:
        """The answer to what a client has sent; None where it is for the session to give."""
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
        name_end = data.index(0, 6)
        known = self._statement(data[6:name_end])
        session = self._session
        if known is None or not session.spine.may(_SELECT, _WORK):
            return None
        session.look()
        if session.timeouts.any or session.timeouts.statement_s:
            return None
        values, formats = _bound(data[name_end + 1 : end], known.prepared.types, session.style)
        columns = known.prepared.plan.columns if known.prepared.plan is not None else None
        formats = spread(formats, len(columns or ()))
        found = known.look_up(values, formats, session.style)
        if found is None:
            return None
        rows, count = found
        session.spine.answered(_SELECT, len(rows), started)
        head = self._description(known, formats) if described else b""
        return b"".join(
            (
                backend.BIND_COMPLETE,
                head,
                rows,
                backend.command_complete(f"SELECT {count}"),
                backend.READY[backend.IDLE],
            )
        )

    def _statement(self, name: bytes) -> _Known | None:
        """A prepared statement, looked at once as long as it is the same."""
        prepared = self._session.prepared.get(name.decode())
        if prepared is None or prepared.plan is None:
            return None
        found = self._known.get(name)
        if found is None or found.prepared is not prepared:
            look_up = self._session.engine.at_once(prepared.plan)
            if look_up is None:
                return None
            if len(self._known) >= _PREPARED_MAX:
                self._known.clear()
            found = self._known[name] = _Known(prepared, look_up)
        return found

    @staticmethod
    def _description(known: _Known, formats: tuple[int, ...]) -> bytes:
        made = known.described.get(formats)
        if made is None:
            plan = known.prepared.plan
            assert plan is not None
            pairs = zip(plan.columns or (), formats, strict=True)
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
