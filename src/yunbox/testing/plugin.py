"""pytest plugin: the fixture `yunbox`, a fresh server on free ports with a temporary data folder.

Installed with the package (entry point `pytest11`), so a project that tests against Yunbox needs no set-up.
"""

from collections.abc import Iterator

import pytest

from yunbox.testing.server import Server


@pytest.fixture
def yunbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server of one's own, gone after the test."""
    with Server(tmp_path_factory.mktemp("yunbox")) as server:
        yield server


@pytest.fixture(scope="session")
def shared_yunbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server that all tests of a session share: give each test names of its own."""
    with Server(tmp_path_factory.mktemp("yunbox-shared")) as server:
        yield server
