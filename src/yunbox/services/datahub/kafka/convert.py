"""Kafka's records as DataHub keeps them, and the other way round."""

from collections.abc import Mapping

from yunbox.kernel.errors import InvalidArgument
from yunbox.services.datahub.catalogue.model import RecordType, Topic
from yunbox.services.datahub.kafka.topics import KEY_ATTRIBUTE
from yunbox.wire.datahub.messages import Entry, body_of
from yunbox.wire.datahub.values import checked_value
from yunbox.wire.kafka.records import Record


def body(topic: Topic, record: Record) -> bytes:
    """A record as it is kept. Raises InvalidArgument for one that cannot be."""
    attributes = {_text(name, "header"): _text(value or b"", "header") for name, value in record.headers}
    if topic.type is RecordType.BLOB:
        if record.value is None:
            raise InvalidArgument("A record of a BLOB topic has a value")
        if record.key is not None:
            attributes[KEY_ATTRIBUTE] = _text(record.key, "key")
        return body_of([record.value], attributes)[0]
    fields = topic.latest.schema.fields
    values = [record.value] if len(fields) == 1 else [record.key, record.value]
    if len(fields) == 1 and record.key is not None:
        attributes[KEY_ATTRIBUTE] = _text(record.key, "key")
    return body_of([checked_value(field, value) for field, value in zip(fields, values, strict=True)], attributes)[0]


def _text(data: bytes, what: str) -> str:
    """What becomes an attribute, which is text. Raises InvalidArgument."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InvalidArgument(f"The {what} of a record becomes an attribute, which is UTF-8") from None


def record(topic: Topic, entry: Entry) -> Record:
    """A record that is kept, as Kafka has it."""
    attributes = entry.attributes
    key = attributes.get(KEY_ATTRIBUTE)
    value = entry.values[-1] if entry.values else None
    if topic.type is RecordType.TUPLE and len(entry.values) == 2:
        return Record(entry.values[0], value, headers(attributes))
    return Record(None if key is None else key.encode(), value, headers(attributes))


def headers(attributes: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    """A record's attributes as headers: all but the one that is its key."""
    return tuple((name.encode(), value.encode()) for name, value in attributes.items() if name != KEY_ATTRIBUTE)
