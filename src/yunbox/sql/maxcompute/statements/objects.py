"""Views, schemas and functions; and CREATE and DROP as the words that lead to all of them."""

from dataclasses import replace

from yunbox.schema.tables import Column
from yunbox.sql.maxcompute.absent import MADE, starts
from yunbox.sql.maxcompute.dialect import parse_query
from yunbox.sql.maxcompute.errors import ParseFailed, SemanticError, UnsupportedSql
from yunbox.sql.maxcompute.plans import (
    CreateFunction,
    CreateSchema,
    CreateView,
    DropFunction,
    DropSchema,
    DropTable,
    Plan,
)
from yunbox.sql.maxcompute.queries import QueryPlanner
from yunbox.sql.maxcompute.statements.cursor import Cursor
from yunbox.sql.maxcompute.statements.tables import parse_create_table, parse_drop_table, parse_external_table
from yunbox.sql.plans import CreateTable


def parse_create(cursor: Cursor, planner: QueryPlanner) -> Plan:
    """CREATE TABLE, VIEW, SCHEMA or FUNCTION."""
    where = cursor.where()
    cursor.expect("CREATE")
    or_replace = cursor.take("OR REPLACE")
    if or_replace and not (cursor.peek("VIEW") or cursor.peek("TABLE")):
        raise UnsupportedSql(f"CREATE OR REPLACE {cursor.word(cursor.at)}", cursor.where())
    if cursor.take("EXTERNAL TABLE"):
        return parse_external_table(cursor)
    if cursor.take("TABLE"):
        made = parse_create_table(cursor, planner)
        if or_replace and made.if_not_exists:
            raise ParseFailed("OR REPLACE and IF NOT EXISTS exclude each other", where)
        return replace(made, or_replace=or_replace)
    if cursor.take("VIEW"):
        return _create_view(cursor, planner, or_replace)
    if cursor.take("SCHEMA") or cursor.take("DATABASE"):
        return _create_schema(cursor)
    if cursor.take("FUNCTION"):
        return _create_function(cursor)
    word = cursor.word(cursor.at) if not cursor.done else ""
    if starts(MADE, word):
        raise UnsupportedSql(f"CREATE {word}", cursor.where())
    raise cursor.failure("TABLE, VIEW, SCHEMA or FUNCTION expected")


def _create_view(cursor: Cursor, planner: QueryPlanner, or_replace: bool) -> CreateView:
    if_not_exists = cursor.take("IF NOT EXISTS")
    name = cursor.table_name()
    names, comments, comment = [], [], ""
    if cursor.take("("):
        while True:
            names.append(cursor.name())
            comments.append(cursor.string() if cursor.take("COMMENT") else "")
            if not cursor.take(","):
                break
        cursor.expect(")")
    if cursor.take("COMMENT"):
        comment = cursor.string()
    if cursor.peek("PARTITIONED"):
        raise UnsupportedSql("a partitioned view", cursor.where())
    cursor.expect("AS")
    text = cursor.rest()
    if text.startswith("(") and text.endswith(")"):
        parse_query(text)
    query = planner.plan(parse_query(text), named=not names)
    if names and len(names) != len(query.columns):
        raise SemanticError(f"the view names {len(names)} columns, its query gives {len(query.columns)}")
    columns = query.columns
    if names:
        columns = tuple(Column(n, c.type, note) for n, note, c in zip(names, comments, query.columns, strict=True))
    return CreateView(name, columns, text, comment, or_replace, if_not_exists)


def _create_schema(cursor: Cursor) -> CreateSchema:
    if_not_exists = cursor.take("IF NOT EXISTS")
    project, name = _schema_name(cursor)
    comment = cursor.string() if cursor.take("COMMENT") else ""
    cursor.end()
    return CreateSchema(project, name, if_not_exists, comment)


def _schema_name(cursor: Cursor) -> tuple[str, str]:
    parts = cursor.parts()
    return (parts[0], parts[1]) if len(parts) > 1 else (cursor.session.project, parts[0])


def _create_function(cursor: Cursor) -> CreateFunction:
    name = _function_name(cursor)
    cursor.expect("AS")
    class_name = cursor.string()
    resources: list[str] = []
    if cursor.take("USING"):
        resources = [part.strip() for part in cursor.string().split(",")]
    cursor.end()
    return CreateFunction(name, class_name, tuple(resources))


def _function_name(cursor: Cursor) -> str:
    where, parts = cursor.where(), cursor.parts()
    if len(parts) > 1 and parts[0] != cursor.session.project.lower():
        raise UnsupportedSql(f"a function of another project ({'.'.join(parts)})", where)
    return parts[-1]


def parse_drop(cursor: Cursor, planner: QueryPlanner) -> Plan:
    """DROP TABLE, VIEW, SCHEMA or FUNCTION."""
    cursor.expect("DROP")
    if cursor.take("TABLE"):
        return parse_drop_table(cursor, planner)
    if cursor.take("VIEW"):
        if_exists = cursor.take("IF EXISTS")
        name = cursor.table_name()
        cursor.end()
        return DropTable(name, if_exists, "view")
    if cursor.take("SCHEMA") or cursor.take("DATABASE"):
        if_exists = cursor.take("IF EXISTS")
        project, name = _schema_name(cursor)
        cursor.end()
        return DropSchema(project, name, if_exists)
    if cursor.take("FUNCTION"):
        if_exists = cursor.take("IF EXISTS")
        function = _function_name(cursor)
        cursor.end()
        return DropFunction(function, if_exists)
    word = cursor.word(cursor.at) if not cursor.done else ""
    if starts(MADE, word):
        raise UnsupportedSql(f"DROP {word}", cursor.where())
    raise cursor.failure("TABLE, VIEW, SCHEMA or FUNCTION expected")


__all__ = ["CreateTable", "parse_create", "parse_drop"]
