"""Where the fork server begins: ``python -m yunbox.engine.duck.forkserver CONTROL PARENT MODULE ...``.

The first is the number of a socket, over which a byte and another socket come for each worker that is wanted. It has
one thread, as what forks should, and waits for nobody: its children are reaped by the kernel. It ends with its parent,
and its workers end with it.
"""

import os
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

from yunbox.kernel.supervise import die_with_parent


def main(number: str, parent: str, *modules: str) -> int:
    """Fork whenever it is asked for, until nobody can ask any more."""
    die_with_parent(int(parent))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # at a terminal it is the server that ends
    control = socket.socket(fileno=int(number))
    for module in modules:
        import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        try:
            asked, numbers, _, _ = socket.recv_fds(control, 1, 1)
        except ConnectionError:
            return 0
        if not asked:
            return 0
        _forked(control, numbers)


def _forked(control: socket.socket, numbers: Sequence[int]) -> None:
    """A worker on a socket. If the machine has no room for one, its socket is closed, which says so."""
    server = os.getpid()
    for number in numbers:
        try:
            if os.fork() == 0:
                control.close()
                _work(number, server)
        except OSError:
            traceback.print_exc()
        os.close(number)


def _work(number: int, server: int) -> None:
    """A worker's life."""
    status = 1
    try:
        die_with_parent(server)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        from yunbox.engine.duck import worker

        worker.main(socket.socket(fileno=number))
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
