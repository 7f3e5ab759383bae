"""Hologres against PostgreSQL: the same pgbench scripts over TCP on the same rows, both flushing what they answer."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.bench.peers import Peer, hologres
from yunbox.testing.server import Server

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]
ROWS, CLIENTS, SECONDS = 1_000_000, 64, 8
TABLE = "create table t (id bigint primary key, a int, b text, c double precision, d timestamp)"
GET = f"\\set k random(0, {ROWS - 1})\nSELECT * FROM t WHERE id = :k;\n"
UPSERT = (
    f"\\set k random(0, {ROWS - 1})\nINSERT INTO t VALUES (:k, 1, 'x', 0.5, '2026-01-01')"
    " ON CONFLICT (id) DO UPDATE SET a = excluded.a;\n"
)
Report = Callable[[str], None]


def filled(peer: Peer) -> float:
    """Copy the rows in; rows a second."""
    with peer.connected() as client, client.cursor() as cursor:
        client.execute(TABLE)
        started = time.perf_counter()
        with cursor.copy("copy t from stdin") as copy:
            for start in range(0, ROWS, 10_000):
                lines = (f"{k}\t{k % 1000}\tname of row {k}\t{k * 0.5}\t2026-01-01 00:00:00\n"
                         for k in range(start, start + 10_000))  # fmt: skip
                copy.write("".join(lines))
        return ROWS / (time.perf_counter() - started)


def bench(peer: Peer, folder: Path, script: str) -> tuple[float, float]:
    """Statements a second, and the 99th percentile in milliseconds."""
    (folder / "script.sql").write_text(script)
    for log in folder.glob("log.*"):
        log.unlink()
    command = [peer.programs / "pgbench", "-n", "-M", "prepared", "-h", peer.host, "-p", str(peer.port), "-j", "2",
               "-c", str(CLIENTS), "-T", str(SECONDS), "-f", folder / "script.sql", "-l",
               "--log-prefix", folder / "log", peer.dbname]  # fmt: skip
    env = {**os.environ, "PGUSER": peer.user, "PGPASSWORD": peer.password}
    said = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    rate = next(float(line.split()[2]) for line in said.splitlines() if line.startswith("tps"))
    times = sorted(int(line.split()[2]) for log in folder.glob("log.*") for line in log.read_text().splitlines())
    return rate, times[int(len(times) * 0.99)] / 1000


CONFLICT = " ON CONFLICT (id) DO UPDATE SET a = excluded.a, b = excluded.b, c = excluded.c, d = excluded.d"
BATCH, BATCHES = 1000, 20
Row = tuple[Any, ...]


def as_values(cursor: psycopg.Cursor[Any], rows: list[Row]) -> None:
    values = ", ".join(["(%s, %s, %s, %s, %s)"] * len(rows))
    cursor.execute(f"INSERT INTO t VALUES {values}{CONFLICT}", [value for row in rows for value in row], prepare=True)


def as_arrays(cursor: psycopg.Cursor[Any], rows: list[Row]) -> None:
    arrays = ", ".join(f"unnest(%s::{of}[])" for of in ("int8", "int4", "text", "float8", "timestamp"))
    columns = [list(column) for column in zip(*rows, strict=True)]
    cursor.execute(f"INSERT INTO t SELECT {arrays}{CONFLICT}", columns, prepare=True)


def as_pipeline(cursor: psycopg.Cursor[Any], rows: list[Row]) -> None:
    cursor.executemany(f"INSERT INTO t VALUES (%s, %s, %s, %s, %s){CONFLICT}", rows)


def batched(peer: Peer, write: Callable[[psycopg.Cursor[Any], list[Row]], None]) -> float:
    """Rows a second of upserts in batches, by one client."""
    batches = [
        [(k, k % 1000, f"name {k}", k * 0.5, "2026-01-01 00:00:00") for k in range(at * BATCH, (at + 1) * BATCH)]
        for at in range(BATCHES)
    ]
    with peer.connected() as client, client.cursor() as cursor:
        write(cursor, batches[0])
        started = time.perf_counter()
        for rows in batches:
            write(cursor, rows)
        return BATCH * BATCHES / (time.perf_counter() - started)


def test_look_ups_and_upserts(yunbox: Server, postgres: Peer, tmp_path: Path, report: Report) -> None:
    mine = hologres(yunbox, postgres.programs)
    copied, theirs = filled(mine), filled(postgres)
    report(f"COPY in {ROWS:,} rows: {copied:,.0f}/s, PostgreSQL {theirs:,.0f}/s, ratio {copied / theirs:.2f}")
    for name, script in (("get", GET), ("upsert", UPSERT)):
        rate, p99 = bench(mine, tmp_path, script)
        their_rate, their_p99 = bench(postgres, tmp_path, script)
        report(
            f"{name} by key, {CLIENTS} clients: {rate:,.0f}/s, p99 {p99:.1f} ms; PostgreSQL {their_rate:,.0f}/s, "
            f"p99 {their_p99:.1f} ms, ratio {rate / their_rate:.2f}"
        )
    for write in (as_values, as_arrays, as_pipeline):
        ours, other = batched(mine, write), batched(postgres, write)
        name = write.__name__.removeprefix("as_")
        report(
            f"{BATCH:,}-row upserts as {name}: {ours:,.0f} rows/s, PostgreSQL {other:,.0f}, ratio {ours / other:.2f}"
        )
