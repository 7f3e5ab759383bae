"""SQL by OpenAPI, with the vendor's SDK.

https://www.alibabacloud.com/help/en/hologres/developer-reference/api-hologram-2022-06-01-executestatement
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from alibabacloud_hologram20220601 import models as m
from alibabacloud_hologram20220601.client import Client
from alibabacloud_ram20150501 import models as ram_models

from tests.clients.openapi.clients import account, allow, assume, code, config, failure, new_user, ram, trust
from yunbox.testing.server import Server

OWN = "yunbox"
ENTER = allow("hologram:GetInstance", "hologram:ExecuteStatement")


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    made = Client(config(server))
    assert made.get_execute_statement_enabled(OWN, m.GetExecuteStatementEnabledRequest()).body.data is False
    assert code(made.execute_statement, OWN, request("select 1")) == "OperationDenied"
    assert made.enable_execute_statement(OWN, m.EnableExecuteStatementRequest()).body.data is True
    assert made.get_execute_statement_enabled(OWN, m.GetExecuteStatementEnabledRequest()).body.data is True
    yield made
    assert made.disable_execute_statement(OWN, m.DisableExecuteStatementRequest()).body.data is True
    assert code(made.execute_statement, OWN, request("select 1")) == "OperationDenied"


def request(sql: str, *parameters: Any, db_name: str = "yunbox", **more: Any) -> m.ExecuteStatementRequest:
    given = {"parameters": list(parameters)} if parameters else {}
    return m.ExecuteStatementRequest(sql=sql, db_name=db_name, **given, **more)


def run(client: Client, sql: str, *parameters: Any, **more: Any) -> m.ExecuteStatementResponseBodyDataResults:
    """What the last statement gave."""
    body = client.execute_statement(OWN, request(sql, *parameters, **more)).body
    assert (body.success, body.data.success, body.error_code) == ("true", True, ""), body
    assert body.request_id
    [result] = body.data.results
    return result


def fails(client: Client, sql: str, *parameters: Any, **more: Any) -> tuple[str, str]:
    """The code and the words that the statement fails with."""
    data = client.execute_statement(OWN, request(sql, *parameters, **more)).body.data
    assert data.success is False and data.results[0].success is False
    return data.error_code, data.error_message


def test_statements(client: Client) -> None:
    made = run(
        client, "drop table if exists by_api; create table by_api (id int primary key, t text, b bool, f float8)"
    )
    assert (made.count, made.records, made.truncated) == (0, [], False)
    added = run(client, "insert into by_api values ($1, $2, $3, $4), ($1 + 1, null, null, null)", 1, "a;b", True, 1.5)
    assert (added.update_count, added.column_metadata) == (2, [])
    found = run(client, "select id, t, b, f, id::numeric / 3 from by_api where id >= $1 order by id", 1)
    assert [(one.name, one.type) for one in found.column_metadata] == [
        ("id", "int4"), ("t", "text"), ("b", "bool"), ("f", "float8"), ("?column?", "numeric")
    ]  # fmt: skip
    assert found.records == [["1", "a;b", "t", "1.5", "0.33333333333333333333"],
                             ["2", None, None, None, "0.66666666666666666667"]]  # fmt: skip
    assert (found.count, found.truncated, found.sql[:6]) == (2, False, "select")
    both = run(client, "insert into by_api (id) values (7); select count(*) from by_api -- the last; of two\n;")
    assert both.records == [["3"]]
    assert run(client, "select t from by_api where t is not distinct from $1", None).count == 2
    assert run(client, "begin; delete from by_api; rollback; select count(*) from by_api").records == [["3"]]
    run(client, "drop table by_api")


def test_long_answers_are_cut(client: Client) -> None:
    cut = run(client, "select * from generate_series(1, 100000)")
    assert (cut.count, len(cut.records), cut.truncated) == (200, 200, True)
    assert run(client, "select * from generate_series(1, 1000)", max_rows=1000).truncated is False
    assert run(client, "select * from generate_series(1, 1001)", max_rows=1000).truncated is True
    short = run(client, "select repeat('x', 100) from generate_series(1, 50)", max_bytes=1024)
    assert (short.count, short.truncated) == (10, True)


def test_failures(client: Client) -> None:
    assert fails(client, "select * from nowhere_at_all")[0] == "42P01"
    assert fails(client, "select 'x")[0] == "42601"
    assert fails(client, "select 1 / $1::int", 0) == ("22012", "division by zero")
    assert fails(client, "select 1; select x; select 2")[0] == "42703"
    assert fails(client, "select pg_sleep(20)", query_timeout=1)[0] == "57014"
    assert fails(client, "select 1; select pg_sleep(20)", query_timeout=1)[0] == "57014"
    assert run(client, "select 5").records == [["5"]]


@pytest.mark.parametrize(
    "given",
    [{"sql": ""}, {"sql": " ; "}, {"sql": "select 1 " + "-" * 20_000}, {"db_name": ""},
     {"max_rows": 1001}, {"max_rows": 0}, {"query_timeout": 31}, {"max_bytes": 10**9}, {"parameters": [[1]]},
     {"parameters": [{"a": 1}]}],
)  # fmt: skip
def test_requests_that_make_no_sense(client: Client, given: dict[str, Any]) -> None:
    asked = m.ExecuteStatementRequest(**{"sql": "select 1", "db_name": "yunbox", **given})
    assert code(client.execute_statement, OWN, asked) == "InvalidParameter"


def test_who_runs_them(server: Server, client: Client) -> None:
    assert code(client.execute_statement, "hgpostcn-cn-nowhere", request("select 1")) == "ResourceNotExist.Instance"
    assert failure(client.execute_statement, OWN, request("select 1", db_name="nowhere")).data["statusCode"] == 403
    stranger = Client(config(server, new_user(server, "api-stranger")))
    assert code(stranger.execute_statement, OWN, request("select 1")) == "NoPermission"
    key = new_user(server, "api-reader", ENTER)
    reader = Client(config(server, key))
    assert code(reader.execute_statement, OWN, request("select 1")) == "NoPermission", "it is no user of the instance"
    run(client, 'create user "RAM$api-reader"; create table of_account (n int primary key)')
    assert run(reader, "select current_user").records[0][0].startswith("p4_")
    assert fails(reader, "select * from of_account")[0] == "42501"
    run(client, 'grant select on of_account to "RAM$api-reader"')
    assert run(reader, "select * from of_account").count == 0
    run(client, "drop table of_account")


def test_a_role_runs_them(server: Server, client: Client) -> None:
    uid = account(server)
    made = ram(server).create_role(ram_models.CreateRoleRequest(
        role_name="api-role", assume_role_policy_document=trust(f"acs:ram::{uid}:root"))).body.role  # fmt: skip
    ram(server).attach_policy_to_role(ram_models.AttachPolicyToRoleRequest(
        policy_type="System", policy_name="AdministratorAccess", role_name="api-role"))  # fmt: skip
    caller = new_user(server, "api-caller", allow("sts:AssumeRole"))
    acting = Client(config(server, assume(server, caller, made.arn)))
    run(client, f'create user "v4_{made.role_id}"')
    assert run(acting, "select current_user").records == [[f"v4_{made.role_id}"]]


def test_many_at_once_and_too_many(server: Server, client: Client) -> None:
    with ThreadPoolExecutor(24) as threads:
        codes = list(threads.map(lambda _: outcome(client), range(24)))
    assert set(codes) <= {"1", "Throttling.User"}
    assert codes.count("1") >= 16
    with psycopg.connect(user=server.access_key_id, password=server.access_key_secret, **server.endpoints["hologres"],
                         autocommit=True) as db:  # fmt: skip
        left = "select count(*) from pg_stat_activity where application_name = 'yunbox' and query like '%pg_sleep%'"
        assert db.execute(left).fetchone() == (0,), "sessions end with their answers"


def outcome(client: Client) -> str:
    try:
        return run(client, "select 1 from pg_sleep(1)").records[0][0]
    except Exception as error:
        return str(getattr(error, "code", error))
