"""What a project has by MaxCompute's management API: what SQL and PyODPS made is seen there, and conversely."""

import json
import time
from typing import Any

import pytest
from alibabacloud_maxcompute20220104 import models as m
from alibabacloud_maxcompute20220104.client import Client
from alibabacloud_tea_openapi import utils_models as tea
from darabonba.runtime import RuntimeOptions
from odps import ODPS
from odps.errors import NoPermission, ODPSError

from tests.clients.openapi.clients import Key, allow, code, config, failure, new_user
from yunbox.testing.server import Server

PROJECT = "managed"
LONG = """
    SELECT count(*) FROM (SELECT explode(sequence(1, 30000))) a(x)
    JOIN (SELECT explode(sequence(1, 30000))) b(y) ON a.x % 7 = b.y % 7
    JOIN (SELECT explode(sequence(1, 30000))) c(z) ON c.z % 5 = a.x % 5
"""


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    made = Client(config(server))
    made.create_project(m.CreateProjectRequest(body=json.dumps({"name": PROJECT})))
    return made


def odps(server: Server, key: Key | None = None, project: str = PROJECT) -> ODPS:
    key = key or Key(server.access_key_id, server.access_key_secret)
    return ODPS(key.id, key.secret, project, endpoint=server.endpoint)


def roa(client: Client, method: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
    """A call that Terraform's provider makes and the SDK has not."""
    params = tea.Params(
        action="X", version="2022-01-04", protocol="HTTP", pathname=path, method=method, auth_type="AK", style="ROA",
        req_body_type="json", body_type="json",
    )  # fmt: skip
    return client.call_api(params, tea.OpenApiRequest(query=query, body=body), RuntimeOptions())["body"]


def names(found: list[Any]) -> list[str]:
    return [one.name for one in found]


def test_tables_of_sql_are_listed_and_described(server: Server, client: Client) -> None:
    o = odps(server)
    o.execute_sql("CREATE TABLE sales (id BIGINT COMMENT 'which', price DOUBLE) COMMENT 'sold' LIFECYCLE 7")
    o.execute_sql("CREATE TABLE days (n BIGINT) PARTITIONED BY (pt STRING)")
    o.execute_sql("CREATE VIEW cheap AS SELECT id FROM sales WHERE price < 1")
    o.execute_sql("INSERT INTO sales VALUES (1, 0.5), (2, 3.0)")
    listed = client.list_tables(PROJECT, m.ListTablesRequest()).body.data.tables
    assert [(one.name, one.type, one.schema) for one in listed] == [
        ("cheap", "view", "default"), ("days", "internal", "default"), ("sales", "internal", "default"),
    ]  # fmt: skip
    first = client.list_tables(PROJECT, m.ListTablesRequest(max_item=1, type="internal")).body.data
    second = client.list_tables(
        PROJECT, m.ListTablesRequest(max_item=1, type="internal", marker=first.marker)
    ).body.data
    assert (names(first.tables), names(second.tables), second.marker) == (["days"], ["sales"], "")
    assert names(client.list_tables(PROJECT, m.ListTablesRequest(prefix="sa")).body.data.tables) == ["sales"]
    table = client.get_table_info(PROJECT, "sales", m.GetTableInfoRequest()).body.data
    assert [(one.name, one.type, one.comment) for one in table.native_columns] == [
        ("id", "bigint", "which"), ("price", "double", ""),
    ]  # fmt: skip
    assert (table.comment, table.lifecycle, table.is_external_table, table.type) == ("sold", "7", False, "internal")
    assert (table.size, table.file_num) == (o.get_table("sales").size, 1)
    assert "CREATE TABLE" in table.create_table_ddl
    days = client.get_table_info(PROJECT, "days", m.GetTableInfoRequest()).body.data
    assert (names(days.partition_columns), days.size) == (["pt"], None)
    assert code(client.get_table_info, PROJECT, "none", m.GetTableInfoRequest()) == "OBJECT_NOT_EXIST"


def test_functions_and_resources_of_pyodps_are_listed(server: Server, client: Client) -> None:
    o = odps(server)
    made = o.create_resource("twice.py", "py", file_obj=b"class Twice: pass")
    o.create_function("twice", class_type="twice.Twice", resources=[made])
    [found] = client.list_resources(PROJECT, m.ListResourcesRequest()).body.data.resources
    assert (found.name, found.type, found.size) == ("twice.py", "py", 17)
    [function] = client.list_functions(PROJECT, m.ListFunctionsRequest()).body.data.functions
    assert (function.name, function.class_) == ("twice", "twice.Twice")
    assert "twice.py" in function.resources


def test_a_role_made_here_is_one_of_sql_and_gives_its_rights(server: Server, client: Client) -> None:
    o = odps(server)
    o.execute_sql("CREATE TABLE read_me (n BIGINT)")
    key = new_user(server, "reader")
    mine = odps(server, key)
    with pytest.raises(ODPSError):
        mine.get_table("read_me").reload()
    policy = json.dumps({
        "Version": "1", "Statement": [{"Effect": "Allow", "Action": ["odps:Describe"],
                                       "Resource": f"acs:odps:*:projects/{PROJECT}/tables/read_me"}],
    })  # fmt: skip
    acl = {"project": [{"name": PROJECT, "actions": ["List", "Read"]}]}
    new = {"name": "readers", "type": "resource", "policy": policy, "acl": acl}
    assert client.create_role(PROJECT, m.CreateRoleRequest(body=json.dumps(new))).body.data == "success"
    account = client.get_project(PROJECT, m.GetProjectRequest()).body.data.owner.partition("$")[2]
    user = f"RAM${account}:reader"
    client.update_users_to_role(PROJECT, "readers", m.UpdateUsersToRoleRequest(add=[user]))
    mine.get_table("read_me").reload()
    assert names(client.list_users_by_role(PROJECT, "readers").body.data.users) == [user]
    assert user in names(client.list_project_users(PROJECT).body.data.users)
    assert json.loads(client.get_role_policy(PROJECT, "readers").body.data) == json.loads(policy)
    found = client.get_role_acl(PROJECT, "readers").body.data
    assert [(one.name, one.actions) for one in found.project] == [(PROJECT, ["List", "Read"])]
    on = m.GetRoleAclOnObjectRequest(object_name=PROJECT, object_type="project")
    assert client.get_role_acl_on_object(PROJECT, "readers", on).body.data.actions == ["List", "Read"]
    shown = {one.name: one.type for one in client.list_roles(PROJECT).body.data.roles}
    assert shown == {"admin": "admin", "super_administrator": "admin", "readers": "resource"}
    assert "readers" in [role.name for role in o.list_roles()]
    o.execute_security_query("GRANT Select ON TABLE read_me TO ROLE readers")
    found = client.get_role_acl(PROJECT, "readers").body.data
    assert [(one.name, one.actions) for one in found.table] == [("read_me", ["Select"])], "what SQL grants is seen"
    roa(client, "PUT", f"/api/v1/projects/{PROJECT}/roles/readers", {"policy": ""})  # as Terraform's provider
    with pytest.raises(ODPSError):
        mine.get_table("read_me").reload()
    assert code(client.delete_role, PROJECT, "readers", m.DeleteRoleRequest()) == "OBJECT_IN_USE"
    client.update_users_to_role(PROJECT, "readers", m.UpdateUsersToRoleRequest(remove=[user]))
    client.delete_role(PROJECT, "readers", m.DeleteRoleRequest())
    assert code(client.get_role_policy, PROJECT, "readers") == "OBJECT_NOT_EXIST"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": "x y"}, "INVALID_PARAMETER"),
        ({"name": "r", "type": "king"}, "INVALID_PARAMETER"),
        ({"name": "r", "type": "admin"}, "UnsupportedOperation"),
        ({"name": "r", "policy": "{"}, "INVALID_PARAMETER"),
        ({"name": "r", "acl": {"table": [{"name": "t", "actions": ["Fly"]}]}}, "INVALID_PARAMETER"),
        ({"name": "r", "acl": {"moon": []}}, "INVALID_PARAMETER"),
        ({"name": "admin"}, "OBJECT_ALREADY_EXIST"),
        ({"name": "r", "colour": "red"}, "INVALID_PARAMETER"),
    ],
)
def test_what_is_wrong_with_a_role_is_named(client: Client, body: dict[str, Any], expected: str) -> None:
    assert code(client.create_role, PROJECT, m.CreateRoleRequest(body=json.dumps(body))) == expected
    assert names(client.list_roles(PROJECT).body.data.roles) == ["admin", "super_administrator"], "nothing is left"


