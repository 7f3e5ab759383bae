"""The engine's event loop: connections of gateways, each with a statement that runs in a thread and can be stopped.

DuckDB is opened when the first statement comes. A statement that does not stop when it is told to takes the engine with
it: it ends itself, and is started again.
"""

import asyncio
import contextlib
import logging
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from time import monotonic, process_time
from typing import TYPE_CHECKING, TypeVar

from yunbox.engine.duck.pipe import Pipe
from yunbox.engine.holo import messages as m
from yunbox.engine.holo.config import STARVED_S_MAX, STATEMENTS_MAX, STOP_S_MAX, EngineConfig
from yunbox.engine.holo.sampling import Sampling, due, look
from yunbox.engine.holo.shares import Shares
from yunbox.kernel.periodic import Periodic
from yunbox.storage.rows.databases import DatabaseGone
from yunbox.storage.rows.store import RowStore
from yunbox.wire.pgwire.report import PgError, Report

if TYPE_CHECKING:
    from yunbox.engine.holo.opened import Opened
    from yunbox.engine.holo.statement import Statement

_LOG = logging.getLogger("yunbox")
_STUCK = 70
_INTERRUPT_S = 0.05
_UPKEEP_EVERY_S = 5.0
_KEEP_UP_EVERY_S = 0.2
_KEEP_UP_SHARE = 0.25
"""Of a core's time, to have copies follow what is written while nobody reads."""
_ANALYZE_EVERY_S, _ANALYZE_SHARE = 5.0, 0.1
"""How often it is looked which tables have changed much, and what share of a core's time they may take."""
_LOG_ENTRIES_MAX = 100_000
"""How many changes may wait for copies, which an engine before this one has made, without DuckDB being opened."""
_YIELD_S = 0.001
T = TypeVar("T")


class Engine:
    """DuckDB, and the threads that statements run in."""

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        self._threads = ThreadPoolExecutor(STATEMENTS_MAX, "statement")
        self._opening = threading.Lock()
        self._shares = Shares()
        self._opened: Opened | None = None
        self._store = RowStore(Path(config.rows))
        self._serving: set[asyncio.Task[None]] = set()
        self._analyzed = -1

    def connected(self) -> Pipe:
        """A gateway has connected."""
        pipe = Pipe()
        task = asyncio.get_running_loop().create_task(self._serve(pipe))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        return pipe

    async def _serve(self, pipe: Pipe) -> None:
        """The statements of one connection, one after another."""
        statement: Statement | None = None
        sampling = Sampling(self._store)
        try:
            while True:
                request = m.unpacked(await pipe.receive())
                if isinstance(request, m.Sample):
                    await self._answer(pipe, sampling, request)
                    continue
                if isinstance(request, m.Settle) and self._opened is None:  # nobody reads copies
                    await pipe.send(m.started(m.Started()))
                    continue
                statement = statement or await self._in_thread(self._statement)
                await self._answer(pipe, statement, request)
        except ConnectionError:
            pass
        finally:
            pipe.close()
            if statement is not None:
                await self._in_thread(statement.close)

    async def _answer(self, pipe: Pipe, statement: "Statement | Sampling", request: m.Request) -> None:
        """Run a request; a gateway that hangs up meanwhile stops it. Raises ConnectionError then."""
        work = asyncio.get_running_loop().run_in_executor(self._threads, _answered, statement, request, self._shares)
        if not await pipe.outlives(work):
            await self._stop(statement, work)
            raise ConnectionResetError
        await pipe.send(work.result())

    async def _stop(self, statement: "Statement | Sampling", work: "asyncio.Future[bytes]") -> None:
        end, used = monotonic() + STOP_S_MAX, process_time() + STOP_S_MAX
        latest = monotonic() + STARVED_S_MAX
        while monotonic() < end or (process_time() < used and monotonic() < latest):
            statement.interrupt()  # again and again: one that comes before the statement has begun is not heard
            done, _ = await asyncio.wait([work], timeout=_INTERRUPT_S)
            if done:
                return
        _LOG.warning("a statement of Hologres did not stop: the engine is started again")
        os._exit(_STUCK)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _statement(self) -> "Statement":
        from yunbox.engine.holo.statement import Statement

        return Statement(self._open())

    def _open(self) -> "Opened":
        from yunbox.engine.holo.opened import Opened

        with self._opening:
            self._opened = self._opened or Opened.of(self._config, self._store)
        return self._opened

    async def upkeep(self) -> None:
        """Have the row store's logs be short."""
        await self._in_thread(self._kept)

    async def keep_up(self) -> None:
        """Have the copies that are read follow their tables: the next statement has the less to wait for."""
        if self._opened is None:
            return
        began = monotonic()
        await self._in_thread(self._opened.copies.keep_up)
        await asyncio.sleep((monotonic() - began) * (1 / _KEEP_UP_SHARE - 1))

    async def analyze(self) -> None:
        """Have statistics be of tables as they are: of those that have changed much, one after another."""
        last, tables = await self._in_thread(lambda: due(self._store, self._analyzed))
        for store, oid in tables:
            began = monotonic()
            with contextlib.suppress(DatabaseGone):
                await self._in_thread(lambda at=store, of=oid: look(at, of, self._yield))
            await asyncio.sleep((monotonic() - began) * (1 / _ANALYZE_SHARE - 1))
        self._analyzed = last

    def _yield(self) -> None:
        """Let statements that run go first."""
        if self._shares.is_busy:
            time.sleep(_YIELD_S)

    def _kept(self) -> None:
        self._store.forget_readers()
        with self._store.reading() as view:
            if self._opened is None and view.log_entries < _LOG_ENTRIES_MAX:
                return
        self._open().copies.upkeep()


