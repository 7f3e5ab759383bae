"""Topics as sources: each partition in the order of its records, from where the job has come to.

The job itself keeps the offsets, with its state. A group is told of them now and then, for people and for those who
begin where it is; the job never asks it again. An upsert says of a key what it has now, and a record without a value
that it is gone. Sources: the pages "Apache Kafka SQL Connector" and "Upsert Kafka SQL Connector" of Flink 2.x.
"""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from yunbox.engine.stream.batch import DELETE, UPDATE_AFTER, Batch, array_of
from yunbox.engine.stream.connectors.connector import Environment, Original, Unrecoverable
from yunbox.engine.stream.connectors.kafka.client import consumer, library, partitions, said
from yunbox.engine.stream.connectors.kafka.options import (
    Edge,
    is_upsert,
    key_format,
    mode_of,
    specific_offsets,
    topics_of,
    value_format,
)
from yunbox.engine.stream.connectors.kafka.properties import properties_of
from yunbox.engine.stream.connectors.kafka.values import NOTHING, Reads, escaped
from yunbox.engine.stream.durations import millis
from yunbox.engine.stream.poison import PoisonRecord
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.plans import Source, TableColumn
from yunbox.sql.flink.types import BIGINT, STRING, FlinkType

_WAIT_MS = 10
_COMMIT_EVERY_S = 5.0
_CLOSE_MS = 5000
_INT = FlinkType("INT")
_LTZ = FlinkType("TIMESTAMP_LTZ", (3,))
_HEADERS = FlinkType("MAP", children=(STRING, FlinkType("VARBINARY", (2147483647,))))
_TIME_KINDS = {0: "CreateTime", 1: "LogAppendTime"}


def _headers(record: Any) -> str:
    pairs = {key: None if value is None else escaped(value) for key, value in record.headers or ()}
    return json.dumps(pairs, ensure_ascii=False)


_METADATA: Mapping[str, tuple[FlinkType, Callable[[Any], Any]]] = {
    "topic": (STRING, lambda one: one.topic),
    "partition": (_INT, lambda one: one.partition),
    "headers": (_HEADERS, _headers),
    "leader-epoch": (_INT, lambda one: None if one.leader_epoch in (None, -1) else one.leader_epoch),
    "offset": (BIGINT, lambda one: one.offset),
    "timestamp": (_LTZ, lambda one: one.timestamp * 1000),
    "timestamp-type": (STRING, lambda one: _TIME_KINDS.get(one.timestamp_type, "NoTimestampType")),
}


