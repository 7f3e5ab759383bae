"""Prepared statements that are run without waking their session: what is known of each is found out once.

A statement is one of these where an engine looks it up at once, or writes without giving rows, for the role that the
session acts as.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from yunbox.kernel.call import Access, Call, Operation
from yunbox.services.hologres.operations import Work, operation_of
from yunbox.services.hologres.session.portal import Prepared, spread
from yunbox.services.hologres.session.ports import LookUp, Plan, Writes
from yunbox.services.hologres.session.session import Session
from yunbox.wire.pgwire import backend
from yunbox.wire.pgwire.values.codec import Codec, Style
from yunbox.wire.pgwire.values.types import TYPES

_COUNT, _LENGTH = struct.Struct(">H"), struct.Struct(">i")
_PREPARED_MAX = 256
_FORMATS_MAX = 64
"""How many ways in which a client may bind one statement are remembered; one that has more of them is odd."""
_RESULTS = {b"\0\0": (), b"\0\1\0\0": (0,), b"\0\1\0\1": (1,)}
"""The formats of results that clients ask for most, as they stand at the end of a Bind."""
Read = Callable[[bytes], Any]


async def _nothing(_call: Call[Any]) -> None:
    return None


WORK = Work(_nothing)
"""What a statement that runs so is to the spine."""


@dataclass(slots=True)
class Known:
    """A prepared statement that can be looked up at once, or that ``writes``; ``described`` are its RowDescriptions by
    formats."""

    prepared: Prepared
    plan: Plan
    look_up: LookUp | None
    writes: Writes | None
    operation: Operation[Any, Work, Any]
    accesses: tuple[Access, ...]
    """What who runs it must be allowed to."""
    described: dict[tuple[int, ...], bytes] = field(default_factory=dict)
    _readers: dict[bytes, tuple[Read, ...]] = field(default_factory=dict)
    _changed: dict[tuple[int, bool], bytes] = field(default_factory=dict)
    """The answers to changes of one row, and of none."""
    _style: Style | None = None
    """The session's, for which the readers were made."""

    def changed(self, count: int, *, described: bool) -> bytes:
        """What a change of so many rows is answered, up to what ends it."""
        made = self._changed.get((count, described))
        if made is None:
            complete = backend.command_complete(f"{self.plan.tag} {count}")
            made = b"".join((backend.BIND_COMPLETE, backend.NO_DATA if described else b"", complete))
            if count <= 1:
                self._changed[count, described] = made
        return made

    def bound(self, body: bytes, style: Style) -> tuple[list[Any], tuple[int, ...]]:
        """The values of a Bind behind its names, and the formats of its results. Raises whatever is wrong with it."""
        start = 2 + 2 * _COUNT.unpack_from(body)[0]
        head = body[: start + 2]
        if style is not self._style:
            self._style, self._readers = style, {}
        readers = self._readers.get(head)
        if readers is None:
            readers = self._readers_of(head, style)
        at, size, unpack = start + 2, _LENGTH.size, _LENGTH.unpack_from
        values: list[Any] = []
        for read in readers:
            (length,) = unpack(body, at)
            at += size
            if length < 0:
                values.append(None)
                continue
            end = at + length
            values.append(read(body[at:end]))
            at = end
        tail = body[at:]
        results = _RESULTS.get(tail)
        return values, _formats(tail) if results is None else results

    def _readers_of(self, head: bytes, style: Style) -> tuple[Read, ...]:
        """What reads each value, by the formats that a Bind begins with, and how many values it says there are."""
        types = self.prepared.types
        at, formats = _shorts(head, 0)
        if _COUNT.unpack_from(head, at)[0] != len(types):
            raise ValueError("another number of values")
        pairs = zip(spread(formats, len(types)), types, strict=True)
        made = tuple(_reader(oid, format, style) for format, oid in pairs)
        if len(self._readers) < _FORMATS_MAX:
            self._readers[head] = made
        return made

    def description(self, formats: tuple[int, ...]) -> bytes:
        """What Describe is answered."""
        made = self.described.get(formats)
        if made is None:
            pairs = zip(self.plan.columns or (), formats, strict=True)
            made = self.described[formats] = backend.row_description([one.field(format) for one, format in pairs])
        return made


class Statements:
    """One session's, by name."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[bytes, Known] = {}

    def find(self, name: bytes) -> Known | None:
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
            operation = operation_of(plan.tag)
            accesses = self._session.spine.accesses(operation, WORK)
            found = self._known[name] = Known(prepared, plan, look_up, writes, operation, accesses)
        return found

    def clear(self) -> None:
        """There are other definitions: what is known is looked at again."""
        self._known.clear()


def _reader(oid: int, format: int, style: Style) -> Read:
    codec = TYPES[oid].codec
    return codec.unpack if format else partial(_read, codec, style)


def _read(codec: Codec, style: Style, data: bytes) -> Any:
    return codec.read(data.decode(), style)


def _formats(tail: bytes) -> tuple[int, ...]:
    """The formats of results. Raises ValueError for what is more than them."""
    at, results = _shorts(tail, 0)
    if at != len(tail):
        raise ValueError("more than a Bind")
    return results


def _shorts(body: bytes, at: int) -> tuple[int, tuple[int, ...]]:
    (count,) = _COUNT.unpack_from(body, at)
    at += 2
    if not count:
        return at, ()
    found = struct.unpack_from(f">{count}H", body, at)
    if any(one > 1 for one in found):
        raise ValueError("no format")
    return at + 2 * count, found
