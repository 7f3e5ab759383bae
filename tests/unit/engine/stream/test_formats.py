"""Letters of times and digits of numbers as real Flink 2.3 has them, one asked after the other."""

from pathlib import Path

import pytest

from tests.unit.engine.stream.test_files import Jobs
from yunbox.engine.stream.poison import PoisonRecord
from yunbox.kernel.errors import KernelError

AT = "TIMESTAMP '2020-01-02 20:00:00.123'"
FORMATS = {
    "D": "2", "DDD": "002", "w": "1", "W": "1", "Q": "1", "QQQ": "Q1", "QQQQ": "1st quarter", "e": "5", "c": "5",
    "F": "2", "k": "20", "K": "8", "n": "123000000", "A": "72000123", "N": "72000123000000", "G": "AD", "y": "2020",
    "yy": "20", "EEEEE": "T", "EEEE": "Thursday", "LLL": "Jan", "MMMM": "January", "[yyyy]": "2020",
    "y M d": "2020 1 2", "hh:mm a": "08:00 PM", "E, MMM d": "Thu, Jan 2", "HH''h''": "20h", "SSSSSS": "123000",
}  # fmt: skip
WEEKS = {
    "2021-12-31": "01 5 2022 6 3", "2022-01-01": "01 1 2022 7 1", "2022-01-02": "02 2 2022 1 2",
    "2020-12-27": "01 5 2021 1 6", "2019-12-28": "52 4 2019 7 7", "2023-10-15": "42 3 2023 1 1",
}  # fmt: skip
NUMBERS = [
    ("TRUNCATE(CAST(1.50 AS DECIMAL(5, 2)), 1)", "1.5"),
    ("TRUNCATE(CAST(-4.75 AS DECIMAL(5, 2)), 1)", "-4.7"),
    ("TRUNCATE(CAST(4.75 AS DECIMAL(5, 2)), 5)", "4.75"),
    ("TRUNCATE(CAST(14.75 AS DECIMAL(5, 2)), -1)", "10"),
    ("TRUNCATE(CAST(4.75 AS DECIMAL(5, 2)))", "4"),
    ("ROUND(1.005e0, 2)", "1.01"),
    ("ROUND(2.675e0, 2)", "2.68"),
    ("ROUND(-2.5e0)", "-3.0"),
    ("ROUND(1234.5678e0, -2)", "1200.0"),
    ("TRUNCATE(0.29e0, 2)", "0.29"),
    ("TRUNCATE(1e300, 2)", "1e+300"),
    ("ROUND(123456789012345678, -3)", "123456789012346000"),
    ("TRUNCATE(CAST(1999 AS BIGINT), -3)", "1000"),
]


def answer(folder: Path, item: str) -> str:
    [row] = Jobs(folder).run(f"SELECT {item}")
    return row[3:-1]


@pytest.mark.parametrize(("pattern", "text"), FORMATS.items())
def test_a_letter_of_a_time(tmp_path: Path, pattern: str, text: str) -> None:
    assert answer(tmp_path, f"DATE_FORMAT({AT}, '{pattern}')") == text


@pytest.mark.parametrize(("day", "text"), WEEKS.items())
def test_weeks_begin_on_sunday(tmp_path: Path, day: str, text: str) -> None:
    assert answer(tmp_path, f"DATE_FORMAT(TIMESTAMP '{day} 00:00:00', 'ww W YYYY e F')") == text


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [("bogus", "Unknown pattern letter: b"), ("z", "letter: z"), ("HHH", "Too many pattern"), ("{y}", "reserved")],
)
def test_a_letter_that_says_nothing_fails(tmp_path: Path, pattern: str, reason: str) -> None:
    with pytest.raises(PoisonRecord, match=reason):
        answer(tmp_path, f"DATE_FORMAT({AT}, '{pattern}')")


@pytest.mark.parametrize(("item", "text"), NUMBERS)
def test_digits(tmp_path: Path, item: str, text: str) -> None:
    assert answer(tmp_path, item) == text


def test_several_columns_are_counted_where_one_of_them_may_be_null(tmp_path: Path) -> None:
    rows = "FROM (VALUES ('a', 1, 2), ('b', CAST(NULL AS INT), CAST(NULL AS INT))) AS t(k, v, w)"
    jobs = Jobs(tmp_path)
    assert jobs.run(f"SELECT COUNT(k, v) {rows}") == ["+I[1]"]
    with pytest.raises(KernelError, match="We now only support the count of one field"):
        jobs.run(f"SELECT COUNT(v, w) {rows}")
