"""The fork server of all workers: it loads the engine once, and each worker is a fork of it, ready in milliseconds.

Loading takes half a second of one core. A server that begins it before its own imports has both done at the same time;
hence this module imports next to nothing.
"""

import multiprocessing
from collections.abc import Iterable
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext

_ENGINE = "yunbox.engine.duck.worker"


def begin(dialects: Iterable[str]) -> None:
    """Start the fork server, with the modules of some dialects beside the engine."""
    context(dialects)
    forkserver.ensure_running()


def context(dialects: Iterable[str]) -> ForkServerContext:
    """What workers are started with."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload([*dialects, _ENGINE])
    return made
