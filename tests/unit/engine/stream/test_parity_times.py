"""Times before 1970, at ends of months and across a change of the clock, each as real Flink 2.3 answers it."""

from pathlib import Path

import pytest

from tests.unit.engine.stream.test_files import Jobs
from yunbox.engine.stream.poison import PoisonRecord
from yunbox.kernel.errors import KernelError

EARLY = "TIMESTAMP '1960-03-01 05:06:07.008'"
LAST = "TIMESTAMP '1969-12-31 22:59:59.999'"
PARTS = [
    ("YEAR", "1960", "1970"), ("MONTH", "3", "1"), ("DAY", "2", "1"), ("HOUR", "-18", "-1"), ("MINUTE", "-53", "0"),
    ("SECOND", "-52", "0"), ("MILLISECOND", "-992", "-1"), ("MICROSECOND", "-992000", "-1000"),
    ("EPOCH", "-310416832", "-3600"), ("DOW", "4", "5"), ("DOY", "62", "1"), ("WEEK", "9", "1"), ("QUARTER", "1", "1"),
    ("ISODOW", "3", "4"), ("DECADE", "196", "197"), ("CENTURY", "20", "20"),
]  # fmt: skip
ROUNDED = [
    (f"FLOOR({LAST} TO DAY)", "1969-12-31 00:00:00"),
    (f"FLOOR({LAST} TO MONTH)", "1970-01-01 00:00:00"),
    (f"FLOOR({LAST} TO WEEK)", "1969-12-28 00:00:00"),
    (f"FLOOR({EARLY} TO CENTURY)", "1901-01-01 00:00:00"),
    (f"CEIL({EARLY} TO MILLENNIUM)", "2001-01-01 00:00:00"),
    (f"CEIL({LAST} TO DECADE)", "1980-01-01 00:00:00"),
    ("CEIL(TIMESTAMP '2020-05-17 01:02:03' TO WEEK)", "2020-05-17 00:00:00"),
    ("CEIL(TIMESTAMP '2020-01-01 00:00:01' TO YEAR)", "2020-01-01 00:00:00"),
    ("CEIL(TIMESTAMP '2020-05-17 00:00:00' TO QUARTER)", "2020-07-01 00:00:00"),
    ("CEIL(DATE '2001-01-01' TO CENTURY)", "2101-01-01"),
    ("FLOOR(DATE '2000-12-31' TO MILLENNIUM)", "1001-01-01"),
]
SPRING = "TO_TIMESTAMP_LTZ(1583650800, 0)"
AUTUMN = "TO_TIMESTAMP_LTZ(1604206800, 0)"
IN_NEW_YORK = [
    (SPRING, "2020-03-08 03:00:00.000"),
    (f"FLOOR({SPRING} TO DAY)", "2020-03-07 23:00:00.000"),
    (f"CEIL({SPRING} TO DAY)", "2020-03-09 00:00:00.000"),
    (f"FLOOR({SPRING} TO MONTH)", "2020-02-29 23:00:00.000"),
    (f"CEIL({AUTUMN} TO DAY)", "2020-11-01 23:00:00.000"),
    ("TO_TIMESTAMP_LTZ(1583600000, 0) + INTERVAL '1' MONTH", "2020-04-07 12:53:20.000"),
    ("TO_TIMESTAMP_LTZ(1580428800, 0) + INTERVAL '1' MONTH", "2020-02-28 19:00:00.000"),
    ("TIMESTAMPADD(DAY, 1, TO_TIMESTAMP_LTZ(1583600000, 0))", "2020-03-08 12:53:20.000"),
    ("TIMESTAMPADD(MONTH, -1, TO_TIMESTAMP_LTZ(1585600000, 0))", "2020-02-29 15:26:40.000"),
    ("TO_TIMESTAMP_LTZ('2020-03-08 02:30:00')", "2020-03-07 21:30:00.000"),
    ("TO_TIMESTAMP_LTZ('2020-01-01 00:00:00', 'yyyy-MM-dd HH:mm:ss', 'Asia/Shanghai')", "2019-12-31 11:00:00.000"),
    ("TO_TIMESTAMP_LTZ('2020-01-01 00:00:00', 'yyyy-MM-dd HH:mm:ss', '+08:00')", "2019-12-31 11:00:00.000"),
    ("TO_TIMESTAMP_LTZ(1.7e0, 0)", "1969-12-31 19:00:01.700"),
    ("TO_TIMESTAMP_LTZ(1.7, 0)", "1969-12-31 19:00:01.000"),
    ("TO_TIMESTAMP_LTZ(1e10, 0)", "2262-04-11 19:47:16.854"),
    ("TO_TIMESTAMP_LTZ(-1.5e0, 3)", "1969-12-31 18:59:59.998"),
    ("TO_TIMESTAMP_LTZ(1e15, 0)", "None"),
    ("TO_TIMESTAMP_LTZ(253402300800000, 3)", "None"),
    ("TO_TIMESTAMP_LTZ(9223372036854775807, 0)", "None"),
    (f"EXTRACT(EPOCH FROM {SPRING})", "1583636400"),
    ("HOUR(TO_TIMESTAMP_LTZ(0, 0))", "-5"),
    ("EXTRACT(DAY FROM TO_TIMESTAMP_LTZ(0, 0))", "1"),
    ("CONVERT_TZ('2020-01-01 00:00:00', 'UTC', 'Nowhere')", "2020-01-01 00:00:00"),
    ("CONVERT_TZ('2020-01-01 00:00:00', 'UTC', 'GMT-07:30')", "2019-12-31 16:30:00"),
    ("CONVERT_TZ('2020-01-01 00:00:00', 'PST', 'UTC')", "2020-01-01 08:00:00"),
]  # fmt: skip


