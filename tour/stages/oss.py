"""Raw events as crumbs in a bucket: what they cost to scan, and the same answer after they became a few large files."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flights import flights
from story import Stage, Step, Story

BUCKET = "flight-events"
MONTHS = 4
TABLE = "flight_events"
QUESTION = (
    f"SELECT carrier, COUNT(*) AS flights, ROUND(AVG(dep_delay), 2) AS delay FROM {TABLE} "
    "GROUP BY carrier ORDER BY flights DESC, carrier LIMIT 20"
)


def _oss(story: Story) -> Any:
    """The vendor's own client; only the endpoint is another."""
    if "oss" not in story.notes:
        story.notes["oss"] = story.role.oss()
    return story.notes["oss"]


def put_crumbs(story: Story) -> str:
    """Put one small JSON file for each day and carrier, as event pipelines do."""
    import alibabacloud_oss_v2 as oss

    client = _oss(story)
    client.put_bucket(oss.PutBucketRequest(bucket=BUCKET))
    frame = flights()
    frame = frame[frame.month <= MONTHS]
    columns = ["carrier", "flight", "tailnum", "origin", "dest", "dep_delay", "arr_delay", "distance"]
    groups = list(frame.groupby(["pt", "carrier"]))

    def put(item: tuple[tuple[str, str], Any]) -> int:
        (day, carrier), rows = item
        body = rows[columns].to_json(orient="records", lines=True).encode()
        client.put_object(
            oss.PutObjectRequest(bucket=BUCKET, key=f"raw/month={day[:6]}/{day}-{carrier}.json", body=body)
        )
        return len(body)

    with ThreadPoolExecutor(4) as pool:
        size = sum(pool.map(put, groups))
    return f"{len(groups):,} JSON files of {size / len(groups) / 1024:.1f} KB on average, {len(frame):,} flights"


def see_the_cost(story: Story) -> str:
    """Ask what a scan of them costs."""
    return story.yunbox("oss", "doctor", f"{BUCKET}/raw/").strip()


def ask_the_crumbs(story: Story) -> str:
    """Ask a question of the files as they are, through an external table."""
    o = story.role.odps()
    o.execute_sql(
        f"CREATE EXTERNAL TABLE {TABLE} (carrier STRING, flight BIGINT, tailnum STRING, origin STRING, dest STRING, "
        "dep_delay DOUBLE, arr_delay DOUBLE, distance BIGINT) PARTITIONED BY (month STRING) STORED AS JSON "
        f"LOCATION 'oss://{BUCKET}/raw/'"
    )
    o.execute_sql(f"MSCK REPAIR TABLE {TABLE} ADD PARTITIONS")
    story.notes["before"], rows = _ask(story)
    story.notes["answer"] = rows
    story.notes["fetched"] = _fetch(story, "raw/")
    top = ", ".join(f"{carrier} {count:,}" for carrier, count, _ in rows[:3])
    return f"{len(rows)} carriers, most flights: {top}"


def compact(story: Story) -> str:
    """Turn the crumbs into Parquet, a file a month; the originals stay beside."""
    done = json.loads(story.yunbox("oss", "compact", f"{BUCKET}/raw/", "--to", "compacted", "--output", "json"))
    return (
        f"{done['files']:,} files ({done['bytes'] / 2**20:.1f} MB) became {done['made']:,} "
        f"({done['made_bytes'] / 2**20:.1f} MB of Parquet), {done['rows']:,} rows"
    )


def ask_again(story: Story) -> str:
    """Ask the same question of the compacted files."""
    o = story.role.odps()
    o.execute_sql(f"DROP TABLE {TABLE}")
    o.execute_sql(
        f"CREATE EXTERNAL TABLE {TABLE} (carrier STRING, flight BIGINT, tailnum STRING, origin STRING, dest STRING, "
        "dep_delay DOUBLE, arr_delay DOUBLE, distance BIGINT) PARTITIONED BY (month STRING) STORED AS PARQUET "
        f"LOCATION 'oss://{BUCKET}/compacted/'"
    )
    o.execute_sql(f"MSCK REPAIR TABLE {TABLE} ADD PARTITIONS")
    after_s, rows = _ask(story)
    assert rows == story.notes["answer"], "the answer has changed"
    fetched_s = _fetch(story, "compacted/")
    return (
        f"the same answer, in {after_s * 1000:.0f} ms instead of {story.notes['before'] * 1000:.0f} ms\n"
        f"and a client that reads all files over HTTP takes {fetched_s:.2f} s instead of {story.notes['fetched']:.2f} s"
    )


def _fetch(story: Story, prefix: str) -> float:
    """How long the vendor's client takes to read every object with a prefix."""
    import alibabacloud_oss_v2 as oss

    client = _oss(story)
    started = time.monotonic()
    pages = client.list_objects_v2_paginator().iter_page(oss.ListObjectsV2Request(bucket=BUCKET, prefix=prefix))
    keys = [item.key for page in pages for item in page.contents or []]
    with ThreadPoolExecutor(4) as pool:
        requests = [oss.GetObjectRequest(bucket=BUCKET, key=key) for key in keys]
        list(pool.map(lambda request: client.get_object(request).body.read(), requests))
    return time.monotonic() - started


def _ask(story: Story) -> tuple[float, list[tuple]]:
    """The question's answer, and the best time of three."""
    times, rows = [], []
    for _ in range(3):
        started = time.monotonic()
        hints = {"odps.sql.allow.fullscan": "true"}
        with story.role.odps().execute_sql(QUESTION, hints=hints).open_reader() as reader:
            rows = [tuple(record.values) for record in reader]
        times.append(time.monotonic() - started)
    return min(times), rows


def after(story: Story) -> list[str]:
    """Where the results are, and what to try next."""
    return [f"  ./yunbox oss doctor {BUCKET}/raw/ --data {story.data}"]


STAGE = Stage(
    name="oss",
    title="OSS: thousands of crumbs, seen and mended, with the vendor's own client",
    steps=(
        Step("put small JSON files", put_crumbs),
        Step("what a scan costs", see_the_cost),
        Step("ask a question", ask_the_crumbs),
        Step("compact", compact),
        Step("ask again", ask_again),
    ),
    after=after,
)
