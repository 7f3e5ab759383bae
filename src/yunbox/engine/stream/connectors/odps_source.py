"""MaxCompute's tables as sources: partition by partition, each in a download session of the tunnel, rows in Arrow.

A session is a snapshot, so that its id and a number of rows say how far reading has come. A full source reads what
there is when it begins, and ends; with ``startPartition`` partitions that come later are read too, each once and as it
is when it is found. One that is empty has not come yet: writers make it before they put rows into it.

Source: the vendor's page "MaxCompute connector" of Realtime Compute for Apache Flink (options, types).
"""

import io
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

import arro3.io as arrow_io
import duckdb

from yunbox.clients.odps import OdpsClient, OdpsPartition, OdpsTable, TableColumn
from yunbox.clients.requests import RequestFailed
from yunbox.engine.duck.layout import as_sent, from_buffers
from yunbox.engine.duck.scan import quote_name, quote_text
from yunbox.engine.stream.batch import Batch, encoded
from yunbox.engine.stream.connectors.connector import Environment, Unrecoverable
from yunbox.engine.stream.connectors.kinds import option, whole
from yunbox.engine.stream.connectors.odps_partitions import chosen, values_of
from yunbox.engine.stream.connectors.odps_tables import natural, place, readable
from yunbox.engine.stream.duck import Duck, batch_of
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.plans import Source
from yunbox.sql.flink.types import FlinkType
from yunbox.wire.odps.arrow import END_OF_STREAM, schema_for, stream_prefix

_FIRST_ROWS = 4096
_BODY_BYTES = 8 << 20
_GONE = ("NoSuchDownload", "TableModified", "SchemaModified", "NoSuchTable", "NoSuchPartition")
_MODIFIED = ("NONE", "SKIP")
Values = tuple[str, ...]


@dataclass
class _Part:
    """A partition that is being read: its values, its session, the rows of that, and how many were given."""

    values: Values
    session: str
    rows: int
    at: int = 0


