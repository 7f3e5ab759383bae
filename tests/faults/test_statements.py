"""No statement ends as an internal error, whatever is written: see ``statements.py`` for the long run."""

import json
import os
from pathlib import Path

from tests.faults.statements import connect, outcome, run
from yunbox.testing.server import Server

COUNT, SEED = int(os.environ.get("YUNBOX_TEST_STATEMENTS", "800")), 14


def test_statements_made_by_chance(tmp_path: Path):
    with Server(tmp_path / "data", options=("--port", "0")) as server:
        tally = run(server, seed=SEED, count=COUNT)
        assert not tally.bad, json.dumps(tally.bad, indent=1, ensure_ascii=False)
        assert sum(tally.codes.values()) == COUNT
        assert tally.codes["ok"] > COUNT // 20
        assert len(tally.codes) > 5
        assert outcome(connect(server), "select count(*) from g1") == "ok"
