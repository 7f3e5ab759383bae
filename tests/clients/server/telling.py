"""A server that leaves the names of its modules in a file when it ends: what it imported is what it costs."""

from pathlib import Path

from yunbox.testing.server import Server

_TELLING = """
import atexit, os, pathlib, sys
def tell():
    pathlib.Path({folder!r}, str(os.getpid())).write_text(chr(10).join(sys.modules))
atexit.register(tell)
"""


class Telling:
    """A server within a folder, with some options."""

    def __init__(self, folder: Path, *options: str) -> None:
        for name in ("site", "told", "data"):
            (folder / name).mkdir()
        self._told = folder / "told"
        (folder / "site" / "sitecustomize.py").write_text(_TELLING.format(folder=str(self._told)))
        self.server = Server(folder / "data", options=options, env={"PYTHONPATH": str(folder / "site")})

    def modules(self) -> set[str]:
        """Stop the server; the modules it had by then."""
        pid = self.server.pid
        self.server.stop()
        return set((self._told / str(pid)).read_text().split())
