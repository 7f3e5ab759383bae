"""Workers: lent, killed, missed, replaced."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from yunbox.engine.duck import forks, pool
from yunbox.engine.duck.messages import ExportResult, PlanStatement, RunQuery, WorkerConfig
from yunbox.engine.duck.pool import WorkerLost, WorkerPool
from yunbox.kernel.errors import KernelError, Unavailable
from yunbox.services.maxcompute.schema import MAXCOMPUTE_SCHEMA
from yunbox.sql.maxcompute.errors import TableNotFound
from yunbox.sql.maxcompute.session import Session
from yunbox.storage.database import Database
from yunbox.storage.tables.schema import TABLES_SCHEMA

DIALECTS = {"maxcompute": "yunbox.sql.maxcompute.on_duckdb"}
SILENT_S_MAX = 5.0
"""More than a worker's heartbeats are apart, also on a busy machine."""
SLOW = (
    "select count(*) from (select explode(sequence(1, 100000))) a(x) "
    "join (select explode(sequence(1, 100000))) b(y) on a.x % 2 = b.y % 2"
)
LONG = {"odps.sql.max.sequence.length": "9000000"}
LARGE = (
    "select length(concat_ws(',', collect_list(concat(uuid(), uuid(), uuid())))) "
    "from (select explode(sequence(1, 9000000))) a(x)"
)


@pytest.fixture
def with_pool(tmp_path: Path) -> Callable[[Callable[[WorkerPool], Awaitable[None]]], None]:
    database = Database(tmp_path / "meta.db", TABLES_SCHEMA, MAXCOMPUTE_SCHEMA)
    database.close()

    def run(work: Callable[[WorkerPool], Awaitable[None]], silent_s_max: float = 50.0) -> None:
        async def main() -> None:
            pool = WorkerPool(
                WorkerConfig(tmp_path / "meta.db", tmp_path, 1 << 28, 1 << 30, 1, (tmp_path / "lake",), None, DIALECTS),
                size_max=2,
                silent_s_max=silent_s_max,
            )
            await pool.start()
            try:
                await work(pool)
            finally:
                await pool.close()

        asyncio.run(main())

    return run


def plan(sql: str) -> PlanStatement:
    return PlanStatement("maxcompute", sql, Session("p", settings=LONG))


