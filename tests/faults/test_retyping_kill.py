"""kill -9 of a server whose columns of CHAR become wider: rows and the column's type always belong together."""

import contextlib
import os
import random
import threading
import time
from functools import partial
from pathlib import Path

import psycopg
import pytest

from tests.faults.hologres_crash import connected
from tests.waiting import until
from yunbox.testing.server import Server

CYCLES = int(os.environ.get("YUNBOX_CRASH_CYCLES", "8"))
ROWS, LAST = 2_000, 10_000
_WIDTH = "select atttypmod - 4 from pg_attribute where attrelid = 't'::regclass and attname = 'c'"


def _widen(server: Server, told: list[int]) -> None:
    with contextlib.suppress(psycopg.OperationalError), connected(server) as client:
        for width in range(told[-1] + 1, LAST):
            client.execute(f"alter table t alter c type char({width})".encode())
            told.append(width)


def _has_more(told: list[int], count: int) -> bool:
    return len(told) > count


@pytest.mark.slow
@pytest.mark.timeout(max(300, 30 * CYCLES))
def test_rows_have_the_width_of_their_column(tmp_path: Path) -> None:
    server, told = Server(tmp_path / "data"), [2]
    with server, connected(server) as client:
        client.execute("create table t (k int primary key, c char(2))")
        client.execute(f"insert into t select g, 'x' from generate_series(1, {ROWS}) g".encode())
    for cycle in range(CYCLES):
        with server:
            widening = threading.Thread(target=_widen, args=(server, told))
            widening.start()
            until(partial(_has_more, told, len(told)))
            time.sleep(random.Random(cycle).uniform(0.1, 0.8))  # the moment of the kill is what is tried
            server.kill()
            widening.join()
        with server, connected(server) as client:
            [(width,)] = client.execute(_WIDTH).fetchall()
            assert width in (told[-1], told[-1] + 1)
            scanned = "select count(*), min(octet_length(c)), max(octet_length(c)) from t where k + 0 > 0"
            assert client.execute(scanned).fetchone() == (ROWS, width, width)
            found = client.execute("select c from t where k = any(%s)", (list(range(1, ROWS + 1)),)).fetchall()
            assert {c for (c,) in found} == {"x".ljust(width)}
            told.append(width)
    assert len(set(told)) > CYCLES
