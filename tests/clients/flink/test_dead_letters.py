"""Records that a query can make nothing of, in a topic of their own: each once, over kills, and the others go on."""

import json
import os
import signal
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.clients.flink.conftest import Topic
from tests.datahub import Client
from tests.flink import Flink, Refused, clicks, hologres
from tests.processes import children
from tests.waiting import until
from yunbox.testing.server import Server


def test_bad_records_go_to_a_topic(
    flink: Flink, server: Server, raw: Client, project: str, topic: Topic, put: Callable[..., None],
    holo: psycopg.Connection[Any],
) -> None:  # fmt: skip
    topic("clicks", "k:STRING", "v:STRING", "more:STRING", shards=2)
    names = ("record", "error", "source", "topic", "shard", "offset", "place", "job")
    topic("dead", *(f"{name}:{'BIGINT' if name == 'offset' else 'STRING'}" for name in names))
    table = f"dead_{project}"
    holo.execute(f"CREATE TABLE {table} (k text PRIMARY KEY, n bigint, s bigint)")
    flink.run(
        clicks(server, project, "clicks", "k STRING, v STRING"),
        clicks(
            server, project, "dead", "record STRING, error STRING, source STRING, topic STRING, shard STRING, "
            "`offset` BIGINT, place STRING, job STRING", "dead",
        ),
        hologres(server, table, "k STRING, n BIGINT, s BIGINT", "sums"),
        "SET 'yunbox.dead-letter.table' = 'dead'",
    )  # fmt: skip
    put("clicks", *(["a" if at % 2 else "b", "x" if at % 10 == 3 else at, "ü"] for at in range(100)), shard="0")
    put("clicks", ["a", None, None], ["a", "1e", None], shard="1")
    job = flink.run("INSERT INTO sums SELECT k, COUNT(*), SUM(CAST(v AS BIGINT)) FROM clicks GROUP BY k")

    def sums() -> list[Any]:
        return holo.execute(f"SELECT * FROM {table} ORDER BY k").fetchall()

    good = [at for at in range(100) if at % 10 != 3]
    odd, even = [at for at in good if at % 2], [at for at in good if not at % 2]
    until(lambda: sums() == [("a", len(odd) + 1, sum(odd)), ("b", len(even), sum(even))], 30)
    for process in children(server, "engine.stream.main"):
        if job in " ".join(process.cmdline()):
            os.kill(process.pid, signal.SIGKILL)
    put("clicks", ["c", "7", None], ["c", "y", None], shard="1")
    until(lambda: ("c", 1, 7) in sums(), 30)
    until(lambda: len(raw.read(project, "dead", "0")) >= 12, 10)
    letters = [fields for _, fields in raw.read(project, "dead", "0")]
    places = [("0", str(at), {"k": "a", "v": "x", "more": "ü"}) for at in range(3, 100, 10)]
    places += [("1", "1", {"k": "a", "v": "1e", "more": None}), ("1", "3", {"k": "c", "v": "y", "more": None})]
    assert sorted((one[4], one[5]) for one in letters) == sorted(place[:2] for place in places)
    for record, error, source, of, shard, offset, place, by in letters:
        assert (shard, offset, json.loads(record)) in places
        assert (source, of, by) == ("`default_catalog`.`default_database`.`clicks`", f"{project}.clicks", job)
        assert place == f"topic {project}.clicks, shard {shard}, offset {offset}"
        assert "For input string: '" in error
    [metric] = flink.jobmanager.ask("GET", f"/jobs/{job}/metrics?get=numDeadLetters")
    assert int(metric["value"]) >= 1
    flink.cancel(job)


def test_without_a_table_the_job_fails(
    flink: Flink, server: Server, project: str, topic: Topic, put: Callable[..., None]
) -> None:
    topic("clicks", "v:STRING")
    put("clicks", ["1"], ["x"])
    flink.run(clicks(server, project, "clicks", "v STRING"))
    with pytest.raises(Refused, match=rf"topic {project}.clicks, shard 0, offset 1: "):
        flink.rows("SELECT CAST(v AS BIGINT) FROM clicks")
    flink.run("SET 'yunbox.dead-letter.table' = 'clicks'")
    with pytest.raises(Refused, match=r"column 'v' STRING.* is none of what is told of a record"):
        flink.rows("SELECT CAST(v AS BIGINT) FROM clicks")
