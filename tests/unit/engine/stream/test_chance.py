"""Queries that were made by chance and what those found: each as a real Flink 2.3 has answered it.

``chance.tsv`` has a query a line, with the types and rows of its answer, or that it fails. The queries are those of
``tests/clients/flink/chance_queries.py``, of which ``test_real_flink.py`` asks others of a real Flink each time.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.flink.chance_engines import Answer, OwnEngine

LINES = [one.split("\t") for one in (Path(__file__).parent / "chance.tsv").read_text().splitlines()]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnEngine]:
    made = OwnEngine(tmp_path_factory.mktemp("chance"))
    yield made
    made.close()


@pytest.mark.parametrize(("query", "types", "rows"), LINES, ids=range(len(LINES)))
def test_it_is_answered_as_by_a_real_flink(engine: OwnEngine, query: str, types: str, rows: str) -> None:
    found = engine.answer(query)
    assert _written(found) == (types, rows), query


def _written(answer: Answer) -> tuple[str, str]:
    return ("fails", "") if answer.failure else (", ".join(answer.types), " ; ".join(answer.rows))
