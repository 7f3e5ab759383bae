"""The names of types as statements write them, and their OIDs."""

import re

from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.types import BY_NAME

_ALIASES = {
    "boolean": "bool", "smallint": "int2", "int": "int4", "integer": "int4", "bigint": "int8", "real": "float4",
    "float": "float8", "double precision": "float8", "decimal": "numeric", "dec": "numeric",
    "character varying": "varchar", "char varying": "varchar", "character": "bpchar", "char": "bpchar",
    "bit varying": "varbit", "timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz",
    "time without time zone": "time", "time with time zone": "timetz",
}  # fmt: skip
_WRITTEN = re.compile(
    r"\s*(?:pg_catalog\.)?\"?([A-Za-z_][\w ]*?)\"?\s*(?:\(\s*\d[\d\s,]*\))?([A-Za-z ]*?)\s*((?:\[\d*\])*)\s*"
)


def oid_of(written: str) -> int:
    """The OID of a type's name; what stands in parentheses behind it does not matter to a parameter. Raises 42704."""
    found = _WRITTEN.fullmatch(written)
    words = " ".join(f"{found[1]}{found[2]}".lower().split()) if found is not None else written
    known = BY_NAME.get(_ALIASES.get(words, words))
    if known is None or (found is not None and found[3] and not known.array):
        raise failure("42704", f'type "{written}" does not exist')
    return known.array if found is not None and found[3] else known.oid
