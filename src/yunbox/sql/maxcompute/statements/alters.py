"""ALTER TABLE and ALTER VIEW, one function an action."""

from collections.abc import Callable

from yunbox.schema.tables import Column, Table
from yunbox.schema.types import DataType
from yunbox.sql.maxcompute.casts import converts, wider_number
from yunbox.sql.maxcompute.errors import PartitionNotFound, SemanticError, UnsupportedSql, ViewNotFound
from yunbox.sql.maxcompute.plans import (
    Action,
    AddColumns,
    AddPartitions,
    AlterTable,
    ChangeColumn,
    ChangeOwner,
    DropColumns,
    DropPartitions,
    EnableLifecycle,
    MergePartitions,
    MergeSmallFiles,
    RenameColumn,
    RenamePartition,
    RenameTable,
    SetColumnComment,
    SetColumnNullable,
    SetComment,
    SetLifecycle,
    SetProperties,
    Touch,
)
from yunbox.sql.maxcompute.queries import QueryPlanner
from yunbox.sql.maxcompute.statements.cursor import Cursor
from yunbox.sql.maxcompute.statements.inserts import target
from yunbox.sql.maxcompute.statements.tables import _lifecycle, column_definition, matching, values_of

_ActionParser = Callable[[Cursor, QueryPlanner, Table], Action]


def parse_alter(cursor: Cursor, planner: QueryPlanner) -> AlterTable:
    """ALTER TABLE|VIEW name action."""
    cursor.expect("ALTER")
    if cursor.take("VIEW"):
        return _alter_view(cursor, planner)
    cursor.expect("TABLE")
    table = target(planner, cursor)
    word = cursor.word(cursor.at) if not cursor.done else ""
    parser = _ACTIONS.get(word)
    if parser is None:
        raise cursor.failure("an action of ALTER TABLE expected")
    action = parser(cursor, planner, table)
    cursor.end()
    return AlterTable(table.name, action, table)


def _alter_view(cursor: Cursor, planner: QueryPlanner) -> AlterTable:
    where = cursor.where()
    name = cursor.table_name()
    table = planner.catalog.table(name)
    if table is None or table.kind != "view":
        raise ViewNotFound(name, where)
    if cursor.take("RENAME TO"):
        return AlterTable(name, RenameTable(cursor.table_name()), table)
    if cursor.take("CHANGEOWNER TO"):
        return AlterTable(name, ChangeOwner(cursor.string()), table)
    if cursor.peek("AS") or cursor.peek("SELECT"):
        raise UnsupportedSql("ALTER VIEW ... AS", cursor.where())
    if cursor.peek("CHANGE") or cursor.peek("SET"):
        raise UnsupportedSql("ALTER VIEW ... CHANGE or SET", cursor.where())
    raise cursor.failure("RENAME TO or CHANGEOWNER TO expected")


def _add(cursor: Cursor, planner: QueryPlanner, table: Table) -> Action:
    cursor.expect("ADD")
    if cursor.take("COLUMNS") or cursor.take("COLUMN"):
        if_not_exists = cursor.take("IF NOT EXISTS")
        columns = _columns(cursor)
        known = {column.name.lower() for column in table.all_columns}
        for column in columns:
            if column.name in known and not if_not_exists:
                raise SemanticError(f"column {column.name} exists already in {table.name}", cursor.where())
            if column.type.name == "json":
                raise SemanticError("no column of type JSON can be added to a table", cursor.where())
        return AddColumns(tuple(columns), if_not_exists)
    if_not_exists = cursor.take("IF NOT EXISTS")
    found = []
    while cursor.take("PARTITION"):
        found.append(values_of(cursor, table))
        cursor.take(",")
    if not found:
        raise cursor.failure("COLUMNS or PARTITION expected")
    return AddPartitions(tuple(dict.fromkeys(found)), if_not_exists)


def _columns(cursor: Cursor) -> list[Column]:
    wrapped = cursor.take("(")
    found = [column_definition(cursor)]
    while wrapped and cursor.take(","):
        found.append(column_definition(cursor))
    if wrapped:
        cursor.expect(")")
    return found


def _drop(cursor: Cursor, planner: QueryPlanner, table: Table) -> Action:
    cursor.expect("DROP")
    if cursor.take("COLUMNS") or cursor.take("COLUMN"):
        wrapped = cursor.take("(")
        names = [_column(cursor, table)]
        while cursor.take(","):
            names.append(_column(cursor, table))
        if wrapped:
            cursor.expect(")")
        return DropColumns(tuple(names))
    if_exists = cursor.take("IF EXISTS")
    cursor.expect("PARTITION")
    found = matching(cursor, planner, table, if_exists=if_exists)
    while cursor.take(","):
        cursor.take("PARTITION")
        found += matching(cursor, planner, table, if_exists=if_exists)
    cursor.take("PURGE")
    return DropPartitions(tuple(dict.fromkeys(found)), if_exists)


def _column(cursor: Cursor, table: Table) -> str:
    where = cursor.where()
    name = cursor.name()
    if name not in {column.name.lower() for column in table.columns}:
        raise SemanticError(f"column {name} cannot be resolved in {table.name}", where)
    return name


