"""DataHub's topics as tables: read shard by shard in the order of their records.

Sources: the vendor's page "DataHub connector" of Realtime Compute for Apache Flink (options, metadata columns, types).
What a record's fields are as text becomes the table's types in the query that reads it.
"""

import json
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from yunbox.clients.datahub import DataHubClient, DataHubError, Position, TopicInfo
from yunbox.engine.stream.batch import Batch, array_of, concat
from yunbox.engine.stream.connectors.connector import Connector, Environment, Original
from yunbox.engine.stream.connectors.datahub_sink import DataHubWriter, check_type
from yunbox.engine.stream.connectors.datahub_subscription import Subscription
from yunbox.engine.stream.connectors.kinds import option
from yunbox.kernel.errors import InvalidArgument, KernelError
from yunbox.sql.flink.plans import Source, TableColumn
from yunbox.sql.flink.types import BIGINT, STRING, FlinkType
from yunbox.wire.datahub.entries import Entries

_FETCH_MAX = 5000
_AT_ONCE_MAX = 15_000
"""So many of a shard are one batch where there are more than a fetch gives: all that follows costs less a row."""
_LIST_EVERY_S = 5.0
_CLOSED = "InvalidShardOperation"
_BEYOND = "SeekOutOfRange"
_TIME_FORM = "%Y-%m-%d %H:%M:%S"
_METADATA = {"shard-id": "m0", "sequence": "m1", "system-time": "m2"}


@dataclass
class _Shard:
    """Where reading a shard has come to: the sequence of the next record."""

    id: str
    next: int
    cursor: str = ""
    is_over: bool = False
    last: Position | None = None
    """The last record that was read since the job has begun."""


