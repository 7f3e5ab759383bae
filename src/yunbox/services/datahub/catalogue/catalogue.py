"""The catalogue: held in memory, as every request asks it; each change is on disk before it is seen.

The broker alone changes it, one change after another. Names of projects and topics are told apart without regard to
case (the vendor's page "Limits"), and shown as they were given.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace

from yunbox.kernel.clock import Clock
from yunbox.services.datahub import faults, limits
from yunbox.services.datahub.catalogue.model import (
    ExpandMode,
    Project,
    RecordType,
    SchemaVersion,
    Shard,
    ShardState,
    Subscription,
    Topic,
)
from yunbox.storage.database import Database
from yunbox.wire.datahub.schema import RecordSchema, parse_schema

CATALOGUE_SCHEMA = """
CREATE TABLE IF NOT EXISTS projects (
    name TEXT PRIMARY KEY COLLATE NOCASE, comment TEXT NOT NULL, creator TEXT NOT NULL,
    created REAL NOT NULL, modified REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS topics (
    number INTEGER PRIMARY KEY AUTOINCREMENT, project TEXT NOT NULL REFERENCES projects(name),
    name TEXT NOT NULL COLLATE NOCASE, type TEXT NOT NULL, lifecycle INTEGER NOT NULL, comment TEXT NOT NULL,
    mode TEXT NOT NULL, creator TEXT NOT NULL, created REAL NOT NULL, modified REAL NOT NULL, UNIQUE (project, name)
);
CREATE TABLE IF NOT EXISTS shards (
    topic INTEGER NOT NULL REFERENCES topics(number) ON DELETE CASCADE, id INTEGER NOT NULL, state TEXT NOT NULL,
    hash_begin TEXT NOT NULL, hash_end TEXT NOT NULL, parents TEXT NOT NULL, created REAL NOT NULL,
    closed REAL NOT NULL, PRIMARY KEY (topic, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS schemas (
    topic INTEGER NOT NULL REFERENCES topics(number) ON DELETE CASCADE, version INTEGER NOT NULL, text TEXT NOT NULL,
    created REAL NOT NULL, creator TEXT NOT NULL, PRIMARY KEY (topic, version)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS subscriptions (
    topic INTEGER NOT NULL REFERENCES topics(number) ON DELETE CASCADE, id TEXT NOT NULL, comment TEXT NOT NULL,
    state INTEGER NOT NULL, type INTEGER NOT NULL, creator TEXT NOT NULL, created REAL NOT NULL,
    modified REAL NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (topic, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS offsets (
    topic INTEGER NOT NULL, subscription TEXT NOT NULL, shard INTEGER NOT NULL, sequence INTEGER NOT NULL,
    timestamp INTEGER NOT NULL, batch_index INTEGER NOT NULL, session INTEGER NOT NULL,
    PRIMARY KEY (topic, subscription, shard),
    FOREIGN KEY (topic, subscription) REFERENCES subscriptions(topic, id) ON DELETE CASCADE
) WITHOUT ROWID;
"""
Change = Callable[[sqlite3.Connection], object]


class Catalogue:
    """All projects of the account."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self._clock = clock
        self._projects: dict[str, Project] = {}
        self._changing = asyncio.Lock()
        self._load()

    # -- what there is

    @property
    def now(self) -> float:
        """The time by which things are made, in seconds since the epoch."""
        return self._clock.time()

    def projects(self) -> list[Project]:
        """All projects, by name."""
        return sorted(self._projects.values(), key=lambda one: one.name)

    def project(self, name: str) -> Project:
        """A project. Raises NotFound, and InvalidArgument for a name that none can have."""
        found = self._projects.get(name.lower())
        if found is None:
            limits.check_project(name)
            raise faults.no_project(name)
        return found

    def topic(self, project: str, name: str) -> Topic:
        """A topic. Raises NotFound."""
        found = self.project(project).topics.get(name.lower())
        if found is None:
            raise faults.no_topic(name)
        return found

    def topics(self) -> Iterator[Topic]:
        """All topics of all projects."""
        for project in self._projects.values():
            yield from project.topics.values()

    def subscription(self, project: str, topic: str, sub_id: str) -> tuple[Topic, Subscription]:
        """A topic and one of its subscriptions. Raises NotFound."""
        found = self.topic(project, topic)
        subscription = found.subscriptions.get(sub_id)
        if subscription is None:
            raise faults.no_subscription(sub_id)
        return found, subscription

    # -- projects

    async def create_project(self, name: str, comment: str, creator: str) -> Project:
        """Make a project. Raises AlreadyExists, Throttled."""
        async with self._changing:
            if name.lower() in self._projects:
                raise faults.project_exists()
            if len(self._projects) >= limits.PROJECTS_MAX:
                raise faults.exceeded(f"An account has at most {limits.PROJECTS_MAX} projects.")
            now = self._clock.time()
            values = (name, comment, creator, now, now)
            await self._write(lambda db: db.execute("INSERT INTO projects VALUES (?, ?, ?, ?, ?)", values))
            made = self._projects[name.lower()] = Project(*values)
            return made

    async def update_project(self, name: str, comment: str) -> None:
        """Give a project another comment. Raises NotFound."""
        async with self._changing:
            project, now = self.project(name), self._clock.time()
            sql = "UPDATE projects SET comment = ?, modified = ? WHERE name = ?"
            await self._write(lambda db: db.execute(sql, (comment, now, project.name)))
            project.comment, project.modified_s = comment, now

    async def delete_project(self, name: str) -> None:
        """Remove a project. Raises NotFound, and Conflict for one that has topics."""
        async with self._changing:
            project = self.project(name)
            if project.topics:
                raise faults.denied("The project has topics: delete them first.")
            await self._write(lambda db: db.execute("DELETE FROM projects WHERE name = ?", (project.name,)))
            del self._projects[name.lower()]

    # -- topics

    async def create_topic(self, topic: Topic, schema: RecordSchema | None, shards: list[Shard]) -> Topic:
        """Make a topic; its ``number`` is given here. Raises NotFound, AlreadyExists, Throttled."""
        async with self._changing:
            project = self.project(topic.project)
            if topic.name.lower() in project.topics:
                raise faults.topic_exists()
            if len(project.topics) >= limits.TOPICS_MAX:
                raise faults.exceeded(f"A project has at most {limits.TOPICS_MAX} topics.")
            versions = [] if schema is None else [SchemaVersion(0, schema, topic.created_s, topic.creator)]

            def work(db: sqlite3.Connection) -> int:
                number = _insert_topic(db, topic)
                for shard in shards:
                    _put_shard(db, number, shard)
                for version in versions:
                    _insert_schema(db, number, version)
                return number

            topic.number = await self.database.write(work)
            topic.project = project.name
            topic.shards = {shard.id: shard for shard in shards}
            topic.schemas = {version.version: version for version in versions}
            project.topics[topic.name.lower()] = topic
            return topic

    async def update_topic(self, project: str, name: str, lifecycle_days: int, comment: str) -> None:
        """Change what may be changed of a topic. Raises NotFound."""
        async with self._changing:
            topic, now = self.topic(project, name), self._clock.time()
            sql = "UPDATE topics SET lifecycle = ?, comment = ?, modified = ? WHERE number = ?"
            await self._write(lambda db: db.execute(sql, (lifecycle_days, comment, now, topic.number)))
            topic.lifecycle_days, topic.comment, topic.modified_s = lifecycle_days, comment, now

    async def delete_topic(self, project: str, name: str) -> Topic:
        """Remove a topic with all that hangs on it, but for its records. Raises NotFound."""
        async with self._changing:
            topic = self.topic(project, name)
            await self._write(lambda db: db.execute("DELETE FROM topics WHERE number = ?", (topic.number,)))
            del self.project(project).topics[name.lower()]
            return topic

    # -- schemas

    async def add_schema(self, topic: Topic, schema: RecordSchema, creator: str) -> SchemaVersion:
        """Add a version to a topic's schema."""
        async with self._changing:
            now = self._clock.time()
            made = SchemaVersion(max(topic.schemas, default=-1) + 1, schema, now, creator)

            def work(db: sqlite3.Connection) -> None:
                _insert_schema(db, topic.number, made)
                db.execute("UPDATE topics SET modified = ? WHERE number = ?", (now, topic.number))

            await self._write(work)
            topic.schemas[made.version], topic.modified_s = made, now
            return made

    async def delete_schema(self, topic: Topic, version: int) -> None:
        """Remove a version. Raises NotFound, and Conflict for the one that is used."""
        async with self._changing:
            if version not in topic.schemas:
                raise faults.no_schema(f"version {version}")
            if version == topic.latest.version:
                raise faults.denied("The newest version of a schema cannot be deleted: records are put by it.")
            sql = "DELETE FROM schemas WHERE topic = ? AND version = ?"
            await self._write(lambda db: db.execute(sql, (topic.number, version)))
            del topic.schemas[version]

    # -- shards

    async def replace_shards(self, topic: Topic, changed: list[Shard]) -> None:
        """Have some shards be as they are given, new ones too."""
        async with self._changing:

            def work(db: sqlite3.Connection) -> None:
                for shard in changed:
                    _put_shard(db, topic.number, shard)

            await self._write(work)
            topic.shards |= {shard.id: shard for shard in changed}

    # -- subscriptions

    async def add_subscription(self, topic: Topic, subscription: Subscription, *, also: Change | None = None) -> None:
        """Add a subscription, and do something with it in the same transaction. Raises Throttled."""
        async with self._changing:
            if len(topic.subscriptions) >= limits.SUBSCRIPTIONS_MAX:
                raise faults.exceeded(f"A topic has at most {limits.SUBSCRIPTIONS_MAX} subscriptions.")

            def work(db: sqlite3.Connection) -> None:
                _put_subscription(db, topic.number, subscription)
                if also is not None:
                    also(db)

            await self._write(work)
            topic.subscriptions[subscription.id] = subscription

    async def update_subscription(
        self, topic: Topic, subscription: Subscription, comment: str | None, state: int | None
    ) -> None:
        """Change what may be changed of a subscription."""
        async with self._changing:
            made = replace(
                subscription,
                comment=subscription.comment if comment is None else comment,
                state=subscription.state if state is None else state,
                modified_s=self._clock.time(),
            )
            await self._write(lambda db: _put_subscription(db, topic.number, made))
            topic.subscriptions[made.id] = made

    async def delete_subscription(self, topic: Topic, sub_id: str) -> None:
        """Remove a subscription with its offsets."""
        async with self._changing:
            sql = "DELETE FROM subscriptions WHERE topic = ? AND id = ?"
            await self._write(lambda db: db.execute(sql, (topic.number, sub_id)))
            topic.subscriptions.pop(sub_id, None)

    # -- inside

    async def _write(self, work: Change) -> None:
        await self.database.write(work)

    def _load(self) -> None:
        read = self.database.read
        for row in read("SELECT * FROM projects"):
            self._projects[row["name"].lower()] = Project(*row)
        by_number: dict[int, Topic] = {}
        for row in read("SELECT * FROM topics"):
            topic = _topic(row)
            by_number[topic.number] = self._projects[topic.project.lower()].topics[topic.name.lower()] = topic
        for row in read("SELECT * FROM shards ORDER BY topic, id"):
            by_number[row["topic"]].shards[row["id"]] = _shard(row)
        for row in read("SELECT * FROM schemas ORDER BY topic, version"):
            version = SchemaVersion(row["version"], parse_schema(row["text"]), row["created"], row["creator"])
            by_number[row["topic"]].schemas[version.version] = version
        for row in read("SELECT * FROM subscriptions"):
            by_number[row["topic"]].subscriptions[row["id"]] = _subscription(row)


def _insert_topic(db: sqlite3.Connection, topic: Topic) -> int:
    sql = "INSERT INTO topics VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number"
    values = (
        topic.project,
        topic.name,
        topic.type,
        topic.lifecycle_days,
        topic.comment,
        topic.mode,
        topic.creator,
        topic.created_s,
        topic.modified_s,
    )
    return db.execute(sql, values).fetchone()[0]


def _insert_schema(db: sqlite3.Connection, number: int, version: SchemaVersion) -> None:
    values = (number, version.version, version.schema.text, version.created_s, version.creator)
    db.execute("INSERT INTO schemas VALUES (?, ?, ?, ?, ?)", values)


def _put_shard(db: sqlite3.Connection, number: int, shard: Shard) -> None:
    parents = ",".join(map(str, shard.parents))
    ends = f"{shard.begin:032X}", f"{shard.end:032X}"
    values = (number, shard.id, shard.state, *ends, parents, shard.created_s, shard.closed_s)
    db.execute("INSERT OR REPLACE INTO shards VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)


def _put_subscription(db: sqlite3.Connection, number: int, one: Subscription) -> None:
    values = (number, one.id, one.comment, one.state, one.type, one.creator, one.created_s, one.modified_s, one.version)
    sql = """INSERT INTO subscriptions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET comment = excluded.comment, state = excluded.state, modified = excluded.modified"""
    db.execute(sql, values)


def _topic(row: sqlite3.Row) -> Topic:
    return Topic(
        row["number"],
        row["project"],
        row["name"],
        RecordType(row["type"]),
        row["lifecycle"],
        row["comment"],
        ExpandMode(row["mode"]),
        row["creator"],
        row["created"],
        row["modified"],
    )


def _shard(row: sqlite3.Row) -> Shard:
    parents = tuple(int(text) for text in row["parents"].split(",") if text)
    begin, end = int(row["hash_begin"], 16), int(row["hash_end"], 16)
    return Shard(row["id"], begin, end, row["created"], ShardState(row["state"]), parents, row["closed"])


def _subscription(row: sqlite3.Row) -> Subscription:
    return Subscription(
        row["id"],
        row["comment"],
        row["created"],
        row["modified"],
        row["creator"],
        row["state"],
        row["type"],
        row["version"],
    )
