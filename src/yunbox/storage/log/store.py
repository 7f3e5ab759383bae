"""All logs of a service: opened when they are needed, and written by one thread in groups that share their flushes."""

import asyncio
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from yunbox.storage.groups import Groups, Item, waiting
from yunbox.storage.log.frame import NOBODY, Origin, pack
from yunbox.storage.log.log import Log, Position

Compose = Callable[[int, int], tuple[bytes, bytes]]
"""From the first record's sequence and the time of all to the table of their beginnings (u32) and the payload."""
T = TypeVar("T")
_GROUP_ITEMS_MAX = 256
_GROUP_BYTES_MAX = 32 * 1024 * 1024
_FLUSHES_MAX = 8
_DELETED = ".deleted"


@dataclass(eq=False, kw_only=True)
class _Append(Item):
    log: Log
    compose: Compose
    mark: int
    origin: Origin


@dataclass(eq=False, kw_only=True)
class _Work(Item):
    """Something else that only the thread that writes may do."""

    work: Callable[[], Any]


class LogStore:
    """Logs by the path of their folder, such as ``7/0``; each keeps ``log_bytes_max`` at most, if it is not 0."""

    def __init__(self, root: Path, now: Callable[[], float] = time.time, *, log_bytes_max: int = 0) -> None:
        self._log_bytes_max = log_bytes_max
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._root = root
        self._now = now
        self._open: dict[str, Log] = {}
        self._groups: Groups[_Append | _Work] = Groups(
            "yunbox-log", self._commit, items_max=_GROUP_ITEMS_MAX, bytes_max=_GROUP_BYTES_MAX
        )
        self._flushers = ThreadPoolExecutor(_FLUSHES_MAX, thread_name_prefix="yunbox-log-flush")

    def start(self) -> None:
        """Begin to take what is appended."""
        self._sweep_deleted()
        self._groups.start()

    def log(self, name: str) -> Log:
        """A log, which is made if it is not there."""
        found = self._open.get(name)
        if found is None:
            found = self._open[name] = Log(self._root / name, bytes_max=self._log_bytes_max)
        return found

    def append(
        self, log: Log, compose: Compose, size_bytes: int, mark: int = 0, origin: Origin = NOBODY
    ) -> "asyncio.Future[Position]":
        """Append records: where the first one is, known once they are on disk. It may fail with StorageFull."""
        future, done = waiting(asyncio.get_running_loop())
        item = _Append(done, log=log, compose=compose, mark=mark, origin=origin, size_bytes=size_bytes)
        self._groups.submit(item)
        return future

    async def settled(self) -> None:
        """Return once all that waits now is on disk, or has failed."""
        await self._done(lambda: None)

    async def expire(self, log: Log, before_ms: int, roll_before_ms: int) -> int:
        """Remove what is older than a time, or too much, in whole segments; how many bytes that freed.

        A segment that began before the second time is ended, so that it can go when its time has come.
        """

        def work() -> int:
            freed = log.expire(before_ms)
            log.roll(roll_before_ms)
            return freed + log.shrink()

        freed = await self._done(work)
        log.release()
        return freed

    async def delete(self, folder: str) -> None:
        """Remove the logs in a folder; what was to be appended behind this fails."""
        prefix = f"{folder}/"
        logs = [self._open.pop(name) for name in list(self._open) if name.startswith(prefix)]
        await self._done(lambda: self._remove(folder, logs))
        for log in logs:
            log.close()

    def _remove(self, folder: str, logs: list[Log]) -> None:
        for log in logs:
            log.is_closed = True
        path = self._root / folder
        if path.is_dir():
            gone = path.with_name(path.name + _DELETED)
            path.rename(gone)  # at once, and from here on nobody finds it
            shutil.rmtree(gone, ignore_errors=True)

    async def _done(self, work: Callable[[], T]) -> T:
        future, done = waiting(asyncio.get_running_loop())
        self._groups.submit(_Work(done, work=work))
        return await future

    def folders(self) -> Iterator[str]:
        """The folders that logs lie in."""
        for path in self._root.iterdir():
            if path.is_dir() and not path.name.endswith(_DELETED):
                yield path.name

    def close(self) -> None:
        """Write what waits and close all files."""
        self._groups.close()
        self._flushers.shutdown()
        for log in self._open.values():
            log.close()
        self._open.clear()

    def _sweep_deleted(self) -> None:
        for path in self._root.glob(f"*{_DELETED}"):
            shutil.rmtree(path, ignore_errors=True)

    # -- the thread that writes

    def _commit(self, group: list[_Append | _Work]) -> None:
        by_log: defaultdict[Log, list[_Append]] = defaultdict(list)
        for item in group:
            if isinstance(item, _Append):
                by_log[item.log].append(item)
        if len(by_log) == 1:
            self._write(*by_log.popitem())
        else:
            list(self._flushers.map(lambda pair: self._write(*pair), by_log.items()))
        for item in group:
            if isinstance(item, _Work):
                _do(item)
            item.settle()

    def _write(self, log: Log, items: list[_Append]) -> None:
        """Append what came for one log. It succeeds or fails together, but for what cannot even be composed."""
        end, now_ms, frames = log.end, int(self._now() * 1000), []
        for item in items:
            try:
                stamp = log.stamp(now_ms)
                table, payload = item.compose(end, stamp)
                frames.append(pack(end, stamp, item.mark, table, payload, item.origin))
            except Exception as error:
                item.failure = error
                continue
            item.result = Position(end, stamp)
            end += len(table) // 4
        try:
            if frames:
                log.append(frames)
        except Exception as error:
            for item in items:
                item.failure = item.failure or error


def _do(item: _Work) -> None:
    try:
        item.result = item.work()
    except Exception as error:
        item.failure = error
