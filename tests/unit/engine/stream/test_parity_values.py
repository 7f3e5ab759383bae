"""Casts, integers, rows and collections at their edges, each as real Flink 2.3 answers it."""

from pathlib import Path

import pytest

from tests.unit.engine.stream.test_files import Jobs

INTS = "CAST(NULL AS ARRAY<INT>)"
ANSWERS = [
    ("TRY_CAST(ARRAY['1', 'x'] AS ARRAY<INT>)", "None"),
    ("TRY_CAST(ARRAY['1', CAST(NULL AS STRING)] AS ARRAY<INT>)", "[1,null]"),
    ("TRY_CAST(ARRAY[ARRAY['1'], ARRAY['x']] AS ARRAY<ARRAY<INT>>)", "None"),
    ("TRY_CAST(ARRAY[3000000000] AS ARRAY<INT>)", "[-1294967296]"),
    ("TRY_CAST(ROW('1', 'x') AS ROW<a INT, b INT>)", "None"),
    ("TRY_CAST(MAP['1', 'x'] AS MAP<INT, INT>)", "None"),
    ("TRY_CAST('1d' AS DOUBLE)", "1.0"),
    ("TRY_CAST('-inf' AS DOUBLE)", "None"),
    ("TRY_CAST('nan' AS DOUBLE)", "None"),
    ("TRY_CAST('1_0' AS DOUBLE)", "None"),
    ("TRY_CAST('+.5e-3' AS DOUBLE)", "0.0005"),
    ("TRY_CAST(' 1.5 ' AS DOUBLE)", "1.5"),
    ("TRY_CAST('TRUE ' AS BOOLEAN)", "None"),
    ("CAST(TRY_CAST('2020-02-30 00:00:00' AS TIMESTAMP(3)) AS STRING)", "2020-02-29 00:00:00.000"),
    ("CAST(TO_TIMESTAMP('2020-04-31') AS STRING)", "2020-04-30 00:00:00.000"),
    ("TRY_CAST('2020-02-32 00:00:00' AS TIMESTAMP(3))", "None"),
    ("TRY_CAST(' 2020-01-02 10:00:00 ' AS TIMESTAMP(3))", "None"),
    ("CAST(300e0 AS TINYINT), CAST(-129.5e0 AS TINYINT), CAST(70000e0 AS SMALLINT)", "44, 127, 4464"),
    ("CAST(CAST(300.5 AS DECIMAL(5, 1)) AS TINYINT)", "44"),
    ("CAST(CAST(99999999999 AS DECIMAL(12, 0)) AS INT)", "1215752191"),
    ("CAST(CAST('99999999999999999999' AS DECIMAL(20, 0)) AS BIGINT)", "7766279631452241919"),
    ("-2147483648 - 1, ABS(-2147483648), -CAST(-128 AS TINYINT)", "2147483647, -2147483648, -128"),
    ("ROW(1, CAST(NULL AS INT)) = ROW(1, CAST(NULL AS INT))", "None"),
    ("(CAST(NULL AS INT), 'b') NOT IN ((1, 'a'), (3, 'b'))", "None"),
    ("(CAST(NULL AS INT), 'b') NOT IN ((1, 'a'), (3, 'c'))", "True"),
    (f"CARDINALITY(ARRAY_CONCAT(ARRAY[1], {INTS})), CARDINALITY(ARRAY_UNION(ARRAY[1], {INTS}))", "None, None"),
    ("CARDINALITY(MAP_UNION(MAP['a', 1], CAST(NULL AS MAP<STRING, INT>)))", "None"),
    ("1 IN ('1', '2'), 3 IN ('1', '03'), CAST(1.50 AS DECIMAL(5, 2)) IN ('1.5')", "True, True, True"),
    ("'1' IN (1, 2), '01' IN (1), 'a' IN (1)", "True, False, False"),
    ("MAP['a', 1, 'a', 2]['a'], CARDINALITY(MAP['a', 1, 'a', 2])", "2, 1"),
]  # fmt: skip
UNNESTED = [
    ("SELECT e, o FROM UNNEST(ARRAY[5, 7]) WITH ORDINALITY AS t(e, o) WHERE o > 1", ["+I[7, 2]"]),
    ("SELECT * FROM UNNEST(MAP['a', 1, 'b', 2]) WITH ORDINALITY AS t(k, v, o)", ["+I[a, 1, 1]", "+I[b, 2, 2]"]),
    ("SELECT t.e, u.g FROM UNNEST(ARRAY[5]) AS t(e) CROSS JOIN UNNEST(ARRAY['x', 'y']) AS u(g)",
     ["+I[5, x]", "+I[5, y]"]),
]  # fmt: skip


@pytest.mark.parametrize(("item", "text"), ANSWERS)
def test_a_value_is_as_flink_has_it(tmp_path: Path, item: str, text: str) -> None:
    [row] = Jobs(tmp_path).run(f"SELECT {item}")
    assert row[3:-1] == text


@pytest.mark.parametrize(("query", "rows"), UNNESTED)
def test_unnest_stands_first(tmp_path: Path, query: str, rows: list[str]) -> None:
    assert sorted(Jobs(tmp_path).run(query)) == rows


def test_distinct_values_in_groups(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    jobs.stream()
    values = "(VALUES ('a', 'x'), ('a', CAST(NULL AS STRING)), ('a', 'x'), ('b', 'y'), ('b', 'x')) AS t(k, s)"
    jobs.run(f"SELECT k, LISTAGG(DISTINCT s), ARRAY_AGG(DISTINCT s), COUNT(*) FROM {values} GROUP BY k")
    last = {row[0]: row[1:] for _, row in jobs.out}
    assert last == {"a": ("x", '["x",null]', 3), "b": ("y,x", '["y","x"]', 2)}


def test_the_spread_of_decimals_is_one(tmp_path: Path) -> None:
    values = "(VALUES (CAST(1.10 AS DECIMAL(5, 2))), (2.25), (3.33)) AS t(x)"
    [row] = Jobs(tmp_path).run(f"SELECT STDDEV_POP(x), VAR_POP(x), STDDEV_SAMP(x) FROM {values}")
    assert row[3:-1] == "0.910543, 0.829089, 1.115183"
