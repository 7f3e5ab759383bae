"""A job's process, as the gateway sees it: what it says is noted, and what is asked of it is passed on."""

import asyncio
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from yunbox.engine.stream.heartbeats import Heartbeats
from yunbox.engine.stream.jobfile import JobFile
from yunbox.engine.stream.udf.loading import FILES
from yunbox.kernel.heartbeats import Watch
from yunbox.services.flink.jobs.pythonfiles import FOLDER, kept
from yunbox.services.flink.jobs.record import Record
from yunbox.spine.child import ChildProcess
from yunbox.storage.files import write_durably

_MODULE = "yunbox.engine.stream.main"
Rows = list[list[Any]]


class JobProcess:
    """One run of a job, from its start to its end."""

    def __init__(
        self,
        record: Record,
        folder: Path,
        savepoints: Path,
        addresses: Mapping[str, str],
        take: Callable[[Rows], None],
    ) -> None:
        self._record = record
        self._folder = folder
        self._savepoint_folder = savepoints
        self._addresses = addresses
        self._take = take
        self._child: ChildProcess | None = None
        self.progress: dict[str, Any] = {}
        self.failure: dict[str, Any] | None = None
        self.end: dict[str, Any] | None = None
        self.is_ready = asyncio.Event()
        self._savepoints: dict[str, asyncio.Future[None]] = {}

    async def start(self) -> None:
        """Begin it."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        record = self._record
        statement, catalog, settings = self._readdressed(record)
        if folders := kept(self._folder / FOLDER):
            settings = {**settings, FILES: ",".join(folders)}
        folder = str(self._savepoint_folder)
        job = JobFile(record.id, record.name, statement, catalog, settings, os.getpid(), folder)
        file = self._folder / "job.json"
        await asyncio.to_thread(write_durably, file, msgspec.json.encode(job))
        self._child = await ChildProcess.spawn(_MODULE, str(file), self._hear)

    def _readdressed(self, record: Record) -> tuple[str, dict[str, Any], dict[str, str]]:
        """What runs, with the places where this server's services are now: they may have other ports."""
        moved = {was: self._addresses[name] for name, was in record.addresses.items()
                 if name in self._addresses and self._addresses[name] != was}  # fmt: skip
        if not moved:
            return record.statement, record.catalog, record.settings
        pattern = re.compile("|".join(rf"{re.escape(was)}(?!\d)" for was in moved))

        def replaced(text: str) -> str:
            return pattern.sub(lambda found: moved[found[0]], text)

        settings = {key: replaced(value) for key, value in record.settings.items()}
        return replaced(record.statement), json.loads(replaced(json.dumps(record.catalog))), settings

    async def wait(self) -> None:
        """Return once it has ended, of itself or because it was stopped, or hung, and was killed for that."""
        assert self._child is not None
        await self._until_gone(self._child)
        for future in self._savepoints.values():
            if not future.done():
                future.set_exception(RuntimeError("The job ended before its savepoint was written"))

    async def _until_gone(self, child: ChildProcess) -> None:
        pid = child.pid
        assert pid is not None
        heartbeats = Heartbeats.of_job(self._record.settings)
        watch = Watch(pid, heartbeats.timeout_s)
        gone = asyncio.ensure_future(child.wait())
        try:
            while not gone.done():
                await asyncio.wait([gone], timeout=watch.every_s)
                if not gone.done() and watch.is_lost():
                    self.failure = {"message": heartbeats.missed("job", pid), "is_final": False, "trace": ""}
                    child.kill()
                    await gone
        finally:
            gone.cancel()

    def stop(self, savepoint: str = "") -> None:
        """Ask it to end behind its present epoch, perhaps with a savepoint."""
        self._say("stop", {"savepoint": savepoint} if savepoint else {})

    async def savepoint(self, path: str) -> None:
        """Have it write a savepoint while it goes on."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._savepoints[path] = future
        self._say("savepoint", {"path": path})
        await future

    def more(self, rows: int) -> None:
        """Its client has taken so many rows: it may give as many again."""
        self._say("more", {"rows": rows})

    def kill(self) -> None:
        """End it at once."""
        if self._child is not None:
            self._child.kill()

    @property
    def pid(self) -> int | None:
        """The process id."""
        return self._child.pid if self._child is not None else None

    def _say(self, word: str, body: dict[str, Any]) -> None:
        if self._child is not None:
            self._child.channel.say(word, json.dumps(body).encode())

    def _hear(self, word: str, body: bytes) -> None:
        match word:
            case "running":
                self.is_ready.set()
            case "progress":
                self.progress = json.loads(body)
            case "rows":
                self._take(json.loads(body))
            case "failed":
                self.failure = json.loads(body)
            case "stopped":
                self.end = json.loads(body)
            case "savepoint":
                future = self._savepoints.pop(json.loads(body)["path"], None)
                if future is not None and not future.done():
                    future.set_result(None)
