"""The fork server of all workers: it loads the engine once, and each worker is a fork of it, ready in milliseconds.

Loading takes half a second of one core. A server that begins it before its own imports has both done at the same time;
hence this module imports next to nothing. What is said to the fork server is a socket, for another worker, over a
socket that only the two have: nothing lies in a folder that a kill would leave there.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterable

from yunbox.kernel.errors import Unavailable

_MODULE = "yunbox.engine.duck.forkserver"
_ENGINE = "yunbox.engine.duck.worker"


class ForkServer:
    """One, with some modules loaded."""

    def __init__(self, modules: Iterable[str]) -> None:
        self._control, theirs = socket.socketpair()
        self._control.setblocking(False)
        with theirs:
            command = [sys.executable, "-m", _MODULE, str(theirs.fileno()), str(os.getpid()), *modules]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=(theirs.fileno(),))  # noqa: S603

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def fork(self) -> socket.socket:
        """The way to another worker, which comes there soon, or hangs up. Raises Unavailable."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control, [b"f"], [theirs.fileno()])
            except OSError as error:
                ours.close()
                raise Unavailable(f"The fork server takes nothing ({error}): try again soon") from None
        ours.setblocking(False)
        return ours

    def kill(self) -> None:
        """End it at once, and its workers with it."""
        self._process.kill()
        self._process.wait()
        self._control.close()


_server: ForkServer | None = None


def begin(dialects: Iterable[str]) -> ForkServer:
    """The fork server; it is started, with the modules of some dialects beside the engine, where none runs."""
    global _server
    if _server is None or not _server.is_alive:
        if _server is not None:
            _server.kill()
        _server = ForkServer([*dialects, _ENGINE])
    return _server
