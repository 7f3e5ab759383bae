"""Queries on topics and tables: in batches and streams, with what Hologres and DataHub make of the changes."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.clients.flink.conftest import Topic
from tests.datahub import Client
from tests.flink import Flink, Refused, clicks, hologres
from tests.waiting import until
from yunbox.testing.server import Server

Holo = psycopg.Connection[Any]
Put = Callable[..., None]
SECOND = 1_000_000
EVENTS = "user_id BIGINT, page STRING, amount DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND"
FIELDS = ("user_id:BIGINT", "page:STRING", "amount:DOUBLE", "ts:TIMESTAMP")


@pytest.fixture
def events(flink: Flink, server: Server, project: str, topic: Topic, put: Put) -> str:
    """A topic of two shards with some events, and the table ``events`` that reads it."""
    topic("events", *FIELDS, shards=2)
    put("events", [1, "/a", 1.5, 1 * SECOND], [2, "/b", 2.5, 2 * SECOND], [1, "/b", None, 61 * SECOND])
    put("events", [3, None, 4, 3 * SECOND], [1, "/a", 0.5, 59 * SECOND], shard="1")
    flink.run(clicks(server, project, "events", EVENTS, "events"))
    return "events"


def batch(flink: Flink) -> None:
    flink.run("SET 'execution.runtime-mode' = 'batch'")


def test_a_batch_reads_to_the_present_end(flink: Flink, events: str) -> None:
    batch(flink)
    assert flink.rows("SELECT COUNT(*), COUNT(page), SUM(amount) FROM events") == [[5, 4, 8.5]]
    assert flink.rows(
        "SELECT user_id, COUNT(*) AS n FROM events GROUP BY user_id ORDER BY n DESC, user_id LIMIT 2"
    ) == [
        [1, 3],
        [2, 1],
    ]
    assert flink.rows("SELECT page, user_id FROM events WHERE amount > 2 ORDER BY user_id") == [["/b", 2], [None, 3]]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (
            "SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) "
            "GROUP BY window_start, window_end",
            [["1970-01-01T00:00:00", 4], ["1970-01-01T00:01:00", 1]],
        ),
        (
            "SELECT TUMBLE_START(ts, INTERVAL '1' MINUTE), user_id, SUM(amount) FROM events WHERE user_id < 3 "
            "GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE), user_id",
            [["1970-01-01T00:00:00", 1, 2.0], ["1970-01-01T00:00:00", 2, 2.5], ["1970-01-01T00:01:00", 1, None]],
        ),
        (
            "SELECT window_start, window_end, user_id, COUNT(*) FROM TABLE(SESSION(TABLE events PARTITION BY user_id, "
            "DESCRIPTOR(ts), INTERVAL '5' SECOND)) WHERE user_id = 1 GROUP BY user_id, window_start, window_end",
            [
                ["1970-01-01T00:00:01", "1970-01-01T00:00:06", 1, 1],
                ["1970-01-01T00:00:59", "1970-01-01T00:01:06", 1, 2],
            ],
        ),
        (
            "SELECT user_id, page FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY ts DESC) AS rn "
            "FROM events) WHERE rn = 1",
            [[1, "/b"], [2, "/b"], [3, None]],
        ),
        (
            "SELECT user_id, ts, COUNT(*) OVER (PARTITION BY user_id ORDER BY ts RANGE BETWEEN INTERVAL '10' SECOND "
            "PRECEDING AND CURRENT ROW) FROM events WHERE user_id = 1",
            [[1, "1970-01-01T00:00:01", 1], [1, "1970-01-01T00:00:59", 1], [1, "1970-01-01T00:01:01", 2]],
        ),
        (
            "SELECT a.user_id, b.user_id FROM events a JOIN events b ON a.page = b.page AND a.user_id < b.user_id",
            [[1, 2]],
        ),
        (
            "SELECT a.user_id, b.ts FROM events a, events b WHERE a.user_id = b.user_id AND a.page = '/a' AND b.page = "
            "'/b' AND b.ts BETWEEN a.ts AND a.ts + INTERVAL '5' SECOND",
            [[1, "1970-01-01T00:01:01"]],
        ),
        (
            "SELECT DISTINCT page FROM events WHERE page IN (SELECT page FROM events WHERE user_id = 2)",
            [["/b"]],
        ),
        ("SELECT page FROM events UNION SELECT 'x'", [["/a"], ["/b"], ["x"], [None]]),
    ],
    ids=["tumble", "group-window", "session", "deduplication", "over", "join", "interval", "semi", "union"],
)
def test_queries(flink: Flink, events: str, query: str, rows: list[list[Any]]) -> None:
    """In a batch, and as a stream whose changes are added up."""

    def key(row: list[Any]) -> str:
        return repr([(value is None, value) for value in row])

    batch(flink)
    assert sorted(flink.rows(query), key=key) == sorted(rows, key=key)


def test_windows_of_a_stream(
    flink: Flink, server: Server, events: str, put: Put, holo: Holo, request: pytest.FixtureRequest
) -> None:
    """A window is given when both shards are past it, or the one that is silent does not count."""
    table = f"minutes_{abs(hash(request.node.nodeid)) % 10**12}"
    holo.execute(f"CREATE TABLE {table} (start timestamp PRIMARY KEY, n bigint)")
    flink.run(hologres(server, table, "`start` TIMESTAMP(3), n BIGINT", "minutes"))
    flink.run("SET 'table.exec.source.idle-timeout' = '500 ms'")
    job = flink.run(
        "INSERT INTO minutes SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), "
        "INTERVAL '1' MINUTE)) GROUP BY window_start, window_end"
    )
    put("events", [9, "/a", 1, 130 * SECOND])
    until(lambda: len(holo.execute(f"SELECT 1 FROM {table}").fetchall()) == 2, 30)
    assert [row[1] for row in holo.execute(f"SELECT * FROM {table} ORDER BY 1")] == [4, 1]
    put("events", [9, "/a", 1, 5 * SECOND])
    put("events", [9, "/a", 1, 300 * SECOND])
    until(lambda: len(holo.execute(f"SELECT 1 FROM {table}").fetchall()) == 3, 30)
    assert [row[1] for row in holo.execute(f"SELECT * FROM {table} ORDER BY 1")] == [4, 1, 1], "what is late is dropped"
    flink.cancel(job)


def test_what_is_taken_back_is_deleted(
    flink: Flink, server: Server, events: str, put: Put, holo: Holo, request: pytest.FixtureRequest
) -> None:
    table = f"once_{abs(hash(request.node.nodeid)) % 10**12}"
    holo.execute(f"CREATE TABLE {table} (user_id bigint PRIMARY KEY, n bigint)")
    flink.run(hologres(server, table, "user_id BIGINT, n BIGINT", "once", mutatetype="insertorupdate"))
    job = flink.run("INSERT INTO once SELECT user_id, COUNT(*) FROM events GROUP BY user_id HAVING COUNT(*) < 2")
    until(lambda: holo.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() == [(2, 1), (3, 1)], 30)
    put("events", [2, "/c", 1, 70 * SECOND])
    until(lambda: holo.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() == [(3, 1)], 30)
    flink.cancel(job)


@pytest.mark.parametrize(
    ("mode", "after"), [("insertOrUpdate", "kept"), ("insertOrReplace", None), ("insertOrIgnore", "-")]
)
def test_ways_to_write(
    flink: Flink, server: Server, holo: Holo, mode: str, after: str | None, request: pytest.FixtureRequest
) -> None:
    """Some of the columns: the others stay, become NULL, or the whole row stays as it was."""
    table = f"ways_{abs(hash(request.node.nodeid)) % 10**12}"
    holo.execute(f"CREATE TABLE {table} (k bigint PRIMARY KEY, a text, b text)")
    holo.execute(f"INSERT INTO {table} VALUES (1, 'old', 'kept')")
    batch(flink)
    flink.run("SET 'table.dml-sync' = 'true'")
    flink.run(hologres(server, table, "k BIGINT, a STRING", "ways", mutateType=mode))
    flink.run("INSERT INTO ways VALUES (1, 'new'), (2, 'two')")
    found = {row[0]: row[1:] for row in holo.execute(f"SELECT * FROM {table}")}
    assert found == {1: ("old", "kept") if after == "-" else ("new", after), 2: ("two", None)}


def test_groups_of_a_batch_go_into_a_table_without_a_key(
    flink: Flink, server: Server, events: str, holo: Holo, request: pytest.FixtureRequest
) -> None:
    """A batch takes nothing back; a stream does, and is refused."""
    table = f"groups_{abs(hash(request.node.nodeid)) % 10**12}"
    holo.execute(f"CREATE TABLE {table} (user_id bigint, n bigint)")
    flink.run(hologres(server, table, "user_id BIGINT, n BIGINT", "counts"))
    query = "INSERT INTO counts SELECT user_id, COUNT(*) FROM events GROUP BY user_id"
    with pytest.raises(Refused, match="no primary key: it takes no update"):
        flink.run(query)
    batch(flink)
    flink.run("SET 'table.dml-sync' = 'true'")
    flink.run(query)
    assert holo.execute(f"SELECT * FROM {table} ORDER BY user_id").fetchall() == [(1, 3), (2, 1), (3, 1)]


def test_a_dimension(
    flink: Flink, server: Server, events: str, put: Put, holo: Holo, request: pytest.FixtureRequest
) -> None:
    """Rows are as they are when they are asked for: there is no cache."""
    table = f"users_{abs(hash(request.node.nodeid)) % 10**12}"
    holo.execute(f"CREATE TABLE {table} (id bigint PRIMARY KEY, name text, since timestamptz)")
    holo.execute(f"INSERT INTO {table} VALUES (1, 'Ada', '2020-01-01 00:00:00+00'), (2, 'Bö\"b', NULL)")
    flink.run(hologres(server, table, "id BIGINT, name STRING, since TIMESTAMP_LTZ(3)", "users"))
    batch(flink)
    query = (
        "SELECT e.user_id, u.name, u.since FROM (SELECT *, PROCTIME() AS p FROM events) AS e LEFT JOIN users "
        "FOR SYSTEM_TIME AS OF e.p AS u ON e.user_id = u.id"
    )
    found = {row[0]: row[1:] for row in flink.rows(query)}
    assert found == {1: ["Ada", "2020-01-01T00:00:00Z"], 2: ['Bö"b', None], 3: [None, None]}
    holo.execute(f"UPDATE {table} SET name = 'Bob' WHERE id = 2")
    assert {row[0]: row[1] for row in flink.rows(query)}[2] == "Bob"


@pytest.mark.parametrize("key", ["k bigint PRIMARY KEY", "k bigint", "k bigint, j text, PRIMARY KEY (k, j)"])
def test_a_table_of_hologres_is_read(
    flink: Flink, server: Server, holo: Holo, key: str, request: pytest.FixtureRequest
) -> None:
    """As it is, in pages."""
    table = f"read_{abs(hash(request.node.nodeid)) % 10**12}"
    more = ", j" if "j text" in key else ""
    first, _, last = key.partition(", PRIMARY")
    holo.execute(
        f"CREATE TABLE {table} ({first}, d date, m numeric(10, 2), t timestamptz, b bytea{last and ', PRIMARY' + last})"
    )
    given = ", 'x'" if more else ""
    holo.execute(f"INSERT INTO {table} (k{more}, d, m, t, b) SELECT g{given}, DATE '2024-01-01' + g % 3, g / 4.0, "
                 f"TIMESTAMPTZ '2024-01-01 00:00:00+00', '\\x6162' FROM generate_series(1, 25000) g")  # fmt: skip
    columns = "k BIGINT, d DATE, m DECIMAL(10, 2), t TIMESTAMP_LTZ(3), b BYTES"
    flink.run(hologres(server, table, columns, "h"))
    batch(flink)
    assert flink.rows("SELECT COUNT(*), SUM(k), SUM(m), MIN(d), MAX(d), MAX(t) FROM h") == [
        [25000, 312512500, 78128125.0 / 1, "2024-01-01", "2024-01-03", "2024-01-01T00:00:00Z"]
    ]
    assert flink.rows("SELECT CAST(b AS STRING) FROM h WHERE k = 7") == [["ab"]]


def test_records_that_a_job_puts(
    flink: Flink, server: Server, project: str, events: str, topic: Topic, raw: Client
) -> None:
    topic("pages", "page:STRING", "at:TIMESTAMP", "user_id:BIGINT")
    batch(flink)
    flink.run("SET 'table.dml-sync' = 'true'")
    flink.run(clicks(server, project, "pages", "page STRING, `at` TIMESTAMP(3), user_id BIGINT", "pages"))
    flink.run("INSERT INTO pages SELECT page, ts, user_id FROM events WHERE user_id > 1")
    path = f"/projects/{project}/topics/pages/shards/0"
    cursor = raw.call("POST", path, Action="cursor", Type="OLDEST")["Cursor"]
    found = raw.call("POST", path, Action="sub", Cursor=cursor, Limit=10)["Records"]
    assert sorted(one["Data"][1:] for one in found) == [["2000000", "2"], ["3000000", "3"]]
    assert sorted(str(one["Data"][0]) for one in found) == ["/b", "None"]


def test_where_records_came_from(flink: Flink, server: Server, project: str, topic: Topic, put: Put) -> None:
    topic("t", "v:STRING", shards=2)
    put("t", ["a"], ["b"])
    put("t", ["c"], shard="1")
    columns = (
        "v STRING, `shard-id` BIGINT METADATA VIRTUAL, `sequence` STRING METADATA VIRTUAL, "
        "came TIMESTAMP_LTZ(3) METADATA FROM 'system-time' VIRTUAL"
    )
    flink.run(clicks(server, project, "t", columns, "t"))
    batch(flink)
    found = flink.rows("SELECT v, `shard-id`, `sequence`, came > TIMESTAMP '2020-01-01 00:00:00' FROM t ORDER BY v")
    assert [row[:3] for row in found] == [["a", 0, "0"], ["b", 0, "1"], ["c", 1, "0"]]


def test_a_record_that_is_no_number(flink: Flink, server: Server, project: str, topic: Topic, put: Put) -> None:
    """The job fails, and says which one it was."""
    topic("t", "v:STRING")
    put("t", ["1"], ["2"])
    flink.run(clicks(server, project, "t", "v STRING", "t"))
    flink.run("CREATE TABLE nowhere (n BIGINT) WITH ('connector' = 'blackhole')")
    job = flink.run("INSERT INTO nowhere SELECT CAST(v AS BIGINT) FROM t")
    put("t", ["3"], ["x"])
    until(lambda: flink.state(job) == "FAILED", 30)
    assert f"topic {project}.t, shard 0, offset 3: " in flink.job(job, "/exceptions")["root-exception"]


def test_a_statement_set_is_one_job(flink: Flink, events: str) -> None:
    flink.run("CREATE TABLE a (n BIGINT) WITH ('connector' = 'blackhole')")
    flink.run("CREATE TABLE b (n BIGINT) WITH ('connector' = 'blackhole')")
    batch(flink)
    flink.run("SET 'table.dml-sync' = 'true'")
    job = flink.run(
        "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT user_id FROM events; "
        "INSERT INTO b SELECT COUNT(*) FROM events; END"
    )
    assert flink.state(job) == "FINISHED"
    metrics = {one["id"]: one["value"] for one in flink.job(job, "/metrics?get=numRecordsIn,numRecordsOut")}
    assert metrics["numRecordsOut"] == "6"


def test_a_null_where_none_may_be(flink: Flink) -> None:
    flink.run("CREATE TABLE nowhere (k BIGINT NOT NULL) WITH ('connector' = 'blackhole')")
    batch(flink)
    flink.run("SET 'table.dml-sync' = 'true'")
    flink.run("INSERT INTO nowhere SELECT k FROM (VALUES (1), (2)) AS t(k)")
    with pytest.raises(Refused, match="Column 'k' is NOT NULL, however, a null value is being written into it"):
        flink.run("INSERT INTO nowhere SELECT k FROM (VALUES (1), (CAST(NULL AS INT))) AS t(k)")


def test_what_the_engine_has_not(flink: Flink) -> None:
    flink.run("CREATE TABLE nowhere (k STRING) WITH ('connector' = 'blackhole')")
    with pytest.raises(Refused, match="APPROX_COUNT_DISTINCT aggregate function does not support yet for streaming"):
        flink.run("INSERT INTO nowhere SELECT CAST(APPROX_COUNT_DISTINCT(k) AS STRING) FROM (VALUES (1)) AS t(k)")
