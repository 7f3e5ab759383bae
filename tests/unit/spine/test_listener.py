"""The listener: a small answer leaves as one packet, and nobody's next request is taken for a body that never came."""

import asyncio
import http.client
import socket
from collections.abc import Callable
from typing import Any

import pytest

from yunbox.server.sockets import Sockets
from yunbox.spine import listener as module
from yunbox.spine.listener import _OnePacket, listening

LARGE = b"x" * (module._HELD_BYTES_MAX + 1)


class Wire:
    """A transport that notes what is written to it."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def sent(*writes: bytes, turns: bool = False, close: bool = False) -> list[bytes]:
    """What reaches the wire of some writes, in one turn of the event loop or in one each."""
    wire = Wire()

    async def write() -> None:
        held: Any = _OnePacket(wire, asyncio.get_running_loop())  # type: ignore[arg-type]
        for data in writes:
            held.write(data)
            if turns:
                await asyncio.sleep(0)
        if close:
            held.close()
            assert wire.closed
            return
        await asyncio.sleep(0)

    asyncio.run(write())
    return wire.written


@pytest.mark.parametrize(
    ("writes", "reach"),
    [
        ([b"head"], [b"head"]),
        ([b"head", b"body"], [b"headbody"]),
        ([b"head", LARGE], [b"head", LARGE]),
        ([LARGE, b"tail"], [LARGE, b"tail"]),
        ([b"head", b"body", b"more"], [b"headbody", b"more"]),
    ],
    ids=["alone", "two", "a large one after", "a large one before", "three"],
)
def test_head_and_body_are_one_write_and_in_order(writes: list[bytes], reach: list[bytes]) -> None:
    assert sent(*writes) == reach


def test_what_is_held_goes_at_the_end_of_the_turn_and_when_it_closes() -> None:
    assert sent(b"1", b"2", turns=True) == [b"1", b"2"]
    assert sent(b"last", close=True) == [b"last"]


async def refusing(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"no"})


async def reading(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await refusing(scope, receive, send)


def asked(app: Any, client: Callable[[int], Any]) -> Any:
    """What a client has to tell of an application that listens."""

    async def serve() -> Any:
        sockets = Sockets.reserve(0, {"web": 0})
        async with listening(app, sockets.of("web"), 1.0):
            return await asyncio.to_thread(client, sockets.of("web").getsockname()[1])

    return asyncio.run(serve())


def expecting(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        found = sock.recv(65_536)
        if found.startswith(b"HTTP/1.1 100"):
            sock.sendall(b"12345")
            found = sock.recv(65_536)
        return found.lower()


def test_a_client_that_waited_for_leave_and_was_refused_is_cut_off() -> None:
    assert b"connection: close" in asked(refusing, expecting)


def test_one_whose_body_was_asked_for_is_not() -> None:
    assert b"connection: close" not in asked(reading, expecting)


def test_a_connection_takes_one_request_after_another() -> None:
    def twice(port: int) -> list[int]:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        statuses = []
        for _ in range(2):
            connection.request("GET", "/")
            statuses.append((connection.getresponse().read(), connection.sock)[1] is not None)
        connection.close()
        return statuses

    assert asked(refusing, twice) == [True, True]


def test_what_is_done_for_one_who_has_gone_ends_with_the_listener() -> None:
    ended: list[str] = []

    async def serve() -> list[str]:
        begun = asyncio.Event()

        async def lasting(_scope: Any, _receive: Any, _send: Any) -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("ended")

        sockets = Sockets.reserve(0, {"web": 0})
        async with listening(lasting, sockets.of("web"), 1.0):
            _, writer = await asyncio.open_connection("127.0.0.1", sockets.of("web").getsockname()[1])
            writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            await begun.wait()
            writer.close()
            await writer.wait_closed()
            await asyncio.sleep(0.05)  # until the listener knows, too
        await asyncio.sleep(0)
        return list(ended)

    assert asyncio.run(serve()) == ["ended"]
