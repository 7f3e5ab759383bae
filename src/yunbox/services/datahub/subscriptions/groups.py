"""Consumers that share a subscription: who holds which shards, and who is to have them next.

Shards are dealt out evenly, and stay where they are if they can. One that is to move is given to its next holder only
once the present one has let it go or is gone, so that no record is read by two. A shard that came of a split or a merge
is dealt out once those it came of were read to their end, so that records of a key keep their order. All of this is of
the moment: after a restart consumers join anew. Silence is measured by a steady clock, which nobody sets.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from yunbox.kernel import ids
from yunbox.services.datahub import faults
from yunbox.services.datahub.catalogue.model import Topic

SESSION_MS_MAX = 3_600_000
SESSION_MS_MIN = 1000
_DEFAULT_SESSION_MS = 60_000
Key = tuple[int, str]


@dataclass(slots=True)
class Consumer:
    """One consumer: what it holds, what it is to hold, and until when it is heard of."""

    session_ms: int
    heard_s: float
    held: set[int] = field(default_factory=set)
    planned: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Group:
    """The consumers of one subscription, in the order of their coming."""

    consumers: dict[str, Consumer] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    plan: int = 0
    dealt: tuple[int, ...] = ()


class Groups:
    """The groups of all subscriptions."""

    def __init__(self, now: Callable[[], float], steady: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._steady = steady
        self._groups: dict[Key, Group] = {}

    def join(self, topic: Topic, sub_id: str, session_ms: int) -> tuple[str, int]:
        """Add a consumer: its id, and for how long it may be silent."""
        group = self._groups.setdefault((topic.number, sub_id), Group())
        session_ms = min(max(session_ms or _DEFAULT_SESSION_MS, SESSION_MS_MIN), SESSION_MS_MAX)
        consumer_id = f"{int(self._now() * 1000)}-{ids.request_id().lower()}"
        self._drop_silent(group)
        group.consumers[consumer_id] = Consumer(session_ms, self._steady())
        self._deal(group, topic)
        return consumer_id, session_ms

    def beat(
        self, topic: Topic, sub_id: str, consumer_id: str, held: Iterable[int], ended: Iterable[int]
    ) -> tuple[int, list[int]]:
        """Hear of a consumer: the plan's version, and the shards it is to read now. Raises NotFound."""
        group, consumer = self._consumer(topic, sub_id, consumer_id)
        consumer.heard_s = self._steady()
        consumer.held = set(held) & (consumer.held | consumer.planned)
        self._end(group, ended)
        self._drop_silent(group)
        self._deal(group, topic)
        others = {at for one in group.consumers.values() if one is not consumer for at in one.held}
        given = consumer.planned - others
        consumer.held |= given
        return group.plan, sorted(given)

    def release(
        self, topic: Topic, sub_id: str, consumer_id: str, released: Iterable[int], ended: Iterable[int]
    ) -> None:
        """Take back shards that a consumer lets go. Raises NotFound."""
        group, consumer = self._consumer(topic, sub_id, consumer_id)
        consumer.heard_s = self._steady()
        consumer.held -= set(released)
        self._end(group, ended)
        self._deal(group, topic)

    def leave(self, topic: Topic, sub_id: str, consumer_id: str) -> None:
        """Remove a consumer. Raises NotFound."""
        group, _ = self._consumer(topic, sub_id, consumer_id)
        del group.consumers[consumer_id]
        self._deal(group, topic)

    def forget(self, topic: Topic, sub_id: str) -> None:
        """Have all consumers of a subscription join anew."""
        self._groups.pop((topic.number, sub_id), None)

    def sweep(self) -> None:
        """Forget groups that nobody is in."""
        for key, group in list(self._groups.items()):
            self._drop_silent(group)
            if not group.consumers:
                del self._groups[key]

    def _consumer(self, topic: Topic, sub_id: str, consumer_id: str) -> tuple[Group, Consumer]:
        group = self._groups.get((topic.number, sub_id))
        if group is not None:
            self._drop_silent(group)
            if consumer_id in group.consumers:
                return group, group.consumers[consumer_id]
        raise faults.no_consumer(consumer_id)

    def _drop_silent(self, group: Group) -> None:
        now = self._steady()
        for consumer_id, one in list(group.consumers.items()):
            if now - one.heard_s > one.session_ms / 1000:
                del group.consumers[consumer_id]

    def _end(self, group: Group, ended: Iterable[int]) -> None:
        group.ended |= set(ended)

    def _deal(self, group: Group, topic: Topic) -> None:
        """Deal out the shards, if there are others, or other consumers, than there were."""
        due = _due(group, topic)
        planned = [at for one in group.consumers.values() for at in one.planned]
        fair = _is_fair(group.consumers.values(), len(due))
        if sorted(planned) == due and fair:
            return
        group.plan += 1
        _plan(list(group.consumers.values()), due)


def _due(group: Group, topic: Topic) -> list[int]:
    """The shards that are to be read: not those that were read to their end, nor those that come after others."""
    open_ones = topic.shards.keys() - group.ended
    return sorted(at for at in open_ones if not open_ones & set(topic.shards[at].parents))


def _is_fair(consumers: Iterable[Consumer], count: int) -> bool:
    sizes = [len(one.planned) for one in consumers]
    return not sizes or (max(sizes) - min(sizes) <= 1 and sum(sizes) == count)


def _plan(consumers: list[Consumer], due: list[int]) -> None:
    """Give each consumer its share, of what it has if it can be."""
    if not consumers:
        return
    least, more = divmod(len(due), len(consumers))
    left = set(due)
    for one in consumers:
        one.planned &= left
        left -= one.planned
    by_size = sorted(consumers, key=lambda one: -len(one.planned))
    shares = [least + (at < more) for at in range(len(consumers))]
    for one, share in zip(by_size, shares, strict=True):
        for at in sorted(one.planned)[share:]:
            one.planned.discard(at)
            left.add(at)
    rest = sorted(left)
    for one, share in zip(by_size, shares, strict=True):
        wanted = share - len(one.planned)
        one.planned.update(rest[:wanted])
        rest = rest[wanted:]
