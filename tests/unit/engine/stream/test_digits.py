"""Digits of a second, of times of day and of moments, each as real Flink 2.3 answers it; more than six are refused."""

from pathlib import Path

import pytest

from tests.unit.engine.stream.test_files import Jobs, files, table
from yunbox.kernel.errors import KernelError
from yunbox.services.flink.http.types import value_document
from yunbox.sql.flink.errors import NotSensible, UnsupportedSql, ValidationFailed
from yunbox.sql.flink.types import FlinkType

CLOCKS = [
    ("TIME '12:00:00.123456'", "TIME(3) NOT NULL", "12:00:00.123"),
    ("TIME '12:00:00.1'", "TIME(1) NOT NULL", "12:00:00.1"),
    ("TIME '12:00:00'", "TIME(0) NOT NULL", "12:00:00"),
    ("CAST('12:00:00.123456' AS TIME(6))", "TIME(3) NOT NULL", "12:00:00.123"),
    ("CAST('12:00:00.999' AS TIME(2))", "TIME(2) NOT NULL", "12:00:00.99"),
    ("CAST('12:00:00.' AS TIME(3))", "TIME(3) NOT NULL", "12:00:00.0"),
    ("CAST('12:00:00.1234567890' AS TIME)", "TIME(0) NOT NULL", "12:00:00"),
    ("CAST(TIME '12:00:00' AS TIME(2))", "TIME(2) NOT NULL", "12:00:00.0"),
    ("CAST(CAST(TIME '12:00:00.129' AS TIME(2)) AS TIME(3))", "TIME(3) NOT NULL", "12:00:00.12"),
    ("CAST(TIMESTAMP '2020-01-01 01:02:03.456' AS TIME(3))", "TIME(3) NOT NULL", "01:02:03.456"),
    ("CAST(TIMESTAMP '2020-01-01 01:02:03.456' AS TIME)", "TIME(0) NOT NULL", "01:02:03"),
    ("CAST(CAST('2020-01-01 12:00:00.123' AS TIMESTAMP_LTZ(3)) AS TIME(1))", "TIME(1) NOT NULL", "12:00:00.1"),
    ("TIME '12:00:00.123' + INTERVAL '1' SECOND", "TIME(3) NOT NULL", "12:00:01.123"),
    ("TIMESTAMPADD(SECOND, 1, TIME '12:00:00.5')", "TIME(1) NOT NULL", "12:00:01.5"),
    ("COALESCE(TIME '12:00:00.120', TIME '12:00:00')", "TIME(3) NOT NULL", "12:00:00.12"),
    ("CEIL(TIME '12:00:00.5' TO MINUTE)", "TIME(1) NOT NULL", "12:01:00.0"),
]
MOMENTS = [
    ("TO_TIMESTAMP_LTZ(1234567, 6)", "TIMESTAMP_LTZ(6)", "1970-01-01 00:00:01.234567"),
    ("TO_TIMESTAMP_LTZ(-15, 1)", "TIMESTAMP_LTZ(3)", "1969-12-31 23:59:58.500"),
    ("TO_TIMESTAMP_LTZ(-12345, 4)", "TIMESTAMP_LTZ(4)", "1969-12-31 23:59:58.7655"),
    ("TO_TIMESTAMP_LTZ(1.5, 6)", "TIMESTAMP_LTZ(6)", "1970-01-01 00:00:00.000001"),
    ("TO_TIMESTAMP_LTZ(-1234.9e0, 6)", "TIMESTAMP_LTZ(6)", "1969-12-31 23:59:59.998765"),
    ("TO_TIMESTAMP_LTZ(1.78e0, 2)", "TIMESTAMP_LTZ(3)", "1970-01-01 00:00:00.017"),
    ("TO_TIMESTAMP_LTZ(1e16, 6)", "TIMESTAMP_LTZ(6)", "2262-04-11 23:47:16.854775"),
    ("TO_TIMESTAMP_LTZ(253402300799999999, 6)", "TIMESTAMP_LTZ(6)", "9999-12-31 23:59:59.999999"),
    ("TO_TIMESTAMP_LTZ(253402300800000000, 6)", "TIMESTAMP_LTZ(6)", "None"),
    ("TO_TIMESTAMP_LTZ(12, CAST(NULL AS INT))", "TIMESTAMP_LTZ(3)", "None"),
    ("TO_TIMESTAMP_LTZ('2020-01-01 00:00:00.123456', 'yyyy-MM-dd HH:mm:ss.SSSSSS')", "TIMESTAMP_LTZ(6)",
     "2020-01-01 00:00:00.123456"),
    ("TO_TIMESTAMP_LTZ('2020-01-01 00:00:00.1234', 'yyyy-MM-dd HH:mm:ss.SSSS', 'Asia/Shanghai')", "TIMESTAMP_LTZ(4)",
     "2019-12-31 16:00:00.1234"),
    ("TO_TIMESTAMP_LTZ('2020-01-01 00:00:00.12', 'yyyy-MM-dd HH:mm:ss.SS')", "TIMESTAMP_LTZ(3)",
     "2020-01-01 00:00:00.120"),
    ("TO_TIMESTAMP_LTZ('2020-01-01 00:00:00.123456789')", "TIMESTAMP_LTZ(3)", "2020-01-01 00:00:00.123"),
    ("CAST(TIMESTAMP '1969-12-31 23:59:58.129456' AS TIMESTAMP(2))", "TIMESTAMP(2) NOT NULL", "1969-12-31 23:59:58.12"),
    ("CAST('1969-12-31 23:59:58.129456' AS TIMESTAMP(5))", "TIMESTAMP(5) NOT NULL", "1969-12-31 23:59:58.12945"),
    ("CAST('1969-12-31 23:59:58.1294567' AS TIMESTAMP(6))", "TIMESTAMP(6) NOT NULL", "1969-12-31 23:59:58.129456"),
    ("CAST(TO_TIMESTAMP_LTZ(-1999, 3) AS TIMESTAMP_LTZ(0))", "TIMESTAMP_LTZ(0)", "1969-12-31 23:59:59"),
    ("CAST(TO_TIMESTAMP_LTZ(-1999, 3) AS TIMESTAMP_LTZ(1))", "TIMESTAMP_LTZ(1)", "1969-12-31 23:59:58.1"),
]  # fmt: skip
IN_NEW_YORK = [
    ("CAST(TO_TIMESTAMP_LTZ(5, 3) AS TIMESTAMP(1))", "1969-12-31 19:00:00.1"),
    ("CAST(TO_TIMESTAMP_LTZ(5, 3) AS TIMESTAMP(0))", "1969-12-31 19:00:01"),
    ("CAST(TIMESTAMP '1960-05-05 05:05:05.5' AS TIMESTAMP_LTZ(0))", "1960-05-05 05:05:06"),
    ("CAST(TIMESTAMP '1969-12-31 23:59:59.999' AS TIMESTAMP_LTZ(0))", "1969-12-31 23:59:59"),
]
"""Cut towards 1970, as a clock of the zone shows it or as an instant: what the value is then."""
REFUSED = [
    ("TIMESTAMP '2020-01-01 00:00:00.1234567'", UnsupportedSql, "more than six digits"),
    ("CAST('2020-01-01 00:00:00' AS TIMESTAMP(7))", UnsupportedSql, r"TIMESTAMP\(7\)"),
    ("CAST(NULL AS ROW<a ARRAY<TIMESTAMP_LTZ(9)>>)", UnsupportedSql, r"TIMESTAMP_LTZ\(9\)"),
    ("TO_TIMESTAMP_LTZ(1, 9)", UnsupportedSql, "TO_TIMESTAMP_LTZ .*more than six digits"),
    ("TO_TIMESTAMP_LTZ('x', 'ss.SSSSSSS')", UnsupportedSql, "TO_TIMESTAMP_LTZ .*more than six digits"),
    ("TO_TIMESTAMP_LTZ(1, 10)", ValidationFailed, "must be between 0 and 9 but was 10"),
    ("EXTRACT(MICROSECOND FROM TIME '12:00:00.5')", ValidationFailed, "MICROSECOND is not defined"),
    ("TIMESTAMPDIFF(MONTH, TIME '12:00:00', TIME '11:00:00')", UnsupportedSql, "between times of day"),
    ("TIMESTAMPDIFF(DAY, TIME '12:00:00', TIMESTAMP '2020-01-01 00:00:00')", NotSensible, r"between TIME\(0\)"),
    ("JSON_VALUE('{}', '$.a' RETURNING TIMESTAMP(9))", NotSensible, r"Unsupported type 'TIMESTAMP\(9\)'"),
    ("JSON_VALUE('{}', '$.a' RETURNING BIGINT)", NotSensible, "Unsupported type 'BIGINT' for RETURNING"),
]


