"""Hologres' analytic statements against PostgreSQL and against DuckDB by itself, on the same rows, through psycopg.

``YUNBOX_BENCH_ROWS`` is the length of the dashboards' table, ``YUNBOX_BENCH_SF`` TPC-H's scale factor. PostgreSQL has
the primary keys, indexes of the foreign keys, statistics and room in memory; a statement of it that takes more than a
minute counts as one that took a minute.
"""

import math
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from tests.bench.peers import Peer, hologres
from tests.unit.sql.tpch import QUERIES, SCHEMA
from yunbox.testing.server import Server

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]
ROWS = int(os.environ.get("YUNBOX_BENCH_ROWS", "10_000_000"))
SCALE = float(os.environ.get("YUNBOX_BENCH_SF", "1"))
RUNS = 3
CHANGED = 1_000_000
PATIENCE_S = 60
TABLE = "create table visits (id bigint primary key, site int, page text, spent double precision, seen timestamp)"
ROW = (
    "range as id, (range * 7919 % 50)::int as site, 'page ' || (range * 104729 % 1000) as page, "
    "(range % 10007) / 8 as spent, timestamp '2026-01-01' + to_seconds(range % 2592000) as seen"
)
DASHBOARDS = {
    "by site": "select site, count(*), sum(spent), max(seen) from visits group by site order by site",
    "by day": "select date_trunc('day', seen) as day, count(*), avg(spent) from visits group by 1 order by 1",
    "top pages": "select page, count(*) as n, sum(spent) from visits where site < 10 group by page "
    "order by n desc, page limit 10",
    "one hour": "select count(*), avg(spent) from visits "
    "where seen >= '2026-01-15 12:00' and seen < '2026-01-15 13:00'",
    "distinct": "select site, count(distinct page) from visits group by site order by site",
}


Report = Callable[[str], None]
Ask = Callable[[str], Sequence[Any]]


def asking(client: psycopg.Connection[Any]) -> Ask:
    return lambda text: client.execute(text.encode()).fetchall()


def took_s(ask: Ask, text: str, runs: int = RUNS) -> float:
    """The median time of a statement, after one time that does not count."""
    times = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        try:
            ask(text)
        except psycopg.errors.QueryCanceled:
            return PATIENCE_S
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])


def copied(client: psycopg.Connection[Any], name: str, file: Path) -> None:
    text = f"copy {name} from stdin with (format csv)".encode()
    with file.open("rb") as source, client.cursor() as cursor, cursor.copy(text) as copy:
        while data := source.read(1 << 20):
            copy.write(data)


def compared(report: Report, what: dict[str, str], mine: Ask, postgres: Ask, native: Ask) -> None:
    """Report each statement's times, and the geometric means of their ratios."""
    ratios: list[tuple[float, float]] = []
    for name, text in what.items():
        ours, theirs, bare = took_s(mine, text), took_s(postgres, text, 1), took_s(native, text)
        ratios.append((theirs / ours, ours / bare))
        report(
            f"{name}: {ours * 1e3:,.1f} ms; PostgreSQL {theirs * 1e3:,.0f} ms, {theirs / ours:.1f} times as long; "
            f"DuckDB {bare * 1e3:,.1f} ms, of which this is {ours / bare:.2f}"
        )
    faster, slower = (math.exp(statistics.fmean(map(math.log, column))) for column in zip(*ratios, strict=True))
    report(f"geometric means of {len(ratios)}: {faster:.1f} times PostgreSQL, {slower:.2f} of DuckDB's time")


def test_dashboards(yunbox: Server, postgres: Peer, tmp_path: Path, report: Report) -> None:
    mine, file = hologres(yunbox, postgres.programs), tmp_path / "visits.csv"
    with duckdb.connect(tmp_path / "native.duckdb", config={"threads": str(os.cpu_count())}) as db:
        db.execute(f"create table visits as select {ROW} from range({ROWS})")
        db.execute(f"copy visits to '{file}' (header false)")
        with mine.connected() as ours, postgres.connected() as theirs:
            for name, client in (("here", ours), ("PostgreSQL", theirs)):
                client.execute(TABLE)
                started = time.perf_counter()
                copied(client, "visits", file)
                report(f"COPY of {ROWS:,} rows {name}: {ROWS / (time.perf_counter() - started):,.0f} rows/s")
            theirs.execute("vacuum analyze visits")
            theirs.execute(f"set statement_timeout = '{PATIENCE_S}s'")
            started = time.perf_counter()
            ours.execute("select count(*) from visits").fetchone()
            report(f"the first statement, behind {ROWS:,} new rows: {time.perf_counter() - started:.2f} s")
            compared(report, DASHBOARDS, asking(ours), asking(theirs), lambda text: db.sql(text).fetchall())
            delta(report, ours)
        beside_scans(report, mine)


def delta(report: Report, client: psycopg.Connection[Any]) -> None:
    """What a statement takes right behind a million changed and new rows and a little later, and what writing takes."""
    text = DASHBOARDS["by site"]
    for pause_s in (0, 3):
        settled = took_s(asking(client), text)
        started = time.perf_counter()
        changed(client)
        written = time.perf_counter() - started
        time.sleep(pause_s)
        started = time.perf_counter()
        client.execute(text.encode()).fetchall()
        fresh = time.perf_counter() - started
        times = f"{fresh * 1e3:,.0f} ms, settled {settled * 1e3:,.0f} ms"
        when = f"{pause_s} s behind a million changes ({CHANGED / written:,.0f} rows/s)"
        report(f"{when}: {times}, {fresh / settled:.1f} times")


