"""What consumers that share a subscription say: that they come, live, let shards go, and leave."""

from dataclasses import dataclass
from typing import Any

import msgspec

from yunbox.kernel.call import Call, Operation
from yunbox.services.datahub import faults, limits
from yunbox.services.datahub.access import touches_subscription
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.catalogue.model import Subscription, Topic
from yunbox.services.datahub.http.request import DhRequest
from yunbox.services.datahub.http.route import SUBSCRIPTION, Values, done, json, on
from yunbox.services.datahub.params import OnSubscription


class _Body(msgspec.Struct):
    ConsumerId: str = ""
    VersionId: int = 0
    SessionTimeout: int = 0
    HoldShardList: list[str] | None = None
    ReleaseShardList: list[str] | None = None
    ReadEndShardList: list[str] | None = None


@dataclass(frozen=True, slots=True)
class NewConsumer(OnSubscription):
    """A consumer that comes, and for how long it may be silent."""

    session_ms: int


@dataclass(frozen=True, slots=True)
class OfConsumer(OnSubscription):
    """What a consumer says: ``shards`` are those it holds, or lets go; of those in ``ended`` it has read all."""

    consumer_id: str
    version: int
    shards: tuple[int, ...] = ()
    ended: tuple[int, ...] = ()


def _joining(request: DhRequest, values: Values) -> NewConsumer:
    return NewConsumer(values["project"], values["topic"], values["sub_id"], request.read(_Body).SessionTimeout)


def _said(request: DhRequest, values: Values) -> OfConsumer:
    body = request.read(_Body)
    shards = body.HoldShardList if body.HoldShardList is not None else body.ReleaseShardList
    return OfConsumer(
        values["project"],
        values["topic"],
        values["sub_id"],
        body.ConsumerId,
        body.VersionId,
        _numbers(shards),
        _numbers(body.ReadEndShardList),
    )


def _numbers(shards: list[str] | None) -> tuple[int, ...]:
    if shards is None:
        return ()
    if not all(text.isascii() and text.isdigit() and len(text) < 10 for text in shards):
        raise limits.invalid("The ids of shards are numbers")
    return tuple(map(int, shards))


async def _join(broker: Broker, call: Call[NewConsumer]) -> dict[str, Any]:
    topic, subscription = broker.active(call.params)
    consumer_id, session_ms = broker.groups.join(topic, subscription.id, call.params.session_ms)
    return {"ConsumerId": consumer_id, "VersionId": subscription.version, "SessionTimeout": session_ms}


async def _beat(broker: Broker, call: Call[OfConsumer]) -> dict[str, Any]:
    topic, subscription = _present(broker, call.params)
    said = call.params
    plan, shards = broker.groups.beat(topic, subscription.id, said.consumer_id, said.shards, said.ended)
    return {"PlanVersion": plan, "ShardList": [str(at) for at in shards], "TotalPlan": ""}


async def _sync(broker: Broker, call: Call[OfConsumer]) -> None:
    topic, subscription = _present(broker, call.params)
    said = call.params
    broker.groups.release(topic, subscription.id, said.consumer_id, said.shards, said.ended)


async def _leave(broker: Broker, call: Call[OfConsumer]) -> None:
    params = call.params
    topic, subscription = broker.catalogue.subscription(params.project, params.topic, params.sub_id)
    broker.groups.leave(topic, subscription.id, params.consumer_id)


def _present(broker: Broker, params: OfConsumer) -> tuple[Topic, Subscription]:
    """The subscription of a consumer that came behind its last reset. Raises NotFound, Conflict."""
    topic, subscription = broker.active(params)
    if params.version != subscription.version:
        raise faults.reset()
    return topic, subscription


JOIN_GROUP = Operation("datahub", "JoinGroup", NewConsumer, _join, touches_subscription("UpdateSubscription"))
HEART_BEAT = Operation(
    "datahub", "HeartBeat", OfConsumer, _beat, touches_subscription("UpdateSubscription"), is_data=True
)
SYNC_GROUP = Operation(
    "datahub", "SyncGroup", OfConsumer, _sync, touches_subscription("UpdateSubscription"), is_data=True
)
LEAVE_GROUP = Operation("datahub", "LeaveGroup", OfConsumer, _leave, touches_subscription("UpdateSubscription"))

ROUTES = [
    on("POST", SUBSCRIPTION, JOIN_GROUP, _joining, json, action="joinGroup"),
    on("POST", SUBSCRIPTION, HEART_BEAT, _said, json, action="heartBeat"),
    on("POST", SUBSCRIPTION, SYNC_GROUP, _said, done, action="syncGroup"),
    on("POST", SUBSCRIPTION, LEAVE_GROUP, _said, done, action="leaveGroup"),
]
