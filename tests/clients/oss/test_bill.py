"""What buckets cost: the bill of a server whose clock is moved, as `yunbox bill` prints it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import oss2
import pytest

from tests.clients.moved_clock import START_S, Moved, moved
from tests.waiting import until
from yunbox.kernel.clock import ManualClock
from yunbox.meter.ledger import LEDGER_SCHEMA
from yunbox.storage.database import Database

MB = 1 << 20


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Moved]:
    with moved(tmp_path, ManualClock(START_S), monkeypatch) as made:
        yield made


def quantities(server: Moved, bucket: str) -> dict[str, float]:
    database = Database(server.data / "meta.db", LEDGER_SCHEMA)
    rows = database.read("SELECT item, sum(quantity) FROM ledger WHERE project = ? GROUP BY item", f"oss://{bucket}")
    database.close()
    return {row[0]: row[1] for row in rows}


def cold(storage_class: str) -> dict[str, str]:
    return {"x-oss-storage-class": storage_class}


def test_what_is_kept_costs_by_the_hour(server: Moved) -> None:
    bucket = server.bucket("kept")
    bucket.put_object("a", b"x" * MB)
    bucket.put_object("cold", b"x", headers=cold("IA"))
    server.advance(hours=48)
    until(lambda: "oss.storage.Standard" in quantities(server, "kept"))
    found = quantities(server, "kept")
    assert found["oss.storage.Standard"] == 48 * MB
    assert found["oss.storage.IA"] == 48 * 64 * 1024, "a small object counts as 64 KB"
    command = [sys.executable, "-m", "yunbox", "bill", "--data", str(server.data), "--output", "json"]
    for by in ("project", "day"):
        done = subprocess.run([*command, "--by", by], capture_output=True, text=True, check=True)
        lines = {line["key"]: line for line in json.loads(done.stdout)["lines"]}
        costs = lines["oss://kept"]["cost"] if by == "project" else sum(line["cost"] for line in lines.values())
        assert costs == pytest.approx(48 * MB / (720 * 1024**3) * 0.0173)


def test_going_early_and_reading_cold_objects(server: Moved) -> None:
    bucket = server.bucket("early")
    for key in ("deleted", "overwritten", "copied", "aged"):
        bucket.put_object(key, b"x" * MB, headers=cold("IA"))
    bucket.get_object("aged").read()
    bucket.get_object("aged", byte_range=(0, 1023)).read()
    bucket.head_object("aged")
    bucket.copy_object("early", "aged", "copy")
    server.advance(days=10)
    bucket.delete_object("deleted")
    bucket.put_object("overwritten", b"x")
    bucket.copy_object("early", "copied", "copied", headers=cold("Standard"))
    server.advance(days=25)
    bucket.delete_object("aged")
    server.advance(hours=1)
    due = {"oss.early.IA": pytest.approx(3 * 20 * MB), "oss.restore.IA": 3 * MB + 1024}
    until(lambda: due.items() <= quantities(server, "early").items(), 20)  # the ledger is written in the background


def test_a_bucket_that_is_deleted_pays_what_is_due(server: Moved) -> None:
    bucket = server.bucket("brief")
    bucket.put_object("a", b"x" * MB, headers=cold("Archive"))
    server.advance(hours=24)
    with pytest.raises(oss2.exceptions.BucketNotEmpty):
        bucket.delete_bucket()
    bucket.delete_object("a")
    bucket.delete_bucket()
    until(lambda: "oss.early.Archive" in quantities(server, "brief"))
    assert quantities(server, "brief")["oss.early.Archive"] == pytest.approx(59 * MB)


def test_parts_of_uploads_under_way_are_kept_too(server: Moved) -> None:
    bucket = server.bucket("parts")
    for storage_class in ("Standard", "IA"):
        upload = bucket.init_multipart_upload(storage_class, headers=cold(storage_class)).upload_id
        for size in (1, 2):  # the second takes the place of the first
            part = bucket.upload_part(storage_class, upload, 1, b"x" * size * MB)
    aborted = bucket.init_multipart_upload("aborted").upload_id
    bucket.upload_part("aborted", aborted, 1, b"x" * MB)
    bucket.abort_multipart_upload("aborted", aborted)
    server.advance(hours=3)
    until(lambda: quantities(server, "parts").get("oss.storage.Standard") == 3 * 2 * MB)
    assert quantities(server, "parts")["oss.storage.IA"] == 3 * 2 * MB
    bucket.complete_multipart_upload("IA", upload, [oss2.models.PartInfo(1, part.etag)])
    server.advance(hours=1)
    until(lambda: quantities(server, "parts").get("oss.storage.Standard") == 4 * 2 * MB)
    assert quantities(server, "parts")["oss.storage.IA"] == 4 * 2 * MB, "as an object it is no part any more"


def test_a_question_costs_what_it_scans(server: Moved) -> None:
    bucket = server.bucket("asked")
    rows = b"".join(b"%d,x\n" % number for number in range(1000))
    bucket.put_object("rows", rows)
    bucket.put_object("cold", rows, headers=cold("IA"))
    bucket.create_select_object_meta("rows")
    answered = bucket.select_object("rows", "select _1 from ossobject limit 1").read()
    assert answered == b"0\n"
    assert bucket.select_object("rows", "select * from ossobject where _1 = 'none'").read() == b""
    with pytest.raises(oss2.exceptions.ServerError):
        bucket.select_object("rows", "select from").read()
    bucket.select_object("cold", "select _1 from ossobject limit 1").read()
    server.advance(hours=1)
    until(lambda: quantities(server, "asked").get("oss.select") == 3 * len(rows))
    assert 0 < quantities(server, "asked")["oss.restore.IA"] < len(rows), "what was sent, not what was read"


def test_an_upload_that_fails_has_used_what_came_of_it(server: Moved) -> None:
    bucket = server.bucket("broken")
    size = 3 * MB
    upload = bucket.init_multipart_upload("parts").upload_id
    wrong = {"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}
    for send in (
        lambda: bucket.put_object("k", b"x" * size, headers=wrong),
        lambda: bucket.upload_part("parts", upload, 1, b"x" * size, headers=wrong),
        lambda: bucket.append_object("log", 7, b"x" * size),
    ):
        with pytest.raises(oss2.exceptions.ServerError):
            send()
    server.advance(hours=1)
    until(lambda: quantities(server, "broken").get("oss.traffic.in", 0) >= 2 * size)
    command = [sys.executable, "-m", "yunbox", "logs", "--data", str(server.data), "--output", "json", "-n", "100"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    wrong_sums = ("BadDigest", "InvalidDigest")  # of a whole object, and of a part
    failed = {event["operation"]: event for event in map(json.loads, lines) if event["code"] in wrong_sums}
    assert {name: event["uploaded_bytes"] for name, event in failed.items()} == {"PutObject": size, "UploadPart": size}
    assert quantities(server, "broken")["oss.request.put"] == 2, "the bucket and the upload: what failed is no request"
