"""What operations touch, as RAM policies spell it.

Source: the vendor's page "Access control" (alibabacloud.com/help/en/datahub/product-overview/access-control): resources
are projects, topics and subscriptions; shards, cursors, records and connectors are their topic's. By the page "RAM user
permission templates", ``dhs:*Records``, ``dhs:*Subscription`` and the like are all rights on a topic, so a cursor is a
matter of ``dhs:GetRecords`` and an offset one of its subscription.
"""

from collections.abc import Callable
from typing import Any, Protocol

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


def touches_projects(action: str) -> Touches:
    """An action on all projects, or on one that is not there yet."""

    def touches(service: Owned, _params: object) -> tuple[Access, ...]:
        return (Access(f"dhs:{action}", "projects/*", service.account_id),)

    return touches


def touches_project(action: str) -> Touches:
    """An action on a project."""

    def touches(service: Owned, params: NamesProject) -> tuple[Access, ...]:
        return (Access(f"dhs:{action}", f"projects/{params.project}", service.account_id),)

    return touches


def touches_topics(action: str) -> Touches:
    """An action on all topics of a project, or on one that is not there yet."""

    def touches(service: Owned, params: NamesProject) -> tuple[Access, ...]:
        return (Access(f"dhs:{action}", f"projects/{params.project}/topics/*", service.account_id),)

    return touches


def touches_topic(action: str) -> Touches:
    """An action on a topic."""

    def touches(service: Owned, params: NamesTopic) -> tuple[Access, ...]:
        return (Access(f"dhs:{action}", f"projects/{params.project}/topics/{params.topic}", service.account_id),)

    return touches


def touches_subscriptions(action: str) -> Touches:
    """An action on all subscriptions of a topic, or on one that is not there yet."""

    def touches(service: Owned, params: NamesTopic) -> tuple[Access, ...]:
        resource = f"projects/{params.project}/topics/{params.topic}/subscriptions/*"
        return (Access(f"dhs:{action}", resource, service.account_id),)

    return touches


def touches_subscription(action: str) -> Touches:
    """An action on a subscription."""

    def touches(service: Owned, params: NamesSubscription) -> tuple[Access, ...]:
        resource = f"projects/{params.project}/topics/{params.topic}/subscriptions/{params.sub_id}"
        return (Access(f"dhs:{action}", resource, service.account_id),)

    return touches


def on_shard(params: Any) -> tuple[Place, ...]:
    """Where the load of a call on records falls: on a shard of a topic."""
    return (Place(f"{params.project}.{params.topic}", getattr(params, "shard", "") or ""),)
