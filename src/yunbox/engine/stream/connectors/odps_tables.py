"""What a table of MaxCompute is to Flink: where it is, and which types stand for which.

Source: the vendor's page "MaxCompute connector" of Realtime Compute for Apache Flink (options, type mappings).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from yunbox.engine.stream.connectors.kinds import option
from yunbox.schema.types import DataType
from yunbox.sql.flink.types import BYTES, STRING, TIMESTAMP, TIMESTAMP_LTZ, FlinkType

_TEXTS = ("string", "varchar", "char")
FITS: dict[str, tuple[str, ...]] = {
    "BOOLEAN": ("boolean",), "TINYINT": ("tinyint",), "SMALLINT": ("smallint",), "INT": ("int",), "BIGINT": ("bigint",),
    "FLOAT": ("float",), "DOUBLE": ("double",), "DECIMAL": ("decimal",), "CHAR": _TEXTS, "VARCHAR": _TEXTS,
    "DATE": ("date",), "TIMESTAMP": ("datetime", "timestamp", "timestamp_ntz"),
    "TIMESTAMP_LTZ": ("datetime", "timestamp"), "BINARY": ("binary",), "VARBINARY": ("binary",), "ARRAY": ("array",),
    "MAP": ("map",), "ROW": ("struct",),
}  # fmt: skip
"""The types of MaxCompute that a type of Flink may stand for."""
_SAME = ("boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "date")
_OTHERS = {"binary": BYTES, "datetime": TIMESTAMP_LTZ, "timestamp": TIMESTAMP_LTZ, "timestamp_ntz": TIMESTAMP}


@dataclass(frozen=True)
class Place:
    """What a table's options say of where it is."""

    project: str
    table: str
    odps_endpoint: str
    tunnel_endpoint: str
    access_id: str
    access_key: str


def place(options: Mapping[str, str]) -> Place:
    """The place of a table's options."""
    names = ("project", "tableName", "endpoint", "tunnelEndpoint", "accessId", "accessKey")
    return Place(*(option(options, name) for name in names))


def readable(of: FlinkType, kind: DataType) -> bool:
    """Whether all values of a type of MaxCompute can be read as one of Flink."""
    if kind.name not in FITS.get(of.root, ()):
        return False
    if of.root == "DECIMAL":
        (digits, scale), (digits_there, scale_there) = of.params, kind.params
        return scale >= scale_there and digits - scale >= digits_there - scale_there
    if of.root == "ROW" and [name.lower() for name in of.names] != [name.lower() for name in kind.names]:
        return False
    return all(readable(child, there) for child, there in zip(of.children, kind.children, strict=True))


def natural(kind: DataType) -> FlinkType:
    """The type of Flink whose values are those of a type of MaxCompute."""
    if kind.name in _SAME:
        return FlinkType(kind.name.upper())
    if kind.name == "decimal":
        return FlinkType("DECIMAL", kind.params)
    children = tuple(map(natural, kind.children))
    if kind.name == "struct":
        return FlinkType("ROW", children=children, names=kind.names)
    return FlinkType(kind.name.upper(), children=children) if children else _OTHERS.get(kind.name, STRING)
