"""Prepared statements that are run without waking their session: what is known of each is found out once.

A statement is one of these where an engine looks it up at once, or writes without giving rows, for the role that the
session acts as.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from yunbox.kernel.call import Call, Operation
from yunbox.services.hologres.operations import Work, operation_of
from yunbox.services.hologres.session.portal import Prepared, spread
from yunbox.services.hologres.session.ports import LookUp, Plan, Writes
from yunbox.services.hologres.session.session import Session
from yunbox.wire.pgwire import backend
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import TYPES

_COUNT, _LENGTH = struct.Struct(">H"), struct.Struct(">i")
_PREPARED_MAX = 256


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
    described: dict[tuple[int, ...], bytes] = field(default_factory=dict)

    def changed(self, count: int, *, described: bool) -> bytes:
        """What a change of so many rows is answered, up to what ends it."""
        complete = backend.command_complete(f"{self.plan.tag} {count}")
        return b"".join((backend.BIND_COMPLETE, backend.NO_DATA if described else b"", complete))

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
            found = self._known[name] = Known(prepared, plan, look_up, writes, operation_of(plan.tag))
        return found

    def clear(self) -> None:
        """There are other definitions: what is known is looked at again."""
        self._known.clear()


def bound(body: bytes, types: Sequence[int], style: Style) -> tuple[list[Any], tuple[int, ...]]:
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
