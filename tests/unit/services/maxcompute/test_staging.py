"""A body is unpacked piece by piece, however much a few of its bytes become."""

import asyncio

import pytest

from yunbox.kernel.errors import InvalidArgument
from yunbox.services.maxcompute.tunnel.staging import Incoming, Unpacker
from yunbox.wire.http import Body
from yunbox.wire.odps.compression import SUPPORTED, Compressor

PIECE_BYTES_MAX = 3 << 20


def body_of(data: bytes) -> Body:
    events = [{"type": "http.request", "body": data, "more_body": False}]

    async def receive() -> dict:
        return events.pop(0)

    return Body(receive)


def packed(coding: str, size_bytes: int) -> bytes:
    machine, block = Compressor(coding), bytes(1 << 20)
    return b"".join(machine.feed(block) for _ in range(size_bytes >> 20)) + machine.finish()


async def sizes(data: bytes, coding: str) -> list[int]:
    incoming = Incoming(body_of(data).chunks(), Unpacker([], coding, arrow=False))
    return [len(piece) async for piece in incoming.pieces()]


@pytest.mark.parametrize("coding", SUPPORTED)
def test_a_small_body_that_becomes_a_large_one_is_never_in_memory(coding: str) -> None:
    data = packed(coding, 100 << 20)
    found = asyncio.run(sizes(data, coding))
    assert sum(found) == 100 << 20
    assert max(found) <= PIECE_BYTES_MAX


@pytest.mark.parametrize("coding", SUPPORTED)
def test_a_body_that_is_cut_short_is_refused_at_its_end(coding: str) -> None:
    data = packed(coding, 5 << 20)
    with pytest.raises(InvalidArgument, match="cut short"):
        asyncio.run(sizes(data[:-3], coding))
