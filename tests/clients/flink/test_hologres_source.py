"""From tables of Hologres and their binlogs, as changes and as rows, while others write and over kills."""

import os
import random
import signal
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import connected, dropped
from tests.flink import Flink, Refused, hologres, written
from tests.processes import children
from tests.waiting import until
from yunbox.testing.server import Server

Holo = psycopg.Connection[Any]
Make = Callable[..., str]
CDC = {"binlog": "true", "cdcMode": "true", "binlogStartUpMode": "initial"}
ROWS = {"binlog": "true", "cdcMode": "false"}
HEADS = "hg_binlog_lsn BIGINT, hg_binlog_event_type BIGINT, hg_binlog_timestamp_us BIGINT"


@pytest.fixture
def make(holo: Holo, request: pytest.FixtureRequest) -> Make:
    """Makes a table, with a binlog unless told not to, and gives its name."""

    def work(role: str, columns: str, more: str = "binlog_level = 'replica'") -> str:
        name = f"{role}_{abs(hash(request.node.nodeid)) % 10**12}"
        kind = "orientation = 'row'" if "primary key" in columns else "orientation = 'column'"
        holo.execute(f"CREATE TABLE {name} ({columns}) WITH ({kind}{', ' if more else ''}{more})")
        return name

    return work


def rows(holo: Holo, table: str) -> list[tuple[Any, ...]]:
    return holo.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()


def kill(server: Server, job: str) -> None:
    for process in children(server, "engine.stream.main"):
        if job in " ".join(process.cmdline()):
            os.kill(process.pid, signal.SIGKILL)


def ended(flink: Flink, job: str) -> None:
    flink.cancel(job)
    until(lambda: flink.state(job) == "CANCELED", 20)


def test_changes_reach_a_copy_and_a_sum(flink: Flink, server: Server, holo: Holo, make: Make) -> None:
    """What is there, then each change; a row whose group changes goes from the one to the other."""
    source = make("source", "k bigint primary key, g text, n bigint")
    copy = make("copy", "k bigint primary key, g text, n bigint", "")
    sums = make("sums", "g text primary key, n bigint, c bigint", "")
    holo.execute(f"INSERT INTO {source} VALUES (1, 'a', 10), (2, 'b', 20), (3, 'a', 30)")
    flink.run(
        hologres(server, source, "k BIGINT, g STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED", "source", **CDC),
        hologres(server, copy, "k BIGINT, g STRING, n BIGINT", "copy"),
        hologres(server, sums, "g STRING, n BIGINT, c BIGINT", "sums"),
    )
    job = flink.run(
        "EXECUTE STATEMENT SET BEGIN INSERT INTO copy SELECT * FROM source; "
        "INSERT INTO sums SELECT g, SUM(n), COUNT(*) FROM source GROUP BY g; END"
    )
    until(lambda: rows(holo, sums) == [("a", 40, 2), ("b", 20, 1)], 30)
    holo.execute(f"UPDATE {source} SET g = 'b', n = 31 WHERE k = 3")
    holo.execute(f"DELETE FROM {source} WHERE k = 2")
    holo.execute(f"INSERT INTO {source} VALUES (4, 'c', 5)")
    until(lambda: rows(holo, sums) == [("a", 10, 1), ("b", 31, 1), ("c", 5, 1)], 30)
    kill(server, job)
    holo.execute(f"DELETE FROM {source} WHERE k = 4")
    until(lambda: rows(holo, sums) == [("a", 10, 1), ("b", 31, 1)], 30)
    until(lambda: rows(holo, copy) == rows(holo, source), 30)
    ended(flink, job)


def test_a_table_that_is_written_while_it_is_read(flink: Flink, server: Server, holo: Holo, make: Make) -> None:
    """Pages are read one after another: none of the changes between them is lost or counts twice, over kills."""
    source = make("source", "k bigint primary key, n bigint")
    sums = make("sums", "g bigint primary key, n bigint, c bigint", "")
    numbers = list(range(45_000))
    holo.execute(f"INSERT INTO {source} SELECT unnest(%s::bigint[]), unnest(%s::bigint[])", (numbers, numbers))
    done = threading.Event()

    def write() -> None:
        chance = random.Random(7)
        with closing(connected(server)) as line:
            while not done.is_set():
                keys = [chance.randrange(50_000) for _ in range(20)]
                line.execute(
                    f"INSERT INTO {source} SELECT unnest(%s::bigint[]), unnest(%s::bigint[]) "
                    "ON CONFLICT (k) DO UPDATE SET n = excluded.n",
                    (list(set(keys)), [chance.randrange(100) for _ in set(keys)]),
                )
                line.execute(f"DELETE FROM {source} WHERE k = ANY(%s)", ([chance.randrange(50_000) for _ in range(9)],))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        flink.run(
            hologres(server, source, "k BIGINT, n BIGINT", "source", **CDC),
            hologres(server, sums, "g BIGINT, n BIGINT, c BIGINT", "sums"),
        )
        job = flink.run("INSERT INTO sums SELECT k / 10000, SUM(n), COUNT(*) FROM source GROUP BY k / 10000")
        until(lambda: len(rows(holo, sums)) >= 2, 30)
        kill(server, job)
        until(lambda: len(rows(holo, sums)) == 5, 30)
        kill(server, job)
    finally:
        done.set()
        writer.join()
    expected = holo.execute(
        f"SELECT k / 10000, sum(n)::bigint, count(*) FROM {source} GROUP BY 1 ORDER BY 1"
    ).fetchall()
    until(lambda: rows(holo, sums) == expected, 30)
    assert flink.state(job) in ("RUNNING", "RESTARTING")
    ended(flink, job)


