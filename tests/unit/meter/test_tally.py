import errno
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from yunbox.kernel.clock import ManualClock
from yunbox.meter import held
from yunbox.meter import tally as module
from yunbox.meter.ledger import LEDGER_SCHEMA, Ledger
from yunbox.meter.line import Line
from yunbox.meter.prices import load_prices
from yunbox.meter.tally import TALLY_SCHEMA, Tally, TallyWriter, hour_of
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
        "import os, sys; from pathlib import Path; from yunbox.meter.line import Line\n"
        "from yunbox.meter.tally import TallyWriter\n"
        "writer = TallyWriter(Path(sys.argv[1]))\n"
        f"for _ in range(7): writer.add(Line(1, '1', 'a', 'p', 'Get', {{{OSS_GET!r}: 1}}))\n"
        "os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(folder)]).returncode == -9
    house.tally.fold()
    assert house.calls() == 7
    house.kill()
    assert house.calls() == 7


class Disk:
    """A disk that is full while it is said to be, and a clock that goes on by a second whenever it is looked at."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.is_full = True
        self.now_s = 0.0
        self._allocate = os.posix_fallocate
        patch.setattr(module.os, "posix_fallocate", self.allocate)
        patch.setattr(module.time, "monotonic", self.later)

    def allocate(self, fd: int, offset: int, length: int) -> None:
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._allocate(fd, offset, length)

    def later(self) -> float:
        self.now_s += 1.0
        return self.now_s


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def test_a_writer_begins_on_a_full_disk_and_writes_when_there_is_room(house: House, disk: Disk) -> None:
    writer = TallyWriter(house.tally.writer_of("worker"))
    for _ in range(5):
        writer.add(line(house))
    house.tally.fold()
    assert house.calls() == 0 and writer.seal() == 1
    disk.is_full = False
    writer.add(line(house))
    writer.close()
    house.tally.fold()
    assert house.calls() == 6
    assert not house.tally.writer_of("worker").exists()


def test_usage_waits_while_the_next_file_finds_no_room(house: House, disk: Disk) -> None:
    disk.is_full = False
    writer = TallyWriter(house.tally.writer_of("worker"))
    disk.is_full = True
    for _ in range(12_000):
        writer.add(line(house))
    house.tally.fold()
    assert house.calls() == 0, "its file is still being written"
    disk.is_full = False
    assert writer.seal() > 1
    house.tally.fold()
    assert house.calls() == 12_000
    writer.close()


def test_what_is_too_much_to_wait_is_told(
    house: House, disk: Disk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(held, "_SUMS_MAX", 3)
    writer = TallyWriter(house.tally.writer_of("worker"))
    for number in range(5):
        for _ in range(2):
            writer.add(Line(number, "1", "RAM$a:b", "oss://b", "GetObject", {OSS_GET: 1}))
    disk.is_full = False
    writer.seal()
    assert [one.getMessage() for one in caplog.records] == [
        "the disk is full: usage waits in memory for room, and is lost with the process",
        "the usage of 4 calls was lost while the disk was full",
    ]
    writer.close()
    house.tally.fold()
    assert house.calls() == 6


def test_a_process_that_ends_on_a_full_disk_says_what_it_did_not_write(
    house: House, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    writer = TallyWriter(house.tally.writer_of("worker"))
    writer.add(line(house))
    writer.close()
    assert caplog.records[-1].getMessage() == "the usage of 1 calls was lost while the disk was full"
    house.tally.fold()
    assert house.calls() == 0


def test_what_waits_is_added_up_by_what_it_is_of() -> None:
    found = held.Held()
    for operation, items in (("a", {"x": 1.0}), ("a", {"x": 2.0}), ("a", {"x": 1.0, "y": 5.0}), ("b", {"x": 1.0})):
        found.add(Line(7, "1", "p", "q", operation, items))
    assert len(found) == 3 and found.calls == 4
    assert found.first() == Line(7, "1", "p", "q", "a", {"x": 3.0}, 2)
    found.forget_first()
    assert found.first().items == {"x": 1.0, "y": 5.0}
