"""A job whose disk fills up, run on a small file system: it pauses, and goes on when there is room, each row once. So
does one of two processes.

Run as ``python flink_full.py FOLDER``, where FOLDER is the small file system.
"""

import json
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by its path, this file has no package around it

from tests.faults.filler import fill
from yunbox.engine.stream.batch import Change, Kind
from yunbox.engine.stream.job import JobRunner
from yunbox.sql.flink.catalog import Catalog
from yunbox.sql.flink.planner import Planner
from yunbox.sql.flink.plans import Job

KEYS, ROUNDS, SPARE = 60_000, 3, 16 * 1024 * 1024
PATIENCE_S = 120
QUERY = "SELECT k, COUNT(*) AS n, MAX(v) AS v FROM events GROUP BY k"


def main() -> None:
    """Fill the disk, run the job into it, make room."""
    folder = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as elsewhere:
        source = Path(elsewhere) / "events.json"
        with source.open("w") as file:
            for number in range(KEYS * ROUNDS):
                file.write(json.dumps({"k": f"{number % KEYS:-<60}", "v": number}) + "\n")
        for count in (1, 2):
            run(planned(source, count), folder / str(count))
            shutil.rmtree(folder / str(count))


def planned(source: Path, count: int) -> Job:
    planner = Planner(Catalog(), {"parallelism.default": str(count)})
    table = f"'connector' = 'filesystem', 'path' = 'file://{source}', 'format' = 'json'"
    for statement in planner.statements(f"CREATE TABLE events (k STRING, v BIGINT) WITH ({table}); {QUERY}"):
        made = planner.plan(statement)
    assert isinstance(made, Job)
    return made


def run(job: Job, folder: Path) -> None:
    left: Counter[tuple[Any, ...]] = Counter()

    def give(changes: list[Change]) -> None:
        for kind, row in changes:
            left[row] += Kind(kind).sign

    ballast = folder / "ballast"
    state = folder / "job"
    state.mkdir(parents=True)
    runner = JobRunner(job, state, job_id="j", give=give)  # type: ignore[arg-type]
    fill(ballast, SPARE)
    pauses: list[bool] = []

    def make_room() -> None:
        end = time.monotonic() + PATIENCE_S
        while not runner.progress.is_paused and time.monotonic() < end:
            time.sleep(0.01)
        pauses.append(runner.progress.is_paused)
        ballast.unlink()

    helper = threading.Thread(target=make_room)
    helper.start()
    runner.run(lambda: False)
    helper.join()
    runner.close()
    assert pauses == [True], "the disk was never full"
    assert not runner.progress.is_paused and runner.progress.rows_in == KEYS * ROUNDS
    first = KEYS * (ROUNDS - 1)
    wanted = {(f"{key:-<60}", ROUNDS, first + key) for key in range(KEYS)}
    assert {row for row, count in left.items() if count == 1} == wanted
    assert all(count == 0 for row, count in left.items() if row not in wanted)
    again = JobRunner(job, state, job_id="j")
    assert again.store.size_bytes > KEYS
    again.close()


if __name__ == "__main__":
    main()
