"""Jobs from DataHub to Hologres: the article's, what becomes of it when it is killed, stopped and taken up again."""

import os
import signal
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.clients.flink.conftest import Topic
from tests.flink import Flink, Refused, clicks, hologres
from tests.processes import children
from tests.waiting import until
from yunbox.testing.server import Server

TOTALS = "user_id BIGINT, n BIGINT, amount DOUBLE"
CLICKS = "user_id BIGINT, amount DOUBLE"
SUM = "INSERT INTO totals SELECT user_id, COUNT(*), SUM(amount) FROM clicks GROUP BY user_id"
Holo = psycopg.Connection[Any]
Put = Callable[..., None]


@pytest.fixture
def totals(holo: Holo, request: pytest.FixtureRequest) -> str:
    """A table by user, of its own."""
    name = f"totals_{abs(hash(request.node.nodeid)) % 10**12}"
    holo.execute(
        f"CREATE TABLE {name} (user_id bigint PRIMARY KEY, n bigint, amount float8) WITH (orientation = 'row')"
    )
    return name


def rows(holo: Holo, table: str) -> list[tuple[Any, ...]]:
    return holo.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()


def begun(flink: Flink, server: Server, project: str, totals: str) -> str:
    return flink.run(clicks(server, project, "clicks", CLICKS), hologres(server, totals, TOTALS, "totals"), SUM)


def test_sums_by_key(
    flink: Flink, server: Server, project: str, topic: Topic, put: Put, holo: Holo, totals: str
) -> None:
    topic("clicks", "user_id:BIGINT", "amount:DOUBLE", shards=2)
    put("clicks", [1, 0.5], [2, 1.5])
    put("clicks", [1, 0.25], shard="1")
    job = begun(flink, server, project, totals)
    put("clicks", [3, 7])
    until(lambda: len(rows(holo, totals)) == 3, 20)
    assert rows(holo, totals) == [(1, 2, 0.75), (2, 1, 1.5), (3, 1, 7.0)]
    assert flink.state(job) == "RUNNING"
    flink.cancel(job)
    until(lambda: flink.state(job) == "CANCELED", 20)
    assert not (server.data / "flink" / "jobs" / job / "state").exists()


def test_a_key_that_is_null(
    flink: Flink, server: Server, project: str, topic: Topic, put: Put, holo: Holo, totals: str
) -> None:
    """Hologres takes no such row: the job says so, and tries again until it is stopped."""
    topic("clicks", "user_id:BIGINT", "amount:DOUBLE")
    put("clicks", [None, 1])
    job = begun(flink, server, project, totals)
    until(lambda: flink.state(job) == "RESTARTING", 20)
    assert 'null value in column "user_id"' in flink.job(job, "/exceptions")["root-exception"]
    flink.cancel(job)
    until(lambda: flink.state(job) == "CANCELED", 20)


def test_a_job_that_is_killed_goes_on(
    flink: Flink, server: Server, project: str, topic: Topic, put: Put, holo: Holo, totals: str
) -> None:
    topic("clicks", "user_id:BIGINT", "amount:DOUBLE")
    put("clicks", [1, 1], [1, 1])
    job = begun(flink, server, project, totals)
    until(lambda: rows(holo, totals) == [(1, 2, 2.0)], 20)
    [process] = [one for one in children(server, "engine.stream.main") if job in " ".join(one.cmdline())]
    os.kill(process.pid, signal.SIGKILL)
    put("clicks", [1, 1], [2, 5])
    until(lambda: rows(holo, totals) == [(1, 3, 3.0), (2, 1, 5.0)], 30)
    until(lambda: flink.state(job) == "RUNNING", 20)
    flink.cancel(job)


def test_a_savepoint_and_what_goes_on_from_it(
    flink: Flink, server: Server, project: str, topic: Topic, put: Put, holo: Holo, totals: str
) -> None:
    topic("clicks", "user_id:BIGINT", "amount:DOUBLE")
    put("clicks", [1, 1], [1, 1])
    job = begun(flink, server, project, totals)
    until(lambda: rows(holo, totals) == [(1, 2, 2.0)], 20)
    [[path]] = flink.rows(f"STOP JOB '{job}' WITH SAVEPOINT")
    assert flink.state(job) == "FINISHED"
    assert flink.job(job, "/checkpoints")["latest"]["savepoint"]["external_path"] == path
    put("clicks", [1, 1])
    flink.run(f"SET 'execution.state-recovery.path' = '{path}'")
    with pytest.raises(Refused, match="state cannot be restored"):
        flink.run("INSERT INTO totals SELECT user_id, COUNT(*), MAX(amount) FROM clicks GROUP BY user_id")
    again = flink.run(SUM + " HAVING COUNT(*) > 0")
    until(lambda: rows(holo, totals) == [(1, 3, 3.0)], 20)
    flink.cancel(again)


