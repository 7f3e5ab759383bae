"""Rules on a clock that a test moves: what they compare with, what no data means, and that nothing is told twice."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from yunbox.kernel.call import Place
from yunbox.kernel.clock import ManualClock
from yunbox.meter.journal import Event
from yunbox.services.cloudmonitor.evaluation import Evaluation
from yunbox.services.cloudmonitor.rule import Escalations, Level, Rule
from yunbox.services.cloudmonitor.samples import Samples
from yunbox.services.cloudmonitor.schema import CLOUDMONITOR_SCHEMA
from yunbox.services.cloudmonitor.service import CloudMonitor
from yunbox.storage.database import Database
from yunbox.wire.outgoing import Reach

DAY_MINUTES = 24 * 60
START_S = 1_767_225_600.0  # on the minute


class Recorder:
    """Takes events and forgets them."""

    def record(self, event: Event, places: Any = ()) -> None:
        """Take one event."""


class House:
    """Counts, rules and alerts on a database of their own."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock(START_S)
        self.database = Database(folder / "meta.db", CLOUDMONITOR_SCHEMA)
        self.begin()

    def begin(self) -> None:
        """As a server that has just started."""
        samples = Samples(self.database, self.clock)
        reach = Reach(anywhere=False, own=frozenset)
        self.service = CloudMonitor(self.database, "1", "cn-local", self.clock, samples, Recorder(), reach)
        self.evaluation = Evaluation(self.service)

    def put(self, count: int, bucket: str = "b", code: str = "OK", operation: str = "PutObject") -> None:
        """So many calls now."""
        for _ in range(count):
            event = Event(self.clock.time(), "r", "oss", operation, decision="allowed", code=code)
            self.service.samples.record(event, (Place(bucket, "k"),))

    def minute(self, count: int = 0, **more: Any) -> list[str]:
        """A minute with so many calls; how the alerts go that came of it."""
        self.put(count, **more)
        before = len(self.alerts())
        self.clock.now_s += 60 - self.clock.now_s % 60 + 3.5
        asyncio.run(self.evaluation.look())
        return [alert["state"] for alert in self.alerts()[before:]]

    def rule(self, threshold: str, operator: str = "GreaterThanOrEqualToThreshold", **more: Any) -> None:
        level = Level("Value", operator, threshold, more.pop("times", 1))
        given = {"resources": '[{"resource":"_ALL"}]', "escalations": Escalations(critical=level), **more}
        rule = Rule("r", "r", "acs_oss_dashboard", "PutObjectCount", **given)
        rule.check("1")

        def write(db: Any) -> None:
            db.execute("INSERT INTO metric_rules VALUES ('r', ?, 1, ?, ?)", (rule.text, *[self.clock.time()] * 2))

        self.database.write_sync(write)

    def alerts(self) -> list[dict[str, Any]]:
        rows = self.database.read("SELECT alert FROM metric_alerts ORDER BY at, rowid")
        return [json.loads(row["alert"]) for row in rows]

    def states(self) -> dict[str, str]:
        return {row["container"]: row["state"] for row in self.database.read("SELECT * FROM metric_states")}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.database.close()


def test_a_rise_since_the_last_period_is_of_percent(house: House) -> None:
    house.minute(10)
    house.rule("50", "GreaterThanLastPeriod")
    assert [house.minute(count) for count in (15, 16, 40, 0)] == [[], [], ["ALARM"], ["OK"]]
    assert house.alerts()[0]["expression"] == "$ValueGreaterThanLastPeriod50"


def test_a_fall_since_yesterday_is_of_percent(house: House) -> None:
    for count in (10, 10):
        house.minute(count)
    house.clock.now_s += DAY_MINUTES * 60 - 2 * 60 - house.clock.now_s % 60
    house.rule("40", "LessThanYesterday")
    assert [house.minute(count) for count in (6, 5)] == [[], ["ALARM"]]
    assert house.minute(0) == ["OK"], "there is no minute of yesterday to compare with"


@pytest.mark.parametrize(
    ("operator", "raised"),
    [
        ("GreaterThanThreshold", [4]), ("GreaterThanOrEqualToThreshold", [3, 4]), ("LessThanThreshold", [2]),
        ("LessThanOrEqualToThreshold", [2, 3]), ("EqualToThreshold", [3]), ("NotEqualToThreshold", [2, 4]),
    ],
)  # fmt: skip
def test_what_is_compared(house: House, operator: str, raised: list[int]) -> None:
    house.put(1)
    house.rule("3", operator)
    house.minute(2)  # three, with the first one
    found = []
    for count in (2, 3, 4):
        house.database.write_sync(lambda db: db.execute("DELETE FROM metric_states"))
        if house.minute(count) == ["ALARM"]:
            found.append(count)
    assert found == raised


@pytest.mark.parametrize(
    ("policy", "told"), [("KEEP_LAST_STATE", []), ("OK", ["OK"]), ("INSUFFICIENT_DATA", ["INSUFFICIENT_DATA"])]
)
def test_what_no_data_means(house: House, policy: str, told: list[str]) -> None:
    """No data is of minutes in which there was no server."""
    house.rule("1", no_data_policy=policy)
    assert house.minute(1) == ["ALARM"]
    house.clock.now_s += 3600
    house.begin()
    before = len(house.alerts())
    asyncio.run(house.evaluation.look())
    assert [alert["state"] for alert in house.alerts()[before:]] == told


def test_nothing_is_told_twice_by_a_server_that_starts_again(house: House) -> None:
    house.rule("1")
    assert house.minute(1) == ["ALARM"]
    house.begin()
    asyncio.run(house.evaluation.look())
    assert len(house.alerts()) == 1
    assert house.minute(1) == []


def test_long_periods_are_of_several_minutes(house: House) -> None:
    house.rule("5", period="300")
    assert [house.minute(1) for _ in range(5)] == [[], [], [], [], ["ALARM"]]
    assert house.alerts()[0]["value"] == 5


def test_so_many_periods_in_a_row(house: House) -> None:
    house.rule("1", times=3)
    assert [house.minute(count) for count in (1, 1, 0, 1, 1, 1, 1, 0)] == [
        [], [], [], [], [], ["ALARM"], [], ["OK"],
    ]  # fmt: skip


def test_a_bucket_that_is_gone_is_looked_at_no_more(house: House) -> None:
    house.rule("1")
    house.put(1, "gone")
    assert sorted(house.minute(1)) == ["ALARM", "ALARM"]
    assert sorted(house.states()) == ["b", "gone"]
    house.put(1, "gone", operation="DeleteBucket")
    house.minute(1)
    assert house.states() == {"b": "ALARM"}


def test_names_that_are_no_buckets_get_no_counts(house: House) -> None:
    for number in range(50):
        house.put(1, f"made-up-{number}", code="NoSuchBucket")
    house.put(1)
    asyncio.run(house.service.samples.flush())
    rows = house.database.read("SELECT container, outcome, calls FROM metric_samples ORDER BY container")
    assert [tuple(row) for row in rows] == [("", "not-found", 50), ("b", "ok", 1)]
    assert [row["container"] for row in house.database.read("SELECT container FROM metric_resources")] == ["b"]


def test_what_is_old_is_forgotten(house: House) -> None:
    house.minute(1)
    house.clock.now_s += 32 * DAY_MINUTES * 60
    house.minute(1)
    asyncio.run(house.service.samples.sweep())
    assert house.database.read("SELECT count(*) FROM metric_samples")[0][0] == 1