def _answered(statement: "Statement | Sampling", request: m.Request, shares: Shares) -> bytes:
    """A request's answer; in a thread."""
    import duckdb

    from yunbox.engine.holo.faults import report_of

    try:
        with shares.work() as share:
            made = _made(statement, request)
        if isinstance(made, m.Started | m.Found):
            return m.started(replace(made, compute_s=share.seconds))
        return m.batch(replace(made, compute_s=share.seconds))
    except duckdb.FatalException:
        _LOG.exception("Hologres' DuckDB cannot go on: the engine is started again")
        os._exit(_STUCK)
    except duckdb.Error as error:
        return m.failed(report_of(error))
    except PgError as error:
        return m.failed(error.report)
    except MemoryError:
        return m.failed(Report("ERROR", "53200", "out of memory"))
    except Exception as error:
        _LOG.exception("a statement of Hologres failed in the engine")
        return m.failed(Report("ERROR", "XX000", f"internal error: {type(error).__name__}"))


def _made(statement: "Statement | Sampling", request: m.Request) -> m.Started | m.Rows | m.Found:
    if isinstance(statement, Sampling):
        assert isinstance(request, m.Sample), "it is asked for nothing else"
        return statement.run(request)
    match request:
        case m.Run():
            return statement.run(request)
        case m.Take():
            return statement.take(request)
        case m.Settle():
            return statement.settle()
        case m.Sample():
            raise AssertionError("a sample is no statement's")


async def serve(config: EngineConfig, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve gateways until it is told to stop."""
    shutil.rmtree(config.spill, ignore_errors=True)  # of one that was killed
    config.spill.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = Engine(config)
    server = await asyncio.get_running_loop().create_unix_server(engine.connected, sock=listener)
    upkeep = Periodic(_LOG, _UPKEEP_EVERY_S, engine.upkeep)
    analyzing = Periodic(_LOG, _ANALYZE_EVERY_S, engine.analyze)
    async with server, upkeep, analyzing, Periodic(_LOG, _KEEP_UP_EVERY_S, engine.keep_up):
        await stop.wait()