def test_a_savepoint_gives_nothing_twice(
    flink: Flink, server: Server, project: str, topic: Topic, put: Put, holo: Holo, request: pytest.FixtureRequest
) -> None:
    """Also to a table without a key, which cannot know a row that it has."""
    table = f"lines_{abs(hash(request.node.nodeid)) % 10**12}"
    holo.execute(f"CREATE TABLE {table} (user_id bigint)")
    topic("clicks", "user_id:BIGINT", "amount:DOUBLE")
    put("clicks", [1, 1], [2, 1])
    flink.run(clicks(server, project, "clicks", CLICKS), hologres(server, table, "user_id BIGINT", "lines_"))
    job = flink.run("INSERT INTO lines_ SELECT user_id FROM clicks")
    until(lambda: rows(holo, table) == [(1,), (2,)], 20)
    [[path]] = flink.rows(f"STOP JOB '{job}' WITH SAVEPOINT")
    put("clicks", [3, 1])
    flink.run(f"SET 'execution.state-recovery.path' = '{path}'")
    again = flink.run("INSERT INTO lines_ SELECT user_id FROM clicks")
    until(lambda: len(rows(holo, table)) >= 3, 20)
    assert rows(holo, table) == [(1,), (2,), (3,)]
    flink.cancel(again)


def test_what_comes_while_a_job_is_not_there(
    flink: Flink, server: Server, project: str, topic: Topic, put: Put, holo: Holo, totals: str
) -> None:
    """A job that begins with what comes from now on keeps that moment, though nothing had come when it was killed."""
    topic("clicks", "user_id:BIGINT", "amount:DOUBLE")
    put("clicks", [9, 1])
    source = clicks(server, project, "clicks", CLICKS).replace(", 'startTime' = '2020-01-01 00:00:00'", "")
    job = flink.run(source, hologres(server, totals, TOTALS, "totals"), SUM)
    until(lambda: int(flink.job(job, "/metrics?get=numberOfCompletedCheckpoints")[0]["value"]) > 0, 20)
    [process] = [one for one in children(server, "engine.stream.main") if job in " ".join(one.cmdline())]
    process.suspend()  # so that it is gone, and not yet there again, when the next one comes
    put("clicks", [1, 1])
    process.kill()
    until(lambda: rows(holo, totals) == [(1, 1, 1.0)], 30)
    flink.cancel(job)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"topics": "x"}, "Unsupported options: topics"),
        ({"connector": "kafkaesque"}, "Could not find any factory for identifier 'kafkaesque'"),
        ({"topic": "nothing"}, r"Topic \w+\.nothing: The specified topic name does not exist"),
        ({"accessKey": "wrong"}, "signature"),
        ({"startTime": "yesterday"}, "'startTime' = 'yesterday'"),
    ],
)
def test_what_is_wrong_is_named(
    flink: Flink, server: Server, project: str, topic: Topic, options: dict[str, str], said: str
) -> None:
    topic("clicks", "user_id:BIGINT", "amount:DOUBLE")
    flink.run(clicks(server, project, "clicks", CLICKS, **options))
    flink.run("CREATE TABLE nowhere (user_id BIGINT) WITH ('connector' = 'blackhole')")
    with pytest.raises(Refused, match=said) as caught:
        flink.run("INSERT INTO nowhere SELECT user_id FROM clicks")
    assert caught.value.status == 500
    assert server.access_key_secret not in str(caught.value)


def test_what_is_missing_is_named(flink: Flink) -> None:
    flink.run("CREATE TABLE t (k BIGINT) WITH ('connector' = 'datahub', 'topic' = 'x')")
    flink.run("CREATE TABLE nowhere (k BIGINT) WITH ('connector' = 'blackhole')")
    with pytest.raises(Refused, match="Missing required options are: accessId, accessKey, endPoint, project"):
        flink.run("INSERT INTO nowhere SELECT k FROM t")


def test_a_sink_that_takes_inserts_only(flink: Flink, server: Server, project: str, topic: Topic) -> None:
    topic("clicks", "user_id:BIGINT", "amount:DOUBLE")
    flink.run(clicks(server, project, "clicks", CLICKS), clicks(server, project, "clicks", CLICKS, "target"))
    with pytest.raises(Refused, match="doesn't support consuming update changes"):
        flink.run("INSERT INTO target SELECT user_id, SUM(amount) FROM clicks GROUP BY user_id")