def _change(cursor: Cursor, planner: QueryPlanner, table: Table) -> Action:
    cursor.expect("CHANGE")
    cursor.take("COLUMN")
    old = _column(cursor, table)
    if cursor.take("RENAME TO"):
        return RenameColumn(old, cursor.name())
    if cursor.take("COMMENT"):
        return SetColumnComment(old, cursor.string())
    if cursor.take("NULL"):
        return SetColumnNullable(old)
    where = cursor.where()
    column = column_definition(cursor)
    before = next(one.type for one in table.columns if one.name.lower() == old)
    if not _holds(column.type, before):
        raise SemanticError(f"the type of column {old} cannot be changed from {before} to {column.type}", where)
    if cursor.peek("AFTER") or cursor.peek("FIRST"):
        raise UnsupportedSql("moving a column with AFTER or FIRST", cursor.where())
    return ChangeColumn(old, column)


def _holds(new: DataType, old: DataType) -> bool:
    """Whether every value of a type stays what it was in another: a column's type only ever widens."""
    if new == old:
        return True
    if old.is_text or old.children:
        return new.is_text and (not new.params or (bool(old.params) and new.params >= old.params))
    if old.is_numeric and new.is_numeric:
        if new.name == "decimal":
            return wider_number(old, new) == new
        return old.name != "decimal" and wider_number(old, new) == new
    return converts(old, new) is not None and (new.is_text or new.name in ("datetime", "timestamp"))


def _rename(cursor: Cursor, planner: QueryPlanner, table: Table) -> Action:
    if cursor.take("RENAME COLUMN"):
        old = _column(cursor, table)
        cursor.expect("TO")
        return RenameColumn(old, cursor.name())
    cursor.expect("RENAME", "TO")
    parts = cursor.parts()
    if len(parts) == 1:
        return RenameTable(type(table.name)(table.name.project, table.name.schema, parts[0]))
    return RenameTable(cursor.session.table_name(parts))


def _set(cursor: Cursor, planner: QueryPlanner, table: Table) -> Action:
    cursor.expect("SET")
    if cursor.take("COMMENT"):
        return SetComment(cursor.string())
    if cursor.take("LIFECYCLE"):
        return SetLifecycle(_lifecycle(cursor))
    if cursor.take("TBLPROPERTIES"):
        return SetProperties(cursor.properties())
    raise cursor.failure("COMMENT, LIFECYCLE or TBLPROPERTIES expected")


def _enabled(cursor: Cursor, planner: QueryPlanner, table: Table) -> Action:
    enabled = cursor.take("ENABLE")
    if not enabled:
        cursor.expect("DISABLE")
    cursor.expect("LIFECYCLE")
    return EnableLifecycle(enabled)


def _partition(cursor: Cursor, planner: QueryPlanner, table: Table) -> Action:
    cursor.expect("PARTITION")
    values = values_of(cursor, table)
    names = [column.name.lower() for column in table.partition_columns]
    if cursor.take("RENAME TO PARTITION"):
        return RenamePartition(values, values_of(cursor, table))
    if cursor.take("MERGE SMALLFILES"):
        return MergeSmallFiles(values)
    if cursor.peek("ENABLE") or cursor.peek("DISABLE"):
        enabled = cursor.take("ENABLE")
        cursor.take("DISABLE")
        cursor.expect("LIFECYCLE")
        return EnableLifecycle(enabled, tuple(zip(names, values, strict=True)))
    raise cursor.failure("RENAME TO PARTITION, MERGE SMALLFILES, ENABLE or DISABLE LIFECYCLE expected")


def _touch(cursor: Cursor, planner: QueryPlanner, table: Table) -> Action:
    cursor.expect("TOUCH")
    return Touch(values_of(cursor, table) if cursor.take("PARTITION") else None)


def _owner(cursor: Cursor, planner: QueryPlanner, table: Table) -> Action:
    cursor.expect("CHANGEOWNER", "TO")
    return ChangeOwner(cursor.string())


def _merge(cursor: Cursor, planner: QueryPlanner, table: Table) -> Action:
    cursor.expect("MERGE")
    if cursor.take("SMALLFILES"):
        return MergeSmallFiles(values_of(cursor, table) if cursor.take("PARTITION") else None)
    if_exists, where = cursor.take("IF EXISTS"), cursor.where()
    cursor.expect("PARTITION")
    found = matching(cursor, planner, table, if_exists=if_exists)
    while cursor.take(","):
        cursor.expect("PARTITION")
        found += matching(cursor, planner, table, if_exists=if_exists)
    if not found and not if_exists:
        raise PartitionNotFound("to merge", where)
    cursor.expect("OVERWRITE", "PARTITION")
    merged = values_of(cursor, table)
    cursor.take("PURGE")
    return MergePartitions(tuple(dict.fromkeys(found)), merged)


def _unsupported(cursor: Cursor, planner: QueryPlanner, table: Table) -> Action:
    raise UnsupportedSql(f"ALTER TABLE {cursor.rest()[:40].upper()}", cursor.where())


_ACTIONS: dict[str, _ActionParser] = {
    "ADD": _add, "DROP": _drop, "CHANGE": _change, "RENAME": _rename, "SET": _set, "ENABLE": _enabled,
    "DISABLE": _enabled, "PARTITION": _partition, "TOUCH": _touch, "CHANGEOWNER": _owner, "MERGE": _merge,
    "CLUSTERED": _unsupported, "NOT": _unsupported, "COMPACT": _unsupported, "UNSET": _unsupported,
    "RANGE": _unsupported,
}  # fmt: skip
