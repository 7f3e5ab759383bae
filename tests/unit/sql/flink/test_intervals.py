"""Literals of intervals: what numbers they may have, and of how many digits, as real Flink 2.3 answers them."""

import re

import pytest

from tests.unit.sql.flink.house import plan
from yunbox.kernel.errors import InvalidArgument


@pytest.mark.parametrize(
    ("literal", "reason"),
    [
        ("INTERVAL '300' SECOND", "Interval field value 300 exceeds precision of SECOND(2) field"),
        ("INTERVAL '0100' DAYS", "Interval field value 100 exceeds precision of DAY(2) field"),
        ("INTERVAL -'100' DAY", "Interval field value 100 exceeds precision of DAY(2) field"),
        ("INTERVAL '100' WEEK", "Interval field value 100 exceeds precision of WEEK(2) field"),
        ("INTERVAL '101' QUARTER", "Interval field value 101 exceeds precision of QUARTER(2) field"),
        ("INTERVAL '100-01' YEAR TO MONTH", "Interval field value 100 exceeds precision of YEAR(2) field"),
        ("INTERVAL '100 1' DAY TO HOUR", "Interval field value 100 exceeds precision of DAY(2) field"),
        ("INTERVAL '1-13' YEAR TO MONTH", "Illegal interval literal format '1-13' for INTERVAL YEAR TO MONTH"),
        ("INTERVAL '1:70' MINUTE TO SECOND", "Illegal interval literal format '1:70' for INTERVAL MINUTE TO SECOND"),
        ("INTERVAL '1 24' DAY TO HOUR", "Illegal interval literal format '1 24' for INTERVAL DAY TO HOUR"),
        ("INTERVAL '10:59:60' HOUR TO SECOND", "Illegal interval literal format '10:59:60' for INTERVAL HOUR TO"),
        ("INTERVAL '1.1234567' SECOND", "Illegal interval literal format '1.1234567' for INTERVAL SECOND"),
        ("INTERVAL '1.1234' SECOND(2, 3)", "Illegal interval literal format '1.1234' for INTERVAL SECOND"),
        ("INTERVAL '1:1.1234' MINUTE TO SECOND(3)", "Illegal interval literal format '1:1.1234' for INTERVAL MINUTE"),
        ("INTERVAL '1' DAY(0)", "Interval leading field precision '0' out of range for INTERVAL DAY"),
        ("INTERVAL 1 DAY(11)", "Interval leading field precision '11' out of range for INTERVAL DAY"),
        ("INTERVAL '1.5' SECOND(1, 0)", "Interval fractional second precision '0' out of range for INTERVAL SECOND"),
    ],
)
def test_a_number_of_too_many_digits_is_refused(literal: str, reason: str) -> None:
    with pytest.raises(InvalidArgument, match=re.escape(reason)):
        plan(f"SELECT {literal}")


@pytest.mark.parametrize(
    ("literal", "ms"),
    [
        ("INTERVAL '300' SECOND(3)", 300_000),
        ("INTERVAL 300 SECOND", 300_000),
        ("INTERVAL '007' SECOND", 7_000),
        ("INTERVAL '101' DAY(3)", 101 * 86_400_000),
        ("INTERVAL '100 1' DAY(3) TO HOUR", 100 * 86_400_000 + 3_600_000),
        ("INTERVAL '25:00' HOUR TO MINUTE", 25 * 3_600_000),
        ("INTERVAL '1.1234' SECOND", 1_123),
        ("INTERVAL '1.12' SECOND(2, 2)", 1_120),
    ],
)
def test_others_are_taken(literal: str, ms: int) -> None:
    assert f"to_milliseconds({ms})" in str(plan(f"SELECT {literal}"))
