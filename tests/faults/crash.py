"""Pull the plug again and again while every kind of write is under way, and look whether anything was lost.

`python tests/faults/crash.py --cycles 1000` runs as long as you like; the suite runs 50 cycles.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from odps import ODPS, options

from yunbox.testing.server import Server

ROWS = 3
KILL_AFTER_S = (0.02, 0.5)


@dataclass
class Ledger:
    """What the server has acknowledged, and what it may or may not have done."""

    inserted: set[int] = field(default_factory=set)
    tried: set[int] = field(default_factory=set)
    uploaded: set[int] = field(default_factory=set)
    upload_tried: set[int] = field(default_factory=set)
    overwritten: int = -1
    overwrite_tried: int = -1
    created: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)
    drop_tried: set[str] = field(default_factory=set)
    instances: set[str] = field(default_factory=set)


class Crasher:
    """Runs cycles of: start, check, write from several threads, kill."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.server = Server(folder)
        self.random = random.Random(seed)
        self.known = Ledger()
        self.number = 0
        self.lock = threading.Lock()

    def run(self, cycles: int) -> None:
        """Run the cycles; raises AssertionError at the first thing lost, doubled or torn."""
        retries, options.retry_times = options.retry_times, 0
        try:
            self._run(cycles)
        finally:
            options.retry_times = retries

    def _run(self, cycles: int) -> None:
        self.server.start()
        self._prepare()
        for _ in range(cycles):
            self._write_until_killed()
            self.server.start()
            self.check()
        assert self.server.stop() == 0

    def next(self) -> int:
        """A number that no other write has."""
        with self.lock:
            self.number += 1
            return self.number

    def client(self) -> ODPS:
        """A PyODPS entry that does not retry, so that an acknowledgement is one."""
        server = self.server
        return ODPS(server.access_key_id, server.access_key_secret, server.project, endpoint=server.endpoint)

    def _prepare(self) -> None:
        o = self.client()
        o.execute_sql("create table log (id bigint, part bigint)")
        o.execute_sql("create table state (id bigint, part bigint)")
        o.execute_sql("create table uploads (id bigint, part bigint) partitioned by (pt string)")

    def _write_until_killed(self) -> None:
        works = [self._insert, self._insert, self._overwrite, self._upload, self._ddl]
        dying, stop = threading.Event(), threading.Event()
        threads = [threading.Thread(target=self._repeat, args=(work, dying, stop), daemon=True) for work in works]
        for thread in threads:
            thread.start()
        time.sleep(self.random.uniform(*KILL_AFTER_S))
        dying.set()
        self.server.kill()
        stop.set()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive(), "a client hangs on a server that is gone"

    def _repeat(self, work: Callable[[ODPS], None], dying: threading.Event, stop: threading.Event) -> None:
        try:
            o = self.client()
            while not stop.is_set():
                work(o)
        except Exception:
            if not dying.is_set():
                raise

    def _insert(self, o: ODPS) -> None:
        number = self.next()
        self.known.tried.add(number)
        instance = o.execute_sql(f"insert into log values {_values(number)}")
        self.known.inserted.add(number)
        self.known.instances.add(instance.id)

    def _overwrite(self, o: ODPS) -> None:
        number = self.next()
        self.known.overwrite_tried = number
        instance = o.execute_sql(f"insert overwrite table state values {_values(number)}")
        self.known.overwritten = number
        self.known.instances.add(instance.id)

    def _upload(self, o: ODPS) -> None:
        number = self.next()
        self.known.upload_tried.add(number)
        table = o.get_table("uploads")
        with table.open_writer(partition=f"pt={number % 3}", create_partition=True) as writer:
            writer.write([[number, part] for part in range(ROWS)])
        self.known.uploaded.add(number)

    def _ddl(self, o: ODPS) -> None:
        name = f"t{self.next()}"
        o.execute_sql(f"create table {name} (a bigint) partitioned by (pt string)")
        self.known.created.add(name)
        o.execute_sql(f"alter table {name} add partition (pt='1')")
        self.known.drop_tried.add(name)
        o.execute_sql(f"drop table {name}")
        self.known.dropped.add(name)

    # -- after the crash

    def check(self) -> None:
        """Everything acknowledged is there once; everything else is there whole or not at all."""
        o = self.client()
        self._check_rows(self._counts(o, "log", ""), self.known.inserted, self.known.tried)
        self._check_rows(self._counts(o, "uploads", "where pt >= ''"), self.known.uploaded, self.known.upload_tried)
        self._check_state(o)
        self._check_tables(o)
        self._check_bill()

    def _counts(self, o: ODPS, table: str, where: str) -> dict[int, int]:
        sql = f"select id, count(*), count(distinct part) from {table} {where} group by id"
        with o.execute_sql(sql).open_reader() as reader:
            rows = [tuple(record.values) for record in reader]
        assert all(total == parts for _, total, parts in rows), f"rows of {table} are doubled: {rows}"
        return {number: total for number, total, _ in rows}

    @staticmethod
    def _check_rows(found: dict[int, int], acknowledged: set[int], tried: set[int]) -> None:
        assert acknowledged <= set(found), f"lost: {sorted(acknowledged - set(found))}"
        assert set(found) <= tried, f"from nowhere: {sorted(set(found) - tried)}"
        torn = {number: count for number, count in found.items() if count != ROWS}
        assert not torn, f"torn: {torn}"

    def _check_state(self, o: ODPS) -> None:
        found = self._counts(o, "state", "")
        if self.known.overwritten < 0 and not found:
            return
        assert len(found) == 1, f"an overwrite is half done: {found}"
        ((number, count),) = found.items()
        assert count == ROWS
        assert number in (self.known.overwritten, self.known.overwrite_tried), (number, self.known.overwritten)
        self.known.overwritten = number

    def _check_tables(self, o: ODPS) -> None:
        names = {table.name for table in o.list_tables()}
        lost = self.known.created - self.known.drop_tried - names
        assert not lost, f"tables lost: {lost}"
        assert not self.known.dropped & names, f"tables are back: {self.known.dropped & names}"
        for name in sorted(names - {"log", "state", "uploads"}):
            o.execute_sql(f"select count(*) from {name} where pt = '1'")
            o.execute_sql(f"drop table {name}")
            self.known.dropped.add(name)
            self.known.drop_tried.add(name)

    def _check_bill(self) -> None:
        command = [sys.executable, "-m", "yunbox", "bill", "--data", str(self.server.data), "--output", "json"]
        lines = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["lines"]
        calls = {line["key"]: line["calls"] for line in lines}
        missing = self.known.instances - set(calls)
        assert not missing, f"not on the bill: {missing}"
        assert all(count == 1 for count in calls.values())


def _values(number: int) -> str:
    return ", ".join(f"({number}, {part})" for part in range(ROWS))


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Kill the server while it writes, again and again.")
    parser.add_argument("--cycles", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    args = parser.parse_args()
    print(f"{args.cycles} cycles, seed {args.seed}")
    with tempfile.TemporaryDirectory() as folder:
        crasher = Crasher(Path(folder), args.seed)
        crasher.run(args.cycles)
    known = crasher.known
    print(
        f"ok: {len(known.inserted)} inserts, {len(known.uploaded)} uploads and {len(known.created)} tables "
        "acknowledged, none lost, doubled or torn"
    )


if __name__ == "__main__":
    main()
