"""Tables whose rows lie in OSS: the clauses that say where and how, LOAD and UNLOAD.

Sources: the vendor's pages "OSS external tables", "LOAD" and "UNLOAD". The formats are named by STORED AS, by the
vendor's own storage handlers (STORED BY), or by the SerDe classes of Hive.
"""

import re
from dataclasses import replace

from sqlglot import exp

from yunbox.schema.locations import ExternalSource
from yunbox.schema.tables import Column, PartitionValues, Table, TableName
from yunbox.sql.catalog import Catalog
from yunbox.sql.maxcompute.dialect import parse_query
from yunbox.sql.maxcompute.errors import SemanticError, UnsupportedSql
from yunbox.sql.maxcompute.plans import LOADED, RepairTable
from yunbox.sql.maxcompute.queries import QueryPlanner
from yunbox.sql.maxcompute.statements.cursor import Cursor
from yunbox.sql.maxcompute.statements.inserts import Head, target
from yunbox.sql.plans import Insert, Unload

_FORMATS = {"PARQUET": "parquet", "CSV": "csv", "TSV": "tsv", "JSON": "json", "TEXTFILE": "text", "ORC": "orc"}
_HANDLERS = {
    "com.aliyun.odps.csvstoragehandler": "csv",
    "com.aliyun.odps.tsvstoragehandler": "tsv",
}
_SERDES = {
    "org.apache.hadoop.hive.serde2.lazy.lazysimpleserde": "text",
    "org.apache.hadoop.hive.serde2.opencsvserde": "csv",
    "org.apache.hive.hcatalog.data.jsonserde": "json",
    "org.apache.hadoop.hive.serde2.jsonserde": "json",
    "org.apache.hadoop.hive.ql.io.parquet.serde.parquethiveserde": "parquet",
    "org.apache.hadoop.hive.ql.io.orc.orcserde": "orc",
}
_LOCATION = re.compile(
    r"oss://(?:(?P<host>[^/]*\.[^/]*|[^/]*:\d+)/)?(?P<bucket>[a-z0-9][a-z0-9-]{1,61}[a-z0-9])(?:/(?P<prefix>.*))?"
)


class SourceClauses:
    """The clauses of an external table, LOAD or UNLOAD that say where rows lie and in which format."""

    def __init__(self) -> None:
        self.location = ""
        self.options: dict[str, str] = {}
        self._format = ""

    def read(self, cursor: Cursor) -> bool:
        """Read one clause, if one of these is next."""
        if cursor.take("ROW FORMAT SERDE"):
            self._choose(_SERDES, cursor)
        elif cursor.take("ROW FORMAT DELIMITED"):
            self._delimited(cursor)
        elif cursor.take("WITH SERDEPROPERTIES"):
            self.options |= cursor.properties()
        elif cursor.take("STORED AS INPUTFORMAT"):
            cursor.string()
            cursor.expect("OUTPUTFORMAT")
            cursor.string()
        elif cursor.take("STORED AS"):
            where, word = cursor.where(), cursor.name().upper()
            if word not in _FORMATS:
                raise UnsupportedSql(f"STORED AS {word}", where)
            if not (word == "TEXTFILE" and self._format):
                self._format = _FORMATS[word]
        elif cursor.take("STORED BY"):
            self._choose(_HANDLERS, cursor)
        elif cursor.take("LOCATION"):
            self.location = _location(cursor)
        elif cursor.take("USING"):
            cursor.string()
        else:
            return False
        return True

    def source(self, cursor: Cursor) -> ExternalSource:
        """What was read. Raises SemanticError when something is missing."""
        if not self.location:
            raise SemanticError("an external table needs a LOCATION", cursor.where())
        if not self._format:
            raise SemanticError("an external table needs STORED AS, STORED BY or ROW FORMAT SERDE", cursor.where())
        return ExternalSource(self.location, self._format, tuple(sorted(self.options.items())))

    def _choose(self, names: dict[str, str], cursor: Cursor) -> None:
        where, name = cursor.where(), cursor.string()
        found = names.get(name.lower())
        if found is None:
            raise UnsupportedSql(f"the storage format {name}", where)
        self._format = found

    def _delimited(self, cursor: Cursor) -> None:
        self._format = "text"
        for clause, option in (
            ("FIELDS TERMINATED BY", "field.delim"),
            ("ESCAPED BY", "escape.delim"),
            ("COLLECTION ITEMS TERMINATED BY", "collection.delim"),
            ("MAP KEYS TERMINATED BY", "mapkey.delim"),
            ("LINES TERMINATED BY", "line.delim"),
            ("NULL DEFINED AS", "serialization.null.format"),
        ):
            if cursor.take(clause):
                self.options[option] = cursor.string()


