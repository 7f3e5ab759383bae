"""CREATE, DROP and TRUNCATE of tables."""

from yunbox.kernel import limits
from yunbox.schema.tables import Column, PartitionValues, Table
from yunbox.schema.types import INTEGERS
from yunbox.sql.maxcompute.casts import converts
from yunbox.sql.maxcompute.errors import At, PartitionNotFound, SemanticError, TableNotFound, UnsupportedSql
from yunbox.sql.maxcompute.plans import DropTable, TruncateTable
from yunbox.sql.maxcompute.queries import QueryPlanner
from yunbox.sql.maxcompute.statements.cursor import Cursor
from yunbox.sql.maxcompute.statements.external import SourceClauses, without_defaults
from yunbox.sql.maxcompute.statements.inserts import target
from yunbox.sql.plans import CreateTable

_COLUMNS_MAX, _PARTITION_LEVELS_MAX, _LIFECYCLE_MAX = 1200, 6, 37231
_PARTITION_TYPES = ("string", "varchar", "char", "tinyint", "smallint", "int", "bigint", "date")
_STORED = ("STORED", "ROW", "LOCATION", "USING", "WITH")


def parse_external_table(cursor: Cursor) -> CreateTable:
    """CREATE EXTERNAL TABLE, the words up to TABLE being read already."""
    if_not_exists = cursor.take("IF NOT EXISTS")
    name = cursor.table_name()
    columns = _definitions(cursor)
    options, source = _Options(), SourceClauses()
    while not cursor.done:
        if not source.read(cursor):
            options.read(cursor)
    _check(columns, options.partition_columns, cursor)
    return CreateTable(name, without_defaults(tuple(columns)), tuple(options.partition_columns), options.comment, None,
                       options.properties, if_not_exists, source=source.source(cursor))  # fmt: skip


def parse_create_table(cursor: Cursor, planner: QueryPlanner) -> CreateTable:
    """CREATE TABLE, the words CREATE and TABLE being read already."""
    if_not_exists = cursor.take("IF NOT EXISTS")
    where = cursor.where()
    name = cursor.table_name()
    if cursor.take("LIKE"):
        like = _existing(cursor, planner)
        lifecycle = _lifecycle(cursor) if cursor.take("LIFECYCLE") else None
        cursor.end()
        return CreateTable(name, like.columns, like.partition_columns, like.comment, lifecycle,
                           dict(like.properties), if_not_exists, like, None, like.primary_key)  # fmt: skip
    columns = _definitions(cursor) if cursor.peek("(") else []
    options = _Options()
    while not cursor.done and not cursor.peek("AS"):
        options.read(cursor)
    query = None
    if cursor.take("AS"):
        query = planner.plan(cursor.query(), named=True)
        columns = _created_from(query.columns, columns, cursor)
    if not columns:
        raise cursor.failure("a column list, LIKE or AS expected")
    _check(columns, options.partition_columns, cursor)
    for clustered, place in options.clustered:
        if clustered not in {column.name.lower() for column in columns}:
            raise SemanticError(f"column {clustered} of CLUSTERED BY is not in the table", place)
    if options.clustered and any(column.type.name == "json" for column in columns):
        raise SemanticError("a table with a column of type JSON cannot be clustered", options.clustered[0][1])
    for column in columns:
        if column.default is not None:
            _check_default(planner, column, where)
    return CreateTable(name, tuple(columns), tuple(options.partition_columns), options.comment,
                       options.lifecycle_days, options.properties, if_not_exists, None, query)  # fmt: skip


def _check_default(planner: QueryPlanner, column: Column, where: At) -> None:
    of = planner.expression(column.default or "").type
    strict = planner.session.needs_casts and column.type.name in INTEGERS and of.is_text
    if converts(of, column.type) is None or strict:
        raise SemanticError(f"the default of column {column.name} is no {column.type}", where)


