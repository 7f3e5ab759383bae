"""`subId` of a source of DataHub, and columns that no field of a topic is."""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from tests.clients.flink.conftest import Topic
from tests.datahub import Client
from tests.flink import Flink, Refused, clicks, hologres
from tests.processes import children
from tests.waiting import until
from yunbox.testing.server import Server

Put = Callable[..., None]
CLICKS = "user_id BIGINT, amount DOUBLE"
NOWHERE = "CREATE TABLE nowhere (user_id BIGINT) WITH ('connector' = 'blackhole')"
INTO_NOWHERE = "INSERT INTO nowhere SELECT user_id FROM clicks"


@pytest.fixture
def sub_id(raw: Client, project: str, topic: Topic) -> str:
    """A subscription of a topic ``clicks``."""
    topic("clicks", "user_id:BIGINT", "amount:DOUBLE", shards=2)
    made = raw.call("POST", f"/projects/{project}/topics/clicks/subscriptions", Action="create", Comment="")
    return str(made["SubId"])


def of(project: str, sub_id: str) -> str:
    return f"/projects/{project}/topics/clicks/subscriptions/{sub_id}"


def read_to(raw: Client, project: str, sub_id: str) -> dict[str, tuple[int, int]]:
    """The sequence and the session of each shard, as pydatahub's ``get_subscription_offset`` asks for them."""
    found = raw.call("POST", of(project, sub_id) + "/offsets", Action="get", ShardIds=[])["Offsets"]
    return {shard: (one["Sequence"], one["SessionId"]) for shard, one in found.items()}


def read(raw: Client, project: str, sub_id: str) -> int:
    """How many records in all."""
    return sum(at + 1 for at, _ in read_to(raw, project, sub_id).values())


def reason(flink: Flink, job: str) -> str:
    until(lambda: flink.state(job) == "FAILED", 30)
    return str(flink.job(job, "/exceptions")["root-exception"])


def test_a_subscription_shows_how_far_a_job_has_read(
    flink: Flink, server: Server, raw: Client, project: str, sub_id: str, put: Put, holo: Any
) -> None:
    """Also behind a kill; the job's own offsets are what counts, whatever becomes of the subscription's."""
    holo.execute("CREATE TABLE told (user_id bigint, amount float8)")
    put("clicks", [1, 1], [1, 1], [2, 1])
    job = flink.run(
        clicks(server, project, "clicks", CLICKS, subId=sub_id),
        hologres(server, "told", CLICKS, "told"),
        "INSERT INTO told SELECT * FROM clicks",
    )
    until(lambda: read(raw, project, sub_id) == 3, 30)
    before = read_to(raw, project, sub_id)
    [process] = [one for one in children(server, "engine.stream.main") if job in " ".join(one.cmdline())]
    os.kill(process.pid, signal.SIGKILL)
    raw.call("PUT", of(project, sub_id) + "/offsets", Action="reset", Offsets={"0": {"Sequence": -1, "Timestamp": -1}})
    put("clicks", [1, 1], [2, 5], [3, 1], [4, 1])
    until(lambda: holo.execute("SELECT count(*) FROM told").fetchone() == (7,), 30)
    until(lambda: read(raw, project, sub_id) == 7, 30)
    after = read_to(raw, project, sub_id)
    assert all(after[shard][1] > before[shard][1] for shard in before), "a session of its own after each start"
    raw.call("PUT", of(project, sub_id) + "/offsets", Action="reset", Offsets={"0": {"Sequence": -1, "Timestamp": -1}})
    put("clicks", [1, 1], [2, 5], [3, 1], [4, 1])
    until(lambda: holo.execute("SELECT count(*) FROM told").fetchone() == (11,), 30)
    until(lambda: read(raw, project, sub_id) == 11, 30)
    flink.cancel(job)
    holo.execute("DROP TABLE told")


def test_a_batch_tells_what_it_has_read(
    flink: Flink, server: Server, raw: Client, project: str, sub_id: str, put: Put
) -> None:
    put("clicks", [1, 1], [1, 1], [2, 1])
    flink.run("SET 'execution.runtime-mode' = 'batch'", clicks(server, project, "clicks", CLICKS, subId=sub_id))
    assert len(flink.rows("SELECT * FROM clicks")) == 3
    until(lambda: read(raw, project, sub_id) == 3, 30)


def test_a_subscription_is_one_jobs(
    flink: Flink, server: Server, raw: Client, project: str, sub_id: str, put: Put
) -> None:
    """Who comes later has it: the first one ends when it would tell of records the next time."""
    flink.run(clicks(server, project, "clicks", CLICKS, subId=sub_id), NOWHERE)
    jobs = [flink.run(INTO_NOWHERE) for _ in range(2)]
    until(lambda: read_to(raw, project, sub_id)["0"][1] >= 2, 30)
    put("clicks", [1, 1], [1, 1])
    until(lambda: "FAILED" in map(flink.state, jobs), 30)
    failed, other = jobs if flink.state(jobs[0]) == "FAILED" else reversed(jobs)
    assert f"'subId' = '{sub_id}' of topic {project}.clicks: another consumer uses it now" in reason(flink, failed)
    assert flink.state(other) == "RUNNING"
    flink.cancel(other)


@pytest.mark.parametrize("code", ["NoSuchSubscription", "SubscriptionOffline"])
def test_a_subscription_that_cannot_be_used_is_named(
    flink: Flink, server: Server, raw: Client, project: str, sub_id: str, code: str
) -> None:
    if code == "NoSuchSubscription":
        raw.call("DELETE", of(project, sub_id))
    else:
        raw.call("PUT", of(project, sub_id), State=0)
    flink.run(clicks(server, project, "clicks", CLICKS, subId=sub_id), NOWHERE)
    with pytest.raises(Refused, match=f"'subId' = '{sub_id}' of topic {project}.clicks: {code}"):
        flink.run(INTO_NOWHERE)


@pytest.mark.parametrize("kind", ["ARRAY<BIGINT>", "ROW<`x` INT>", "MAP<STRING, INT>"])
def test_datahub_has_no_lists_and_rows(flink: Flink, server: Server, project: str, topic: Topic, kind: str) -> None:
    """A text that looks like one is no ARRAY: the column is named before anything is read or written."""
    topic("pages", "page:STRING")
    for name in ("clicks", "target"):
        flink.run(clicks(server, project, "pages", f"page {kind}", name))
    flink.run(f"CREATE TABLE nowhere (page {kind}) WITH ('connector' = 'blackhole')")
    for statement in ("INSERT INTO nowhere SELECT * FROM clicks", f"INSERT INTO target SELECT CAST(NULL AS {kind})"):
        with pytest.raises(Refused) as caught:
            flink.run(statement)
        assert f"The type {kind} of column 'page' of table" in str(caught.value)
        assert "is none of a field of DataHub" in str(caught.value)
