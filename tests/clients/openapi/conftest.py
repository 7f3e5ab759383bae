"""One server for the tests of OpenAPI's clients."""

from collections.abc import Iterator

import pytest

from yunbox.testing.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with all that is managed by OpenAPI."""
    with Server(tmp_path_factory.mktemp("openapi") / "data") as running:
        yield running
