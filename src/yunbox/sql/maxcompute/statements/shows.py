"""SHOW and DESC."""

from yunbox.sql.maxcompute.absent import DESCRIBED, SHOWN, starts
from yunbox.sql.maxcompute.errors import UnsupportedSql
from yunbox.sql.maxcompute.plans import Describe, Plan, Security, Show
from yunbox.sql.maxcompute.queries import QueryPlanner
from yunbox.sql.maxcompute.statements.cursor import Cursor

_LISTS = {"TABLES": "tables", "VIEWS": "views", "SCHEMAS": "schemas", "DATABASES": "schemas",
          "FUNCTIONS": "functions", "FLAGS": "flags", "RESOURCES": "resources"}  # fmt: skip
_SECURITY = ("GRANTS", "ACL", "PRIV", "PRIVS", "PRIVILEGES", "ROLES", "ROLE", "USERS", "PRINCIPALS", "PACKAGES",
             "PACKAGE", "SECURITYCONFIGURATION", "LABEL")  # fmt: skip


def parse_show(cursor: Cursor, planner: QueryPlanner) -> Plan:
    """SHOW in its forms."""
    start = cursor.at
    cursor.expect("SHOW")
    word = cursor.word(cursor.at) if not cursor.done else ""
    if word in _SECURITY:
        cursor.at = start
        return Security(cursor.rest())
    if word in _LISTS:
        cursor.take(word)
        return _listing(cursor, _LISTS[word])
    if cursor.take("PARTITIONS"):
        name = cursor.table_name()
        spec = _known(cursor) if cursor.take("PARTITION") else ()
        cursor.end()
        return Show("partitions", name, partition=spec)
    if cursor.take("CREATE TABLE") or cursor.take("CREATE VIEW"):
        name = cursor.table_name()
        cursor.end()
        return Show("create table", name)
    if cursor.take("COLUMNS"):
        cursor.take("FROM") or cursor.take("IN")
        return Show("columns", cursor.table_name())
    if starts(SHOWN, word):
        raise UnsupportedSql(f"SHOW {word}", cursor.where())
    raise cursor.failure("what SHOW can show expected")


def _listing(cursor: Cursor, kind: str) -> Show:
    scope, like = "", None
    if cursor.take("IN") or cursor.take("FROM"):
        scope = ".".join(cursor.parts())
    if cursor.take("LIKE"):
        like = cursor.string()
    cursor.end()
    return Show(kind, None, like, (), scope)


def _known(cursor: Cursor) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in cursor.partition() if value is not None)


def parse_describe(cursor: Cursor, planner: QueryPlanner) -> Plan:
    """DESC [EXTENDED] t [PARTITION (...)], DESC FUNCTION f; DESC ROLE and PACKAGE belong to the security language."""
    cursor.at += 1
    if cursor.peek("FUNCTION") and len(cursor.tokens) > cursor.at + 1:
        cursor.take("FUNCTION")
        name = cursor.parts()[-1]
        cursor.end()
        return Show("function", None, name)
    for word in DESCRIBED:
        if cursor.peek(word) and len(cursor.tokens) > cursor.at + 1:
            raise UnsupportedSql(f"DESC {word}", cursor.where())
    extended = cursor.take("EXTENDED")
    cursor.take("TABLE")
    name = cursor.table_name()
    spec = _known(cursor) if cursor.take("PARTITION") else None
    cursor.end()
    return Describe(name, extended, spec)


def parse_security(cursor: Cursor, planner: QueryPlanner) -> Security:
    """A statement of the security language, passed on as it is."""
    return Security(cursor.rest())
