"""Locks as Terraform takes them: one of many gets it, it outlives a kill, and only who may can touch it."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from alibabacloud_ram20150501 import models as ram
from tablestore import OTSClient, ReturnType

from tests.clients.openapi import clients as openapi
from tests.clients.tablestore.clients import (
    ANY,
    INSTANCE,
    THERE,
    connected,
    delete,
    failure,
    get,
    new_table,
    put,
    refused,
)
from tests.waiting import until
from yunbox.testing.server import Server


def test_a_lock_is_taken_read_and_given_back(client: OTSClient, table: str) -> None:
    put(client, table, "bucket/state", "me")
    assert failure(put, client, table, "bucket/state", "you") == (403, "OTSConditionCheckFail")
    assert get(client, table, "bucket/state") == {"Info": "me"}
    delete(client, table, "bucket/state", THERE)
    assert get(client, table, "bucket/state") is None
    assert failure(delete, client, table, "bucket/state", THERE) == (403, "OTSConditionCheckFail")
    delete(client, table, "bucket/state", ANY)
    put(client, table, "bucket/state", "you")
    assert get(client, table, "bucket/state") == {"Info": "you"}


def test_a_digest_is_put_over_the_one_before(client: OTSClient, table: str) -> None:
    for digest in ("00", "11"):
        put(client, table, "bucket/state-md5", digest, ANY)
    assert get(client, table, "bucket/state-md5") == {"Info": "11"}
    consumed, row = put(client, table, "bucket/state-md5", "22", THERE, return_type=ReturnType.RT_PK)
    assert (consumed.read, consumed.write, row.primary_key) == (1, 1, [("LockID", "bucket/state-md5")])


def test_of_many_at_once_exactly_one_wins(server: Server, table: str) -> None:
    def attempt(number: int) -> str:
        try:
            put(connected(server), table, "contended", str(number))
        except Exception as error:
            return error.code  # ty: ignore[unresolved-attribute]
        return "won"

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(attempt, range(48)))
    assert sorted(set(answers)) == ["OTSConditionCheckFail", "won"]
    assert answers.count("won") == 1
    assert get(connected(server), table, "contended") == {"Info": str(answers.index("won"))}


def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        client = connected(server)
        table = new_table(client, "locks")
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: put(client, table, f"state-{number}"), range(64)))
        delete(client, table, "state-0")
        server.kill()
        server.start()
        client = connected(server)
        assert get(client, table, "state-0") is None
        for number in range(1, 64):
            assert failure(put, client, table, f"state-{number}") == (403, "OTSConditionCheckFail")
        assert list(client.list_table()) == ["locks"]


def test_who_has_no_right_takes_no_lock(server: Server, table: str) -> None:
    where = f"acs:ots:*:*:instance/{INSTANCE}/table/{table}"
    reader = openapi.new_user(server, f"reader-{table}".replace("_", "-"), openapi.allow("ots:GetRow", resource=where))
    client = connected(server, reader)
    assert get(client, table, "any") is None
    error = refused(put, client, table, "any")
    assert (error.get_http_status(), error.get_error_code()) == (403, "OTSNoPermissionAccess")
    assert "ots:PutRow" in error.get_error_message()
    assert error.get_request_id()
    assert failure(get, connected(server, reader, "other"), table, "any") == (403, "OTSNoPermissionAccess")
    assert failure(get, client, "other", "any") == (403, "OTSNoPermissionAccess"), "not even that it is not there"


def test_a_roles_session_locks_with_its_token(server: Server, table: str) -> None:
    account = openapi.account(server)
    name = f"locker-{table}".replace("_", "-")
    caller = openapi.new_user(server, name, openapi.allow("sts:AssumeRole"))
    client = openapi.ram(server)
    role = client.create_role(
        ram.CreateRoleRequest(
            role_name=name, assume_role_policy_document=openapi.trust(openapi.TRUST_ACCOUNT.format(account))
        )
    ).body.role
    client.attach_policy_to_role(
        ram.AttachPolicyToRoleRequest(policy_name="AliyunOTSFullAccess", policy_type="System", role_name=name)
    )
    session = openapi.assume(server, caller, role.arn)
    put(connected(server, session), table, "state")
    assert failure(put, connected(server), table, "state") == (403, "OTSConditionCheckFail")
    tokenless = openapi.Key(session.id, session.secret)
    assert failure(get, connected(server, tokenless), table, "state") == (403, "OTSAuthFailed")
    other = openapi.Key(session.id, session.secret, "not-the-token")
    assert failure(get, connected(server, other), table, "state") == (403, "OTSAuthFailed")


def test_instances_are_apart(server: Server, client: OTSClient, table: str) -> None:
    other = connected(server, instance="elsewhere")
    assert list(other.list_table()) == []
    assert failure(get, other, table, "x") == (404, "OTSObjectNotExist")
    new_table(other, table)
    put(other, table, "state", "theirs")
    assert get(client, table, "state") is None
    other.delete_table(table)
    assert table in client.list_table()


def test_the_answer_to_a_client_is_signed(server: Server, table: str) -> None:
    """The client raises for an answer without its signature; with a region it signs by the newer method."""
    newer = connected(server, region=server.region)
    put(newer, table, "state", "newer")
    assert get(newer, table, "state") == {"Info": "newer"}
    assert failure(get, connected(server, region="cn-beijing"), table, "state") == (403, "OTSAuthFailed")


def test_every_call_is_told(server: Server, table: str) -> None:
    assert failure(put, connected(server, instance="audited"), table, "x") == (404, "OTSObjectNotExist")
    log = server.data / "logs" / "calls.jsonl"
    until(lambda: f"instance/audited/table/{table}" in log.read_text("utf-8"))
    told = next(line for line in log.read_text("utf-8").splitlines() if "instance/audited" in line)
    assert json.loads(told)["operation"] == "PutRow"


def test_conditions_are_of_rows_that_are_there(client: OTSClient, table: str) -> None:
    assert failure(put, client, table, "one", "x", THERE) == (403, "OTSConditionCheckFail")
    put(client, table, "one")
    put(client, table, "one", "x", THERE)
    assert get(client, table, "one") == {"Info": "x"}
