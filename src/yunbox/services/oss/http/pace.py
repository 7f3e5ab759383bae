"""A transfer that is no faster than its client asks (``x-oss-traffic-limit``), by a header or in the URL.

Source: the vendor's pages "Single-connection bandwidth throttling" and of the error 0004-00000502.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.texts import whole_number
from yunbox.services.oss.http.target import OssRequest

NAME = "x-oss-traffic-limit"
_BITS_MIN, _BITS_MAX = 819_200, 838_860_800
_PIECES_S = 20
Sleep = Callable[[float], Awaitable[None]]


def rate_of(request: OssRequest) -> int:
    """Bytes a second, 0 for as fast as it goes. Raises InvalidArgument."""
    text = request.headers.get(NAME)
    if text is None and (not request.query or (text := request.query.get(NAME)) is None):
        return 0
    bits = whole_number(text)
    if bits is None or not _BITS_MIN <= bits <= _BITS_MAX:
        raise InvalidArgument(f"The {NAME} is from {_BITS_MIN} to {_BITS_MAX} bits a second.", ec="0004-00000502")
    return bits // 8


async def paced(
    chunks: AsyncIterator[bytes], rate: int, now: Callable[[], float] = time.monotonic, sleep: Sleep = asyncio.sleep
) -> AsyncGenerator[bytes]:
    """Bytes of which no more have passed than a rate allows since the first; their source is closed at the end."""
    started, passed, piece = now(), 0, max(rate // _PIECES_S, 1)
    try:
        async for chunk in chunks:
            for at in range(0, len(chunk), piece):
                part = chunk[at : at + piece]
                passed += len(part)
                await sleep(max(started + passed / rate - now(), 0))
                yield part
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()


async def lasting(size: int, rate: int, started: float) -> None:
    """Wait until bytes that passed at once have taken the time that a rate gives them."""
    if rate:
        await asyncio.sleep(max(started + size / rate - time.monotonic(), 0))
