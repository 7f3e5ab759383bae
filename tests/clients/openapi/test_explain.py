"""`yunbox ram explain`, `lint`, `generate` and `yunbox audit` on what the vendor's clients did."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import oss2
import pytest
from alibabacloud_ram20150501 import models as m
from odps import ODPS
from odps.errors import ODPSError

from tests.clients.openapi.clients import account, allow, failure, new_user, ram
from tests.waiting import until
from yunbox.testing.server import Server

ALLOW, EXPLICIT, IMPLICIT = "Allow", "ExplicitDeny", "ImplicitDeny"


def yunbox(server: Server, *words: str, status: int = 0) -> Any:
    command = [sys.executable, "-m", "yunbox", *words, "--data", str(server.data), "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout)


def explained(server: Server, principal: str, action: str, resource: str, *more: str) -> dict[str, Any]:
    return yunbox(server, "ram", "explain", "--principal", principal, "--action", action, "--resource", resource, *more)


def test_what_decided_is_told(server: Server) -> None:
    new_user(
        server, "reader", allow("oss:Get*", resource="acs:oss:*:*:open/*"),
        {"Effect": "Deny", "Action": "oss:*", "Resource": "acs:oss:*:*:open/secret"},
    )  # fmt: skip
    found = explained(server, "reader", "oss:GetObject", "acs:oss:*:*:open/k")
    assert (found["decision"], found["missing"]) == (ALLOW, [])
    assert found["because"][0]["policy"] == "policy of-reader"
    assert found["because"][0]["statement"]["Resource"] == ["acs:oss:*:*:open/*"]
    found = explained(server, "reader", "oss:GetObject", "open/secret")
    assert (found["decision"], found["because"][0]["statement"]["Effect"]) == (EXPLICIT, "Deny")
    found = explained(server, f"acs:ram::{account(server)}:user/reader", "oss:PutObject", "open/k")
    assert found["decision"] == IMPLICIT
    assert found["because"]
    assert found["missing"] == [
        {"Effect": "Allow", "Action": "oss:PutObject", "Resource": f"acs:oss:*:{account(server)}:open/k"}
    ]
    assert explained(server, "root", "oss:PutObject", "open/k")["decision"] == ALLOW


def test_conditions_are_decided_by_the_context_that_is_given(server: Server) -> None:
    within = {"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}}
    new_user(server, "near", allow("oss:GetObject", Condition=within))
    found = explained(server, "near", "oss:GetObject", "open/k")
    assert found["decision"] == IMPLICIT
    assert found["near"][0]["statement"]["Condition"] == {"IpAddress": {"acs:SourceIp": ["10.0.0.0/8"]}}
    assert explained(server, "near", "oss:GetObject", "open/k", "--context", "acs:SourceIp=10.1.2.3")["decision"] == (
        ALLOW
    )


def test_a_group_s_policy_is_named_with_the_group(server: Server) -> None:
    new_user(server, "grouped")
    client = ram(server)
    client.create_group(m.CreateGroupRequest(group_name="ops"))
    client.attach_policy_to_group(
        m.AttachPolicyToGroupRequest(policy_type="System", policy_name="AliyunOSSFullAccess", group_name="ops")
    )
    client.add_user_to_group(m.AddUserToGroupRequest(user_name="grouped", group_name="ops"))
    found = explained(server, "grouped", "oss:PutObject", "open/k")
    assert found["because"][0]["policy"] == "policy AliyunOSSFullAccess of group ops"


def test_what_a_project_grants_counts_too(server: Server) -> None:
    key = new_user(server, "member")
    o = ODPS(server.access_key_id, server.access_key_secret, server.project, endpoint=server.endpoint)
    o.execute_sql("CREATE TABLE granted (n BIGINT)")
    name = f"RAM$yunbox-{account(server)[-4:]}:member"
    o.run_security_query(f"ADD USER {name}")
    resource = f"acs:odps:*:projects/{server.project}/tables/granted"
    assert explained(server, "member", "odps:Select", resource)["decision"] == IMPLICIT
    o.run_security_query(f"GRANT Select ON TABLE granted TO USER {name}")
    found = explained(server, "member", "odps:Select", resource)
    assert (found["decision"], found["because"][0]["policy"]) == (ALLOW, "a grant to the user")
    mine = ODPS(key.id, key.secret, server.project, endpoint=server.endpoint)
    with pytest.raises(ODPSError, match="CreateInstance"):
        mine.execute_sql("SELECT * FROM granted")


def test_the_article_s_policy_denies_dropping_and_runs_no_query_until_it_is_mended(
    server: Server, tmp_path: Path
) -> None:
    """Describe, Read and List with a Deny of Drop, in the form of policies within projects."""
    project = f"acs:odps:*:projects/{server.project}"
    reads = allow("odps:Describe", "odps:Read", "odps:List", resource=f"{project}/*")
    drops = {"Effect": "Deny", "Action": ["odps:Drop"], "Resource": [f"{project}/tables/*"]}
    key = new_user(server, "article", reads, drops)
    o = ODPS(server.access_key_id, server.access_key_secret, server.project, endpoint=server.endpoint)
    o.execute_sql("CREATE TABLE of_article (n BIGINT)")
    o.execute_sql("INSERT INTO of_article VALUES (7)")
    found = explained(server, "article", "odps:Drop", f"{project}/tables/of_article")
    assert found["decision"] == EXPLICIT
    file = tmp_path / "article.json"
    file.write_text(json.dumps({"Version": "1", "Statement": [reads, drops]}))
    told = " ".join(one["what"] for one in yunbox(server, "ram", "lint", str(file)))
    assert "odps:CreateInstance" in told
    assert "odps:Select" in told
    mine = ODPS(key.id, key.secret, server.project, endpoint=server.endpoint)
    with pytest.raises(ODPSError):
        mine.execute_sql("SELECT * FROM of_article")
    mended = [
        reads, drops, allow("odps:CreateInstance", "odps:Read", "odps:List", resource=project),
        allow("odps:Select", resource=f"{project}/tables/*"),
    ]  # fmt: skip
    document = json.dumps({"Version": "1", "Statement": mended})
    file.write_text(document)
    assert yunbox(server, "ram", "lint", str(file)) == []
    ram(server).create_policy_version(
        m.CreatePolicyVersionRequest(policy_name="of-article", policy_document=document, set_as_default=True)
    )
    with mine.execute_sql("SELECT * FROM of_article").open_reader() as reader:
        assert next(iter(reader))[0] == 7
    with pytest.raises(ODPSError, match="odps:Drop"):
        mine.execute_sql("DROP TABLE of_article")


def test_a_denial_s_request_is_explained_and_in_the_trail_once(server: Server) -> None:
    key = new_user(server, "refused", {"Effect": "Deny", "Action": "ram:ListUsers", "Resource": "*"})
    error = failure(ram(server, key).list_users, m.ListUsersRequest())
    request_id = error.data["RequestId"]
    assert error.data["Recommend"] == f"yunbox ram explain --request-id {request_id}"
    assert yunbox(server, "ram", "explain", "--request-id", request_id)["decision"] == EXPLICIT
    until(lambda: bool(yunbox(server, "audit", "--request-id", request_id)))
    found = yunbox(server, "audit", "--request-id", request_id)
    assert len(found) == 1
    uid = account(server)
    entry = found[0]
    assert {name: entry[name] for name in ("principal", "action", "resource", "decision", "code")} == {
        "principal": f"acs:ram::{uid}:user/refused", "action": "ram:ListUsers", "resource": f"acs:ram:*:{uid}:user/*",
        "decision": EXPLICIT, "code": "NoPermission",
    }  # fmt: skip
    assert time.time() - time.mktime(time.strptime(entry["time"][:19], "%Y-%m-%dT%H:%M:%S")) + time.timezone < 60


def test_what_was_managed_is_in_the_trail_after_a_kill(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        new_user(server, "kept")
        server.kill()
        server.start()
        found = yunbox(server, "audit", "--action", "ram:CreateUser")
        assert [(one["decision"], one["code"], one["principal"]) for one in found] == [
            (ALLOW, "OK", f"acs:ram::{account(server)}:root")
        ]
        ram(server).get_user(m.GetUserRequest(user_name="kept"))


def test_the_least_policy_for_what_somebody_did(server: Server) -> None:
    key = new_user(server, "doer", allow("*"))
    auth = oss2.Auth(key.id, key.secret)
    bucket = oss2.Bucket(auth, server.endpoints["oss"], "of-doer")
    bucket.create_bucket()
    bucket.put_object("a", b"x")
    bucket.get_object("a").read()
    uid = account(server)

    def generated() -> dict[str, set[str]]:
        done = yunbox(server, "ram", "generate", "--principal", "doer")
        return {action: set(one["Resource"]) for one in done["Statement"] for action in one["Action"]}

    wanted = {"oss:PutBucket", "oss:PutObject", "oss:GetObject"}
    until(lambda: wanted <= set(generated()))
    assert generated()["oss:GetObject"] == {f"acs:oss:*:{uid}:of-doer/a"}
    statements = yunbox(server, "ram", "generate", "--principal", "doer")["Statement"]
    least = new_user(server, "least", *statements)
    mine = oss2.Bucket(oss2.Auth(least.id, least.secret), server.endpoints["oss"], "of-doer")
    assert mine.get_object("a").read() == b"x"
    with pytest.raises(oss2.exceptions.AccessDenied):
        mine.put_object("b", b"y")


def test_a_profile_for_the_vendor_s_command_line(server: Server) -> None:
    command = [sys.executable, "-m", "yunbox", "credentials", "--data", str(server.data), "--output", "aliyun-cli"]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    profile = found["profiles"][0]
    assert (found["current"], profile["mode"]) == (profile["name"], "AK")
    assert profile["access_key_secret"] == server.access_key_secret
    command += ["--session", "900", "--user", "reader"]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert (found["profiles"][0]["mode"], bool(found["profiles"][0]["sts_token"])) == ("StsToken", True)
