"""How far a subscription is: opened by one consumer of a shard at a time, committed in that session, reset by anybody.

Opening gives a session of a new number, and ends the one before it; a reset moves the subscription's version, and all
who read on from before it are told. Source: the vendor's page "Offset operations".
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from yunbox.kernel.call import Call, Operation
from yunbox.services.datahub import faults, limits
from yunbox.services.datahub.access import touches_subscription
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.catalogue.model import Subscription, Topic
from yunbox.services.datahub.http.request import DhRequest
from yunbox.services.datahub.http.route import SUBSCRIPTION, Values, done, json, on
from yunbox.services.datahub.params import OnSubscription

_READ = "SELECT shard, sequence, timestamp, batch_index, session FROM offsets WHERE topic = ? AND subscription = ?"
_WRITE = "INSERT OR REPLACE INTO offsets VALUES (?, ?, ?, ?, ?, ?, ?)"


class Offset(NamedTuple):
    """The last record that was dealt with; none was where the sequence is -1. Session 0 was never opened."""

    sequence: int = -1
    timestamp: int = -1
    batch_index: int = 0
    session: int = 0


class _Sent(msgspec.Struct):
    Sequence: int = -1
    Timestamp: int = -1
    BatchIndex: int | None = 0
    Version: int | None = 0
    SessionId: int | str | None = 0


class _ShardsBody(msgspec.Struct):
    ShardIds: list[str] | None = None


class _OffsetsBody(msgspec.Struct):
    Offsets: dict[str, _Sent]


@dataclass(frozen=True, slots=True)
class OfShards(OnSubscription):
    """The offsets of some shards."""

    shards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewOffsets(OnSubscription):
    """Offsets to commit or to reset to, by shard."""

    offsets: dict[str, _Sent]


def _shards(request: DhRequest, values: Values) -> OfShards:
    ids = request.read(_ShardsBody).ShardIds or ()
    return OfShards(values["project"], values["topic"], values["sub_id"], tuple(dict.fromkeys(ids)))


def _offsets(request: DhRequest, values: Values) -> NewOffsets:
    sent = request.read(_OffsetsBody).Offsets
    if not sent:
        raise limits.invalid("There are no offsets")
    return NewOffsets(values["project"], values["topic"], values["sub_id"], sent)


async def _open(broker: Broker, call: Call[OfShards]) -> dict[str, Any]:
    topic, subscription = broker.active(call.params)
    if not call.params.shards:
        raise limits.invalid("There are no shards to open")
    ids = [broker.shard(topic, text).id for text in call.params.shards]

    def work(db: sqlite3.Connection) -> dict[int, Offset]:
        known = _known(db.execute(_READ, (topic.number, subscription.id)).fetchall())
        opened = {at: (offset := known.get(at, Offset()))._replace(session=offset.session + 1) for at in ids}
        for at, offset in opened.items():
            _keep(db, topic, subscription, at, offset)
        return opened

    return _shown(await broker.catalogue.database.write(work), subscription)


async def _get(broker: Broker, call: Call[OfShards]) -> dict[str, Any]:
    params = call.params
    topic, subscription = broker.catalogue.subscription(params.project, params.topic, params.sub_id)
    ids = [broker.shard(topic, text).id for text in params.shards] or list(topic.shards)
    known = _known(broker.catalogue.database.read(_READ, topic.number, subscription.id))
    return _shown({at: known.get(at, Offset()) for at in ids}, subscription)


async def _commit(broker: Broker, call: Call[NewOffsets]) -> None:
    topic, subscription = broker.active(call.params)
    sent = {broker.shard(topic, text).id: offset for text, offset in call.params.offsets.items()}
    if any((offset.Version or 0) != subscription.version for offset in sent.values()):
        raise faults.reset()

    def work(db: sqlite3.Connection) -> None:
        known = _known(db.execute(_READ, (topic.number, subscription.id)).fetchall())
        for at, offset in sent.items():
            held = known.get(at, Offset())
            if not held.session:
                raise faults.session_closed()
            if held.session != int(offset.SessionId or 0):
                raise faults.session_changed()
            _keep(db, topic, subscription, at, _offset(offset, held.session))

    await broker.catalogue.database.write(work)


async def _reset(broker: Broker, call: Call[NewOffsets]) -> None:
    params = call.params
    topic, subscription = broker.catalogue.subscription(params.project, params.topic, params.sub_id)
    sent = {broker.shard(topic, text).id: offset for text, offset in params.offsets.items()}
    version = subscription.version + 1

    def work(db: sqlite3.Connection) -> None:
        known = _known(db.execute(_READ, (topic.number, subscription.id)).fetchall())
        for at, offset in sent.items():
            _keep(db, topic, subscription, at, _offset(offset, known.get(at, Offset()).session))
        sql = "UPDATE subscriptions SET version = ? WHERE topic = ? AND id = ?"
        db.execute(sql, (version, topic.number, subscription.id))

    await broker.catalogue.database.write(work)
    subscription.version = version
    broker.groups.forget(topic, subscription.id)


def _known(rows: Sequence[sqlite3.Row]) -> dict[int, Offset]:
    return {row[0]: Offset(*row[1:]) for row in map(tuple, rows)}


def _offset(sent: _Sent, session: int) -> Offset:
    if sent.Sequence < -1 or sent.Timestamp < -1:
        raise limits.invalid("Sequence and timestamp of an offset are not negative, or -1")
    return Offset(sent.Sequence, sent.Timestamp, sent.BatchIndex or 0, session)


def _keep(db: sqlite3.Connection, topic: Topic, subscription: Subscription, at: int, offset: Offset) -> None:
    db.execute(_WRITE, (topic.number, subscription.id, at, *offset))


def _shown(offsets: dict[int, Offset], subscription: Subscription) -> dict[str, Any]:
    return {
        "Offsets": {
            str(at): {
                "Sequence": offset.sequence,
                "Timestamp": offset.timestamp,
                "Version": subscription.version,
                "SessionId": offset.session,
                "BatchIndex": offset.batch_index,
            }
            for at, offset in sorted(offsets.items())
        }
    }


OPEN_OFFSETS = Operation("datahub", "OpenOffsets", OfShards, _open, touches_subscription("UpdateSubscription"))
GET_OFFSETS = Operation("datahub", "GetOffsets", OfShards, _get, touches_subscription("GetSubscription"))
COMMIT_OFFSETS = Operation(
    "datahub", "CommitOffsets", NewOffsets, _commit, touches_subscription("UpdateSubscription"), is_data=True
)
RESET_OFFSETS = Operation("datahub", "ResetOffsets", NewOffsets, _reset, touches_subscription("UpdateSubscription"))

_PATH = SUBSCRIPTION + "/offsets"
ROUTES = [
    on("POST", _PATH, OPEN_OFFSETS, _shards, json, action="open"),
    on("POST", _PATH, GET_OFFSETS, _shards, json, action="get"),
    on("PUT", _PATH, COMMIT_OFFSETS, _offsets, done, action="commit"),
    on("PUT", _PATH, RESET_OFFSETS, _offsets, done, action="reset"),
]
