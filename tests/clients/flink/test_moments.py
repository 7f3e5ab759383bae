"""Times on their own and in other values, as a real Flink 2.3 answers in Shanghai; digits that the engine does not keep
are refused by name."""

from typing import Any

import pytest

from tests.flink import Flink, Refused

ANSWERS: list[tuple[str, list[Any]]] = [
    ("TIMESTAMP '2020-01-01 00:00:00.120'", ["2020-01-01T00:00:00.12"]),
    ("TO_TIMESTAMP_LTZ(1230, 3)", ["1970-01-01T08:00:01.23Z"]),
    ("ARRAY[TO_TIMESTAMP_LTZ(1234, 3)]", [["1970-01-01T08:00:01.234Z"]]),
    ("MAP['a', TO_TIMESTAMP_LTZ(1234, 3)]", [{"a": "1970-01-01T08:00:01.234Z"}]),
    ("ROW(TO_TIMESTAMP_LTZ(1234, 3), 1)", [{"EXPR$0": "1970-01-01T00:00:01.234Z", "EXPR$1": 1}]),
    ("ROW(ARRAY[TO_TIMESTAMP_LTZ(1234, 3)])", [{"EXPR$0": ["1970-01-01T00:00:01.234Z"]}]),
    ("ARRAY[TIMESTAMP '2020-01-01 00:00:00.120'], ARRAY[DATE '2020-01-01'], ARRAY[TIME '01:02:03']",
     [["2020-01-01T00:00:00.12"], ["2020-01-01"], ["01:02:03"]]),
    ("ARRAY[x'ff00', x'61'], CAST(ARRAY[x'c3a4', x'61'] AS STRING)", [["/wA=", "YQ=="], "[ä, a]"]),
    ("CAST(ROW(x'61', DATE '2020-01-01', TIME '01:02:03', TIMESTAMP '2020-01-01 00:00:00.1') AS STRING)",
     ["(a, 2020-01-01, 01:02:03, 2020-01-01 00:00:00.1)"]),
    ("CAST(MAP[TO_TIMESTAMP_LTZ(1234, 3), 1] AS STRING)", ["{1970-01-01 08:00:01.234=1}"]),
    ("ARRAY[CAST(12345678901234567890.125 AS DECIMAL(30, 3))][1]", [12345678901234567890.125]),
    ("CAST('2020-01-01 00:00:00.9999999' AS TIMESTAMP(6)), CAST('2020-01-01 00:00:00.9999' AS TIMESTAMP(3)), "
     "CAST('2020-01-01 00:00:00.9999999' AS TIMESTAMP_LTZ(6))",
     ["2020-01-01T00:00:00.999999", "2020-01-01T00:00:00.999", "2020-01-01T00:00:00.999999Z"]),
    ("CAST('0001-01-01 00:00:00' AS TIMESTAMP_LTZ(3))", ["0001-01-01T00:00:00Z"]),
    ("TO_TIMESTAMP_LTZ(-62167219200000, 3), TO_TIMESTAMP_LTZ(-63167219200000, 3)", ["0000-01-01T08:05:43Z", None]),
    ("CAST(TO_TIMESTAMP_LTZ(-62167219200000, 3) AS STRING)", ["0000-01-01 08:05:43.000"]),
    ("CAST('9999-12-31 23:59:59' AS TIMESTAMP_LTZ(3))", ["9999-12-31T23:59:59Z"]),
]  # fmt: skip
GATHERED: list[tuple[str, list[Any]]] = [
    ("ARRAY_AGG(t), ARRAY_AGG(CAST(t AS TIMESTAMP(3)))", [["1970-01-01T08:00:01.234Z"], ["1970-01-01T08:00:01.234"]]),
    ("CAST(ARRAY_AGG(t) AS STRING), CAST(COLLECT(t) AS STRING)",
     ["[1970-01-01 08:00:01.234]", "{1970-01-01 08:00:01.234=1}"]),
    ("ARRAY_AGG(t)[1], CARDINALITY(ARRAY_AGG(t))", ["1970-01-01T08:00:01.234Z", 1]),
    ("ARRAY_AGG(ROW(t, 1)), ARRAY_AGG(ARRAY[t])",
     [[{"EXPR$0": "1970-01-01T00:00:01.234Z", "EXPR$1": 1}], [["1970-01-01T08:00:01.234Z"]]]),
    ("ARRAY_AGG(DATE '2020-01-01'), ARRAY_AGG(TIME '01:02:03'), ARRAY_AGG(ENCODE('ab', 'UTF-8'))",
     [["2020-01-01"], ["01:02:03"], ["YWI="]]),
    ("CAST(ARRAY_AGG(CAST(2 AS DECIMAL(10, 2))) AS STRING), CAST(ARRAY_AGG(ENCODE('ab', 'UTF-8')) AS STRING)",
     ["[2.00]", "[ab]"]),
    ("APPROX_COUNT_DISTINCT(t), APPROX_COUNT_DISTINCT(1.5), APPROX_COUNT_DISTINCT('a') FILTER (WHERE t IS NULL)",
     [1, 1, 0]),
]  # fmt: skip
NINE = "is not supported by Yunbox's own engine: it needs the Flink backend"


@pytest.fixture
def shanghai(flink: Flink) -> Flink:
    flink.run("SET 'table.local-time-zone' = 'Asia/Shanghai'", "SET 'execution.runtime-mode' = 'batch'")
    return flink


def test_answers(shanghai: Flink) -> None:
    for query, row in ANSWERS:
        assert shanghai.rows(f"SELECT {query}") == [row], query


def test_times_that_were_gathered(shanghai: Flink) -> None:
    for query, row in GATHERED:
        assert shanghai.rows(f"SELECT {query} FROM (VALUES (TO_TIMESTAMP_LTZ(1234, 3))) AS g(t)") == [row], query


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELECT TIMESTAMP '2020-01-01 00:00:00.1234567'", f"a TIMESTAMP of more than six digits of a second {NINE}"),
        ("SELECT CAST('2020-01-01' AS TIMESTAMP(9))", f"the type TIMESTAMP.9., of more than six digits .*{NINE}"),
        ("SELECT CAST(ARRAY['2020-01-01'] AS ARRAY<TIMESTAMP_LTZ(7)>)", f"the type TIMESTAMP_LTZ.7., of more .*{NINE}"),
        ("SELECT * FROM fine", f"the type TIMESTAMP.9. of column at of .*fine. {NINE}"),
        ("INSERT INTO fine SELECT TIMESTAMP '2020-01-01 00:00:00'", f"the type TIMESTAMP.9. of column at .*{NINE}"),
        ("SELECT CAST('0000-06-01 00:00:00' AS TIMESTAMP_LTZ(3))", "Text '0000-06-01 00:00:00' could not be parsed"),
        ("SELECT APPROX_COUNT_DISTINCT(x'61')", "APPROX_COUNT_DISTINCT aggregate function does not support type"),
    ],
)
def test_what_is_refused(shanghai: Flink, query: str, reason: str) -> None:
    shanghai.run(
        "CREATE TEMPORARY TABLE fine (`at` TIMESTAMP(9)) WITH ('connector' = 'datagen', 'number-of-rows' = '1')"
    )
    with pytest.raises(Refused, match=f"(?s){reason}"):
        shanghai.rows(query)
