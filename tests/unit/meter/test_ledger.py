"""The ledger: each item once, the bill by what one asks for."""

import asyncio
from pathlib import Path

import pytest

from yunbox.kernel.clock import ManualClock
from yunbox.kernel.errors import InvalidArgument
from yunbox.meter.ledger import LEDGER_SCHEMA, Entry, Ledger, billing_day
from yunbox.meter.prices import GIGABYTE, load_prices
from yunbox.services.maxcompute.prices import SCAN as SQL_SCAN
from yunbox.storage.database import Database


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def ledger(tmp_path: Path, clock: ManualClock):
    database = Database(tmp_path / "meta.db", LEDGER_SCHEMA)
    yield Ledger(database, load_prices(), clock)
    database.close()


def entry(key: str, gigabytes: float = 1.0, project: str = "p", principal: str = "a") -> Entry:
    detail = {"sql": f"select {key}"}
    return Entry(key, SQL_SCAN, "1", principal, project, "SQL", gigabytes * GIGABYTE, detail=detail)


def record(ledger: Ledger, *entries: Entry) -> None:
    async def run() -> None:
        for item in entries:
            await ledger.record(item)

    asyncio.run(run())


def test_an_entry_written_twice_is_one_entry(ledger: Ledger) -> None:
    record(ledger, entry("1"), entry("1"), entry("2"))
    assert [line.key for line in ledger.bill("query")] == ["1", "2"]


def test_a_gigabyte_costs_what_the_price_book_says(ledger: Ledger) -> None:
    record(ledger, entry("1", gigabytes=2))
    assert ledger.bill("query")[0].cost == pytest.approx(2 * load_prices().price(SQL_SCAN))


@pytest.mark.parametrize(("by", "keys"), [("project", ["p", "q"]), ("user", ["a", "b"]), ("query", ["1", "2", "3"])])
def test_the_bill_groups(ledger: Ledger, by: str, keys: list[str]) -> None:
    record(ledger, entry("1"), entry("2", principal="b"), entry("3", project="q"))
    lines = ledger.bill(by)
    assert sorted(line.key for line in lines) == keys
    assert sum(line.calls for line in lines) == 3


def test_the_day_of_the_bill_ends_at_midnight_utc_8(ledger: Ledger, clock: ManualClock) -> None:
    record(ledger, entry("1"))
    assert ledger.spent_today("p") > 0
    clock.advance(15 * 3600)  # 00:00 UTC + 15 h is 23:00 in UTC+8
    assert ledger.spent_today("p") > 0
    clock.advance(3600)
    assert ledger.spent_today("p") == 0
    record(ledger, entry("2"))
    assert [line.key for line in ledger.bill("day")] == [billing_day(clock.time() - 3600), billing_day(clock.time())]


def test_no_price_is_invented() -> None:
    with pytest.raises(InvalidArgument, match="No price is known"):
        load_prices().price("maxcompute.magic")
