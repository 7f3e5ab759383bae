"""When dynamic tables are refreshed, and what may be said of it."""

import pytest

from yunbox.services.hologres.dynamic.options import due_us, parted, settings_of, time_us, timeout_s, whole
from yunbox.wire.pgwire.report import PgError

MINUTE_US = 60_000_000
MADE_US = 1_700_000_000_000_000


@pytest.mark.parametrize(
    ("given", "began_us", "expected"),
    [
        ({"freshness": "5 minutes"}, 0, MADE_US),
        ({"freshness": "5 minutes"}, MADE_US + 1, MADE_US + 1 + 5 * MINUTE_US),
        ({"freshness": "2 hours"}, MADE_US, MADE_US + 120 * MINUTE_US),
        ({"freshness": "2 hours", "auto_refresh_enable": "false"}, 0, None),
        ({"refresh_mode": "full"}, 0, None),
        ({"refresh_mode": "full", "auto_refresh_enable": "true"}, 0, MADE_US),
        ({"refresh_mode": "full", "auto_refresh_enable": "true"}, MADE_US + 1, None),
        ({"refresh_mode": "full", "auto_refresh_enable": "true", "full_auto_refresh_interval": "3 minutes"},
         MADE_US + 1, MADE_US + 1 + 3 * MINUTE_US),
        ({"refresh_mode": "full", "auto_refresh_enable": "true",
          "full_auto_refresh_schd_start_time": "2024-08-24 01:00:00+00"}, 0, 1_724_461_200_000_000),
        ({"auto_refresh_enable": "true", "full_auto_refresh_interval": "3 minutes"}, 0, None),
    ],
)  # fmt: skip
def test_the_next_refresh(given: dict[str, str], began_us: int, expected: int | None) -> None:
    assert due_us(whole(given), MADE_US, began_us) == expected


def test_what_is_said_of_refreshing_is_parted_from_properties() -> None:
    said = {"refresh_guc_timezone": "UTC", "computing_resource": "local"}
    own, others = parted({"FRESHNESS": "1 minute", "orientation": "column", **said})
    assert own == {"freshness": "1 minute", **said}
    assert others == {"orientation": "column"}


@pytest.mark.parametrize("value", ["", "1", "59 seconds", "0 minutes", "1 minutes 2", "-1 hours", "1.5 hours"])
def test_times_are_minutes_and_hours(value: str) -> None:
    with pytest.raises(PgError) as caught:
        time_us("freshness", value)
    assert caught.value.report.sqlstate == "22023"


def test_the_longest_time_of_one_refresh() -> None:
    assert timeout_s({}) is None
    assert timeout_s({"refresh_guc_statement_timeout": "30 mins"}) == 1800
    assert timeout_s({"refresh_guc_statement_timeout": "1500"}) == 1.5
    assert timeout_s({"refresh_guc_statement_timeout": "2 hours"}) == 7200
    with pytest.raises(PgError):
        parted({"refresh_guc_statement_timeout": "soon"})


def test_settings_are_those_that_are_said() -> None:
    before = {"timezone": "UTC", "datestyle": "ISO, MDY"}
    assert settings_of({"refresh_guc_timezone": "Asia/Shanghai", "refresh_guc_hg_x": "1"}, before) == {
        "timezone": "Asia/Shanghai", "datestyle": "ISO, MDY"}  # fmt: skip
