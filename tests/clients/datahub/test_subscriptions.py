"""Subscriptions and their offsets by pydatahub, and consumers that share one.

pydatahub 2.29 cannot read the answer of ``get_subscription``: subscriptions are looked at by listing them.
"""

import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from yunbox.testing.server import Server


@pytest.fixture
def sub(dh: Any, project: str, pair: Any) -> str:
    dh.create_tuple_topic(project, "t", 4, 3, pair, "")
    return dh.create_subscription(project, "t", "a reader").sub_id


def offset(sdk: ModuleType, found: Any, sequence: int, session: int | None = None, version: int | None = None) -> Any:
    return sdk.models.OffsetWithSession(
        sequence,
        sequence * 10,
        found.version if version is None else version,
        found.session_id if session is None else session,
    )


def test_subscriptions(dh: Any, project: str, sub: str, sdk: ModuleType) -> None:
    page = dh.list_subscription(project, "t", "", 1, 10)
    one = page.subscriptions[0]
    assert (page.total_count, one.sub_id, one.comment, one.topic_name) == (1, sub, "a reader", "t")
    assert (one.is_owner, one.type, one.state) == (True, 0, sdk.models.SubscriptionState.ACTIVE)
    assert 0 < one.create_time <= one.last_modify_time
    dh.update_subscription(project, "t", sub, "another")
    dh.update_subscription_state(project, "t", sub, sdk.models.SubscriptionState.INACTIVE)
    one = dh.list_subscription(project, "t", "", 1, 10).subscriptions[0]
    assert (one.comment, one.state) == ("another", sdk.models.SubscriptionState.INACTIVE)
    for _ in range(25):
        dh.create_subscription(project, "t", "more")
    assert len(dh.list_subscription(project, "t", "", 3, 10).subscriptions) == 6
    assert dh.list_subscription(project, "t", "anoth", 1, 10).total_count == 1
    with pytest.raises(sdk.exceptions.InvalidParameterException):
        dh.list_subscription(project, "t", "", 9, 10)
    dh.delete_subscription(project, "t", sub)
    assert dh.list_subscription(project, "t", "", 1, 10).total_count == 25


def test_offsets(dh: Any, project: str, sub: str, sdk: ModuleType) -> None:
    found = dh.init_and_get_subscription_offset(project, "t", sub, ["0", "1"]).offsets
    assert (found["0"].sequence, found["0"].timestamp, found["0"].version) == (-1, -1, 0)
    dh.update_subscription_offset(project, "t", sub, {"0": offset(sdk, found["0"], 5)})
    kept = dh.get_subscription_offset(project, "t", sub).offsets
    assert (kept["0"].sequence, kept["0"].timestamp, kept["1"].sequence) == (5, 50, -1)
    assert set(kept) == {"0", "1", "2", "3"}
    assert set(dh.get_subscription_offset(project, "t", sub, "0").offsets) == {"0"}
    again = dh.init_and_get_subscription_offset(project, "t", sub, "0").offsets["0"]
    assert (again.sequence, again.session_id > found["0"].session_id) == (5, True)


def test_who_comes_later_takes_the_session(dh: Any, project: str, sub: str, sdk: ModuleType) -> None:
    first = dh.init_and_get_subscription_offset(project, "t", sub, "0").offsets["0"]
    second = dh.init_and_get_subscription_offset(project, "t", sub, "0").offsets["0"]
    with pytest.raises(sdk.exceptions.InvalidOperationException) as error:
        dh.update_subscription_offset(project, "t", sub, {"0": offset(sdk, first, 1)})
    assert error.value.error_code == "OffsetSessionChanged"
    dh.update_subscription_offset(project, "t", sub, {"0": offset(sdk, second, 1)})
    with pytest.raises(sdk.exceptions.InvalidOperationException) as error:
        dh.update_subscription_offset(project, "t", sub, {"3": offset(sdk, first, 1)})
    assert error.value.error_code == "OffsetSessionClosed"


def test_a_reset_is_told(dh: Any, project: str, sub: str, sdk: ModuleType) -> None:
    found = dh.init_and_get_subscription_offset(project, "t", sub, "0").offsets["0"]
    dh.reset_subscription_offset(project, "t", sub, {"0": sdk.models.OffsetBase(3, 30)})
    with pytest.raises(sdk.exceptions.OffsetResetException) as error:
        dh.update_subscription_offset(project, "t", sub, {"0": offset(sdk, found, 9)})
    assert error.value.error_code == "OffsetReseted"
    kept = dh.get_subscription_offset(project, "t", sub, "0").offsets["0"]
    assert (kept.sequence, kept.timestamp, kept.version) == (3, 30, 1)


