"""A session cluster of Flink on this machine: JobManager, TaskManager and SQL Gateway, started, found again, ended.

It listens on the loopback only and goes on after the command that started it. What runs is written down before anything
is waited for, so that a start that was killed leaves nothing that the next one, or a stop, does not find.
"""

import contextlib
import fcntl
import http.client
import json
import os
import shutil
import socket
import ssl
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from yunbox.adapters.flink.cluster import process
from yunbox.adapters.flink.cluster.jars import fetch_jars, flink_library
from yunbox.adapters.flink.cluster.java import find_java
from yunbox.adapters.flink.cluster.keys import Keys
from yunbox.adapters.flink.cluster.process import Process
from yunbox.adapters.flink.cluster.settings import (
    GATEWAY,
    HOST,
    JOBMANAGER,
    TASKMANAGER,
    Layout,
    Ports,
    Size,
    command,
    environment,
    write_settings,
)  # fmt: skip
from yunbox.kernel.errors import AlreadyExists, Conflict, NotFound, Unavailable
from yunbox.storage.files import write_durably

FOLDER = "flink/cluster"
"""Where it lies, in the data folder."""
START = "yunbox flink cluster start"
STOP = "yunbox flink cluster stop"
_POLL_S = 0.25
_ASK_TIMEOUT_S = 5.0
_TAIL_BYTES, _TAIL_LINES = 64 * 1024, 8
_ENDED = ("FINISHED", "CANCELED", "FAILED")


class Record(msgspec.Struct):
    """What was started; ``is_ready`` once it has answered."""

    processes: list[Process]
    gateway: str
    jobmanager: str
    is_ready: bool = False


