"""Where a job's process begins: ``python -m yunbox.engine.stream.main JOB.json CHANNEL``.

The job's file says what runs, with the catalogue and the settings of its session; it holds the keys of its tables and
only its owner can read it. The channel is a socket, on which both sides say lines of a word and JSON:

    job to gateway   running | progress {...} | rows [[kind, [...]], ...] | stopped {...} | failed {...} | pong
    gateway to job   ping | more {"rows": N} | stop {} | stop {"savepoint": PATH} | savepoint {"path": PATH}
"""

import gc
import json
import os
import secrets
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from yunbox.engine.stream.batch import Change
from yunbox.engine.stream.connectors.connector import Unrecoverable
from yunbox.engine.stream.guard import LIMIT, Guard, Look
from yunbox.engine.stream.heartbeats import Heartbeats
from yunbox.engine.stream.job import JobRunner, Progress
from yunbox.engine.stream.jobfile import GARBAGE_EVERY, JobFile
from yunbox.engine.stream.operators.operator import ALWAYS, NEVER
from yunbox.engine.stream.parallel.messages import Gone
from yunbox.engine.stream.savepoints import check, restore, save
from yunbox.engine.stream.udf.loading import folders_of
from yunbox.engine.stream.udf.natives import Functions
from yunbox.kernel.errors import KernelError, StorageFull
from yunbox.kernel.heartbeats import beat
from yunbox.kernel.supervise import die_with_parent
from yunbox.sql.flink.catalog import Catalog
from yunbox.sql.flink.parallelism import without_wrong
from yunbox.sql.flink.planner import Planner
from yunbox.sql.flink.plans import Job
from yunbox.wire.pgwire.report import PgError

_REPORT_S = 0.5
_ROWS_A_LINE = 500
_ROWS_AHEAD = 20_000
_STATE = "state"
_RECOVERY = ("execution.state-recovery.path", "execution.savepoint.path")


class Line:
    """This end of the channel."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._lock = threading.Lock()

    def say(self, word: str, body: Any = None) -> None:
        """Send a line; it waits while the gateway has enough, which keeps the job from running ahead."""
        data = b"%b %b\n" % (word.encode(), json.dumps({} if body is None else body).encode())
        with self._lock:
            self._sock.sendall(data)

    def heard(self) -> Any:
        """The gateway's lines."""
        with self._sock.makefile("rb") as lines:
            for line in lines:
                word, _, body = line.rstrip(b"\n").partition(b" ")
                yield word.decode(), json.loads(body or b"{}")


