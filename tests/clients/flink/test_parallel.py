"""A job of several processes: what is said of it, what becomes of it when one of them is killed or stopped, and that it
goes on with another number of them.

Sources: "Advanced Fault Tolerance Options" (``heartbeat.*``) and "Task Failure Recovery" of Flink 2.x.
"""

import os
import signal
from collections.abc import Callable
from typing import Any

import psutil
import psycopg
import pytest

from tests.clients.flink.conftest import Topic
from tests.clients.flink.test_jobs import CLICKS, SUM, TOTALS, rows
from tests.flink import Flink, Refused, clicks, hologres
from tests.processes import children
from tests.waiting import until
from yunbox.testing.server import Server

Holo = psycopg.Connection[Any]
Put = Callable[..., None]
_JOB, _WORKER = "engine.stream.main", "engine.stream.parallel.worker"
DISTINCT = "INSERT INTO totals SELECT user_id, COUNT(DISTINCT amount), SUM(amount) FROM clicks GROUP BY user_id"


@pytest.fixture
def totals(holo: Holo, request: pytest.FixtureRequest) -> str:
    """A table by user, of its own."""
    name = f"parallel_{abs(hash(request.node.nodeid)) % 10**12}"
    holo.execute(
        f"CREATE TABLE {name} (user_id bigint PRIMARY KEY, n bigint, amount float8) WITH (orientation = 'row')"
    )
    return name


@pytest.fixture
def tables(flink: Flink, server: Server, project: str, topic: Topic, totals: str) -> str:
    """Both tables; the name of Hologres'."""
    topic("clicks", "user_id:BIGINT", "amount:DOUBLE", shards=2)
    flink.run(clicks(server, project, "clicks", CLICKS), hologres(server, totals, TOTALS, "totals"))
    return totals


def of_job(server: Server, job: str) -> tuple[psutil.Process, list[psutil.Process]]:
    """A job's process, and its workers."""
    [process] = [one for one in children(server, _JOB) if job in " ".join(one.cmdline())]
    return process, [one for one in process.children() if any(_WORKER in word for word in one.cmdline())]


def test_two_workers_and_what_is_said_of_them(flink: Flink, server: Server, put: Put, holo: Holo, tables: str) -> None:
    put("clicks", *([user, 0.5] for user in range(50)))
    put("clicks", *([user, 1.5] for user in range(50)), shard="1")
    flink.run("SET 'parallelism.default' = '2'")
    job = flink.run(DISTINCT)
    until(lambda: rows(holo, tables) == [(user, 2, 2.0) for user in range(50)], 30)
    _, workers = of_job(server, job)
    assert len(workers) == 2
    until(lambda: any(one["parallelism"] == 2 for one in flink.job(job)["vertices"]), 10)
    found = flink.job(job)
    shares = {one["name"].partition("-")[2]: (one["parallelism"], one["tasks"]["running"]) for one in found["vertices"]}
    assert shares == {"source": (1, 1), "aggregate": (2, 2)}
    assert [one["parallelism"] for one in found["plan"]["nodes"]] == [1, 2]
    assert found["maxParallelism"] == 128
    assert flink.job(job, "/config")["execution-config"]["job-parallelism"] == 2
    assert flink.job(job, "/checkpoints")["latest"]["completed"]["num_subtasks"] == 3
    [aggregate] = [one for one in found["vertices"] if "aggregate" in one["name"]]
    assert aggregate["metrics"]["read-records"] == 100
    flink.cancel(job)
    until(lambda: not any(one.is_running() for one in workers), 10)


