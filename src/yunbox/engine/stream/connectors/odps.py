"""MaxCompute's tables; as sinks: each epoch's rows in upload sessions of the tunnel, one for each partition.

Source: the vendor's page "MaxCompute connector" of Realtime Compute for Apache Flink (options, types, ``partition``).
The sessions of an epoch are noted in a file before any of them is committed: an epoch that is delivered again commits
those that are not, and none of its rows comes twice.
"""

import json
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from yunbox.clients.odps import OdpsClient, TableColumn
from yunbox.clients.requests import RequestFailed
from yunbox.engine.stream.batch import Change, Row
from yunbox.engine.stream.connectors.connector import Connector, Environment
from yunbox.engine.stream.connectors.kinds import option
from yunbox.engine.stream.connectors.odps_source import OdpsReader
from yunbox.engine.stream.connectors.odps_tables import FITS, place
from yunbox.engine.stream.texts import text
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.plans import Sink
from yunbox.sql.flink.types import FlinkType
from yunbox.storage.files import write_durably

_EPOCH = datetime(1970, 1, 1)


class OdpsWriter:
    """Writes a table, or its partitions."""

    def __init__(self, sink: Sink, environment: Environment) -> None:
        self._client = OdpsClient(place(sink.options))
        self._table = self._client.table()
        self._sink = sink
        names = {column.name.lower(): at for at, column in enumerate(sink.columns)}
        self._fixed = _fixed(option(sink.options, "partition"))
        self._partition = [names.get(name) for name in self._table.partitions]
        self._check_partition()
        self._places = [names.get(column.name.lower()) for column in self._table.columns]
        self._check_columns(names)
        self._converters = [
            None if at is None else _converter(sink.columns[at].type, column, environment.zone)
            for at, column in zip(self._places, self._table.columns, strict=True)
        ]
        self._journal = Path(environment.folder) / f"odps-{environment.sink}.json"

    def _check_partition(self) -> None:
        for name, at in zip(self._table.partitions, self._partition, strict=True):
            if at is None and name not in self._fixed:
                raise InvalidArgument(
                    f"Table {self._sink.table.path} has no column {name!r}, by which the table of MaxCompute is "
                    f"partitioned, and 'partition' says no value of it"
                )
        unknown = sorted(set(self._fixed) - set(self._table.partitions))
        if unknown:
            raise InvalidArgument(
                f"'partition' names {unknown[0]!r}, by which the table of MaxCompute is not partitioned"
            )

    def _check_columns(self, names: Mapping[str, int]) -> None:
        known = {column.name.lower() for column in self._table.columns} | set(self._table.partitions)
        for name in names:
            if name not in known:
                raise InvalidArgument(f"The table of MaxCompute has no column {name!r} of {self._sink.table.path}")
        for at, column in zip(self._places, self._table.columns, strict=True):
            if at is None:
                if not column.nullable:
                    raise InvalidArgument(
                        f"{self._sink.table.path} lacks the column {column.name!r}, which is NOT NULL"
                    )
                continue
            of = self._sink.columns[at].type
            if column.type.name not in FITS.get(of.root, ()):
                raise InvalidArgument(
                    f"Column {column.name!r} of {self._sink.table.path} is of type {of.text}, and MaxCompute's is "
                    f"{column.type.upper()}: they do not fit"
                )

    def deliver(self, epoch: int, changes: Sequence[Change]) -> None:
        """As in Writer."""
        parts = self._noted(epoch)
        is_fresh = parts is None
        if parts is None:
            parts = self._uploaded([row for _, row in changes])
            write_durably(self._journal, json.dumps({"epoch": epoch, "parts": parts}).encode())
        for partition, session in parts:
            if is_fresh or self._client.status(session, partition) != "closed":
                self._client.commit(session, partition)

    def _noted(self, epoch: int) -> list[list[str]] | None:
        """The sessions of an epoch that was delivered before, or begun to be."""
        if not self._journal.exists():
            return None
        found = json.loads(self._journal.read_bytes())
        return found["parts"] if found["epoch"] == epoch else None

    def _uploaded(self, rows: Sequence[Row]) -> list[list[str]]:
        """The sessions that hold some rows, by partition; none of them is committed."""
        by_partition: dict[str, list[Row]] = {}
        for row in rows:
            by_partition.setdefault(self._spec(row), []).append(self._row(row))
        parts = []
        for partition, some in by_partition.items():
            session = self._client.open(partition)
            self._client.upload(session, partition, self._table.columns, some)
            parts.append([partition, session])
        return parts

    def _spec(self, row: Row) -> str:
        """The partition of a row."""
        pairs = []
        for name, at in zip(self._table.partitions, self._partition, strict=True):
            value = self._fixed[name] if at is None else row[at]
            if value is None:
                raise RequestFailed(f"A row for {self._sink.table.path} has no {name!r}, by which it is partitioned")
            pairs.append(f"{name}='{value if at is None else text(value, self._sink.columns[at].type)}'")
        return ",".join(pairs)

    def _row(self, row: Row) -> Row:
        values = []
        for at, convert in zip(self._places, self._converters, strict=True):
            value = None if at is None else row[at]
            values.append(value if value is None or convert is None else convert(value))
        return tuple(values)

    def close(self) -> None:
        """As in Writer."""


def _fixed(spec: str) -> dict[str, str]:
    """The values of ``partition``, such as ``ds=20260101,hh=08``; one that only names columns says none."""
    pairs = [one.partition("=") for one in spec.replace("'", "").split(",") if "=" in one]
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _converter(of: FlinkType, column: TableColumn, zone: str) -> Callable[[Any], Any] | None:
    """What makes of a physical value one that the tunnel takes; None where it is one."""
    match of.root:
        case "DATE":
            return lambda value: date(1970, 1, 1) + timedelta(days=value)
        case "DECIMAL":
            return Decimal
        case "BINARY" | "VARBINARY":
            return b64decode
        case "TIMESTAMP" | "TIMESTAMP_LTZ":
            return _moment(column.type.name, None if of.root == "TIMESTAMP_LTZ" else ZoneInfo(zone))
        case "ARRAY" | "MAP" | "ROW":
            return json.loads
        case "FLOAT" | "DOUBLE":
            return float
    return None


def _moment(kind: str, local: ZoneInfo | None) -> Callable[[int], datetime]:
    """A time: of no zone, or an instant; what is local is one of the session's zone."""
    step = 1000 if kind == "datetime" else 1

    def convert(micros: int) -> datetime:
        moment = _EPOCH + timedelta(microseconds=micros // step * step)
        if kind == "timestamp_ntz":
            return moment
        return moment.replace(tzinfo=UTC) if local is None else moment.replace(tzinfo=local).astimezone(UTC)

    return convert


CONNECTOR = Connector(reader=OdpsReader, writer=OdpsWriter)
