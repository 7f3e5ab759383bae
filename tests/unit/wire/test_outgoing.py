"""Callbacks and webhooks: whom they may reach, and how long they may take."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from yunbox.wire import outgoing
from yunbox.wire.outgoing import BadAddress, ForbiddenAddress, NoAnswer, Reach, check_url, post

SLOW = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


@pytest.fixture
def dripping() -> Iterator[str]:
    """A server that never ends its answer; its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(SLOW)
            while not stop.wait(0.02):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    stop.set()
    thread.join()
    listener.close()


def call(url: str, *, anywhere: bool = False, own: frozenset[int] = frozenset()) -> None:
    asyncio.run(post(url, b"a", {}, Reach(anywhere, lambda: own)))


@pytest.fixture
def unconnected(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Whom connections went to; none is made."""
    reached: list[object] = []

    def connect(address: tuple[str, int], _: float) -> None:
        reached.append(address)
        raise OSError

    monkeypatch.setattr(socket, "create_connection", connect)
    return reached


def test_an_endless_answer_is_cut_off(dripping: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "TIMEOUT_S", 0.2)
    with pytest.raises(NoAnswer):
        call(dripping)
    deadline = time.monotonic() + 5
    while outgoing._THREADS._idle_semaphore._value == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert outgoing._THREADS._idle_semaphore._value > 0, "the thread is free again"


@pytest.mark.parametrize(
    "host", ["192.0.2.1", "10.0.0.1", "169.254.169.254", "[fe80::1]", "0.0.0.0", "[::]", "100.100.100.200"]
)
def test_only_this_machine_is_called(host: str, unconnected: list[object]) -> None:
    with pytest.raises(ForbiddenAddress):
        call(f"http://{host}/")
    assert unconnected == []


@pytest.mark.parametrize(
    "host", ["100.100.100.200", "169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "[::ffff:100.100.100.200]",
             "0.0.0.0", "[::]", "224.0.0.1"],
)  # fmt: skip
def test_where_clouds_keep_credentials_nothing_is_sent_whatever_is_allowed(
    host: str, unconnected: list[object]
) -> None:
    with pytest.raises(ForbiddenAddress):
        call(f"http://{host}/", anywhere=True)
    assert unconnected == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
@pytest.mark.parametrize("anywhere", [True, False])
def test_the_house_does_not_call_itself(host: str, anywhere: bool, unconnected: list[object]) -> None:
    with pytest.raises(ForbiddenAddress):
        call(f"http://{host}:81/", anywhere=anywhere, own=frozenset((81,)))
    assert unconnected == []


def test_other_machines_are_called_when_that_is_allowed(unconnected: list[object]) -> None:
    with pytest.raises(NoAnswer):
        call("http://192.0.2.1:81/", anywhere=True)
    assert unconnected == [("192.0.2.1", 81)]


@pytest.mark.parametrize("url", ["", "http://", "ftp://a/", "http://a:b/", "http://[::1/", "http://a:0/", "file:///x"])
def test_what_is_no_url_is_told(url: str) -> None:
    with pytest.raises(BadAddress):
        check_url(url)