UNIX = {
    "2020-2-3 1:2:3": "1580691723", "2020-02-30 10:00:00": "1583056800", "2020-02-32 10:00:00": "1583229600",
    "2020-01-01 25:61:61": "1577930521", "2020-00-00 10:00:00": "1575108000", " 2020-2-3 1:2:3": "1580691723",
    "2020-01-01 10:00:00abc": "1577872800", "2020-01-01": "-9223372036854775808", "bogus": "-9223372036854775808",
}  # fmt: skip
UNDER_A_FORMAT = [
    ("2020/02/03", "2020-02-03 00:00:00.000", "2020-02-03"),
    ("2020/2/3", "None", "2020-02-03"),
    ("2020/02/03x", "None", "2020-02-03"),
    ("2020/02/3 ", "None", "2020-02-03"),
    ("2020/02/30", "2020-02-29 00:00:00.000", "2020-03-01"),
    ("2020/13/01", "None", "2021-01-01"),
]
STRICT = [
    ("2020-02-03 01:02:03.5", "yyyy-MM-dd HH:mm:ss.SSS", "2020-02-03 01:02:03.500"),
    ("2020-02-03 01:02:03.9999", "yyyy-MM-dd HH:mm:ss.SSS", "2020-02-03 01:02:03.999"),
    ("2020-12-13", "yy-M-d", "2020-12-13 00:00:00.000"),
    ("20-2-3", "yy-M-d", "2020-02-03 00:00:00.000"),
    ("01:02", "HH:mm", "1970-01-01 01:02:00.000"),
    ("20200230", "yyyyMMdd", "2020-02-29 00:00:00.000"),
    ("03 Feb 2020 01:02 PM", "dd MMM yyyy hh:mm a", "2020-02-03 13:02:00.000"),
]


def answer(folder: Path, item: str, zone: str = "UTC") -> str:
    jobs = Jobs(folder)
    jobs.run(f"SET 'table.local-time-zone' = '{zone}'")
    [row] = jobs.run(f"SELECT {item}")
    return row[3:-1]


@pytest.mark.parametrize(("unit", "early", "last"), PARTS)
def test_parts_of_times_before_1970(tmp_path: Path, unit: str, early: str, last: str) -> None:
    items = ", ".join(f"EXTRACT({unit} FROM {one})" for one in (EARLY, LAST))
    assert answer(tmp_path, items) == f"{early}, {last}"


