"""Callbacks: whom they may reach, and how long they may take."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from yunbox.services.oss.objects import callback as callbacks
from yunbox.services.oss.objects.callback import Callback, CallbackFailed, ask

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


def call(url: str, *, anywhere: bool = False) -> None:
    asyncio.run(ask(Callback((url,), "", "a", "application/x-www-form-urlencoded"), b"a", {}, anywhere=anywhere))


def test_an_endless_answer_is_cut_off(dripping: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "TIMEOUT_S", 0.2)
    with pytest.raises(CallbackFailed):
        call(dripping)
    deadline = time.monotonic() + 5
    while callbacks._THREADS._idle_semaphore._value == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert callbacks._THREADS._idle_semaphore._value > 0, "the thread is free again"


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "169.254.169.254", "[fe80::1]", "0.0.0.0", "[::]"])
def test_only_this_machine_is_called(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object) -> None:
        raise AssertionError("connected")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(CallbackFailed, match="forbidden"):
        call(f"http://{host}/")


def test_other_machines_are_called_when_that_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[object] = []

    def connect(address: tuple[str, int], _: float) -> None:
        reached.append(address)
        raise OSError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(CallbackFailed):
        call("http://192.0.2.1:81/", anywhere=True)
    assert reached == [("192.0.2.1", 81)]
