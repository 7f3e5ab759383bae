"""PostgreSQL's types: rows of pg_type, and the DuckDB type in which each one's values are while a statement runs.

Instants (timestamptz) are DuckDB TIMESTAMPs in UTC, so that no answer depends on DuckDB's own zone. A numeric is a
DECIMAL where its scale is known before the statement runs, and else its text. Arrays have one dimension.
"""

from dataclasses import dataclass
from functools import cache

from yunbox.sql.hologres.catalogue.bitmaps import (
    BSI,
    BSI_ARRAY,
    ROARINGBITMAP,
    ROARINGBITMAP64,
    ROARINGBITMAP64_ARRAY,
    ROARINGBITMAP_ARRAY,
)
from yunbox.sql.hologres.catalogue.rows import rows

(BOOL, BYTEA, CHAR, NAME, INT8, INT2, INT4, TEXT, OID, JSON) = (16, 17, 18, 19, 20, 21, 23, 25, 26, 114)
(FLOAT4, FLOAT8, CIDR, UNKNOWN, INET, BPCHAR, VARCHAR, DATE) = (700, 701, 650, 705, 869, 1042, 1043, 1082)
(TIME, TIMESTAMP, TIMESTAMPTZ, INTERVAL, TIMETZ, BIT, VARBIT) = (1083, 1114, 1184, 1186, 1266, 1560, 1562)
(NUMERIC, UUID, JSONB, RECORD, VOID, REGCLASS, REGTYPE) = (1700, 2950, 3802, 2249, 2278, 2205, 2206)
(REGPROC, REGNAMESPACE, REGROLE, REGPROCEDURE, REGOPERATOR, REGDICTIONARY) = (24, 4089, 4096, 2202, 2204, 3769)
(INT2VECTOR, OIDVECTOR, JSONPATH) = (22, 30, 4072)
(ANY, ANYELEMENT, ANYARRAY, ANYNONARRAY) = (2276, 2283, 2277, 2776)
(ANYCOMPATIBLE, ANYCOMPATIBLEARRAY, ANYCOMPATIBLENONARRAY) = (5077, 5078, 5079)
TEXT_ARRAY = 1009

POLYMORPHIC = frozenset((ANYELEMENT, ANYARRAY, ANYNONARRAY))
COMPATIBLE = frozenset((ANYCOMPATIBLE, ANYCOMPATIBLEARRAY, ANYCOMPATIBLENONARRAY))
REG = frozenset((REGCLASS, REGTYPE, REGPROC, REGNAMESPACE, REGROLE, REGPROCEDURE, REGOPERATOR, REGDICTIONARY))

Digits = tuple[int, int]
"""Precision and scale of a DECIMAL."""
DIGITS_MAX = 38

_DUCK = {
    "bool": "BOOLEAN", "int2": "SMALLINT", "int4": "INTEGER", "int8": "BIGINT", "float4": "FLOAT", "float8": "DOUBLE",
    "bytea": "BLOB", "date": "DATE", "time": "TIME", "timestamp": "TIMESTAMP", "timestamptz": "TIMESTAMP",
    "roaringbitmap": "BLOB", "roaringbitmap64": "BLOB", "bsi": "BLOB", "interval": "INTERVAL", "timetz": "TIMETZ",
    "uuid": "UUID",
    **dict.fromkeys(
        ("oid", "xid", "cid", "regclass", "regtype", "regproc", "regprocedure", "regoperator", "regnamespace",
         "regrole", "regdictionary"),
        "UINTEGER",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Type:
    """A row of pg_type. ``element`` is that of an array, ``array`` the type of arrays of this one."""

    oid: int
    name: str
    size: int
    category: str
    preferred: bool
    array: int
    element: int
    pseudo: bool
    by_value: bool
    align: str
    storage: str

    @property
    def is_array(self) -> bool:
        """Whether its values are lists."""
        return self.category == "A" and self.element != 0


def _type(row: list[str]) -> Type:
    oid, name, size, category, preferred, array, element, kind, by_value, align, storage, _ = row
    inside = int(element) if category == "A" else 0
    return Type(
        int(oid), name, int(size), category, preferred == "t", int(array), inside, kind == "p", by_value == "t", align,
        storage,
    )  # fmt: skip


TYPES: dict[int, Type] = {one.oid: one for one in map(_type, rows("types"))}
"""By OID."""
for _oid, _array, _name in (
    (ROARINGBITMAP, ROARINGBITMAP_ARRAY, "roaringbitmap"), (ROARINGBITMAP64, ROARINGBITMAP64_ARRAY, "roaringbitmap64"),
    (BSI, BSI_ARRAY, "bsi"),
):  # fmt: skip
    TYPES[_oid] = Type(_oid, _name, -1, "U", _oid == ROARINGBITMAP, _array, 0, False, False, "i", "x")
    TYPES[_array] = Type(_array, f"_{_name}", -1, "A", False, 0, _oid, False, False, "i", "x")
BY_NAME = {one.name: one for one in TYPES.values()}
"""By the name that pg_type has."""
VECTORS = frozenset((INT2VECTOR, OIDVECTOR))
"""Arrays that begin with 0."""


@cache
def duck_type(oid: int, digits: Digits | None = None) -> str:
    """The DuckDB type of a type's values; of a numeric with these ``digits``, or else as text."""
    of = TYPES[oid]
    if of.is_array:
        return f"{duck_type(of.element)}[]"
    if oid == NUMERIC and digits is not None:
        return "DECIMAL({},{})".format(*digits)
    return _DUCK.get(of.name, "VARCHAR")


def digits_of(typmod: int) -> Digits | None:
    """The DECIMAL of a numeric's modifier; None when there is none, or none wide enough."""
    if typmod < 0:
        return None
    precision, scale = typmod - 4 >> 16, typmod - 4 & 0x7FF
    if scale & 0x400 or scale > precision or precision > DIGITS_MAX:
        return None
    return precision, scale


def numeric_modifier(digits: Digits) -> int:
    """The other way round."""
    return (digits[0] << 16 | digits[1]) + 4


def element_of(oid: int) -> int:
    """The type of an array's elements; 0 when it is no array."""
    return TYPES[oid].element if TYPES[oid].is_array else 0


_SQL_NAMES = {
    "bool": "boolean", "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real",
    "float8": "double precision", "varchar": "character varying", "bpchar": "character", "varbit": "bit varying",
    "time": "time without time zone", "timestamp": "timestamp without time zone", "timetz": "time with time zone",
    "timestamptz": "timestamp with time zone", "char": '"char"', "any": '"any"',
}  # fmt: skip


def shown(oid: int) -> str:
    """A type's name as messages say it."""
    of = TYPES[oid]
    return f"{shown(of.element)}[]" if of.is_array and of.name[0] == "_" else _SQL_NAMES.get(of.name, of.name)