class OdpsReader:
    """Reads a table, or partitions of it."""

    def __init__(self, source: Source, environment: Environment) -> None:
        options = source.options
        self._path = source.table.path
        self._client = OdpsClient(place(options))
        self._table = self._client.table()
        self._check_options(source)
        self._duck = Duck(environment.zone)
        self._is_bounded = environment.is_batch or not self._start
        self._data, self._columns = _found(source, self._table)
        self.types: tuple[FlinkType, ...] = tuple(natural(column.type) for column, _ in self._columns)
        self.columns = tuple(
            f"CAST(c{at} AS {column.type.duckdb})" if column.type.root != of.root or column.type.params != of.params
            else f"c{at}" for at, (column, of) in enumerate(zip(source.columns, self.types, strict=True))
        )  # fmt: skip
        self._prefix = stream_prefix(schema_for([(one.name, as_sent(one.type)) for one in self._data], zoned=True))
        self._part: _Part | None = None
        self._left: list[Values] = []
        self._read: set[Values] = set()
        self._sizes: dict[Values, int] = {}
        self._listed_at: float | None = None
        self._has_all = False
        self._rows_next = _FIRST_ROWS
        self._given: tuple[Values, int] = ((), 0)

    def _check_options(self, source: Source) -> None:
        """Raises InvalidArgument for options that do not go together, or not with the table."""
        options = source.options
        self._spec = option(options, "partition").strip()
        start = option(options, "startPartition").strip()
        for name, value in (("partition", self._spec), ("startPartition", start)):
            if value and not self._table.partitions:
                raise InvalidArgument(f"'{name}' = '{value}': the table of {self._path} has no partitions")
        if start and self._spec:
            raise InvalidArgument(f"{self._path} has both 'partition' and 'startPartition': one of them is expected")
        self._start = values_of(start, self._table.partitions) if start else ()
        self._every_s = whole(options, "subscribeIntervalInSec", 30, least=1)
        self._partitions_max = whole(options, "maxPartitionCount", 100, least=1)
        self._modified = option(options, "modifiedTableOperation", "NONE").upper()
        if self._modified not in _MODIFIED:
            raise InvalidArgument(f"'modifiedTableOperation' = '{self._modified}' is none of {', '.join(_MODIFIED)}")

    @property
    def is_finished(self) -> bool:
        """Whether all that there was has been read."""
        return self._has_all and self._part is None and not self._left

    def poll(self, rows_max: int) -> Sequence[Batch]:
        """As in Reader."""
        part = self._part or self._opened()
        if part is None:
            return []
        count = min(rows_max, self._rows_next, part.rows - part.at)
        payload = self._rows(part, count)
        if payload is None:
            return []
        batch = self._batch(part, payload)
        self._rows_next = max(1, min(rows_max, count * _BODY_BYTES // max(len(payload), 1), count * 4))
        self._given = part.values, part.at
        part.at += count
        if part.at >= part.rows:
            self._done(part)
        return [batch]

    def offsets(self) -> Any:
        """As in Reader: the session and row of the partition that is being read, those that are left, and those that
        were read, which a full source need not know."""
        part = None if self._part is None else astuple(self._part)
        read = [] if self._is_bounded else sorted(self._read)
        return {"part": part, "left": self._left, "read": read, "all": self._has_all}

    def seek(self, offsets: Any) -> None:
        """As in Reader."""
        part = offsets["part"]
        self._part = None if part is None else _Part(tuple(part[0]), *part[1:])
        self._left = [tuple(one) for one in offsets["left"]]
        self._read = {tuple(one) for one in offsets["read"]}
        self._has_all = bool(offsets["all"])

    def shards(self) -> Sequence[str]:
        """As in Reader: partitions come one after another, and are one part."""
        return [] if self.is_finished else ["0"]

    def lag_rows(self) -> int | None:
        """As in Reader."""
        sizes = [self._sizes.get(one, -1) for one in self._left]
        if -1 in sizes or (self._listed_at is None and not self._has_all):
            return None
        return sum(sizes) + (self._part.rows - self._part.at if self._part is not None else 0)

    def place(self, batch: Batch, row: int) -> str:
        """As in Reader."""
        values, start = self._given
        where = f", partition {self._partition(values)}" if values else ""
        return f"table {self._path} of MaxCompute{where}, row {start + row}"

    def close(self) -> None:
        """As in Reader."""
        self._duck.close()

    # -- partitions

    def _opened(self) -> _Part | None:
        """The next partition that has rows, with a session of its own."""
        self._list()
        while self._left:
            values = self._left.pop(0)
            try:
                found = self._client.download(self._partition(values))
            except RequestFailed as error:
                if self._start and error.code == "NoSuchPartition":
                    continue  # it was dropped before it was read
                raise
            if found.rows:
                self._part = _Part(values, found.id, found.rows)
                return self._part
        return None

    def _list(self) -> None:
        """Find what is to be read: once, or with ``startPartition`` now and then."""
        now = time.monotonic()
        is_due = self._listed_at is None or now - self._listed_at >= self._every_s
        if self._has_all or self._left or not is_due:
            return
        self._listed_at = now
        found = self._listed()
        self._sizes = {one.values: one.rows for one in found}
        self._left = list(self._sizes)
        self._has_all = self._is_bounded

    def _listed(self) -> list[OdpsPartition]:
        if not self._table.partitions:
            return [OdpsPartition((), -1)]
        partitions = self._client.partitions()
        if not self._start:
            try:
                found = chosen(self._spec, self._table.partitions, partitions)
            except InvalidArgument as error:
                raise Unrecoverable(error.message) from None
            if len(found) > self._partitions_max:
                raise Unrecoverable(
                    f"The number of matched partitions: {len(found)} exceeds the limit of {self._path}: raise "
                    f"'maxPartitionCount' = '{self._partitions_max}', or name fewer by 'partition'"
                )
            return found
        self._read &= {one.values for one in partitions}
        found = [one for one in partitions if one.rows and one.values >= self._start and one.values not in self._read]
        return sorted(found, key=lambda one: one.values)

    def _partition(self, values: Values) -> str:
        return ",".join(f"{name}='{value}'" for name, value in zip(self._table.partitions, values, strict=False))

    def _done(self, part: _Part) -> None:
        self._part = None
        self._read.add(part.values)

    # -- rows

    def _rows(self, part: _Part, count: int) -> bytes | None:
        """The next rows of a session; None where they are gone, and that does not matter."""
        try:
            return self._client.batches(part.session, self._partition(part.values), self._data, part.at, count)
        except RequestFailed as error:
            if error.code not in _GONE:
                raise
            self._gone(part, error)
            return None

    def _gone(self, part: _Part, error: RequestFailed) -> None:
        """A session that is there no more: of another nobody knows whether its rows are in the same order."""
        if not part.at:
            self._part = None
            self._left.insert(0, part.values)
        elif self._modified == "SKIP":
            self._done(part)
        else:
            self._given = part.values, part.at
            raise Unrecoverable(
                f"{self.place(Batch((), 0), 0)}: what was being read is there no more: {error.message}. Start the job "
                "anew; 'modifiedTableOperation' = 'SKIP' leaves out the rest of such a partition"
            ) from error

    def _batch(self, part: _Part, payload: bytes) -> Batch:
        """Rows as the reader's types have them."""
        made = []
        names = self._table.partitions
        for at, ((column, is_key), of) in enumerate(zip(self._columns, self.types, strict=True)):
            if is_key:
                sql = quote_text(part.values[names.index(column.name.lower())])
            else:
                sql = from_buffers(column.type, quote_name(column.name))
            made.append(f"{encoded(f'CAST({sql} AS {of.duckdb})', of)} AS c{at}")
        table = arrow_io.read_ipc_stream(io.BytesIO(b"".join((self._prefix, payload, END_OF_STREAM))))
        try:
            found = self._duck.run(f"SELECT {', '.join([*made, '0 AS op'])} FROM batch", table)
        except duckdb.Error as error:
            self._given = part.values, part.at
            raise Unrecoverable(f"{self.place(Batch((), 0), 0)} and behind it: {error}") from None
        return batch_of(found, len(made), "0", changes=False)


def _found(source: Source, table: OdpsTable) -> tuple[list[TableColumn], list[tuple[TableColumn, bool]]]:
    """The columns of data to ask for, in the table's order; and for each of the plan's that of MaxCompute, and whether
    it is one by which the table is partitioned. Raises InvalidArgument."""
    data = {one.name.lower(): one for one in table.columns}
    keys = {one.name.lower(): one for one in table.partition_columns}
    found = []
    for column in source.columns:
        if column.kind == "metadata":
            raise InvalidArgument(
                f"Invalid metadata key '{column.metadata_key or column.name}' in column '{column.name}' of table "
                f"{source.table.path}: the MaxCompute connector has no metadata"
            )
        there = data.get(column.name.lower()) or keys.get(column.name.lower())
        if there is None:
            raise InvalidArgument(f"The table of MaxCompute has no column {column.name!r} of {source.table.path}")
        if not readable(column.type, there.type):
            raise InvalidArgument(
                f"Column {column.name!r} of {source.table.path} is of type {column.type.text}, and MaxCompute's is "
                f"{there.type.upper()}: they do not fit"
            )
        found.append((there, column.name.lower() in keys))
    wanted = {one.name for one, is_key in found if not is_key} or {table.columns[0].name}
    return [one for one in table.columns if one.name in wanted], found
