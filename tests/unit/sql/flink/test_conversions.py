"""Which types go over into which, and the types of CASE and + of two, as real Flink (2.3) has them.

``conversions.tsv`` holds the types; for CAST, INSERT and = of each a Y or N for each of the others; and the types of
CASE and + of pairs.
"""

from pathlib import Path

import pytest

from tests.unit.sql.flink.house import run
from yunbox.sql.flink.catalog import Catalog
from yunbox.sql.flink.errors import FlinkSqlError
from yunbox.sql.flink.planner import Planner

LINES = [one.split("\t") for one in Path(__file__).with_name("conversions.tsv").read_text("utf-8").splitlines()]
TYPES = LINES[0][1:]
GRIDS = [one for one in LINES if one[0] in ("CAST", "INSERT", "=")]
PAIRS = [one for one in LINES if one[0] in ("CASE", "+")]


@pytest.fixture(scope="module")
def made() -> Planner:
    found = Planner(Catalog())
    columns = ", ".join(f"c{i} {of}" for i, of in enumerate(TYPES))
    run(found, f"CREATE TABLE m ({columns}) WITH ('connector' = 'datagen')")
    for i, of in enumerate(TYPES):
        run(found, f"CREATE TABLE s{i} (x {of}) WITH ('connector' = 'print')")
    return found


def works(made: Planner, query: str) -> bool:
    try:
        run(made, query)
    except FlinkSqlError:
        return False
    return True


@pytest.mark.parametrize(("kind", "source", "expected"), GRIDS, ids=[f"{one[0]} {one[1]}" for one in GRIDS])
def test_a_type_goes_over_into_those_it_does_at_flinks(made: Planner, kind: str, source: str, expected: str) -> None:
    at = TYPES.index(source)
    queries = {
        "CAST": [f"SELECT CAST(c{at} AS {of}) FROM m" for of in TYPES],
        "INSERT": [f"INSERT INTO s{i} SELECT c{at} FROM m" for i in range(len(TYPES))],
        "=": [f"SELECT c{at} = c{i} FROM m" for i in range(len(TYPES))],
    }[kind]
    assert "".join("Y" if works(made, one) else "N" for one in queries) == expected


@pytest.mark.parametrize(("kind", "left", "right", "expected"), PAIRS, ids=[" ".join(one[:3]) for one in PAIRS])
def test_two_types_make_flinks_third(made: Planner, kind: str, left: str, right: str, expected: str) -> None:
    a, b = f"c{TYPES.index(left)}", f"c{TYPES.index(right)}"
    expression = f"{a} + {b}" if kind == "+" else f"CASE WHEN c{TYPES.index('BOOLEAN')} THEN {a} ELSE {b} END"
    assert str(run(made, f"SELECT {expression} FROM m").sinks[0].input.fields[0].type) == expected
