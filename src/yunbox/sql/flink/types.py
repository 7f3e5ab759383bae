"""Flink's data types: as its DDL spells them, as its clients see them, and what each is in DuckDB.

Source: the page "Data Types" of Flink 2.x's Table API. A type carries whether it may be NULL, as Flink's do.
"""

from dataclasses import dataclass, field, replace

MILLIS, MICROS = 3, 6


@dataclass(frozen=True)
class FlinkType:
    """A type: its root in capitals, numbers for its parameters, types for its elements.

    ``params`` is (precision, scale) of DECIMAL, (length,) of CHAR, VARCHAR, BINARY and VARBINARY, (precision,) of TIME,
    TIMESTAMP and TIMESTAMP_LTZ. ``children`` are the element of ARRAY and MULTISET, key and value of MAP, and the
    fields of ROW, whose names are in ``names``. STRING is VARCHAR(2147483647), and BYTES is VARBINARY(2147483647).
    """

    root: str
    params: tuple[int, ...] = ()
    children: tuple["FlinkType", ...] = ()
    names: tuple[str, ...] = field(default=())
    nullable: bool = True

    def __str__(self) -> str:
        """As Flink prints it, such as ``DECIMAL(10, 2) NOT NULL``."""
        return self.text + ("" if self.nullable else " NOT NULL")

    def of(self, *, nullable: bool) -> "FlinkType":
        """The same type, which may be NULL or not."""
        return self if nullable == self.nullable else replace(self, nullable=nullable)

    def same(self, other: "FlinkType") -> bool:
        """Whether two types differ at most in whether they may be NULL."""
        return self.of(nullable=True) == other.of(nullable=True)

    @property
    def text(self) -> str:
        """Without whether it may be NULL."""
        if self.root == "ROW":
            fields = zip(self.names, self.children, strict=True)
            return "ROW<" + ", ".join(f"`{name}` {child}" for name, child in fields) + ">"
        if self.children:
            return f"{self.root}<{', '.join(map(str, self.children))}>"
        if self.root in _UNBOUNDED and self.params == (LENGTH_MAX,):
            return _UNBOUNDED[self.root]
        return f"{self.root}({', '.join(map(str, self.params))})" if self.params else self.root

    @property
    def duckdb(self) -> str:
        """In DuckDB's SQL."""
        if self.root in ("ARRAY", "MULTISET"):
            return f"{self.children[0].duckdb}[]"
        if self.root == "MAP":
            return f"MAP({self.children[0].duckdb}, {self.children[1].duckdb})"
        if self.root == "ROW":
            fields = zip(self.names, self.children, strict=True)
            return "STRUCT(" + ", ".join(f'"{_escaped(name)}" {child.duckdb}' for name, child in fields) + ")"
        if self.root == "DECIMAL":
            return f"DECIMAL({self.params[0]},{self.params[1]})"
        return _DUCKDB[self.root]

    @property
    def in_python(self) -> str:
        """In DuckDB's SQL, as a function in Python takes and gives it: a moment as what a clock of its zone shows."""
        return "TIMESTAMP" if self.root == "TIMESTAMP_LTZ" else self.duckdb


def _escaped(name: str) -> str:
    return name.replace('"', '""')


LENGTH_MAX = 2**31 - 1
_UNBOUNDED = {"VARCHAR": "STRING", "VARBINARY": "BYTES"}
_DUCKDB = {
    "BOOLEAN": "BOOLEAN", "TINYINT": "TINYINT", "SMALLINT": "SMALLINT", "INT": "INTEGER", "BIGINT": "BIGINT",
    "FLOAT": "FLOAT", "DOUBLE": "DOUBLE", "CHAR": "VARCHAR", "VARCHAR": "VARCHAR", "BINARY": "BLOB",
    "VARBINARY": "BLOB", "DATE": "DATE", "TIME": "TIME", "TIMESTAMP": "TIMESTAMP", "TIMESTAMP_LTZ": "TIMESTAMPTZ",
    "INTERVAL DAY TO SECOND": "INTERVAL", "INTERVAL YEAR TO MONTH": "INTERVAL", "NULL": "INTEGER",
}  # fmt: skip

BOOLEAN = FlinkType("BOOLEAN")
INT = FlinkType("INT")
BIGINT = FlinkType("BIGINT")
DOUBLE = FlinkType("DOUBLE")
STRING = FlinkType("VARCHAR", (LENGTH_MAX,))
BYTES = FlinkType("VARBINARY", (LENGTH_MAX,))
DATE = FlinkType("DATE")
TIME = FlinkType("TIME", (0,))
TIMESTAMP = FlinkType("TIMESTAMP", (MICROS,))
TIMESTAMP_LTZ = FlinkType("TIMESTAMP_LTZ", (MICROS,))
NULL = FlinkType("NULL")
