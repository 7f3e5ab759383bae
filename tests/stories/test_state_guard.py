"""The state guard: what a job's state will need is said before it runs, and a limit ends it with a savepoint."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.flink import Flink
from tests.waiting import until
from yunbox.testing.server import Server

TABLES = """
CREATE TABLE clicks (user_id BIGINT, ts AS PROCTIME()) WITH ('connector' = 'datagen', 'rows-per-second' = '20000',
    'fields.user_id.kind' = 'sequence', 'fields.user_id.start' = '1', 'fields.user_id.end' = '10000000');
CREATE TABLE nowhere (user_id BIGINT, n BIGINT) WITH ('connector' = 'blackhole');
"""
GROUP = "INSERT INTO nowhere SELECT user_id, COUNT(*) FROM clicks GROUP BY user_id;"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Server(tmp_path_factory.mktemp("guard") / "data", options=("--services", "flink")) as made:
        yield made


def flink(server: Server, *words: str) -> tuple[Any, str]:
    """What the command prints as JSON, and what it says on stderr."""
    command = [sys.executable, "-m", "yunbox", "flink", *words, "--output", "json", "--data", str(server.data)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(run.stdout), run.stderr


def file(folder: Path, *statements: str) -> str:
    path = folder / "job.sql"
    path.write_text(TABLES + "\n".join(statements))
    return str(path)


def test_a_warning_before_it_runs(server: Server, tmp_path: Path) -> None:
    [plan] = flink(server, "explain", file(tmp_path, GROUP))[0]["plans"]
    assert "warn" in plan
    assert "SET 'table.exec.state.ttl' = '" in plan
    [plan] = flink(server, "explain", file(tmp_path, "SET 'table.exec.state.ttl' = '1 h';", GROUP))[0]["plans"]
    assert "warn" not in plan
    [plan] = flink(
        server, "explain", file(tmp_path, "INSERT INTO nowhere SELECT user_id, 1 FROM clicks WHERE user_id > 0;")
    )[0]["plans"]
    assert "warn" not in plan


def test_what_changes_often_counts_once(server: Server, tmp_path: Path) -> None:
    """Ten groups are a few hundred bytes, however often they change."""
    few = "INSERT INTO nowhere SELECT MOD(user_id, 10), COUNT(*) FROM clicks GROUP BY MOD(user_id, 10);"
    [job] = flink(server, "run", file(tmp_path, "SET 'yunbox.state.limit' = '10kb';", few))[0]["jobs"]

    def rows() -> int:
        [found] = [one for one in flink(server, "jobs")[0] if one["id"] == job["id"]]
        assert (found["state"], found.get("state_warning", "")) == ("RUNNING", "")
        return int(found["rows_in"])

    until(lambda: rows() > 60_000, 60)
    flink(server, "stop", job["id"])


@pytest.mark.slow
def test_a_limit_ends_the_job_with_a_savepoint(server: Server, tmp_path: Path) -> None:
    """It is warned of on the way, and another with a higher limit goes on from there."""
    told, warning = flink(server, "run", file(tmp_path, "SET 'yunbox.state.limit' = '3mb';", GROUP))
    assert "SET 'table.exec.state.ttl' = '" in warning
    [job] = told["jobs"]
    levels: set[str] = set()

    def look() -> dict[str, Any]:
        [found] = [one for one in flink(server, "jobs")[0] if one["id"] == job["id"]]
        if "state_warning" in found:
            levels.add(found["state_warning"].partition(":")[0])
        return found

    until(lambda: look()["state"] == "FINISHED", 60)
    found = look()
    assert "'yunbox.state.limit' = '3mb'" in found["reason"]
    assert levels <= {"warning", "alarm"}
    with Flink(server) as client:
        assert "'yunbox.state.limit'" in client.job(job["id"], "/exceptions")["root-exception"]
        savepoint = client.job(job["id"], "/checkpoints")["latest"]["savepoint"]["external_path"]
    more = f"SET 'execution.state-recovery.path' = '{savepoint}';"
    [again] = flink(server, "run", file(tmp_path, "SET 'yunbox.state.limit' = '1gb';", more, GROUP))[0]["jobs"]
    with Flink(server) as client:
        until(lambda: int(client.job(again["id"], "/metrics?get=numRecordsOut")[0]["value"]) > 1000, 30)
        assert client.state(again["id"]) == "RUNNING"
    flink(server, "stop", again["id"])
    bill = subprocess.run(
        [sys.executable, "-m", "yunbox", "bill", "--by", "item", "--output", "json", "--data", str(server.data)],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "flink" in bill or "[]" in bill
