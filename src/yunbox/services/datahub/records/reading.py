"""From what clients send to records as they are kept: read, compared with the topic's schema, and put into form."""

from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from typing import Any

import msgspec

from yunbox.kernel.errors import InvalidArgument
from yunbox.services.datahub import limits
from yunbox.services.datahub.catalogue.model import RecordType, SchemaVersion, Topic
from yunbox.services.datahub.http.request import BATCH, PROTOBUF
from yunbox.wire.datahub.batch import BLOB_VERSION, Binary, read_batch
from yunbox.wire.datahub.columns import split
from yunbox.wire.datahub.envelope import unwrap
from yunbox.wire.datahub.messages import Failed, Put, body_of, read_batches, read_puts, values_of
from yunbox.wire.datahub.schema import RecordSchema
from yunbox.wire.datahub.values import SIZE_MISMATCH, check, checked_value

_FEW = 8
"""Records that are looked at one by one, as arrays do not pay."""
_MALFORMED = "MalformedRecord"


class _JsonRecord(msgspec.Struct):
    Data: list[Any] | str
    ShardId: str | None = ""
    HashKey: str | None = ""
    PartitionKey: str | None = ""
    Attributes: dict[str, str] | None = None


class _JsonBody(msgspec.Struct):
    Records: list[_JsonRecord]


_json = msgspec.json.Decoder(_JsonBody)


@dataclass(slots=True)
class Incoming:
    """The records of a request, the version of the schema that each is of, and those that are none."""

    puts: list[Put]
    versions: list[int]
    failed: dict[int, Failed]


def incoming(topic: Topic, form: str, body: bytes) -> Incoming:
    """The records of a request. Raises InvalidArgument for a body that cannot be read at all."""
    if form == BATCH:
        found = _of_batches(topic, unwrap(body))
    else:
        puts = read_puts(unwrap(body)) if form == PROTOBUF else _of_json(topic, body)
        found = Incoming(puts, [0] * len(puts), {})
    if not found.puts:
        raise limits.invalid("There are no records")
    if len(found.puts) > limits.RECORDS_MAX:
        raise limits.invalid(f"A request has at most {limits.RECORDS_MAX} records, not {len(found.puts)}")
    if form != BATCH:
        _check(topic, found)
    return found


# -- JSON


def _of_json(topic: Topic, body: bytes) -> list[Put]:
    try:
        records = _json.decode(body).Records
    except msgspec.MsgspecError as error:
        raise limits.invalid(f"The records cannot be read: {error}") from None
    is_blob = topic.type is RecordType.BLOB
    return [_put_of(record, is_blob) for record in records]


def _put_of(record: _JsonRecord, is_blob: bool) -> Put:
    if isinstance(record.Data, str):
        values: list[bytes | None] = [_blob(record.Data)] if is_blob else []
    else:
        values = [] if is_blob else [_text(value) for value in record.Data]
    body, data_at = body_of(values, record.Attributes or {})
    return Put(body, data_at, record.ShardId or "", record.HashKey or "", record.PartitionKey or "")


def _blob(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except Base64Error:
        raise InvalidArgument("The data of a BLOB record is Base64", code=_MALFORMED) from None


def _text(value: Any) -> bytes | None:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if value is None:
        return None
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, int | float):
        return repr(value).encode()
    return msgspec.json.encode(value)


# -- batches


def _of_batches(topic: Topic, message: bytes) -> Incoming:
    """The records of batches, which say the version of their schema themselves."""
    known = topic.schemas

    def schema(version: int) -> RecordSchema:
        if version not in known:
            raise InvalidArgument(f"The topic has no schema of version {version}", code=_MALFORMED)
        return known[version].schema

    found = Incoming([], [], {})
    for batch in read_batches(message):
        for record in read_batch(batch, schema, limits.RAW_BYTES_MAX):
            _add(topic, found, record)
    return found