class DataHubReader:
    """Reads a topic: all its shards, also those that come later."""

    def __init__(self, source: Source, environment: Environment) -> None:
        options = source.options
        self._project, self._topic = option(options, "project"), option(options, "topic")
        self._client = _client(options)
        self._fetch = int(option(options, "maxFetchSize", str(_FETCH_MAX)))
        self._info = self._client.topic(self._project, self._topic)
        self._places = _places(source, self._info)
        count = sum(1 for place in self._places if isinstance(place, int))
        self.types: tuple[FlinkType, ...] = (*(STRING for _ in range(count)), STRING, BIGINT, BIGINT)
        self.columns = _columns(source.columns, self._places, self._info, count)
        self._is_bounded = environment.is_batch
        self._start_ms = _start_ms(options, environment)
        self._ends: dict[str, int] = {}
        self._shards: dict[str, _Shard] = {}
        self._listed_at = 0.0
        self._has_state = False
        sub_id = option(options, "subId")
        self._subscription = Subscription(self._client, self._project, self._topic, sub_id) if sub_id else None
        self._durable: dict[str, Position] = {}
        if self._subscription is not None:
            self._subscription.open(one.id for one in self._client.shards(self._project, self._topic))

    @property
    def is_finished(self) -> bool:
        """Whether a batch has read what there was at its beginning."""
        return self._is_bounded and bool(self._shards) and all(one.is_over for one in self._shards.values())

    def poll(self, rows_max: int) -> Sequence[Batch]:
        """As in Reader. What was given until now has been worked on."""
        self._list()
        self._tell()
        found: list[Batch] = []
        left = rows_max
        for shard in sorted(self._shards.values(), key=lambda one: one.next):
            if left <= 0:
                break
            some = list(self._some(shard, min(left, _AT_ONCE_MAX)))
            if some:
                found.append(concat(some, shard.id))
                left -= found[-1].size
        return found

    def offsets(self) -> dict[str, int]:
        """As in Reader: the next sequence of each shard, -1 for one that is closed and was read to its end."""
        self._durable = {one.id: one.last for one in self._shards.values() if one.last is not None}
        return {one.id: -1 if one.is_over and not self._is_bounded else one.next for one in self._shards.values()}

    def seek(self, offsets: Any) -> None:
        """As in Reader."""
        self._has_state = True
        self._shards = {name: _Shard(name, max(at, 0), is_over=at < 0) for name, at in offsets.items()}

    def shards(self) -> Sequence[str]:
        """As in Reader."""
        return [one.id for one in self._shards.values() if not one.is_over]

    def lag_rows(self) -> int | None:
        """As in Reader."""
        total = 0
        for shard in self._shards.values():
            if not shard.is_over:
                total += max(self._end(shard.id) - shard.next, 0)
        return total

    def place(self, batch: Batch, row: int) -> str:
        """As in Reader."""
        sequence = batch.columns[-2].tolist()[row]
        return f"topic {self._project}.{self._topic}, shard {batch.shard}, offset {sequence}"

    def original(self, batch: Batch, row: int) -> Original | None:
        """As in Keeping: the record is read once more, with all its fields."""
        sequence = batch.columns[-2].tolist()[row]
        try:
            cursor = self._client.cursor(self._project, self._topic, batch.shard, "SEQUENCE", sequence)[0]
            entries = self._client.get(self._project, self._topic, batch.shard, cursor, 1)
        except DataHubError as error:
            if error.code != _BEYOND:
                raise
            return None
        if not len(entries) or int(entries.sequences[0]) != sequence:
            return None
        return Original(f"{self._project}.{self._topic}", sequence, self._json(entries.entry(0).values))

    def _json(self, values: Sequence[bytes | None]) -> str:
        """A record's fields by their names; bytes that are no text in base64, under a name that says so."""
        names = ["data"] if self._info.schema is None else [one.name for one in self._info.schema.fields]
        found: dict[str, str | None] = {}
        for name, value in zip(names, values, strict=False):
            try:
                found[name] = None if value is None else bytes(value).decode()
            except UnicodeDecodeError:
                found[f"{name}_base64"] = b64encode(value or b"").decode()
        return json.dumps(found, ensure_ascii=False)

    def close(self) -> None:
        """As in Reader."""
        with suppress(KernelError):  # the job has ended, and its own offsets are what counts
            self._tell(is_last=True)
        self._client.close()

    def _tell(self, *, is_last: bool = False) -> None:
        """Have the subscription say how far the job has come for good."""
        if self._subscription is not None:
            self._subscription.open(self._shards)
            self._subscription.tell(self._durable, is_last=is_last)

    # -- shards

    def _list(self) -> None:
        """Find shards that a split or a merge has made; they are read from their beginning."""
        now = time.monotonic()
        if self._shards and (self._is_bounded or now - self._listed_at < _LIST_EVERY_S):
            return
        self._listed_at = now
        is_first = not self._shards and not self._has_state
        for shard in self._client.shards(self._project, self._topic):
            if shard.id not in self._shards:
                self._shards[shard.id] = _Shard(shard.id, self._first(shard.id) if is_first else 0)
            if self._is_bounded and shard.id not in self._ends:
                end = self._ends[shard.id] = self._end(shard.id)
                self._shards[shard.id].is_over = self._shards[shard.id].next >= end

    def _first(self, shard: str) -> int:
        if self._start_ms is None:
            return self._client.cursor(self._project, self._topic, shard, "OLDEST")[1]
        try:
            return self._client.cursor(self._project, self._topic, shard, "SYSTEM_TIME", self._start_ms)[1]
        except DataHubError as error:
            if error.code != _BEYOND:
                raise
            return self._end(shard)

    def _end(self, shard: str) -> int:
        """The sequence behind the last record that there is now."""
        cursor, last = self._client.cursor(self._project, self._topic, shard, "LATEST")
        return last + 1 if len(self._client.get(self._project, self._topic, shard, cursor, 1)) else last

    def _some(self, shard: _Shard, limit: int) -> Iterator[Batch]:
        """Up to so many records, fetch by fetch, for as long as there are more at once."""
        size = self._fetch
        while limit > 0 and size == self._fetch and not shard.is_over:
            batch = self._read(shard, min(limit, self._fetch))
            size = 0 if batch is None else batch.size
            if batch is not None:
                limit -= size
                yield batch

    def _read(self, shard: _Shard, limit: int) -> Batch | None:
        try:
            if not shard.cursor:
                shard.cursor = self._cursor(shard)
                if not shard.cursor:
                    return None
            entries = self._client.get(self._project, self._topic, shard.id, shard.cursor, limit)
        except DataHubError as error:
            if error.code != _CLOSED:
                raise
            shard.is_over = True
            self._listed_at = 0.0
            return None
        if not len(entries):
            return None
        shard.cursor = entries.next_cursor
        batch = self._batch(shard, entries)
        shard.next = int(entries.sequences[-1]) + 1
        end = self._ends.get(shard.id)
        wanted = len(entries) if end is None else int((entries.sequences < end).sum())
        if wanted:
            shard.last = Position(int(entries.sequences[wanted - 1]), int(entries.times[wanted - 1]))
        if end is not None and shard.next >= end:
            shard.is_over = True
            keep = entries.sequences < end
            return batch if keep.all() else batch.taken(keep)
        return batch

    def _cursor(self, shard: _Shard) -> str:
        """A cursor at the next record, or none while it has not come; records that have gone are skipped."""
        try:
            return self._client.cursor(self._project, self._topic, shard.id, "SEQUENCE", shard.next)[0]
        except DataHubError as error:
            if error.code != _BEYOND:
                raise
        return ""

    # -- records

    def _batch(self, shard: _Shard, entries: Entries) -> Batch:
        columns = self._blobs(entries) if self._info.schema is None else self._fields(entries)
        size = len(entries)
        shards = array_of([shard.id] * size, STRING)
        more = (shards, entries.sequences, entries.times)
        return Batch((*columns, *more), size, None, shard.id)

    def _blobs(self, entries: Entries) -> list[Any]:
        if not any(isinstance(place, int) for place in self._places):
            return []
        split = entries.columns(1)
        values = [split.value(0, row) for row in range(len(entries))]
        return [array_of([None if one is None else b64encode(one).decode() for one in values], STRING)]

    def _fields(self, entries: Entries) -> list[Any]:
        """The fields that are wanted, as text; records of another version of the schema are looked at one by one."""
        assert self._info.schema is not None
        split = entries.columns(len(self._info.schema.fields))
        others = np.flatnonzero(~split.whole).tolist()
        rows = {row: entries.entry(row).values for row in others}
        found = []
        for place in dict.fromkeys(one for one in self._places if isinstance(one, int)):
            texts = _texts(split, place)
            for row, values in rows.items():
                value = values[place] if place < len(values) else None
                texts[row] = None if value is None else value.decode("utf-8", "replace")
            found.append(array_of(texts, STRING))
        return found


