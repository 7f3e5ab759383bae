"""A hundred clients at once: nothing lost, memory bounded; and a result of ten million rows."""

import threading
import time
from collections.abc import Callable

import psutil
import pytest
from odps import ODPS

from yunbox.testing.server import Server

pytestmark = pytest.mark.bench


class Watch(threading.Thread):
    """The highest memory of a server and its workers."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self._root = psutil.Process(server.pid)
        self.peak_mb = 0.0
        self.done = threading.Event()

    def run(self) -> None:
        """Sample until told to stop."""
        while not self.done.wait(0.1):
            total = 0
            for process in (self._root, *self._root.children(recursive=True)):
                try:
                    total += process.memory_full_info().pss
                except psutil.Error:
                    continue
            self.peak_mb = max(self.peak_mb, total / 2**20)


def test_a_hundred_clients(o: ODPS, yunbox: Server, report: Callable[[str], None]) -> None:
    o.execute_sql("create table t (client bigint, number bigint)")
    failures: list[BaseException] = []
    each = 5

    def work(client: int) -> None:
        entry = ODPS(yunbox.access_key_id, yunbox.access_key_secret, yunbox.project, endpoint=yunbox.endpoint)
        try:
            for number in range(each):
                entry.execute_sql(f"insert into t values ({client}, {number})")
        except BaseException as error:
            failures.append(error)

    watch = Watch(yunbox)
    watch.start()
    threads = [threading.Thread(target=work, args=(n,)) for n in range(100)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    watch.done.set()
    with o.execute_sql("select count(*), count(distinct client * 100 + number) from t").open_reader() as reader:
        assert tuple(reader[0].values) == (100 * each, 100 * each)
    assert not failures
    report(
        f"100 clients: {100 * each} inserts in {seconds:.1f} s ({100 * each / seconds:.0f}/s), none lost, "
        f"peak {watch.peak_mb:.0f} MB"
    )
    assert watch.peak_mb < 1024


def test_ten_million_rows_to_a_client(o: ODPS, yunbox: Server, report: Callable[[str], None]) -> None:
    watch = Watch(yunbox)
    watch.start()
    started = time.perf_counter()
    instance = o.execute_sql(
        "select a.x * 4000 + b.y as id, concat('row ', cast(b.y as string)) as s "
        "from (select explode(sequence(0, 2499)) as x) a cross join (select explode(sequence(0, 3999)) as y) b"
    )
    rows = 0
    with instance.open_reader(tunnel=True, arrow=True) as reader:
        for batch in reader:
            rows += batch.num_rows
    seconds = time.perf_counter() - started
    watch.done.set()
    report(
        f"10,000,000 rows to a client in {seconds:.1f} s, peak {watch.peak_mb:.0f} MB of server memory (target < 1,024)"
    )
    assert rows == 10_000_000
    assert watch.peak_mb < 1024
