"""A mounted bucket behind a line of 20 ms each way: listings and reads, cold and from the caches."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import oss2
import pytest

from yunbox.testing.server import Server

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
DELAY_S = 0.02
KEYS = 5_000
MIB = 1 << 20
BIG = 32 * MIB
ROUNDS = 20


class Line:
    """A TCP proxy that gives every byte a delay, in a thread of its own."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._meet, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        async def end() -> None:
            self._server.close()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        await asyncio.gather(self._carry(reader, back), self._carry(there, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Bytes leave ``DELAY_S`` after they came, and others come meanwhile: a delay, not a bandwidth."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(64)

        async def read() -> None:
            while data := await reader.read(256 * 1024):
                await queue.put((time.monotonic() + DELAY_S, data))
            await queue.put((0.0, b""))

        async def write() -> None:
            while (item := await queue.get())[1]:
                await asyncio.sleep(max(item[0] - time.monotonic(), 0))
                writer.write(item[1])
                await writer.drain()

        try:
            await asyncio.gather(read(), write(), return_exceptions=True)
        finally:
            writer.close()


@pytest.fixture
def bucket(yunbox: Server, tmp_path: Path) -> Iterator[oss2.Bucket]:
    """A bucket here; its objects lie behind the line."""
    with Server(tmp_path) as there:
        remote = oss2.Bucket(oss2.Auth(there.access_key_id, there.access_key_secret), there.endpoints["oss"], "there")
        remote.create_bucket()
        for number in range(KEYS):
            remote.put_object(f"keys/{number % 50:02}/{number:05}", b"x")
        for number in range(ROUNDS):
            remote.put_object(f"small/{number}", os.urandom(10_000))
        remote.put_object("big", os.urandom(BIG))
        line = Line(urlsplit(there.endpoints["oss"]).port or 0)
        command = [
            sys.executable, "-m", "yunbox", "oss", "mount-remote", "here", "--scheme", "oss", "--bucket", "there",
            "--endpoint", f"http://127.0.0.1:{line.port}", "--access-key-id", there.access_key_id, "--ttl", "3600",
            "--data", str(yunbox.data),
        ]  # fmt: skip
        subprocess.run(command, check=True, env={**os.environ, "YUNBOX_REMOTE_SECRET": there.access_key_secret})
        yield oss2.Bucket(oss2.Auth(yunbox.access_key_id, yunbox.access_key_secret), yunbox.endpoints["oss"], "here")
        line.close()


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def test_cold_and_warm(bucket: oss2.Bucket, report: Callable[[str], None]) -> None:
    def pages() -> None:
        assert len(list(oss2.ObjectIteratorV2(bucket, prefix="keys/", max_keys=1000))) == KEYS

    def folders() -> None:
        assert len(list(oss2.ObjectIterator(bucket, prefix="keys/", delimiter="/", max_keys=1000))) == 50

    def big() -> None:
        assert len(bucket.get_object("big").read()) == BIG

    for name, work in ((f"{KEYS:,} keys in pages of 1,000", pages), ("50 folders", folders), ("32 MiB", big)):
        cold, warm = timed(work), median(timed(work) for _ in range(5))
        report(f"{name}: {cold * 1000:.0f} ms cold, {warm * 1000:.1f} ms warm: {cold / warm:.0f}x")
        assert cold / warm > 2
    for name, work in (
        ("HEAD", lambda number: bucket.head_object(f"small/{number}")),
        ("GET of 10 KB", lambda number: bucket.get_object(f"small/{number}").read()),
    ):
        cold, warm = (median(timed(lambda n=n, work=work: work(n)) for n in range(ROUNDS)) for _ in range(2))
        report(f"{name}: {cold * 1000:.1f} ms cold, {warm * 1000:.2f} ms warm: {cold / warm:.0f}x")
        assert cold / warm > 5