def test_a_worker_that_is_killed_takes_the_job_through_its_restart(
    flink: Flink, server: Server, put: Put, holo: Holo, tables: str
) -> None:
    flink.run("SET 'parallelism.default' = '2'", "SET 'restart-strategy.type' = 'fixed-delay'")
    flink.run("SET 'restart-strategy.fixed-delay.attempts' = '3'", "SET 'restart-strategy.fixed-delay.delay' = '10 ms'")
    put("clicks", [1, 1], [2, 1], [3, 1])
    job = flink.run(SUM)
    until(lambda: len(rows(holo, tables)) == 3, 30)
    for count in (2, 3):
        _, workers = of_job(server, job)
        os.kill(workers[count % 2].pid, signal.SIGKILL)
        until(lambda: flink.job(job, "/metrics?get=numRestarts")[0]["value"] == str(count - 1), 30)  # noqa: B023
        put("clicks", [1, 1], [2, 1], [3, 1])
        until(lambda: rows(holo, tables) == [(user, count, float(count)) for user in (1, 2, 3)], 30)  # noqa: B023
        assert not any(one.is_running() for one in workers)
    assert "of the job has ended by signal 9" in flink.job(job, "/exceptions")["root-exception"]
    process, workers = of_job(server, job)
    os.kill(process.pid, signal.SIGKILL)
    until(lambda: not any(one.is_running() for one in workers), 10)
    put("clicks", [1, 1], [2, 1], [3, 1])
    until(lambda: rows(holo, tables) == [(user, 4, 4.0) for user in (1, 2, 3)], 30)
    flink.cancel(job)


@pytest.mark.parametrize("victim", ["worker-1", "job"])
def test_one_that_is_stopped_is_missed_and_killed(
    flink: Flink, server: Server, put: Put, holo: Holo, tables: str, victim: str
) -> None:
    flink.run("SET 'parallelism.default' = '2'", "SET 'restart-strategy.type' = 'fixed-delay'")
    flink.run("SET 'restart-strategy.fixed-delay.delay' = '10 ms'")
    flink.run("SET 'heartbeat.interval' = '200 ms'", "SET 'heartbeat.timeout' = '3 s'")
    put("clicks", [1, 1], [2, 1], [3, 1])
    job = flink.run(SUM)
    until(lambda: len(rows(holo, tables)) == 3, 30)
    process, workers = of_job(server, job)
    stopped = workers[0] if victim == "worker-1" else process
    stopped.suspend()
    put("clicks", [1, 1], [2, 1], [3, 1])
    until(lambda: rows(holo, tables) == [(user, 2, 2.0) for user in (1, 2, 3)], 60)
    until(lambda: not stopped.is_running(), 10)
    said = flink.job(job, "/exceptions")["root-exception"]
    assert said.startswith(f"Heartbeat of TaskManager with id {victim} timed out."), said
    assert flink.job(job, "/metrics?get=numRestarts") == [{"id": "numRestarts", "value": "1"}]
    flink.cancel(job)
    until(lambda: flink.state(job) == "CANCELED", 20)


def test_heartbeats_that_make_no_sense_are_refused(flink: Flink, tables: str) -> None:
    for interval, timeout, said in (
        ("0 s", "3 s", "The heartbeat interval must be larger than 0."),
        ("10 s", "3 s", "The heartbeat timeout should be larger or equal than the heartbeat interval."),
        ("soon", "3 s", "Could not parse value 'soon' for key 'heartbeat.interval'."),
    ):
        flink.run(f"SET 'heartbeat.interval' = '{interval}'", f"SET 'heartbeat.timeout' = '{timeout}'")
        with pytest.raises(Refused, match=said):
            flink.run(SUM)


def test_a_savepoint_goes_on_with_any_number(flink: Flink, put: Put, holo: Holo, tables: str) -> None:
    for turn, count in enumerate((1, 3, 2), 1):
        put("clicks", *([user, float(turn)] for user in range(40)))
        flink.run(f"SET 'parallelism.default' = '{count}'")
        job = flink.run(DISTINCT)
        until(lambda: [one[1] for one in rows(holo, tables)] == [turn] * 40, 30)  # noqa: B023
        [[path]] = flink.rows(f"STOP JOB '{job}' WITH SAVEPOINT")
        flink.run(f"SET 'execution.state-recovery.path' = '{path}'")


def test_what_is_no_parallelism_is_refused(flink: Flink, tables: str) -> None:
    for value, said in (
        ("0", "Parallelism must be at least one"),
        ("x", "Could not parse value 'x'"),
        ("17", "at most 16"),
    ):
        with pytest.raises(Refused, match=said):
            flink.run(f"SET 'parallelism.default' = '{value}'")
    flink.run("SET 'table.exec.resource.default-parallelism' = '2'")
    [[plan]] = flink.rows(f"EXPLAIN {SUM}")
    assert "2 processes by key: GroupAggregate(groupBy=[user_id])" in plan