def test_entries_as_rows(flink: Flink, server: Server, holo: Holo, make: Make) -> None:
    """Each entry of the log once, with what it says of itself, over a kill; of some kinds none."""
    source = make("source", "k bigint primary key, t timestamptz, a int[], m numeric(10, 2)")
    target = make(
        "target", "lsn bigint, event bigint, us bigint, k bigint, t timestamptz, a int[], m numeric(10, 2)", ""
    )
    holo.execute(f"INSERT INTO {source} VALUES (1, '2024-02-29 00:00:00.5+00', '{{1,2}}', 1.25)")
    holo.execute(f"UPDATE {source} SET m = 2.5 WHERE k = 1")
    columns = "k BIGINT, t TIMESTAMP_LTZ(6), a ARRAY<INT>, m DECIMAL(10, 2)"
    flink.run(
        hologres(server, source, f"{HEADS}, {columns}", "source", **ROWS),
        hologres(server, target, f"lsn BIGINT, event BIGINT, us BIGINT, {columns}", "target"),
    )
    job = flink.run("INSERT INTO target SELECT * FROM source")
    until(lambda: len(rows(holo, target)) == 3, 30)
    kill(server, job)
    holo.execute(f"DELETE FROM {source} WHERE k = 1")
    until(lambda: len(rows(holo, target)) >= 4, 30)
    heads = "hg_binlog_lsn, hg_binlog_event_type, hg_binlog_timestamp_us"
    assert rows(holo, target) == holo.execute(f"SELECT {heads}, * FROM {source} ORDER BY 1").fetchall()
    ended(flink, job)
    flink.run("DROP TABLE source", hologres(server, source, f"{HEADS}, k BIGINT", "source", **ROWS))
    hint = "OPTIONS('binlogIgnoreBeforeUpdate' = 'true', 'binlogIgnoreDelete' = 'true', 'binlogBatchReadSize' = '1')"
    holo.execute(f"DELETE FROM {target}")
    job = flink.run(f"INSERT INTO target (event) SELECT hg_binlog_event_type FROM source /*+ {hint} */")
    until(lambda: sorted(row[1] for row in rows(holo, target)) == [5, 7], 30)
    ended(flink, job)


@pytest.mark.parametrize("mode", ["initial", "timestamp"])
def test_where_it_begins(flink: Flink, server: Server, holo: Holo, make: Make, mode: str) -> None:
    """With the rows that are there, which are no entries; or with what came from a moment on."""
    source = make("source", "k bigint primary key")
    target = make("target", "k bigint, event bigint, is_entry boolean", "")
    holo.execute(f"INSERT INTO {source} VALUES (1), (2)")
    more = {"binlogStartUpMode": "initial"} if mode == "initial" else {"startTime": "2100-01-01 00:00:00"}
    flink.run(
        hologres(server, source, f"{HEADS}, k BIGINT", "source", **ROWS, **more),
        hologres(server, target, "k BIGINT, event BIGINT, is_entry BOOLEAN", "target"),
    )
    job = flink.run("INSERT INTO target SELECT k, hg_binlog_event_type, hg_binlog_lsn IS NOT NULL FROM source ")
    if mode == "initial":
        until(lambda: len(rows(holo, target)) == 2, 30)
        holo.execute(f"INSERT INTO {source} VALUES (3)")
        until(lambda: len(rows(holo, target)) >= 3, 30)
        assert rows(holo, target) == [(1, 5, False), (2, 5, False), (3, 5, True)]
        ended(flink, job)
        return
    ended(flink, job)
    assert rows(holo, target) == []
    until(lambda: flink.state(job) == "CANCELED", 20)
    flink.run("DROP TABLE source")
    flink.run(hologres(server, source, f"{HEADS}, k BIGINT", "source", **ROWS, startTime="2020-01-01 00:00:00"))
    job = flink.run("INSERT INTO target SELECT k, hg_binlog_event_type, TRUE FROM source")
    until(lambda: rows(holo, target) == [(1, 5, True), (2, 5, True)], 30)
    ended(flink, job)


def test_a_table_without_a_key(flink: Flink, server: Server, holo: Holo, make: Make) -> None:
    source = make("source", "k bigint")
    target = make("target", "k bigint primary key, c bigint", "")
    holo.execute(f"INSERT INTO {source} VALUES (1), (2), (2)")
    flink.run(
        hologres(server, source, "k BIGINT", "source", **CDC), hologres(server, target, "k BIGINT, c BIGINT", "target")
    )
    job = flink.run("INSERT INTO target SELECT k, COUNT(*) FROM source GROUP BY k")
    until(lambda: rows(holo, target) == [(1, 1), (2, 2)], 30)
    holo.execute(f"INSERT INTO {source} VALUES (2), (3)")
    until(lambda: rows(holo, target) == [(1, 1), (2, 3), (3, 1)], 30)
    ended(flink, job)