class KafkaReader:
    """Reads topics. A partition is a shard, named ``topic-partition``."""

    def __init__(self, source: Source, environment: Environment) -> None:
        self._options = options = source.options
        self._table = source.table
        self._is_upsert = is_upsert(options)
        wanted = {one.name for one in source.columns if one.kind == "physical"}
        value, key = value_format(source.table, options), key_format(source.table, options)
        self._key = None if key is None else Reads(key, wanted, 0)
        width = 0 if self._key is None else len(self._key.types)
        self._value = Reads(value, wanted, width)
        self._metadata = [one.metadata_key or one.name for one in source.columns if one.kind == "metadata"]
        inner = (*(self._key.types if self._key is not None else ()), *self._value.types)
        self.types: tuple[FlinkType, ...] = (*inner, *(_METADATA[key][0] for key in self._metadata))
        self.columns = self._columns(source.columns, len(inner))
        self._group = properties_of(options).get("group.id", "")
        is_committed = properties_of(options).get("commit.offsets.on.checkpoint", "true").lower() == "true"
        self._commits = bool(self._group) and is_committed
        mode = mode_of(options, "bounded")
        self._end_mode = "latest-offset" if mode == "unbounded" and environment.is_batch else mode
        self._is_bounded = self._end_mode != "unbounded"
        discovery_ms = millis(options.get("scan.topic-partition-discovery.interval", "5 min"))
        self._discovery_s = 0.0 if self._is_bounded else discovery_ms / 1000
        self._partition = library().TopicPartition
        self._consumer = consumer(options, self._reset())
        self._next: dict[Any, int] = {}
        self._ends: dict[Any, int] = {}
        self._over: set[Any] = set()
        self._assigned: list[Any] = []
        self._is_begun = False
        self._listed_at = 0.0
        self._committed: dict[Any, int] = {}
        self._committed_at = time.monotonic()
        self._given: list[tuple[Batch, list[Any]]] = []
        self._check_there()

    # -- Reader

    @property
    def is_finished(self) -> bool:
        """Whether all was read that was to be."""
        return self._is_bounded and bool(self._assigned) and len(self._over) == len(self._next)

    def poll(self, rows_max: int) -> Sequence[Batch]:
        """As in Reader. Raises PoisonRecord for a record that is no row."""
        with said(self._options):
            self._list()
            self._commit()
            found = self._consumer.poll(timeout_ms=_WAIT_MS, max_records=rows_max)
            self._given = []
            for partition, records in found.items():
                self._take(partition, records)
            for partition in self._next:
                self._note(partition)
        return [batch for batch, _ in self._given if batch.size]

    def offsets(self) -> Any:
        """As in Reader: the next offset of each partition, and where each ends."""
        return [[one.topic, one.partition, at, self._ends.get(one) if self._is_bounded else None]
                for one, at in self._next.items()]  # fmt: skip

    def seek(self, offsets: Any) -> None:
        """As in Reader."""
        self._is_begun = True
        self._next = {self._partition(topic, number): at for topic, number, at, _ in offsets}
        self._ends = {self._partition(topic, number): end for topic, number, _, end in offsets if end is not None}

    def shards(self) -> Sequence[str]:
        """As in Reader."""
        return [_shard(one) for one in self._next if one not in self._over]

    def lag_rows(self) -> int | None:
        """As in Reader."""
        return sum(max(self._ends.get(one, at) - at, 0) for one, at in self._next.items())

    def place(self, batch: Batch, row: int) -> str:
        """As in Reader."""
        record = self._record(batch, row)
        return f"topic {self._options.get('topic', '')}, {batch.shard}" if record is None else _place(record)

    def original(self, batch: Batch, row: int) -> Original | None:
        """As in Keeping: key and value as text, or in base64 under a name that says so."""
        record = self._record(batch, row)
        if record is None:
            return None
        told = {**_told("key", record.key), **_told("value", record.value)}
        return Original(record.topic, record.offset, json.dumps(told, ensure_ascii=False))

    def close(self) -> None:
        """As in Reader."""
        self._consumer.close(autocommit=False, timeout_ms=_CLOSE_MS)

    # -- partitions

    def _reset(self) -> str:
        """What becomes of an offset whose record is gone, by where reading begins, as in Flink."""
        mode = mode_of(self._options, "startup")
        if mode == "group-offsets":
            given = properties_of(self._options).get("auto.offset.reset", "none")
            if given not in ("earliest", "latest", "none"):
                raise InvalidArgument(f"'properties.auto.offset.reset' = '{given}' is none of earliest, latest, none")
            return given
        return {"timestamp": "latest", "latest-offset": "latest"}.get(mode, "earliest")

    def _check_there(self) -> None:
        if not self._partitions():
            pattern = self._options.get("topic-pattern", "")
            raise InvalidArgument(f"Kafka has no topic that is like {pattern!r}, or shows none to who asks")

    def _partitions(self) -> list[Any]:
        pattern = self._options.get("topic-pattern")
        names = topics_of(self._options) if pattern is None else None
        there = partitions(self._options, names)
        if pattern is not None:
            names = sorted(one for one in there if re.fullmatch(pattern, one))
        for name in names or ():
            if name not in there and not self._is_begun:
                raise InvalidArgument(f"Kafka has no topic {name!r}, or shows none to who asks")
        return [self._partition(name, number) for name in names or () for number in there.get(name, ())]

    def _list(self) -> None:
        """Find the partitions there are; those that come later are read from their beginning."""
        now = time.monotonic()
        if self._assigned and (not self._discovery_s or now - self._listed_at < self._discovery_s):
            return
        self._listed_at = now
        if not self._is_begun or not self._is_bounded:
            self._begin([one for one in self._partitions() if one not in self._next])
        endless = [one for one in self._next if self._is_bounded and one not in self._ends]
        if endless:
            self._ends |= self._edge("bounded", self._end_mode, endless)
        if self._assigned != list(self._next):
            before, self._assigned = set(self._assigned), list(self._next)
            self._consumer.assign(self._assigned)
            for one, at in self._next.items():
                if one not in before:
                    self._consumer.seek(one, at)
        for one in self._next:
            self._note(one)

    def _begin(self, new: list[Any]) -> None:
        if not new:
            return
        if self._is_begun:
            self._next |= self._consumer.beginning_offsets(new)
            return
        self._next = self._edge("startup", mode_of(self._options, "startup"), new)
        self._is_begun = True

    def _edge(self, edge: Edge, mode: str, some: list[Any]) -> dict[Any, int]:
        """Where reading partitions begins or ends. Raises Unrecoverable."""
        if mode == "earliest-offset":
            return dict(self._consumer.beginning_offsets(some))
        if mode == "latest-offset":
            return dict(self._consumer.end_offsets(some))
        if mode == "timestamp":
            time_ms = int(self._options[f"scan.{edge}.timestamp-millis"])
            found = self._consumer.offsets_for_times(dict.fromkeys(some, time_ms))
            ends = self._consumer.end_offsets(some)
            return {one: ends[one] if found.get(one) is None else found[one].offset for one in some}
        if mode == "specific-offsets":
            given = specific_offsets(self._options, edge)
            others = self._consumer.beginning_offsets(some) if edge == "startup" else self._consumer.end_offsets(some)
            return {one: given.get(one.partition, others[one]) for one in some}
        return self._of_group(some)

    def _of_group(self, some: list[Any]) -> dict[Any, int]:
        found = {one: self._consumer.committed(one) if self._group else None for one in some}
        none = [one for one, at in found.items() if at is None]
        reset = properties_of(self._options).get("auto.offset.reset", "none")
        if none and reset == "none":
            raise Unrecoverable(
                f"Undefined offset with no reset policy for partitions: [{', '.join(map(_shard, none))}]. The group "
                f"'{self._group}' has committed none: say 'properties.auto.offset.reset' or another "
                "'scan.startup.mode'"
            )
        others = self._consumer.beginning_offsets(none) if reset == "earliest" else self._consumer.end_offsets(none)
        return {one: others[one] if at is None else at for one, at in found.items()}

    def _note(self, partition: Any) -> None:
        """How far a partition was read, also past what is no record, and whether that is its end."""
        at = self._consumer.position(partition, timeout_ms=_CLOSE_MS)
        if at is not None and partition not in self._over:
            self._next[partition] = at
        if not self._is_bounded:
            self._ends[partition] = self._consumer.highwater(partition) or self._next[partition]
        elif self._next[partition] >= self._ends[partition] and partition not in self._over:
            self._over.add(partition)
            self._consumer.pause(partition)

    def _commit(self) -> None:
        """Tell the group what was read, which is in the job's state by now."""
        now = time.monotonic()
        if not self._commits or self._committed == self._next or now - self._committed_at < _COMMIT_EVERY_S:
            return
        self._committed_at, self._committed = now, dict(self._next)
        made = library().structs.OffsetAndMetadata
        self._consumer.commit_async({one: made(at, "", -1) for one, at in self._next.items()})

    # -- records

    def _take(self, partition: Any, records: list[Any]) -> None:
        end = self._ends[partition] if self._is_bounded else None
        kept: list[Any] = []
        keys: list[Any] = []
        values: list[Any] = []
        for record in records:
            if end is not None and record.offset >= end:
                break
            key, value = self._read(record)
            if key is not NOTHING and value is not NOTHING:
                kept.append(record)
                keys.append(key)
                values.append(value)
        arrays = (*(self._key.arrays(keys) if self._key is not None else ()), *self._value.arrays(values))
        more = tuple(array_of([take(one) for one in kept], of)
                     for of, take in (_METADATA[key] for key in self._metadata))  # fmt: skip
        kinds = None
        if self._is_upsert:
            kinds = np.array([DELETE if one.value is None else UPDATE_AFTER for one in kept], np.int8)
        self._given.append((Batch((*arrays, *more), len(kept), kinds, _shard(partition)), kept))

    def _read(self, record: Any) -> tuple[Any, Any]:
        try:
            key = None if self._key is None else self._key.record(record.key)
            is_gone = self._is_upsert and record.value is None
            return key, self._value.gone() if is_gone else self._value.record(record.value)
        except InvalidArgument as error:
            raise PoisonRecord(f"{_place(record)}: {error.message}") from error

    def _record(self, batch: Batch, row: int) -> Any:
        return next((records[row] for one, records in self._given if one is batch), None)

    # -- columns

    def _columns(self, columns: Sequence[TableColumn], first: int) -> tuple[str, ...]:
        """The SQL of each column; one that keys and values have is the value's, which an upsert need not have."""
        found = []
        keys = self._key.columns if self._key is not None else {}
        for column in columns:
            if column.kind == "metadata":
                found.append(f"CAST(c{first} AS {column.type.duckdb})")
                first += 1
            elif column.name in keys and (self._is_upsert or column.name not in self._value.columns):
                found.append(keys[column.name])
            else:
                found.append(self._value.columns[column.name])
        return tuple(found)


def _shard(partition: Any) -> str:
    return f"{partition.topic}-{partition.partition}"


def _place(record: Any) -> str:
    return f"topic {record.topic}, partition {record.partition}, offset {record.offset}"


def _told(name: str, data: bytes | None) -> dict[str, str | None]:
    try:
        return {name: None if data is None else data.decode()}
    except UnicodeDecodeError:
        return {f"{name}_hex": (data or b"").hex()}
