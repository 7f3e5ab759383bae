"""Callbacks after uploads, to a server of the test's own."""

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import oss2
import pytest
import requests

pytestmark = pytest.mark.public


@dataclass
class Application:
    """An application's server: what it was asked, and what it answers."""

    url: str = ""
    status: int = 200
    body: bytes = b'{"Status":"OK"}'
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def application() -> Iterator[Application]:
    """The application that is called back."""
    found = Application()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.asked.append((self.path, dict(self.headers), body))
            self.send_response(found.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(found.body)))
            self.end_headers()
            self.wfile.write(found.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}/hook?a=1"
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def encoded(body: dict[str, str]) -> str:
    return base64.b64encode(json.dumps(body).encode()).decode()


def headers(application: Application, variables: dict[str, str] | None = None, **more: str) -> dict[str, str]:
    body = {"callbackUrl": application.url, "callbackBody": "bucket=${bucket}&object=${object}", **more}
    extra = {"x-oss-callback-var": encoded(variables)} if variables else {}
    return {"x-oss-callback": encoded(body), **extra}


def test_an_upload_answers_what_the_application_says(bucket: oss2.Bucket, application: Application) -> None:
    body = (
        "bucket=${bucket}&object=${object}&etag=${etag}&size=${size}&mimeType=${mimeType}&crc64=${crc64}"
        "&mine=${x:mine}&height=${imageInfo.height}&op=${operation}"
    )
    given = headers(application, {"x:mine": "a&b"}, callbackBody=body)
    result = bucket.put_object("dir/ü", b"hello", headers={**given, "Content-Type": "text/plain"})
    assert result.status == 200
    assert result.resp.read() == b'{"Status":"OK"}'
    assert result.etag
    path, sent, text = application.asked[0]
    assert path == "/hook?a=1"
    assert sent["Content-Type"] == "application/x-www-form-urlencoded"
    assert {name: value[0] for name, value in parse_qs(text.decode(), keep_blank_values=True).items()} == {
        "bucket": bucket.bucket_name,
        "object": "dir/ü",
        "etag": "5D41402ABC4B2A76B9719D911017C592",
        "size": "5",
        "mimeType": "text/plain",
        "crc64": str(result.crc),
        "mine": "a&b",
        "height": "",
        "op": "PutObject",
    }


def test_a_body_may_be_json(bucket: oss2.Bucket, application: Application) -> None:
    body = '{"object":${object},"size":${size},"mine":${x:mine},"plain":"${mimeType}"}'
    given = headers(
        application,
        {"x:mine": 'a "b"'},
        callbackBody=body,
        callbackBodyType="application/json",
        callbackHost="app.example.com",
    )
    bucket.put_object('a"b', b"123", headers=given)
    _, sent, text = application.asked[0]
    assert sent["Host"] == "app.example.com"
    assert sent["Content-Type"] == "application/json"
    assert json.loads(text) == {"object": 'a"b', "size": 3, "mine": 'a "b"', "plain": "application/octet-stream"}


def test_a_failed_callback_is_203_and_the_object_stays(bucket: oss2.Bucket, application: Application) -> None:
    application.status = 500
    result = bucket.put_object("k", b"x", headers=headers(application))
    assert result.status == 203
    assert b"<Code>CallbackFailed</Code>" in result.resp.read()
    assert bucket.get_object("k").read() == b"x"
    application.status, application.body = 200, b"<html>"
    result = bucket.put_object("k", b"x", headers=headers(application))
    assert result.status == 203
    assert b"json" in result.resp.read()


def test_several_servers_are_tried_in_turn(bucket: oss2.Bucket, application: Application) -> None:
    given = headers(application, callbackUrl=f"http://127.0.0.1:1/;{application.url}")
    assert bucket.put_object("k", b"x", headers=given).status == 200
    assert len(application.asked) == 1


def test_completed_uploads_call_back(bucket: oss2.Bucket, application: Application) -> None:
    upload = bucket.init_multipart_upload("k").upload_id
    part = bucket.upload_part("k", upload, 1, b"x" * 10)
    body = "etag=${etag}&size=${size}&op=${operation}"
    given = headers(application, callbackBody=body)
    result = bucket.complete_multipart_upload("k", upload, [oss2.models.PartInfo(1, part.etag)], headers=given)
    assert result.resp.status == 200
    asked = parse_qs(application.asked[0][2].decode())
    assert asked["size"] == ["10"]
    assert asked["op"] == ["CompleteMultipartUpload"]
    assert asked["etag"][0].endswith("-1")


def test_forms_call_back(bucket: oss2.Bucket, oss_url: str, application: Application) -> None:
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ_WRITE)
    form = {
        "key": "k",
        "callback": headers(application, callbackBody="o=${object}&m=${x:Mine}")["x-oss-callback"],
        "x:Mine": "1",
    }
    answer = requests.post(f"{oss_url}/{bucket.bucket_name}", data=form, files={"file": b"x"}, timeout=10)
    assert (answer.status_code, answer.content) == (200, b'{"Status":"OK"}')
    assert application.asked[0][2] == b"o=k&m=1"


def test_a_signed_url_calls_back(bucket: oss2.Bucket, application: Application) -> None:
    params = {"callback": headers(application)["x-oss-callback"], "callback-var": encoded({"x:a": "1"})}
    url = bucket.sign_url("PUT", "k", 60, params=params)
    answer = requests.put(url, data=b"x", timeout=10)
    assert (answer.status_code, answer.content) == (200, b'{"Status":"OK"}')


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1/", "http://[::ffff:192.0.2.1]/", "http://0.0.0.0:1/", "file:///etc/x", "//"]
)
def test_other_machines_are_not_called(bucket: oss2.Bucket, application: Application, url: str) -> None:
    result = bucket.put_object("k", b"x", headers=headers(application, callbackUrl=url))
    assert result.status == 203
    assert b"<Code>CallbackFailed</Code>" in result.resp.read()


def test_a_callback_policy_is_refused_by_name(bucket: oss2.Bucket) -> None:
    """oss2's tests: such a policy is named in the place of a URL."""
    with pytest.raises(oss2.exceptions.ServerError, match="callbackPolicy") as caught:
        bucket.put_object("k", b"x", headers={"x-oss-callback": encoded({"callbackPolicy": "p"})})
    assert (caught.value.status, caught.value.code) == (501, "NotImplemented")
    assert not bucket.object_exists("k")


@pytest.mark.parametrize(
    "given", ["no base64!", encoded({"callbackUrl": "http://127.0.0.1"}), base64.b64encode(b"[]").decode(), "e30="]
)
def test_a_callback_that_is_none_is_refused_before_the_upload(bucket: oss2.Bucket, given: str) -> None:
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.put_object("k", b"x", headers={"x-oss-callback": given})
    assert (caught.value.status, caught.value.code) == (400, "InvalidArgument")
    assert not bucket.object_exists("k")
