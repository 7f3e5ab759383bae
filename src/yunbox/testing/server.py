"""A Yunbox server as a child process, for tests: start, stop, kill, start again on the same data."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0


class Server:
    """One server. Use it as a context manager, or call ``start`` and ``stop``.

    ``endpoints`` has a URL for each service, and for a database its host, port and dbname. ``endpoint``, ``project``,
    ``access_key_id`` and ``access_key_secret`` are what a client needs.
    """

    def __init__(self, data: Path, *, options: tuple[str, ...] = (), env: dict[str, str] | None = None) -> None:
        self.data = data
        self.options = options
        self.env = env or {}
        self.process: subprocess.Popen[str] | None = None
        self.endpoints: dict[str, Any] = {}
        self.project = ""
        self.region = ""
        self.access_key_id = ""
        self.access_key_secret = ""

    @property
    def endpoint(self) -> str:
        """The MaxCompute endpoint."""
        return self.endpoints["maxcompute"]

    @property
    def pid(self) -> int:
        """The server's process id."""
        assert self.process is not None, "the server is not running"
        return self.process.pid

    def start(self) -> "Server":
        """Start the server and wait until it is ready."""
        command = [sys.executable, "-m", "yunbox", "up", "--data", str(self.data), "--output", "json", *self.options]
        errors = (self.data / "stderr.txt").open("a") if self.data.is_dir() else None
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env={**os.environ, **self.env}
        )
        if errors:
            errors.close()
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            code = self.process.wait(START_TIMEOUT_S)
            self.process.stdout.close()
            raise RuntimeError(f"the server did not start (exit status {code}): {self._errors()}")
        ready: dict[str, Any] = json.loads(line)
        self.endpoints = ready["endpoints"]
        self.project, self.region = ready["project"], ready["region"]
        self._read_credentials()
        return self

    def stop(self) -> int:
        """Ask the server to end, and wait; returns its exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Pull the plug."""
        self._end(signal.SIGKILL)

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None:
            self.stop()

    def _end(self, number: int) -> int:
        process = self.process
        assert process is not None, "the server is not running"
        process.send_signal(number)
        try:
            code = process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        finally:
            if process.stdout:
                process.stdout.close()
            self.process = None
        return code

    def _read_credentials(self) -> None:
        body = json.loads((self.data / "credentials.json").read_text())
        self.access_key_id, self.access_key_secret = body["access_key_id"], body["access_key_secret"]

    def _errors(self) -> str:
        path = self.data / "stderr.txt"
        return path.read_text()[-2000:] if path.exists() else ""
