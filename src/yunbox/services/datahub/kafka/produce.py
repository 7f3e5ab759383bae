"""Records from Kafka's producers. Those of one partition are put together, or none of them.

A producer that numbers its records (idempotence) may send a batch again that it was not told of: it is told again where
that lies, as far as this process remembers.
"""

from collections import OrderedDict, deque
from functools import partial
from itertools import count
from typing import Any, NamedTuple

from kio.schema.errors import ErrorCode

from yunbox.kernel.errors import InvalidArgument
from yunbox.services.datahub import faults, limits
from yunbox.services.datahub.catalogue.model import Topic
from yunbox.services.datahub.kafka.convert import body
from yunbox.services.datahub.kafka.errors import code_of
from yunbox.services.datahub.kafka.session import PUT, KafkaSession
from yunbox.services.datahub.kafka.topics import find, fits
from yunbox.storage.log.log import Position
from yunbox.wire.datahub.messages import compose
from yunbox.wire.kafka.records import Batch, read_batches

_REMEMBERED = 5
"""Batches of a producer in a partition, as many as it may have on their way."""
_PRODUCERS_MAX = 10_000
Values = dict[str, Any]


class _Sent(NamedTuple):
    epoch: int
    first: int
    behind: int
    at: Position


class Producers:
    """What producers that number their records have sent last."""

    def __init__(self, first_id: int) -> None:
        self._ids = count(first_id)
        self._sent: OrderedDict[tuple[int, str, int], deque[_Sent]] = OrderedDict()

    def new_id(self) -> int:
        """An id that no other producer has."""
        return next(self._ids)

    def known(self, name: str, partition: int, batch: Batch) -> Position | None:
        """Where a batch lies that is sent again. Raises OutOfOrder for one that does not follow the last."""
        sent = self._sent.get((batch.producer_id, name, partition))
        if not sent:
            return None
        for one in sent:
            if (one.epoch, one.first) == (batch.producer_epoch, batch.base_sequence):
                return one.at
        last = sent[-1]
        if last.epoch == batch.producer_epoch and last.behind != batch.base_sequence:
            raise OutOfOrder(f"The batch begins with {batch.base_sequence}, and the next is {last.behind}")
        return None

    def put(self, name: str, partition: int, batch: Batch, at: Position) -> None:
        """Remember a batch."""
        key = batch.producer_id, name, partition
        sent = self._sent.setdefault(key, deque(maxlen=_REMEMBERED))
        behind = (batch.base_sequence + len(batch.records)) & 0x7FFF_FFFF
        sent.append(_Sent(batch.producer_epoch, batch.base_sequence, behind, at))
        self._sent.move_to_end(key)
        if len(self._sent) > _PRODUCERS_MAX:
            self._sent.popitem(last=False)


class OutOfOrder(InvalidArgument):
    """A batch that does not follow the producer's last one."""


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
        code = ErrorCode.out_of_order_sequence_number if isinstance(error, OutOfOrder) else code_of(error)
        return {"index": part.index, "error_code": code, "base_offset": -1, "error_message": str(error)[:1000]}
    return {"index": part.index, "error_code": ErrorCode.none, "base_offset": at.sequence, "log_start_offset": 0}


async def _put(session: KafkaSession, producers: Producers, name: str, part: Any) -> Position:
    """Put what came for one partition: where its first record is. Raises what refuses it."""
    topic = find(session.broker, name)
    shard = None if topic is None else topic.shards.get(part.index)
    if topic is None or shard is None or not fits(topic):
        raise faults.no_partition(name, part.index)
    batches = read_batches(part.records or b"", limits.RAW_BYTES_MAX)
    if not batches or any(batch.is_transactional for batch in batches):
        raise InvalidArgument("Transactions are not offered" if batches else "There are no records")
    first = batches[0]
    if len(batches) == 1 and first.producer_id >= 0:
        known = producers.known(name, part.index, first)
        if known is not None:
            return known
    bodies = _bodies(topic, batches)

    async def work(call: Any) -> Position:
        call.usage.uploaded_bytes = len(part.records)
        mark = topic.latest.version if topic.schemas else 0
        return await session.broker.put(topic, shard, partial(compose, bodies), sum(map(len, bodies)), mark)

    at = await session.perform(PUT, topic.project, topic.name, str(shard.id), work)
    if first.producer_id >= 0:
        producers.put(name, part.index, first, at)
    return at


def _bodies(topic: Topic, batches: list[Batch]) -> list[bytes]:
    found = [body(topic, record) for batch in batches for record in batch.records]
    if not 0 < len(found) <= limits.RECORDS_MAX:
        raise InvalidArgument(f"A request has 1 to {limits.RECORDS_MAX} records for a partition, not {len(found)}")
    return found
