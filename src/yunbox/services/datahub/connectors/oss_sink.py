"""Records of a shard to objects in OSS, exactly once: an object's name says which records it has.

    (written)   the names of the objects, and the sequences that they stand for
    put         each object whole, again and again if need be: it is the same each time
    (written)   the next sequence

A TUPLE topic's objects are CSV, one line for a record; a BLOB topic's are its bytes, one record behind the other. They
lie in a folder for the time at which their records came (the vendor's page "Create an OSS sync task").
"""

from collections.abc import Iterator, Sequence

import msgspec

from yunbox.clients.oss import OssClient
from yunbox.services.datahub import limits
from yunbox.services.datahub.catalogue.model import RecordType, Topic
from yunbox.services.datahub.connectors.model import Move, Outcome, Part, Told
from yunbox.services.datahub.connectors.oss_config import OssConfig
from yunbox.services.datahub.connectors.partitions import cut
from yunbox.services.datahub.connectors.records import FieldPlaces, Record, value_at
from yunbox.wire.datahub.messages import read_entry

_QUOTED = frozenset(b',"\n\r')


def verify(topic: Topic, fields: Sequence[str], config: OssConfig) -> None:
    """Whether the bucket is there and takes the records. Raises InvalidArgument, RequestFailed."""
    check(topic, fields)
    OssClient(config.place).has(f"{config.prefix.rstrip('/')}/.yunbox".lstrip("/"))


def check(topic: Topic, fields: Sequence[str]) -> None:
    """Whether a topic has the fields. Raises InvalidArgument."""
    if topic.type is RecordType.BLOB:
        if fields:
            raise limits.invalid("A topic of type BLOB has no fields for ColumnFields")
        return
    names = [name.lower() for name in fields]
    known = {field.name.lower() for field in topic.latest.schema.fields}
    if not names or len(set(names)) < len(names):
        raise limits.invalid("ColumnFields has no field, or one twice")
    for name in names:
        if name not in known:
            raise limits.invalid(f"The topic has no field {name[:128]!r}")


def upload(topic: Topic, shard: int, told: Told, records: list[Record]) -> Move:
    """Name the objects of records, of which there is one at least; nothing is put yet."""
    config = told.config
    assert isinstance(config, OssConfig)
    counts: dict[str, int] = {}
    for record in records:
        folder = _folder(config, record)
        counts[folder] = counts.get(folder, 0) + 1
    first, end = records[0].sequence, records[-1].sequence + 1
    name = f"{told.connector}_{shard}_{first}_{end}"
    root = f"{config.prefix.rstrip('/')}/" if config.prefix.strip("/") else ""
    return Move(
        first=first,
        end=end,
        time_ms=records[-1].time_ms,
        discarded=0,
        config=msgspec.structs.replace(config, access_id="", access_key=""),
        fields=tuple(told.fields),
        parts=tuple(Part(folder, f"{root}{folder}/{name}", rows) for folder, rows in counts.items()),
    )


def upload_again(topic: Topic, _shard: int, move: Move, part: Part, records: list[Record]) -> Part:
    """Put an object. Raises RequestFailed."""
    config = move.config
    assert isinstance(config, OssConfig)
    chosen = [record for record in records if _folder(config, record) == part.partition]
    body = b"".join(_lines(topic, move.fields, chosen))
    OssClient(config.place).put(part.session, body)
    return msgspec.structs.replace(part, rows=len(chosen))


def settle(config: OssConfig, part: Part, is_fresh: bool) -> Outcome:
    """Whether an object has been put. Raises RequestFailed."""
    return Outcome.DONE if not is_fresh and OssClient(config.place).has(part.session) else Outcome.AGAIN


def _folder(config: OssConfig, record: Record) -> str:
    return cut(record.time_ms, config.time_range, config.time_zone).strftime(config.time_format)


def _lines(topic: Topic, fields: Sequence[str], records: list[Record]) -> Iterator[bytes]:
    wanted, places = [name.lower() for name in fields], FieldPlaces(topic)
    for record in records:
        values = read_entry(record.data).values
        if topic.type is RecordType.BLOB:
            yield values[0] or b""
            continue
        at = places.of(record.version)
        yield b",".join(_cell(value_at(values, at.get(name))) for name in wanted) + b"\n"


def _cell(value: bytes | None) -> bytes:
    """A value in a line: NULL is nothing, and an empty text a pair of quotes, so that the two stay apart."""
    if value is None:
        return b""
    if value and not _QUOTED.intersection(value):
        return value
    return b'"' + value.replace(b'"', b'""') + b'"'
