"""Waiting for what must not be left half-way: a thread that writes a file, a group that is being committed.

Whoever is cancelled meanwhile hears of it when that has ended. Until then it holds its locks and files, so nobody
else comes upon them in the middle.
"""

import asyncio
import contextlib
import functools
from collections.abc import AsyncGenerator, Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


async def to_end(future: "asyncio.Future[T]", undo: Callable[[T], object] | None = None) -> T:
    """The result of a future that is never cancelled; ``undo`` gets it when the caller is."""
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return future.result()
    if future.exception() is None and undo is not None:
        undo(future.result())
    raise cancelled


async def in_thread(work: Callable[..., T], *args: Any, undo: Callable[[T], object] | None = None) -> T:
    """Like ``asyncio.to_thread``, to the end."""
    return await to_end(asyncio.get_running_loop().run_in_executor(None, functools.partial(work, *args)), undo)


class Turns:
    """One at a time for each key, and nothing is kept of keys that nobody waits for."""

    def __init__(self) -> None:
        self._locks: dict[Hashable, tuple[asyncio.Lock, int]] = {}

    @contextlib.asynccontextmanager
    async def turn(self, key: Hashable) -> AsyncGenerator[None]:
        """Wait for the turn of a key."""
        lock, users = self._locks.get(key) or (asyncio.Lock(), 0)
        self._locks[key] = lock, users + 1
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks.pop(key)
            if users > 1:
                self._locks[key] = lock, users - 1

    def __len__(self) -> int:
        return len(self._locks)
