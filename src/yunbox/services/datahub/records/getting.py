"""Records are got from a cursor on, in the form that is asked for, whatever form they were put in."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from yunbox.kernel.call import Call, Charge, Operation
from yunbox.services.datahub import faults, limits, prices
from yunbox.services.datahub.access import on_shard, touches_topic
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.catalogue.model import RecordType, Shard, Topic
from yunbox.services.datahub.http.request import BATCH, JSON, DhRequest
from yunbox.services.datahub.http.route import SHARD, Values, json, on
from yunbox.services.datahub.params import OnShard
from yunbox.services.datahub.records.cursors import cursor_of, sequence_of
from yunbox.storage.log.frame import Frame
from yunbox.storage.log.log import Log
from yunbox.wire.datahub.batch import BLOB_VERSION, write_batch, write_record
from yunbox.wire.datahub.envelope import unwrap, wrap
from yunbox.wire.datahub.messages import Entry, batch_entry, get_answer, read_entry, read_get
from yunbox.wire.http import Response

_SUBSCRIPTION_HEADER = "x-datahub-sub-id"


class _Body(msgspec.Struct):
    Cursor: str = ""
    Limit: int = 1


@dataclass(frozen=True, slots=True)
class GetRecords(OnShard):
    """Records from a cursor on; perhaps in the name of a subscription."""

    cursor: str
    limit: int
    form: str
    sub_id: str


@dataclass(frozen=True, slots=True)
class Slice:
    """Some records of a frame."""

    frame: Frame
    low: int
    high: int

    @property
    def count(self) -> int:
        """How many they are."""
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class Got:
    """Records of a shard from a sequence on."""

    topic: Topic
    shard: Shard
    sequence: int
    slices: list[Slice]

    @property
    def count(self) -> int:
        """How many records there are."""
        return sum(one.count for one in self.slices)

    @property
    def next_cursor(self) -> str:
        """Where the next records begin."""
        return cursor_of(self.topic, self.shard, self.sequence + self.count)

    def entries(self) -> Iterator[tuple[Entry, Frame]]:
        """Each record, and the frame it is of."""
        for one in self.slices:
            for at in range(one.low, one.high):
                yield read_entry(bytes(one.frame.slice(at, at + 1))), one.frame


def _params(request: DhRequest, values: Values) -> GetRecords:
    if request.form == JSON:
        body = request.read(_Body)
        cursor, limit = body.Cursor, body.Limit
    else:
        cursor, limit = read_get(unwrap(request.body))
    if limit < 1:
        raise limits.invalid(f"The limit is at least 1, not {limit}")
    sub_id = request.request.headers.get(_SUBSCRIPTION_HEADER, "")
    return GetRecords(values["project"], values["topic"], values["shard"], cursor, limit, request.form, sub_id)


async def _get(broker: Broker, call: Call[GetRecords]) -> Got:
    params = call.params
    topic = broker.catalogue.topic(params.project, params.topic)
    shard = broker.shard(topic, params.shard)
    if params.sub_id:
        broker.active(params)
    log, sequence = broker.log(topic, shard), sequence_of(topic, shard, params.cursor)
    if not log.first <= sequence <= log.end:
        raise faults.bad_cursor()
    if sequence == log.end and not broker.takes(topic, shard):
        raise faults.sealed()
    slices = list(_slices(log, sequence, min(params.limit, limits.GET_RECORDS_MAX)))
    call.usage.downloaded_bytes = sum(len(one.frame.slice(one.low, one.high)) for one in slices)
    return Got(topic, shard, sequence, slices)


def _slices(log: Log, sequence: int, count: int) -> Iterator[Slice]:
    """Records from a sequence on: at most so many, and no more bytes than an answer may have, but for the first."""
    left = limits.ANSWER_BYTES_MAX
    end = log.end
    for frame in log.frames(sequence):
        if frame.first >= end:
            return
        low = max(sequence - frame.first, 0)
        high = _fitting(frame, low, min(frame.count, low + count), left)
        if high == low:
            return
        yield Slice(frame, low, high)
        count -= high - low
        left -= len(frame.slice(low, high))
        if count <= 0 or left <= 0 or high < frame.count:
            return


def _fitting(frame: Frame, low: int, high: int, size_bytes: int) -> int:
    """Up to where records of a frame fit into some bytes; the first of an answer always does."""
    while high > low and len(frame.slice(low, high)) > size_bytes:
        half = low + (high - low) // 2
        if half == low:
            return high if size_bytes == limits.ANSWER_BYTES_MAX else low
        high = half
    return high


# -- answers


def _answer(got: Got, request: DhRequest) -> Response:
    if request.form == JSON:
        return json(_document(got), request)
    if request.form == BATCH:
        entries: Any = _batches(got)
    else:
        entries = (one.frame.slice(one.low, one.high) for one in got.slices)
    message = get_answer(got.next_cursor, got.count, got.sequence, entries)
    return Response(200, {"Content-Type": request.form}, wrap(message))


def _document(got: Got) -> dict[str, Any]:
    is_blob = got.topic.type is RecordType.BLOB
    width = 1 if is_blob else len(got.topic.latest.schema.fields)
    records = []
    for entry, frame in got.entries():
        shown: dict[str, Any] = {
            "Sequence": entry.sequence,
            "SystemTime": frame.time_ms,
            "BatchIndex": 0,
            "Cursor": cursor_of(got.topic, got.shard, entry.sequence),
            "NextCursor": cursor_of(got.topic, got.shard, entry.sequence + 1),
            "Data": b64encode(entry.values[0] or b"").decode() if is_blob else _texts(entry, width),
        }
        if entry.attributes:
            shown["Attributes"] = entry.attributes
        records.append(shown)
    return {
        "NextCursor": got.next_cursor,
        "RecordCount": len(records),
        "StartSeq": got.sequence,
        "Records": records,
    }


def _texts(entry: Entry, width: int) -> list[str | None]:
    """Values as text; those of fields that were added later are NULL."""
    texts = [None if value is None else value.decode("utf-8", "replace") for value in entry.values]
    return texts + [None] * (width - len(texts))


def _batches(got: Got) -> Iterator[bytes]:
    """Each record as a batch of its own, so that its sequence is told and can be committed."""
    is_blob = got.topic.type is RecordType.BLOB
    for entry, frame in got.entries():
        version = got.topic.schemas.get(frame.mark)
        schema = None if is_blob else (version or got.topic.latest).schema
        mark = BLOB_VERSION if is_blob else frame.mark
        missing = 0 if schema is None else len(schema.fields) - len(entry.values)
        data = write_batch([write_record(schema, mark, entry.values + [None] * missing, entry.attributes)])
        cursor = cursor_of(got.topic, got.shard, entry.sequence)
        after = cursor_of(got.topic, got.shard, entry.sequence + 1)
        yield batch_entry(cursor, after, entry.sequence, frame.time_ms, data)


GET_RECORDS = Operation(
    "datahub",
    "GetRecords",
    GetRecords,
    _get,
    touches_topic("GetRecords"),
    charge=Charge(request=prices.READS, downloaded=prices.READ, group=prices.GROUP, tallied=True),
    place=on_shard,
    is_data=True,
)

ROUTES = [on("POST", SHARD, GET_RECORDS, _params, _answer, action="sub")]
