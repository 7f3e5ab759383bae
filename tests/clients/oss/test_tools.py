"""What Yunbox adds to OSS, through its own command, beside readers that use the vendor's clients."""

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator

import oss2
import pandas
import pytest
import requests

from tests.clients.oss.second_client import open_to_public
from yunbox.testing.server import Server

Run = Callable[..., dict]


@pytest.fixture
def bucket(server: Server) -> Iterator[oss2.Bucket]:
    auth = oss2.Auth(server.access_key_id, server.access_key_secret)
    made = oss2.Bucket(auth, server.endpoints["oss"], "crumbs")
    made.create_bucket()
    open_to_public(made)
    yield made
    for item in list(oss2.ObjectIterator(made)):
        made.delete_object(item.key)


@pytest.fixture
def oss(server: Server) -> Run:
    def run(*words: str, fails: bool = False) -> dict:
        command = [sys.executable, "-m", "yunbox", "oss", *words, "--data", str(server.data), "--output", "json"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert (done.returncode != 0) == fails, done.stderr + done.stdout
        return json.loads(done.stderr if fails and not done.stdout else done.stdout)

    return run


def keys(bucket: oss2.Bucket, prefix: str = "") -> list[str]:
    return [item.key for item in oss2.ObjectIterator(bucket, prefix)]


def frame(bucket: oss2.Bucket, prefix: str) -> pandas.DataFrame:
    parts = [pandas.read_parquet(io.BytesIO(bucket.get_object(key).read())) for key in keys(bucket, prefix)]
    return pandas.concat(parts, ignore_index=True)


def test_doctor_counts_and_reckons(bucket: oss2.Bucket, oss: Run) -> None:
    for number in range(40):
        bucket.put_object(f"logs/pt=1/{number}.json", json.dumps({"n": number}) + "\n")
    bucket.put_object("logs/_SUCCESS", b"")
    found = oss("doctor", "crumbs/logs/")
    assert (found["files"], found["formats"], found["folders"]) == (40, {"json": 40}, 1)
    assert found["requests_now"] == 41
    assert found["requests_after"] == 2
    assert found["seconds_now"] > found["seconds_after"]
    assert oss("doctor", "crumbs/nothing/")["files"] == 0


def test_json_crumbs_become_parquet_in_their_folders(bucket: oss2.Bucket, oss: Run) -> None:
    for number in range(60):
        row = {"n": number, "day": number % 2} | ({"late": "x"} if number > 50 else {})
        bucket.put_object(f"ev/pt={number % 2}/{number}.json", json.dumps(row))
    done = oss("compact", "crumbs/ev/", "--remove")
    assert (done["files"], done["rows"], done["made"]) == (60, 60, 2)
    assert [key.split("/")[1] for key in keys(bucket, "ev/")] == ["pt=0", "pt=1"]
    found = frame(bucket, "ev/")
    assert found["n"].sum() == sum(range(60))
    assert found["late"].count() == 9
    assert oss("compact", "crumbs/ev/", "--remove")["files"] == 0


def test_originals_stay_unless_asked_and_a_second_run_does_nothing(bucket: oss2.Bucket, oss: Run) -> None:
    for number in range(5):
        bucket.put_object(f"c/{number}.csv", f"id,name\n{number},n{number}\n")
    assert oss("compact", "crumbs/c/", "--to", "big/c")["rows"] == 5
    assert len(keys(bucket, "c/")) == 5
    assert sorted(frame(bucket, "big/c/")["id"]) == [0, 1, 2, 3, 4]
    assert oss("compact", "crumbs/c/", "--to", "big/c")["made"] == 0
    assert len(keys(bucket, "big/c/")) == 1


def test_parquet_crumbs_of_several_schemas(bucket: oss2.Bucket, oss: Run) -> None:
    for number, columns in enumerate(({"a": [1]}, {"a": [2], "b": ["x"]}, {"b": ["y"]})):
        out = io.BytesIO()
        pandas.DataFrame(columns).to_parquet(out)
        bucket.put_object(f"p/{number}.parquet", out.getvalue())
    assert oss("compact", "crumbs/p/", "--remove")["made"] == 1
    found = frame(bucket, "p/")
    assert sorted(found["a"].dropna()) == [1, 2]
    assert sorted(found["b"].dropna()) == ["x", "y"]


def test_refusals(bucket: oss2.Bucket, oss: Run) -> None:
    bucket.put_object("x/1.json", "{}")
    assert "remove" in oss("compact", "crumbs/x/", fails=True)["message"]
    assert "overlaps" in oss("compact", "crumbs/x/", "--to", "x/big", fails=True)["message"]
    assert "exist" in oss("doctor", "no-such-bucket", fails=True)["message"]
    for number in range(2):
        bucket.put_object(f"bad/{number}.json", "not json {")
    oss("compact", "crumbs/bad/", "--remove", fails=True)
    assert len(keys(bucket, "bad/")) == 2


def test_a_folder_is_renamed_at_one_moment(bucket: oss2.Bucket, oss: Run) -> None:
    for number in range(30):
        bucket.put_object(f"old/{number}", str(number))
    bucket.put_object("older", "stays")
    assert oss("rename", "crumbs/old/", "new/place/") == {"renamed": 30}
    assert keys(bucket, "old") == ["older"]
    assert bucket.get_object("new/place/7").read() == b"7"
    assert "exists" in oss("rename", "crumbs/older", "new/place/7", fails=True)["message"]
    oss("rename", "crumbs/gone/", "other/", fails=True)


def test_scrub_finds_a_flipped_byte(bucket: oss2.Bucket, oss: Run, server: Server) -> None:
    bucket.put_object("whole", b"a" * 200_000)
    bucket.put_object("broken", b"b" * 200_001)
    assert oss("scrub")["damaged"] == []
    path = next(p for p in (server.data / "oss" / "data").rglob("*") if p.is_file() and p.stat().st_size == 200_001)
    with path.open("r+b") as file:
        file.seek(1000)
        file.write(b"x")
    found = oss("scrub", fails=True)["damaged"]
    assert [(item["bucket"], item["key"]) for item in found] == [("crumbs", "broken")]


def test_a_sink_makes_one_object_of_many_writes(bucket: oss2.Bucket, server: Server) -> None:
    def send(text: str, **limits: str) -> requests.Response:
        params = {"yunboxSink": "", "prefix": "events/day=1/", **limits}
        url = f"{server.endpoints['oss']}/crumbs"
        return requests.post(url, params=params, data=text, timeout=30)

    bucket.put_bucket_acl("public-read-write")
    for number in range(40):
        answer = send(json.dumps({"n": number}) + "\n", bytes="2048")
        assert answer.status_code == 200, answer.text
    assert keys(bucket, "events/") == ["events/day=1/.open.json"]
    big = "\n".join(json.dumps({"n": number, "pad": "x" * 50}) for number in range(40, 70))
    ended = send(big, bytes="2048").json()["ended"]
    assert ended in keys(bucket, "events/")
    assert bucket.get_object(ended).read().count(b"\n") == 40
    answer = send('{"n": 1}\nnot json\n')
    assert (answer.status_code, "Line 2" in answer.text) == (400, True)
    assert send("[1]").status_code == 400
    bucket.put_bucket_acl("private")
    assert send('{"n": 1}').status_code == 403


def test_hotspots_and_a_prefix_spread_and_gathered_again(bucket: oss2.Bucket, oss: Run) -> None:
    for number in range(30):
        bucket.put_object(f"logs/2026-11-25-{number:06}", b"x")
    found = oss("hotspots", "crumbs")
    assert found["requests"] >= 30
    assert any(entry["prefix"].startswith("logs/") for entry in found["hot"])
    assert oss("rehash", "crumbs/logs/")["renamed"] == 30
    assert keys(bucket, "logs/") == []
    assert oss("rehash", "crumbs/logs/", "--back")["renamed"] == 30
    assert len(keys(bucket, "logs/")) == 30
