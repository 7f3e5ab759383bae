"""Writes that share one LMDB transaction and its flush: a queue, one thread, and groups of whatever waits.

An acknowledged write is on disk, and a hundred writers at once do not pay a hundred flushes. A work that fails after it
changed something spoils the transaction for all: the others of its group run again without it.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Generic, Protocol, TypeVar

import lmdb

from yunbox.kernel.errors import Unavailable

_MANY, _WAIT_SHARE = 8, 0.3
"""From how many writers at once on a group waits for them, and for how long: that share of what the last one took."""
Done = Callable[[Any, BaseException | None], None]
"""Is told what a work returned, or what it raised."""


class Counting(Protocol):
    """A change under way that knows whether anything was changed."""

    steps: int


@dataclass(eq=False)
class Item:
    """A work on its way to the disk, and who waits for it."""

    done: Done
    size_bytes: int = field(default=0, kw_only=True)
    result: Any = field(default=None, kw_only=True)
    failure: BaseException | None = field(default=None, kw_only=True)

    def settle(self) -> None:
        """Tell the caller."""
        with contextlib.suppress(RuntimeError):  # the caller's event loop is gone
            self.done(self.result, self.failure)


I = TypeVar("I", bound=Item)  # noqa: E741 - an item
C = TypeVar("C", bound=Counting)


class Groups(Generic[I]):
    """Takes what waits, as much as fits into a group, to ``commit``: on one thread, in the order of its coming."""

    def __init__(
        self,
        name: str,
        commit: Callable[[list[I]], None],
        *,
        items_max: int,
        bytes_max: int,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._commit = commit
        self._clock = clock
        self._items_max = items_max
        self._bytes_max = bytes_max
        self._waiting: deque[I] = deque()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._started = False
        self._closed = False
        self._door = threading.Lock()
        self._bell = threading.Lock()
        """Is rung by letting it go, when as many wait as are ``_wanted``; 0 is when nobody listens."""
        self._bell.acquire()
        self._wanted = 0
        self._sizes = (0, 0)
        """Of the last two groups."""
        self._took_s = 0.0

    def start(self) -> None:
        """Begin to take what is submitted."""
        self._started = True
        self._thread.start()

    def submit(self, item: I) -> None:
        """Let an item wait for its group. Raises Unavailable behind the end."""
        with self._door:
            if self._closed:
                raise Unavailable("The store is being closed")
            self._waiting.append(item)
            if 0 < self._wanted <= len(self._waiting):
                self._ring()

    def close(self) -> None:
        """Finish what is queued."""
        with self._door:
            self._closed = True
            if self._wanted:
                self._ring()
        if self._started:
            self._thread.join()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def _loop(self) -> None:
        while self._await(1):
            expected = min(max(self._sizes), self._items_max)
            if expected >= _MANY:
                # of many a moment ago, who have been answered, those come again within a fraction of what a flush
                # takes, as else half of them would wait for another one
                self._await(expected, self._took_s * _WAIT_SHARE)
            group = self._taken()
            began = self._clock()
            self._commit(group)
            self._took_s, self._sizes = self._clock() - began, (self._sizes[1], len(group))

    def _await(self, count: int, timeout_s: float = -1) -> bool:
        """Return once so many wait, or the end has come, or the time is over; whether any wait.

        Who submits rings once, and not for each item: a thread that is woken takes time from the one that goes on.
        """
        with self._door:
            if len(self._waiting) >= count or self._closed:
                return bool(self._waiting)
            self._wanted = count
        if not self._bell.acquire(timeout=min(timeout_s, threading.TIMEOUT_MAX)):
            with self._door:
                if self._wanted:
                    self._wanted = 0
                else:
                    self._bell.acquire()  # it was rung at the last moment
        return bool(self._waiting)

    def _ring(self) -> None:
        self._wanted = 0
        self._bell.release()

    def _taken(self) -> list[I]:
        """The next group of those that wait."""
        group: list[I] = []
        size, waiting = 0, self._waiting
        while waiting and len(group) < self._items_max and (not group or size < self._bytes_max):
            group.append(waiting.popleft())
            size += group[-1].size_bytes
        return group


class _HalfDone(Exception):
    def __init__(self, item: Item) -> None:
        super().__init__()
        self.item = item


def _do(item: I, change: C, run: Callable[[I, C], Any], translate: Callable[[BaseException], BaseException]) -> None:
    """One work. What it raises is its own outcome, unless it is the transaction that failed, or is spoilt."""
    steps = change.steps
    item.result = item.failure = None
    try:
        item.result = run(item, change)
    except Exception as error:
        if isinstance(error, lmdb.Error) and not isinstance(error, lmdb.BadValsizeError):
            raise
        item.failure = translate(error)
        if change.steps != steps:
            raise _HalfDone(item) from error


def transact(
    env: lmdb.Environment,
    group: Sequence[I],
    begin: Callable[[lmdb.Transaction], C],
    run: Callable[[I, C], Any],
    end: Callable[[C], None],
    translate: Callable[[BaseException], BaseException] = lambda error: error,
) -> C:
    """Run the works of a group in one transaction and commit it; the change that was made.

    ``begin`` makes the change of a transaction, ``run`` does one work on it, ``end`` completes it. Raises what LMDB
    raises, when nothing is kept.
    """
    while True:
        try:
            with env.begin(write=True) as txn:
                change = begin(txn)
                for item in group:
                    _do(item, change, run, translate)
                end(change)
            return change
        except _HalfDone as half:
            group = [item for item in group if item is not half.item]


class Returns:
    """Brings what other threads have to tell to an event loop, which is woken once for all that is told meanwhile."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._told: deque[tuple[Done, Any, BaseException | None]] = deque()
        self._is_woken = False

    def tell(self, done: Done, result: Any, failure: BaseException | None) -> None:
        """Have ``done`` be called on the event loop. Raises RuntimeError when that is gone."""
        self._told.append((done, result, failure))
        if not self._is_woken:
            self._is_woken = True
            self.loop.call_soon_threadsafe(self._hear)

    def _hear(self) -> None:
        self._is_woken = False  # what is told from here on wakes again
        while self._told:
            done, result, failure = self._told.popleft()
            try:
                done(result, failure)
            except Exception as error:
                self.loop.call_exception_handler({"message": "a write could not be answered", "exception": error})


def waiting(loop: asyncio.AbstractEventLoop) -> "tuple[asyncio.Future[Any], Done]":
    """A future of an event loop, and what settles it from another thread."""
    future: asyncio.Future[Any] = loop.create_future()

    def done(result: Any, failure: BaseException | None) -> None:
        loop.call_soon_threadsafe(settle, future, result, failure)

    return future, done


def settle(future: "asyncio.Future[Any]", result: Any, failure: BaseException | None) -> None:
    """Have a future be what a work came to."""
    if future.done():
        return
    if failure is not None:
        future.set_exception(failure)
    else:
        future.set_result(result)
