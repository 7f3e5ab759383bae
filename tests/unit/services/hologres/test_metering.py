"""What Hologres keeps costs by the hour, beside what other services keep."""

import os
from pathlib import Path

import msgspec

from tests.unit.storage.rows.shelves import insert, table
from yunbox.kernel.clock import ManualClock
from yunbox.meter.ledger import LEDGER_SCHEMA, Ledger
from yunbox.meter.prices import load_prices
from yunbox.meter.storage import STORAGE_SCHEMA, StorageMeter, Stored
from yunbox.services.hologres.metering import COLD, HOT, stored
from yunbox.storage.database import Database
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.model import STORAGE_MODE
from yunbox.storage.rows.store import RowStore


def test_rows_are_charged_by_the_hour(tmp_path: Path) -> None:
    rows, clock = tmp_path / "rows", ManualClock()
    database = Database(tmp_path / "meta.db", LEDGER_SCHEMA, STORAGE_SCHEMA)
    ledger = Ledger(database, load_prices(), clock)
    own, other = (
        StorageMeter(database, ledger, clock, "hologres", has_sums=False),
        StorageMeter(database, ledger, clock),
    )
    assert list(stored(rows, "1", "ALIYUN$a")) == [], "nobody has used it"
    store = RowStore(rows)
    relation = table(store, "t", "k int8, v text")
    insert(store, relation, (1, "x" * 100))
    with store.reading() as view:
        size_bytes = view.totals(relation).size_bytes
    store.close()
    os.utime(rows, (0, 0))  # by the test's clock
    assert size_bytes > 100
    bucket = Stored("7", "oss://b", "1", "ALIYUN$a", 0.0, {}, {"oss.early.IA": 1.0})
    for _ in range(4):
        own.sample(lambda: stored(rows, "1", "ALIYUN$a"))
        other.sample(lambda: [bucket])
        clock.advance(3600)
    found = {row["item"]: row["quantity"] for row in database.read("SELECT item, quantity FROM ledger")}
    assert found == {HOT: 3 * size_bytes, "oss.early.IA": 1.0}
    assert [line.key for line in ledger.bill("project")] == ["hologres://yunbox", "oss://b"]


def test_cold_tables_are_told_apart(tmp_path: Path) -> None:
    store = RowStore(tmp_path)
    warm, cold = table(store, "warm", "k int8"), table(store, "cold", "k int8, v text")
    insert(store, warm, (1,))
    insert(store, cold, (1, "x" * 100))
    altered = msgspec.structs.replace(cold, properties={STORAGE_MODE: "cold"})
    store.write_sync(lambda change: catalogue.replace(change, cold, altered))
    with store.reading() as view:
        sizes = {HOT: view.size_bytes(warm), COLD: view.size_bytes(cold)}
    store.close()
    found = {one.part: one.kept for one in stored(tmp_path, "1", "ALIYUN$a")}
    assert found == {
        "public.warm": {HOT: sizes[HOT], COLD: 0.0},
        "public.cold": {HOT: 0.0, COLD: sizes[COLD]},
    }
    assert sizes[COLD] > 100


def test_tables_of_further_databases_have_their_names_on_the_bill(tmp_path: Path) -> None:
    store = RowStore(tmp_path)
    other = store.of(store.write_sync(lambda change: catalogue.add_database(change, "sales", "")).oid)
    for one in (store, other):
        insert(one, table(one, "t", "k int8"), (1,))
    store.close()
    assert {one.part for one in stored(tmp_path, "1", "ALIYUN$a")} == {"public.t", "sales.public.t"}