class Process:
    """One job: works in the main thread, and hears in another."""

    def __init__(self, folder: Path, job: JobFile, line: Line) -> None:
        self._folder = folder
        self._job = job
        self._line = line
        self._stop = threading.Event()
        self._savepoints: list[str] = []
        self._savepoint_at_end = ""
        self._reported = 0.0
        self._credit = _ROWS_AHEAD
        self._credited = threading.Condition()
        self._guard = Guard(job.settings)
        self._look: Look | None = None
        self._level = ""
        self._reason = ""

    def run(self) -> int:
        """Until it ends; the exit status is 0 where it was to end, 2 where it cannot begin, and 1 where it failed.

        What keeps a job from beginning keeps it for good, unless it has run before: then what it works with may be
        starting too, and its restart strategy says how long it is tried.
        """
        has_run = (self._folder / _STATE).exists()
        try:
            runner = self._begun()
        except Exception as error:
            is_final = isinstance(error, Unrecoverable) or not (has_run or _passes(error))
            trace = "" if isinstance(error, KernelError | PgError) else traceback.format_exc()
            self._line.say("failed", {"message": _said(error), "is_final": is_final, "trace": trace})
            return 2
        try:
            self._line.say("running")
            runner.run(self._stop.is_set, lambda progress: self._between(runner, progress))
            self._end(runner)
        except Exception as error:
            is_final = isinstance(error, Unrecoverable)
            self._line.say("failed", {"message": _said(error), "is_final": is_final, "trace": traceback.format_exc()})
            return 1
        finally:
            runner.close()
        return 0

    def _begun(self) -> JobRunner:
        job = planned(self._job)
        state = self._folder / _STATE
        path = next((self._job.settings[one] for one in _RECOVERY if self._job.settings.get(one)), "")
        is_new = bool(path) and not state.exists()
        if is_new:
            restore(Path(path.removeprefix("file://")), state)
        runner = JobRunner(job, self._folder, job_id=self._job.id, give=self._give)
        if is_new:
            try:
                check(Path(path.removeprefix("file://")), runner.graph)
            except KernelError:
                runner.close()
                raise
        threading.Thread(target=self._hear, daemon=True).start()
        return runner

    def _hear(self) -> None:
        for word, body in self._line.heard():
            if word == "stop":
                self._savepoint_at_end = str(body.get("savepoint", ""))
                self._stop.set()
                self._more(1 << 60)  # nobody wants the rest
            elif word == "more":
                self._more(int(body["rows"]))
            elif word == "savepoint":
                self._savepoints.append(str(body["path"]))
            elif word == "ping":
                self._line.say("pong")
        os.kill(os.getpid(), signal.SIGTERM)  # the gateway is gone

    def _between(self, runner: JobRunner, progress: Progress) -> None:
        """Between two epochs: what was asked for is done, and what may be seen is told."""
        while self._savepoints:
            runner.rest()
            path = self._savepoints.pop(0)
            save(runner.store, runner.graph, self._job.id, Path(path))
            self._line.say("savepoint", {"path": path})
        self._watch(runner)
        now = time.monotonic()
        if now - self._reported >= _REPORT_S:
            self._reported = now
            self._line.say("progress", self._told(runner))

    def _watch(self, runner: JobRunner) -> None:
        """Look at the state; a job that has too much of it ends with a savepoint."""
        look = self._guard.look(runner.store.size_bytes)
        if look.level and (look.is_over or look.level != self._level):
            runner.settle()
            with suppress(StorageFull):  # what changed often counts as often until it is merged
                runner.store.merge()
            look = self._guard.look(runner.store.size_bytes)
        self._look = look
        if look.level != self._level:
            self._level = look.level
            if look.text:
                print(look.text, file=sys.stderr, flush=True)
        if look.is_over and not self._stop.is_set():
            self._reason = (
                f"The state has {look.bytes_now:,} bytes and its limit is {look.limit_bytes:,} ('{LIMIT}' = "
                f"'{self._job.settings[LIMIT]}'): the job has ended with a savepoint. Bound its state with SET "
                "'table.exec.state.ttl', or raise the limit, and go on from it with SET 'execution.state-recovery.path'"
            )
            name = f"savepoint-{self._job.id[:6]}-{secrets.token_hex(6)}"
            self._savepoint_at_end = str(Path(self._job.savepoints) / name)
            self._stop.set()

    def _told(self, runner: JobRunner) -> dict[str, Any]:
        return {**told(runner), "guard": self._look.document if self._look is not None else {}}

    def _end(self, runner: JobRunner) -> None:
        self._line.say("progress", self._told(runner))
        if self._savepoint_at_end:
            runner.rest()
            save(runner.store, runner.graph, self._job.id, Path(self._savepoint_at_end))
        end = {"finished": runner.progress.is_finished, "savepoint": self._savepoint_at_end, "message": self._reason}
        self._line.say("stopped", end)

    def _give(self, changes: Sequence[Change]) -> None:
        """Give rows to the client: no more than so many before it has taken some of them."""
        for at in range(0, len(changes), _ROWS_A_LINE):
            some = changes[at : at + _ROWS_A_LINE]
            with self._credited:
                self._credited.wait_for(lambda: self._credit > 0)
                self._credit -= len(some)
            self._line.say("rows", [[int(kind), list(row)] for kind, row in some])

    def _more(self, rows: int) -> None:
        with self._credited:
            self._credit += rows
            self._credited.notify()


def _said(error: Exception) -> str:
    """What people are told of an error."""
    if isinstance(error, PgError):
        return f"Hologres: {error}"
    return error.message if isinstance(error, KernelError) else f"{type(error).__name__}: {error}"


def _passes(error: Exception) -> bool:
    """Whether a database will do later what it does not do now: it is starting, or has too much to do; or whether one
    of the job's workers has ended."""
    if isinstance(error, Gone):
        return True
    return isinstance(error, PgError) and error.report.sqlstate[:2] in ("53", "57")


def planned(job: JobFile) -> Job:
    """The plan of what runs. Raises KernelError."""
    settings = without_wrong(job.settings)
    planner = Planner(Catalog.from_json(job.catalog), settings, Functions(folders_of(settings)).find)
    [statement] = planner.statements(job.statement)
    made = planner.plan(statement)
    assert isinstance(made, Job)
    return made


def told(runner: JobRunner) -> dict[str, Any]:
    """What may be seen of a job."""
    progress = runner.progress
    watermark = progress.watermark_ms
    return {
        "rows_in": progress.rows_in,
        "rows_out": progress.rows_out,
        "dead_letters": progress.dead_letters,
        "epochs": progress.epochs,
        "epoch_ms": round(progress.epoch_ms, 1),
        "written_bytes": progress.written_bytes,
        "state_bytes": runner.store.size_bytes,
        "watermark_ms": watermark if NEVER < watermark < ALWAYS else None,
        "lag_rows": runner.lag_rows(),
        "is_paused": progress.is_paused,
        "parallelism": runner.parallelism,
        "stages": [
            {
                "name": stage.name,
                "rows_in": stage.rows_in,
                "rows_out": stage.rows_out,
                "state_bytes": runner.store.sizes.get(stage.name, 0),
                **runner.described(stage),
            }
            for stage in runner.graph.stages
        ],
    }


def main(path: str, number: str) -> int:
    """Run a job until it ends, or the gateway does."""
    file = Path(path)
    job = msgspec.json.decode(file.read_bytes(), type=JobFile)
    die_with_parent(job.parent)
    beat(Heartbeats.of_job(job.settings).interval_s)
    gc.set_threshold(GARBAGE_EVERY)
    return Process(file.parent, job, Line(socket.socket(fileno=int(number)))).run()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
