"""Flights as events: DataHub's topic takes them from Kafka's own client and gives each of a group its share."""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from flights import flights
from story import Stage, Step, Story
from topics import call

PROJECT, TOPIC, SHARDS = "flight_events", "departures", 4
MONTHS = 2


def _where(story: Story) -> dict[str, Any]:
    """Nothing of ours but where to connect and the key of a user: Kafka's clients know no tokens."""
    server = story.server
    assert server is not None
    return {
        "bootstrap_servers": server.endpoints["kafka"],
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": story.role.streamer.id,
        "sasl_plain_password": story.role.streamer.secret,
    }


def _produce(story: Story) -> str:
    """A topic, and every departure of the first months in it, by aircraft: one aircraft's flights keep their order."""
    from kafka import KafkaProducer

    call(story.role, "POST", f"/projects/{PROJECT}", Comment="Departures from New York")
    told = {"ShardCount": SHARDS, "Lifecycle": 1, "RecordType": "BLOB", "Comment": ""}
    call(story.role, "POST", f"/projects/{PROJECT}/topics/{TOPIC}", **told)
    frame = flights()
    frame = frame[(frame.month <= MONTHS) & frame.dep_time.notna() & frame.tailnum.notna()].sort_values(
        ["month", "day", "dep_time"]
    )
    events = frame[["tailnum", "carrier", "pt", "dep_time", "dep_delay"]].to_dict("records")
    started = time.monotonic()
    producer = KafkaProducer(**_where(story), linger_ms=20, batch_size=256 * 1024)
    for event in events:
        producer.send(f"{PROJECT}.{TOPIC}", key=event["tailnum"].encode(), value=json.dumps(event).encode())
    producer.flush()
    producer.close()
    story.notes["departures"] = Counter(event["carrier"] for event in events)
    rate = len(events) / (time.monotonic() - started)
    return f"{len(events):,} departures by kafka-python in {SHARDS} shards, {rate:,.0f} a second, each on disk"


def _consume(story: Story) -> str:
    """Two consumers of one group share the shards."""
    expected = story.notes["departures"]
    shares: list[Counter[str]] = [Counter(), Counter()]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda share: _take(story, share, shares), shares))
    found = shares[0] + shares[1]
    assert found == expected
    most = ", ".join(f"{carrier} {count:,}" for carrier, count in found.most_common(3))
    parts = " and ".join(f"{share.total():,}" for share in shares)
    return f"two consumers had {parts}: each departure once, most of {most}"


def _take(story: Story, share: Counter[str], shares: list[Counter[str]]) -> None:
    """Count as one consumer of the group until all is counted. What it could not commit, another is given."""
    from kafka import KafkaConsumer
    from kafka.errors import CommitFailedError

    consumer = KafkaConsumer(
        f"{PROJECT}.{TOPIC}",
        group_id=f"{PROJECT}.dashboards",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        **_where(story),
    )
    due = time.monotonic() + 60
    while sum(one.total() for one in shares) < story.notes["departures"].total() and time.monotonic() < due:
        records = [record for part in consumer.poll(200).values() for record in part]
        with suppress(CommitFailedError):
            consumer.commit()
            share.update(json.loads(record.value)["carrier"] for record in records)
    consumer.close()


STAGE = Stage(
    "datahub",
    "DataHub: departures as events, in and out by Kafka's own client",
    (Step("produce", _produce), Step("consume in a group", _consume)),
    lambda _story: [],
)
