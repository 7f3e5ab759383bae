"""Kill a process that meters, again and again: each call and each hour must be charged once.

`python tests/faults/usage_crash.py FOLDER BASE EPOCH` is the process that is killed: it adds calls to a tally and says
so after each, folds the tally and samples what is stored, on a clock that goes a thousand hours a second.
"""

import random
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from yunbox.kernel.clock import ManualClock
from yunbox.meter.ledger import LEDGER_SCHEMA, Ledger
from yunbox.meter.line import Line
from yunbox.meter.prices import load_prices
from yunbox.meter.storage import STORAGE_SCHEMA, StorageMeter, Stored
from yunbox.meter.tally import TALLY_SCHEMA, Tally, hour_of
from yunbox.services.oss.prices import GET as OSS_GET
from yunbox.storage.database import Database

SPEED = 3_600_000
KEPT_BYTES = 7
ITEM = "oss.storage.Standard"
EARLY = "oss.early.IA"


class FastClock:
    """Goes a thousand hours a second, and on while the process is dead."""

    def __init__(self, base_s: float, epoch_s: float) -> None:
        self.base_s, self.epoch_s = base_s, epoch_s

    def time(self) -> float:
        return self.base_s + (time.time() - self.epoch_s) * SPEED


class Meter:
    """Everything that meters, over one folder."""

    def __init__(self, folder: Path, clock: "FastClock | ManualClock") -> None:
        self.clock = clock
        self.database = Database(folder / "meta.db", LEDGER_SCHEMA, TALLY_SCHEMA, STORAGE_SCHEMA)
        self.ledger = Ledger(self.database, load_prices(), clock)
        self.tally = Tally(folder / "usage", self.database, self.ledger)
        self.storage = StorageMeter(self.database, self.ledger, clock)

    def sample(self) -> None:
        hours = hour_of(self.clock.time())
        item = Stored("1", "oss://b", "1", "a", 0.0, {ITEM: float(KEPT_BYTES)}, {EARLY: float(hours)})
        self.storage.sample(lambda: [item])

    def quantity(self, item: str) -> float:
        row = self.database.read_one("SELECT coalesce(sum(quantity), 0) FROM ledger WHERE item = ?", item)
        return row[0] if row else 0


def child(folder: Path, clock: FastClock) -> None:
    meter = Meter(folder, clock)

    def upkeep() -> None:
        while True:
            meter.tally.fold()
            meter.sample()
            time.sleep(0.002)

    threading.Thread(target=upkeep, daemon=True).start()
    while True:
        meter.tally.add(Line(hour_of(clock.time()), "1", "a", "oss://b", "GetObject", {OSS_GET: 1}))
        sys.stdout.write(".")
        sys.stdout.flush()
        time.sleep(0.0003)


def crash(folder: Path, clock: FastClock, seed: int) -> int:
    """Let the process run for a moment and kill it; returns how many calls it said it had counted."""
    command = [sys.executable, __file__, str(folder), str(clock.base_s), str(clock.epoch_s)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    select.select([process.stdout], [], [], 20)
    time.sleep(random.Random(seed).uniform(0.0, 0.15))
    process.send_signal(signal.SIGKILL)
    said = process.stdout.read()
    process.stdout.close()
    process.wait()
    return len(said)


if __name__ == "__main__":
    child(Path(sys.argv[1]), FastClock(float(sys.argv[2]), float(sys.argv[3])))
