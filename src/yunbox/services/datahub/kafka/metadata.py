"""What there is, for Kafka's clients: topics, partitions and the one broker."""

from typing import Any

from kio.schema.errors import ErrorCode

from yunbox.kernel.errors import KernelError
from yunbox.services.datahub.catalogue.model import Topic
from yunbox.services.datahub.kafka.errors import code_of
from yunbox.services.datahub.kafka.session import LOOK, KafkaSession
from yunbox.services.datahub.kafka.topics import can_read, find_readable, fits, name_of

NODE = 0
CLUSTER = "yunbox-datahub"
Values = dict[str, Any]


async def metadata(session: KafkaSession, request: Any, host: str, port: int) -> Values:
    """A MetadataResponse."""
    named = None if request.topics is None else [one.name for one in request.topics]
    if named is None:
        shown = [await _shown(session, topic) for topic in session.broker.catalogue.topics() if fits(topic)]
        topics = [one for one in shown if one["error_code"] is ErrorCode.none]
    else:
        topics = [await _named(session, name or "") for name in named]
    return {
        "brokers": [{"node_id": NODE, "host": host, "port": port}],
        "cluster_id": CLUSTER,
        "controller_id": NODE,
        "topics": topics,
    }


async def _named(session: KafkaSession, name: str) -> Values:
    topic = find_readable(session.broker, name)
    if topic is None:
        return {"error_code": ErrorCode.unknown_topic_or_partition, "name": name}
    if not can_read(topic, name):
        return {"error_code": ErrorCode.invalid_topic_exception, "name": name}
    return {**await _shown(session, topic), "name": name}


async def _shown(session: KafkaSession, topic: Topic) -> Values:
    async def look(_call: Any) -> list[Values]:
        return [
            {
                "partition_index": shard.id,
                "leader_id": NODE,
                "leader_epoch": 0,
                "replica_nodes": [NODE],
                "isr_nodes": [NODE],
            }
            for shard in topic.shards.values()
        ]

    try:
        partitions = await session.perform(LOOK, topic.project, topic.name, "", look)
    except KernelError as error:
        return {"error_code": code_of(error), "name": name_of(topic)}
    return {"error_code": ErrorCode.none, "name": name_of(topic), "partitions": partitions}