def _location(cursor: Cursor) -> str:
    """``oss://[endpoint/]bucket/folder/`` without the endpoint, which is always this server's."""
    where, text = cursor.where(), cursor.string()
    found = _LOCATION.fullmatch(text)
    if found is None:
        raise SemanticError(f"the location {text[:200]!r} is not of the form oss://[endpoint/]bucket/folder/", where)
    prefix = (found["prefix"] or "").strip("/")
    return f"oss://{found['bucket']}/{prefix}/" if prefix else f"oss://{found['bucket']}/"


def parse_load(cursor: Cursor, planner: QueryPlanner) -> Insert:
    """``LOAD OVERWRITE|INTO TABLE t [PARTITION (...)] FROM LOCATION '...' STORED AS ...``."""
    cursor.expect("LOAD")
    head = Head(cursor, planner, verb="")
    cursor.expect("FROM")
    clauses = SourceClauses()
    while not cursor.done:
        if not clauses.read(cursor):
            raise cursor.failure("a clause of LOAD expected")
    source = clauses.source(cursor)
    columns = (*head.table.columns, *(c for c in head.table.partition_columns if c.name.lower() in head.dynamic))
    name = TableName(planner.session.project, planner.session.schema, LOADED)
    loaded = Table(name, columns, kind="external", source=source)
    over = QueryPlanner(_Overlay(planner.catalog, loaded), planner.session, planner.evaluate)
    return head.plan(over, parse_query(f"SELECT * FROM {LOADED}"))


def parse_unload(cursor: Cursor, planner: QueryPlanner) -> Unload:
    """``UNLOAD FROM (SELECT ...)|t [PARTITION (...)] INTO LOCATION '...' STORED AS ...``."""
    cursor.expect("UNLOAD")
    cursor.expect("FROM")
    if cursor.peek("("):
        stop = cursor.until_close()
        cursor.at += 1
        node = cursor.query(stop)
        cursor.at = stop + 1
    else:
        node = _whole_table(cursor, planner)
    cursor.expect("INTO")
    clauses = SourceClauses()
    while not cursor.done:
        if cursor.take("PROPERTIES"):
            clauses.options |= cursor.properties()
        elif not clauses.read(cursor):
            raise cursor.failure("a clause of UNLOAD expected")
    return Unload(planner.plan(node), clauses.source(cursor))


def _whole_table(cursor: Cursor, planner: QueryPlanner) -> exp.Expr:
    table = target(planner, cursor)
    spec = cursor.partition() if cursor.take("PARTITION") else ()
    tests = " AND ".join(f"`{name}` = '{value}'" for name, value in spec if value is not None)
    names = ", ".join(f"`{column.name}`" for column in table.columns)
    name = ".".join(f"`{part}`" for part in (table.name.project, table.name.schema, table.name.name))
    if table.name.schema == "default":
        name = f"`{table.name.project}`.`{table.name.name}`"
    return parse_query(f"SELECT {names} FROM {name}" + (f" WHERE {tests}" if tests else ""))


def parse_repair(cursor: Cursor, planner: QueryPlanner) -> RepairTable:
    """``MSCK [REPAIR] TABLE t [ADD PARTITIONS]``."""
    if not cursor.take("MSCK REPAIR"):
        cursor.expect("MSCK")
    cursor.expect("TABLE")
    where = cursor.where()
    table = target(planner, cursor)
    if table.kind != "external" or not table.partition_columns:
        raise SemanticError(f"{table.name} is no external table with partitions", where)
    cursor.take("ADD PARTITIONS")
    cursor.end()
    return RepairTable(table.name)


class _Overlay:
    """A catalog with one more table: what LOAD reads has no name of its own."""

    def __init__(self, catalog: Catalog, table: Table) -> None:
        self._catalog = catalog
        self._table = table

    def table(self, name: TableName) -> Table | None:
        """The table or view of that name, or None."""
        return self._table if name == self._table.name else self._catalog.table(name)

    def partitions(self, name: TableName) -> "tuple[PartitionValues, ...]":
        """Every partition of a partitioned table, sorted."""
        return tuple(self._catalog.partitions(name))

    def newest_partition(self, name: TableName) -> PartitionValues | None:
        """The last partition, in their order, that holds rows."""
        return self._catalog.newest_partition(name)

    def function_exists(self, project: str, name: str) -> bool:
        """Whether a user-defined function of that name is registered in the project."""
        return self._catalog.function_exists(project, name)


def without_defaults(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Columns as an external table has them: nothing enforces NOT NULL or fills a default in."""
    return tuple(replace(column, nullable=True, default=None) for column in columns)
