"""What nobody touches for long goes from the state of all workers; from disk it is taken by the one whose key it is."""

from pathlib import Path

import pytest

from tests.unit.engine.stream.feed import FEEDS, Run
from tests.unit.engine.stream.test_expiry import NODES, kept

_TWO = {"parallelism.default": "2"}


@pytest.mark.parametrize("key", ["k{}", "k" * 500 + "{}"], ids=["short", "hashed"])
@pytest.mark.parametrize("what", NODES)
def test_all_goes_but_what_was_touched(tmp_path: Path, what: str, key: str) -> None:
    run = Run(tmp_path / "j", NODES[what](), **_TWO)
    run.send("t", *((key.format(at), at, 0, None) for at in range(200)))
    run.again()  # what is known of them is on disk alone
    run.now += 3000
    run.send("t", *((key.format(at), at, 0, None) for at in range(20)))
    full = kept(run)
    run.now += 1000
    for _ in range(20):
        run.step()
    run.now += 1000
    for _ in range(20):
        run.step()
    assert full / 20 < kept(run) < full / 5, "twenty of two hundred were touched meanwhile"
    FEEDS["t"].is_finished = True
    run.runner.close()
