"""A job's workers, as the job's own process has them: it hands out rows by key, and gathers what they give.

All of them work on a step at once, and the job waits until each has answered: steps follow each other as they do in one
process, and no epoch is begun before the one before it is whole. So nothing piles up between processes, and a worker
that ends is noticed at once; one that is stopped or hangs is missed after a while, and killed. Then the job fails, and
begins again with new workers from its last epoch.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from yunbox.engine.stream.batch import Batch, concat
from yunbox.engine.stream.graph import Graph, Stage, groups_of
from yunbox.engine.stream.heartbeats import Heartbeats
from yunbox.engine.stream.parallel.groups import KeyGroups, worker_of
from yunbox.engine.stream.parallel.messages import Begin, Collect, Failed, Gone, Work, receive, send
from yunbox.engine.stream.runs import Pair
from yunbox.engine.stream.store import pairs_of
from yunbox.kernel.heartbeats import Watch

_MODULE = "yunbox.engine.stream.parallel.worker"
_END_S_MAX, _FAILURE_S_MAX, _POLL_S = 5.0, 2.0, 0.01


class Missed(Gone):
    """A worker has not shown for too long that it lives."""


class Team:
    """All workers of one job."""

    def __init__(self, graph: Graph, count: int, heartbeats: Heartbeats) -> None:
        self._count = count
        self._sockets: list[socket.socket] = []
        self._processes: list[subprocess.Popen[bytes]] = []
        self._watches: list[Watch] = []
        self._heartbeats = heartbeats
        self._stages = {stage: at for at, stage in enumerate(graph.stages)}
        self._groups: dict[Stage, KeyGroups] = {
            stage: groups_of(stage) for stage in graph.stages if stage.sharing is not None
        }
        self._told: dict[Stage, Mapping[str, Any]] = {}
        self._changed = False

    @classmethod
    def of(cls, graph: Graph, begin: Begin) -> "Team":
        """Those of a job, ready to work on what of it is shared out. Raises what keeps one of them from it."""
        made = cls(graph, begin.count, Heartbeats.of_job(begin.job.settings))
        try:
            for _ in range(begin.count):
                made._start()
            made._all([replace(begin, index=at) for at in range(begin.count)])
        except BaseException:
            made.close()
            raise
        graph.team = made
        return made

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        self._sockets.append(ours)
        with theirs:
            words = (theirs.fileno(), os.getpid(), self._heartbeats.interval_s)
            command = [sys.executable, "-m", _MODULE, *map(str, words)]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=(theirs.fileno(),))  # noqa: S603
        watch = Watch(process.pid, self._heartbeats.timeout_s)
        ours.settimeout(watch.every_s)
        self._processes.append(process)
        self._watches.append(watch)

    @property
    def pids(self) -> list[int]:
        """Their process ids."""
        return [one.pid for one in self._processes]

    # -- an epoch

    def work(
        self, stage: Stage, now_ms: int, came: Sequence[tuple[int, Batch]], watermark_ms: int | None
    ) -> Iterator[Batch]:
        """As in Together."""
        shares: list[list[tuple[int, Batch]]] = [[] for _ in range(self._count)]
        for port, batch in came:
            for share, part in zip(shares, self._parts(stage, port, batch), strict=True):
                if part.size:
                    share.append((port, part))
        at = self._stages[stage]
        answers = self._all([Work(at, now_ms, share, watermark_ms) for share in shares])
        self._changed = self._changed or any(one.has_changes for one in answers)
        self._told[stage] = {name: sum(one.told[name] for one in answers) for name in answers[0].told}
        return _joined([batch for one in answers for batch in one.batches])

    def _parts(self, stage: Stage, port: int, batch: Batch) -> Iterator[Batch]:
        assert stage.sharing is not None
        columns = stage.sharing.columns[port]
        workers = worker_of(self._groups[stage].of_columns([batch.columns[at] for at in columns]), self._count)
        for index in range(self._count):
            yield batch.taken(np.flatnonzero(workers == index))

    @property
    def has_changes(self) -> bool:
        """Whether one of them has something for the store."""
        return self._changed

    def collect(self, epoch: int, merged: int) -> list[Pair]:
        """What changed of the state in all of them, which is to be written with an epoch."""
        answers = self._all([Collect(epoch, merged)] * self._count)
        self._changed = False
        return [pair for one in answers for pair in pairs_of(one.changes)]

    def described(self, stage: Stage) -> Mapping[str, Any]:
        """What may be told of a stage that is shared out."""
        return self._told.get(stage, {})

    # -- what is said

    def _all(self, messages: Sequence[Any]) -> list[Any]:
        """Say something to each; their answers. Raises what one of them has failed of."""
        try:
            for to, message in zip(self._sockets, messages, strict=True):
                send(to, message, self._look)
            answers = [receive(one, self._look) for one in self._sockets]
        except Missed:
            raise
        except Gone:
            raise self._failure() from None
        for one in answers:
            if isinstance(one, Failed):
                one.error.add_note(one.trace)
                raise one.error
        return answers

    def _look(self) -> None:
        """Kill a worker that is stopped or hangs. Raises Missed."""
        for at, (process, watch) in enumerate(zip(self._processes, self._watches, strict=True), 1):
            if watch.is_lost():
                process.kill()
                raise Missed(self._heartbeats.missed(f"worker-{at}", process.pid))

    def _failure(self) -> Gone:
        """What is said of a worker that has ended."""
        end = time.monotonic() + _FAILURE_S_MAX  # its socket goes a moment before it does
        while time.monotonic() < end:
            for at, one in enumerate(self._processes, 1):
                status = one.poll()
                if status is not None:
                    how = f"by signal {-status}" if status < 0 else f"with status {status}"
                    return Gone(f"Worker {at} of {self._count} of the job has ended {how}")
            time.sleep(_POLL_S)
        return Gone("A worker of the job does not answer")

    def close(self) -> None:
        """Have them end."""
        for one in self._sockets:
            one.close()
        end = time.monotonic() + _END_S_MAX
        for process in self._processes:
            try:
                process.wait(max(end - time.monotonic(), 0.0))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _joined(batches: list[Batch]) -> Iterator[Batch]:
    """Batches as one, where their columns are of the same kinds: what is worked on together costs less."""
    forms = {tuple(array.dtype for array in batch.columns) for batch in batches}
    if len(batches) > 1 and len(forms) == 1:
        yield concat(batches)
    else:
        yield from batches
