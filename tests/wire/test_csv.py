"""Result text as PyODPS's CSV reader takes it apart."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odps.models import TableSchema
from odps.readers import CsvRecordReader

from yunbox.wire.odps.csv import encode_csv, show_value
from yunbox.wire.odps.record_fields import NanoDatetime, NanoTimedelta
from yunbox.wire.odps.types import parse_type


def read(names, rows, **kwargs):
    """Our rows, as PyODPS returns them from the text."""
    columns = [(f"c{n}", parse_type(name)) for n, name in enumerate(names)]
    text = encode_csv(columns, rows, **kwargs)
    schema = TableSchema.from_lists([name for name, _ in columns], names)
    return [list(record.values) for record in CsvRecordReader(schema, text)]


AT = datetime(2024, 2, 29, 16, 30, 1, 250_000, UTC)


def test_plain_types():
    names = ["bigint", "double", "boolean", "string", "decimal(10,2)", "date", "timestamp_ntz", "json"]
    row = [-5, 1.5, True, 'say "hi", é\nthere\\', Decimal("1.50"), date(2024, 1, 2), datetime(2024, 1, 2), "{}"]
    (found,) = read(names, [row])
    assert found == [*row[:6], pd.Timestamp(2024, 1, 2), "{}"]


def test_nulls_and_empty_results():
    assert read(["bigint", "string", "array<string>"], [[None, None, None]]) == [[None, None, None]]
    assert read(["bigint"], []) == []
    assert read(["string"], [[""]]) == [[""]]


def test_complex_types():
    names = ["array<bigint>", "map<string,array<string>>", "struct<a:bigint,b:string>", "array<date>"]
    row = [[1, None], {"k:1": ["a,b", None, 'q"']}, {"a": None, "b": "x:y"}, [date(2024, 1, 2)]]
    assert read(names, [row]) == [[*row[:2], (None, "x:y"), row[3]]]


def test_times_are_shown_in_the_session_zone():
    shanghai = ZoneInfo("Asia/Shanghai")
    assert show_value(parse_type("datetime"), AT, shanghai) == "2024-03-01 00:30:01"
    assert show_value(parse_type("timestamp"), AT, shanghai) == "2024-03-01 00:30:01.25"
    fine = NanoDatetime(2024, 1, 1, tzinfo=UTC)
    fine.nanosecond = 7
    assert show_value(parse_type("timestamp"), fine) == "2024-01-01 00:00:00.000000007"
    assert show_value(parse_type("datetime"), datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01 00:00:00"


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("double", float("nan"), "NaN"), ("double", float("-inf"), "-Infinity"), ("float", 1e20, "1e+20"),
        ("decimal(38,18)", Decimal("1E+3"), "1000"), ("binary", b"a=\x00\xff", "a=3D=00=FF"),
        ("interval_year_month", -14, "-1-2"), ("interval_day_time", timedelta(1, 3661), "1 01:01:01.000000000"),
        ("interval_day_time", NanoTimedelta(-1), "-1 00:00:00.000000000"), ("boolean", False, "false"),
        ("bigint", None, "\\N"),
    ],
)  # fmt: skip
def test_text(name, value, text):
    assert show_value(parse_type(name), value) == text


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r")), min_size=1, max_size=3))
def test_any_text(values):
    values = [v if v != "\\N" else "" for v in values]
    assert read(["string"] * len(values), [values]) == [values]