def test_jobs_are_the_instances_of_pyodps(server: Server, client: Client) -> None:
    began = int(time.time()) - 60
    o = odps(server)
    done = o.execute_sql("SELECT 1 + 1")
    with pytest.raises(ODPSError):
        o.execute_sql("SELECT * FROM nowhere")

    def listed(**more: Any) -> list[Any]:
        wanted = m.ListJobInfosRequest(from_=began, to=began + 3600, project_list=[PROJECT], page_size=100, **more)
        return client.list_job_infos(wanted).body.data.job_info_list

    job = next(one for one in listed() if one.instance_id == done.id)
    assert (job.status, job.job_type, job.project, job.quota_nickname) == (
        "success",
        "SQL",
        PROJECT,
        "os_PayAsYouGoQuota",
    )
    assert job.submitted_at_time >= began
    assert {one.status for one in listed(status_list=["failed"])} == {"failed"}
    assert listed(instance_id_list=["none"]) == []
    assert client.get_job_info(done.id).body.data.job_owner == job.job_owner
    assert code(client.get_job_info, "none") == "OBJECT_NOT_EXIST"
    late = m.ListJobInfosRequest(from_=began, to=began + 3600, sort_by_list=["cuUsage"])
    assert code(client.list_job_infos, late) == "UnsupportedOperation"