def test_a_query_runs_into_a_file(with_pool, tmp_path: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        async with pool.lease() as worker:
            await worker.call(plan("select 1 as a, 'x' as b"))
            done = await worker.call(RunQuery(str(tmp_path / "r.arrow"), 10))
        assert done.rows == 1
        assert done.csv.splitlines()[1] == '1,"x"'

    with_pool(work)


def at_once(sql: str, path: Path, timezone: str = "Asia/Shanghai") -> PlanStatement:
    return PlanStatement("maxcompute", sql, Session("p", timezone=timezone), {}, RunQuery(str(path), 10))


def test_a_query_that_touches_nothing_is_run_as_it_is_planned(with_pool, tmp_path: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        async with pool.lease() as worker:
            done = (await worker.call(at_once("select 1 as a, 'x' as b", tmp_path / "r.arrow"))).done
            assert done.csv.splitlines()[1] == '1,"x"'
            (batch,) = done.batches
            assert batch.rows == 1
            assert len(done.stream) == done.size_bytes > batch.offset + batch.length
            assert not (tmp_path / "r.arrow").exists()

    with_pool(work)


def test_how_it_fails_is_told_with_the_plan(with_pool, tmp_path: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        async with pool.lease() as worker:
            for _ in range(3):
                planned = await worker.call(at_once("select cast(9223372036854775807 as bigint) + 1", tmp_path / "r"))
                assert isinstance(planned.done, KernelError)

    with_pool(work)


def test_a_query_that_comes_again_gives_what_holds_then(with_pool, tmp_path: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        async with pool.lease() as worker:
            text = "select cast(from_unixtime(0) as string) as a"
            for zone, hour in (("Asia/Shanghai", "08"), ("UTC", "00"), ("Asia/Shanghai", "08")):
                for _ in range(3):
                    done = (await worker.call(at_once(text, tmp_path / "r", zone))).done
                    assert done.csv == f'"a"\n"1970-01-01 {hour}:00:00"\n'
            seen = {(await worker.call(at_once("select uuid() as a", tmp_path / "r"))).done.csv for _ in range(4)}
            assert len(seen) == 4

    with_pool(work)


def test_more_rows_than_are_shown_go_into_a_file(with_pool, tmp_path: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        async with pool.lease() as worker:
            for _ in range(3):
                path = tmp_path / "r.arrow"
                done = (await worker.call(at_once("select explode(sequence(1, 1000)) as n", path))).done
                assert (done.rows, done.csv, done.stream) == (1000, "", b"")
                assert path.stat().st_size == done.size_bytes
                path.unlink()

    with_pool(work)


def test_a_large_result_is_no_text_until_it_is_asked_for(with_pool, tmp_path: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        async with pool.lease() as worker:
            await worker.call(plan("select explode(sequence(1, 1000)) as n"))
            path = tmp_path / "r.arrow"
            done = await worker.call(RunQuery(str(path), 10))
            assert (done.rows, done.csv) == (1000, "")
            asked = ExportResult(done.columns, path, done.batches, 0, 3, "csv")
            text = b"".join([chunk async for chunk in worker.stream(asked)])
            assert text.split() == [b'"n"', b"1", b"2", b"3"]

    with_pool(work)


def test_what_the_worker_raised_this_raises(with_pool) -> None:
    async def work(pool: WorkerPool) -> None:
        async with pool.lease() as worker:
            with pytest.raises(TableNotFound) as caught:
                await worker.call(plan("select * from nope"))
            assert caught.value.code == "ODPS-0130131"
            await worker.call(plan("select 1"))

    with_pool(work)


def test_a_killed_worker_is_lost_and_replaced(with_pool, tmp_path: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        async with pool.lease() as worker:
            await worker.call(plan(SLOW))
            running = asyncio.ensure_future(worker.call(RunQuery(str(tmp_path / "r.arrow"), 10)))
            await asyncio.sleep(0)
            os.kill(worker.pid, signal.SIGKILL)
            with pytest.raises(WorkerLost):
                await running
        async with pool.lease() as worker:
            await worker.call(plan("select 1"))

    with_pool(work)


def test_a_worker_that_is_stopped_is_missed_and_killed_amid_a_statement_and_idle(with_pool, tmp_path: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        async with pool.lease() as idle, pool.lease() as worker:
            await worker.call(plan(SLOW))
            os.kill(worker.pid, signal.SIGSTOP)
            os.kill(idle.pid, signal.SIGSTOP)
            with pytest.raises(WorkerLost, match=r"it did nothing for 5 s, and was killed"):
                await worker.call(RunQuery(str(tmp_path / "r.arrow"), 10))
        await asyncio.gather(idle.wait(), worker.wait())
        async with pool.lease() as worker:
            await worker.call(plan("select 1"))

    with_pool(work, SILENT_S_MAX)


def test_one_that_waits_for_a_slow_client_is_not_missed(with_pool, tmp_path: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        async with pool.lease() as worker:
            path = tmp_path / "r.arrow"
            await worker.call(plan("select explode(sequence(1, 4000000)) as n"))
            done = await worker.call(RunQuery(str(path), 10))
            asked = ExportResult(done.columns, path, done.batches, 0, done.rows, "csv")
            read = 0
            async for chunk in worker.stream(asked):
                if not read:
                    await asyncio.sleep(SILENT_S_MAX + 1)
                read += chunk.count(b"\n")
            assert read == 4_000_001

    with_pool(work, SILENT_S_MAX)


def test_a_fork_server_that_is_stopped_is_replaced(with_pool, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(lent: WorkerPool) -> None:
        monkeypatch.setattr(pool, "_PATIENCE", replace(pool._PATIENCE, start_s_max=1.0))
        stopped = forks.begin(())
        async with lent.lease() as worker:
            os.kill(stopped.pid, signal.SIGSTOP)
            with pytest.raises(Unavailable, match="No worker process has started within 1 s"):
                async with lent.lease():
                    pass
            assert not stopped.is_alive
            await worker.wait()  # its workers end with it
        monkeypatch.setattr(pool, "_PATIENCE", replace(pool._PATIENCE, start_s_max=30.0))
        async with lent.lease() as worker:
            await worker.call(plan("select 1"))

    with_pool(work)


def test_cancelling_kills(with_pool, tmp_path: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        async with pool.lease() as worker:
            await worker.call(plan(SLOW))
            task = asyncio.ensure_future(worker.call(RunQuery(str(tmp_path / "r.arrow"), 10)))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert worker.broken
        assert worker.pid not in pool.pids

    with_pool(work)


def test_no_more_workers_than_allowed(with_pool) -> None:
    async def work(pool: WorkerPool) -> None:
        most = 0

        async def one() -> None:
            nonlocal most
            async with pool.lease() as worker:
                most = max(most, len(pool.pids))
                await worker.call(plan("select 1"))

        await asyncio.gather(*(one() for _ in range(12)))
        assert most <= 2

    with_pool(work)


def test_a_worker_that_needs_too_much_memory_says_so(with_pool, tmp_path: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        async with pool.lease() as worker:
            await worker.call(plan(LARGE))
            with pytest.raises(Exception, match="memory"):
                await worker.call(RunQuery(str(tmp_path / "r.arrow"), 10))

    with_pool(work)
