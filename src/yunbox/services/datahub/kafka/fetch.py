"""Records for Kafka's consumers, and where they begin and end."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from kio.schema.errors import ErrorCode

from yunbox.services.datahub import faults
from yunbox.services.datahub.catalogue.model import Shard, Topic
from yunbox.services.datahub.kafka.convert import record
from yunbox.services.datahub.kafka.errors import code_of
from yunbox.services.datahub.kafka.json_view import json_record
from yunbox.services.datahub.kafka.session import GET, LOOK, KafkaSession
from yunbox.services.datahub.kafka.topics import can_read, find_readable, is_view
from yunbox.storage.log.frame import Frame
from yunbox.storage.log.log import Log
from yunbox.wire.datahub.messages import read_entry
from yunbox.wire.kafka.records import Record, write_batch

_BYTES_MAX = 16 * 1024 * 1024
_WAIT_S_MAX = 30.0
_LATEST, _EARLIEST, _LARGEST_TIME = -1, -2, -3
Values = dict[str, Any]
Show = Callable[[Topic, Frame, int], list[Record]]


async def fetch(session: KafkaSession, request: Any) -> Values:
    """A FetchResponse: at once if there is anything, or once there is, or when the client wants to wait no longer."""
    wait_s = min(request.max_wait.total_seconds(), _WAIT_S_MAX)
    until = time.monotonic() + wait_s
    while True:
        grown = session.broker.growth()
        responses, size, failed = await _responses(session, request)
        left_s = until - time.monotonic()
        if size >= max(request.min_bytes, 1) or failed or left_s <= 0 or not request.topics:
            return {"session_id": 0, "responses": responses}
        await asyncio.wait([grown], timeout=left_s)


async def _responses(session: KafkaSession, request: Any) -> tuple[list[Values], int, bool]:
    left, failed, responses = min(request.max_bytes, _BYTES_MAX), False, []
    size = 0
    for topic in request.topics:
        parts = []
        for part in topic.partitions:
            shown = await _partition(session, topic.topic, part, min(left, part.partition_max_bytes), first=size == 0)
            failed = failed or shown["error_code"] is not ErrorCode.none
            got = len(shown["records"] or b"")
            size, left = size + got, left - got
            parts.append(shown)
        responses.append({"topic": topic.topic, "partitions": parts})
    return responses, size, failed


async def _partition(session: KafkaSession, name: str, part: Any, bytes_max: int, *, first: bool) -> Values:
    empty = {"partition_index": part.partition, "high_watermark": -1, "last_stable_offset": -1, "records": b""}
    try:
        topic, shard = at(session, name, part.partition)
        log = session.broker.log(topic, shard)
        edges = {**empty, "high_watermark": log.end, "last_stable_offset": log.end, "log_start_offset": log.first}
        if not log.first <= part.fetch_offset <= log.end:
            return {**edges, "error_code": ErrorCode.offset_out_of_range}
        if part.fetch_offset == log.end or (bytes_max <= 0 and not first):
            return {**edges, "error_code": ErrorCode.none}

        async def work(call: Any) -> bytes:
            show = _as_json if is_view(name) else _as_they_are
            data = _records(topic, log, part.fetch_offset, bytes_max, show)
            call.usage.downloaded_bytes = len(data)
            return data

        data = await session.perform(GET, topic.project, topic.name, str(shard.id), work)
    except Exception as error:
        return {**empty, "error_code": code_of(error)}
    return {**edges, "error_code": ErrorCode.none, "records": data}


def _records(topic: Topic, log: Log, offset: int, bytes_max: int, show: Show) -> bytes:
    """Batches from an offset on: one at least, and then as many as fit."""
    parts: list[bytes] = []
    size, end = 0, log.end
    for frame in log.frames(offset):
        if frame.first >= end or (parts and size + len(frame.payload) > bytes_max):
            break
        low = max(offset - frame.first, 0)
        parts.append(write_batch(frame.first + low, frame.time_ms, show(topic, frame, low)))
        size += len(parts[-1])
    return b"".join(parts)


def _as_they_are(topic: Topic, frame: Frame, low: int) -> list[Record]:
    return [record(topic, read_entry(bytes(data))) for data in frame.records(low)]


def _as_json(topic: Topic, frame: Frame, low: int) -> list[Record]:
    schema = (topic.schemas.get(frame.mark) or topic.latest).schema
    return [json_record(schema, read_entry(bytes(data))) for data in frame.records(low)]


def at(session: KafkaSession, name: str, partition: int) -> tuple[Topic, Shard]:
    """A topic and one of its shards. Raises NotFound."""
    topic = find_readable(session.broker, name)
    shard = None if topic is None else topic.shards.get(partition)
    if topic is None or shard is None or not can_read(topic, name):
        raise faults.no_partition(name, partition)
    return topic, shard


async def list_offsets(session: KafkaSession, request: Any) -> Values:
    """A ListOffsetsResponse."""
    topics = []
    for topic in request.topics:
        parts = [await _offset(session, topic.name, part) for part in topic.partitions]
        topics.append({"name": topic.name, "partitions": parts})
    return {"topics": topics}


async def _offset(session: KafkaSession, name: str, part: Any) -> Values:
    shown = {"partition_index": part.partition_index, "timestamp": -1, "offset": -1, "leader_epoch": -1}
    try:
        topic, shard = at(session, name, part.partition_index)
        log = session.broker.log(topic, shard)

        async def work(_call: Any) -> Values:
            return _found(log, part.timestamp)

        found = await session.perform(LOOK, topic.project, topic.name, "", work)
    except Exception as error:
        return {**shown, "error_code": code_of(error)}
    return {**shown, "error_code": ErrorCode.none, **found}


def _found(log: Log, wanted: Any) -> Values:
    """The offset of a time in milliseconds, or of an end."""
    time_ms = int(wanted)
    if time_ms == _LATEST:
        return {"offset": log.end}
    if time_ms == _EARLIEST:
        return {"offset": log.first}
    if time_ms == _LARGEST_TIME:
        return {"offset": log.last.sequence, "timestamp": log.last.time_ms} if log.last else {}
    found = log.at_time(time_ms)
    return {"offset": found.sequence, "timestamp": found.time_ms} if found.sequence < log.end else {}
