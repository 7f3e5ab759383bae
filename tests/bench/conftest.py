"""Benches print their figures: `./yunbox test -m bench -s tests/bench`."""

import warnings
from collections.abc import Callable

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from odps import ODPS

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
