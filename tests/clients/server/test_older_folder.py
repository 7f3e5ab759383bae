"""A data folder that the first version wrote (kept in tests/data) opens, and everything in it is still there."""

import json
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import oss2
import pytest
from odps import ODPS

from yunbox.testing.server import Server

KEPT = Path(__file__).parents[2] / "data" / "folder-0.1.0.tar.gz"
WRITTEN_AT = "/tmp/old/folder"
INSTANCE = "20261128140549739g0f9b167574"
UPLOAD = "3475A36A0198CAD72931F0D73CA7EB3E"
READER = ("LTAI5tt7DbMOy7MUUWt7ejOq", "5ml3jRbXppkDoIObqSWDQjmTnI3b6V")


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on the older folder."""
    place = tmp_path_factory.mktemp("older")
    with tarfile.open(KEPT) as archive:
        archive.extractall(place, filter="data")
    _moved(place / "data")
    with Server(place / "data") as server:
        yield server


def _moved(data: Path) -> None:
    """Make the folder one of this place and of these days."""
    with sqlite3.connect(data / "meta.db") as db:
        db.execute("UPDATE tables SET location = replace(location, ?, ?)", (WRITTEN_AT, str(data)))
        db.execute("UPDATE instances SET ended = ?", (time.time(),))  # instances are forgotten after 30 days
    db.close()


@pytest.fixture(scope="module")
def o(older: Server) -> ODPS:
    return ODPS(older.access_key_id, older.access_key_secret, older.project, endpoint=older.endpoint)


@pytest.fixture(scope="module")
def kept(older: Server) -> oss2.Bucket:
    auth = oss2.Auth(older.access_key_id, older.access_key_secret)
    return oss2.Bucket(auth, older.endpoints["oss"], "kept")


def test_tables_have_their_rows_and_take_more(o: ODPS) -> None:
    def fares(pt: str) -> list[tuple]:
        query = f"SELECT id, who, fare FROM trips WHERE pt = '{pt}' ORDER BY id LIMIT 9"
        with o.execute_sql(query).open_reader() as reader:
            return [tuple(record.values) for record in reader]

    assert fares("20261101") == [(1, "ann", Decimal("1.25")), (2, "bob", Decimal("2.50"))]
    assert fares("20261103") == [(3, "cyd", Decimal("3.75"))]
    o.execute_sql("INSERT INTO trips PARTITION (pt='20261104') VALUES (4, 'dan', 0.75)")
    assert fares("20261104") == [(4, "dan", Decimal("0.75"))]
    assert o.get_table("trips").lifecycle == 30000


def test_views_resources_projects_and_instances_are_there(o: ODPS) -> None:
    with o.execute_sql("SELECT count(*) FROM cheap WHERE pt <= '20261103'").open_reader() as reader:
        assert next(iter(reader))[0] == 2
    with o.get_resource("words.txt").open("r") as words:
        assert words.read() == "one two"
    assert {"yunbox", "other"} <= {project.name for project in o.list_projects()}
    instance = o.get_instance(INSTANCE)
    assert instance.is_successful()
    assert "20261100" in instance.get_sql_query()


def test_objects_have_their_bytes_and_versions(kept: oss2.Bucket) -> None:
    assert kept.get_object("a/small.txt").read() == b"second"
    assert kept.get_object("a/large.bin").read() == bytes(range(256)) * 4096
    versions = list(kept.list_object_versions(prefix="a/small").versions)
    assert len(versions) == 2
    older = next(item for item in versions if not item.is_latest)
    first = kept.get_object("a/small.txt", params={"versionId": older.versionid})
    assert (first.read(), first.headers["x-oss-meta-note"]) == (b"first", "kept")


def test_an_upload_that_was_under_way_is_completed(kept: oss2.Bucket) -> None:
    parts = kept.list_parts("a/parts", UPLOAD).parts
    assert [(part.part_number, part.size) for part in parts] == [(1, 200_000)]
    kept.complete_multipart_upload("a/parts", UPLOAD, parts)
    assert kept.get_object("a/parts").read() == b"x" * 200_000


def test_users_have_their_keys_and_no_more_than_their_rights(older: Server) -> None:
    reader = oss2.Bucket(oss2.Auth(*READER), older.endpoints["oss"], "kept")
    assert reader.get_object("a/small.txt").read() == b"second"
    with pytest.raises(oss2.exceptions.AccessDenied):
        reader.put_object("a/other.txt", b"")


def test_the_bill_has_what_was_used_then(older: Server) -> None:
    command = [sys.executable, "-m", "yunbox", "bill", "--data", str(older.data), "--output", "json"]
    lines = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["lines"]
    calls = {line["operation"]: line["calls"] for line in lines if "oss://kept" in line["key"]}
    assert calls["PutObject"] >= 3
    assert calls["UploadPart"] == 1
    assert INSTANCE in {line["key"] for line in lines}