def _texts(split: Any, place: int) -> list[str | None]:
    data, offsets = split.gathered(place)
    raw, bounds = data.tobytes(), offsets.tolist()
    found: list[str | None]
    if raw.isascii():
        text = raw.decode("ascii")
        found = [text[low:high] for low, high in pairwise(bounds)]
    else:
        found = [raw[low:high].decode("utf-8", "replace") for low, high in pairwise(bounds)]
    for row in np.flatnonzero(split.lengths[place] < 0).tolist():
        found[row] = None
    return found


# -- columns


def _places(source: Source, info: TopicInfo) -> list[int | str]:
    """For each column of the plan the field that it is, or the metadata. Raises InvalidArgument."""
    found: list[int | str] = []
    for column in source.columns:
        if column.kind == "metadata":
            key = column.metadata_key or column.name
            if key not in _METADATA:
                raise InvalidArgument(
                    f"Invalid metadata key '{key}' in column '{column.name}' of table {source.table.path}. The DataHub "
                    f"connector supports the following metadata keys for reading: {', '.join(sorted(_METADATA))}"
                )
            found.append(_METADATA[key])
        elif info.schema is None:
            found.append(_blob(source, column))
        else:
            check_type(column, source.table)
            found.append(_field(info, column.name))
    return found


def _blob(source: Source, column: TableColumn) -> int:
    physical = [one for one in source.table.columns if one.kind == "physical"]
    if len(physical) != 1 or column.type.root != "VARBINARY":
        raise InvalidArgument(
            f"Topic {option(source.options, 'topic')} is of type BLOB: table {source.table.path} must have exactly one "
            "physical column, of type VARBINARY"
        )
    return 0


def _field(info: TopicInfo, name: str) -> int:
    assert info.schema is not None
    for at, field in enumerate(info.schema.fields):
        if field.name.lower() == name.lower():
            return at
    raise InvalidArgument(f"Topic {info.project}.{info.name} has no field {name!r}")


def _columns(
    columns: Sequence[TableColumn], places: Sequence[int | str], info: TopicInfo, count: int
) -> tuple[str, ...]:
    """The SQL of each column over what the reader gives: texts of fields, then shard, sequence and time."""
    order = list(dict.fromkeys(one for one in places if isinstance(one, int)))
    found = []
    for column, place in zip(columns, places, strict=True):
        if isinstance(place, int):
            kind = "BLOB" if info.schema is None else info.schema.fields[place].type.value
            found.append(_value(f"c{order.index(place)}", kind, column.type))
        else:
            found.append(_metadata(f"c{count + int(place[1:])}", place, column.type))
    return tuple(found)


def _value(name: str, kind: str, of: FlinkType) -> str:
    if kind == "BLOB":
        return f"from_base64({name})"
    if kind == "TIMESTAMP" and of.root in ("TIMESTAMP", "TIMESTAMP_LTZ"):
        make = "make_timestamp" if of.root == "TIMESTAMP" else "make_timestamptz"
        return f"{make}(CAST({name} AS BIGINT))"
    return f"CAST({name} AS {of.duckdb})"


def _metadata(name: str, key: str, of: FlinkType) -> str:
    if key == _METADATA["system-time"] and of.root.startswith("TIMESTAMP"):
        make = "make_timestamp" if of.root == "TIMESTAMP" else "make_timestamptz"
        return f"{make}({name} * 1000)"
    return f"CAST({name} AS {of.duckdb})"


# -- options


def _client(options: Mapping[str, str]) -> DataHubClient:
    return DataHubClient(option(options, "endPoint"), option(options, "accessId"), option(options, "accessKey"))


def _start_ms(options: Mapping[str, str], environment: Environment) -> int | None:
    """From when on records are read; a batch begins with the oldest, a stream with those that come from now on."""
    text = option(options, "startTime")
    if not text:
        return None if environment.is_batch else int(time.time() * 1000)
    try:
        local = datetime.strptime(text, _TIME_FORM).replace(tzinfo=ZoneInfo(environment.zone))
    except ValueError:
        raise InvalidArgument(f"'startTime' = {text!r} is not of the form yyyy-MM-dd HH:mm:ss") from None
    return int(local.timestamp() * 1000)


CONNECTOR = Connector(reader=DataHubReader, writer=DataHubWriter)