def test_one_that_is_switched_off(dh: Any, connect: Any, project: str, sub: str, pair: Any, sdk: ModuleType) -> None:
    dh.update_subscription_state(project, "t", sub, sdk.models.SubscriptionState.INACTIVE)
    offline = sdk.exceptions.SubscriptionOfflineException
    with pytest.raises(offline):
        dh.init_and_get_subscription_offset(project, "t", sub, "0")
    with pytest.raises(offline):
        dh.join_group(project, "t", sub, 60_000)
    cursor = dh.get_cursor(project, "t", "0", sdk.models.CursorType.OLDEST).cursor
    with pytest.raises(offline):
        connect("PB")._datahub_impl.get_tuple_records(project, "t", sub, "0", pair, cursor, 1)


def test_the_rules_of_a_group(dh: Any, project: str, sub: str, sdk: ModuleType) -> None:
    """A shard goes to another consumer once its holder has let it go; one of a split once its parent was read."""
    one = dh.join_group(project, "t", sub, 60_000)
    assert (one.version_id, one.session_timeout) == (0, 60_000)

    def beat(who: Any, held: list[str], ended: list[str] | None = None) -> list[str]:
        return dh.heart_beat(project, "t", sub, who.consumer_id, who.version_id, held, ended or []).shard_list

    assert beat(one, []) == ["0", "1", "2", "3"]
    other = dh.join_group(project, "t", sub, 60_000)
    assert beat(other, []) == []  # the first still holds them all
    left = beat(one, ["0", "1", "2", "3"])
    assert len(left) == 2
    gone = [at for at in ("0", "1", "2", "3") if at not in left]
    dh.sync_group(project, "t", sub, one.consumer_id, one.version_id, gone, [])
    assert beat(other, []) == gone
    made = [shard.shard_id for shard in dh.split_shard(project, "t", left[0]).new_shards]
    assert set(beat(one, left)) == set(left)
    now = set(beat(one, [left[1]], [left[0]])) | set(beat(other, gone))
    now |= set(beat(one, [left[1]])) | set(beat(other, gone))
    assert now == {left[1], *gone, *made}
    dh.leave_group(project, "t", sub, one.consumer_id, one.version_id)
    assert set(beat(other, gone)) == {left[1], *gone, *made}
    with pytest.raises(sdk.exceptions.DatahubException) as error:
        beat(one, [])
    assert error.value.error_code == "NoSuchConsumer"
    dh.reset_subscription_offset(project, "t", sub, {"0": sdk.models.OffsetBase(0, 0)})
    with pytest.raises(sdk.exceptions.OffsetResetException):
        beat(other, gone)


@pytest.mark.slow
def test_the_clients_own_consumers(
    server: Server, dh: Any, project: str, sub: str, pair: Any, sdk: ModuleType, tmp_path: Path
) -> None:
    """Two consumers of the client share what its producer writes; who comes next goes on behind them."""
    client, key = sdk.client, (server.access_key_id, server.access_key_secret, server.endpoints["datahub"])

    def config(kind: Any) -> Any:
        made = kind(*key)
        made.logging_filename = str(tmp_path / "client.log")
        return made

    producer = client.DatahubProducer(project, "t", config(client.ProducerConfig))
    for start in range(0, 200, 10):
        producer.write([sdk.models.TupleRecord(schema=pair, values=[start + at, "x"]) for at in range(10)])
    producer.close()
    seen: list[list[int]] = [[], []]

    def read(into: list[int]) -> None:
        consumer = client.DatahubConsumer(project, "t", sub, config(client.ConsumerConfig))
        end = time.monotonic() + 60
        while sum(map(len, seen)) < 200 and time.monotonic() < end:
            record = consumer.read(timeout=1)
            if record is not None:
                into.append(record.values[0])
        consumer.close()

    threads = [threading.Thread(target=read, args=(one,)) for one in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen[0] + seen[1]) == list(range(200))
    assert all(seen), "both had shards"
    offsets = dh.get_subscription_offset(project, "t", sub).offsets.values()
    assert sum(one.sequence + 1 for one in offsets) == 200
