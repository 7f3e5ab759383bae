import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from yunbox.kernel.clock import ManualClock
from yunbox.meter.ledger import LEDGER_SCHEMA, Ledger
from yunbox.meter.prices import load_prices
from yunbox.meter.tally import TALLY_SCHEMA, Line, Tally, TallyWriter, hour_of
from yunbox.services.oss.prices import GET as OSS_GET
from yunbox.storage.database import Database


class House:
    """A tally, and what it needs, that can be opened again as after a kill."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.open()

    def open(self) -> None:
        self.database = Database(self.folder / "meta.db", LEDGER_SCHEMA, TALLY_SCHEMA)
        self.ledger = Ledger(self.database, load_prices(), self.clock)
        self.tally = Tally(self.folder / "usage", self.database, self.ledger)

    def kill(self) -> None:
        """Leave everything as it lies."""
        self.database.close()
        self.open()

    def add(self, calls: int = 1, **items: float) -> None:
        for _ in range(calls):
            self.tally.add(
                Line(hour_of(self.clock.time()), "1", "RAM$a:b", "oss://b", "GetObject", items or {OSS_GET: 1})
            )

    def rows(self) -> list[sqlite3.Row]:
        return self.database.read("SELECT * FROM ledger ORDER BY time")

    def calls(self) -> int:
        return sum(line.calls for line in self.ledger.bill("project"))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_calls_become_one_row_an_hour(house: House) -> None:
    house.add(3)
    house.tally.fold()
    house.add(2)
    house.tally.fold()
    house.clock.advance(3600)
    house.add(1)
    house.tally.fold()
    assert [row["quantity"] for row in house.rows()] == [5, 1]
    assert house.calls() == 6


def test_what_was_added_outlives_a_kill_and_counts_once(house: House) -> None:
    house.add(4)
    house.kill()
    assert house.calls() == 4
    house.kill()
    assert house.calls() == 4


def test_a_file_that_was_folded_and_not_removed_counts_once(house: House) -> None:
    house.add(4)
    path = next((house.folder / "usage").glob("*.jsonl"))
    kept = path.read_bytes()
    house.tally.fold()
    path.write_bytes(kept)
    house.kill()
    assert house.calls() == 4


def test_a_file_that_is_full_is_followed_by_another(house: House) -> None:
    house.add(20_000)
    assert len(list((house.folder / "usage").glob("*.jsonl"))) > 1
    house.tally.fold()
    assert house.calls() == 20_000
    assert len(list((house.folder / "usage").glob("*.jsonl"))) == 1


def test_closing_leaves_no_file(house: House) -> None:
    house.add(2)
    house.tally.close()
    assert list((house.folder / "usage").iterdir()) == []
    assert house.calls() == 2


def line(house: House) -> Line:
    return Line(hour_of(house.clock.time()), "1", "RAM$a:b", "oss://b", "GetObject", {OSS_GET: 1})


def test_what_other_processes_add_is_folded_by_one(house: House) -> None:
    writers = [TallyWriter(house.tally.writer_of(f"worker-{n}")) for n in range(3)]
    for writer in writers:
        for _ in range(5):
            writer.add(line(house))
    house.tally.fold()
    assert house.calls() == 0, "they are still being written"
    for writer in writers:
        writer.seal()
        writer.add(line(house))
    house.tally.fold()
    assert house.calls() == 15
    house.tally.fold()
    assert house.calls() == 15
    for writer in writers:
        writer.close()
    house.tally.fold()
    assert house.calls() == 18
    assert not [path for path in (house.folder / "usage").iterdir() if path.is_dir()]


def test_what_a_killed_process_had_added_counts_once(house: House) -> None:
    folder = house.tally.writer_of("worker-1")
    code = (
        "import os, sys; from pathlib import Path; from yunbox.meter.tally import Line, TallyWriter\n"
        "writer = TallyWriter(Path(sys.argv[1]))\n"
        f"for _ in range(7): writer.add(Line(1, '1', 'a', 'p', 'Get', {{{OSS_GET!r}: 1}}))\n"
        "os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(folder)]).returncode == -9
    house.tally.fold()
    assert house.calls() == 7
    house.kill()
    assert house.calls() == 7
