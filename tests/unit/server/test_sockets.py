"""The block of ports: each endpoint has its place, and one that cannot be had is named."""

import socket

import pytest

from yunbox.kernel.errors import Unavailable
from yunbox.server import sockets as module
from yunbox.server.sockets import Sockets


def test_free_ports_on_the_loopback_address_alone() -> None:
    found = Sockets.reserve(0, {"one": 0, "two": 1})
    names = {name: sock.getsockname() for name, sock in found.bound.items()}
    assert {host for host, _ in names.values()} == {"127.0.0.1"}
    assert found.url("one") == f"http://127.0.0.1:{names['one'][1]}" != found.url("two")
    found.close()


def test_a_port_in_use_is_named_and_the_others_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[socket.socket] = []
    bind = module.bound
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        def noted(number: int) -> socket.socket:
            made.append(bind(number if number == port else 0))
            return made[-1]

        monkeypatch.setattr(module, "bound", noted)
        with pytest.raises(Unavailable, match=f"Port {port} for oss is in use: choose another block with --port-base"):
            Sockets.reserve(port - 1, {"maxcompute": 0, "oss": 1})
    assert [sock.fileno() for sock in made] == [-1]


def test_a_block_that_ends_above_the_last_port() -> None:
    with pytest.raises(Unavailable, match="Port 65536 for oss is not between 1 and 65535"):
        Sockets.reserve(65_536, {"oss": 0})