def changed(client: psycopg.Connection[Any]) -> None:
    upsert = "copy visits from stdin (stream_mode true, on_conflict update)"
    with client.cursor() as cursor, cursor.copy(upsert) as copy:
        for start in range(ROWS - CHANGED // 2, ROWS + CHANGED // 2, 10_000):
            lines = (f"{k}\t{k % 50}\tpage\t1.5\t2026-01-01 00:00:00\n" for k in range(start, start + 10_000))
            copy.write("".join(lines))


@contextmanager
def looping(peer: Peer, text: str) -> Iterator[None]:
    """A statement is asked again and again within the block."""
    ended = threading.Event()

    def loop() -> None:
        with peer.connected() as client:
            while not ended.is_set():
                client.execute(text.encode()).fetchall()

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def beside_scans(report: Report, mine: Peer) -> None:
    """Look-ups by one client, while a statement reads all rows again and again."""
    with looping(mine, DASHBOARDS["by site"]), mine.connected() as client:
        times = []
        for number in range(20_000):
            started = time.perf_counter()
            client.execute("select * from visits where id = %s", (number * 7919 % ROWS,), prepare=True).fetchone()
            times.append(time.perf_counter() - started)
    times.sort()
    p50, p99, most = (times[at] * 1e3 for at in (len(times) // 2, len(times) * 99 // 100, -1))
    report(f"look-ups beside GROUP BY of {ROWS:,} rows: p50 {p50:.2f} ms, p99 {p99:.2f} ms, at most {most:.1f} ms")


EXPORTED = 500_000
EXPORT = (
    f"select l_orderkey, l_quantity, l_extendedprice, l_shipdate, l_shipmode, l_comment from lineitem limit {EXPORTED}"
)


def fetching(client: psycopg.Connection[Any], *, binary: bool) -> Ask:
    """All rows to the client, which makes no values of them."""

    def ask(text: str) -> Sequence[Any]:
        with client.cursor(binary=binary) as cursor:
            return cursor.execute(text.encode()).fetchmany(1)

    return ask


def copying_out(client: psycopg.Connection[Any], *, options: str) -> Ask:
    def ask(text: str) -> Sequence[Any]:
        with client.cursor() as cursor, cursor.copy(f"copy ({text}) to stdout {options}".encode()) as copy:
            return [sum(map(len, copy))]

    return ask


def exported(report: Report, ours: psycopg.Connection[Any], theirs: psycopg.Connection[Any]) -> None:
    """Many rows to a client, in each way that it may ask for them."""
    ways = {
        "texts": partial(fetching, binary=False),
        "binary": partial(fetching, binary=True),
        "COPY csv": partial(copying_out, options="(format csv)"),
        "COPY binary": partial(copying_out, options="(format binary)"),
    }
    for name, way in ways.items():
        mine, other = (took_s(way(client), EXPORT) for client in (ours, theirs))
        rates = f"{EXPORTED / mine:,.0f} rows/s, PostgreSQL {EXPORTED / other:,.0f}: {other / mine:.2f} of its rate"
        report(f"{EXPORTED:,} rows of six columns, {name}: {rates}")


KEYS = {"region": "r_regionkey", "nation": "n_nationkey", "supplier": "s_suppkey", "customer": "c_custkey",
        "part": "p_partkey", "partsupp": "ps_partkey, ps_suppkey", "orders": "o_orderkey",
        "lineitem": "l_orderkey, l_linenumber"}  # fmt: skip
INDEXES = ("lineitem (l_partkey, l_suppkey)", "orders (o_custkey)", "partsupp (ps_suppkey)", "lineitem (l_shipdate)")


def definition(name: str) -> str:
    columns = SCHEMA[name].replace(";", ",").replace(" string", " text")
    return f"create table {name} ({columns}, primary key ({KEYS[name]}))"


def test_tpch(yunbox: Server, postgres: Peer, tmp_path: Path, report: Report) -> None:
    mine, generator = hologres(yunbox, postgres.programs), Path(sys.executable).with_name("tpchgen-cli")
    subprocess.run([generator, "csv", "-s", str(SCALE), "--output-dir", tmp_path], check=True, capture_output=True)
    with duckdb.connect(tmp_path / "native.duckdb") as db, mine.connected() as ours, postgres.connected() as theirs:
        for name in SCHEMA:
            file = tmp_path / f"{name}.csv"
            db.execute(definition(name).split(", primary key")[0] + ")")
            db.execute(f"copy {name} from '{file}' (header true)")
            db.execute(f"copy {name} to '{file}' (header false)")
            for client in (ours, theirs):
                client.execute(definition(name).encode())
                copied(client, name, file)
            file.unlink()
        for index in INDEXES:
            theirs.execute(f"create index on {index}".encode())
        theirs.execute("vacuum analyze")
        theirs.execute(f"set statement_timeout = '{PATIENCE_S}s'".encode())
        compared(
            report,
            {f"q{number}": text for number, text in enumerate(QUERIES, 1)},
            asking(ours),
            asking(theirs),
            lambda text: db.sql(text).fetchall(),
        )
        exported(report, ours, theirs)
