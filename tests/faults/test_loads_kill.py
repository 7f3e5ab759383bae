"""kill -9 while many rows are copied in: a COPY is there as a whole or not at all, and of a fixed one what was seen."""

import contextlib
import os
import random
import threading
import time
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.faults.hologres_crash import connected
from tests.waiting import until
from yunbox.services.hologres.changes.gathering import HELD_BYTES
from yunbox.testing.server import Server

CYCLES = int(os.environ.get("YUNBOX_CRASH_CYCLES", "6"))
WIDE = "x" * 1000
COUNT = HELD_BYTES // 1000 + 5000
"""Rows that wait in a file."""
_SEEN = "select count(*) from t"
_STATE = f"select count(*), coalesce(max(k), -1), count(*) filter (where v = '{WIDE}') from t"


def _stream(server: Server) -> None:
    """Rows without an end, in the order of their keys."""
    with contextlib.suppress(psycopg.Error), connected(server) as client:
        [(first,)] = client.execute(_SEEN).fetchall()
        with client.cursor().copy("copy t from stdin (stream_mode true)") as copy:
            for at in count(first, 200):
                copy.write("".join(f"{k}\t{WIDE}\n" for k in range(at, at + 200)))
                time.sleep(0.02)  # a stream has a pace; at none it would fill the disk


def _load(server: Server, done: list[int]) -> None:
    """Rows that are too many to hold, again and again."""
    with contextlib.suppress(psycopg.Error), connected(server) as client:
        while True:
            keys = range(done[0] * COUNT, (done[0] + 1) * COUNT)
            with client.cursor().copy("copy t from stdin") as copy:
                for at in range(0, COUNT, 1000):
                    copy.write("".join(f"{k}\t{WIDE}\n" for k in keys[at : at + 1000]))
            done[0] += 1


@pytest.mark.slow
@pytest.mark.timeout(max(300, 60 * CYCLES))
def test_what_was_seen_of_a_fixed_copy_stays(tmp_path: Path) -> None:
    server, seen = Server(tmp_path / "data"), [0]
    with server, connected(server) as client:
        client.execute("create table t (k bigint primary key, v text)")
    for cycle in range(CYCLES):
        with server:
            streaming = threading.Thread(target=_stream, args=(server,))
            with connected(server) as client:

                def has_more(client: psycopg.Connection = client) -> bool:
                    [(now,)] = client.execute(_SEEN).fetchall()
                    seen.append(now)
                    return now > seen[-2]

                streaming.start()
                until(has_more, 30)
                time.sleep(random.Random(cycle).uniform(0, 0.5))  # the moment of the kill is what is tried
                seen.append(client.execute(_SEEN).fetchall()[0][0])
            server.kill()
            streaming.join()
        with server, connected(server) as client:
            [(rows, last, whole)] = client.execute(_STATE).fetchall()
            assert rows == last + 1 == whole, "the first of those that came"
            assert rows >= seen[-1]
            seen.append(rows)


@pytest.mark.slow
@pytest.mark.timeout(max(300, 60 * CYCLES))
def test_a_copy_that_waits_in_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    server, done = Server(tmp_path / "data"), [0]
    with server, connected(server) as client:
        client.execute("create table t (k bigint primary key, v text)")
    for cycle in range(CYCLES):
        with server:
            loading = threading.Thread(target=_load, args=(server, done))
            loading.start()
            time.sleep(random.Random(cycle).uniform(0.2, 2.5))  # the moment of the kill is what is tried
            server.kill()
            loading.join()
        with server, connected(server) as client:
            [(rows, last, whole)] = client.execute(_STATE).fetchall()
            assert rows in (done[0] * COUNT, (done[0] + 1) * COUNT)
            assert rows == last + 1 == whole
            done[0] = rows // COUNT
