"""What the vendor's SQL has and Yunbox's has not: the words that refusals name, and the list of all of them.

The list is read from the code of this package: each ``UnsupportedSql`` that it raises is one entry, so that the
coverage page cannot leave one out.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

STATEMENTS = (
    "ANALYZE", "CLONE", "RESTORE", "KILL", "STATUS", "WAIT", "COST", "EXPORT", "IMPORT", "UNDO", "REDO", "REFRESH",
    "CALL", "EXECUTE", "DECLARE", "READ", "COUNT", "LOCK", "UNLOCK", "RELOAD", "BEGIN", "LOOP", "IF", "EXSTORE",
    "OPTIMIZE", "TUNNEL", "MAP", "REDUCE", "COPY", "PURGE", "BACKUP", "HTTP",
)  # fmt: skip
"""The first words of statements and of the console's commands."""
SHOWN = (
    "P", "INSTANCES", "PROCESSLIST", "JOBS", "PROC", "HISTORY", "STATISTIC", "STATISTIC_LIST", "CHANGELOGS",
    "VARIABLES", "MATERIALIZED VIEWS", "AUTOMVMETA", "EXTERNAL TABLES",
)  # fmt: skip
"""What SHOW could show."""
DESCRIBED = ("PROJECT", "SCHEMA", "INSTANCE", "HISTORY", "STREAM")
MADE = ("MATERIALIZED VIEW", "TEMPORARY TABLE", "RESOURCE", "SQL FUNCTION", "INDEX", "STREAM", "MODEL")
"""What CREATE, CREATE OR REPLACE and DROP could make and unmake."""
ALTERED = ("CLUSTERED BY", "RANGE CLUSTERED BY", "NOT CLUSTERED", "COMPACT", "UNSET")
STORED = ("STORED AS", "STORED BY", "ROW FORMAT", "WITH SERDEPROPERTIES", "LOCATION", "USING")
"""Clauses of external tables, in CREATE TABLE without EXTERNAL."""
TYPES = ("VECTOR", "GEOGRAPHY", "GEOMETRY", "BITMAP", "INTERVAL", "INTERVAL_DAY_TIME", "INTERVAL_YEAR_MONTH")
"""Data types of columns; intervals are values of queries."""
_EACH = {
    "{} statement": STATEMENTS,
    "SHOW {}": SHOWN,
    "DESC {}": DESCRIBED,
    "CREATE {}": MADE,
    "DROP {}": MADE,
    "ALTER TABLE {}": ALTERED,
    "{} in CREATE TABLE": STORED,
    "the data type {}": TYPES,
    "{}.{}": ("the views of INFORMATION_SCHEMA",),
    "function {}": ("functions that the page of functions marks as not offered",),
    "CREATE OR REPLACE {}": ("CREATE OR REPLACE of what is neither a table nor a view",),
}
"""Which words stand in the place of a template."""


def constructs() -> list[str]:
    """Everything that is refused by name, sorted; an ellipsis stands for what the user wrote."""
    from yunbox.sql.maxcompute.grammar import OFFERED_THERE

    found = set(OFFERED_THERE.values())
    for template in _templates():
        words = _EACH.get(template)
        found |= {_filled(template, word) for word in words} if words else {template.replace("{}", "…")}
    return sorted(found, key=str.lower)


def _filled(template: str, word: str) -> str:
    return template.format(word) if word.isupper() else word


def starts(phrases: tuple[str, ...], word: str) -> bool:
    """Whether a word begins one of some phrases."""
    return any(phrase.split()[0] == word for phrase in phrases)


def _templates() -> Iterator[str]:
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "UnsupportedSql":
                template = _template(node.args[0])
                if template != "{}":
                    yield template


def _template(node: ast.expr) -> str:
    """A text or f-string with braces where it has an expression."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_template(part) for part in node.values)
    return "{}"
