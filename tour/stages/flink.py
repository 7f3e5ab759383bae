"""Flights replayed as events: DataHub, Flink SQL, Hologres, with a kill in the middle, and totals that are exact."""

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from flights import flights
from stages.hologres import connect
from stages.maxcompute import PROJECT as WAREHOUSE
from story import Stage, Step, Story
from topics import call

PROJECT, TOPIC, SHARDS = "flight_stream", "departures", 2
FIELDS = ("carrier:STRING", "origin:STRING", "dep_delay:DOUBLE", "ts:TIMESTAMP")
MONTHS, BATCH = 2, 2000
TABLES = """
CREATE TABLE carriers (carrier text PRIMARY KEY, flights bigint, delay float8) WITH (orientation = 'row');
CREATE TABLE days (day timestamp, origin text, flights bigint, PRIMARY KEY (day, origin)) WITH (orientation = 'row')
"""
SQL = """
CREATE TABLE departures (
    carrier STRING, origin STRING, dep_delay DOUBLE, ts TIMESTAMP(3),
    WATERMARK FOR ts AS ts - INTERVAL '1' DAY        -- who leaves after midnight is still of the day before
) WITH ('connector' = 'datahub', 'endPoint' = '{datahub}', 'project' = '{project}', 'topic' = '{topic}',
        'accessId' = '{access_id}', 'accessKey' = '{access_key}', 'startTime' = '2013-01-01 00:00:00');
CREATE TABLE carriers (carrier STRING, flights BIGINT, delay DOUBLE)
    WITH ('connector' = 'hologres', 'tablename' = 'carriers', {hologres});
CREATE TABLE days (`day` TIMESTAMP(3), origin STRING, flights BIGINT)
    WITH ('connector' = 'hologres', 'tablename' = 'days', {hologres});
SET 'pipeline.name' = 'departures by carrier and by day';
SET 'table.exec.state.ttl' = '36 h';
SET 'table.exec.source.idle-timeout' = '1 s';
EXECUTE STATEMENT SET BEGIN
    INSERT INTO carriers SELECT carrier, COUNT(*), SUM(dep_delay) FROM departures GROUP BY carrier;
    INSERT INTO days SELECT window_start, origin, COUNT(*)
        FROM TABLE(TUMBLE(TABLE departures, DESCRIPTOR(ts), INTERVAL '1' DAY))
        GROUP BY window_start, window_end, origin;
END;
"""


