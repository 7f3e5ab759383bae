"""The processes that clients are connected to: limits, cancel requests across them, and what happens when one dies."""

import contextlib
import signal
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.clients.hologres.clients import connected, dialled, raw
from tests.processes import children
from tests.unit.services.hologres.raw import fields, query
from yunbox.testing.server import Server

IDLE = 1000
IDLE_BYTES_MAX = 300 * 1024 * 1024


def gateways(server: Server) -> list[psutil.Process]:
    """The gateway processes."""
    return children(server, "hologres.gateway.main")


def answers(server: Server) -> bool:
    """Whether somebody is served; where nobody is, that has the gateways started."""
    with contextlib.suppress(psycopg.OperationalError):
        connected(server).close()
        return True
    return False


def memory(server: Server) -> int:
    """What the server's processes have to themselves, in bytes."""
    processes = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    return sum(process.memory_full_info().uss for process in processes)


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with two gateways and Hologres alone."""
    options = ("--services", "hologres", "--hologres-gateways", "2")
    with Server(tmp_path_factory.mktemp("two"), options=options) as server:
        connected(server).close()
        until(lambda: len(gateways(server)) == 2)
        yield server


def test_there_are_as_many_as_asked_for_once_there_is_a_client(tmp_path: Path) -> None:
    with Server(tmp_path, options=("--services", "hologres", "--hologres-gateways", "2")) as server:
        assert gateways(server) == []
        connected(server).close()
        until(lambda: len(gateways(server)) == 2)


def test_a_thousand_idle_connections_are_light(two: Server) -> None:
    connected(two).close()
    before = memory(two)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(raw(two).sock) for _ in range(IDLE)]
        grown = memory(two) - before
        last = raw(two)
        assert last.say(query("show timezone"))[-1] == ("Z", b"I")
        last.close()
        assert len(clients) == IDLE
    assert grown < IDLE_BYTES_MAX, f"{grown / 1024 / 1024:.0f} MB"


def test_one_too_many_is_told_so(tmp_path: Path) -> None:
    options = ("--services", "hologres", "--hologres-connections", "3", "--hologres-gateways", "2")
    with Server(tmp_path, options=options) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connected(server)) for _ in range(3)]
        with pytest.raises(psycopg.OperationalError, match="sorry, too many clients already"):
            connected(server)
        clients[0].close()
        until(lambda: _comes_in(server))


def _comes_in(server: Server) -> bool:
    try:
        connected(server).close()
    except psycopg.OperationalError:
        return False
    return True


def test_one_that_is_killed_is_there_again(two: Server) -> None:
    victims = gateways(two)
    clients = [connected(two) for _ in range(8)]
    for victim in victims:
        victim.send_signal(signal.SIGKILL)
    for client in clients:
        with pytest.raises(psycopg.OperationalError):
            client.execute("show timezone")
        client.close()
    with connected(two) as client:  # it waits in the socket's queue
        assert client.execute("show timezone").fetchone() == ("Etc/UTC",)
    until(lambda: len(gateways(two)) == 2)
    assert not {victim.pid for victim in victims} & {process.pid for process in gateways(two)}
    assert psutil.pid_exists(two.pid)


def test_one_that_hangs_is_killed_and_there_again(two: Server) -> None:
    victim = gateways(two)[0]
    victim.suspend()
    until(lambda: not psutil.pid_exists(victim.pid), 60)  # which takes longer if it has not said yet that it is ready
    until(lambda: answers(two) and len(gateways(two)) == 2, 40)


def test_a_wrong_cancel_key_does_nothing(two: Server) -> None:
    client = raw(two)
    process_id, secret = client.key
    for wrong in ((process_id, secret ^ 1), (process_id + 1, secret), (0, 0), (0xFFFFFFFF, 0xFFFFFFFF)):
        with dialled(two) as sock:
            sock.sendall(struct.pack(">IIII", 16, 80877102, *wrong))
            assert sock.recv(10) == b""
    assert client.say(query("show timezone"))[-1] == ("Z", b"I")
    client.close()


def test_sessions_are_told_when_the_server_ends(tmp_path: Path) -> None:
    server = Server(tmp_path, options=("--services", "hologres")).start()
    client = raw(server)
    children = psutil.Process(server.pid).children(recursive=True)
    assert server.stop() == 0
    said = fields(client.receive()[1])
    assert (said["S"], said["C"]) == ("FATAL", "57P01")
    client.sock.close()
    assert not psutil.wait_procs(children, timeout=10)[1]
    with server as again, connected(again) as other:
        assert other.execute("show timezone").fetchone() == ("Etc/UTC",)


def test_no_gateway_outlives_a_killed_server(tmp_path: Path) -> None:
    server = Server(tmp_path, options=("--services", "hologres")).start()
    connected(server).close()
    children = psutil.Process(server.pid).children(recursive=True)
    assert gateways(server)
    server.kill()
    assert not psutil.wait_procs(children, timeout=10)[1]


def test_statements_are_on_the_trail_and_their_texts_are_not(two: Server) -> None:
    with connected(two, application_name="seen") as client:
        for _ in range(20):
            client.execute("set application_name = 'a secret text'")
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            client.execute("listen a_secret_text")
    log = two.data / "logs" / "calls.jsonl"
    until(lambda: '"operation":"Set"' in log.read_text())
    assert "secret text" not in log.read_text()


def test_a_client_that_says_nothing_is_sent_away(tmp_path: Path) -> None:
    with Server(tmp_path, options=("--services", "hologres", "--hologres-login-seconds", "1")) as server:
        with dialled(server) as sock:
            assert sock.recv(10) == b""
        with dialled(server) as sock:
            body = b"user\0u\0\0"
            sock.sendall(struct.pack(">II", len(body) + 8, 3 << 16) + body)
            sock.settimeout(10)
            answer = b"".join(iter(lambda: sock.recv(1000), b""))
            assert b"canceling authentication due to timeout" in answer


def test_an_end_of_stream_before_the_login(two: Server) -> None:
    with dialled(two) as sock:
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(10) == b""
