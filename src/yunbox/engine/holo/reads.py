"""How statements read the copies of tables, and rows that come with them: by the numbers of columns, which no renaming
changes.

Each row has its key beside its columns, under a name that no column of a table may have.
"""

from collections.abc import Sequence

from yunbox.sql.hologres.catalog import ROW_KEY
from yunbox.storage.rows.keys import has_number_key
from yunbox.storage.rows.model import Column, Relation

NAME = "copies"
"""What the database of the copies is called."""

Wanted = frozenset[str] | None
"""The names of columns that a statement asks for; None is all."""
GONE = "gone"
"""Whether a given row is one that is there no more."""


def copy_of(relation: Relation) -> str:
    """What the copy of a table is called."""
    return f"{NAME}.n{relation.node}"


def key_type(relation: Relation) -> str:
    """DuckDB's type of the keys of copies, and of given rows."""
    return "UBIGINT" if has_number_key(relation) else "BLOB"


def read_of(relation: Relation, wanted: Wanted = None) -> str:
    """The SQL that reads a copy, with the columns under their names: of these such as are ``wanted``, or all."""
    return f"(SELECT {_columns(relation, wanted)} FROM {copy_of(relation)})"


def given_of(relation: Relation, name: str, wanted: Wanted = None) -> str:
    """The SQL that reads given rows."""
    return f"(SELECT {_columns(relation, wanted)} FROM {identifier(name)} WHERE NOT {GONE})"


def covered_of(relation: Relation, name: str, wanted: Wanted = None) -> str:
    """The SQL that reads a copy with given rows in the place of those with the same keys."""
    columns = _columns(relation, wanted)
    there = f"SELECT {columns} FROM {copy_of(relation)} WHERE key NOT IN (SELECT key FROM {identifier(name)})"
    return f"({there} UNION ALL {given_of(relation, name, wanted)})"


def none_of(relation: Relation) -> str:
    """The SQL of no rows of a table."""
    from yunbox.engine.holo.loaded import column_type  # heavy, and seldom wanted

    names = "".join(f"CAST(NULL AS {column_type(one)}) AS {identifier(one.name)}, " for one in relation.live)
    return f"(SELECT {names}CAST(NULL AS BLOB) AS {ROW_KEY} WHERE false)"


def _columns(relation: Relation, wanted: Wanted) -> str:
    names = [f"c{one.number} AS {identifier(one.name)}" for one in live_of(relation, wanted)]
    if wanted is None or ROW_KEY in wanted or not names:
        key = "unhex(lpad(hex(key), 16, '0'))" if has_number_key(relation) else "key"
        names.append(f"{key} AS {ROW_KEY}")
    return ", ".join(names)


def live_of(relation: Relation, wanted: Wanted) -> Sequence[Column]:
    """The columns of a relation that are wanted."""
    return [one for one in relation.live if wanted is None or one.name in wanted]


def named(sql: str, scans: Sequence[tuple[str, str]]) -> str:
    """A query with some more names before it, and what each stands for."""
    if not scans:
        return sql
    listed = ", ".join(f"{identifier(token)} AS NOT MATERIALIZED {scan}" for token, scan in scans)
    for word in ("WITH RECURSIVE ", "WITH "):
        if sql.startswith(word):
            return f"{word}{listed}, {sql.removeprefix(word)}"
    return f"WITH {listed} {sql}"


def identifier(name: str) -> str:
    """A name as DuckDB reads it."""
    return '"' + name.replace('"', '""') + '"'