@pytest.mark.parametrize(
    ("columns", "options", "said"),
    [
        (f"{HEADS}, k BIGINT", CDC, "with 'cdcMode' = 'true' rows are what the log says of them"),
        ("hg_binlog_lsn STRING, k BIGINT", ROWS, "is of type STRING: BIGINT is expected"),
        ("k BIGINT, x BIGINT METADATA", ROWS, "Invalid metadata key 'x'"),
        ("k STRING", ROWS, "is of type STRING, and that of Hologres"),
        ("k BIGINT", {**ROWS, "binlogStartUpMode": "latest"}, "is none of initial, earliestOffset, timestamp"),
        ("k BIGINT", {**ROWS, "binlogStartUpMode": "timestamp"}, "needs 'startTime'"),
        ("k BIGINT", {**ROWS, "startTime": "yesterday"}, "is not of the form yyyy-MM-dd"),
        ("k BIGINT", {**CDC, "binlogIgnoreDelete": "true"}, "without such changes all are wrong"),
        ("k BIGINT", {**ROWS, "binlogIgnoreDelete": "no"}, "true or false is expected"),
        ("k BIGINT", {**ROWS, "binlog": "maybe"}, "'binlog' = 'maybe': true or false is expected"),
        ("k BIGINT", {**ROWS, "binlogColour": "red"}, "Unsupported options: binlogColour"),
    ],
)
def test_what_does_not_fit(
    flink: Flink, server: Server, make: Make, columns: str, options: dict[str, str], said: str
) -> None:
    flink.run(hologres(server, make("source", "k bigint primary key"), columns, "source", **options))
    with pytest.raises(Refused, match=said):
        flink.rows("SELECT * FROM source")


def test_what_has_no_binlog(flink: Flink, server: Server, make: Make) -> None:
    flink.run(hologres(server, make("source", "k bigint primary key", ""), "k BIGINT", "source", **CDC))
    with pytest.raises(Refused, match="has no binlog: set its property binlog_level"):
        flink.rows("SELECT * FROM source")
    flink.run("SET 'execution.runtime-mode' = 'batch'")
    with pytest.raises(Refused, match="in batch mode is not allowed"):
        flink.rows("SELECT * FROM source")


def test_changes_are_not_for_sinks_that_only_append(flink: Flink, server: Server, make: Make) -> None:
    """How a source is read decides what its query gives."""
    name = make("source", "k bigint primary key")
    flink.run(hologres(server, name, "k BIGINT", "source", **CDC))
    topic = {"connector": "datahub", "endPoint": "x", "project": "p", "topic": "t", "accessId": "a", "accessKey": "b"}
    flink.run(f"CREATE TABLE topic (k BIGINT) WITH ({written(topic)})")
    with pytest.raises(Refused, match="doesn't support consuming update changes"):
        flink.run("INSERT INTO topic SELECT k FROM source")
    [[plan]] = flink.rows("EXPLAIN CHANGELOG_MODE SELECT k FROM source")
    assert "changelogMode=[I,UA,D]" in plan
    [[plan]] = flink.rows("EXPLAIN CHANGELOG_MODE SELECT k FROM source /*+ OPTIONS('cdcMode' = 'false') */")
    assert "changelogMode=[I]" in plan


def test_tables_of_another_database(flink: Flink, server: Server, holo: Holo) -> None:
    """A connector's dbname says where its table is: from the first database to another, and on within that."""
    holo.execute("create database streamed")
    definition = "k bigint primary key, g text"
    holo.execute(f"create table streaming ({definition}) with (orientation = 'row', binlog_level = 'replica')")
    with connected(server, dbname="streamed") as there:
        for name in ("streaming", "streamed_on"):
            there.execute(f"create table {name} ({definition}) with (orientation = 'row', binlog_level = 'replica')")
        columns = "k BIGINT, g STRING, PRIMARY KEY (k) NOT ENFORCED"
        flink.run(
            hologres(server, "streaming", columns, "here", **CDC),
            hologres(server, "streaming", columns, "there", dbname="streamed", **CDC),
            hologres(server, "streamed_on", columns, "beyond", dbname="streamed"),
        )
        job = flink.run(
            "EXECUTE STATEMENT SET BEGIN INSERT INTO there SELECT * FROM here; "
            "INSERT INTO beyond SELECT k, UPPER(g) FROM there; END"
        )
        holo.execute("insert into streaming values (1, 'a'), (2, 'b')")
        until(lambda: rows(there, "streamed_on") == [(1, "A"), (2, "B")], 30)
        assert rows(there, "streaming") == [(1, "a"), (2, "b")]
        ended(flink, job)
    holo.execute("drop table streaming")
    dropped(holo, "streamed")