class Cluster:
    """The cluster of one data folder."""

    def __init__(self, data: Path) -> None:
        self._data = data.expanduser().absolute()
        self._layout = Layout(self._data / FOLDER)
        self._keys = Keys(self._layout.conf, HOST)

    @property
    def logs(self) -> Path:
        """The folder of what its processes say."""
        return self._layout.logs

    # -- start

    def start(
        self, jars: Path | None, port_base: int, size: Size, timeout_s: float, *, is_open: bool = False
    ) -> Record:
        """Start it, and return once it takes statements. One that is open asks nobody for the key.

        Raises AlreadyExists for one that runs, Conflict for one that has lost a process, NotFound for what is not
        installed, Unavailable where it does not come up.
        """
        java, library = find_java(), flink_library()
        with self._alone():
            self._check_free()
            given = fetch_jars(self._layout.jars, jars)
            paths = [*sorted(library.glob("*.jar")), *given]
            ports = _ports(port_base)
            self._prepare(ports, size, is_open=is_open)
            scheme = "http" if is_open else "https"
            record = Record([], f"{scheme}://{HOST}:{ports.gateway}", f"{scheme}://{HOST}:{ports.rest}")
            try:
                for name in (JOBMANAGER, TASKMANAGER, GATEWAY):
                    words = command(name, java, paths, self._layout, size)
                    variables = environment(self._layout, library)
                    record.processes.append(process.start(name, words, variables, self._layout.logs / f"{name}.out"))
                    self._write(record)
                self._wait(record, size.slots, timeout_s)
            except BaseException:
                self._end(record)
                raise
            record.is_ready = True
            self._write(record)
            return record

    def _check_free(self) -> None:
        """Whether it can be started; what a start that was killed has left is ended."""
        found = self._read()
        if found is None:
            return
        gone = [one.name for one in found.processes if not one.runs]
        if not found.is_ready or len(gone) == len(found.processes):
            self._end(found)
            return
        if gone:
            raise Conflict(
                f"The {' and the '.join(gone)} of the cluster has ended: see {self.logs}, and end the rest with "
                f"`{STOP}`"
            )
        raise AlreadyExists(f"The cluster runs already, at {found.gateway}: `{STOP}` ends it")

    def _prepare(self, ports: Ports, size: Size, *, is_open: bool) -> None:
        layout = self._layout
        shutil.rmtree(layout.scratch, ignore_errors=True)
        shutil.rmtree(layout.root / "checkpoints", ignore_errors=True)  # of jobs that have ended with their cluster
        shutil.rmtree(layout.logs, ignore_errors=True)
        for folder in (layout.scratch / "plugins", layout.logs, layout.conf):
            folder.mkdir(parents=True, exist_ok=True)
        write_settings(layout, ports, size, {} if is_open else self._keys.make())

    def _wait(self, record: Record, slots: int, timeout_s: float) -> None:
        """Return once there are a gateway, and slots for tasks. Raises Unavailable with what a log says at its end."""
        deadline = time.monotonic() + timeout_s
        while True:
            for one in record.processes:
                if not one.runs:
                    raise Unavailable(f"Flink's {one.name} has ended: {self._tail(one.name)}")
            overview = self._ask(record, record.jobmanager, "/overview")
            lacking = GATEWAY if overview else JOBMANAGER
            if overview and overview["slots-total"] < slots:
                lacking = TASKMANAGER
            elif overview and self._ask(record, record.gateway, "/info"):
                return
            if time.monotonic() > deadline:
                raise Unavailable(f"Flink's {lacking} was not ready after {timeout_s:g} s: {self._tail(lacking)}")
            time.sleep(_POLL_S)

    def _tail(self, name: str) -> str:
        """The last lines of a process's log, or else of what it has printed, and where the file lies."""
        for file in (self.logs / f"{name}.log", self.logs / f"{name}.out"):
            if file.exists() and file.stat().st_size:
                with file.open("rb") as data:
                    data.seek(max(file.stat().st_size - _TAIL_BYTES, 0))
                    lines = data.read().decode("utf-8", "replace").splitlines()
                return "\n".join([f"see {file}, which ends with", *lines[-_TAIL_LINES:]])
        return f"it has said nothing in {self.logs}"

    # -- afterwards

    def find(self) -> Record:
        """The cluster that runs. Raises NotFound where there is none, or not all of it."""
        found = self._read()
        if found is None or not any(one.runs for one in found.processes):
            raise NotFound(f"No cluster of Flink runs: start one with `{START}`, or name the SQL Gateway of another")
        if not found.is_ready:
            raise NotFound("A cluster of Flink is starting, or was killed while it did: `yunbox flink cluster status`")
        gone = [one.name for one in found.processes if not one.runs]
        if gone:
            raise NotFound(f"The {' and the '.join(gone)} of the cluster has ended: see {self.logs}, and `{STOP}`")
        return found

    def peek(self) -> Record | None:
        """What was started and has not been stopped, whether it still runs or not."""
        return self._read()

    def stop(self) -> Record | None:
        """End it, and its jobs; None where none was started."""
        with self._alone():
            found = self._read()
            if found is not None:
                self._end(found)
            return found

    def _end(self, record: Record) -> None:
        process.end(record.processes)
        self._layout.record.unlink(missing_ok=True)
        shutil.rmtree(self._layout.scratch, ignore_errors=True)

    # -- what it says

    def context(self, record: Record) -> ssl.SSLContext | None:
        """With which its interfaces are spoken to; None for one that is open."""
        return self._keys.context() if record.gateway.startswith("https:") else None

    def overview(self, record: Record) -> dict[str, Any]:
        """What the JobManager says of slots and jobs; nothing where it does not answer."""
        return self._ask(record, record.jobmanager, "/overview")

    def jobs(self, record: Record) -> list[str]:
        """The ids of the jobs that have not ended."""
        found = self._ask(record, record.jobmanager, "/jobs/overview").get("jobs", [])
        return [one["jid"] for one in found if one["state"] not in _ENDED]

    def _ask(self, record: Record, endpoint: str, path: str) -> dict[str, Any]:
        place = urlsplit(endpoint).netloc
        context = self.context(record)
        if context is None:
            line = http.client.HTTPConnection(place, timeout=_ASK_TIMEOUT_S)
        else:
            line = http.client.HTTPSConnection(place, timeout=_ASK_TIMEOUT_S, context=context)
        try:
            line.request("GET", path)
            answer = line.getresponse()
            return json.loads(answer.read()) if answer.status == http.HTTPStatus.OK else {}
        except (OSError, http.client.HTTPException, ValueError):
            return {}
        finally:
            line.close()

    # -- the record

    def _write(self, record: Record) -> None:
        write_durably(self._layout.record, msgspec.json.encode(record))

    def _read(self) -> Record | None:
        try:
            return msgspec.json.decode(self._layout.record.read_bytes(), type=Record)
        except FileNotFoundError:
            return None

    @contextlib.contextmanager
    def _alone(self) -> Generator[None]:
        """One command at a time. Raises Conflict."""
        self._data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._layout.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._layout.root / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Conflict("Another command starts or stops this cluster: try again once it has") from None
            yield


def _ports(base: int) -> Ports:
    """Those from a number on, or free ones. Raises Conflict for one that is taken."""
    with contextlib.ExitStack() as held:
        found = []
        for offset in range(3):
            one = held.enter_context(socket.socket())
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind((HOST, base + offset if base else 0))
            except OSError as error:
                raise Conflict(f"Port {base + offset} cannot be had: {os.strerror(error.errno or 0)}") from None
            found.append(one.getsockname()[1])
    return Ports(*found)
