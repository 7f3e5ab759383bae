"""Hotspots and the hashed layout, over the wire."""

import json

import oss2
import pytest

from tests.clients.oss.whole_query import whole


def ask(bucket: oss2.Bucket, method: str, **params: str) -> list[dict]:
    """A call that no client of the vendor's has: the lines of its answer."""
    lines = whole(bucket)._do(method, bucket.bucket_name, "", params=params).read().splitlines()
    return [json.loads(line) for line in lines]


def keys(bucket: oss2.Bucket) -> list[str]:
    return [item.key for item in oss2.ObjectIterator(bucket)]


def test_hotspots_are_known_without_limits(bucket: oss2.Bucket) -> None:
    for number in range(20):
        bucket.put_object(f"events/{number:04}", b"x")
        bucket.get_object(f"events/{number:04}").read()
    bucket.put_object("once", b"x")
    found = ask(bucket, "GET", yunboxHotspots="", minutes="2")[0]
    assert not found["limits"]["enforced"]
    assert found["limits"]["partition_qps"] == 2000
    assert found["throttled"] == 0
    hot = found["hot"][0]
    assert (hot["prefix"], hot["requests"], hot["pattern"]) == ("events/", 40, "events/<sequence>")
    assert sum(minute["requests"] for minute in found["by_minute"]) == found["requests"] == 41


def test_each_key_of_a_batch_counts(bucket: oss2.Bucket) -> None:
    bucket.batch_delete_objects([f"events/{number:04}" for number in range(30)])
    found = ask(bucket, "GET", yunboxHotspots="", minutes="2")[0]
    hot = found["hot"][0]
    assert (hot["prefix"], hot["requests"], hot["throttled"]) == ("events/", 30, 0)
    assert found["requests"] == 30


def test_spread_and_back(bucket: oss2.Bucket) -> None:
    names = [f"logs/{number:04}" for number in range(1200)] + ["logs/中文 &?", "doc"]
    for name in names:
        bucket.put_object(name, name.encode())
    bucket.put_object("logs/", b"")  # a folder's marker stays
    steps = ask(bucket, "POST", yunboxRehash="", prefix="logs/")
    assert steps[-1] == {"done": True}
    assert (steps[-2]["renamed"], steps[-2]["kept"]) == (1201, 1)
    spread = keys(bucket)
    assert sum(key.endswith("/logs/中文 &?") for key in spread) == 1
    again = ask(bucket, "POST", yunboxRehash="", prefix="logs/")
    assert again[-2]["renamed"] == 0, "a second run finds nothing to do"
    whole = ask(bucket, "POST", yunboxRehash="")
    assert whole[-2]["renamed"] == 1, "of the whole bucket only what is not in the layout yet"
    ask(bucket, "POST", yunboxRehash="", back="true")
    assert keys(bucket) == sorted([*names, "logs/"])
    assert bucket.get_object("logs/0007").read() == b"logs/0007"


def test_a_bucket_with_versions_stays(bucket: oss2.Bucket) -> None:
    bucket.put_bucket_versioning(oss2.models.BucketVersioningConfig("Enabled"))
    with pytest.raises(oss2.exceptions.ServerError, match="versions"):
        ask(bucket, "POST", yunboxRehash="")
