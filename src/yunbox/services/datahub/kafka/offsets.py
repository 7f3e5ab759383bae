"""Offsets that Kafka's groups have committed: on disk when that is answered.

A group is ``project.name``, of a project that there is, and needs not be made: its first offset makes it. Its offsets
go with their topics, and with its subscriptions of them. A view has the offsets of its topic.
"""

import sqlite3
from typing import Any

from kio.schema.errors import ErrorCode

from yunbox.kernel.errors import InvalidArgument, KernelError
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.kafka.errors import code_of
from yunbox.services.datahub.kafka.fetch import at
from yunbox.services.datahub.kafka.session import FOLLOW, KafkaSession
from yunbox.services.datahub.kafka.topics import base_name, find_readable, name_of, split_name
from yunbox.storage.database import Database

OFFSETS_SCHEMA = """
CREATE TABLE IF NOT EXISTS kafka_offsets (
    group_id TEXT NOT NULL, topic INTEGER NOT NULL REFERENCES topics(number) ON DELETE CASCADE,
    name TEXT NOT NULL, shard INTEGER NOT NULL, offset INTEGER NOT NULL, metadata TEXT,
    PRIMARY KEY (group_id, topic, shard)
) WITHOUT ROWID;
"""
_METADATA_LENGTH_MAX = 4096
_GROUP_LENGTH_MAX = 256
_WRITE = "INSERT OR REPLACE INTO kafka_offsets VALUES (?, ?, ?, ?, ?, ?)"
Values = dict[str, Any]


def check_group(broker: Broker, group_id: str) -> bool:
    """Whether a group can have this id."""
    try:
        project, _ = split_name(group_id)
        broker.catalogue.project(project)
    except KernelError:
        return False
    return len(group_id) <= _GROUP_LENGTH_MAX


def groups(database: Database) -> list[str]:
    """The groups that have committed something."""
    return [row[0] for row in database.read("SELECT DISTINCT group_id FROM kafka_offsets")]


async def commit(session: KafkaSession, request: Any, refused: ErrorCode) -> Values:
    """An OffsetCommitResponse."""
    topics = []
    for topic in request.topics:
        parts = []
        for part in topic.partitions:
            code = refused
            if refused is ErrorCode.none:
                code = await _committed(session, request.group_id, topic.name, part)
            parts.append({"partition_index": part.partition_index, "error_code": code})
        topics.append({"name": topic.name, "partitions": parts})
    return {"topics": topics}


async def _committed(session: KafkaSession, group_id: str, name: str, part: Any) -> ErrorCode:
    metadata = part.committed_metadata
    if metadata and len(metadata) > _METADATA_LENGTH_MAX:
        return ErrorCode.offset_metadata_too_large
    try:
        topic, shard = at(session, name, part.partition_index)
        if part.committed_offset < 0:
            raise InvalidArgument("An offset is not negative")
        values = (group_id, topic.number, name_of(topic), shard.id, part.committed_offset, metadata)

        def work(db: sqlite3.Connection) -> None:
            db.execute(_WRITE, values)

        async def write(call: Any) -> None:
            await session.broker.kafka_groups.used(group_id, topic, call.principal.name)
            await session.broker.catalogue.database.write(work)

        await session.perform(FOLLOW, topic.project, topic.name, "", write)
    except Exception as error:
        return code_of(error)
    return ErrorCode.none


async def fetched(session: KafkaSession, request: Any) -> Values:
    """An OffsetFetchResponse: of the partitions that are named, or of all that were committed."""
    rows = session.broker.catalogue.database.read(
        "SELECT name, shard, offset, metadata FROM kafka_offsets WHERE group_id = ?", request.group_id
    )
    known = {(row["name"], row["shard"]): (row["offset"], row["metadata"]) for row in rows}
    wanted: dict[str, list[int]] = {}
    if request.topics is None:
        for name, shard in known:
            wanted.setdefault(name, []).append(shard)
    else:
        wanted = {topic.name: list(topic.partition_indexes) for topic in request.topics}
    topics = [
        {"name": name, "partitions": [_shown(session, name, shard, known) for shard in shards]}
        for name, shards in wanted.items()
    ]
    return {"topics": topics, "error_code": ErrorCode.none}


def _shown(
    session: KafkaSession, name: str, shard: int, known: dict[tuple[str, int], tuple[int, str | None]]
) -> Values:
    offset, metadata = known.get((base_name(name), shard), (-1, ""))
    missing = find_readable(session.broker, name) is None
    return {
        "partition_index": shard,
        "committed_offset": offset,
        "committed_leader_epoch": -1,
        "metadata": metadata or "",
        "error_code": ErrorCode.unknown_topic_or_partition if missing else ErrorCode.none,
    }
