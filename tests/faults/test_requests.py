"""No request ends as an internal error or without an answer, however made: see ``requests.py`` for the long run."""

import json
import os
from pathlib import Path

from tests.faults.requests import bucket_of, run
from yunbox.testing.server import Server

COUNT, SEED = int(os.environ.get("YUNBOX_TEST_REQUESTS", "3000")), 14


def test_requests_made_by_chance(tmp_path: Path):
    with Server(tmp_path / "data", options=("--port", "0")) as server:
        tally = run(server, seed=SEED, count=COUNT)
        assert not tally.bad, json.dumps(tally.bad, indent=1, ensure_ascii=False)
        assert sum(tally.codes.values()) == COUNT
        assert tally.codes["200"] > COUNT // 10
        assert tally.codes["SignatureDoesNotMatch"] < COUNT // 10
        bucket = bucket_of(server, "still-there")
        bucket.create_bucket()
        bucket.put_object("k", b"x")
        assert bucket.get_object("k").read() == b"x"
