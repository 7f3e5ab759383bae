"""MaxCompute's data types as the protocol spells them, and what they are elsewhere.

One parser for the names that appear in DDL, in table-schema JSON and in tunnel sessions, and one table
from each type to DuckDB and to Delta. Source: the vendor's "Data type editions" page (type system 2.0).
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from yunbox.kernel.errors import InvalidArgument

_NESTING_MAX = 20  # the vendor's limit on nested complex types


@dataclass(frozen=True)
class DataType:
    """A MaxCompute type: a name in lower case, numbers for its parameters, types for its elements.

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
_ALIASES = {"integer": "int", "numeric": "decimal", "dec": "decimal", "real": "float", "text": "string"}
_LENGTH_MAX = {"varchar": 65535, "char": 255}


@lru_cache(maxsize=4096)
def parse_type(text: str) -> DataType:
    """Parse a type name such as ``decimal(10,2)`` or ``map<string,array<bigint>>``.

    Raises InvalidArgument when the text is no MaxCompute type or a parameter is out of its range.
    """
    reader = _Reader(text)
    parsed = reader.type(depth=0)
    if reader.rest():
        raise InvalidArgument(f"unexpected {reader.rest()!r} after type {parsed} in {text!r}")
    return parsed


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def rest(self) -> str:
        return self.text[self.at :].strip()

    def type(self, depth: int) -> DataType:
        if depth > _NESTING_MAX:
            raise InvalidArgument(f"type is nested deeper than {_NESTING_MAX} levels")
        name = self.word().lower()
        name = _ALIASES.get(name, name)
        if name in ("array", "map"):
            children = self.elements(depth)
            if len(children) != (1 if name == "array" else 2):
                raise InvalidArgument(f"wrong number of element types for {name} in {self.text!r}")
            return DataType(name, children=children)
        if name == "struct":
            return self.struct(depth)
        params = self.params()
        if name == "decimal":
            return DataType(name, _decimal_params(params))
        if name in _LENGTH_MAX:
            return DataType(name, _length_params(name, params))
        if name not in _DUCKDB or params:
            raise InvalidArgument(f"{self.text!r} is not a MaxCompute data type")
        return DataType(name)

    def word(self) -> str:
        self.skip()
        start = self.at
        if self.peek() == "`":
            end = self.text.find("`", start + 1)
            if end < 0:
                raise InvalidArgument(f"unclosed quote in type {self.text!r}")
            self.at = end + 1
            return self.text[start + 1 : end]
        while self.at < len(self.text) and (self.text[self.at].isalnum() or self.text[self.at] == "_"):
            self.at += 1
        if start == self.at:
            raise InvalidArgument(f"{self.text!r} is not a MaxCompute data type")
        return self.text[start : self.at]

    def skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def peek(self) -> str:
        self.skip()
        return self.text[self.at : self.at + 1]

    def expect(self, char: str) -> None:
        if self.peek() != char:
            raise InvalidArgument(f"expected {char!r} in type {self.text!r}")
        self.at += 1

    def elements(self, depth: int) -> tuple[DataType, ...]:
        self.expect("<")
        found = [self.type(depth + 1)]
        while self.peek() == ",":
            self.at += 1
            found.append(self.type(depth + 1))
        self.expect(">")
        return tuple(found)

    def struct(self, depth: int) -> DataType:
        self.expect("<")
        names: list[str] = []
        children: list[DataType] = []
        while True:
            names.append(self.word())
            self.expect(":")
            children.append(self.type(depth + 1))
            if self.peek() != ",":
                break
            self.at += 1
        self.expect(">")
        return DataType("struct", children=tuple(children), names=tuple(names))

    def params(self) -> tuple[int, ...]:
        if self.peek() != "(":
            return ()
        close = self.text.find(")", self.at)
        inner = self.text[self.at + 1 : close] if close > 0 else ""
        try:
            numbers = tuple(int(part) for part in inner.split(","))
        except ValueError:
            raise InvalidArgument(f"{self.text!r} is not a MaxCompute data type") from None
        self.at = close + 1
        return numbers


def _decimal_params(params: tuple[int, ...]) -> tuple[int, int]:
    precision, scale = (*params, 0)[:2] if params else (38, 18)
    if len(params) > 2 or not 1 <= precision <= 38 or not 0 <= scale <= min(18, precision):
        raise InvalidArgument("DECIMAL needs a precision of 1 to 38 and a scale of 0 to 18")
    return precision, scale


def _length_params(name: str, params: tuple[int, ...]) -> tuple[int, ...]:
    if len(params) != 1 or not 1 <= params[0] <= _LENGTH_MAX[name]:
        raise InvalidArgument(f"{name.upper()} needs a length of 1 to {_LENGTH_MAX[name]}")
    return params
