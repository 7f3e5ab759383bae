"""Statements planned and run on DuckDB against PostgreSQL 15: the same answer, or a refusal that is expected."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import pytest

from tests.differential import Ask, Case, cases, connect, differences, through_psycopg
from tests.postgres import Postgres, running
from tests.unit.sql.hologres.chance_queries import chance_queries
from tests.unit.sql.hologres.generated import statements
from tests.unit.sql.hologres.numeric_queries import numeric_queries
from tests.unit.sql.hologres.planned import Planned
from tests.unit.sql.hologres.tables import POSTGRES

FOLDER = Path(__file__).with_name("statements")
FILES = {name: list(group) for name, group in groupby(cases(FOLDER), lambda case: case.place.split(":")[0])}
REFUSED = {line for line in (FOLDER / "refused.txt").read_text("utf-8").splitlines() if line}


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running("timezone=UTC") as server:
        yield server


@pytest.fixture(scope="module")
def oracle(postgres: Postgres) -> Iterator[Ask]:
    with connect(postgres) as connection:
        connection.execute(POSTGRES)
        yield through_psycopg(connection)


@pytest.mark.parametrize("name", FILES)
def test_statements(name: str, oracle: Ask, planned: Planned) -> None:
    wrong, refused = differences(FILES[name], oracle, planned.ask)
    assert not wrong, "\n".join(wrong)
    assert set(refused) == REFUSED & {case.statement for case in FILES[name]}


@pytest.mark.parametrize("seed", range(20, 24))
def test_expressions_by_chance(seed: int, oracle: Ask, planned: Planned) -> None:
    check_made(statements(seed, 150), f"seed {seed}", oracle, planned, 0.03)


@pytest.mark.parametrize("seed", range(3))
def test_numerics_by_chance(seed: int, oracle: Ask, planned: Planned) -> None:
    check_made(numeric_queries(seed, 150), f"seed {seed}", oracle, planned, 0.2)


@pytest.mark.parametrize("seed", range(2))
def test_queries_by_chance(seed: int, oracle: Ask, planned: Planned) -> None:
    check_made(chance_queries(seed, 100), f"seed {seed}", oracle, planned, 0.1)


def check_made(texts: Iterable[str], place: str, oracle: Ask, planned: Planned, refused_max: float) -> None:
    """Statements made by chance have PostgreSQL's answers; at most such a part of them is refused."""
    made = [Case(text, place) for text in texts]
    wrong, refused = differences(made, oracle, planned.ask)
    assert not wrong, "\n".join(wrong)
    assert len(refused) <= len(made) * refused_max


def test_enough() -> None:
    statements = [case for group in FILES.values() for case in group]
    assert len(statements) >= 500
    assert len(REFUSED) <= len(statements) * 0.05


def test_a_difference_is_found(oracle: Ask) -> None:
    wrong, refused = differences([Case("select 1", "here:1")], oracle, lambda _: oracle("select 2"))
    assert len(wrong) == 1
    assert not refused
