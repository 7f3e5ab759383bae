"""`yunbox doctor` names the buckets that are open to everybody, with the server running or not."""

import json
import subprocess
import sys
from pathlib import Path

import oss2

from tests.clients.oss.policies import NO_VPC
from tests.clients.oss.second_client import open_to_public
from yunbox.testing.server import Server


def public(data: Path) -> dict | None:
    command = [sys.executable, "-m", "yunbox", "doctor", "--data", str(data), "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True)
    found = [finding for finding in json.loads(done.stdout)["findings"] if finding["check"] == "public buckets"]
    return found[0] if found else None


def policy(effect: str, action: str, principal: str = "*", **more: object) -> str:
    statement = {"Effect": effect, "Action": [action], "Principal": [principal], "Resource": ["acs:oss:*:*:*"], **more}
    return json.dumps({"Version": "1", "Statement": [statement]})


def test_open_buckets_are_named(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert public(data) is None, "there is no object store yet"
    with Server(data) as server:
        auth = oss2.Auth(server.access_key_id, server.access_key_secret)

        def bucket(name: str, acl: str = "private") -> oss2.Bucket:
            made = oss2.Bucket(auth, server.endpoints["oss"], name)
            made.create_bucket()
            open_to_public(made)
            made.put_bucket_acl(acl)
            return made

        bucket("closed")
        assert public(data) == {"check": "public buckets", "ok": True, "found": "none", "mend": ""}
        bucket("site", "public-read")
        bucket("dropbox", "public-read-write")
        bucket("by-policy").put_bucket_policy(policy("Allow", "oss:Get*"))
        bucket("wide").put_bucket_policy(policy("Allow", "oss:*"))
        bucket("office").put_bucket_policy(
            policy("Allow", "oss:*", Condition={"IpAddress": {"acs:SourceIp": ["10.0.0.0/8"]}, **NO_VPC})
        )
        bucket("denied").put_bucket_policy(policy("Deny", "oss:*"))
        bucket("friend").put_bucket_policy(policy("Allow", "oss:*", "123456789012"))
        running = public(data)
    stopped = public(data)
    assert running == stopped
    assert stopped is not None
    assert stopped["found"].split("; ") == [
        "by-policy (public-read by its policy)",
        "dropbox (public-read-write by its ACL)",
        "site (public-read by its ACL)",
        "wide (public-read-write by its policy)",
    ]
    assert "private" in stopped["mend"]
    with Server(data) as server:
        assert server.pid, "the store was left as it was"