class _Options:
    """The clauses after the column list, in any order."""

    def __init__(self) -> None:
        self._read: set[str] = set()
        self.comment = ""
        self.partition_columns: list[Column] = []
        self.lifecycle_days: int | None = None
        self.properties: dict[str, str] = {}
        self.clustered: list[tuple[str, At]] = []

    def read(self, cursor: Cursor) -> None:
        """Read one clause, of which each stands once."""
        word = cursor.word(cursor.at)
        if word in self._read:
            raise cursor.failure(f"{word} stands there already")
        self._read.add(word)
        if cursor.take("COMMENT"):
            self.comment = cursor.string()
        elif cursor.take("PARTITIONED BY"):
            self.partition_columns = [column_definition(cursor) for _ in _listed(cursor)]
            cursor.expect(")")
        elif cursor.peek("AUTO"):
            raise UnsupportedSql("AUTO PARTITIONED BY", cursor.where())
        elif cursor.take("LIFECYCLE"):
            self.lifecycle_days = _lifecycle(cursor)
        elif cursor.take("TBLPROPERTIES"):
            self.properties |= cursor.properties()
        elif cursor.peek("CLUSTERED") or cursor.peek("RANGE"):
            self.properties["clustered_by"] = _clustering(cursor, self.clustered)
        elif cursor.take("STORED AS ALIORC"):
            pass  # what the vendor's own SHOW CREATE TABLE writes, and no choice of the user's
        elif any(cursor.peek(word) for word in _STORED):
            raise UnsupportedSql(f"{cursor.rest().split('(')[0][:40].upper()} in CREATE TABLE", cursor.where())
        else:
            raise cursor.failure("a clause of CREATE TABLE expected")


def _listed(cursor: Cursor):
    cursor.expect("(")
    yield None
    while cursor.take(","):
        yield None


def _lifecycle(cursor: Cursor) -> int:
    where = cursor.where()
    days = cursor.number()
    if not 1 <= days <= _LIFECYCLE_MAX:
        raise SemanticError(f"lifecycle must be between 1 and {_LIFECYCLE_MAX} days", where)
    return days


def _clustering(cursor: Cursor, named: list[tuple[str, At]]) -> str:
    """The text of CLUSTERED BY; the columns that it names are added to ``named``."""
    start = cursor.at
    cursor.take("RANGE")
    cursor.expect("CLUSTERED BY")
    while True:
        for _ in _listed(cursor):
            named.append((cursor.name(), cursor.where()))
            cursor.take("ASC") or cursor.take("DESC")
        cursor.expect(")")
        if not cursor.take("SORTED BY"):
            break
    if cursor.take("INTO"):
        cursor.number()
        cursor.expect("BUCKETS")
    return cursor.text[cursor.tokens[start].start : cursor.tokens[cursor.at - 1].end + 1]


def _definitions(cursor: Cursor) -> list[Column]:
    columns: list[Column] = []
    for _ in _listed(cursor):
        if cursor.peek("PRIMARY KEY"):
            raise _no_keys(cursor)
        columns.append(column_definition(cursor))
    cursor.expect(")")
    return columns


def column_definition(cursor: Cursor) -> Column:
    """``name type [NOT NULL] [DEFAULT value] [COMMENT 'text']``."""
    where, name, of = cursor.where(), cursor.name(), cursor.type()
    if not limits.is_column_name(name):
        raise SemanticError(f"'{name}' is no name of a column: use letters, digits and underscores", where)
    nullable, default, comment = True, None, ""
    while True:
        if cursor.take("NOT NULL"):
            nullable = False
        elif cursor.take("NULL"):
            nullable = True
        elif cursor.take("DEFAULT"):
            default = _default(cursor)
        elif cursor.take("COMMENT"):
            comment = cursor.string()
        elif cursor.peek("PRIMARY KEY") or cursor.peek("PRIMARY"):
            raise _no_keys(cursor)
        elif cursor.peek("GENERATED"):
            raise UnsupportedSql("a generated column", cursor.where())
        else:
            return Column(name, of, comment, nullable, default)


def _no_keys(cursor: Cursor) -> UnsupportedSql:
    return UnsupportedSql("PRIMARY KEY (a Delta Table, which keeps one row for each key)", cursor.where())


def _default(cursor: Cursor) -> str:
    start = cursor.at
    cursor.at = cursor.until(",", "COMMENT", "NOT")
    if start == cursor.at:
        raise cursor.failure("a default expected")
    return cursor.text[cursor.tokens[start].start : cursor.tokens[cursor.at - 1].end + 1]


