"""Signatures of every kind from real clients, and the vendor's refusals over raw HTTP."""

import json
import time
from collections.abc import Callable
from email.utils import formatdate
from urllib.parse import urlsplit

import pytest
import requests
from odps import ODPS
from odps.accounts import AppAccount, StsAccount
from odps.errors import NoPermission, ODPSError

from yunbox.testing.server import Server
from yunbox.wire.odps.signing import canonical_string, sign_v2

SELECT_ON_OPEN = {
    "Version": "1",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["odps:Read", "odps:List", "odps:CreateInstance", "odps:Describe", "odps:Select"],
            "Resource": "acs:odps:*:*:projects/*",
        },
        {"Effect": "Deny", "Action": "odps:Select", "Resource": "acs:odps:*:*:projects/*/tables/secret"},
    ],
}


def call(
    server: Server,
    *,
    secret: str | None = None,
    key: str | None = None,
    date: str | None = None,
    headers: dict[str, str] | None = None,
    sign: bool = True,
) -> requests.Response:
    target = "/api/tenants"
    fields = {"Date": date or formatdate(usegmt=True), **(headers or {})}
    if sign:
        lowered = {name.lower(): value for name, value in fields.items()}
        signature = sign_v2(secret or server.access_key_secret, canonical_string("GET", target, lowered))
        fields["Authorization"] = f"ODPS {key or server.access_key_id}:{signature}"
    parts = urlsplit(server.endpoint)
    return requests.get(f"{parts.scheme}://{parts.netloc}{target}", headers=fields, timeout=10)


def test_a_signed_call_passes(server: Server) -> None:
    assert call(server).status_code == 200


@pytest.mark.parametrize(
    ("how", "code", "text"),
    [
        ({"sign": False}, "AuthorizationRequired", "ODPS-0410051"),
        ({"secret": "wrong"}, "SignatureNotMatch", "ODPS-0410042"),
        ({"key": "LTAI5tUnknownUnknownUnk"}, "InvalidParameter", "ODPS-0410051"),
        ({"date": formatdate(time.time() - 3600, usegmt=True)}, "RequestTimeTooSkewed", "ODPS-0410031"),
        ({"date": "yesterday"}, "AuthorizationRequired", "ODPS-0410051"),
        ({"headers": {"authorization-sts-token": "x"}}, "InvalidParameter", "ODPS-0410051"),
        ({"sign": False, "headers": {"x-odps-bearer-token": "x.y"}}, "InvalidParameter", "ODPS-0410051"),
        ({"sign": False, "headers": {"Authorization": "ODPS nonsense"}}, None, None),
    ],
)
def test_refusals_have_the_vendors_form(server: Server, how: dict, code: str | None, text: str | None) -> None:
    answer = call(server, **how)
    assert answer.status_code == 401
    assert answer.headers["x-odps-request-id"] in answer.text
    assert answer.text.startswith("<?xml")
    for tag in ("Code", "Message", "RequestId", "HostId"):
        assert f"<{tag}>" in answer.text
    if code:
        assert f"<Code>{code}</Code>" in answer.text
        assert text in answer.text


def test_a_v4_signature_passes(connect: Callable[..., ODPS]) -> None:
    o = connect(region_name="cn-local")
    assert o.execute_sql("select 1").is_successful()


def test_a_wrong_secret_is_told_to_pyodps(connect: Callable[..., ODPS], server: Server) -> None:
    with pytest.raises(ODPSError, match="ODPS-0410042"):
        connect(key=(server.access_key_id, "wrong")).get_project().reload()


@pytest.fixture
def alice(cli: Callable[..., str], request: pytest.FixtureRequest) -> tuple[str, str]:
    """A RAM user with a policy; returns its key."""
    name = f"alice-{request.node.name[:40].replace('[', '-').replace(']', '')}"
    cli("ram", "--output", "json", "create-user", name)
    policy = f"policy-{name}".replace("_", "-")
    cli("ram", "put-policy", policy, json.dumps(SELECT_ON_OPEN))
    cli("ram", "attach", policy, name)
    key = json.loads(cli("ram", "--output", "json", "create-key", name))
    return key["access_key_id"], key["access_key_secret"]


def test_a_ram_user_may_what_its_policy_says(o: ODPS, connect: Callable[..., ODPS], alice, project: str) -> None:
    o.create_table("open", "a bigint")
    o.create_table("secret", "a bigint")
    mine = connect(project, key=alice)
    mine.execute_sql("select a from open")
    with pytest.raises(NoPermission, match=r"odps:Select.*tables/secret"):
        mine.execute_sql("select a from secret")
    with pytest.raises(NoPermission, match="odps:CreateTable"):
        mine.execute_sql("create table mine (a bigint)")
    with pytest.raises(NoPermission, match="odps:Update"):
        mine.execute_sql("insert into open values (1)")
    with pytest.raises(NoPermission, match="odps:Drop"):
        mine.execute_sql("drop table open")