def test_a_job_that_is_killed_is_cancelled(server: Server, client: Client) -> None:
    o = odps(server)
    job = o.run_sql(LONG, hints={"odps.sql.max.sequence.length": "30000"})
    began = int(time.time()) - 60
    running = m.GetRunningJobsRequest(from_=began, to=began + 3600)
    deadline = time.monotonic() + 60
    while job.id not in [one.instance_id for one in client.get_running_jobs(running).body.data.running_job_info_list]:
        assert not job.is_terminated(), job.get_task_results()
        assert time.monotonic() < deadline
    body = json.dumps([{"projectName": PROJECT, "instanceId": job.id}])
    assert client.kill_jobs(m.KillJobsRequest(body=body)).body.data == "success"
    job.wait_for_completion(max_interval=1)
    assert client.get_job_info(job.id).body.data.status == "cancelled"
    gone = json.dumps([{"projectName": PROJECT, "instanceId": "none"}])
    assert code(client.kill_jobs, m.KillJobsRequest(body=gone)) == "OBJECT_NOT_EXIST"


def test_the_one_quota(client: Client) -> None:
    [found] = client.list_quotas(m.ListQuotasRequest(billing_type="ALL")).body.data.quota_info_list
    assert (found.nick_name, found.status, found.billing_policy.billing_method) == (
        "os_PayAsYouGoQuota", "ON", "payasyougo",
    )  # fmt: skip
    assert client.get_quota("os_PayAsYouGoQuota", m.GetQuotaRequest()).body.data.parameter == found.parameter
    assert client.query_quota("default", m.QueryQuotaRequest()).body.data.nick_name == found.nick_name
    assert code(client.get_quota, "mine", m.GetQuotaRequest()) == "OBJECT_NOT_EXIST"
    assert not client.list_quotas(m.ListQuotasRequest(billing_type="subscription")).body.data.quota_info_list


def white_list(client: Client, listed: str, **more: str) -> None:
    body = json.dumps({"ipList": listed, **more})
    client.update_project_ip_white_list(PROJECT, m.UpdateProjectIpWhiteListRequest(body=body))


def test_the_white_list_lets_in_who_is_on_it(server: Server, client: Client) -> None:
    o = odps(server)
    o.execute_sql("SELECT 1")
    try:
        white_list(client, "10.0.0.0/8,192.168.1.1-192.168.1.9")
        with pytest.raises(ODPSError, match="white list"):
            o.execute_sql("SELECT 1")
        with pytest.raises(NoPermission):
            list(o.list_tables())
        shown = client.get_project(PROJECT, m.GetProjectRequest()).body.data
        assert shown.ip_white_list.ip_list == "10.0.0.0/8,192.168.1.1-192.168.1.9", "managing goes on"
        white_list(client, "10.0.0.1,127.0.0.0/8")
        o.execute_sql("SELECT 1")
        for wrong in ("10.0.0.300", "10.0.0.1/8", "nowhere", "10.0.0.9-10.0.0.1"):
            body = m.UpdateProjectIpWhiteListRequest(body=json.dumps({"ipList": wrong}))
            assert code(client.update_project_ip_white_list, PROJECT, body) == "INVALID_PARAMETER"
        body = m.UpdateProjectIpWhiteListRequest(body=json.dumps({"vpcIpList": "10.0.0.1"}))
        assert code(client.update_project_ip_white_list, PROJECT, body) == "UnsupportedOperation"
        o.execute_sql("SETPROJECT odps.security.ip.whitelist=10.0.0.1")
        with pytest.raises(ODPSError, match="white list"):
            o.execute_sql("SELECT 1")
    finally:
        white_list(client, "")
    o.execute_sql("SELECT 1")


