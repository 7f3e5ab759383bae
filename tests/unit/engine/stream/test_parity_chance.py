"""What expressions made by chance have found, over rows of a file: each as real Flink 2.3 answers it."""

import json
from pathlib import Path

import pytest

from tests.unit.engine.stream.test_files import Jobs, table
from yunbox.engine.stream.poison import PoisonRecord

ROWS = [
    {"id": 1, "i": 2147483647, "b": 9223372036854775807, "m": "12.34", "n": "1234567890.0123456789", "s": "a,b",
     "ar": [1], "ts": "1969-12-31 23:59:59.999"},
    {"id": 2, "i": -2147483648, "b": -1234567890123456789, "m": -99999.99, "n": -0.5, "s": "", "ar": [],
     "ts": "1970-01-01 00:00:00.001"},
    {"id": 3, "b": 1.9e3},
]  # fmt: skip
COLUMNS = "id INT, i INT, b BIGINT, m DECIMAL(10, 2), n DECIMAL(38, 10), s STRING, ar ARRAY<INT>, ts TIMESTAMP(3)"
NEGATIVE = "CAST(CONCAT('-0.', CAST(id AS STRING)) AS DOUBLE)"
CASES = [
    ("b", "BIGINT", ["9223372036854775807", "-1234567890123456789", "1900"]),
    ("MOD(i, 2.5)", "DECIMAL(2, 1)", ["2.0", "-0.5", None]),
    ("MOD(n, 0.7)", "DECIMAL(11, 10)", ["0.2123456789", "-0.5000000000", None]),
    ("MOD(m, CAST(7 AS BIGINT))", "DECIMAL(10, 2)", ["5.34", "-4.99", None]),
    ("ARRAY_APPEND(ar, 1)", "ARRAY<INT>", ["[1, 1]", "[1]", None]),
    ("ARRAY_PREPEND(ar, 9)", "ARRAY<INT>", ["[9, 1]", "[9]", None]),
    ("CARDINALITY(SPLIT(s, ','))", "INT", ["2", "0", None]),
    ("LOCATE('', s, 2)", "INT", ["1", "1", None]),
    ("LOCATE('b', s, 2)", "INT", ["3", "0", None]),
    ("SPLIT(s, ',')[1]", "STRING", ["a", None, None]),
    ("UNIX_TIMESTAMP(s)", "BIGINT", ["-9223372036854775808", "-9223372036854775808", None]),
    (f"ROUND({NEGATIVE}, 0)", "DOUBLE", ["0.0", "0.0", "0.0"]),
    (f"TRUNCATE({NEGATIVE}, 0)", "DOUBLE", ["0.0", "0.0", "0.0"]),
    ("CAST(ts AS DATE)", "DATE", ["1970-01-01", "1970-01-01", None]),
    ("TRY_CAST(CAST(id AS STRING) || '-2-3' AS DATE)", "DATE", ["0001-02-03", "0002-02-03", "0003-02-03"]),
    (
        "TRY_CAST(CAST(id - 1 AS STRING) AS DATE)",
        "DATE",
        [None, "0001-01-01", "0002-01-01"],
    ),  # there year 0 is an error
    ("FROM_BASE64('DATE' || LEFT(s, 0))", "STRING", ["\\x0c\\x04\ufffd", "\\x0c\\x04\ufffd", None]),  # no UTF-8
    ("TO_DATE('12' || s)", "DATE", [None, "0012-01-01", None]),
]


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x").write_text("\n".join(map(json.dumps, ROWS)))
    made = Jobs(tmp_path)
    made.run(table(tmp_path / "in", COLUMNS, "json"))
    return made


@pytest.mark.parametrize(("item", "of", "texts"), CASES)
def test_what_chance_has_found(jobs: Jobs, item: str, of: str, texts: list[str | None]) -> None:
    found = jobs.run(f"SELECT TYPEOF({item}), CAST({item} AS STRING) FROM t")
    assert sorted(found) == sorted(f"+I[{of}, {one}]" for one in texts)


def test_there_is_no_year_0(jobs: Jobs) -> None:
    """Flink has one, where its planner does not fail of it: days here begin with the year 1."""
    assert jobs.run("SELECT TRY_CAST('0-1-1' AS DATE), TO_DATE('0000-01-01')") == ["+I[None, None]"]
    with pytest.raises(PoisonRecord, match="For input string: '0'"):
        jobs.run("SELECT CAST('0' AS DATE)")