def _created_from(given: tuple[Column, ...], named: list[Column], cursor: Cursor) -> list[Column]:
    if named:
        raise SemanticError("CREATE TABLE AS takes no column list", cursor.where())
    return list(given)


def _check(columns: list[Column], partitions: list[Column], cursor: Cursor) -> None:
    names = [column.name.lower() for column in (*columns, *partitions)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SemanticError(f"column {twice[0]} is defined more than once", cursor.where())
    if len(columns) > _COLUMNS_MAX or len(partitions) > _PARTITION_LEVELS_MAX:
        raise SemanticError(
            f"a table has at most {_COLUMNS_MAX} columns and {_PARTITION_LEVELS_MAX} partition levels",
            cursor.where(),
        )
    for column in partitions:
        if column.type.name not in _PARTITION_TYPES:
            raise SemanticError(f"a partition column cannot be {column.type}", cursor.where())


def _existing(cursor: Cursor, planner: QueryPlanner) -> Table:
    where = cursor.where()
    name = cursor.table_name()
    table = planner.catalog.table(name)
    if table is None:
        raise TableNotFound(name, where)
    return table


def parse_drop_table(cursor: Cursor, planner: QueryPlanner) -> DropTable:
    """DROP TABLE."""
    if_exists = cursor.take("IF EXISTS")
    name = cursor.table_name()
    purge = cursor.take("PURGE")
    cursor.end()
    return DropTable(name, if_exists, "table", purge)


def parse_truncate(cursor: Cursor, planner: QueryPlanner) -> TruncateTable:
    """TRUNCATE TABLE t [PARTITION (...)[, PARTITION (...)]]."""
    cursor.expect("TRUNCATE", "TABLE")
    table = target(planner, cursor)
    partitions: list[PartitionValues] = []
    if not cursor.take("PARTITION"):
        cursor.end()
        return TruncateTable(table.name)
    while True:
        partitions += matching(cursor, planner, table)
        if not cursor.take(","):
            break
        cursor.take("PARTITION")
    cursor.end()
    return TruncateTable(table.name, tuple(dict.fromkeys(partitions)))


def values_of(cursor: Cursor, table: Table) -> PartitionValues:
    """A full partition spec as values in the order of the partition columns."""
    where = cursor.where()
    given = dict(cursor.partition())
    known = [column.name.lower() for column in table.partition_columns]
    if not known:
        raise SemanticError(f"{table.name} is not partitioned", where)
    if sorted(given) != sorted(known) or None in given.values():
        raise SemanticError(f"the partition spec must give {', '.join(known)}", where)
    return tuple(str(given[name]) for name in known)


def matching(cursor: Cursor, planner: QueryPlanner, table: Table, *, if_exists: bool = False) -> list[PartitionValues]:
    """The existing partitions that a spec of some columns or a filter expression means."""
    where, start = cursor.where(), cursor.at
    known = [column.name.lower() for column in table.partition_columns]
    if not known:
        raise SemanticError(f"{table.name} is not partitioned", where)
    stop = cursor.until_close()
    text = cursor.text[cursor.tokens[start].start : cursor.tokens[stop].end + 1]
    if _is_filter(cursor, start, stop):
        found = planner.matching_partitions(table, cursor, start + 1, stop)
        cursor.at = stop + 1
        return found
    given = dict(cursor.partition())
    for name in given:
        if name not in known:
            raise SemanticError(f"column {name} is no partition column of {table.name}", where)
    indexes = [(known.index(name), value) for name, value in given.items()]
    rows = planner.catalog.partitions(table.name)
    found = [row for row in rows if all(row[i] == value for i, value in indexes)]
    if not found and not if_exists:
        raise PartitionNotFound(text, where)
    return found


def _is_filter(cursor: Cursor, start: int, stop: int) -> bool:
    words = [cursor.word(i) for i in range(start + 1, stop)]
    simple = {"=", "==", ","}
    return any(
        word in ("<", ">", "<=", ">=", "<>", "!=", "AND", "OR", "NOT", "IN", "LIKE", "BETWEEN", "(") for word in words
    ) or not any(word in simple for word in words)
