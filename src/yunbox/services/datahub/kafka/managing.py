"""Groups of Kafka's consumers: made, looked at, given topics, removed.

Source: the client for Java, 2.21.6 (``DataHubService``, ``CreateKafkaGroupRequest`` and their answers).
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from yunbox.kernel.call import Call, Operation
from yunbox.services.datahub import limits
from yunbox.services.datahub.access import touches_project
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.http.request import DhRequest
from yunbox.services.datahub.http.route import PROJECT, Values, created, done, json, on
from yunbox.services.datahub.params import OnProject, project_of
from yunbox.services.datahub.subscriptions.subscriptions import shown


@dataclass(frozen=True, slots=True)
class OnGroup(OnProject):
    """A group."""

    group: str


@dataclass(frozen=True, slots=True)
class DescribedGroup(OnGroup):
    """A group, and what is said of it."""

    comment: str


@dataclass(frozen=True, slots=True)
class GroupTopics(OnGroup):
    """Topics that a group is to have, or no longer."""

    topics: tuple[str, ...]
    removed: bool


class _Body(msgspec.Struct):
    Comment: str | None = ""


class _TopicsBody(msgspec.Struct):
    Topics: list[str]
    Mode: str


def _named(_request: DhRequest, values: Values) -> OnGroup:
    return OnGroup(values["project"], values["group"])


def _described(request: DhRequest, values: Values) -> DescribedGroup:
    comment = limits.check_comment(request.read(_Body).Comment or "")
    return DescribedGroup(values["project"], values["group"], comment)


def _topics(request: DhRequest, values: Values) -> GroupTopics:
    body = request.read(_TopicsBody)
    mode = body.Mode.upper()
    if mode not in ("ADD", "REMOVE"):
        raise limits.invalid(f"The Mode is ADD or REMOVE, not {body.Mode[:32]!r}")
    if not body.Topics:
        raise limits.invalid("Topic list is empty")
    return GroupTopics(values["project"], values["group"], tuple(body.Topics), mode == "REMOVE")


async def _create(broker: Broker, call: Call[DescribedGroup]) -> None:
    params = call.params
    broker.catalogue.project(params.project)
    name = limits.check_group(params.group)
    await broker.kafka_groups.create(params.project, name, params.comment, call.principal.name)


async def _get(broker: Broker, call: Call[OnGroup]) -> dict[str, Any]:
    found = broker.kafka_groups.get(call.params.project, call.params.group)
    return {
        "Creator": found.creator,
        "CreateTime": int(found.created_s),
        "LastModifyTime": int(found.modified_s),
        "Comment": found.comment,
    }


async def _update(broker: Broker, call: Call[DescribedGroup]) -> None:
    found = broker.kafka_groups.get(call.params.project, call.params.group)
    await broker.kafka_groups.update(found, call.params.comment)


async def _delete(broker: Broker, call: Call[OnGroup]) -> None:
    await broker.kafka_groups.delete(broker.kafka_groups.get(call.params.project, call.params.group))


async def _list(broker: Broker, call: Call[OnProject]) -> dict[str, Any]:
    return {"GroupNames": [one.name for one in broker.kafka_groups.of(call.params.project)]}


async def _subscriptions(broker: Broker, call: Call[OnGroup]) -> dict[str, Any]:
    found = broker.kafka_groups.get(call.params.project, call.params.group)
    return {"Subscriptions": [shown(topic, one, call.principal.name) for topic, one in found.bound]}


async def _update_topics(broker: Broker, call: Call[GroupTopics]) -> None:
    params, groups = call.params, broker.kafka_groups
    found = groups.get(params.project, params.group)
    topics = [broker.catalogue.topic(params.project, name) for name in params.topics]
    if params.removed:
        await groups.remove(found, topics)
    else:
        await groups.add(found, topics, call.principal.name)


def _operation(name: str, params: Any, work: Any) -> Operation[Any, Any, Any]:
    return Operation("datahub", name, params, work, touches_project(name))


CREATE = _operation("CreateKafkaGroup", DescribedGroup, _create)
GET = _operation("GetKafkaGroup", OnGroup, _get)
UPDATE = _operation("UpdateKafkaGroup", DescribedGroup, _update)
DELETE = _operation("DeleteKafkaGroup", OnGroup, _delete)
LIST = _operation("ListKafkaGroup", OnProject, _list)
SUBSCRIPTIONS = _operation("ListSubscriptionByKafkaGroup", OnGroup, _subscriptions)
TOPICS = _operation("UpdateTopicsForKafkaGroup", GroupTopics, _update_topics)

_GROUP = PROJECT + "/groups/{group}"
ROUTES = [
    on("GET", PROJECT + "/groups", LIST, project_of, json),
    on("POST", _GROUP, CREATE, _described, created, action="create"),
    on("POST", _GROUP, TOPICS, _topics, done, action="updatetopics"),
    on("POST", _GROUP, SUBSCRIPTIONS, _named, json, action="listsubscriptions"),
    on("GET", _GROUP, GET, _named, json),
    on("PUT", _GROUP, UPDATE, _described, done),
    on("DELETE", _GROUP, DELETE, _named, done),
]
