"""Parameters that many operations have in common."""

from dataclasses import dataclass

from yunbox.services.datahub.http.request import DhRequest
from yunbox.services.datahub.http.route import Values


@dataclass(frozen=True, slots=True)
class OnProject:
    """A project."""

    project: str


@dataclass(frozen=True, slots=True)
class OnTopic(OnProject):
    """A topic."""

    topic: str


@dataclass(frozen=True, slots=True)
class OnShard(OnTopic):
    """A shard."""

    shard: str


@dataclass(frozen=True, slots=True)
class OnSubscription(OnTopic):
    """A subscription."""

    sub_id: str


def project_of(_request: DhRequest, values: Values) -> OnProject:
    """The project that a path names."""
    return OnProject(values["project"])


def topic_of(_request: DhRequest, values: Values) -> OnTopic:
    """The topic that a path names."""
    return OnTopic(values["project"], values["topic"])


def shard_of(_request: DhRequest, values: Values) -> OnShard:
    """The shard that a path names."""
    return OnShard(values["project"], values["topic"], values["shard"])


def subscription_of(_request: DhRequest, values: Values) -> OnSubscription:
    """The subscription that a path names."""
    return OnSubscription(values["project"], values["topic"], values["sub_id"])