def test_a_view_does_not_open_what_a_user_may_not_read(o: ODPS, connect, alice, project: str) -> None:
    o.create_table("secret", "a bigint")
    o.execute_sql("create view v as select a from secret")
    with pytest.raises(NoPermission, match="tables/secret"):
        connect(project, key=alice).execute_sql("select a from v")


def test_a_deleted_key_stops_working_at_once(connect, alice, project: str, cli) -> None:
    mine = connect(project, key=alice)
    mine.execute_sql("select 1")
    cli("ram", "delete-key", alice[0])
    with pytest.raises(ODPSError, match="ODPS-0410051"):
        mine.execute_sql("select 1")


def test_a_user_without_policies_may_nothing(connect, cli, project: str) -> None:
    cli("ram", "create-user", "nobody")
    key = json.loads(cli("ram", "--output", "json", "create-key", "nobody"))
    mine = connect(project, key=(key["access_key_id"], key["access_key_secret"]))
    with pytest.raises(NoPermission, match="odps:CreateInstance"):
        mine.execute_sql("select 1")


def test_temporary_credentials_work_with_their_token_only(server: Server, connect, cli, project: str) -> None:
    body = json.loads(cli("credentials", "--session", "900", "--output", "json"))
    account = StsAccount(body["access_key_id"], body["access_key_secret"], body["security_token"])
    o = ODPS(account=account, project=project, endpoint=server.endpoint)
    assert o.execute_sql("select 1").is_successful()
    with pytest.raises(ODPSError, match="ODPS-0410051"):
        connect(project, key=(body["access_key_id"], body["access_key_secret"])).execute_sql("select 1")
    with pytest.raises(ODPSError, match="ODPS-0410051"):
        wrong = StsAccount(body["access_key_id"], body["access_key_secret"], "token")
        ODPS(account=wrong, project=project, endpoint=server.endpoint).execute_sql("select 1")


def test_a_missing_project_is_no_such_project(connect: Callable[..., ODPS]) -> None:
    o = connect("nowhere")
    assert not o.exist_project("nowhere")
    with pytest.raises(ODPSError, match="Project not found"):
        o.execute_sql("select 1")


def test_an_unknown_operation_names_itself(server: Server) -> None:
    target = "/api/projects/yunbox/volumes"
    fields = {"Date": formatdate(usegmt=True)}
    signed = canonical_string("GET", target, {k.lower(): v for k, v in fields.items()})
    fields["Authorization"] = f"ODPS {server.access_key_id}:{sign_v2(server.access_key_secret, signed)}"
    parts = urlsplit(server.endpoint)
    answer = requests.get(f"{parts.scheme}://{parts.netloc}{target}", headers=fields, timeout=10)
    assert answer.status_code == 400
    assert "<Code>MethodNotAllowed</Code>" in answer.text
    assert "/projects/yunbox/volumes" in answer.text


def test_who_makes_a_thing_may_use_it(connect, cli, project: str) -> None:
    cli("ram", "create-user", "maker")
    actions = ["odps:CreateInstance", "odps:CreateTable"]
    policy = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    cli("ram", "put-policy", "makers", json.dumps(policy))
    cli("ram", "attach", "makers", "maker")
    key = json.loads(cli("ram", "--output", "json", "create-key", "maker"))
    mine = connect(project, key=(key["access_key_id"], key["access_key_secret"]))
    mine.execute_sql("create table mine (a bigint)")
    mine.execute_sql("insert into mine values (1)")
    with mine.execute_sql("select a from mine").open_reader(tunnel=True) as reader:
        assert reader[0][0] == 1
    connect(project).execute_sql("create table yours (a bigint)")
    with pytest.raises(NoPermission):
        mine.execute_sql("select a from yours")


def test_an_application_account_signs_too(server: Server, connect, project: str) -> None:
    good = AppAccount(server.access_key_id, server.access_key_secret)
    assert connect(project, app_account=good).execute_sql("select 1").is_successful()
    bad = AppAccount(server.access_key_id, "wrong")
    with pytest.raises(ODPSError, match="ODPS-0410042"):
        connect(project, app_account=bad).execute_sql("select 1")


def test_a_policy_may_ask_where_a_call_comes_from(connect, cli, project: str) -> None:
    for name, network, passes in (("near", "127.0.0.0/8", True), ("far", "203.0.113.0/24", False)):
        cli("ram", "create-user", name)
        condition = {"IpAddress": {"acs:SourceIp": network}}
        statement = {"Effect": "Allow", "Action": "odps:*", "Resource": "*", "Condition": condition}
        cli("ram", "put-policy", f"from-{name}", json.dumps({"Version": "1", "Statement": [statement]}))
        cli("ram", "attach", f"from-{name}", name)
        key = json.loads(cli("ram", "--output", "json", "create-key", name))
        mine = connect(project, key=(key["access_key_id"], key["access_key_secret"]))
        if passes:
            assert mine.execute_sql("select 1").is_successful()
        else:
            with pytest.raises(NoPermission):
                mine.execute_sql("select 1")
