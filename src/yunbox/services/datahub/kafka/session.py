"""One connection of a Kafka client: who it is, and what its requests may do."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from yunbox.kernel.call import Call, Charge, Claim, Operation, Principal
from yunbox.services.datahub import prices
from yunbox.services.datahub.access import on_shard, touches_topic
from yunbox.services.datahub.broker.broker import Broker
from yunbox.spine.sessions import Session, Sessions

R = TypeVar("R")
Work = Callable[[Call[Any]], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class OnPartition:
    """What is to be done with a shard of a topic, or with the topic."""

    project: str
    topic: str
    shard: str
    work: Work


async def _run(_broker: Broker, call: Call[OnPartition]) -> Any:
    return await call.params.work(call)


def _operation(name: str, action: str, charge: Charge | None = None) -> Operation[Broker, OnPartition, Any]:
    return Operation(
        "datahub", name, OnPartition, _run, touches_topic(action), charge=charge, place=on_shard, is_data=True
    )


PUT = _operation(
    "PutRecords", "PutRecords", Charge(request=prices.WRITES, uploaded=prices.WRITTEN, group=prices.GROUP, tallied=True)
)
GET = _operation(
    "GetRecords", "GetRecords", Charge(request=prices.READS, downloaded=prices.READ, group=prices.GROUP, tallied=True)
)
LOOK = _operation("GetTopic", "GetTopic")
FOLLOW = _operation("CommitOffsets", "GetRecords")


class KafkaSession:
    """One connection. Nothing is done for it before it has proven who it is."""

    def __init__(self, broker: Broker, sessions: Sessions, peer: str) -> None:
        self.broker = broker
        self.peer = peer
        self.mechanism = ""
        self._sessions = sessions
        self._spine: Session[Broker] | None = None

    @property
    def is_known(self) -> bool:
        """Whether it has proven who it is."""
        return self._spine is not None

    def authenticate(self, key_id: str, secret: str) -> Principal:
        """Prove who it is, by an AccessKey's id and its secret. Raises NotIdentified."""
        claim = Claim("basic", key_id, secret, signed=("",), expires_at=math.inf, source_ip=self.peer)
        principal = self._sessions.identity.identify(claim)
        self._spine = self._sessions.open(self.broker, principal)
        return principal

    async def perform(
        self, operation: Operation[Broker, OnPartition, Any], project: str, topic: str, shard: str, work: Work
    ) -> Any:
        """Do something with a topic, if that is allowed. Raises what refuses it."""
        assert self._spine is not None
        return await self._spine.perform(operation, OnPartition(project, topic, shard, work))

    def close(self) -> None:
        """The client has gone."""
        if self._spine is not None:
            self._spine.close()
