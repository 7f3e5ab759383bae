"""A server of their own, as some of these tests kill it, and a table for every test."""

import itertools
from collections.abc import Iterator

import pytest
from tablestore import OTSClient

from tests.clients.tablestore.clients import connected, new_table
from yunbox.testing.server import Server

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("tablestore")) as made:
        yield made


@pytest.fixture
def client(server: Server) -> OTSClient:
    return connected(server)


@pytest.fixture
def table(client: OTSClient) -> str:
    """A table of locks, as Terraform wants one."""
    return new_table(client, f"locks_{next(_NUMBERS)}")
