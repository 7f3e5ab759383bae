"""The processes of a server."""

import psutil

from yunbox.testing.server import Server


def children(server: Server, module: str) -> list[psutil.Process]:
    """Those that run a module of the package."""
    found = psutil.Process(server.pid).children(recursive=True)
    return [child for child in found if any(module in word for word in _words(child))]


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # it has just ended
        return []
