"""Where a worker process begins. The control process names it to the fork server; the engine is imported in the worker.

To pickle a function is to import its module, so this one has nothing heavy at its top.
"""

import socket

from yunbox.engine.duck.messages import WorkerConfig


def main(sock: socket.socket, config: WorkerConfig) -> None:
    """Serve requests until the control process goes away."""
    from yunbox.engine.duck import worker

    worker.main(sock, config)
