"""Records as rows of a table: by the name of their fields, each value as its column's type has it.

Which types go together is the table on the vendor's page "Create a MaxCompute sync connector". Columns of the table
that the connector has no field for are NULL, but for ``__rowkey__`` and ``__system_rowkey__``, which say where a row is
from.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from yunbox.clients.odps import OdpsTable, Row, TableColumn
from yunbox.schema.types import DataType
from yunbox.services.datahub import limits
from yunbox.services.datahub.catalogue.model import RecordType, Topic
from yunbox.services.datahub.connectors.config import OdpsConfig, PartitionMode
from yunbox.services.datahub.connectors.partitions import Discarded, Values, field_values, time_values
from yunbox.services.datahub.connectors.records import FieldPlaces, Record, value_at
from yunbox.wire.datahub.messages import read_entry
from yunbox.wire.datahub.schema import Field, FieldType

EVENT_TIME = "event_time"
_ROW_KEYS = ("__rowkey__", "__system_rowkey__")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = Context(prec=80)
_TYPES: dict[FieldType, tuple[str, ...]] = {
    FieldType.TINYINT: ("tinyint",),
    FieldType.SMALLINT: ("smallint",),
    FieldType.INTEGER: ("int",),
    FieldType.BIGINT: ("bigint",),
    FieldType.FLOAT: ("float",),
    FieldType.DOUBLE: ("double",),
    FieldType.DECIMAL: ("decimal",),
    FieldType.BOOLEAN: ("boolean",),
    FieldType.TIMESTAMP: ("datetime", "timestamp"),
    FieldType.STRING: ("string",),
}
Convert = Callable[[bytes], Any]


# -- what goes together


def check(topic: Topic, fields: Sequence[str], config: OdpsConfig, table: OdpsTable) -> None:
    """Whether records of a topic fit into a table. Raises InvalidArgument."""
    names = [name.lower() for name in fields]
    if len(set(names)) < len(names):
        raise limits.invalid("A field is there twice in ColumnFields")
    if topic.type is RecordType.BLOB:
        _check_blob(names, config, table)
        return
    known = {field.name.lower(): field for field in topic.latest.schema.fields}
    for name in names:
        if name not in known:
            raise limits.invalid(f"The topic has no field {name[:128]!r}")
    _check_partitions(known, names, config, table)
    columns = {column.name.lower(): column for column in table.columns}
    for name in names:
        if not (name in table.partitions and config.partition_mode is PartitionMode.USER_DEFINE):
            _check_column(known[name], columns.get(name))
    for column in table.columns:
        if not column.nullable and column.name.lower() not in names:
            raise limits.invalid(f"The column {column.name} of the table is NOT NULL, and ColumnFields has it not")


def _check_column(field: Field, column: TableColumn | None) -> None:
    if column is None:
        raise limits.invalid(f"The table has no column {field.name}")
    if column.type.name not in _TYPES.get(field.type, ()):
        told = f"The field {field.name} is a {field.type}, and the table's column a {column.type.upper()}"
        raise limits.invalid(told)


def _check_partitions(known: dict[str, Field], names: list[str], config: OdpsConfig, table: OdpsTable) -> None:
    if config.partition_mode is not PartitionMode.USER_DEFINE:
        _check_formats(config, table)
        if config.partition_mode is PartitionMode.EVENT_TIME:
            field = known.get(EVENT_TIME)
            if field is None or field.type is not FieldType.TIMESTAMP:
                raise limits.invalid(f"The PartitionMode EVENT_TIME needs a field {EVENT_TIME} of type TIMESTAMP")
        return
    for name in table.partitions:
        if name not in names:
            raise limits.invalid(f"ColumnFields has not the partition column {name} of the table")
        if known[name].type is not FieldType.STRING:
            raise limits.invalid(f"The field {name} is a partition column of the table, and no STRING")


def _check_formats(config: OdpsConfig, table: OdpsTable) -> None:
    if {name.lower() for name in config.partition_config} != set(table.partitions):
        wanted = ", ".join(table.partitions) or "none: use USER_DEFINE"
        raise limits.invalid(f"PartitionConfig has other columns than the table's partitions: {wanted}")


def _check_blob(names: list[str], config: OdpsConfig, table: OdpsTable) -> None:
    columns = [column for column in table.columns if column.name.lower() not in _ROW_KEYS]
    if names:
        raise limits.invalid("A topic of type BLOB has no fields for ColumnFields")
    if len(columns) != 1 or columns[0].type.name != "string":
        raise limits.invalid("Records of type BLOB go into a table with a single column of type STRING")
    if config.partition_mode is PartitionMode.EVENT_TIME:
        raise limits.invalid("The PartitionMode EVENT_TIME needs a topic of type TUPLE")
    if config.partition_mode is PartitionMode.SYSTEM_TIME:
        _check_formats(config, table)
    elif table.partitions:
        raise limits.invalid("The table has partitions: use the PartitionMode SYSTEM_TIME")


# -- rows


class RowMaker:
    """Makes rows of records of one shard."""

    def __init__(
        self,
        config: OdpsConfig,
        fields: Sequence[str],
        table: OdpsTable,
        topic: Topic,
        shard: int,
    ) -> None:
        self.table = table
        self._config = config
        self._wanted = {name.lower() for name in fields}
        self._is_blob = topic.type is RecordType.BLOB
        self._shard = shard
        self._places = FieldPlaces(topic)
        self._converts = [_converter(column.type, config) for column in table.columns]

    def row(self, record: Record) -> tuple[Values, Row]:
        """The partition and the row of a record. Raises Discarded."""
        values = read_entry(record.data).values
        if self._is_blob:
            return self._partition(record, {}, values), self._blob(record, values)
        places = self._places.of(record.version)
        row = []
        for column, convert in zip(self.table.columns, self._converts, strict=True):
            name = column.name.lower()
            if name in _ROW_KEYS and name not in self._wanted:
                row.append(None if name in places else self._row_key(record))
                continue
            value = value_at(values, places.get(name)) if name in self._wanted else None
            row.append(_converted(column, convert, value))
        return self._partition(record, places, values), tuple(row)

    def _blob(self, record: Record, values: list[bytes | None]) -> Row:
        return tuple(
            self._row_key(record) if column.name.lower() in _ROW_KEYS else _converted(column, _text, values[0])
            for column in self.table.columns
        )

    def _row_key(self, record: Record) -> str:
        return f"{self._shard}-{record.sequence}"

    def _partition(self, record: Record, places: dict[str, int], values: list[bytes | None]) -> Values:
        mode, names = self._config.partition_mode, self.table.partitions
        if not names:
            return ()
        if mode is PartitionMode.USER_DEFINE:
            return field_values(value_at(values, places.get(name)) for name in names)
        time_ms = record.time_ms
        if mode is PartitionMode.EVENT_TIME and (event := value_at(values, places.get(EVENT_TIME))) is not None:
            time_ms = int(event) * self._config.timestamp_unit.micros // 1000
        return time_values(self._config, names, time_ms)


def _converted(column: TableColumn, convert: Convert, value: bytes | None) -> Any:
    if value is None:
        if not column.nullable:
            raise Discarded(f"The column {column.name} is NOT NULL")
        return None
    try:
        return convert(value)
    except (ValueError, OverflowError, InvalidOperation):
        text = value[:64].decode("utf-8", "replace")
        raise Discarded(f"{text!r} is no {column.type.upper()} for the column {column.name}") from None


def _converter(kind: DataType, config: OdpsConfig) -> Convert:
    """How a value is read whose column has a type; types that no field has are NULL, and never asked."""
    if kind.name in ("datetime", "timestamp"):
        micros, step = config.timestamp_unit.micros, 1000 if kind.name == "datetime" else 1
        return lambda value: _EPOCH + timedelta(microseconds=int(value) * micros // step * step)
    if kind.name == "decimal":
        return lambda value: _decimal(value, *(kind.params or (38, 18)))
    return _CONVERTERS.get(kind.name, _text)


def _decimal(value: bytes, precision: int, scale: int = 0) -> Decimal:
    number = Decimal(value.decode()).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _DIGITS)
    if number.adjusted() >= precision - scale and number:
        raise ValueError("too many digits")
    return number


def _text(value: bytes) -> str:
    return value.decode()


_CONVERTERS: dict[str, Convert] = {
    **dict.fromkeys(("tinyint", "smallint", "int", "bigint"), int),
    **dict.fromkeys(("float", "double"), float),
    "boolean": lambda value: value == b"true",
}
