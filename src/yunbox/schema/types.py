"""Data types as storage, engines and every SQL dialect share them, and what each is in DuckDB and in Delta.

A dialect or protocol maps its own spellings to these. The names, and the text of a type, are Hive's: they are what
the catalogue keeps (see ``type_text``).
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class DataType:
    """A type: a name in lower case, numbers for its parameters, types for its elements.

    ``params`` is (precision, scale) for DECIMAL and (length,) for VARCHAR and CHAR; ``children`` are the
    element of ARRAY, key and value of MAP, or fields of STRUCT, whose names are in ``names``.
    """

    name: str
    params: tuple[int, ...] = ()
    children: tuple["DataType", ...] = ()
    names: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return self._text(self.name)

    def upper(self) -> str:
        """The type as DDL prints it: its words in capitals, the names of fields as they are."""
        return self._text(self.name.upper())

    def _text(self, name: str) -> str:
        parts = [child.upper() if name.isupper() else str(child) for child in self.children]
        if self.name == "struct":
            parts = [f"{_field(field)}:{part}" for field, part in zip(self.names, parts, strict=True)]
        if parts:
            return f"{name}<{','.join(parts)}>"
        if self.params:
            return f"{name}({','.join(map(str, self.params))})"
        return name

    @property
    def is_integer(self) -> bool:
        """Whether this is TINYINT, SMALLINT, INT or BIGINT."""
        return self.name in INTEGERS

    @property
    def is_numeric(self) -> bool:
        """Whether this is any number type."""
        return self.name in INTEGERS or self.name in ("float", "double", "decimal")

    @property
    def is_text(self) -> bool:
        """Whether this is STRING, VARCHAR or CHAR."""
        return self.name in ("string", "varchar", "char")

    @property
    def duckdb(self) -> str:
        """This type in DuckDB SQL."""
        if self.name == "array":
            return f"{self.children[0].duckdb}[]"
        if self.name == "map":
            return f"MAP({self.children[0].duckdb}, {self.children[1].duckdb})"
        if self.name == "struct":
            fields = zip(self.names, self.children, strict=True)
            return "STRUCT(" + ", ".join(f"{_duckdb_name(n)} {t.duckdb}" for n, t in fields) + ")"
        if self.name == "decimal":
            return f"DECIMAL({self.params[0]},{self.params[1]})"
        return _DUCKDB[self.name]

    @property
    def delta(self) -> str | dict[str, Any]:
        """This type in the schema JSON of a Delta log."""
        if self.name == "array":
            return {"type": "array", "elementType": self.children[0].delta, "containsNull": True}
        if self.name == "map":
            key, value = self.children
            return {"type": "map", "keyType": key.delta, "valueType": value.delta, "valueContainsNull": True}
        if self.name == "struct":
            fields = zip(self.names, self.children, strict=True)
            return {
                "type": "struct",
                "fields": [{"name": n, "type": t.delta, "nullable": True, "metadata": {}} for n, t in fields],
            }
        if self.name == "decimal":
            return f"decimal({self.params[0]},{self.params[1]})"
        return _DELTA[self.name]


def _field(name: str) -> str:
    """A field's name as the reader below understands it: between backticks unless it is one plain word."""
    return name if name.replace("_", "a").isalnum() else f"`{name}`"


def _duckdb_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


INTEGERS = ("tinyint", "smallint", "int", "bigint")
_DUCKDB = {
    "tinyint": "TINYINT", "smallint": "SMALLINT", "int": "INTEGER", "bigint": "BIGINT",
    "float": "FLOAT", "double": "DOUBLE", "boolean": "BOOLEAN", "binary": "BLOB",
    "string": "VARCHAR", "varchar": "VARCHAR", "char": "VARCHAR", "json": "JSON",
    "date": "DATE", "datetime": "TIMESTAMPTZ", "timestamp": "TIMESTAMPTZ", "timestamp_ntz": "TIMESTAMP",
    "interval_day_time": "INTERVAL", "interval_year_month": "INTERVAL", "void": "VARCHAR",
}  # fmt: skip
_DELTA = {
    "tinyint": "byte", "smallint": "short", "int": "integer", "bigint": "long",
    "float": "float", "double": "double", "boolean": "boolean", "binary": "binary",
    "string": "string", "varchar": "string", "char": "string", "json": "string",
    "date": "date", "datetime": "timestamp", "timestamp": "timestamp", "timestamp_ntz": "timestamp_ntz",
    "void": "string",
}  # fmt: skip
NAMES = frozenset(_DUCKDB)
"""Every type that has neither elements nor parameters that count."""
