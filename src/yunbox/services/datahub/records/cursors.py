"""Cursors: a place in a shard, as 32 hexadecimal digits that mean nothing to clients."""

from dataclasses import dataclass
from typing import Any

import msgspec

from yunbox.kernel.call import Call, Operation
from yunbox.services.datahub import faults, limits
from yunbox.services.datahub.access import on_shard, touches_topic
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.catalogue.model import Shard, Topic
from yunbox.services.datahub.http.request import DhRequest
from yunbox.services.datahub.http.route import SHARD, Values, json, on
from yunbox.services.datahub.params import OnShard
from yunbox.storage.log.log import Log, Position

_DIGITS = 32
_HEX = frozenset("0123456789abcdef")


def cursor_of(topic: Topic, shard: Shard, sequence: int) -> str:
    """The cursor of a record."""
    return f"{topic.number:012x}{shard.id:04x}{sequence:016x}"


def sequence_of(topic: Topic, shard: Shard, cursor: str) -> int:
    """What a cursor of a shard points to. Raises InvalidArgument for one that is none of it."""
    head = cursor_of(topic, shard, 0)[:-16]
    if len(cursor) != _DIGITS or not cursor.startswith(head) or not _HEX.issuperset(cursor):
        raise faults.bad_cursor()
    return int(cursor[-16:], 16)


class _Body(msgspec.Struct):
    Type: str = ""
    SystemTime: Any = None
    Sequence: Any = None


@dataclass(frozen=True, slots=True)
class WantedCursor(OnShard):
    """Where a cursor is to point: ``value`` is a time in milliseconds or a sequence."""

    kind: str
    value: int = 0


def _wanted(request: DhRequest, values: Values) -> WantedCursor:
    body = request.read(_Body)
    kind = body.Type.upper()
    value = 0
    if kind == "SYSTEM_TIME":
        value = _whole(body.SystemTime, "time")
    elif kind == "SEQUENCE":
        value = _whole(body.Sequence, "sequence")
    elif kind not in ("OLDEST", "LATEST"):
        raise limits.invalid(f"The cursor type is OLDEST, LATEST, SYSTEM_TIME or SEQUENCE, not {body.Type[:32]!r}")
    return WantedCursor(values["project"], values["topic"], values["shard"], kind, value)


def _whole(value: Any, what: str) -> int:
    """A number that is not negative. Raises InvalidArgument."""
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 1 << 63:
        raise limits.invalid(f"Invalid {what} value: {str(value)[:32]}")
    return number


async def _get(broker: Broker, call: Call[WantedCursor]) -> dict[str, Any]:
    topic = broker.catalogue.topic(call.params.project, call.params.topic)
    shard = broker.shard(topic, call.params.shard)
    found = _found(broker.log(topic, shard), call.params, int(broker.clock.time() * 1000))
    return {
        "Cursor": cursor_of(topic, shard, found.sequence),
        "RecordTime": found.time_ms,
        "Sequence": found.sequence,
    }


def _found(log: Log, wanted: WantedCursor, now_ms: int) -> Position:
    """Where the cursor points. Raises InvalidArgument."""
    if wanted.kind == "OLDEST":
        return Position(log.first, log.time_of(log.first))
    if wanted.kind == "LATEST":
        return log.last or Position(log.end, 0)
    if wanted.kind == "SYSTEM_TIME":
        last = log.last
        if wanted.value > max(now_ms, last.time_ms if last else 0):
            raise faults.out_of_range(f"The time {wanted.value} is in the future.")
        return log.at_time(wanted.value)
    if not log.first <= wanted.value <= log.end:
        kept = f"The shard has the sequences {log.first} to {log.end - 1}" if log.last else "The shard has no records"
        raise faults.out_of_range(f"{kept}, and not {wanted.value}.")
    return Position(wanted.value, log.time_of(wanted.value))


GET_CURSOR = Operation(
    "datahub", "GetCursor", WantedCursor, _get, touches_topic("GetRecords"), place=on_shard, is_data=True
)

ROUTES = [on("POST", SHARD, GET_CURSOR, _wanted, json, action="cursor")]
