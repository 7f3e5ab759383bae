"""The connectors of all topics: held in memory, each change on disk before it is seen. Keys lie in the broker's
database, which only its owner can read (0600), and are shown to nobody."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from yunbox.services.datahub import faults
from yunbox.services.datahub.catalogue.model import Topic
from yunbox.services.datahub.connectors.model import Config, Connector, ConnectorState, Flow, Move
from yunbox.storage.database import Database

CONNECTORS_SCHEMA = """
CREATE TABLE IF NOT EXISTS connectors (
    topic INTEGER NOT NULL REFERENCES topics(number) ON DELETE CASCADE, id TEXT NOT NULL, type TEXT NOT NULL,
    state TEXT NOT NULL, fields TEXT NOT NULL, config TEXT NOT NULL, start INTEGER NOT NULL, subscription TEXT NOT NULL,
    creator TEXT NOT NULL, created REAL NOT NULL, PRIMARY KEY (topic, id), UNIQUE (topic, type)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS connector_shards (
    topic INTEGER NOT NULL, connector TEXT NOT NULL, shard INTEGER NOT NULL, start INTEGER NOT NULL,
    next INTEGER NOT NULL, time INTEGER NOT NULL, discarded INTEGER NOT NULL, updated REAL NOT NULL,
    move TEXT NOT NULL, PRIMARY KEY (topic, connector, shard),
    FOREIGN KEY (topic, connector) REFERENCES connectors(topic, id) ON DELETE CASCADE
) WITHOUT ROWID;
"""


class ConnectorStore:
    """All connectors, by the number of their topic."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_topic: dict[int, dict[str, Connector]] = {}
        self._load()

    def of(self, topic: Topic) -> list[Connector]:
        """Those of a topic, in the order in which they were made."""
        return sorted(self._by_topic.get(topic.number, {}).values(), key=lambda one: one.created_s)

    def get(self, topic: Topic, name: str) -> Connector:
        """A connector by its id, or by its type. Raises NotFound."""
        for connector in self.of(topic):
            if name == connector.id or name.lower() == connector.type:
                return connector
        raise faults.no_connector(name)

    async def create(self, topic: Topic, made: Connector) -> None:
        """Make a connector, with how far its shards are. Raises AlreadyExists."""
        if any(made.type == other.type for other in self.of(topic)):
            raise faults.connector_exists()

        def work(db: sqlite3.Connection) -> None:
            values = (made.topic, made.id, made.type, made.state, _text(made.fields), _text(made.config))
            more = (made.start_ms, made.sub_id, made.creator, made.created_s)
            db.execute("INSERT INTO connectors VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*values, *more))
            for shard, flow in made.flows.items():
                _put_flow(db, made, shard, flow)

        try:
            await self._database.write(work)
        except sqlite3.IntegrityError:  # two at once
            raise faults.connector_exists() from None
        self._by_topic.setdefault(topic.number, {})[made.id] = made

    async def delete(self, topic: Topic, gone: Connector) -> None:
        """Remove a connector."""
        key = (gone.topic, gone.id)
        await self._database.write(lambda db: db.execute("DELETE FROM connectors WHERE topic = ? AND id = ?", key))
        self._by_topic[topic.number].pop(gone.id, None)

    async def update(
        self,
        connector: Connector,
        *,
        state: ConnectorState | None = None,
        fields: Sequence[str] | None = None,
        config: Config | None = None,
    ) -> None:
        """Change what is given."""
        made = replace(
            connector,
            state=state or connector.state,
            fields=connector.fields if fields is None else tuple(fields),
            config=config or connector.config,
        )
        values = (made.state, _text(made.fields), _text(made.config), made.topic, made.id)
        sql = "UPDATE connectors SET state = ?, fields = ?, config = ? WHERE topic = ? AND id = ?"
        await self._database.write(lambda db: db.execute(sql, values))
        connector.state, connector.fields, connector.config = made.state, made.fields, made.config

    async def change(self, connector: Connector, shard: int, flow: Flow, **changes: Any) -> None:
        """Change how far a shard is: on disk first, so that nothing is done that a crash would forget. A connector that
        was deleted meanwhile stays deleted."""
        made = replace(flow, **changes)

        def work(db: sqlite3.Connection) -> None:
            key = (connector.topic, connector.id)
            if db.execute("SELECT 1 FROM connectors WHERE topic = ? AND id = ?", key).fetchone():
                _put_flow(db, connector, shard, made)

        await self._database.write(work)
        for name, value in changes.items():
            setattr(flow, name, value)

    def _load(self) -> None:
        for row in self._database.read("SELECT * FROM connectors"):
            self._by_topic.setdefault(row["topic"], {})[row["id"]] = _connector(row)
        for row in self._database.read("SELECT * FROM connector_shards"):
            flow = Flow(
                start=row["start"],
                next=row["next"],
                time_ms=row["time"],
                discarded=row["discarded"],
                updated_s=row["updated"],
                move=msgspec.json.decode(row["move"], type=Move) if row["move"] else None,
            )
            self._by_topic[row["topic"]][row["connector"]].flows[row["shard"]] = flow


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _put_flow(db: sqlite3.Connection, connector: Connector, shard: int, flow: Flow) -> None:
    move = "" if flow.move is None else _text(flow.move)
    values = (connector.topic, connector.id, shard, flow.start, flow.next, flow.time_ms, flow.discarded)
    sql = "INSERT OR REPLACE INTO connector_shards VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    db.execute(sql, (*values, flow.updated_s, move))


def _connector(row: sqlite3.Row) -> Connector:
    return Connector(
        topic=row["topic"],
        id=row["id"],
        type=row["type"],
        state=ConnectorState(row["state"]),
        fields=tuple(msgspec.json.decode(row["fields"], type=list[str])),
        config=msgspec.json.decode(row["config"], type=Config),
        start_ms=row["start"],
        sub_id=row["subscription"],
        creator=row["creator"],
        created_s=row["created"],
    )
