"""Records as rows of a table of Hologres: by the name of their fields, each value as its column's type has it.

Which types go together is the table on the vendor's page "Create a Hologres synchronization"; a STRING goes into any
type of text. Columns that the connector has no field for have their defaults, or are NULL.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from yunbox.clients.hologres.target import Column, Target
from yunbox.services.datahub import limits
from yunbox.services.datahub.catalogue.model import RecordType, Topic
from yunbox.services.datahub.connectors.hologres_config import HologresConfig
from yunbox.services.datahub.connectors.partitions import Discarded
from yunbox.services.datahub.connectors.records import FieldPlaces, Record, value_at
from yunbox.wire.datahub.messages import read_entry
from yunbox.wire.datahub.schema import FieldType

_INT2, _INT4, _INT8, _FLOAT4, _FLOAT8, _BOOL, _NUMERIC, _TIMESTAMPTZ = 21, 23, 20, 700, 701, 16, 1700, 1184
_TEXTS = (25, 1043, 1042)
_TYPES: dict[FieldType, tuple[int, ...]] = {
    FieldType.TINYINT: (_INT2,),
    FieldType.SMALLINT: (_INT2,),
    FieldType.INTEGER: (_INT4,),
    FieldType.BIGINT: (_INT8,),
    FieldType.FLOAT: (_FLOAT4,),
    FieldType.DOUBLE: (_FLOAT8,),
    FieldType.DECIMAL: (_NUMERIC,),
    FieldType.BOOLEAN: (_BOOL,),
    FieldType.TIMESTAMP: (_TIMESTAMPTZ,),
    FieldType.STRING: _TEXTS,
}
Row = tuple[Any, ...]


def check(topic: Topic, fields: Sequence[str], target: Target) -> list[Column]:
    """The columns that the fields of a topic go into. Raises InvalidArgument where they do not fit."""
    if topic.type is not RecordType.TUPLE:
        raise limits.invalid("Records of a topic of type TUPLE only can be synchronized to Hologres")
    names = [name.lower() for name in fields]
    if not names or len(set(names)) < len(names):
        raise limits.invalid("ColumnFields has no field, or one twice")
    known = {field.name.lower(): field for field in topic.latest.schema.fields}
    columns = {column.name.lower(): column for column in target.columns}
    found = []
    for name in names:
        if name not in known:
            raise limits.invalid(f"The topic has no field {name[:128]!r}")
        found.append(_checked(known[name].type, name, columns.get(name)))
    for column in target.columns:
        if not (column.nullable or column.has_default or column.generated or column in found):
            raise limits.invalid(f"The column {column.name} of the table is NOT NULL, and ColumnFields has it not")
    if target.partition_column and target.by_name[target.partition_column] not in found:
        raise limits.invalid(f"ColumnFields has not the partition column {target.partition_column} of the table")
    return found


def _checked(kind: FieldType, name: str, column: Column | None) -> Column:
    if column is None:
        raise limits.invalid(f"The table has no column {name}")
    if column.generated:
        raise limits.invalid(f"The column {column.name} of the table is generated")
    if column.oid not in _TYPES.get(kind, ()):
        raise limits.invalid(f"The field {name} is a {kind}, and the table's column a {column.type.upper()}")
    return column


class RowMaker:
    """Makes rows of records, with a value for each of some columns."""

    def __init__(self, config: HologresConfig, fields: Sequence[str], columns: Sequence[Column], topic: Topic) -> None:
        self._wanted = [name.lower() for name in fields]
        self._columns = columns
        self._converts = [_converter(column.oid, config) for column in columns]
        self._places = FieldPlaces(topic)

    def row(self, record: Record) -> Row:
        """The row of a record. Raises Discarded."""
        values, places = read_entry(record.data).values, self._places.of(record.version)
        found = (value_at(values, places.get(name)) for name in self._wanted)
        return tuple(map(_converted, self._columns, self._converts, found))


Convert = Callable[[bytes], Any]


def _converted(column: Column, convert: Convert, value: bytes | None) -> Any:
    if value is None:
        if not column.nullable:
            raise Discarded(f"The column {column.name} is NOT NULL")
        return None
    try:
        return convert(value)
    except (ValueError, InvalidOperation):
        text = value[:64].decode("utf-8", "replace")
        raise Discarded(f"{text!r} is no {column.type.upper()} for the column {column.name}") from None


def _converter(oid: int, config: HologresConfig) -> Convert:
    if oid == _TIMESTAMPTZ:
        micros = config.timestamp_unit.micros
        return lambda value: int(value) * micros
    return _CONVERTERS.get(oid, bytes.decode)


def _decimal(value: bytes) -> Decimal:
    number = Decimal(value.decode())
    if not number.is_finite():
        raise ValueError("not a number")
    return number


_CONVERTERS: dict[int, Convert] = {
    **dict.fromkeys((_INT2, _INT4, _INT8), int),
    **dict.fromkeys((_FLOAT4, _FLOAT8), float),
    _BOOL: lambda value: value == b"true",
    _NUMERIC: _decimal,
}
