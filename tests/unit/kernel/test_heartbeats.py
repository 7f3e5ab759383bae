"""Heartbeats: who is stopped is missed, who works or waits is not, and who was stopped himself misses nobody."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.waiting import until
from yunbox.kernel.heartbeats import Watch, processor_ns

READY = "print('ready', flush=True); import re, time; "
WAITS = "from yunbox.kernel.heartbeats import beat; beat(0.05); " + READY + "time.sleep(600)"
HOLDS = READY + "re.match('(a+)+$', 'a' * 60 + 'b')"
"""While it works, no other thread of Python runs."""
SILENT = READY + "time.sleep(600)"
_CHANCE_S = 0.1


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@contextmanager
def process(code: str) -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as made:
        assert made.stdout is not None
        made.stdout.readline()
        yield made.pid
        made.kill()


def looked(watch: Watch, clock: Clock, pid: int, seconds: float) -> bool:
    """Whether it is lost after so many seconds, in each of which it had the chance to show that it lives."""
    for _ in range(int(seconds)):
        taken = processor_ns(pid)
        end = time.monotonic() + _CHANCE_S
        while processor_ns(pid) == taken and time.monotonic() < end:
            time.sleep(0.01)
        clock.now_s += 1.0
        if watch.is_lost():
            return True
    return False


@pytest.mark.parametrize("code", [WAITS, HOLDS])
def test_who_waits_or_works_lives(code: str) -> None:
    clock = Clock()
    with process(code) as pid:
        assert not looked(Watch(pid, 5.0, clock), clock, pid, 20)


def test_who_is_stopped_is_missed_until_he_goes_on() -> None:
    clock = Clock()
    with process(WAITS) as pid:
        watch = Watch(pid, 5.0, clock)
        os.kill(pid, signal.SIGSTOP)
        assert not looked(watch, clock, pid, 4)
        assert looked(watch, clock, pid, 40)
        os.kill(pid, signal.SIGCONT)
        until(lambda: not watch.is_lost())


def test_who_hangs_is_missed() -> None:
    clock = Clock()
    with process(SILENT) as pid:
        assert looked(Watch(pid, 5.0, clock), clock, pid, 40)


def test_who_was_stopped_himself_misses_nobody() -> None:
    clock = Clock()
    with process(SILENT) as pid:
        watch = Watch(pid, 50.0, clock)
        for _ in range(20):
            clock.now_s += 3600.0
            assert not watch.is_lost()


def test_who_has_ended_is_gone() -> None:
    clock = Clock()
    with process("print('ready', flush=True)") as pid:
        pass
    watch = Watch(pid, 1.0, clock)
    clock.now_s += 100.0
    assert not watch.is_lost()
    with pytest.raises(ProcessLookupError):
        processor_ns(pid)
