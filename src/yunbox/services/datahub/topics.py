"""Topics: made, looked at, changed, and removed with their records."""

from dataclasses import dataclass
from typing import Any

import msgspec

from yunbox.kernel.call import Call, Operation
from yunbox.services.datahub import faults, limits
from yunbox.services.datahub.access import touches_topic, touches_topics
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.catalogue.model import RING_END, ExpandMode, RecordType, Shard, Topic, ring
from yunbox.services.datahub.http.request import DhRequest
from yunbox.services.datahub.http.route import PROJECT, TOPIC, Values, created, done, json, on
from yunbox.services.datahub.params import OnProject, OnTopic, project_of, topic_of
from yunbox.wire.datahub.schema import RecordSchema, parse_schema


class _NewBody(msgspec.Struct):
    ShardCount: int = 1
    Lifecycle: int = 3
    RecordType: str = ""
    RecordSchema: str | None = None
    Comment: str | None = ""
    ExpandMode: str | None = ""


class _Body(msgspec.Struct):
    Lifecycle: int | None = None
    Comment: str | None = None


@dataclass(frozen=True, slots=True)
class NewTopic(OnTopic):
    """A topic to make."""

    type: RecordType
    shard_count: int
    lifecycle_days: int
    comment: str
    mode: ExpandMode
    schema: RecordSchema | None


@dataclass(frozen=True, slots=True)
class ChangedTopic(OnTopic):
    """What is to be changed of a topic; None stays."""

    lifecycle_days: int | None
    comment: str | None


def _new(request: DhRequest, values: Values) -> NewTopic:
    body = request.read(_NewBody)
    limits.check_topic(values["topic"])
    kind, mode = body.RecordType.upper(), (body.ExpandMode or ExpandMode.SPLIT).lower()
    if kind not in list(RecordType):
        raise limits.invalid(f"The record type is TUPLE or BLOB, not {body.RecordType[:32]!r}")
    if mode not in list(ExpandMode):
        raise limits.invalid(f"The mode to expand a topic is split or extend, not {mode[:32]!r}")
    if not 0 < body.ShardCount <= limits.SHARDS_MAX:
        raise limits.invalid(f"A topic has 1 to {limits.SHARDS_MAX} shards, not {body.ShardCount}")
    return NewTopic(
        values["project"],
        values["topic"],
        RecordType(kind),
        body.ShardCount,
        limits.check_lifecycle(body.Lifecycle),
        limits.check_comment(body.Comment or ""),
        ExpandMode(mode),
        parse_schema(body.RecordSchema) if kind == RecordType.TUPLE else None,
    )


def _changed(request: DhRequest, values: Values) -> ChangedTopic:
    body = request.read(_Body)
    if body.Lifecycle is not None:
        limits.check_lifecycle(body.Lifecycle)
    comment = None if body.Comment is None else limits.check_comment(body.Comment)
    return ChangedTopic(values["project"], values["topic"], body.Lifecycle, comment)


async def _create(broker: Broker, call: Call[NewTopic]) -> None:
    new, now = call.params, broker.clock.time()
    parts = [(0, RING_END)] * new.shard_count if new.mode is ExpandMode.EXTEND else ring(new.shard_count)
    shards = [Shard(at, *part, created_s=now) for at, part in enumerate(parts)]
    topic = Topic(
        0,
        new.project,
        new.topic,
        new.type,
        new.lifecycle_days,
        new.comment,
        new.mode,
        call.principal.name,
        now,
        now,
    )
    await broker.catalogue.create_topic(topic, new.schema, shards)


async def _get(broker: Broker, call: Call[OnTopic]) -> dict[str, Any]:
    found = broker.catalogue.topic(call.params.project, call.params.topic)
    shown: dict[str, Any] = {
        "ProjectName": found.project,
        "TopicName": found.name,
        "ShardCount": len(found.active),
        "Lifecycle": found.lifecycle_days,
        "LifeCycle": found.lifecycle_days,
        "RecordType": found.type,
        "Comment": found.comment,
        "Creator": found.creator,
        "CreateTime": int(found.created_s),
        "LastModifyTime": int(found.modified_s),
        "ExpandMode": found.mode,
        "Status": "on",
        "EnableSchemaRegistry": found.type is RecordType.TUPLE,
    }
    if found.schemas:
        shown["RecordSchema"] = found.latest.schema.text
    return shown


async def _update(broker: Broker, call: Call[ChangedTopic]) -> None:
    params = call.params
    found = broker.catalogue.topic(params.project, params.topic)
    lifecycle = found.lifecycle_days if params.lifecycle_days is None else params.lifecycle_days
    comment = found.comment if params.comment is None else params.comment
    await broker.catalogue.update_topic(params.project, params.topic, lifecycle, comment)


async def _delete(broker: Broker, call: Call[OnTopic]) -> None:
    topic = broker.catalogue.topic(call.params.project, call.params.topic)
    if broker.connectors.of(topic):
        raise faults.denied("The topic has connectors: delete them first.")
    gone = await broker.catalogue.delete_topic(call.params.project, call.params.topic)
    await broker.logs.delete(str(gone.number))


async def _list(broker: Broker, call: Call[OnProject]) -> dict[str, Any]:
    topics = broker.catalogue.project(call.params.project).topics.values()
    return {"TopicNames": sorted(topic.name for topic in topics)}


CREATE_TOPIC = Operation("datahub", "CreateTopic", NewTopic, _create, touches_topics("CreateTopic"))
GET_TOPIC = Operation("datahub", "GetTopic", OnTopic, _get, touches_topic("GetTopic"))
UPDATE_TOPIC = Operation("datahub", "UpdateTopic", ChangedTopic, _update, touches_topic("UpdateTopic"))
DELETE_TOPIC = Operation("datahub", "DeleteTopic", OnTopic, _delete, touches_topic("DeleteTopic"))
LIST_TOPIC = Operation("datahub", "ListTopic", OnProject, _list, touches_topics("ListTopic"))

ROUTES = [
    on("GET", PROJECT + "/topics", LIST_TOPIC, project_of, json),
    on("POST", TOPIC, CREATE_TOPIC, _new, created, action="create"),
    on("POST", TOPIC, CREATE_TOPIC, _new, created, action=""),
    on("GET", TOPIC, GET_TOPIC, topic_of, json),
    on("PUT", TOPIC, UPDATE_TOPIC, _changed, done),
    on("DELETE", TOPIC, DELETE_TOPIC, topic_of, done),
]
