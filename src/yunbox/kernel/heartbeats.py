"""Heartbeats: whether a process lives, though it has not answered for long.

What shows it is time of the processor: a thread of the process takes a little of it now and then, also while the
process waits for others, and a long computation takes it anyway, even one that lets no other thread of Python run. One
that takes none for so long is stopped, or hangs. Nothing is sent, so nothing can be held up on its way.

A look counts for no more than a few of them should be apart: who was himself stopped for a while, as all processes of a
machine are that sleeps, takes nobody for dead.
"""

import ctypes
import os
import threading
import time
from collections.abc import Callable

_LOOKS = 20
_LOOK_S_MAX = 1.0
_LATE = 2.0
_LIBC = ctypes.CDLL(None, use_errno=True)


def beat(every_s: float) -> None:
    """To be called by a process: from now on it shows that often that it lives."""
    threading.Thread(target=_beats, args=(every_s,), name="yunbox-heartbeat", daemon=True).start()


def _beats(every_s: float) -> None:
    while True:
        time.sleep(every_s)
        before = time.process_time_ns()
        while time.process_time_ns() == before:  # where the kernel's clock is coarse, a moment is too little
            pass


def processor_ns(pid: int) -> int:
    """How much time of the processor a process has taken. Raises OSError when it is gone."""
    clock = ctypes.c_int()
    error = _LIBC.clock_getcpuclockid(pid, ctypes.byref(clock))
    if error:
        raise OSError(error, os.strerror(error))
    return time.clock_gettime_ns(clock.value)


class Watch:
    """Looks after one process, which is to show within ``timeout_s`` that it lives."""

    def __init__(self, pid: int, timeout_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._pid = pid
        self._timeout_s = timeout_s
        self._now = now
        self._seen_ns = -1
        self._silent_s = 0.0
        self._looked = now()

    @property
    def every_s(self) -> float:
        """How often to look."""
        return min(self._timeout_s / _LOOKS, _LOOK_S_MAX)

    def is_lost(self) -> bool:
        """Look at it: whether it has not shown for so long that it lives. One that has ended is not lost, but gone."""
        now = self._now()
        apart_s, self._looked = min(now - self._looked, _LATE * self.every_s), now
        try:
            taken = processor_ns(self._pid)
        except OSError:
            return False
        if taken != self._seen_ns:
            self._seen_ns, self._silent_s = taken, 0.0
        else:
            self._silent_s += apart_s
        return self._silent_s > self._timeout_s