WITHIN_A_SECOND = [
    ("EXTRACT(MILLISECOND FROM TIMESTAMP '2020-01-01 00:00:00.999999')", "999"),
    ("EXTRACT(MINUTE FROM TIMESTAMP '2020-01-01 00:00:59.999999')", "0"),
    ("EXTRACT(EPOCH FROM TIMESTAMP '2020-01-01 23:59:59.999999')", "1577923199"),
    ("EXTRACT(MILLISECOND FROM TIMESTAMP '1969-12-31 23:59:58.999999')", "-1"),
    ("YEAR(TIMESTAMP '2020-12-31 23:59:59.999999')", "2020"),
    ("TIMESTAMPDIFF(SECOND, TIMESTAMP '2020-12-31 23:59:58.999999', TIMESTAMP '2020-12-31 23:59:59.999000')", "1"),
    ("CAST(TIMESTAMP '2020-12-31 23:59:59.999999' AS TIME(3))", "23:59:59.999"),
]


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path)


@pytest.mark.parametrize(("item", "of", "text"), CLOCKS + MOMENTS)
def test_digits_are_those_of_the_type(jobs: Jobs, item: str, of: str, text: str) -> None:
    assert jobs.run(f"SELECT TYPEOF({item}), CAST({item} AS STRING)") == [f"+I[{of}, {text}]"]


