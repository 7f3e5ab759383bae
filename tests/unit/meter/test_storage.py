"""What is stored costs by the hour, each hour once."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yunbox.kernel.clock import ManualClock
from yunbox.meter.ledger import LEDGER_SCHEMA, Ledger
from yunbox.meter.prices import GIGABYTE, load_prices
from yunbox.meter.storage import STORAGE_SCHEMA, StorageMeter, Stored, _days
from yunbox.meter.tally import hour_of
from yunbox.storage.database import Database
from yunbox.storage.objects.minimums import MINIMUM_DAYS

STANDARD = "oss.storage.Standard"
EARLY = "oss.early.IA"


class House:
    """A meter with one bucket, whose totals a test sets."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.database = Database(folder / "meta.db", LEDGER_SCHEMA, STORAGE_SCHEMA)
        self.ledger = Ledger(self.database, load_prices(), self.clock)
        self.meter = StorageMeter(self.database, self.ledger, self.clock)
        self.kept = {STANDARD: 0.0}
        self.sums = {EARLY: 0.0}
        self.since_s = 0.0

    def stored(self) -> Stored:
        return Stored("7", "oss://b", "1", "ALIYUN$a", self.since_s, dict(self.kept), dict(self.sums))

    def sample(self) -> bool:
        return self.meter.sample(lambda: [self.stored()])

    def rows(self) -> list[sqlite3.Row]:
        return self.database.read("SELECT * FROM ledger ORDER BY time, item")

    def quantity(self, item: str) -> float:
        return sum(row["quantity"] for row in self.rows() if row["item"] == item)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_month_of_a_gigabyte_costs_its_price(house: House) -> None:
    house.kept[STANDARD] = GIGABYTE
    assert not house.sample(), "the first sample only says where it begins"
    for _ in range(30 * 24):
        house.clock.advance(3600)
        assert house.sample()
    assert house.quantity(STANDARD) == GIGABYTE * 720
    lines = house.ledger.bill("project")
    assert [(line.key, line.calls, line.quantity_bytes) for line in lines] == [("oss://b", 0, 0)]
    assert lines[0].cost == pytest.approx(0.0173)
    assert len(house.rows()) == 31, "one row a day, and the vendor's day begins at 16:00 UTC"


def test_an_hour_is_charged_once(house: House) -> None:
    house.kept[STANDARD] = 100
    house.sample()
    for _ in range(5):
        house.clock.advance(1800)
        house.sample()
        house.sample()
    assert house.quantity(STANDARD) == 200


def test_hours_without_a_look_cost_what_is_there_at_the_next(house: House) -> None:
    house.sample()
    house.clock.advance(100 * 3600)
    house.kept[STANDARD] = 10
    house.sample()
    assert house.quantity(STANDARD) == 1000
    assert [row["day"] for row in house.rows()] == [f"2026-01-0{day}" for day in range(1, 6)]


def test_a_bucket_is_not_charged_for_before_it_was(house: House) -> None:
    house.sample()
    house.clock.advance(10 * 3600)
    house.since_s = house.clock.time() - 3600
    house.kept[STANDARD] = 10
    house.sample()
    assert house.quantity(STANDARD) == 10


def test_a_clock_that_goes_back_charges_nothing(house: House) -> None:
    house.kept[STANDARD] = 10
    house.sample()
    house.clock.advance(-7200)
    assert not house.sample()
    house.clock.advance(3 * 3600)
    house.sample()
    assert house.quantity(STANDARD) == 10


def test_of_a_sum_its_growth_is_charged(house: House) -> None:
    house.sample()
    for total in (5.0, 5.0, 12.0):
        house.sums[EARLY] = total
        house.clock.advance(3600)
        house.sample()
    assert house.quantity(EARLY) == 12
    house.sums[EARLY] = 20.0
    house.meter.settle(house.stored())
    house.meter.settle(house.stored())
    assert house.quantity(EARLY) == 20
    house.clock.advance(3600)
    house.meter.sample(list)
    assert house.database.read("SELECT * FROM sampled_sums") == [], "the bucket is gone"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 1000)), max_size=12))
def test_byte_hours_add_up(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int]]) -> None:
    house = House(tmp_path_factory.mktemp("house"))
    house.sample()
    expected = 0
    hour = hour_of(house.clock.time())
    for quarters, size in steps:
        house.clock.advance(quarters * 900)
        house.kept[STANDARD] = size
        house.sample()
        now = hour_of(house.clock.time())
        expected += size * (now - hour)
        hour = now
    assert house.quantity(STANDARD) == expected
    house.database.close()


@given(st.integers(0, 10_000), st.integers(0, 100))
def test_days_cover_all_hours(first: int, hours: int) -> None:
    runs = list(_days(first, first + hours))
    assert [hour for start, count in runs for hour in range(start, start + count)] == list(range(first, first + hours))


def test_the_price_book_knows_the_same_minimum_days() -> None:
    import json
    from importlib import resources

    book = json.loads(resources.files("yunbox.meter").joinpath("prices.json").read_text("utf-8"))
    assert book["minimum_days"] == MINIMUM_DAYS