def _events() -> list[list[str]]:
    """Every departure of the first months, in the order in which they left."""
    import pandas

    frame = flights()
    frame = frame[(frame.month <= MONTHS) & frame.dep_time.notna() & frame.tailnum.notna()]
    day = pandas.to_datetime(frame.pt, format="%Y%m%d")
    left = day + pandas.to_timedelta(frame.dep_time // 100 * 60 + frame.dep_time % 100, unit="min")
    frame = frame.assign(ts=left.astype("datetime64[us]").astype("int64")).sort_values("ts", kind="stable")
    rows = zip(frame.carrier, frame.origin, frame.dep_delay, frame.ts, strict=True)
    return [[carrier, origin, str(delay), str(ts)] for carrier, origin, delay, ts in rows]


def _submit(story: Story) -> str:
    """A topic, two tables, and a file of Flink SQL that joins them."""
    server = story.server
    assert server is not None
    call(story.role, "POST", f"/projects/{PROJECT}", Comment="Departures, to be counted as they come")
    schema = {"fields": [dict(zip(("name", "type"), one.split(":"), strict=True)) for one in FIELDS]}
    told = {"ShardCount": SHARDS, "Lifecycle": 1, "RecordType": "TUPLE", "RecordSchema": json.dumps(schema)}
    call(story.role, "POST", f"/projects/{PROJECT}/topics/{TOPIC}", Comment="", **told)
    with connect(story) as client:
        client.execute(TABLES)
    at, key = server.endpoints["hologres"], story.role.streamer
    hologres = (
        f"'endpoint' = '{at['host']}:{at['port']}', 'dbname' = '{at['dbname']}', "
        f"'username' = '{key.id}', 'password' = '{key.secret}', "
        "'mutateType' = 'insertOrUpdate'"
    )
    file = story.folder / "departures.sql"
    file.touch(0o600)
    file.write_text(
        SQL.format(
            datahub=server.endpoints["datahub"], project=PROJECT, topic=TOPIC, access_id=key.id,
            access_key=key.secret, hologres=hologres,
        )
    )  # fmt: skip
    [job] = json.loads(story.yunbox("flink", "run", str(file), "--output", "json"))["jobs"]
    story.notes["job"] = job["id"]
    return f"one job of two INSERTs: {job['name']}"


def _replay(story: Story) -> str:
    """All departures; the job's process is killed when half of them are there, and nobody starts it again by hand."""
    events = _events()
    started = time.monotonic()
    for at in range(0, len(events), BATCH):
        if at <= len(events) // 2 < at + BATCH:
            os.kill(_process(story), signal.SIGKILL)
        some = events[at : at + BATCH]
        shards = [{"ShardId": str(ord(row[0][0]) % SHARDS), "Data": row} for row in some]
        call(story.role, "POST", f"/projects/{PROJECT}/topics/{TOPIC}/shards", Action="pub", Records=shards)
        story.say(f"{at + len(some):,} departures put, {_counted(story):,} counted")
    expected = len(events)
    while _counted(story) < expected:
        assert time.monotonic() < started + 60, "the job does not count them all"
        time.sleep(0.05)
    seconds = time.monotonic() - started
    [job] = json.loads(story.yunbox("flink", "jobs", "--output", "json"))
    assert (job["state"], job["restarts"]) == ("RUNNING", 1)
    story.notes["departed"] = expected
    return (
        f"{expected:,} departures in {seconds:.1f} s, the job killed on the way: it is {job['state']} again, and "
        f"Hologres has {_counted(story):,}"
    )


def _process(story: Story) -> int:
    """The process of the job."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has just ended
            words = path.read_bytes().split(b"\0")
            if b"yunbox.engine.stream.main" in words and any(story.notes["job"].encode() in word for word in words):
                return int(path.parent.name)
    raise AssertionError("the job has no process")


def _counted(story: Story) -> int:
    with connect(story) as client:
        [(found,)] = client.execute("SELECT coalesce(sum(flights), 0) FROM carriers").fetchall()
    return int(found)


def _prove(story: Story) -> str:
    """The same totals, by a batch query over the warehouse."""
    with connect(story) as client:
        streamed = {carrier: (count, round(delay, 3)) for carrier, count, delay in client.execute("TABLE carriers")}
        [(days, counted)] = client.execute("SELECT count(DISTINCT day), sum(flights) FROM days").fetchall()
    batch, where = _batch(story)
    assert streamed == batch
    last = f"{days} days are closed, with {int(counted):,} departures: the last of them waits for its watermark"
    most = max(streamed, key=lambda one: streamed[one][0])
    return f"{len(streamed)} carriers, each as {where} counts it (most: {most} {streamed[most][0]:,})\n{last}"


def _batch(story: Story) -> tuple[dict[str, Any], str]:
    """Flights and delay by carrier: of MaxCompute's table where the tour has made it, or of the file."""
    if "rows" in story.notes:
        query = (
            f"SELECT carrier, COUNT(*), SUM(dep_delay) FROM {WAREHOUSE}.flights WHERE pt < '2013{MONTHS + 1:02}01' "
            "AND dep_delay IS NOT NULL AND tailnum IS NOT NULL GROUP BY carrier"
        )
        with story.notes["odps"].execute_sql(query).open_reader() as reader:
            return {one[0]: (one[1], round(one[2], 3)) for one in reader}, "MaxCompute"
    found: dict[str, Any] = {}
    for carrier, _, delay, _ in _events():
        count, total = found.get(carrier, (0, 0.0))
        found[carrier] = (count + 1, round(total + float(delay), 3))
    return found, "pandas"


STAGE = Stage(
    "flink",
    "Flink SQL: departures replayed from DataHub to Hologres, killed on the way, and exact",
    (Step("submit the SQL", _submit), Step("replay two months", _replay), Step("prove the totals", _prove)),
    lambda story: [f"  ./yunbox flink jobs --data {story.data}    # while `./yunbox up --data {story.data}` runs"],
)
