"""What moves records on: looks a few times a second which shards have some, and moves them in threads, a few at a time.

The vendor begins every five minutes, or when 64 MB have come (its page "Use DataHub to migrate log data to
MaxCompute"); on one's own machine nobody wants to wait so long. A shard that fails is tried again, later each time.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from msgspec.structs import replace

from yunbox.clients.requests import RequestFailed
from yunbox.kernel.errors import InvalidArgument, KernelError
from yunbox.services.datahub import limits
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.catalogue.model import Shard, Topic
from yunbox.services.datahub.connectors.model import Connector, ContextState, Flow, Move, Outcome, Part, Told
from yunbox.services.datahub.connectors.records import read
from yunbox.services.datahub.connectors.sinks import SINKS
from yunbox.storage.log.log import Log

TICK_S = 0.25
_LANES = 4
_PAUSE_S = 0.5
_LOG = logging.getLogger("yunbox")
T = TypeVar("T")


class Mover:
    """Moves the records of all connectors."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._threads = ThreadPoolExecutor(_LANES, thread_name_prefix="yunbox-mover")
        self._lanes = asyncio.Semaphore(_LANES)
        self._tasks: set[asyncio.Task[None]] = set()

    async def tick(self) -> None:
        """Look at all shards, and begin with those whose time has come."""
        for topic in list(self._broker.catalogue.topics()):
            for connector in self._broker.connectors.of(topic):
                if connector.is_running:
                    for shard in list(topic.shards.values()):
                        self._look(topic, connector, shard)

    async def stop(self) -> None:
        """Begin nothing more; what a thread is about is finished or found by the next start."""
        for task in list(self._tasks):
            task.cancel()
        for task in list(self._tasks):
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _look(self, topic: Topic, connector: Connector, shard: Shard) -> None:
        log = self._broker.log(topic, shard)
        flow = connector.flows.get(shard.id)
        if flow is None:
            start = first_sequence(log, connector.start_ms)
            flow = connector.flows[shard.id] = Flow(start=start, next=start)
        if flow.lock.locked() or not self._is_due(topic, connector, shard, flow, log):
            return
        task = asyncio.create_task(self._moved(topic, connector, shard, flow))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _is_due(self, topic: Topic, connector: Connector, shard: Shard, flow: Flow, log: Log) -> bool:
        now = time.monotonic()
        if flow.not_before > now:
            return False
        if flow.move is not None:
            return True
        waiting = log.end - flow.next
        if waiting <= 0:
            flow.waits_since = None
            flow.state = ContextState.EXECUTING if shard.is_active else ContextState.FINISHED
            return False
        if flow.state is ContextState.FINISHED:
            flow.state = ContextState.PLANNED
        if not self._parents_are_done(topic, connector, shard):
            return False
        flow.waits_since = now if flow.waits_since is None else flow.waits_since
        return waiting >= limits.MOVE_RECORDS_MAX or now - flow.waits_since >= limits.MOVE_AFTER_S

    def _parents_are_done(self, topic: Topic, connector: Connector, shard: Shard) -> bool:
        """Whether what came before a shard was split off, or merged into it, has been moved."""
        for parent in shard.parents:
            flow = connector.flows.get(parent)
            if parent in topic.shards and (flow is None or flow.state is not ContextState.FINISHED):
                return False
        return True

    # -- one shard

    async def _moved(self, topic: Topic, connector: Connector, shard: Shard, flow: Flow) -> None:
        async with flow.lock, self._lanes:
            if not connector.is_running:
                return
            try:
                await self._step(topic, connector, shard, flow)
            except Exception as error:
                _note(flow, error)
            else:
                flow.state, flow.error = ContextState.EXECUTING, ""
                flow.failures, flow.not_before, flow.waits_since = 0, 0.0, None

    async def _step(self, topic: Topic, connector: Connector, shard: Shard, flow: Flow) -> None:
        """Move what waits, or finish what was begun."""
        is_fresh = flow.move is None
        if is_fresh:
            log = self._broker.log(topic, shard)
            if flow.next < log.first:
                await self._skip(connector, shard, flow, log.first)
            records = await read(log, flow.next, log.end)
            if not records:
                return
            told = Told(connector.id, connector.fields, connector.config)
            move = await self._threaded(SINKS[connector.type].upload, topic, shard.id, told, records)
            await self._keep(connector, shard, flow, move=move)
        await self._finish(topic, connector, shard, flow, is_fresh=is_fresh)

    async def _finish(self, topic: Topic, connector: Connector, shard: Shard, flow: Flow, *, is_fresh: bool) -> None:
        """Have all parts of a move be where they belong, one after another."""
        sink = SINKS[connector.type]
        while (move := flow.move) is not None:
            if not move.parts:
                done = {"next": move.end, "time_ms": move.time_ms, "discarded": flow.discarded + move.discarded}
                await self._keep(connector, shard, flow, move=None, **done)
                return
            part, current = move.parts[0], replace(move, config=sink.with_keys(move.config, connector.config))
            outcome = await self._threaded(sink.settle, current.config, part, is_fresh)
            if outcome is Outcome.DONE and len(move.parts) == 1:
                flow.move = replace(move, parts=())  # written with the step that it makes
                continue
            if outcome is Outcome.DONE:
                after = replace(move, parts=move.parts[1:])
            elif outcome is Outcome.GIVE_UP:
                after, is_fresh = _with_first(move, replace(part, given_up=True)), False
            else:
                records = await read(self._broker.log(topic, shard), move.first, move.end)
                again = await self._threaded(sink.upload_again, topic, shard.id, current, part, records)
                lost = part.rows - again.rows
                after, is_fresh = replace(_with_first(move, again), discarded=move.discarded + lost), False
            await self._keep(connector, shard, flow, move=after)

    async def _skip(self, connector: Connector, shard: Shard, flow: Flow, first: int) -> None:
        """Records went, as their life cycle was over, before they were moved: that is told."""
        lost = first - flow.next
        told = "the connector %s has lost %s records of shard %s: their life cycle was over before they were moved"
        _LOG.warning(told, connector.id, lost, shard.id)
        await self._keep(connector, shard, flow, next=first, discarded=flow.discarded + lost)

    async def _keep(self, connector: Connector, shard: Shard, flow: Flow, **changes: Any) -> None:
        changes["updated_s"] = self._broker.clock.time()
        await self._broker.connectors.change(connector, shard.id, flow, **changes)

    async def _threaded(self, work: Callable[..., T], *params: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *params)


def first_sequence(log: Log, start_ms: int) -> int:
    """Where a connector begins with a shard that it has not seen yet."""
    return log.at_time(start_ms).sequence if start_ms >= 0 else log.first


def _with_first(move: Move, part: Part) -> Move:
    return replace(move, parts=(part, *move.parts[1:]))


def _note(flow: Flow, error: Exception) -> None:
    """A shard that was refused is said to have stopped, one that failed otherwise to hang; both are tried again."""
    refused = isinstance(error, InvalidArgument) or (isinstance(error, RequestFailed) and error.is_refusal)
    if not isinstance(error, KernelError):
        _LOG.exception("a connector failed; it is tried again", exc_info=error)
    flow.state = ContextState.STOPPED if refused else ContextState.HANG
    flow.error = str(error) or type(error).__name__
    flow.not_before = time.monotonic() + min(_PAUSE_S * 2.0**flow.failures, limits.MOVE_PAUSE_S_MAX)
    flow.failures = min(flow.failures + 1, 30)
