"""The front door: one statement's text to one plan."""

import re
from collections.abc import Callable

from yunbox.sql.catalog import Catalog, Evaluator
from yunbox.sql.maxcompute.absent import STATEMENTS
from yunbox.sql.maxcompute.casts import under
from yunbox.sql.maxcompute.errors import ParseFailed, SqlError, UnsupportedSql
from yunbox.sql.maxcompute.plans import Plan, SetFlags, SetProject, Use
from yunbox.sql.maxcompute.queries import QueryPlanner
from yunbox.sql.maxcompute.script import is_blank, parse_setting, strip_comments
from yunbox.sql.maxcompute.session import Session
from yunbox.sql.maxcompute.statements.alters import parse_alter
from yunbox.sql.maxcompute.statements.changes import parse_delete, parse_update
from yunbox.sql.maxcompute.statements.cursor import Cursor
from yunbox.sql.maxcompute.statements.external import parse_load, parse_repair, parse_unload
from yunbox.sql.maxcompute.statements.inserts import Head, parse_multi_insert
from yunbox.sql.maxcompute.statements.merges import parse_merge
from yunbox.sql.maxcompute.statements.objects import parse_create, parse_drop
from yunbox.sql.maxcompute.statements.shows import parse_describe, parse_security, parse_show
from yunbox.sql.maxcompute.statements.tables import parse_truncate
from yunbox.sql.plans import Delete, Explain, Insert, MultiInsert, Query, Update

_SETPROJECT = re.compile(r"\s*setproject\b(.*)", re.IGNORECASE | re.DOTALL)
_PAIR = re.compile(r"([\w.]+)\s*=\s*([^\s,;]*)")
_Parser = Callable[[Cursor, QueryPlanner], Plan]
_SECURITY = ("GRANT", "REVOKE", "WHOAMI", "LIST", "ADD", "REMOVE", "INSTALL", "UNINSTALL", "GET", "PUT", "SET", "UNSET",
             "ALLOW", "DISALLOW", "CLEAR", "TRUST")  # fmt: skip
_ROLES = ("ROLE", "PACKAGE", "TENANT ROLE")
_SHARED = {"CREATE": _ROLES, "DROP": _ROLES, "DELETE": _ROLES, "DESC": _ROLES, "DESCRIBE": _ROLES,
           "ALTER": ("USER", "GROUP"), "PURGE": ("PRIVS",)}  # fmt: skip
"""Words that begin statements of SQL and of the security language, and what follows them in the latter."""


def plan(text: str, catalog: Catalog, session: Session, evaluator: Evaluator | None = None) -> Plan:
    """Plan one statement.

    ``evaluator`` runs constant SQL, for predicates such as ``dt = to_char(getdate(), 'yyyymmdd')``; without it
    only literals prune.
    """
    pair = parse_setting(text) if text.lstrip()[:3].lower() == "set" else None
    if pair is not None:
        return SetFlags(dict((pair,)))
    if (found := _SETPROJECT.match(strip_comments(text))) is not None:
        return SetProject(_project_pairs(found.group(1)))
    if is_blank(text):
        raise ParseFailed("the statement is empty")
    planner = QueryPlanner(catalog, session, evaluator)
    cursor = Cursor(text, session)
    while cursor.tokens and cursor.tokens[-1].text == ";":
        cursor.tokens.pop()
    begin = cursor.where()
    try:
        with under(session.conversions):
            made = statement(cursor, planner)
            cursor.end()
            return made
    except SqlError as error:
        error.place(begin)
        raise
    except RecursionError:
        raise ParseFailed("the statement is nested too deeply") from None


def _project_pairs(text: str) -> dict[str, str]:
    pairs = dict(_PAIR.findall(text))
    if _PAIR.sub("", text).strip(" ,;\t\r\n"):
        raise ParseFailed("SETPROJECT needs name=value pairs")
    return pairs


def statement(cursor: Cursor, planner: QueryPlanner) -> Plan:
    """Plan the statement a cursor stands at."""
    word = cursor.word(cursor.at)
    if word in _SHARED and any(cursor.peek(word, *noun.split()) for noun in _SHARED[word]):
        return parse_security(cursor, planner)
    parser = _parsers().get(word)
    if parser is not None:
        return parser(cursor, planner)
    if word == "@":
        raise UnsupportedSql("script mode (@variable := ...)", cursor.where())
    if word in STATEMENTS:
        raise UnsupportedSql(f"{word} statement", cursor.where())
    raise cursor.failure("a statement expected")


def _query(cursor: Cursor, planner: QueryPlanner) -> Query | Insert:
    if cursor.peek("WITH"):
        index = cursor.until("INSERT")
        if index < len(cursor.tokens):
            return _with_insert(cursor, planner, index)
    return planner.plan(cursor.query())


def _with_insert(cursor: Cursor, planner: QueryPlanner, index: int) -> Insert:
    from yunbox.sql.maxcompute.dialect import parse_query

    prefix = cursor.text[cursor.tokens[cursor.at].start : cursor.tokens[index - 1].end + 1]
    cursor.at = index
    head = Head(cursor, planner)
    end = cursor.tokens[head.read_zorder(cursor) - 1].end + 1
    body = cursor.text[cursor.tokens[cursor.at].start : end]
    cursor.at = len(cursor.tokens)
    return head.plan(planner, parse_query(f"{prefix} {body}"))


def _insert(cursor: Cursor, planner: QueryPlanner) -> Insert:
    head = Head(cursor, planner)
    made = head.plan(planner, cursor.query(head.read_zorder(cursor)))
    cursor.at = len(cursor.tokens)
    return made


def _from(cursor: Cursor, planner: QueryPlanner) -> MultiInsert | Query:
    return parse_multi_insert(cursor, planner)


def _explain(cursor: Cursor, planner: QueryPlanner) -> Explain:
    from yunbox.sql.maxcompute.explain import explain

    cursor.expect("EXPLAIN")
    cursor.take("EXTENDED")
    where = cursor.where()
    inner = statement(cursor, planner)
    if not isinstance(inner, Query | Insert | MultiInsert | Delete | Update):
        raise ParseFailed("EXPLAIN takes a query or a statement that changes data", where)
    return Explain(inner, explain(inner))


def _use(cursor: Cursor, planner: QueryPlanner) -> Use:
    cursor.expect("USE")
    name = cursor.name()
    cursor.end()
    return Use(name)


def _parsers() -> dict[str, _Parser]:
    return _PARSERS


_PARSERS: dict[str, _Parser] = {
    "SELECT": _query,
    "WITH": _query,
    "(": _query,
    "VALUES": _query,
    "FROM": _from,
    "INSERT": _insert,
    "EXPLAIN": _explain,
    "USE": _use,
    "CREATE": parse_create,
    "DROP": parse_drop,
    "ALTER": parse_alter,
    "TRUNCATE": parse_truncate,
    "DELETE": parse_delete,
    "UPDATE": parse_update,
    "MERGE": parse_merge,
    "LOAD": parse_load,
    "UNLOAD": parse_unload,
    "MSCK": parse_repair,
    "MSCK REPAIR": parse_repair,
    "SHOW": parse_show,
    "DESC": parse_describe,
    "DESCRIBE": parse_describe,
    **dict.fromkeys(_SECURITY, parse_security),
}
