"""Topics as sinks. An epoch that is delivered again, after a crash, is in them twice: at least once.

A table of upserts gives of an epoch the last change of each key, and a record without a value for one that goes.
Sources: the pages "Apache Kafka SQL Connector" and "Upsert Kafka SQL Connector" of Flink 2.x.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any

from yunbox.engine.stream.batch import SIGN, Change, Row
from yunbox.engine.stream.connectors.connector import Environment
from yunbox.engine.stream.connectors.kafka.client import partitions, producer, said
from yunbox.engine.stream.connectors.kafka.options import (
    is_upsert,
    key_format,
    topics_of,
    value_format,
)
from yunbox.engine.stream.connectors.kafka.values import maker, unescaped
from yunbox.engine.stream.state import key_of
from yunbox.kernel.errors import InvalidArgument, Unavailable
from yunbox.sql.flink.plans import Sink

_CLOSE_S = 5.0


class KafkaWriter:
    """Writes topics."""

    def __init__(self, sink: Sink, _environment: Environment) -> None:
        self._options = options = sink.options
        names = [column.name for column in sink.columns]
        key = key_format(sink.table, options)
        self._key = None if key is None else maker(key, names)
        self._value = maker(value_format(sink.table, options), names)
        self._places = key_of([names.index(name) for name, _, _ in key.columns] if key is not None else [])
        self._metadata = {one.metadata_key or one.name: at for at, one in enumerate(sink.columns)
                          if one.kind == "metadata"}  # fmt: skip
        self._is_upsert = is_upsert(options)
        self._waits = options.get("sink.delivery-guarantee", "at-least-once") != "none"
        self._topics = topics_of(options)
        if len(self._topics) > 1 and "topic" not in self._metadata:
            raise InvalidArgument(
                f"'topic' of {sink.table.path} names several topics: a column METADATA FROM 'topic' says which one a "
                "row goes to"
            )
        there = partitions(options, self._topics)
        for name in self._topics:
            if name not in there:
                raise InvalidArgument(f"Kafka has no topic {name!r}, or shows none to who asks")
        self._producer = producer(options)
        self._partition = self._partitioner(options.get("sink.partitioner", "default"))

    def deliver(self, epoch: int, changes: Sequence[Change]) -> None:
        """As in Writer."""
        with said(self._options):
            sent = [self._send(row, is_gone=is_gone) for row, is_gone in self._rows(changes)]
            if not self._waits:
                return
            self._producer.flush()
            for one in sent:
                if not one.is_done:
                    raise Unavailable("Kafka has not answered whether it has a record")
                if one.failed():
                    raise one.exception

    def close(self) -> None:
        """As in Writer."""
        self._producer.close(_CLOSE_S)

    def _rows(self, changes: Sequence[Change]) -> Iterator[tuple[Row, bool]]:
        """The rows that are sent, and whether each goes."""
        if not self._is_upsert:
            yield from ((row, False) for _, row in changes)
            return
        last: dict[Row, tuple[Row, bool]] = {}
        for kind, row in changes:
            key = self._places(row)
            last.pop(key, None)  # so that keys come in the order of their last changes
            last[key] = (row, SIGN[kind] < 0)
        yield from last.values()

    def _send(self, row: Row, *, is_gone: bool) -> Any:
        topic = self._topic(row)
        key = None if self._key is None else self._key(row)
        value = None if is_gone else self._value(row)
        if key is None and value is None:
            raise InvalidArgument(f"A record for topic {topic} has neither key nor value, which Kafka does not take")
        return self._producer.send(
            topic,
            value,
            key,
            headers=self._headers(row),
            partition=self._partition(topic),
            timestamp_ms=self._time_ms(row),
        )

    # -- what else a record has

    def _topic(self, row: Row) -> str:
        at = self._metadata.get("topic")
        topic = None if at is None else row[at]
        if topic is None:
            if len(self._topics) == 1:
                return self._topics[0]
            raise InvalidArgument("A row says NULL for its topic")
        if topic not in self._topics:
            raise InvalidArgument(f"The topic of the sink record is not valid. Expected topic to be in: "
                                  f"{self._topics} but was: {topic}")  # fmt: skip
        return str(topic)

    def _headers(self, row: Row) -> list[tuple[str, bytes]] | None:
        at = self._metadata.get("headers")
        if at is None or row[at] is None:
            return None
        found = json.loads(row[at])
        return [(name, unescaped(value)) for name, value in found.items() if value is not None]

    def _time_ms(self, row: Row) -> int | None:
        at = self._metadata.get("timestamp")
        return None if at is None or row[at] is None else int(row[at]) // 1000

    def _partitioner(self, name: str) -> Callable[[str], int | None]:
        """The partition for a record of a topic; by default the client's, by key. A job is one task of a Flink's: all
        its records go to one partition where they are ``fixed``."""
        if name == "default":
            return lambda topic: None
        turns = count() if name == "round-robin" else None

        def partition(topic: str) -> int | None:
            there = sorted(self._producer.partitions_for(topic) or ())
            return there[(0 if turns is None else next(turns)) % len(there)] if there else None

        return partition
