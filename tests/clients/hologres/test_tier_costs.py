"""What hot and cold tables cost, each by itself, and what the cold ones save, by prices that are given.

The vendor's prices of the tiers were not found, so without prices of one's own nothing is made up.
"""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.unit.storage.rows.shelves import insert, table
from yunbox.kernel.clock import ManualClock
from yunbox.meter.ledger import LEDGER_SCHEMA, Ledger
from yunbox.meter.prices import GIGABYTE, load_prices
from yunbox.meter.storage import STORAGE_SCHEMA, StorageMeter
from yunbox.services.hologres.metering import COLD, HOT, OTHERS, TABLES_MAX, stored
from yunbox.storage.database import Database
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.model import STORAGE_MODE
from yunbox.storage.rows.store import RowStore

HOURS = 720


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that two tables have lain in for a month, one of which is cold."""
    rows, clock = tmp_path / "holo" / "rows", ManualClock()
    store = RowStore(rows)
    warm, cold = table(store, "warm", "k int8"), table(store, "cold", "k int8, v text")
    insert(store, warm, *((k,) for k in range(10)))
    insert(store, cold, (1, "x" * 5000))
    kept = msgspec.structs.replace(cold, properties={STORAGE_MODE: "cold"})
    store.write_sync(lambda change: catalogue.replace(change, cold, kept))
    store.close()
    os.utime(rows, (0, 0))  # by the test's clock
    database = Database(tmp_path / "meta.db", LEDGER_SCHEMA, STORAGE_SCHEMA)
    meter = StorageMeter(database, Ledger(database, load_prices(), clock), clock, "hologres", has_sums=False)
    for _ in range(HOURS + 1):
        meter.sample(lambda: stored(rows, "1", "ALIYUN$a"))
        clock.advance(3600)
    database.close()
    return tmp_path


def sizes(folder: Path) -> dict[str, int]:
    store = RowStore(folder / "holo" / "rows")
    with store.reading() as view:
        found = {one.name: view.size_bytes(one) for one in store.catalogue(view).relations.values()}
    store.close()
    return found


def yunbox(folder: Path, *words: str, output: str = "json") -> Any:
    command = [sys.executable, "-m", "yunbox", *words, "--data", str(folder), "--output", output]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LookupError(done.stderr)
    return json.loads(done.stdout) if output == "json" else done.stdout


@pytest.fixture
def prices(tmp_path: Path) -> str:
    path = tmp_path / "prices.json"
    path.write_text(json.dumps({"currency": "CNY", "items": {HOT: 1.0, COLD: 0.2}}))
    return str(path)


def test_without_a_price_there_are_quantities_and_no_cost(folder: Path) -> None:
    assert not load_prices().is_known(HOT) and not load_prices().is_known(COLD)
    size, found = sizes(folder), yunbox(folder, "bill", "--by", "table")
    assert [(one["table"], one["cost"], one["saving"]) for one in found["lines"]] == [
        ("public.cold", None, None), ("public.warm", None, 0.0),
    ]  # fmt: skip
    lines = {one["table"]: one for one in found["lines"]}
    assert lines["public.cold"]["cold"] == pytest.approx(size["cold"] / GIGABYTE) and lines["public.cold"]["hot"] == 0
    assert lines["public.warm"]["hot"] == pytest.approx(size["warm"] / GIGABYTE) and lines["public.warm"]["cold"] == 0
    assert (found["currency"], found["total"]["cost"], found["total"]["saving"]) == ("USD", None, None)
    printed = yunbox(folder, "bill", "--by", "table", output="text")
    assert "unknown" in printed and f"The price of {COLD} is not known (the vendor's price was not found)" in printed
    [line] = yunbox(folder, "bill", "--by", "project")["lines"]
    assert (line["key"], line["cost"]) == ("hologres://yunbox", 0)


def test_with_prices_of_ones_own_the_saving_is_shown(folder: Path, prices: str) -> None:
    size, found = sizes(folder), yunbox(folder, "bill", "--by", "table", "--prices", prices)
    lines = {one["table"]: one for one in found["lines"]}
    assert lines["public.cold"]["cost"] == pytest.approx(size["cold"] / GIGABYTE * 0.2)
    assert lines["public.cold"]["saving"] == pytest.approx(size["cold"] / GIGABYTE * 0.8)
    assert (
        lines["public.warm"]["cost"] == pytest.approx(size["warm"] / GIGABYTE) and lines["public.warm"]["saving"] == 0
    )
    total = found["total"]
    assert found["currency"] == "CNY" and total["saving"] == pytest.approx(size["cold"] / GIGABYTE * 0.8)
    assert total["cost"] == pytest.approx((size["warm"] + 0.2 * size["cold"]) / GIGABYTE)
    rows = list(csv.DictReader(io.StringIO(yunbox(folder, "bill", "--by", "table", "--prices", prices, output="csv"))))
    assert [one["table"] for one in rows] == ["public.cold", "public.warm"] and float(rows[0]["saving"]) > 0
    assert "not known" not in yunbox(folder, "bill", "--by", "table", "--prices", prices, output="text")


def test_one_day_of_the_bill(folder: Path, prices: str) -> None:
    size, days = sizes(folder), [line["key"] for line in yunbox(folder, "bill", "--by", "day")["lines"]]
    assert len(days) > 29
    found = yunbox(folder, "bill", "--by", "table", "--prices", prices, "--day", days[3])
    assert found["total"]["cold"] == pytest.approx(size["cold"] * 24 / HOURS / GIGABYTE)


def test_holo_tables_has_what_a_month_costs(folder: Path, prices: str) -> None:
    size, found = sizes(folder), yunbox(folder, "holo", "tables", "--prices", prices)
    costs = {one["table"]: (one["month_cost"], one["month_saving"]) for one in found["tables"]}
    assert costs["warm"] == (pytest.approx(size["warm"] / GIGABYTE), 0)
    assert costs["cold"] == (pytest.approx(size["cold"] / GIGABYTE * 0.2), pytest.approx(size["cold"] / GIGABYTE * 0.8))
    assert found["month"]["saving"] == pytest.approx(size["cold"] / GIGABYTE * 0.8)
    unknown = yunbox(folder, "holo", "tables")
    assert unknown["month"]["cost"] is None and unknown["tables"][0]["month_cost"] is None
    assert "costs unknown USD" in yunbox(folder, "holo", "tables", output="text")


@pytest.mark.parametrize(("text", "told"), [
    ("{}", "Prices are written as"), ("[1]", "Prices are written as"), ('{"items": {"nosuch": 1}}', "no item nosuch"),
    ('{"items": {"hologres.storage.hot": -1}}', "The price of"), ('{"items": {"hologres.storage.hot": "x"}}', "Prices"),
    ('{"items": {"hologres.storage.hot": NaN}}', "The price of"),
])  # fmt: skip
def test_prices_that_are_none(tmp_path: Path, folder: Path, text: str, told: str) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(text)
    with pytest.raises(LookupError, match=told):
        yunbox(folder, "bill", "--by", "table", "--prices", str(path))
    with pytest.raises(LookupError, match="--by table"):
        yunbox(folder, "bill", "--by", "item", "--prices", str(path))
    with pytest.raises(LookupError, match="cannot be read"):
        yunbox(folder, "bill", "--by", "table", "--prices", str(tmp_path / "none.json"))


def test_the_smallest_of_many_tables_are_one_part(tmp_path: Path) -> None:
    store = RowStore(tmp_path)
    made = [table(store, f"t{at}", "k int8, v text") for at in range(TABLES_MAX + 2)]
    for at, one in enumerate(made):
        insert(store, one, (at, "x" * (100 if at < 2 else 200)))
    with store.reading() as view:
        small = sum(view.size_bytes(one) for one in made[:2])
    store.close()
    found = {one.part: one.kept for one in stored(tmp_path, "1", "ALIYUN$a")}
    assert len(found) == TABLES_MAX + 1 and found[OTHERS] == {HOT: small, COLD: 0.0}
