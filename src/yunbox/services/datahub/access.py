"""What operations touch, as RAM policies spell it.

Source: the vendor's page "Access control" (alibabacloud.com/help/en/datahub/product-overview/access-control): resources
are projects, topics and subscriptions; shards, cursors, records and connectors are their topic's. By the page "RAM user
permission templates", ``dhs:*Records``, ``dhs:*Subscription`` and the like are all rights on a topic, so a cursor is a
matter of ``dhs:GetRecords`` and an offset one of its subscription.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from yunbox.kernel.call import Access, Place


class Owned(Protocol):
    """What belongs to an account."""

    @property
    def account_id(self) -> str:
        """Whose it is."""
        ...


class NamesProject(Protocol):
    """Parameters that name a project."""

    @property
    def project(self) -> str: ...  # noqa: D102


class NamesTopic(NamesProject, Protocol):
    """Parameters that name a topic."""

    @property
    def topic(self) -> str: ...  # noqa: D102


class NamesSubscription(NamesTopic, Protocol):
    """Parameters that name a subscription."""

    @property
    def sub_id(self) -> str: ...  # noqa: D102


Touches = Callable[[Any, Any], tuple[Access, ...]]
P = TypeVar("P")


def _touching(resource: Callable[[P], str]) -> Callable[[str], Touches]:
    """What makes of an action's name the accesses of its calls, each to one resource of the account."""

    def touches_by(action: str) -> Touches:
        name = f"dhs:{action}"

        def touches(service: Owned, params: P) -> tuple[Access, ...]:
            return (Access(name, resource(params), service.account_id),)

        return touches

    return touches_by


def _project(params: NamesProject) -> str:
    return f"projects/{params.project}"


def _topic(params: NamesTopic) -> str:
    return f"projects/{params.project}/topics/{params.topic}"


def _subscription(params: NamesSubscription) -> str:
    return f"{_topic(params)}/subscriptions/{params.sub_id}"


touches_project = _touching(_project)
touches_topic = _touching(_topic)
touches_subscription = _touching(_subscription)
# of all there are, and those that are not there yet
touches_projects: Callable[[str], Touches] = _touching(lambda _: "projects/*")
touches_topics = _touching(lambda params: f"{_project(params)}/topics/*")
touches_subscriptions = _touching(lambda params: f"{_topic(params)}/subscriptions/*")


def on_shard(params: Any) -> tuple[Place, ...]:
    """Where the load of a call on records falls: on a shard of a topic."""
    return (Place(f"{params.project}.{params.topic}", getattr(params, "shard", "") or ""),)
