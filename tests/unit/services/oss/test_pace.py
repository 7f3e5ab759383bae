"""A paced transfer: how long each piece waits. Source: the vendor's "Single-connection bandwidth throttling"."""

import asyncio
from collections.abc import AsyncIterator

from yunbox.services.oss.http.pace import paced


async def _of(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def test_bytes_pass_no_faster_than_asked():
    clock, data = [0.0], b"x" * 250

    async def sleep(seconds: float) -> None:
        clock[0] += seconds

    async def run() -> tuple[bytes, list[float]]:
        found, times = b"", []
        async for piece in paced(_of(data, b"", b"tail"), 100, now=lambda: clock[0], sleep=sleep):
            found += piece
            times.append(len(found) / 100 - clock[0])
        return found, times

    found, late = asyncio.run(run())
    assert found == data + b"tail"
    assert clock[0] == 2.54
    assert max(map(abs, late)) < 1e-9
