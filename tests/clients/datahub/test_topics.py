"""Projects and topics by pydatahub, with the vendor's limits (help/en/datahub/limits) and codes (API reference)."""

import json
from types import ModuleType
from typing import Any

import pytest

from tests.datahub import Client, Refused
from yunbox.testing.server import Server


def code(error: pytest.ExceptionInfo[Any]) -> str:
    assert error.value.request_id, "every answer has x-datahub-request-id"
    return error.value.error_code


def test_projects(dh: Any, project: str, sdk: ModuleType) -> None:
    assert project in dh.list_project().project_names
    found = dh.get_project(project)
    assert (found.comment, found.create_time > 0) == ("a test's", True)
    dh.update_project(project, "another")
    assert dh.get_project(project).comment == "another"
    with pytest.raises(sdk.exceptions.ResourceExistException) as error:
        dh.create_project(project.upper(), "")  # names are told apart without regard to case
    assert code(error) == "ProjectAlreadyExist"


def test_what_is_not_there(dh: Any, project: str, sdk: ModuleType) -> None:
    missing = sdk.exceptions.ResourceNotFoundException
    with pytest.raises(missing) as error:
        dh.get_project("nowhere")
    assert code(error) == "NoSuchProject"
    assert error.value.error_msg == "The specified project name does not exist."
    with pytest.raises(missing) as error:
        dh.get_topic(project, "nothing")
    assert code(error) == "NoSuchTopic"
    dh.create_blob_topic(project, "t", 1, 3, "")
    with pytest.raises(missing) as error:
        dh.get_cursor(project, "t", "7", sdk.models.CursorType.OLDEST)
    assert code(error) == "NoSuchShard"
    with pytest.raises(sdk.exceptions.DatahubException) as error:
        dh.delete_subscription(project, "t", "none")
    assert code(error) == "NoSuchSubscription"


def test_a_project_that_is_not_empty_stays(dh: Any, project: str, sdk: ModuleType) -> None:
    dh.create_blob_topic(project, "t", 1, 3, "")
    with pytest.raises(sdk.exceptions.InvalidOperationException) as error:
        dh.delete_project(project)
    assert code(error) == "OperationDenied"


def test_topics(dh: Any, project: str, schema: Any, sdk: ModuleType) -> None:
    dh.create_tuple_topic(project, "Clicks", 3, 7, schema, "what was clicked")
    dh.create_blob_topic(project, "raw", 1, 2, "bytes")
    dh.wait_shards_ready(project, "clicks")
    assert dh.list_topic(project).topic_names == ["Clicks", "raw"]
    found = dh.get_topic(project, "CLICKS")
    assert (found.shard_count, found.life_cycle, found.comment) == (3, 7, "what was clicked")
    assert found.record_type == sdk.models.RecordType.TUPLE
    assert [(one.name, one.type, one.allow_null) for one in found.record_schema.field_list] == [
        (one.name, one.type, one.allow_null) for one in schema.field_list
    ]
    dh.update_topic(project, "Clicks", 2, "fewer days")
    changed = dh.get_topic(project, "Clicks")
    assert (changed.life_cycle, changed.comment) == (2, "fewer days")
    assert dh.get_topic(project, "raw").record_type == sdk.models.RecordType.BLOB
    with pytest.raises(sdk.exceptions.ResourceExistException) as error:
        dh.create_blob_topic(project, "clicks", 1, 3, "")
    assert code(error) == "TopicAlreadyExist"


def test_limits(dh: Any, project: str, pair: Any, sdk: ModuleType) -> None:
    wrong = sdk.exceptions.InvalidParameterException
    for shards, days in ((257, 3), (1, 8), (1, 3650)):
        with pytest.raises(wrong) as error:
            dh.create_blob_topic(project, "t", shards, days, "")
        assert code(error) == "InvalidParameter"
    field = sdk.models.Field("system_time", sdk.models.FieldType.STRING)
    with pytest.raises(wrong):
        dh.create_tuple_topic(project, "t", 1, 3, sdk.models.RecordSchema([field]), "")
    with pytest.raises(wrong) as error:
        dh.get_topic("a", "t")  # no project can have that name
    assert error.value.error_msg == "Project name is missing or invalid:a"
    assert dh.list_topic(project).topic_names == []


