"""Groups of Kafka's consumers as DataHub lists them: each has topics, and in each of them a subscription of its own.

One is made by ``CreateKafkaGroup`` and given topics, or it is made, and given a topic, by the first offset that is
committed in its name. When its subscription of a topic is deleted, so are its offsets there. Source: the vendor's page
"Group operations".
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from yunbox.kernel.errors import AlreadyExists, NotFound
from yunbox.services.datahub import faults, limits
from yunbox.services.datahub.catalogue.catalogue import Catalogue
from yunbox.services.datahub.catalogue.model import Project, Subscription, Topic
from yunbox.services.datahub.subscriptions.ids import new_id

GROUPS_SCHEMA = """
CREATE TABLE IF NOT EXISTS kafka_groups (
    project TEXT NOT NULL COLLATE NOCASE REFERENCES projects(name) ON DELETE CASCADE, name TEXT NOT NULL,
    comment TEXT NOT NULL, creator TEXT NOT NULL, created REAL NOT NULL, modified REAL NOT NULL,
    PRIMARY KEY (project, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kafka_group_topics (
    project TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL, topic INTEGER NOT NULL, subscription TEXT NOT NULL,
    PRIMARY KEY (project, name, topic),
    FOREIGN KEY (project, name) REFERENCES kafka_groups(project, name) ON DELETE CASCADE,
    FOREIGN KEY (topic, subscription) REFERENCES subscriptions(topic, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS kafka_group_leaves AFTER DELETE ON kafka_group_topics BEGIN
    DELETE FROM kafka_offsets WHERE topic = OLD.topic AND substr(group_id, length(OLD.project) + 2) = OLD.name
        AND substr(group_id, 1, length(OLD.project)) = OLD.project COLLATE NOCASE;
END;
"""


@dataclass(eq=False)
class KafkaGroup:
    """A group. ``subscriptions`` are the ids of its own, by the number of their topic; some may be no more."""

    project: Project
    name: str
    comment: str
    creator: str
    created_s: float
    modified_s: float
    subscriptions: dict[int, str] = field(default_factory=dict)

    @property
    def bound(self) -> list[tuple[Topic, Subscription]]:
        """Its topics, by name, with its subscription of each."""
        found = [
            (topic, topic.subscriptions[sub_id])
            for topic in self.project.topics.values()
            if (sub_id := self.subscriptions.get(topic.number)) in topic.subscriptions and sub_id is not None
        ]
        return sorted(found, key=lambda pair: pair[0].name)


class KafkaGroups:
    """All groups, which belong to their projects: one of a project that is no more is none."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._groups: dict[tuple[str, str], KafkaGroup] = {}
        self._changing = asyncio.Lock()
        self._load()

    def of(self, project: str) -> list[KafkaGroup]:
        """The groups of a project, by name. Raises NotFound."""
        there = self._catalogue.project(project)
        return sorted((one for one in self._groups.values() if one.project is there), key=lambda one: one.name)

    def get(self, project: str, name: str) -> KafkaGroup:
        """A group. Raises NotFound."""
        found = self._find(project, name)
        if found is None:
            raise NotFound(f"The group {name[:128]!r} does not exist.")
        return found

    async def create(self, project: str, name: str, comment: str, creator: str) -> KafkaGroup:
        """Make a group. Raises NotFound, AlreadyExists."""
        async with self._changing:
            if self._find(project, name) is not None:
                raise AlreadyExists(f"The group {name!r} exists already.")
            return await self._made(project, name, comment, creator)

    async def update(self, group: KafkaGroup, comment: str) -> None:
        """Give a group another comment."""
        now = self._catalogue.now
        values = (comment, now, group.project.name, group.name)
        sql = "UPDATE kafka_groups SET comment = ?, modified = ? WHERE project = ? AND name = ?"
        await self._catalogue.database.write(lambda db: db.execute(sql, values))
        group.comment, group.modified_s = comment, now

    async def delete(self, group: KafkaGroup) -> None:
        """Remove a group, with its subscriptions and its offsets."""
        async with self._changing:
            for topic, _ in group.bound:
                await self._removed(group, topic)
            values = (group.project.name, group.name)
            sql = "DELETE FROM kafka_groups WHERE project = ? AND name = ?"
            await self._catalogue.database.write(lambda db: db.execute(sql, values))
            self._groups.pop((group.project.name.lower(), group.name), None)

    async def add(self, group: KafkaGroup, topics: Iterable[Topic], creator: str) -> None:
        """Give a group topics; those that it has stay as they are. Raises Throttled."""
        async with self._changing:
            await self._added(group, topics, creator)

    async def remove(self, group: KafkaGroup, topics: Iterable[Topic]) -> None:
        """Take topics from a group, with its subscriptions and offsets there; one that it has not is none."""
        async with self._changing:
            for topic in topics:
                await self._removed(group, topic)

    async def used(self, group_id: str, topic: Topic, creator: str) -> None:
        """Have a group be there that commits offsets of a topic. Raises NotFound, Throttled."""
        project, _, name = group_id.partition(".")
        group = self._find(project, name)
        if group is not None and group.subscriptions.get(topic.number) in topic.subscriptions:
            return
        async with self._changing:
            group = self._find(project, name) or await self._made(project, name, "", creator)
            await self._added(group, [topic], creator)

    # -- inside

    async def _made(self, project: str, name: str, comment: str, creator: str) -> KafkaGroup:
        there, now = self._catalogue.project(project), self._catalogue.now
        values = (there.name, name, comment, creator, now, now)
        sql = "INSERT INTO kafka_groups VALUES (?, ?, ?, ?, ?, ?)"
        await self._catalogue.database.write(lambda db: db.execute(sql, values))
        made = self._groups[there.name.lower(), name] = KafkaGroup(there, name, comment, creator, now, now)
        return made

    async def _added(self, group: KafkaGroup, topics: Iterable[Topic], creator: str) -> None:
        known = {topic.number for topic, _ in group.bound}
        fresh = {topic.number: topic for topic in topics if topic.number not in known}
        if len(known) + len(fresh) > limits.GROUP_TOPICS_MAX:
            raise faults.exceeded(f"A group has at most {limits.GROUP_TOPICS_MAX} topics.")
        for topic in fresh.values():
            now = self._catalogue.now
            made = Subscription(new_id(now), f"of the group {group.name}", now, now, creator)
            await self._catalogue.add_subscription(topic, made, also=_binding(group, topic, made))
            group.subscriptions[topic.number] = made.id

    async def _removed(self, group: KafkaGroup, topic: Topic) -> None:
        sub_id = group.subscriptions.pop(topic.number, None)
        if sub_id is not None:
            await self._catalogue.delete_subscription(topic, sub_id)

    def _find(self, project: str, name: str) -> KafkaGroup | None:
        there = self._catalogue.project(project)
        found = self._groups.get((there.name.lower(), name))
        return found if found is not None and found.project is there else None

    def _load(self) -> None:
        read = self._catalogue.database.read
        for row in read("SELECT * FROM kafka_groups"):
            there = self._catalogue.project(row["project"])
            self._groups[there.name.lower(), row["name"]] = KafkaGroup(there, *row[1:])
        for row in read("SELECT * FROM kafka_group_topics"):
            self._groups[row["project"].lower(), row["name"]].subscriptions[row["topic"]] = row["subscription"]


def _binding(group: KafkaGroup, topic: Topic, made: Subscription) -> Callable[[sqlite3.Connection], object]:
    """What notes that a subscription is a group's."""
    values = (group.project.name, group.name, topic.number, made.id)
    return lambda db: db.execute("INSERT INTO kafka_group_topics VALUES (?, ?, ?, ?)", values)
