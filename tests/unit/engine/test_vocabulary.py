"""A worker's DuckDB learns a function when a statement calls it, and before it those that it calls."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pytest

from yunbox.engine.duck.dialects import Dialect
from yunbox.engine.duck.vocabulary import Vocabulary


@dataclass(frozen=True)
class Function:
    name: str
    params: tuple[str, ...]
    returns: str
    function: Callable[..., Any]


TWICE = Function("py_twice", ("BIGINT",), "BIGINT", lambda value: value * 2)
MACROS = (
    "CREATE OR REPLACE MACRO mc_one() AS 1;",
    "CREATE OR REPLACE MACRO mc_two() AS py_twice(mc_one());",
    "CREATE OR REPLACE MACRO mc_three() AS mc_two() + mc_one();",
    "CREATE OR REPLACE MACRO mc_other() AS 0;",
)


def known(db: duckdb.DuckDBPyConnection) -> set[str]:
    found = db.execute("SELECT function_name FROM duckdb_functions() WHERE function_name ~ '^(mc|py)_'").fetchall()
    return {name for (name,) in found}


def taught() -> tuple[duckdb.DuckDBPyConnection, Vocabulary]:
    db = duckdb.connect()
    return db, Vocabulary(db, [cast("Dialect", SimpleNamespace(MACROS=MACROS, NATIVES=(TWICE,)))])


def test_what_a_statement_calls_is_made_known_and_no_more() -> None:
    db, vocabulary = taught()
    vocabulary.provide("SELECT abs(1), mc_nothing(2), 'mc_two'")
    assert known(db) == set()
    vocabulary.provide("SELECT mc_three()")
    assert known(db) == {"mc_one", "mc_two", "mc_three", "py_twice"}
    assert db.execute("SELECT mc_three()").fetchall() == [(3,)]
    vocabulary.provide("SELECT mc_three(), mc_one()")
    vocabulary.provide_all()
    assert known(db) == {"mc_one", "mc_two", "mc_three", "mc_other", "py_twice"}


def test_what_could_not_be_made_is_made_the_next_time() -> None:
    db, vocabulary = taught()
    db.close()
    with pytest.raises(duckdb.ConnectionException):
        vocabulary.provide("SELECT mc_three()")
    vocabulary._db = db = duckdb.connect()
    vocabulary.provide("SELECT mc_three()")
    assert db.execute("SELECT mc_three()").fetchall() == [(3,)]
