"""Queries of streams that were made by chance: however a table came to be read, what is left is the same, and what is
taken back has been there.

``chance_streams.tsv`` has such queries as a real Flink 2.3 has answered them, with their types; others only have to
come to the same each time. ``tests/clients/flink/test_real_flink.py`` asks more of a real Flink.
"""

import random
from pathlib import Path

import pytest

from tests.clients.flink.chance_streams import chance_streams, inputs
from tests.clients.flink.chance_trials import WAYS, Way, left, planned
from yunbox.sql.flink.errors import FlinkSqlError

LINES = [one.split("\t") for one in (Path(__file__).parent / "chance_streams.tsv").read_text().splitlines()]
INPUTS_SEED = 16
SEED, QUERIES, LATE, SHARED = 17, 16, 12, 2


def queries(seed: int, count: int) -> list[str]:
    """Some that are taken."""
    found: list[str] = []
    for query in chance_streams(seed, 2 * count):
        try:
            planned(query)
        except FlinkSqlError:
            continue
        found.append(query)
    return found[:count]


@pytest.mark.parametrize(("at", "query", "types", "rows"), [(at, *line) for at, line in enumerate(LINES)])
def test_what_is_left_is_a_real_flinks(tmp_path: Path, at: int, query: str, types: str, rows: str) -> None:
    job = planned(query)
    assert ", ".join(str(field.type) for field in job.sinks[0].input.fields) == types
    given = inputs(random.Random(INPUTS_SEED))
    found = left(query, tmp_path / "job", given, random.Random(at), WAYS[at % len(WAYS)])
    assert " ; ".join(sorted(repr(list(row)) for row in found.elements())) == rows


@pytest.mark.parametrize("query", queries(SEED, QUERIES))
def test_what_is_left_does_not_depend_on_what_comes_together(tmp_path: Path, query: str) -> None:
    chance = random.Random(query)
    given = inputs(chance)
    first, *others = [left(query, tmp_path / str(at), given, chance, way) for at, way in enumerate(WAYS)]
    for other in others:
        assert other == first


@pytest.mark.parametrize("query", queries(SEED + 1, LATE))
def test_a_start_from_disk_changes_nothing_where_rows_are_late(tmp_path: Path, query: str) -> None:
    """Which of them are depends on what comes together, which is the same here."""
    given = inputs(random.Random(query), late=True)
    ways = (Way(9), Way(9, 0.3), Way(9, 0.3, memory_bytes_max=0))
    first, *others = [left(query, tmp_path / str(at), given, random.Random(query), way) for at, way in enumerate(ways)]
    for other in others:
        assert other == first


@pytest.mark.parametrize("query", queries(SEED + 2, SHARED))
def test_what_is_left_does_not_depend_on_how_many_work(tmp_path: Path, query: str) -> None:
    chance = random.Random(query)
    given = inputs(chance)
    alone = left(query, tmp_path / "1", given, chance, WAYS[0])
    assert left(query, tmp_path / "2", given, chance, Way(30, 0.2, parallelism=(1, 2, 3))) == alone
