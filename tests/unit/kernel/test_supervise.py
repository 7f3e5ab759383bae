"""Child processes: started again with patience, killed when they do not answer, ended in order, left behind never."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable

import psutil
import pytest

from yunbox.kernel.errors import Unavailable
from yunbox.kernel.supervise import Backoff, Patience, Supervisor

QUICK = Patience(
    start_s_max=10, pause_s=0.001, pause_s_max=0.01, health_every_s=0.01, health_s_max=0.05, drain_s_max=0.2
)
SLEEPS = "import time; print('ready', flush=True); time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
FAILS = "import sys; sys.exit(3)"


class Script:
    """A Python script as a child."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.answers = True

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ready(self) -> None:
        assert self._process.stdout is not None
        if not await self._process.stdout.readline():
            raise Unavailable("it ended at once")

    async def healthy(self) -> bool:
        return self.answers

    async def wait(self) -> None:
        await self._process.wait()

    def terminate(self) -> None:
        if self._process.returncode is None:
            self._process.terminate()

    def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()


def starts(code: str) -> Callable[[], Awaitable[Script]]:
    async def spawn() -> Script:
        return Script(await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=subprocess.PIPE))

    return spawn


async def again(supervisor: Supervisor[Script], restarts: int) -> Script:
    async with asyncio.timeout(20):
        while supervisor.restarts < restarts:
            await asyncio.sleep(0.005)
    return supervisor.child


def test_one_that_is_killed_is_started_again() -> None:
    async def run() -> None:
        supervisor = Supervisor("script", starts(SLEEPS), QUICK)
        await supervisor.start()
        first = supervisor.child.pid
        os.kill(first, signal.SIGKILL)
        second = await again(supervisor, 1)
        assert second.pid != first
        await supervisor.stop()
        assert not psutil.pid_exists(second.pid)

    asyncio.run(run())


def test_one_that_does_not_answer_is_killed_and_started_again() -> None:
    async def run() -> None:
        supervisor = Supervisor("script", starts(SLEEPS), QUICK)
        await supervisor.start()
        first = supervisor.child
        first.answers = False
        await again(supervisor, 1)
        assert not psutil.pid_exists(first.pid)
        await supervisor.stop()

    asyncio.run(run())


def test_one_that_does_not_want_to_end_is_made_to() -> None:
    async def run() -> None:
        supervisor = Supervisor("script", starts(DEAF), QUICK)
        await supervisor.start()
        pid = supervisor.child.pid
        await supervisor.stop()
        assert not psutil.pid_exists(pid)
        with pytest.raises(Unavailable):
            _ = supervisor.child

    asyncio.run(run())


def test_one_that_cannot_start_says_so() -> None:
    with pytest.raises(Unavailable, match="ended at once"):
        asyncio.run(Supervisor("script", starts(FAILS), QUICK).start())


def test_one_that_is_stopped_while_it_starts_is_not_started_any_more() -> None:
    async def run() -> None:
        begun = asyncio.Event()
        made: list[Script] = []

        async def spawn() -> Script:
            made.append(await starts("import time; time.sleep(600)")())  # it never says that it is ready
            begun.set()
            return made[-1]

        supervisor = Supervisor("script", spawn, QUICK)
        starting = asyncio.create_task(supervisor.start())
        await begun.wait()
        await supervisor.stop()
        with pytest.raises(Unavailable, match="stopped before it had started"):
            await starting
        assert not psutil.pid_exists(made[0].pid)
        assert [one.get_name() for one in asyncio.all_tasks() if "supervise" in one.get_name()] == []

    asyncio.run(run())


def test_one_that_is_stopped_at_once_has_not_been_started() -> None:
    async def run() -> None:
        supervisor = Supervisor("script", starts(SLEEPS), QUICK)
        starting = asyncio.create_task(supervisor.start())
        await asyncio.sleep(0)
        await supervisor.stop()
        with pytest.raises(Unavailable, match="stopped before it had started"):
            await starting

    asyncio.run(run())


def test_whose_start_is_given_up_leaves_nothing() -> None:
    async def run() -> None:
        supervisor = Supervisor("script", starts(SLEEPS), QUICK)
        starting = asyncio.create_task(supervisor.start())
        await asyncio.sleep(0)
        starting.cancel()
        await asyncio.wait([starting])
        assert starting.cancelled()
        assert [one.get_name() for one in asyncio.all_tasks() if "supervise" in one.get_name()] == []

    asyncio.run(run())


def test_the_pause_doubles_and_begins_anew_after_a_steady_while() -> None:
    now = [1000.0]
    backoff = Backoff(Patience(pause_s=1, pause_s_max=5, steady_s=60), lambda: now[0])
    assert backoff.pause_s == 0
    pauses = []
    for _ in range(5):
        backoff.failed()
        pauses.append(backoff.pause_s)
    assert pauses == [1, 2, 4, 5, 5]
    now[0] += 61
    backoff.failed()
    assert backoff.pause_s == 1


def test_nothing_is_left_behind_when_the_parent_is_killed() -> None:
    child = "import os, time; from yunbox.kernel.supervise import die_with_parent; die_with_parent(os.getppid());"
    child += " print(os.getpid(), flush=True); time.sleep(600)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.kill()
        process.wait()
        for found in [psutil.Process(pid)] if psutil.pid_exists(pid) else []:
            found.wait(20)
    assert not psutil.pid_exists(pid)
