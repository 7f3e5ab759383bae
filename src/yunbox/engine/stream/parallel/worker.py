"""Where a worker of a job begins: ``python -m yunbox.engine.stream.parallel.worker SOCKET PARENT HEARTBEAT``.

The last one is how often it shows that it lives, in seconds. It has the steps of the job that are shared out, with the
state of its keys, and does what the job's own process says until that is gone, with which it ends.
"""

import gc
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from yunbox.engine.stream.batch import Batch
from yunbox.engine.stream.connectors.connector import Lookup
from yunbox.engine.stream.duck import Duck
from yunbox.engine.stream.graph import Graph
from yunbox.engine.stream.jobfile import GARBAGE_EVERY
from yunbox.engine.stream.parallel.borrowed import BorrowedState
from yunbox.engine.stream.parallel.messages import (
    Begin,
    Collect,
    Collected,
    Failed,
    Gone,
    Ready,
    Work,
    Worked,
    receive,
    send,
)
from yunbox.engine.stream.runs import Pair
from yunbox.engine.stream.store import packed_pairs
from yunbox.engine.stream.udf.natives import Functions
from yunbox.kernel.errors import Internal, KernelError
from yunbox.kernel.heartbeats import beat
from yunbox.kernel.supervise import die_with_parent
from yunbox.sql.flink.plans import LookupJoin, Node
from yunbox.sql.flink.types import FlinkType


@dataclass
class _Elsewhere:
    """A reader that the job's own process has: only what it gives is known here."""

    types: tuple[FlinkType, ...]
    columns: tuple[str, ...]
    is_finished: bool = False

    def poll(self, rows_max: int) -> Sequence[Batch]:
        """As in Reader."""
        return ()

    def offsets(self) -> Any:
        """As in Reader."""

    def seek(self, offsets: Any) -> None:
        """As in Reader."""

    def shards(self) -> Sequence[str]:
        """As in Reader."""
        return ()

    def lag_rows(self) -> int | None:
        """As in Reader."""
        return None

    def place(self, batch: Batch, row: int) -> str:
        """As in Reader."""
        return ""

    def close(self) -> None:
        """As in Reader."""


class _Nobody:
    """A table that the job's own process asks."""

    def fetch(self, keys: Sequence[Any]) -> dict[Any, Any]:
        """As in Lookup."""
        return {}


def _asked_elsewhere(node: LookupJoin) -> Lookup:
    return _Nobody()


class Worker:
    """One. It does what messages say, in their order."""

    def __init__(self, begin: Begin) -> None:
        job = begin.job
        self._functions = Functions.of(job)
        self._duck = Duck(begin.zone, functions=self._functions.natives(job, begin.zone))
        self._state = BorrowedState(Path(begin.state), begin.epoch)
        names = iter(begin.given.values())

        def reader(node: Node) -> _Elsewhere:
            return _Elsewhere(*next(names))  # in the order in which the job's own process has made them

        self._graph = Graph(
            job,
            self._state,
            self._duck,
            reader,
            memory_bytes_max=begin.memory_bytes_max,
            zone=begin.zone,
            open_lookup=_asked_elsewhere,
            aggregator=self._functions.aggregator,
            parallelism=begin.count,
            index=begin.index,
        )
        self._states = [
            state
            for stage in self._graph.stages
            if stage.sharing is not None and stage.context is not None
            for state in stage.context.states
        ]
        for stage in self._graph.stages:
            if stage.operator is not None and stage.name in begin.watermarks:
                stage.operator.watermark = begin.watermarks[stage.name]

    def answer(self, message: Any) -> Any:
        """What there is to say to a message."""
        return self._worked(message) if isinstance(message, Work) else self._collected(message)

    def _worked(self, work: Work) -> Worked:
        operator = self._graph.stages[work.stage].operator
        assert operator is not None
        batches = list(operator.tick(work.now_ms))
        for port, batch in work.came:
            batches += operator.process(port, batch)
        if work.watermark is not None:
            batches += operator.advance(work.watermark)
        context = operator.context
        has_changes = any(state.has_changes for state in context.states)
        return Worked([one for one in batches if one.size], operator.describe(), has_changes)

    def _collected(self, collect: Collect) -> Collected:
        changes: list[Pair] = [pair for state in self._states for pair in state.changes()]
        packed = packed_pairs(changes)
        self._state.hand_over(changes, len(packed), collect.epoch, collect.merged)
        for state in self._states:
            state.shrink()
        return Collected(packed)


def _failed(error: Exception) -> Failed:
    """What is said of an error: as it is, if the other process knows it."""
    trace = traceback.format_exc()
    if isinstance(error, KernelError | duckdb.Error):
        return Failed(error, trace)
    return Failed(Internal(f"{type(error).__name__}: {error}"), trace)


def main(number: str, parent: str, heartbeat_s: str) -> int:
    """Do what is said until nobody is there any more to say it."""
    die_with_parent(int(parent))
    beat(float(heartbeat_s))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # at a terminal it is the job's own process that ends
    gc.set_threshold(GARBAGE_EVERY)
    line = socket.socket(fileno=int(number))
    try:
        try:
            worker = Worker(receive(line))
            send(line, Ready())
            while True:
                send(line, worker.answer(receive(line)))
        except Gone:
            return 0
        except Exception as error:
            send(line, _failed(error))
            return 1
    except Gone:
        return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
