"""Flink SQL's statements. Each keeps the text that it was written as, which a real Flink would get unchanged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from yunbox.sql.flink.errors import Span
from yunbox.sql.flink.parser.tree import NOWHERE, Hint, Node, Query
from yunbox.sql.flink.types import FlinkType

Path = tuple[str, ...]
"""A name as written: of one, two or three parts."""
Options = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement. ``text`` is the original's."""

    text: str = ""


# -- tables


@dataclass(frozen=True)
class ColumnDef:
    """A column of CREATE TABLE. ``type`` is None for a computed one, whose expression is kept as text."""

    name: str
    type: FlinkType | None = None
    kind: Literal["physical", "metadata", "computed"] = "physical"
    metadata_key: str = ""
    virtual: bool = False
    expression: str = ""
    comment: str = ""
    primary_key: bool = False
    at: Span = NOWHERE


@dataclass(frozen=True)
class WatermarkDef:
    """WATERMARK FOR column AS expression."""

    column: Path
    expression: str
    at: Span = NOWHERE


@dataclass(frozen=True)
class LikeTable:
    """LIKE: the table, and pairs such as ("INCLUDING", "OPTIONS")."""

    path: Path
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Distribution:
    """DISTRIBUTED [BY [HASH|RANGE] (columns)] INTO n BUCKETS."""

    kind: str = ""
    columns: tuple[str, ...] = ()
    buckets: int | None = None


@dataclass(frozen=True)
class CreateTable(Statement):
    """CREATE TABLE, also LIKE and AS SELECT."""

    path: Path
    columns: tuple[ColumnDef, ...] = ()
    temporary: bool = False
    if_not_exists: bool = False
    or_replace: bool = False
    primary_key: tuple[str, ...] = ()
    watermark: WatermarkDef | None = None
    comment: str = ""
    distribution: Distribution | None = None
    partition_keys: tuple[str, ...] = ()
    options: Options = field(default_factory=dict)
    like: LikeTable | None = None
    query: Query | None = None
    names_only: bool = False  # CTAS whose columns are names of the query's


@dataclass(frozen=True)
class CreateView(Statement):
    """CREATE VIEW."""

    path: Path
    query: Query
    query_text: str
    columns: tuple[str, ...] = ()
    comment: str = ""
    temporary: bool = False
    if_not_exists: bool = False


@dataclass(frozen=True)
class DropTable(Statement):
    """DROP TABLE or VIEW."""

    path: Path
    view: bool = False
    temporary: bool = False
    if_exists: bool = False


@dataclass(frozen=True)
class RenameTable(Statement):
    """ALTER TABLE or VIEW ... RENAME TO."""

    path: Path
    new: Path
    view: bool = False
    if_exists: bool = False


@dataclass(frozen=True)
class SetOptions(Statement):
    """ALTER TABLE ... SET (...)."""

    path: Path
    options: Options
    if_exists: bool = False


@dataclass(frozen=True)
class ResetOptions(Statement):
    """ALTER TABLE ... RESET (...)."""

    path: Path
    keys: tuple[str, ...]
    if_exists: bool = False


@dataclass(frozen=True)
class Placed:
    """A column to add or to change, and where: "" at the end, "FIRST", or behind a column."""

    column: ColumnDef
    where: str = ""
    after: str = ""


@dataclass(frozen=True)
class ChangeColumns(Statement):
    """ALTER TABLE ... ADD or MODIFY columns, a primary key, a watermark."""

    path: Path
    modify: bool
    columns: tuple[Placed, ...] = ()
    primary_key: tuple[str, ...] = ()
    watermark: WatermarkDef | None = None
    if_exists: bool = False


@dataclass(frozen=True)
class DropColumns(Statement):
    """ALTER TABLE ... DROP columns, PRIMARY KEY or WATERMARK."""

    path: Path
    columns: tuple[str, ...] = ()
    primary_key: bool = False
    watermark: bool = False
    if_exists: bool = False


