"""What paths find, by chance and against PostgreSQL 15; and that none takes a time without end."""

import json
from collections.abc import Callable, Iterator
from itertools import product
from random import Random
from typing import Any

import psycopg
import pytest

from tests.differential import connect
from tests.postgres import running
from tests.unit.sql.hologres.chance_paths import ChancePath, chance_document
from yunbox.sql.hologres.natives import stopping
from yunbox.sql.hologres.natives.jsonpaths import NATIVES
from yunbox.wire.pgwire.report import PgError
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.jsonpaths import JSONPATH
from yunbox.wire.pgwire.values.jsons import JSONB

HERE = {one.name: one.function for one in NATIVES}
FUNCTIONS = {
    "jsonb_path_query_array": "hg_jsonpath_array", "jsonb_path_exists": "hg_jsonpath_exists",
    "jsonb_path_match": "hg_jsonpath_match", "jsonb_path_query_first": "hg_jsonpath_first",
}  # fmt: skip

COUNT = 1500
_EITHER = ("2201B", "42601")
"""Of a path with two errors PostgreSQL tells that of a regular expression first."""


@pytest.fixture(scope="module")
def oracle() -> Iterator[psycopg.Connection[Any]]:
    with running() as server, connect(server) as connection:
        yield connection


def _answer(ask: Callable[..., Any], *args: Any) -> Any:
    """What is answered, or the SQLSTATE of an error."""
    try:
        return ask(*args)
    except psycopg.Error as error:
        return error.sqlstate
    except (PgError, ValueError) as error:
        return error.report.sqlstate if isinstance(error, PgError) else str(error)[2:7]


def _there(oracle: psycopg.Connection[Any], query: str, *given: Any) -> Any:
    [found] = oracle.execute(query.encode(), given).fetchall()
    return found[0]


def _here(name: str, document: str, path: str, given: str, silent: bool) -> Any:
    kept = [JSONB.read(one, Style()) for one in (document, given)]
    found = HERE[FUNCTIONS[name]](kept[0], JSONPATH.read(path, Style()), kept[1], silent, None)
    return str(found).lower() if isinstance(found, bool) else found


@pytest.mark.parametrize("seed", range(6))
def test_paths_by_chance(seed: int, oracle: psycopg.Connection[Any]) -> None:
    chance = Random(seed)
    wrong = []
    for _ in range(COUNT):
        path, document = ChancePath(chance).path(), chance_document(chance)
        given = '{"x": ' + chance_document(chance, 2) + ', "y": 1}'
        name, silent = chance.choice(list(FUNCTIONS)), chance.random() < 0.5
        query = f"SELECT {name}(%s::jsonb, %s::jsonpath, %s::jsonb, %s)::text"
        expected = _answer(_there, oracle, query, document, path, given, silent)
        got = _answer(_here, name, document, path, given, silent)
        if got not in (expected, "0A000"):
            wrong.append(f"{name}({document!r}, {path!r}, {given!r}, {silent})\n  {expected}\n  {got}")
    assert not wrong, "\n".join([f"{len(wrong)}", *wrong[:8]])


MOMENTS = (
    "2017-03-10", "2017-3-11", "2017-03-10 00:00:00", "2017-03-10T12:34:56.5", "2017-03-10 12:34:56+03", "9999-12-31",
    "2017-03-10 09:34:56-00:30", "2017-03-10 09:34:56 +1:30", "12:34:56", "12:34:56.5", "12:34:56+03", "09:34:56+00",
    "294277-01-01", "294276-12-31 23:59:59", "2016-02-29", "2017-03-10 12:34", "12:34", "abc", "1",
)  # fmt: skip
REFUSED_MAX = 0.6


@pytest.mark.parametrize("symbol", ["==", "<", ">=", "!="])
def test_moments_compare(symbol: str, oracle: psycopg.Connection[Any]) -> None:
    query = "SELECT jsonb_path_query_array(%s::jsonb, %s::jsonpath, %s::jsonb, %s)::text"
    path = f"$[0].datetime() {symbol} $[1].datetime()"
    for pair in product(MOMENTS, repeat=2):
        given = (json.dumps(pair), path, "{}", False)
        assert _answer(_here, "jsonb_path_query_array", *given) == _answer(_there, oracle, query, *given), pair


def test_moments_by_chance(oracle: psycopg.Connection[Any]) -> None:
    """Texts that are nearly moments are read as there, or refused by name."""
    chance, refused = Random(1), 0
    query = "SELECT jsonb_path_query_array(%s::jsonb, %s::jsonpath, %s::jsonb, %s)::text"
    for _ in range(COUNT):
        text = chance.choice(MOMENTS)
        at = chance.randrange(len(text))
        text = text[:at] + chance.choice(" T:+-.0159x") + text[at + chance.randrange(2) :]
        given = (json.dumps(text), "$.datetime()", "{}", False)
        got, expected = _answer(_here, "jsonb_path_query_array", *given), _answer(_there, oracle, query, *given)
        refused += got == "0A000"
        assert got in (expected, "0A000"), text
    assert refused < REFUSED_MAX * COUNT


def _written_here(path: str) -> str:
    return HERE["hg_out_jsonpath"](HERE["hg_in_jsonpath"](path, ""))


@pytest.mark.parametrize("seed", range(2))
def test_texts_by_chance(seed: int, oracle: psycopg.Connection[Any]) -> None:
    """Paths, whole ones and such with a letter changed, are written or refused as there."""
    chance = Random(seed)
    wrong = []
    for _ in range(COUNT):
        path = ChancePath(chance).path()
        if chance.randrange(2):
            at = chance.randrange(len(path))
            path = path[:at] + chance.choice(' .()[]*?@$!"&|=<>+-1ax\\') + path[at + chance.randrange(2) :]
        expected = _answer(_there, oracle, "SELECT %s::jsonpath::text", path)
        got = _answer(_written_here, path)
        if got != expected and (expected, got) != _EITHER:
            wrong.append(f"{path!r}\n  {expected}\n  {got}")
    assert not wrong, "\n".join([f"{len(wrong)}", *wrong[:8]])


def test_a_path_of_many_steps_stops_when_its_statement_does() -> None:
    document = "[" * 30 + "]" * 30
    stopping.begun(7)
    stopping.stopped(7)
    try:
        with pytest.raises(ValueError, match="57014"):
            HERE["hg_jsonpath_exists"](document, "$" + ".**" * 12 + " ? (@ == 1)", "{}", False, 7)
    finally:
        stopping.begun(7)


def test_what_is_nested_too_deep_is_refused() -> None:
    with pytest.raises(ValueError, match="54001"):
        HERE["hg_in_jsonpath"]("(" * 5000 + "1" + ")" * 5000, "")
    deep = "$" + "[*]" * 20_000
    with pytest.raises(ValueError, match="54001"):
        HERE["hg_jsonpath_exists"]("[1]", deep, "{}", False, None)
