"""PostgreSQL with the tables of these tests, and a DuckDB with the same."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.differential import connect
from tests.postgres import running
from tests.unit.sql.hologres.planned import Planned
from tests.unit.sql.hologres.tables import CATALOG, DUCK, POSTGRES


@pytest.fixture(scope="module")
def oracle() -> Iterator[psycopg.Connection[Any]]:
    with running("timezone=UTC") as server, connect(server) as connection:
        connection.execute(POSTGRES)
        yield connection


@pytest.fixture(scope="module")
def planned() -> Planned:
    made = Planned(CATALOG)
    made.duck.execute(DUCK)
    made.vocabulary.provide_all()  # what is made known within a transaction goes with it
    return made
