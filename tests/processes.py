"""The processes of a server."""

import os
import random
import signal
import time
from collections.abc import Sequence

import psutil

from yunbox.testing.server import Server


def children(server: Server, module: str) -> list[psutil.Process]:
    """Those that run a module of the package."""
    found = psutil.Process(server.pid).children(recursive=True)
    return [child for child in found if any(module in word for word in _words(child))]


def kill_some(server: Server, cycle: int, victims: Sequence[str], every: int) -> None:
    """After a while that the cycle decides: kill a process of one of some modules or, in every so manieth cycle, all of
    the server, which is started again."""
    chance = random.Random(cycle)
    time.sleep(chance.uniform(0.3, 1.5))
    if cycle % every == 0:
        server.kill()
        server.start()
        return
    found = children(server, chance.choice(victims))
    if found:
        os.kill(chance.choice(found).pid, signal.SIGKILL)


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # it has just ended
        return []