@pytest.mark.parametrize(("item", "text"), IN_NEW_YORK)
def test_a_moment_is_cut_behind_its_way_to_another_type(jobs: Jobs, item: str, text: str) -> None:
    jobs.run("SET 'table.local-time-zone' = 'America/New_York'")
    assert jobs.run(f"SELECT CAST({item} AS STRING)") == [f"+I[{text}]"]


@pytest.mark.parametrize(("item", "text"), WITHIN_A_SECOND)
def test_microseconds_are_no_milliseconds(jobs: Jobs, item: str, text: str) -> None:
    """What is less than a millisecond is dropped, not rounded."""
    assert jobs.run(f"SELECT CAST({item} AS STRING)") == [f"+I[{text}]"]


@pytest.mark.parametrize(("item", "error", "reason"), REFUSED)
def test_what_has_more_digits_is_refused(jobs: Jobs, item: str, error: type[KernelError], reason: str) -> None:
    with pytest.raises(error, match=reason):
        jobs.run(f"SELECT {item}")


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ("CAST(ROW(TIME '12:00:00.5') AS ROW<a TIME(0)>)", "(12:00:00)"),
        ("ARRAY[TIME '12:00:00.5', TIME '12:00:00']", "[12:00:00.5, 12:00:00.0]"),
        ("MAP['a', TIME '12:00:00.050']", "{a=12:00:00.05}"),
    ],
)
def test_times_of_day_within_others(jobs: Jobs, item: str, text: str) -> None:
    assert jobs.run(f"SELECT CAST({item} AS STRING)") == [f"+I[{text}]"]


def test_the_gateways_json_has_no_more_digits_than_there_are() -> None:
    of = FlinkType("TIME", (3,))
    found = [value_document(one * 1000, of) for one in (43_200_000, 43_200_120)]
    assert found == ["12:00:00", "12:00:00.12"]
    assert value_document('["12:00:00.5", "12:00:00", null]', FlinkType("ARRAY", (), (of,))) == [
        "12:00:00.5",
        "12:00:00",
        None,
    ]


def test_seconds_between_times_of_day(jobs: Jobs) -> None:
    assert jobs.run("SELECT TIMESTAMPDIFF(SECOND, TIME '12:00:00.5', TIME '11:00:01')") == ["+I[-3599]"]


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_column_takes_no_more_digits_than_it_has(jobs: Jobs, tmp_path: Path, form: str) -> None:
    """What a file has more of is gone, so that equal times are equal; no more is written than there is."""
    lines = ["12:00:00.129,12:00:00.5,2020-01-01 00:00:00.123456789,1969-12-31 23:59:58.123456Z",
             "12:00:00,12:00:00,2020-01-01 00:00:00.123999,1969-12-31 23:59:58.123999Z"]  # fmt: skip
    if form == "json":
        lines = ["{" + ", ".join(f'"{name}": "{one}"' for name, one in zip("abcd", line.split(","), strict=True)) + "}"
                 for line in lines]  # fmt: skip
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x").write_text("\n".join(lines) + "\n")
    columns = "a TIME(2), b TIME(0), c TIMESTAMP(3), d TIMESTAMP_LTZ(3)"
    jobs.run(table(tmp_path / "in", columns, form), table(tmp_path / "out", columns, form, "o"))
    assert jobs.run("SELECT CAST(a AS STRING), CAST(b AS STRING) FROM t") == [
        "+I[12:00:00.12, 12:00:00]",
        "+I[12:00:00.0, 12:00:00]",
    ]
    assert jobs.run("SELECT c, d, COUNT(*) FROM t GROUP BY c, d") == ["+I[1577836800123000, -1877000, 2]"]
    jobs.run("INSERT INTO o SELECT * FROM t")
    [written] = files(tmp_path / "out").values()
    first, second = written.decode().splitlines()
    assert "12:00:00.12" in first and "00:00:00.123" in first and "123456" not in first
    assert "12:00:00.0" not in second
