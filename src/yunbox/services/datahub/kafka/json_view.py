"""The records of a TUPLE topic as JSON objects, for Kafka's consumers that know of no schema: any topic can be read so.

Numbers are numbers, but for a DECIMAL and for what JSON has no number for (NaN, Infinity): those are texts, as many
readers would make a DOUBLE of them. A TIMESTAMP is written as SQL has it, in UTC; a JSON stays the text that it is.
A field that is NULL is null, and one that the record's version of the schema has not is left out.
"""

import math
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from yunbox.services.datahub.kafka.convert import headers
from yunbox.wire.datahub.messages import Entry
from yunbox.wire.datahub.schema import Field, FieldType, RecordSchema
from yunbox.wire.kafka.records import Record

_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_EPOCH = datetime(1970, 1, 1)
Written = Callable[[bytes], bytes]


def json_record(schema: RecordSchema, entry: Entry) -> Record:
    """A record whose value is the object of an entry's fields, under their names."""
    parts = [_member(field, value) for field, value in zip(schema.fields, entry.values, strict=False)]
    return Record(None, b"{" + b",".join(parts) + b"}", headers(entry.attributes))


def _member(field: Field, value: bytes | None) -> bytes:
    written = b"null" if value is None else _WRITTEN[field.type](value)
    return b'"%b":%b' % (field.name.encode(), written)


def _text(value: bytes) -> bytes:
    return msgspec.json.encode(value.decode("utf-8", "replace"))


def _integer(value: bytes) -> bytes:
    return value if _NUMBER.fullmatch(value) else b"%d" % int(value)


def _real(value: bytes) -> bytes:
    if _NUMBER.fullmatch(value):
        return value
    number = float(value)
    return repr(number).encode() if math.isfinite(number) else _text(value)


def _timestamp(value: bytes) -> bytes:
    moment = _EPOCH + timedelta(microseconds=int(value))
    return b'"%b"' % moment.isoformat(" ", "microseconds").encode()


def _as_it_is(value: bytes) -> bytes:
    return value


_INTEGERS = (FieldType.TINYINT, FieldType.SMALLINT, FieldType.INTEGER, FieldType.BIGINT)
_WRITTEN: dict[FieldType, Written] = {
    **dict.fromkeys(_INTEGERS, _integer),
    FieldType.FLOAT: _real,
    FieldType.DOUBLE: _real,
    FieldType.DECIMAL: _text,
    FieldType.BOOLEAN: _as_it_is,
    FieldType.TIMESTAMP: _timestamp,
    FieldType.STRING: _text,
    FieldType.JSON: _text,
}
