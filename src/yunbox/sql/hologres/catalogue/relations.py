"""The system tables and views: their columns as PostgreSQL 11 has them, and the rows that no definition changes.

Made by ``tools/postgres_system.py``. Loaded when a statement first names one of them.
"""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from yunbox.sql.hologres.catalogue.rows import rows
from yunbox.sql.hologres.catalogue.types import BY_NAME

PG_CATALOG, INFORMATION_SCHEMA = "pg_catalog", "information_schema"
HOLOGRES, STATISTIC = "hologres", "hologres_statistic"
SCHEMAS: Mapping[str, int] = {PG_CATALOG: 11, INFORMATION_SCHEMA: 13_372, HOLOGRES: 13_989, STATISTIC: 13_988}
"""The schemas of the system, by name, with their OIDs."""


@dataclass(frozen=True, slots=True)
class SystemColumn:
    """A column: its name, its type's OID, and whether it has no NULLs."""

    name: str
    type: int
    not_null: bool


@dataclass(frozen=True, slots=True)
class SystemRelation:
    """A table (r) or a view (v) of the system."""

    schema: str
    name: str
    oid: int
    kind: str
    columns: tuple[SystemColumn, ...]


@cache
def relations() -> Mapping[tuple[str, str], SystemRelation]:
    """All of them, by schema and name."""
    made = (_relation(row) for row in rows("relations"))
    return {(one.schema, one.name): one for one in made}


def _relation(row: list[str]) -> SystemRelation:
    schema, name, oid, kind, columns = row
    return SystemRelation(schema, name, int(oid), kind, tuple(map(_column, columns.split(" "))))


def _column(text: str) -> SystemColumn:
    name, _, of = text.partition(":")
    return SystemColumn(name, BY_NAME[of.rstrip("!")].oid, of.endswith("!"))


@cache
def fixed_tables() -> frozenset[str]:
    """The tables that have rows which no definition changes."""
    folder = resources.files("yunbox.sql.hologres.catalogue")
    with folder.joinpath("system.zip").open("rb") as file, zipfile.ZipFile(file) as archive:
        return frozenset(name.removesuffix(".json") for name in archive.namelist())


@cache
def fixed_rows(name: str) -> list[list[object]]:
    """The rows of a table of pg_catalog that no definition changes, in the order of its columns; none for most."""
    folder = resources.files("yunbox.sql.hologres.catalogue")
    with folder.joinpath("system.zip").open("rb") as file, zipfile.ZipFile(file) as archive:
        member = f"{name}.json"
        return json.loads(archive.read(member)) if member in archive.namelist() else []
