"""Subscriptions: made, looked at, switched off and on, listed, removed."""

from dataclasses import dataclass
from typing import Any

import msgspec

from yunbox.kernel.call import Call, Operation
from yunbox.kernel.errors import InvalidArgument
from yunbox.services.datahub import limits
from yunbox.services.datahub.access import touches_subscription, touches_subscriptions
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.catalogue.model import Subscription, Topic
from yunbox.services.datahub.http.request import DhRequest
from yunbox.services.datahub.http.route import SUBSCRIPTION, TOPIC, Values, created, done, json, on
from yunbox.services.datahub.params import OnSubscription, OnTopic, subscription_of
from yunbox.services.datahub.subscriptions.ids import new_id


class _NewBody(msgspec.Struct):
    Comment: str | None = ""


class _Body(msgspec.Struct):
    Comment: str | None = None
    State: int | None = None


class _PageBody(msgspec.Struct):
    PageIndex: int = 1
    PageSize: int = 10
    Search: str | None = ""


@dataclass(frozen=True, slots=True)
class NewSubscription(OnTopic):
    """A subscription to make."""

    comment: str


@dataclass(frozen=True, slots=True)
class ChangedSubscription(OnSubscription):
    """What is to be changed of a subscription; None stays."""

    comment: str | None
    state: int | None


@dataclass(frozen=True, slots=True)
class SubscriptionPage(OnTopic):
    """A page of a topic's subscriptions, of those whose id or comment has a text in it."""

    index: int
    size: int
    search: str


def _new(request: DhRequest, values: Values) -> NewSubscription:
    comment = limits.check_comment(request.read(_NewBody).Comment or "")
    return NewSubscription(values["project"], values["topic"], comment)


def _changed(request: DhRequest, values: Values) -> ChangedSubscription:
    body = request.read(_Body)
    if body.State not in (None, 0, 1):
        raise limits.invalid(f"The state of a subscription is 0 or 1, not {body.State}")
    comment = None if body.Comment is None else limits.check_comment(body.Comment)
    return ChangedSubscription(values["project"], values["topic"], values["sub_id"], comment, body.State)


def _page(request: DhRequest, values: Values) -> SubscriptionPage:
    body = request.read(_PageBody)
    if body.PageIndex < 1 or body.PageSize < 0:
        raise limits.invalid("Pages are counted from 1, and their size is not negative")
    return SubscriptionPage(values["project"], values["topic"], body.PageIndex, body.PageSize, body.Search or "")


async def _create(broker: Broker, call: Call[NewSubscription]) -> dict[str, str]:
    topic = broker.catalogue.topic(call.params.project, call.params.topic)
    now = broker.clock.time()
    sub_id = new_id(now)
    made = Subscription(sub_id, call.params.comment, now, now, call.principal.name)
    await broker.catalogue.add_subscription(topic, made)
    return {"SubId": sub_id}


async def _get(broker: Broker, call: Call[OnSubscription]) -> dict[str, Any]:
    params = call.params
    topic, found = broker.catalogue.subscription(params.project, params.topic, params.sub_id)
    return shown(topic, found, call.principal.name)


async def _update(broker: Broker, call: Call[ChangedSubscription]) -> None:
    params = call.params
    topic, found = broker.catalogue.subscription(params.project, params.topic, params.sub_id)
    await broker.catalogue.update_subscription(topic, found, params.comment, params.state)


async def _delete(broker: Broker, call: Call[OnSubscription]) -> None:
    params = call.params
    topic, found = broker.catalogue.subscription(params.project, params.topic, params.sub_id)
    await broker.catalogue.delete_subscription(topic, found.id)
    broker.groups.forget(topic, found.id)


async def _list(broker: Broker, call: Call[SubscriptionPage]) -> dict[str, Any]:
    params = call.params
    topic = broker.catalogue.topic(params.project, params.topic)
    found = sorted(topic.subscriptions.values(), key=lambda one: (one.created_s, one.id))
    if params.search:
        found = [one for one in found if params.search in one.id or params.search in one.comment]
    start = (params.index - 1) * params.size
    if start and start >= len(found):
        raise InvalidArgument("There is no such page of subscriptions", code="ListSubscriptionOutofRange")
    page = [shown(topic, one, call.principal.name) for one in found[start : start + params.size]]
    return {"TotalCount": len(found), "Subscriptions": page}


def shown(topic: Topic, one: Subscription, asking: str) -> dict[str, Any]:
    """A subscription as who asks is shown it."""
    return {
        "SubId": one.id,
        "TopicName": topic.name,
        "Comment": one.comment,
        "State": one.state,
        "Type": one.type,
        "IsOwner": one.creator == asking,
        "CreateTime": int(one.created_s),
        "LastModifyTime": int(one.modified_s),
    }


CREATE_SUBSCRIPTION = Operation(
    "datahub", "CreateSubscription", NewSubscription, _create, touches_subscriptions("CreateSubscription")
)
GET_SUBSCRIPTION = Operation(
    "datahub", "GetSubscription", OnSubscription, _get, touches_subscription("GetSubscription")
)
UPDATE_SUBSCRIPTION = Operation(
    "datahub", "UpdateSubscription", ChangedSubscription, _update, touches_subscription("UpdateSubscription")
)
DELETE_SUBSCRIPTION = Operation(
    "datahub", "DeleteSubscription", OnSubscription, _delete, touches_subscription("DeleteSubscription")
)
LIST_SUBSCRIPTION = Operation(
    "datahub", "ListSubscription", SubscriptionPage, _list, touches_subscriptions("ListSubscription")
)

_ALL = TOPIC + "/subscriptions"
ROUTES = [
    on("POST", _ALL, CREATE_SUBSCRIPTION, _new, created, action="create"),
    on("POST", _ALL, LIST_SUBSCRIPTION, _page, json, action="list"),
    on("GET", SUBSCRIPTION, GET_SUBSCRIPTION, subscription_of, json),
    on("PUT", SUBSCRIPTION, UPDATE_SUBSCRIPTION, _changed, done),
    on("DELETE", SUBSCRIPTION, DELETE_SUBSCRIPTION, subscription_of, done),
]
