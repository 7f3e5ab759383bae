"""The vendor's client for Java, in each of its forms: JSON, protobuf with lz4 and deflate, and batches."""

import subprocess
from pathlib import Path

import pytest

from tests.clients.maven import compile_stories
from yunbox.testing.server import Server

pytestmark = [pytest.mark.java, pytest.mark.timeout(900)]
_VALUES = "12345678901234567890.123456789,2147483647,1.5,-128,32767,"
_RECORDS = (
    f"0:-9223372036854775807,0.1,false,1735689600000001,text ä 1,{_VALUES}{{a=b1}};"
    f"1:-9223372036854775806,0.2,true,1735689600000002,text ä 2,{_VALUES}{{a=b2}};"
    f"2:{'null,' * 10}"
)
_FORMS = ("json", "protobuf", "deflate", "batch")
EXPECTED = {
    "project": "by Java",
    "again": "ResourceAlreadyExistException 409 ProjectAlreadyExist",
    **{f"{form} topic": "10" for form in _FORMS},
    **{f"{form} put": "BLOB" for form in _FORMS},
    **{f"{form} get": _RECORDS for form in _FORMS},
    **{f"{form} bytes": "0:x;1:y" for form in _FORMS},
    "batch get": f"{_RECORDS}{{}}",
    "batch bytes": "0:x{};1:y{}",
    "of batches as json": _RECORDS,
    "append": "11",
    "split": "0 CLOSED 00000000000000000000000000000000 [];1 ACTIVE 00000000000000000000000000000000 [0];"
    "2 ACTIVE 7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF [0]",
    "merge": "3",
    "extend": "3",
    "by key": "0",
    "to no shard": "1 InvalidShardId",
    "no topic": "ResourceNotFoundException 404 NoSuchTopic",
    "no shard": "ShardNotFoundException 404 NoSuchShard",
    "subscription": "1 5 0 OffsetSessionChanged OFFLINE 1",
    "group": "[0, 1, 2]",
    "kafka group": "[readers] ours [blobs_json, extended] ONLINE [blobs_json] []",
    "no kafka group": "ResourceNotFoundException 404 ResourceNotFound",
    "topics": "[blobs_batch, blobs_deflate, blobs_json, blobs_protobuf, extended, tuples_batch, tuples_deflate, "
    "tuples_json, tuples_protobuf]",
    "schemas": "2",
    "not empty": "OperationDeniedException 400 OperationDenied",
}


def test_the_client_for_java(server: Server, tmp_path: Path) -> None:
    class_path = compile_stories(Path(__file__).parent / "java", tmp_path)
    where = (server.endpoints["datahub"], server.access_key_id, server.access_key_secret)
    run = subprocess.run(
        ["java", "-Dfile.encoding=UTF-8", "-cp", class_path, "Topics", *where],
        check=True, timeout=300, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    found = dict(line.split("=", 1) for line in run.stdout.splitlines())
    assert found == EXPECTED, run.stderr[-2000:]
