"""Projects, topics, shards and subscriptions as values that the broker holds in memory; all else of them is derived."""

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from yunbox.wire.datahub.schema import RecordSchema

RING_END = (1 << 128) - 1
NO_NEIGHBOUR = "4294967295"
"""What a shard at an end of the ring has for a neighbour."""


class RecordType(StrEnum):
    """What the records of a topic are: fields by a schema, or bytes."""

    TUPLE = "TUPLE"
    BLOB = "BLOB"


class ExpandMode(StrEnum):
    """How a topic gets more shards: by splitting and merging, or by adding some."""

    SPLIT = "split"
    EXTEND = "extend"


class ShardState(StrEnum):
    """Whether a shard takes records."""

    ACTIVE = "ACTIVE"
    CLOSED = "CLOSED"


@dataclass(slots=True)
class Shard:
    """A shard, and its part of the ring of hash keys: from ``begin`` up to ``end``, which the last one includes."""

    id: int
    begin: int
    end: int
    created_s: float
    state: ShardState = ShardState.ACTIVE
    parents: tuple[int, ...] = ()
    closed_s: float = 0.0

    @property
    def is_active(self) -> bool:
        """Whether it takes records."""
        return self.state is ShardState.ACTIVE

    def holds(self, key: int) -> bool:
        """Whether a hash key is in its part of the ring."""
        return self.begin <= key < self.end or (key == RING_END == self.end)


@dataclass(slots=True)
class SchemaVersion:
    """A schema that a topic's records have, or had."""

    version: int
    schema: RecordSchema
    created_s: float
    creator: str


@dataclass(slots=True)
class Subscription:
    """Who follows a topic, under an id of its own.

    ``state`` 0 is inactive, 1 active; ``version`` counts how often its offsets were reset.
    """

    id: str
    comment: str
    created_s: float
    modified_s: float
    creator: str
    state: int = 1
    type: int = 0
    version: int = 0

    @property
    def is_active(self) -> bool:
        """Whether records may be got and offsets committed in its name."""
        return self.state == 1


@dataclass(slots=True)
class Topic:
    """A topic. ``number`` is never that of another, also when the name is."""

    number: int
    project: str
    name: str
    type: RecordType
    lifecycle_days: int
    comment: str
    mode: ExpandMode
    creator: str
    created_s: float
    modified_s: float
    shards: dict[int, Shard] = field(default_factory=dict)
    schemas: dict[int, SchemaVersion] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)

    @property
    def active(self) -> list[Shard]:
        """The shards that take records, around the ring."""
        return sorted((one for one in self.shards.values() if one.is_active), key=lambda one: (one.begin, one.id))

    @property
    def latest(self) -> SchemaVersion:
        """The newest version of its schema."""
        return self.schemas[max(self.schemas)]

    def log(self, shard: int) -> str:
        """Where a shard's records lie."""
        return f"{self.number}/{shard}"


@dataclass(slots=True)
class Project:
    """A project."""

    name: str
    comment: str
    creator: str
    created_s: float
    modified_s: float
    topics: dict[str, Topic] = field(default_factory=dict)


def ring(count: int) -> list[tuple[int, int]]:
    """The ring of hash keys in equal parts."""
    bounds = [RING_END * at // count for at in range(count + 1)]
    return list(pairwise(bounds))


def hash_key(value: int) -> str:
    """A place on the ring, as it is written."""
    return f"{value:032X}"
