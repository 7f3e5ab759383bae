"""Names as other clients spell them: in headers, documents, markers and dates, where oss2 has only one way."""

from collections.abc import Callable
from email.utils import formatdate
from time import gmtime, strftime, time
from urllib.parse import urlencode

import oss2
import pytest
import requests

from yunbox.testing.server import Server
from yunbox.wire.oss import signing

SCOPE = "cn-local", "oss", "aliyun_v4_request"


def keys(bucket: oss2.Bucket) -> list[str]:
    return [item.key for item in oss2.ObjectIterator(bucket)]


def delete(bucket: oss2.Bucket, key: str, **params: str) -> str:
    body = f"<Delete><Object><Key>{key}</Key></Object></Delete>"
    headers = {"Content-MD5": oss2.utils.content_md5(body.encode())}
    query = {"delete": "", **params}
    answer = bucket._do("POST", bucket.bucket_name, "", params=query, data=body, headers=headers).read()
    return answer.decode().partition("<Key>")[2].partition("</Key>")[0]


def test_a_space_of_a_copied_key_may_be_a_plus(bucket: oss2.Bucket) -> None:
    """As the older Go SDK has it, and so ossutil."""
    bucket.put_object("a b+c", b"1")
    source = {"x-oss-copy-source": f"/{bucket.bucket_name}/a+b%2Bc"}
    bucket._do("PUT", bucket.bucket_name, "copy", headers=source)
    assert bucket.get_object("copy").read() == b"1"
    bucket._do("PUT", bucket.bucket_name, "link", params={"symlink": ""}, headers={"x-oss-symlink-target": "a+b%2Bc"})
    assert bucket.get_symlink("link").target_key == "a b+c"
    upload = bucket.init_multipart_upload("parts").upload_id
    part = {"partNumber": "1", "uploadId": upload}
    assert bucket._do("PUT", bucket.bucket_name, "parts", params=part, headers=source).status == 200
    bucket.abort_multipart_upload("parts", upload)


def test_keys_to_delete_are_plain_unless_said_otherwise(bucket: oss2.Bucket) -> None:
    for key in ("a%20b", "a b"):
        bucket.put_object(key, b"1")
    assert bucket.batch_delete_objects(["a%20b"]).deleted_keys == ["a%20b"]
    assert keys(bucket) == ["a b"]
    assert delete(bucket, "a%20b", **{"encoding-type": "url2"}) == "a%20b"
    assert keys(bucket) == []


@pytest.mark.parametrize("spelled", ["bell&#x07;", "bell&#7;", "bell&#x7;"])
def test_keys_to_delete_may_have_control_characters(bucket: oss2.Bucket, spelled: str) -> None:
    bucket.put_object("bell\x07", b"1")
    assert delete(bucket, spelled, **{"encoding-type": "url"}) == "bell%07"
    assert keys(bucket) == []
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        delete(bucket, "nul&#0;")
    assert caught.value.status == 400


def test_the_markers_of_uploads_are_plain(bucket: oss2.Bucket) -> None:
    ids = [bucket.init_multipart_upload(key).upload_id for key in ("k%20", "k%21", "k%22")]
    page = bucket.list_multipart_uploads(key_marker="k%20", max_uploads=1)
    assert [upload.key for upload in page.upload_list] == ["k%21"]
    for key, upload in zip(("k%20", "k%21", "k%22"), ids, strict=True):
        bucket.abort_multipart_upload(key, upload)


def test_version_4_signs_a_space_that_is_sent_as_a_plus(
    bucket: oss2.Bucket, open_bucket: Callable[..., oss2.Bucket]
) -> None:
    """As oss2 does in its queries: it signs them before its HTTP client spells them in a way of its own."""
    signed = open_bucket(bucket.bucket_name, version=4)
    for key in ("a b/1", "a+b/1", "a~b/1"):
        signed.put_object(key, b"1")
        assert [item.key for item in oss2.ObjectIterator(signed, prefix=key[:4])] == [key]
    assert [item.key for item in oss2.ObjectIterator(signed, max_keys=1)] == ["a b/1", "a+b/1", "a~b/1"]


def test_version_4_with_a_date_header_alone(bucket: oss2.Bucket, server: Server) -> None:
    """So the older Go SDK signs; a date of another day than the credential's is none."""

    def send(date: str, day: str) -> requests.Response:
        scope = signing.Scope(server.access_key_id, day, *SCOPE)
        headers = {"date": date, "x-oss-content-sha256": signing.UNSIGNED}
        query = [("prefix", "x")]
        text = signing.canonical_v4("GET", f"/{bucket.bucket_name}/", query, headers, (), date, scope)
        signature = signing.sign_v4(server.access_key_secret, text, day, scope.region, scope.service)
        headers["authorization"] = (
            f"{signing.V4_ALGORITHM} Credential={server.access_key_id}/{scope.text},Signature={signature}"
        )
        url = f"{server.endpoints['oss']}/{bucket.bucket_name}/?{urlencode(query)}"
        return requests.get(url, headers=headers, timeout=10)

    now = time()
    date, today = formatdate(now, usegmt=True), strftime("%Y%m%d", gmtime(now))
    assert send(date, today).status_code == 200
    for other, day in ((date, "20200101"), (formatdate(0, usegmt=True), today), ("x", today)):
        assert send(other, day).status_code == 403
