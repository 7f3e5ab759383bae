"""Requests signed by hand, so that anything about them can be wrong: each fault has its status, code and words."""

import base64
import hashlib
import hmac
import time
from typing import Any

import pytest
import requests
from alibabacloud_ram20150501 import models as ram

from tests.clients.openapi import clients as openapi
from yunbox.testing.server import Server
from yunbox.wire.protobuf import Message

LATE = 16 * 60


def ask(server: Server, path: str = "/ListTable", body: bytes = b"", **how: Any) -> tuple[int, str, str]:
    """The status, code and message of the answer to a request; ``how`` says what is wrong with it.

    ``headers`` are set before it is signed, ``later`` afterwards; those in ``without`` are never there.
    """
    key = how.get("key") or openapi.Key(server.access_key_id, server.access_key_secret)
    headers = {
        "x-ots-date": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(time.time() + how.get('late', 0)))}.000Z",
        "x-ots-apiversion": "2015-12-31", "x-ots-accesskeyid": key.id, "x-ots-instancename": "requests",
        "x-ots-contentmd5": base64.b64encode(hashlib.md5(body).digest()).decode(), **how.get("headers", {}),
    }  # fmt: skip
    headers = {name: value for name, value in headers.items() if name not in how.get("without", ())}
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    text = f"{path}\nPOST\n\n{lines}"
    headers["x-ots-signature"] = base64.b64encode(
        hmac.new(key.secret.encode(), text.encode(), "sha1").digest()
    ).decode()
    headers |= how.get("later", {})
    if how.get("unsigned"):
        del headers["x-ots-signature"]
    url = f"{server.endpoints['tablestore']}{how.get('to', path)}"
    answer = requests.request(how.get("method", "POST"), url, headers=headers, data=how.get("sent", body), timeout=30)
    assert answer.headers["x-ots-requestid"]
    if answer.status_code == 200:
        assert answer.headers["authorization"].startswith(f"OTS {key.id}:")
        return 200, "", ""
    assert "authorization" not in answer.headers
    error = Message(answer.content)
    return answer.status_code, error.text(1), error.text(2)


def test_a_request_without_a_fault(server: Server) -> None:
    assert ask(server)[0] == 200
    assert ask(server, headers={"x-ots-sdk-traceid": "a-trace"})[0] == 200, "whatever the header, it is signed"


@pytest.mark.parametrize(
    ("how", "status", "code", "words"),
    [
        ({"late": LATE}, 403, "OTSAuthFailed", "x-ots-date"),
        ({"late": -LATE}, 403, "OTSAuthFailed", "x-ots-date"),
        ({"sent": b"\x0a\x01x"}, 403, "OTSAuthFailed", "x-ots-contentmd5"),
        ({"later": {"x-ots-instancename": "another"}}, 403, "OTSAuthFailed", "Signature mismatch"),
        ({"later": {"x-ots-more": "unsigned"}}, 403, "OTSAuthFailed", "Signature mismatch"),
        ({"to": "/DescribeTable"}, 403, "OTSAuthFailed", "Signature mismatch"),
        ({"unsigned": True}, 400, "OTSParameterInvalid", "Missing header: x-ots-signature"),
        ({"without": ("x-ots-date",)}, 400, "OTSParameterInvalid", "Missing header: x-ots-date"),
        ({"without": ("x-ots-contentmd5",)}, 400, "OTSParameterInvalid", "Missing header: x-ots-contentmd5"),
        ({"without": ("x-ots-instancename",)}, 400, "OTSParameterInvalid", "Missing header: x-ots-instancename"),
        ({"headers": {"x-ots-date": "yesterday"}}, 400, "OTSParameterInvalid", "Invalid date format"),
        ({"headers": {"x-ots-apiversion": "2014-08-08"}}, 400, "OTSParameterInvalid", "API version"),
        ({"headers": {"x-ots-instancename": "localhost:1"}}, 400, "OTSParameterInvalid", "write 127.0.0.1"),
        ({"headers": {"x-ots-instancename": "a"}}, 400, "OTSParameterInvalid", "instance name"),
        ({"method": "GET"}, 405, "OTSMethodNotAllowed", "POST"),
    ],
)
def test_a_fault_is_named(server: Server, how: dict[str, Any], status: int, code: str, words: str) -> None:
    found = ask(server, **how)
    assert found[:2] == (status, code), found
    assert words in found[2]


@pytest.mark.parametrize(
    ("path", "body", "code", "words"),
    [
        ("/BatchWriteRow", b"", "OTSUnsupportOperation", "BatchWriteRow"),
        ("/NoSuchThing", b"", "OTSParameterInvalid", "Unsupported operation: NoSuchThing"),
        ("/GetRow", b"", "OTSParameterInvalid", "table_name"),
        ("/GetRow", b"\x0a\x01x", "OTSParameterInvalid", "PlainBuffer"),
        ("/DescribeTable", b"\x0a\x7f", "OTSParameterInvalid", "protobuf"),
        ("/DescribeTable", b"\x0a\x01x\x50\x01", "OTSUnsupportOperation", "the field 10"),
        ("/ListTable", b"\x0a\x01x", "OTSUnsupportOperation", "the field 1"),
    ],
)
def test_a_message_that_is_not_what_it_should_be(server: Server, path: str, body: bytes, code: str, words: str) -> None:
    status, found, said = ask(server, path, body)
    assert (status, found) == (400, code), said
    assert words in said


def test_a_disabled_key(server: Server) -> None:
    key = openapi.new_user(server, "disabled-locker", openapi.allow("ots:*"))
    assert ask(server, key=key)[0] == 200
    client = openapi.ram(server)
    change = ram.UpdateAccessKeyRequest(user_name="disabled-locker", user_access_key_id=key.id, status="Inactive")
    client.update_access_key(change)
    assert ask(server, key=key) == (403, "OTSAuthFailed", "The AccessKeyID is disabled.")
