"""A command in another region: its instance says so, and what it reads leaves the region of the data, and is billed."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import oss2
import pytest

from tests.clients.openapi.clients import allow
from tests.clients.openapi.test_metadata import new_role
from yunbox.testing.server import Server

ELSEWHERE = "eu-central-1"
PROGRAM = """
import json, os, sys, urllib.request
import oss2, psycopg
from alibabacloud_credentials.client import Client
from odps import ODPS
from odps.accounts import CredentialProviderAccount

oss, odps, project, hologres = json.loads(sys.argv[1])

def metadata(path, token=None, method="GET"):
    headers = {"X-aliyun-ecs-metadata-token": token} if token else {"X-aliyun-ecs-metadata-token-ttl-seconds": "60"}
    request = urllib.request.Request("http://100.100.100.200/latest/" + path, headers=headers, method=method)
    return urllib.request.urlopen(request).read().decode()

token = metadata("api/token", method="PUT")
found = {name: metadata("meta-data/" + name, token) for name in ("region-id", "zone-id", "instance-id")}
credentials = Client()

class Provider(oss2.credentials.CredentialsProvider):
    def get_credentials(self):
        one = credentials.get_credential()
        return oss2.credentials.Credentials(one.access_key_id, one.access_key_secret, one.security_token)

bucket = oss2.Bucket(oss2.ProviderAuth(Provider()), oss, "far-away")
bucket.put_object("up", b"x" * 1000)
found["read"] = len(bucket.get_object("big").read())
print(json.dumps(found))
"""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """A server that a test may stop."""
    with Server(tmp_path / "data") as running:
        yield running


def _run(server: Server, role: str, *more: str) -> dict[str, str]:
    about = json.dumps([server.endpoints["oss"], server.endpoint, server.project, server.endpoints["hologres"]])
    command = [sys.executable, "-m", "yunbox", "run", "--data", str(server.data), "--role", role, *more, "--"]
    done = subprocess.run([*command, sys.executable, "-c", PROGRAM, about], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _left(server: Server) -> dict[str, float]:
    """What the bill says went to other regions, in bytes."""
    with sqlite3.connect(f"file:{server.data / 'meta.db'}?mode=ro", uri=True) as db:
        sql = "SELECT item, project, sum(quantity) FROM ledger WHERE item LIKE 'network.%' GROUP BY 1, 2"
        return {f"{item} {project}": quantity for item, project, quantity in db.execute(sql)}


def test_what_leaves_the_region_is_billed(own: Server) -> None:
    bucket = oss2.Bucket(oss2.Auth(own.access_key_id, own.access_key_secret), own.endpoints["oss"], "far-away")
    bucket.create_bucket()
    bucket.put_object("big", b"x" * 3_000_000)
    role = new_role(own, "traveller", allow("oss:*"))
    here = _run(own, role)
    assert here["region-id"] == own.region
    assert _run(own, role, "--region", own.region) == here, "the house's own region is here"
    there = _run(own, role, "--region", ELSEWHERE)
    assert (there["region-id"], there["zone-id"]) == (ELSEWHERE, "eu-central-1a")
    assert there["instance-id"] != here["instance-id"]
    own.stop()  # what was tallied becomes a bill
    assert _left(own) == {f"network.egress.{ELSEWHERE} oss://far-away": 3_000_000}
    own.start()
    told = _doctor(own)
    assert told["ok"]
    assert f"{own.region} -> {ELSEWHERE}: 2.86 MB of oss://far-away, at a price that is not known" in told["found"]


def _doctor(server: Server) -> dict[str, str]:
    command = [sys.executable, "-m", "yunbox", "doctor", "--data", str(server.data), "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = [one for one in json.loads(done.stdout)["findings"] if one["check"] == "traffic between regions"]
    return found[0]


def test_a_region_that_is_none_is_refused(server: Server) -> None:
    role = new_role(server, "homebody", allow("oss:*"))
    command = [sys.executable, "-m", "yunbox", "run", "--data", str(server.data), "--role", role]
    done = subprocess.run(
        [*command, "--region", "atlantis-1", "--", "true"], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "atlantis-1" in done.stderr


def test_a_doctor_who_finds_nothing_says_so(own: Server) -> None:
    assert _doctor(own)["found"] == "none"