@pytest.mark.parametrize(("item", "text"), ROUNDED)
def test_times_rounded(tmp_path: Path, item: str, text: str) -> None:
    assert answer(tmp_path, f"CAST(CAST({item} AS TIMESTAMP(0)) AS STRING)").startswith(text)


@pytest.mark.parametrize(("item", "text"), IN_NEW_YORK)
def test_times_with_a_zone(tmp_path: Path, item: str, text: str) -> None:
    assert answer(tmp_path, f"CAST({item} AS STRING)", "America/New_York") == text


def test_seconds_between_times_wrap_at_32_bits(tmp_path: Path) -> None:
    item = "TIMESTAMPDIFF(SECOND, TIMESTAMP '1900-01-01 00:00:00', TIMESTAMP '2060-01-01 00:00:00')"
    assert answer(tmp_path, item) == "754162304"


def test_months_between_moments_are_those_of_utc(tmp_path: Path) -> None:
    item = "TIMESTAMPDIFF(MONTH, TO_TIMESTAMP_LTZ(1580428800, 0), TO_TIMESTAMP_LTZ(1582934400, 0))"
    assert answer(tmp_path, item, "America/New_York") == "1"


def test_what_has_no_answer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KernelError, match="only supports diff between the same type"):
        answer(tmp_path, f"TIMESTAMPDIFF(DAY, DATE '2020-01-01', {SPRING})")
    with pytest.raises(PoisonRecord, match="Unknown time-zone ID: Nowhere"):
        answer(tmp_path, "TO_TIMESTAMP_LTZ('2020-01-01', 'yyyy-MM-dd', 'Nowhere')")


def test_a_session_window_is_of_the_zones_own_hours(tmp_path: Path) -> None:
    """Between the rows the clocks of New York go forward: the gap is the clock's."""
    (tmp_path / "t.json").write_text(
        "\n".join(f'{{"ts": "{one}Z"}}' for one in ("2020-03-07 13:00:00", "2020-03-08 02:30:00")) + "\n"
    )
    jobs = Jobs(tmp_path)
    jobs.run(
        "SET 'table.local-time-zone' = 'America/New_York'", "SET 'execution.runtime-mode' = 'streaming'",
        "CREATE TABLE t (ts TIMESTAMP_LTZ(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', "
        f"'path' = 'file://{tmp_path}/t.json', 'format' = 'json')",
    )  # fmt: skip
    [row] = jobs.run(
        "SELECT CAST(window_start AS STRING), CAST(window_end AS STRING), COUNT(*) FROM TABLE(SESSION(TABLE t, "
        "DESCRIPTOR(ts), INTERVAL '14' HOUR)) GROUP BY window_start, window_end"
    )
    assert row[3:-1] == "2020-03-07 08:00:00.000, 2020-03-08 11:30:00.000, 2"


@pytest.mark.parametrize(("given", "seconds"), UNIX.items())
def test_texts_are_read_leniently(tmp_path: Path, given: str, seconds: str) -> None:
    assert answer(tmp_path, f"UNIX_TIMESTAMP('{given}')") == seconds


@pytest.mark.parametrize(("given", "moment", "day"), UNDER_A_FORMAT)
def test_texts_under_a_format(tmp_path: Path, given: str, moment: str, day: str) -> None:
    items = ", ".join(f"CAST({one}('{given}', 'yyyy/MM/dd') AS STRING)" for one in ("TO_TIMESTAMP", "TO_DATE"))
    assert answer(tmp_path, items) == f"{moment}, {day}"


@pytest.mark.parametrize(("given", "pattern", "moment"), STRICT)
def test_texts_under_other_formats(tmp_path: Path, given: str, pattern: str, moment: str) -> None:
    assert answer(tmp_path, f"CAST(TO_TIMESTAMP('{given}', '{pattern}') AS STRING)") == moment


def test_formats_and_zones_read_leniently_too(tmp_path: Path) -> None:
    items = "DATE_FORMAT('2020-02-30 00:00:00', 'yyyy-MM-dd'), CONVERT_TZ('2020-02-30 00:00:00', 'UTC', 'UTC')"
    assert answer(tmp_path, items) == "2020-03-01, 2020-03-01 00:00:00"