@dataclass(frozen=True)
class RenameColumn(Statement):
    """ALTER TABLE ... RENAME a TO b."""

    path: Path
    old: str
    new: str
    if_exists: bool = False


@dataclass(frozen=True)
class AlterView(Statement):
    """ALTER VIEW ... AS."""

    path: Path
    query: Query
    query_text: str


# -- catalogs, databases, functions, modules


@dataclass(frozen=True)
class CreateCatalog(Statement):
    """CREATE CATALOG."""

    name: str
    options: Options = field(default_factory=dict)
    comment: str = ""
    if_not_exists: bool = False


@dataclass(frozen=True)
class DropCatalog(Statement):
    """DROP CATALOG."""

    name: str
    if_exists: bool = False


@dataclass(frozen=True)
class CreateDatabase(Statement):
    """CREATE DATABASE."""

    path: Path
    options: Options = field(default_factory=dict)
    comment: str = ""
    if_not_exists: bool = False


@dataclass(frozen=True)
class DropDatabase(Statement):
    """DROP DATABASE."""

    path: Path
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True)
class AlterDatabase(Statement):
    """ALTER DATABASE ... SET (...)."""

    path: Path
    options: Options


@dataclass(frozen=True)
class CreateFunction(Statement):
    """CREATE FUNCTION, or ALTER FUNCTION."""

    path: Path
    class_name: str
    language: str = "JAVA"
    temporary: bool = False
    system: bool = False
    if_not_exists: bool = False
    jars: tuple[str, ...] = ()
    alter: bool = False


@dataclass(frozen=True)
class DropFunction(Statement):
    """DROP FUNCTION."""

    path: Path
    temporary: bool = False
    system: bool = False
    if_exists: bool = False


# -- what runs


@dataclass(frozen=True)
class Select(Statement):
    """A query whose rows the client reads."""

    query: Query


@dataclass(frozen=True)
class Insert(Statement):
    """INSERT INTO or OVERWRITE."""

    path: Path
    query: Query
    columns: tuple[str, ...] = ()
    partition: tuple[tuple[str, Node | None], ...] = ()
    overwrite: bool = False
    hints: tuple[Hint, ...] = ()
    at: Span = NOWHERE


@dataclass(frozen=True)
class StatementSet(Statement):
    """Several INSERTs that are one job."""

    inserts: tuple[Insert, ...]


@dataclass(frozen=True)
class Explain(Statement):
    """EXPLAIN; ``details`` are such as CHANGELOG_MODE."""

    statement: Statement
    details: tuple[str, ...] = ()


# -- the session


@dataclass(frozen=True)
class Set(Statement):
    """SET 'key' = 'value'; SET alone shows all, and SET 'key' one."""

    key: str = ""
    value: str | None = None


@dataclass(frozen=True)
class Reset(Statement):
    """RESET ['key']."""

    key: str = ""


@dataclass(frozen=True)
class Show(Statement):
    """SHOW what [FROM where] [LIKE pattern]; ``what`` in capitals, such as "TABLES" or "CREATE TABLE"."""

    what: str
    path: Path = ()
    source: Path = ()
    pattern: str | None = None
    negated: bool = False
    case_insensitive: bool = False
    partition: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Describe(Statement):
    """DESCRIBE or DESC of a table, a catalog, a database, a function or a job."""

    what: Literal["TABLE", "CATALOG", "DATABASE", "FUNCTION", "JOB"]
    path: Path
    extended: bool = False


@dataclass(frozen=True)
class Use(Statement):
    """USE, USE CATALOG."""

    path: Path
    catalog: bool = False


@dataclass(frozen=True)
class StopJob(Statement):
    """STOP JOB 'id'."""

    job: str
    savepoint: bool = False
    drain: bool = False


@dataclass(frozen=True)
class Jar(Statement):
    """ADD JAR or REMOVE JAR."""

    path: str
    add: bool


@dataclass(frozen=True)
class Refused(Statement):
    """A statement of Flink's that Yunbox does not carry out: what it is called."""

    construct: str
