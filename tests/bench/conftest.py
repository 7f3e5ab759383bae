"""Benches print their figures: `./yunbox test -m bench -s tests/bench`."""

import socket
import warnings
from collections.abc import Callable, Iterator

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from odps import ODPS

from tests.bench.peers import Peer
from tests.postgres import PASSWORD, running
from yunbox.testing.server import Server


@pytest.fixture
def o(yunbox: Server) -> ODPS:
    """PyODPS on a server of its own."""
    return ODPS(yunbox.access_key_id, yunbox.access_key_secret, yunbox.project, endpoint=yunbox.endpoint)


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print a figure whatever pytest captures."""

    def say(text: str) -> None:
        with capsys.disabled():
            print(f"\n  {text}", flush=True)

    return say


@pytest.fixture
def postgres() -> Iterator[Peer]:
    """PostgreSQL, which flushes what it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with running(
        "fsync=on", "max_connections=200", "shared_buffers=2GB", "work_mem=256MB", "max_wal_size=8GB", port=port
    ) as made:
        yield Peer(made.programs, "127.0.0.1", port, "postgres", "postgres", PASSWORD)
