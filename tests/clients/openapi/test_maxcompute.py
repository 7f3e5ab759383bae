"""MaxCompute's management API by its own SDK: a project made there is the one that PyODPS uses."""

import json
from typing import Any

import pytest
from alibabacloud_maxcompute20220104 import models as m
from alibabacloud_maxcompute20220104.client import Client
from odps import ODPS
from odps.errors import ODPSError

from tests.clients.openapi.clients import Key, allow, code, config, failure, new_user
from yunbox.testing.server import Server


def client(server: Server, key: Key | None = None) -> Client:
    return Client(config(server, key))


def create(server: Server, name: str, **more: Any) -> m.CreateProjectResponseBody:
    body = json.dumps({"name": name, "defaultQuota": "default", "productType": "payasyougo", **more})
    return client(server).create_project(m.CreateProjectRequest(body=body)).body


def test_a_project_from_beginning_to_end(server: Server) -> None:
    made = create(server, "made_here", comment="one", properties={"allowFullScan": False, "typeSystem": "2"})
    assert made.data == "made_here"
    assert made.request_id
    found = client(server).get_project("made_here", m.GetProjectRequest()).body.data
    assert (found.name, found.comment, found.status, found.default_quota) == (
        "made_here",
        "one",
        "AVAILABLE",
        "default",
    )
    assert (found.properties.allow_full_scan, found.properties.type_system) == (False, "2")
    o = ODPS(server.access_key_id, server.access_key_secret, "made_here", endpoint=server.endpoint)
    assert o.get_project().comment == "one"
    o.execute_sql("CREATE TABLE t (n BIGINT) PARTITIONED BY (pt STRING)")
    o.execute_sql("INSERT INTO t PARTITION (pt = 'a') VALUES (1)")
    with pytest.raises(ODPSError, match="full scan"):
        o.execute_sql("SELECT n FROM t")
    meta = m.UpdateProjectBasicMetaRequest(
        comment="two", properties=m.UpdateProjectBasicMetaRequestProperties(allow_full_scan=True)
    )
    client(server).update_project_basic_meta("made_here", meta)
    with o.execute_sql("SELECT n FROM t").open_reader() as reader:
        assert next(iter(reader))[0] == 1
    found = client(server).get_project("made_here", m.GetProjectRequest()).body.data
    assert (found.comment, found.properties.allow_full_scan) == ("two", True)
    error = failure(client(server).delete_project, "made_here", m.DeleteProjectRequest())
    assert (error.code, error.data["statusCode"]) == ("OBJECT_IN_USE", 409)
    o.execute_sql("DROP TABLE t")
    client(server).delete_project("made_here", m.DeleteProjectRequest())
    error = failure(client(server).get_project, "made_here", m.GetProjectRequest())
    assert (error.code, error.data["statusCode"]) == ("OBJECT_NOT_EXIST", 404)


def test_projects_come_in_pages(server: Server) -> None:
    for number in range(3):
        create(server, f"paged_{number}")
    first = client(server).list_projects(m.ListProjectsRequest(prefix="paged_", max_item=2)).body.data
    second = (
        client(server).list_projects(m.ListProjectsRequest(prefix="paged_", max_item=2, marker=first.marker)).body.data
    )
    assert [one.name for one in (*first.projects, *second.projects)] == ["paged_0", "paged_1", "paged_2"]
    assert not second.marker


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": "x"}, "INVALID_PARAMETER"),
        ({"name": "1abc"}, "INVALID_PARAMETER"),
        ({"name": "a-b-c"}, "INVALID_PARAMETER"),
        ({}, "INVALID_PARAMETER"),
        ({"name": "good_one", "colour": "red"}, "INVALID_PARAMETER"),
        ({"name": "good_one", "specification_type": "x"}, "INVALID_PARAMETER"),
        ({"name": "good_one", "defaultQuota": "mine"}, "OBJECT_NOT_EXIST"),
        ({"name": "good_one", "productType": "subscription"}, "UnsupportedOperation"),
        ({"name": "good_one", "properties": {"typeSystem": "3"}}, "INVALID_PARAMETER"),
        ({"name": "good_one", "properties": {"encryption": {"enable": True}}}, "UnsupportedOperation"),
        ({"name": "good_one", "properties": {"retentionDays": 30}}, "UnsupportedOperation"),
    ],
)
def test_what_is_wrong_is_named(server: Server, body: dict[str, Any], expected: str) -> None:
    assert code(client(server).create_project, m.CreateProjectRequest(body=json.dumps(body))) == expected


def test_a_project_is_made_once(server: Server) -> None:
    create(server, "made_once")
    body = json.dumps({"name": "MADE_once"})
    error = failure(client(server).create_project, m.CreateProjectRequest(body=body))
    assert (error.code, error.data["statusCode"]) == ("OBJECT_ALREADY_EXIST", 409)


def test_who_has_no_right_hears_the_same_of_any_project(server: Server) -> None:
    create(server, "secret_one")
    nobody = client(server, new_user(server, "no-projects"))
    for name in ("secret_one", "not_there_at_all"):
        error = failure(nobody.get_project, name, m.GetProjectRequest())
        assert (error.code, error.data["statusCode"]) == ("NoPermission", 403)
    key = new_user(server, "one-project", allow("odps:GetProject", resource="acs:odps:*:*:projects/secret_one"))
    assert client(server, key).get_project("secret_one", m.GetProjectRequest()).body.data.name == "secret_one"
    assert code(client(server, key).delete_project, "secret_one", m.DeleteProjectRequest()) == "NoPermission"
    assert code(client(server, key).list_projects, m.ListProjectsRequest()) == "NoPermission"


def test_the_default_quota_is_the_one_there_is(server: Server) -> None:
    create(server, "with_quota")
    client(server).update_project_default_quota("with_quota", m.UpdateProjectDefaultQuotaRequest(quota="default"))
    other = m.UpdateProjectDefaultQuotaRequest(quota="fast")
    assert code(client(server).update_project_default_quota, "with_quota", other) == "OBJECT_NOT_EXIST"


def test_what_is_not_offered_names_itself(server: Server) -> None:
    error = failure(client(server).get_quota_usage, "default", m.GetQuotaUsageRequest())
    assert (error.code, error.data["statusCode"]) == ("InvalidAction.NotFound", 404)
    assert "/usage" in error.message
