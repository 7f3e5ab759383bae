"""Which partitions are to be there at a moment, as the vendor's page "Dynamic partition management" has it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunbox.storage.rows.model import PARTITIONED, Column, Relation, Schedule
from yunbox.storage.rows.partitioning.rule import Rule, rule_of, unfit
from yunbox.storage.rows.partitioning.units import UNITS


def us(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000_000)


def rule(of: int = 25, zone: str = "UTC", **given: str) -> Rule:
    properties = {f"auto_partitioning.{name}": value for name, value in {"enable": "true", **given}.items()}
    made = Relation(
        1, "public", "t", 1, (Column("ds", 1, of),), PARTITIONED, properties=properties, partition=1,
        schedule=Schedule(1, "1", zone),
    )  # fmt: skip
    found = rule_of(made)
    assert found is not None
    return found


def part(name: str, **properties: str) -> Relation:
    return Relation(2, "public", name, 2, (), properties=properties)


PAGE = {
    "HOUR": ("2024-11-22T21:00:01", "2024112221", "2024-11-22-21"), "DAY": ("2024-11-22", "20241122", "2024-11-22"),
    "MONTH": ("2024-11-22", "202411", "2024-11"), "QUARTER": ("2024-11-22", "20244", "2024-4"),
    "YEAR": ("2024-11-22", "2024", "2024"),
}  # fmt: skip


@pytest.mark.parametrize("unit", PAGE)
def test_names_are_those_of_the_page(unit: str) -> None:
    at, compact, dashed = PAGE[unit]
    assert rule(time_unit=unit, num_precreate="1").wanted(us(at)) == [(f"t_{compact}", compact)]
    form = UNITS[unit].dashed
    assert rule(time_unit=unit, num_precreate="1", time_format=form).wanted(us(at)) == [(f"t_{dashed}", dashed)]
    found = UNITS[unit].read(dashed, is_dashed=form != UNITS[unit].compact)
    assert found == UNITS[unit].number(datetime.fromisoformat(at))


@pytest.mark.parametrize(("unit", "value"), [
    ("DAY", "2024-11-22"), ("MONTH", "2024-11-01"), ("QUARTER", "2024-10-01"), ("YEAR", "2024-01-01"),
])  # fmt: skip
def test_days_are_the_first_of_their_unit(unit: str, value: str) -> None:
    [(name, found)] = rule(1082, time_unit=unit, num_precreate="1").wanted(us("2024-11-22"))
    assert (name, found) == (f"t_{PAGE[unit][1]}", value)


def test_four_are_made_if_nobody_says() -> None:
    made = [value for _, value in rule(time_unit="MONTH").wanted(us("2024-11-30T12:00"))]
    assert made == ["202411", "202412", "202501", "202502"]
    assert rule(time_unit="DAY", num_precreate="0").wanted(us("2024-11-30")) == []


def test_what_the_page_s_table_keeps() -> None:
    """Made 3 ahead, 2 kept behind: on the 15th that of the 12th goes."""
    made = rule(time_unit="DAY", num_precreate="3", num_retention="2")
    parts = [part(f"t_202312{day}") for day in range(12, 18)]
    for now, gone in (("2023-12-14", []), ("2023-12-15", ["t_20231212"]), ("2023-12-16", ["t_20231212", "t_20231213"])):
        assert [one.name for one in parts if made.is_over(one, us(now))] == gone


def test_others_are_left_alone() -> None:
    made = rule(time_unit="DAY", num_retention="0", num_hot="0")
    now = us("2024-01-01")
    for name in ("t", "t_", "t_2023", "t_20231301", "t_2023-12-01", "u_20231201", "t_20231201 ", "t_x_20231201"):
        assert not made.is_over(part(name), now)
    assert made.is_over(part("t_20231231"), now)
    assert not made.is_over(part("t_20231231", keep_alive="true"), now)
    assert not made.is_over(part("t_20240101"), now)
    assert made.is_to_cool(part("t_20231231"), now)
    assert not made.is_to_cool(part("t_20231231", storage_mode="cold"), now)
    for all_of_them in (rule(time_unit="DAY"), rule(time_unit="DAY", num_retention="-1", num_hot="-1")):
        assert not all_of_them.is_over(part("t_19700101"), now)
        assert not all_of_them.is_to_cool(part("t_19700101"), now)


def test_a_zone_s_own_days() -> None:
    made = rule(time_unit="DAY", num_precreate="1", time_zone="Asia/Shanghai")
    assert made.wanted(us("2024-01-01T15:59:59")) == [("t_20240101", "20240101")]
    assert made.wanted(us("2024-01-01T16:00:00")) == [("t_20240102", "20240102")]
    assert made.due_us(us("2024-01-01T16:00:00")) == us("2023-12-31T16:00:01")
    assert made.due_us(us("2024-01-01T16:00:01")) == us("2024-01-01T16:00:01")
    assert rule(zone="Asia/Shanghai", time_unit="DAY", num_precreate="1").wanted(us("2024-01-01T16:00:00")) == [
        ("t_20240102", "20240102")
    ]


@pytest.mark.parametrize(("unit", "start", "now", "due"), [
    ("DAY", "2024-01-01 03:00", "2024-03-05T02:59", "2024-03-04T03:00"),
    ("DAY", "2024-01-01 03:00", "2024-03-05T03:00", "2024-03-05T03:00"),
    ("HOUR", "2024-01-01 00:30", "2024-03-05T07:29", "2024-03-05T06:30"),
    ("MONTH", "2024-01-31 03:00", "2024-03-05T00:00", "2024-02-29T03:00"),
    ("YEAR", "2024-06-01", "2026-05-31", "2025-06-01"),
    ("DAY", "2024-01-01 03:00+08", "2024-01-02T00:00", "2024-01-01T19:00"),
    ("DAY", "2024-01-02", "2024-01-01T23:59", None),
    ("DAY", "infinity", "2024-01-01", None),
])  # fmt: skip
def test_a_time_of_day_of_its_own(unit: str, start: str, now: str, due: str | None) -> None:
    made = rule(time_unit=unit, schd_start_time=start)
    assert made.due_us(us(now)) == (None if due is None else us(due))


@given(st.sampled_from(sorted(UNITS)), st.datetimes(datetime(1000, 1, 1), datetime(9000, 1, 1)), st.booleans())
def test_what_is_written_is_read(unit: str, moment: datetime, is_dashed: bool) -> None:
    of = UNITS[unit]
    number = of.number(moment)
    assert of.read(of.written(number, is_dashed=is_dashed), is_dashed=is_dashed) == number
    assert of.begins(number) <= moment < of.begins(number + 1)
    assert of.number(of.later(moment, 1)) == number + 1


def test_what_does_not_go_together() -> None:
    assert unfit("HOUR", None, 1082)
    assert unfit("DAY", "YYYY-MM-DD", 23)
    assert unfit("DAY", "YYYY-MM", 25)
    assert not unfit("DAY", "YYYYMMDD", 23)
    assert not unfit("DAY", "YYYY-MM-DD", 1082)
