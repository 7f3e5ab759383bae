"""Shards: listed, split, merged, and added. What was put into one that is closed can still be read.

Sources: pydatahub 2.29 and its tests' fixtures; the vendor's pages "Limits" and "Manage shards".
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from yunbox.kernel.call import Call, Operation
from yunbox.services.datahub import faults, limits
from yunbox.services.datahub.access import touches_topic
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.catalogue.model import (
    NO_NEIGHBOUR,
    RING_END,
    ExpandMode,
    Shard,
    ShardState,
    Topic,
    hash_key,
)
from yunbox.services.datahub.http.request import DhRequest
from yunbox.services.datahub.http.route import TOPIC, Values, json, on
from yunbox.services.datahub.params import OnShard, OnTopic, topic_of

_INTERVAL_MS = 300_000
"""After which clients look at the shards again."""
_HEX = frozenset("0123456789abcdefABCDEF")


class _Body(msgspec.Struct):
    ShardId: str = ""
    SplitKey: str | None = ""
    AdjacentShardId: str = ""
    ExtendMode: str | None = ""
    ShardNumber: int = 0


@dataclass(frozen=True, slots=True)
class Split(OnShard):
    """A shard to split at a place on the ring; without one in the middle."""

    key: str


@dataclass(frozen=True, slots=True)
class Merge(OnShard):
    """Two shards to merge."""

    other: str


@dataclass(frozen=True, slots=True)
class Extend(OnTopic):
    """How many shards there are to be, or with ``by`` how many more."""

    count: int
    by: bool


def _split_params(request: DhRequest, values: Values) -> Split:
    body = request.read(_Body)
    return Split(values["project"], values["topic"], body.ShardId, body.SplitKey or "")


def _merge_params(request: DhRequest, values: Values) -> Merge:
    body = request.read(_Body)
    return Merge(values["project"], values["topic"], body.ShardId, body.AdjacentShardId)


def _extend_params(request: DhRequest, values: Values) -> Extend:
    body = request.read(_Body)
    mode = (body.ExtendMode or "TO").upper()
    if mode not in ("TO", "BY"):
        raise limits.invalid(f"The mode to extend is TO or BY, not {mode[:32]!r}")
    return Extend(values["project"], values["topic"], body.ShardNumber, mode == "BY")


async def _list(broker: Broker, call: Call[OnTopic]) -> dict[str, Any]:
    topic = broker.catalogue.topic(call.params.project, call.params.topic)
    beside = _neighbours(topic)
    shards = [_shown(shard, *beside.get(shard.id, (NO_NEIGHBOUR, NO_NEIGHBOUR))) for shard in topic.shards.values()]
    shards.sort(key=lambda one: int(one["ShardId"]))
    return {"Protocol": "http1.1", "Interval": _INTERVAL_MS, "Shards": shards}


def _neighbours(topic: Topic) -> dict[int, tuple[str, str]]:
    """Who is beside whom on the ring."""
    if topic.mode is ExpandMode.EXTEND:
        return {}
    ids = [NO_NEIGHBOUR, *(str(one.id) for one in topic.active), NO_NEIGHBOUR]
    return {int(at): (left, right) for left, at, right in zip(ids, ids[1:], ids[2:], strict=False)}


def _shown(shard: Shard, left: str, right: str) -> dict[str, Any]:
    begin, end = hash_key(shard.begin), hash_key(shard.end)
    return {
        "ShardId": str(shard.id),
        "State": shard.state,
        "BeginHashKey": begin,
        "EndHashKey": end,
        "BeginKey": begin,
        "EndKey": end,
        "CreateTime": int(shard.created_s),
        "ClosedTime": int(shard.closed_s * 1000) if shard.closed_s else 0,
        "ParentShardIds": [str(parent) for parent in shard.parents],
        "LeftShardId": left,
        "RightShardId": right,
    }


def _brief(shard: Shard) -> dict[str, str]:
    return {"ShardId": str(shard.id), "BeginHashKey": hash_key(shard.begin), "EndHashKey": hash_key(shard.end)}


async def _split(broker: Broker, call: Call[Split]) -> dict[str, Any]:
    topic, shard = _to_change(broker, call.params, call.params.shard)
    key = _split_key(call.params.key, shard)
    async with broker.reshaping(topic, shard):
        now, first = broker.clock.time(), _next_id(topic, 2)
        parts = [(shard.begin, key), (key, shard.end)]
        made = [Shard(first + at, *part, now, parents=(shard.id,)) for at, part in enumerate(parts)]
        await broker.catalogue.replace_shards(topic, [_closed(shard, now), *made])
    return {"NewShards": [_brief(one) for one in made]}


async def _merge(broker: Broker, call: Call[Merge]) -> dict[str, Any]:
    topic, one = _to_change(broker, call.params, call.params.shard)
    _, other = _to_change(broker, call.params, call.params.other)
    left, right = sorted((one, other), key=lambda shard: shard.begin)
    if left.end != right.begin or left is right:
        raise limits.invalid("The two shards are not adjacent.")
    async with broker.reshaping(topic, left, right):
        now = broker.clock.time()
        made = Shard(_next_id(topic, 1), left.begin, right.end, now, parents=(left.id, right.id))
        await broker.catalogue.replace_shards(topic, [_closed(left, now), _closed(right, now), made])
    return _brief(made)


async def _extend(broker: Broker, call: Call[Extend]) -> dict[str, Any]:
    topic = broker.catalogue.topic(call.params.project, call.params.topic)
    if topic.mode is not ExpandMode.EXTEND:
        raise faults.denied("The topic expands by splitting its shards: it was not made with the mode extend.")
    async with broker.reshaping(topic):
        more = _more(topic, call.params)
        now, first = broker.clock.time(), _next_id(topic, more)
        made = [Shard(first + at, 0, RING_END, now) for at in range(more)]
        await broker.catalogue.replace_shards(topic, made)
    return {"NewShards": [_brief(one) for one in made]}


def _more(topic: Topic, params: Extend) -> int:
    """How many shards are to be added. Raises InvalidArgument."""
    there = len(topic.active)
    more = params.count if params.by else params.count - there
    if more < 0 or params.count < 1:
        raise limits.invalid(f"The topic has {there} shards, and can only have more")
    return more


def _to_change(broker: Broker, params: OnTopic, shard_id: str) -> tuple[Topic, Shard]:
    """A shard that is to be split or merged. Raises what forbids that."""
    topic = broker.catalogue.topic(params.project, params.topic)
    if topic.mode is ExpandMode.EXTEND:
        raise faults.denied("The topic expands by adding shards: they are neither split nor merged.")
    shard = broker.shard(topic, shard_id)
    if not shard.is_active:
        raise faults.sealed()
    if broker.keeps_pace and broker.clock.time() - shard.created_s < limits.REST_S:
        raise faults.exceeded("Split/Merge shard operation limit exceeded.")
    return topic, shard


def _split_key(text: str, shard: Shard) -> int:
    """Where to split. Raises InvalidArgument for a place outside of the shard."""
    if not text:
        return (shard.begin + shard.end) // 2
    key = int(text, 16) if len(text) <= 32 and _HEX.issuperset(text) else -1
    if not shard.begin < key < shard.end:
        raise limits.invalid("The key range is invalid.")
    return key


def _next_id(topic: Topic, more: int) -> int:
    """The first of some new ids, which go on counting. Raises Throttled."""
    first = max(topic.shards) + 1
    if first + more > limits.SHARDS_EVER_MAX:
        raise faults.exceeded(f"A topic has at most {limits.SHARDS_EVER_MAX} shards, with those that are closed.")
    if len(topic.active) + more - 1 > limits.SHARDS_MAX:
        raise faults.exceeded(f"A topic has at most {limits.SHARDS_MAX} active shards.")
    return first


def _closed(shard: Shard, now: float) -> Shard:
    return Shard(shard.id, shard.begin, shard.end, shard.created_s, ShardState.CLOSED, shard.parents, now)


LIST_SHARD = Operation("datahub", "ListShard", OnTopic, _list, touches_topic("ListShard"))
SPLIT_SHARD = Operation("datahub", "SplitShard", Split, _split, touches_topic("SplitShard"))
MERGE_SHARD = Operation("datahub", "MergeShard", Merge, _merge, touches_topic("MergeShard"))
EXTEND_SHARD = Operation("datahub", "ExtendShard", Extend, _extend, touches_topic("ExtendShard"))

_SHARDS = TOPIC + "/shards"
ROUTES = [
    on("GET", _SHARDS, LIST_SHARD, topic_of, json),
    on("POST", _SHARDS, SPLIT_SHARD, _split_params, json, action="split"),
    on("POST", _SHARDS, MERGE_SHARD, _merge_params, json, action="merge"),
    on("POST", _SHARDS, EXTEND_SHARD, _extend_params, json, action="extend"),
]
