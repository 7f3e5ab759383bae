"""MaxCompute's types as Hologres has them in foreign tables, and the SQL that makes the one's values of the other's.

Source: the vendor's page "Data type mappings between MaxCompute and Hologres". What is not on it has no form there.
"""

from yunbox.schema.types import DataType
from yunbox.sql.hologres.catalogue.types import (
    BOOL,
    BPCHAR,
    BYTEA,
    DATE,
    FLOAT4,
    FLOAT8,
    INT2,
    INT4,
    INT8,
    NUMERIC,
    TEXT,
    TIMESTAMP,
    TIMESTAMPTZ,
    TYPES,
    VARCHAR,
    digits_of,
    element_of,
)
from yunbox.wire.pgwire.values.modifiers import NONE, modifier

Typed = tuple[int, int]
"""A type's OID and modifier."""
_PLAIN = {
    "tinyint": INT2, "smallint": INT2, "int": INT4, "bigint": INT8, "float": FLOAT4, "double": FLOAT8, "boolean": BOOL,
    "string": TEXT, "binary": BYTEA, "date": DATE, "datetime": TIMESTAMPTZ, "timestamp": TIMESTAMPTZ,
}  # fmt: skip
_OF_FILES = {
    INT2: "smallint", INT4: "int", INT8: "bigint", FLOAT4: "float", FLOAT8: "double", BOOL: "boolean", TEXT: "string",
    VARCHAR: "string", BYTEA: "binary", DATE: "date", TIMESTAMPTZ: "timestamp", TIMESTAMP: "timestamp_ntz",
}  # fmt: skip
_ELEMENTS = ("int", "bigint", "float", "double", "boolean", "string")
"""What arrays are of."""


def mapped(of: DataType) -> Typed | None:
    """The type of a foreign table's column; None for a type that Hologres has none for."""
    if of.name in _PLAIN:
        return _PLAIN[of.name], NONE
    if of.name == "decimal":
        return NUMERIC, modifier("numeric", of.params)
    if of.name == "varchar":
        return VARCHAR, modifier("varchar", of.params)
    if of.name == "char":
        return BPCHAR, modifier("bpchar", of.params)
    if of.name == "array" and of.children[0].name in _ELEMENTS:
        return TYPES[_PLAIN[of.children[0].name]].array, NONE
    return None


def fits(of: DataType, oid: int, typmod: int) -> bool:
    """Whether a column may be declared so: the very type, or a text of any length for a text."""
    if of.name in ("string", "varchar") and (oid, typmod) in ((TEXT, NONE), (VARCHAR, NONE)):
        return True
    return mapped(of) == (oid, typmod)


def of_files(oid: int, typmod: int) -> DataType | None:
    """The type of a column of objects; None for one that they cannot be read as, such as a numeric without digits."""
    element = element_of(oid)
    if element:
        inner = of_files(element, NONE)
        return None if inner is None else DataType("array", children=(inner,))
    if oid in _OF_FILES:
        return DataType(_OF_FILES[oid])
    digits = digits_of(typmod)
    if oid == NUMERIC and digits is not None:
        return DataType("decimal", digits)
    if oid == BPCHAR and typmod != NONE:
        return DataType("char", (typmod - 4,))
    return None


def value(of: DataType, sql: str) -> str:
    """What the planner takes of a column whose value is ``sql``: instants as TIMESTAMPs in UTC, padded CHARs."""
    if of.name in ("datetime", "timestamp"):
        return f"make_timestamp(epoch_us({sql}))"
    if of.name == "tinyint":
        return f"CAST({sql} AS SMALLINT)"
    if of.name == "char":
        return f"rpad({sql}, {of.params[0]}, ' ')"
    return sql