def test_a_project_s_status_closes_it(server: Server, client: Client) -> None:
    o = odps(server)
    o.execute_sql("CREATE TABLE IF NOT EXISTS kept (n BIGINT)")

    def put(status: str) -> None:
        roa(client, "PUT", f"/api/v1/projects/{PROJECT}/status", {"projectName": PROJECT, "status": status})

    try:
        put("READONLY")
        assert o.get_project().status.value == "READONLY"
        assert client.get_project(PROJECT, m.GetProjectRequest()).body.data.status == "READONLY"
        with o.execute_sql("SELECT count(*) FROM kept").open_reader() as reader:
            assert next(iter(reader))[0] == 0
        for sql in ("INSERT INTO kept VALUES (1)", "CREATE TABLE more (n BIGINT)", "DROP TABLE kept"):
            with pytest.raises(ODPSError, match="READONLY"):
                o.execute_sql(sql)
        put("FROZEN")
        with pytest.raises(ODPSError, match="FROZEN"):
            o.execute_sql("SELECT 1")
        error = failure(roa, client, "PUT", f"/api/v1/projects/{PROJECT}/status", {"status": "MELTED"})
        assert error.code == "INVALID_PARAMETER"
    finally:
        put("AVAILABLE")
    o.execute_sql("INSERT INTO kept VALUES (1)")


def test_tags_as_terraform_puts_them(client: Client) -> None:
    about = {"ResourceType": "project", "RegionId": "cn-hangzhou"}
    roa(client, "POST", "/tags", {**about, "ResourceId": [PROJECT], "Tag": [{"Key": "team", "Value": "blue"}]})
    found = roa(client, "GET", "/tags", ResourceId=PROJECT, **about)["TagResources"]["TagResource"]
    assert [(one["ResourceId"], one["TagKey"], one["TagValue"]) for one in found] == [(PROJECT, "team", "blue")]
    roa(client, "DELETE", "/tags", ResourceId=PROJECT, TagKey="team", **about)
    assert roa(client, "GET", "/tags", ResourceId=PROJECT, **about)["TagResources"]["TagResource"] == []
    assert failure(roa, client, "GET", "/tags").code == "INVALID_PARAMETER"


def test_security_and_properties_as_terraform_sends_them(client: Client) -> None:
    same = {"usingAcl": True, "usingPolicy": True, "labelSecurity": False, "projectProtection": {"protected": False}}
    roa(client, "PUT", f"/api/v1/projects/{PROJECT}/security", {"projectName": PROJECT, **same})
    path = f"/api/v1/projects/{PROJECT}/security"
    assert failure(roa, client, "PUT", path, {"labelSecurity": True}).code == "UnsupportedOperation"
    shown = roa(client, "GET", f"/api/v1/projects/{PROJECT}")["data"]["properties"]
    meta = {"projectName": PROJECT, "status": "AVAILABLE", "properties": shown}
    roa(client, "PUT", f"/api/v1/projects/{PROJECT}/meta", meta)
    assert roa(client, "GET", f"/api/v1/projects/{PROJECT}")["data"]["properties"] == shown, "what is shown may be said"


def test_what_was_of_a_project_goes_with_it(server: Server, client: Client) -> None:
    body = json.dumps({"name": "here_again"})
    client.create_project(m.CreateProjectRequest(body=body))
    key = new_user(server, "of-before")
    new = json.dumps({"name": "old", "acl": {"project": [{"name": "here_again", "actions": ["Read"]}]}})
    client.create_role("here_again", m.CreateRoleRequest(body=new))
    account = client.get_project("here_again", m.GetProjectRequest()).body.data.owner.partition("$")[2]
    user = m.UpdateUsersToRoleRequest(add=[f"RAM${account}:of-before"])
    client.update_users_to_role("here_again", "old", user)
    odps(server, key, "here_again").get_project().reload()
    client.delete_project("here_again", m.DeleteProjectRequest())
    client.create_project(m.CreateProjectRequest(body=body))
    assert not client.list_project_users("here_again").body.data.users
    with pytest.raises(ODPSError):
        odps(server, key, "here_again").get_project().reload()


def test_rights(server: Server, client: Client) -> None:
    key = new_user(server, "lists", allow("odps:ListTables", resource=f"acs:odps:*:*:projects/{PROJECT}"))
    mine = Client(config(server, key))
    assert mine.list_tables(PROJECT, m.ListTablesRequest()).body.data.tables is not None
    assert code(mine.list_functions, PROJECT, m.ListFunctionsRequest()) == "NoPermission"
    assert code(mine.list_tables, "elsewhere", m.ListTablesRequest()) == "NoPermission"
    body = json.dumps([{"projectName": PROJECT, "instanceId": "none"}])
    assert code(mine.kill_jobs, m.KillJobsRequest(body=body)) == "NoPermission"