def test_a_topic_made_anew_has_no_old_records(dh: Any, project: str, sdk: ModuleType) -> None:
    for _ in range(2):
        dh.create_blob_topic(project, "t", 1, 3, "")
        cursor = dh.get_cursor(project, "t", "0", sdk.models.CursorType.OLDEST)
        assert (cursor.sequence, cursor.record_time) == (0, 0)
        assert dh.get_blob_records(project, "t", "0", cursor.cursor, 10).record_count == 0
        dh.put_records(project, "t", [sdk.models.BlobRecord(blob_data=b"x")])
        dh.delete_topic(project, "t")


def test_versions_of_a_schema(dh: Any, project: str, pair: Any, sdk: ModuleType) -> None:
    kinds, models = sdk.models.FieldType, sdk.models
    dh.create_tuple_topic(project, "t", 1, 3, pair, "")
    dh.append_field(project, "t", "score", kinds.DOUBLE)
    found = dh.get_topic(project, "t").record_schema
    assert [(one.name, one.allow_null) for one in found.field_list][-1] == ("score", True)
    listed = dh.list_topic_schema(project, "t", 1, 1)
    assert (listed.total_count, listed.page_count, len(listed.record_schema_list)) == (2, 2, 1)
    assert listed.record_schema_list[0]["VersionId"] == 0
    other = models.RecordSchema(
        [models.Field("ID", kinds.BIGINT, "said otherwise"), models.Field("name", kinds.STRING)]
    )
    assert dh.get_topic_schema(project, "t", schema=other).version_id == 0  # fields are compared, not their text
    assert dh.get_topic_schema(project, "t", version_id=1).version_id == 1
    assert dh.register_topic_schema(project, "t", pair).version_id == 0
    third = models.RecordSchema.from_lists(["a"], [kinds.STRING])
    assert dh.register_topic_schema(project, "t", third).version_id == 2
    dh.delete_topic_schema(project, "t", 1)
    with pytest.raises(sdk.exceptions.DatahubException):
        dh.get_topic_schema(project, "t", version_id=1)
    with pytest.raises(sdk.exceptions.InvalidOperationException):
        dh.delete_topic_schema(project, "t", 2)
    with pytest.raises(sdk.exceptions.InvalidParameterException):
        dh.append_field(project, "t", "A", kinds.STRING)  # it is there


@pytest.mark.parametrize("kind", ["ARRAY", "array<bigint>", "LIST", "MAP", "BYTES"])
def test_fields_of_types_that_datahub_has_not(server: Server, project: str, dh: Any, pair: Any, kind: str) -> None:
    """pydatahub knows none of them either: another client is refused by name, wherever a field is told."""
    schema = json.dumps({"fields": [{"name": "id", "type": "BIGINT"}, {"name": "a", "type": kind}]})
    dh.create_tuple_topic(project, "t", 1, 3, pair, "")
    topic = f"/projects/{project}/topics/"
    with Client(server) as raw:
        made = {"ShardCount": 1, "Lifecycle": 1, "RecordType": "TUPLE", "RecordSchema": schema, "Comment": ""}
        for path, body in (
            ("other", made),
            ("t", {"Action": "AppendField", "FieldName": "a", "FieldType": kind}),
            ("t", {"Action": "RegisterSchema", "RecordSchema": schema}),
        ):
            with pytest.raises(Refused, match=kind) as error:
                raw.call("POST", topic + path, **body)
            assert (error.value.status, error.value.code) == (400, "InvalidParameter")
    assert dh.list_topic(project).topic_names == ["t"]
    assert dh.list_topic_schema(project, "t", 1, 10).total_count == 1
