"""Workers as processes: what becomes of a job when one is killed, stopped or fails, and that none outlives it."""

import os
import signal
from pathlib import Path

import psutil
import pytest

from tests.unit.engine.stream.feed import FEEDS, Run, feed
from tests.waiting import until
from yunbox.engine.stream.job import JobRunner
from yunbox.kernel.errors import Unavailable
from yunbox.sql.flink.plans import Aggregate, AggregateCall, Bound, Field, Project
from yunbox.sql.flink.types import BIGINT, STRING

_TWO = {"parallelism.default": "2"}
_SOON = {"heartbeat.interval": "100 ms", "heartbeat.timeout": "2 s"}


def _counted() -> Aggregate:
    rows = feed("t", Field("k", BIGINT), Field("v", STRING))
    fields = (Field("k", BIGINT), Field("n", BIGINT), Field("d", BIGINT))
    calls = (
        AggregateCall("COUNT", (), BIGINT),
        AggregateCall("COUNT", (Bound("c1", STRING),), BIGINT, distinct=True),
    )
    return Aggregate(fields, rows, (0,), calls)


def _alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]


def test_one_that_is_killed_fails_the_job_which_goes_on(tmp_path: Path) -> None:
    run = Run(tmp_path / "job", _counted(), **_TWO)
    assert sorted(run.send("t", (1, "a"), (2, "b"), (1, "a"))) == ["+I[1, 2, 1]", "+I[2, 1, 1]"]
    for index in range(2):
        workers = run.runner.workers
        assert len(_alive(workers)) == 2
        os.kill(workers[index], signal.SIGKILL)
        until(lambda pid=workers[index]: not _alive([pid]), 10)
        with pytest.raises(Unavailable, match=rf"Worker {index + 1} of 2 of the job has ended by signal 9"):
            run.send("t", (1, "lost"))
        run.again()
        until(lambda pids=workers: not _alive(pids), 10)
    assert sorted(run.send("t", (1, "c"), (2, "b"))) == [
        "+U[1, 3, 2]", "+U[2, 2, 1]", "-U[1, 2, 1]", "-U[2, 1, 1]",
    ]  # fmt: skip
    run.runner.close()


@pytest.mark.parametrize("rows", [1, 200_000])  # few lie in the socket, many do not fit into it
def test_one_that_is_stopped_fails_the_job_which_goes_on(tmp_path: Path, rows: int) -> None:
    run = Run(tmp_path / "job", _counted(), **_TWO, **_SOON)
    run.send("t", (1, "a"), (2, "b"))
    stopped = run.runner.workers[1]
    os.kill(stopped, signal.SIGSTOP)
    lost = [(key, "lost") for key in range(rows)]
    with pytest.raises(Unavailable, match=rf"TaskManager with id worker-2 timed out.*\({stopped}\).* for 2 s"):
        run.send("t", *lost)
    until(lambda: not _alive([stopped]), 10)
    run.again()
    assert sorted(run.send("t", (1, "a"), (2, "c"))) == [
        "+U[1, 2, 1]", "+U[2, 2, 2]", "-U[1, 1, 1]", "-U[2, 1, 1]",
    ]  # fmt: skip
    run.runner.close()


def test_what_is_told_of_steps_is_of_all_workers(tmp_path: Path) -> None:
    run = Run(tmp_path / "job", _counted(), **_TWO)
    run.send("t", *((key, "v") for key in range(100)))
    [stage] = [one for one in run.runner.graph.stages if one.sharing is not None]
    assert run.runner.described(stage) == {"late_rows": 0, "parallelism": 2}
    assert (stage.rows_in, stage.rows_out) == (100, 100)
    assert run.runner.store.size_bytes > 0
    workers = run.runner.workers
    run.runner.close()
    until(lambda: not _alive(workers), 10)


def test_a_job_that_cannot_begin_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {one.pid for one in psutil.Process().children()}
    monkeypatch.setattr("yunbox.engine.stream.parallel.team._MODULE", "yunbox.no_such_module")
    with pytest.raises(Unavailable, match=r"Worker [12] of 2 of the job has ended with status 1"):
        Run(tmp_path / "job", _counted(), **_TWO)
    assert {one.pid for one in psutil.Process().children()} <= before


def test_one_process_has_no_workers(tmp_path: Path) -> None:
    run = Run(tmp_path / "job", _counted())
    assert run.runner.workers == []
    run.runner.close()
    plain = feed("t", Field("k", BIGINT))
    stateless = Run(tmp_path / "plain", Project(plain.fields, plain, (Bound("c0", BIGINT),)), **_TWO)
    assert (stateless.runner.workers, stateless.runner.parallelism) == ([], 1)
    stateless.runner.close()


def test_an_idle_job_asks_nothing_of_the_disk(tmp_path: Path) -> None:
    run = Run(tmp_path / "job", _counted(), **_TWO)
    run.send("t", (1, "a"))
    epoch = run.runner.store.epoch
    assert run.step() == []
    assert run.runner.store.epoch == epoch
    FEEDS["t"].is_finished = True
    runner: JobRunner = run.runner
    runner.close()