def _add(topic: Topic, found: Incoming, record: Binary) -> None:
    is_blob = record.version == BLOB_VERSION
    if is_blob != (topic.type is RecordType.BLOB):
        raise InvalidArgument(f"The topic is of type {topic.type}, and the record is not", code=_MALFORMED)
    if not is_blob:
        fields = topic.schemas[record.version].schema.fields
        values = [checked_value(field, value) for field, value in zip(fields, record.values, strict=True)]
    else:
        values = record.values
    found.puts.append(Put(*body_of(values, record.attributes)))
    found.versions.append(0 if is_blob else record.version)


# -- what a schema says


def _check(topic: Topic, found: Incoming) -> None:
    """Note what is no record of the topic, and the version of what is one."""
    if topic.type is RecordType.BLOB:
        _check_blobs(found)
        return
    wrong = list(range(len(found.puts)))
    for version in _candidates(topic):
        wrong = _check_version(found, version, wrong)
        if not wrong:
            return
    for at in wrong:
        _look(topic.latest, found, at)


def _candidates(topic: Topic) -> list[SchemaVersion]:
    """The versions that records may be of which do not say so: one of each number of fields, the newest first."""
    by_count: dict[int, SchemaVersion] = {}
    for _, version in sorted(topic.schemas.items(), reverse=True):
        by_count.setdefault(len(version.schema.fields), version)
    return list(by_count.values())


def _check_version(found: Incoming, version: SchemaVersion, among: list[int]) -> list[int]:
    """Those of some records that are not of a version; the others are noted to be."""
    puts = [found.puts[at] for at in among]
    if len(puts) < _FEW:
        left = [at for at in among if not _is_one(version, found, at)]
    else:
        wrong = check(version.schema, _split(puts, len(version.schema.fields)))
        left = [among[row] for row in sorted(wrong) if not _is_one(version, found, among[row])]
    gone = set(left)
    for at in among:
        if at not in gone:
            found.versions[at] = version.version
    return left


def _split(puts: list[Put], count: int) -> Any:
    starts, ends, at = [], [], 0
    for put in puts:
        starts.append(at + put.data_at)
        at += len(put.body)
        ends.append(at)
    return split(b"".join([put.body for put in puts]), starts, ends, count)


def _is_one(version: SchemaVersion, found: Incoming, at: int) -> bool:
    """Whether a record is of a version; one whose values are only written otherwise is written anew."""
    try:
        _look(version, found, at, note=False)
    except InvalidArgument:
        return False
    return at not in found.failed


def _look(version: SchemaVersion, found: Incoming, at: int, *, note: bool = True) -> None:
    """Compare one record with a version, and note what is wrong. Without ``note`` raises InvalidArgument instead."""
    put, fields = found.puts[at], version.schema.fields
    try:
        values = values_of(put.body, put.data_at)
        if len(values) != len(fields):
            raise InvalidArgument(SIZE_MISMATCH, code=_MALFORMED)
        kept = [checked_value(field, value) for field, value in zip(fields, values, strict=True)]
    except InvalidArgument as error:
        if not note:
            raise
        found.failed[at] = Failed(at, _MALFORMED, error.message)
        return
    if kept != values:
        _rewrite(put, kept)


def _rewrite(put: Put, values: list[bytes | None]) -> None:
    """Give a record other values; its attributes stay."""
    attributes = put.body[: _attributes_end(put)]
    data, data_at = body_of(values, {})
    put.body, put.data_at = attributes + data, len(attributes) + data_at


def _attributes_end(put: Put) -> int:
    """Where the field of the data begins: before its tag and its length."""
    length = len(put.body) - put.data_at
    size = 1
    while length > 127:
        length, size = length >> 7, size + 1
    return put.data_at - size - 1


def _check_blobs(found: Incoming) -> None:
    for at, put in enumerate(found.puts):
        values = values_of(put.body, put.data_at)
        if len(values) != 1 or values[0] is None:
            found.failed[at] = Failed(at, _MALFORMED, "The record is not well-formed. A BLOB has one value.")


def malformed(failed: Failed) -> InvalidArgument:
    """The error of a request that is taken whole or not at all."""
    return InvalidArgument(failed.message, code=failed.code)
