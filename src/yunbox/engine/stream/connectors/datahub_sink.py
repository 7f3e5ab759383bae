"""DataHub's topics as sinks: each record once, also where an epoch is delivered again.

Each put has a mark, which our DataHub keeps with the records (``services/datahub/records/marks``): the number of the
epoch, and of the put within it. A put that is made again is made of the same records for the same shard, so that the
mark says all. For that a file remembers between which shards the records of an epoch are divided, before any is put;
what a shard no longer takes, as it was split or merged meanwhile, goes to those there are then, by another line of the
file. A service that knows no marks has the records of one epoch twice if a job is killed between the two.

Source: the vendor's page "DataHub connector" of Realtime Compute for Apache Flink (options, ``hashFields``).
"""

import time
from base64 import b64decode
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec

from yunbox.clients.datahub import DataHubClient, DataHubError
from yunbox.engine.stream.batch import Change, Row
from yunbox.engine.stream.connectors.connector import Environment
from yunbox.engine.stream.connectors.kinds import option
from yunbox.engine.stream.texts import text
from yunbox.kernel.errors import InvalidArgument, Unavailable
from yunbox.sql.flink.plans import Sink, Table, TableColumn
from yunbox.storage.files import write_durably
from yunbox.wire.datahub.messages import body_of
from yunbox.wire.datahub.schema import FieldType

