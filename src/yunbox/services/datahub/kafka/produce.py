"""Records from Kafka's producers. Those of one partition are put together, or none of them.

A producer that numbers its records (idempotence) may send a batch again that it was not told of: it is told again where
that lies, also after a kill.
"""

import asyncio
from functools import partial
from itertools import count
from typing import Any, TypeAlias

from kio.schema.errors import ErrorCode

from yunbox.kernel.errors import InvalidArgument
from yunbox.services.datahub import faults, limits
from yunbox.services.datahub.catalogue.model import Topic
from yunbox.services.datahub.kafka.convert import body
from yunbox.services.datahub.kafka.errors import code_of
from yunbox.services.datahub.kafka.session import PUT, KafkaSession
from yunbox.services.datahub.kafka.topics import base_name, find, fits, is_view
from yunbox.storage.log.frame import NOBODY, Origin
from yunbox.storage.log.log import Log, Position
from yunbox.storage.log.sent import Placed
from yunbox.wire.datahub.messages import compose
from yunbox.wire.kafka.records import Batch, read_batches

Values = dict[str, Any]
Known: TypeAlias = "asyncio.Future[Position] | Position | None"


class Producers:
    """Producers that number their records: their ids, and what they have on the way.

    What they have sent is in the logs themselves, and so outlives this process.
    """

    def __init__(self, first_id: int) -> None:
        self._ids = count(first_id)
        self._coming: dict[tuple[str, int, Origin], asyncio.Future[Position]] = {}

    def new_id(self) -> int:
        """An id that no other producer has."""
        return next(self._ids)

    def known(self, log: Log, name: str, partition: int, origin: Origin, count: int) -> Known:
        """Where so many records lie, or will lie, that are sent again. Raises OutOfOrder, OldEpoch."""
        if origin == NOBODY:
            return None
        coming = self._coming.get((name, partition, origin))
        if coming is not None:
            return coming
        sent = log.sent(origin.producer)
        for one in sent:
            if one.origin == origin and one.count == count:
                return Position(one.first, one.time_ms)
        if sent and not self._follows(name, partition, origin):
            _check_follows(sent[-1], origin)
        return None

    def _follows(self, name: str, partition: int, origin: Origin) -> bool:
        """Whether something of the producer is on its way, behind which a batch may come."""
        return any((at[0], at[1], at[2].producer) == (name, partition, origin.producer) for at in self._coming)

    def put(self, name: str, partition: int, origin: Origin, coming: "asyncio.Future[Position]") -> None:
        """Note a batch that is on its way."""
        if origin != NOBODY:
            key = name, partition, origin
            self._coming[key] = coming
            coming.add_done_callback(lambda _done: self._coming.pop(key, None))


def origin_of(batch: Batch) -> Origin:
    """Who sent a batch and numbers it."""
    if batch.producer_id < 0 or batch.base_sequence < 0:
        return NOBODY
    return Origin(batch.producer_id, batch.producer_epoch, batch.base_sequence)


def _check_follows(last: Placed, origin: Origin) -> None:
    if origin.epoch < last.origin.epoch:
        raise OldEpoch(f"The producer's epoch is {last.origin.epoch}, and the batch says {origin.epoch}")
    due = last.behind if origin.epoch == last.origin.epoch else 0
    if origin.first != due:
        raise OutOfOrder(f"The batch begins with {origin.first}, and the next is {due}")


class OutOfOrder(InvalidArgument):
    """A batch that does not follow the producer's last one."""


class OldEpoch(InvalidArgument):
    """A batch of a producer that another has taken the place of."""


_OWN_CODES = {OutOfOrder: ErrorCode.out_of_order_sequence_number, OldEpoch: ErrorCode.invalid_producer_epoch}


async def produce(session: KafkaSession, producers: Producers, request: Any) -> Values:
    """A ProduceResponse."""
    responses = []
    for topic in request.topic_data:
        parts = [await _partition(session, producers, topic.name, part) for part in topic.partition_data]
        responses.append({"name": topic.name, "partition_responses": parts})
    return {"responses": responses}


async def _partition(session: KafkaSession, producers: Producers, name: str, part: Any) -> Values:
    try:
        at = await _put(session, producers, name, part)
    except Exception as error:
        code = _OWN_CODES.get(type(error)) or code_of(error)
        return {"index": part.index, "error_code": code, "base_offset": -1, "error_message": str(error)[:1000]}
    return {"index": part.index, "error_code": ErrorCode.none, "base_offset": at.sequence, "log_start_offset": 0}


async def _put(session: KafkaSession, producers: Producers, name: str, part: Any) -> Position:
    """Put what came for one partition: where its first record is. Raises what refuses it."""
    if is_view(name):
        raise InvalidArgument(f"{name} is a view: records are put into {base_name(name)}")
    topic = find(session.broker, name)
    shard = None if topic is None else topic.shards.get(part.index)
    if topic is None or shard is None or not fits(topic):
        raise faults.no_partition(name, part.index)
    batches = read_batches(part.records or b"", limits.RAW_BYTES_MAX)
    if not batches or any(batch.is_transactional for batch in batches):
        raise InvalidArgument("Transactions are not offered" if batches else "There are no records")
    bodies = _bodies(topic, batches)

    async def work(call: Any) -> Position:
        call.usage.uploaded_bytes = len(part.records)
        origin = origin_of(batches[0]) if len(batches) == 1 else NOBODY
        known = producers.known(session.broker.log(topic, shard), name, part.index, origin, len(bodies))
        if known is not None:
            return known if isinstance(known, Position) else await asyncio.shield(known)
        mark = topic.latest.version if topic.schemas else 0
        coming = session.broker.put(topic, shard, partial(compose, bodies), sum(map(len, bodies)), mark, origin)
        producers.put(name, part.index, origin, coming)
        return await coming

    return await session.perform(PUT, topic.project, topic.name, str(shard.id), work)


def _bodies(topic: Topic, batches: list[Batch]) -> list[bytes]:
    found = [body(topic, record) for batch in batches for record in batch.records]
    if not 0 < len(found) <= limits.RECORDS_MAX:
        raise InvalidArgument(f"A request has 1 to {limits.RECORDS_MAX} records for a partition, not {len(found)}")
    return found