_PUT_RECORDS_MAX = 1000
_PUT_BYTES_MAX = 1024 * 1024
_PUTS_BITS = 20
"""An epoch has a million puts at most, of a thousand records."""
_LIST_EVERY_S = 5.0
_RESHAPED_S_MAX = 10.0
_BYTES = ("BINARY", "VARBINARY")
_TIMES = ("DATE", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ")
_NOT_TAKEN = ("InvalidShardOperation", "NoSuchShard")


def check_type(column: TableColumn, table: Table) -> None:
    """Raises InvalidArgument for a column whose values are no field's: DataHub has no lists, maps and rows."""
    if column.type.children or column.type.root.startswith("INTERVAL"):
        raise InvalidArgument(
            f"The type {column.type.text} of column '{column.name}' of table {table.path} is none of a field of DataHub"
        )


class Line(msgspec.Struct):
    """Shards between which records are divided, and from which put on some of them took no more."""

    shards: list[str]
    closed: dict[str, int]


class Layouts(msgspec.Struct):
    """How the records of an epoch are divided: all by the first line, what that could not place by the next, and so on.
    Later epochs are divided by the last line."""

    epoch: int
    lines: list[Line]


class DataHubWriter:
    """Writes a topic. Each put is whole or not at all; a record goes to the shard that its hash fields say."""

    def __init__(self, sink: Sink, environment: Environment) -> None:
        options = sink.options
        self._project, self._topic = option(options, "project"), option(options, "topic")
        endpoint, access_id, access_key = (option(options, name) for name in ("endPoint", "accessId", "accessKey"))
        self._client = DataHubClient(endpoint, access_id, access_key)
        self._info = self._client.topic(self._project, self._topic)
        self._sink = sink
        self._name = f"flink:{environment.job_id}:{environment.sink}"
        names = [column.name.lower() for column in sink.columns]
        hashed = [one.strip().lower() for one in option(options, "hashFields").split(",") if one.strip()]
        self._hash = [names.index(name) for name in hashed]
        self._zone = environment.zone
        self._order = self._targets(names)
        self._file = Path(environment.folder) / f"datahub-{environment.sink}.json"
        self._layouts = self._remembered()
        self._listed_at: float | None = None

    def _targets(self, names: list[str]) -> list[tuple[int, bool] | None]:
        """For each field of the topic the column that fills it, and whether as text. Raises InvalidArgument."""
        if self._info.schema is None:
            if len(names) != 1:
                raise InvalidArgument(f"Topic {self._topic} is of type BLOB: it takes exactly one column")
            return [(0, True)]
        for column in self._sink.columns:
            check_type(column, self._sink.table)
        fields = self._info.schema.fields
        known = [field.name.lower() for field in fields]
        for name in names:
            if name not in known:
                raise InvalidArgument(f"Topic {self._project}.{self._topic} has no field {name!r}")
        return [(names.index(name), field.type is FieldType.STRING) if name in names else None
                for name, field in zip(known, fields, strict=True)]  # fmt: skip

    def deliver(self, epoch: int, changes: Sequence[Change]) -> None:
        """As in Writer."""
        numbers = count(epoch << _PUTS_BITS)
        left = list(enumerate(row for _, row in changes))
        for attempt in count():
            left = self._put_all(left, self._line(epoch, attempt), numbers)
            if not left:
                return

    def close(self) -> None:
        """As in Writer."""
        self._client.close()

    # -- putting

    def _put_all(self, rows: Sequence[tuple[int, Row]], line: Line, numbers: Iterator[int]) -> list[tuple[int, Row]]:
        """Put rows, each with its place in the epoch, into some shards; those that were not taken."""
        by_shard: dict[str, list[tuple[int, Row]]] = {}
        for at, row in rows:
            by_shard.setdefault(self._shard(line.shards, at, row), []).append((at, row))
        left = []
        for shard, some in by_shard.items():
            for group, bodies in self._groups(some):
                number = next(numbers)
                if number >= line.closed.get(shard, number + 1):
                    left += group
                elif not self._put(shard, bodies, number):
                    line.closed[shard] = number
                    left += group
        return sorted(left, key=lambda pair: pair[0])

    def _groups(self, rows: Sequence[tuple[int, Row]]) -> Iterator[tuple[list[tuple[int, Row]], list[bytes]]]:
        """Rows that are put together, and what they are as records."""
        group: list[tuple[int, Row]] = []
        bodies: list[bytes] = []
        size = 0
        for pair in rows:
            body = self._body(pair[1])
            if group and (len(group) >= _PUT_RECORDS_MAX or size + len(body) > _PUT_BYTES_MAX):
                yield group, bodies
                group, bodies, size = [], [], 0
            group.append(pair)
            bodies.append(body)
            size += len(body)
        if group:
            yield group, bodies

    def _put(self, shard: str, bodies: list[bytes], number: int) -> bool:
        """Put records into a shard; False if it takes none any more."""
        try:
            self._client.put(self._project, self._topic, shard, bodies, f"{number} {self._name}")
        except DataHubError as error:
            if error.code not in _NOT_TAKEN:
                raise
            return False
        return True

    def _body(self, row: Row) -> bytes:
        values = [None if found is None else self._value(row[found[0]], *found) for found in self._order]
        return body_of(values, {})[0]

    def _value(self, value: Any, at: int, is_text: bool) -> bytes | None:
        of = self._sink.columns[at].type
        if value is None:
            return None
        if of.root in _BYTES:
            return b64decode(value)
        if isinstance(value, bool):
            return b"true" if value else b"false"
        return (text(value, of, self._zone) if is_text and of.root in _TIMES else str(value)).encode()

    # -- shards

    def _shard(self, shards: Sequence[str], at: int, row: Row) -> str:
        if not self._hash:
            return shards[at % len(shards)]
        return shards[hash_of("\0".join(str(row[place]) for place in self._hash)) % len(shards)]

    def _line(self, epoch: int, attempt: int) -> Line:
        """The shards for an epoch's records, or for what those of the attempts before did not take."""
        known = self._layouts
        lines = known.lines if known is not None else []
        if known is not None and known.epoch == epoch and attempt < len(lines):
            return lines[attempt]
        if not attempt:
            return self._first_line(epoch)
        self._remember(Layouts(epoch, [*lines, Line(self._active(lines[-1].shards), {})]))
        return self._line(epoch, attempt)

    def _first_line(self, epoch: int) -> Line:
        """How another epoch is divided: as the one before, unless there are other shards by now."""
        shards = self._layouts.lines[-1].shards if self._layouts is not None else []
        if not shards or self._is_due():
            found = self._active()
            if found != shards:
                self._remember(Layouts(epoch, [Line(found, {})]))
                return self._line(epoch, 0)
        self._layouts = Layouts(epoch, [Line(shards, {})])  # by what the file says, which need not say it again
        return self._layouts.lines[0]

    def _is_due(self) -> bool:
        """Whether to look at the shards again. An epoch that a process begins with may have been put before: it keeps
        to what is remembered."""
        if self._listed_at is None:
            self._listed_at = time.monotonic() - _LIST_EVERY_S
            return False
        return time.monotonic() - self._listed_at >= _LIST_EVERY_S

    def _active(self, before: Sequence[str] = ()) -> list[str]:
        """The shards that take records, which are others than those before. Raises Unavailable."""
        end = time.monotonic() + _RESHAPED_S_MAX
        while True:
            self._listed_at = time.monotonic()
            found = [one.id for one in self._client.shards(self._project, self._topic) if one.is_active]
            if found and found != list(before):
                return found
            if time.monotonic() >= end:
                raise Unavailable(f"Topic {self._project}.{self._topic} has no shard that takes records")
            time.sleep(0.1)

    def _remembered(self) -> Layouts | None:
        if not self._file.exists():
            return None
        return msgspec.json.decode(self._file.read_bytes(), type=Layouts)

    def _remember(self, layouts: Layouts) -> None:
        write_durably(self._file, msgspec.json.encode(layouts))
        self._layouts = layouts


def hash_of(text: str) -> int:
    """A number that is the same in every process."""
    return crc32(text.encode())
