"""Version 2 of the signatures, OSS's and AWS's, by the clients that make them; and what an error says.

Sources: the signers of oss2 and botocore; the pages "Use Amazon S3 SDKs to access OSS" (whose example for boto3
is ``signature_version="s3"``), "Error responses" (EC), 0002-00000040 and 0026-00000001.
"""

import base64
import time
from xml.etree import ElementTree

import boto3
import oss2
import pytest
import requests
from botocore.client import Config
from botocore.exceptions import ClientError

from yunbox.testing.server import Server

KEY = "a b+c/\u4e2d"


def client(server: Server, secret: str | None = None) -> boto3.client:
    return boto3.client(
        "s3", endpoint_url=server.endpoints["oss"], aws_access_key_id=server.access_key_id,
        aws_secret_access_key=secret or server.access_key_secret, region_name="cn-local",
        config=Config(signature_version="s3", s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )  # fmt: skip


def test_oss2_signs_by_version_2(server: Server, bucket: oss2.Bucket) -> None:
    auth = oss2.AuthV2(server.access_key_id, server.access_key_secret)
    found = oss2.Bucket(auth, server.endpoints["oss"], bucket.bucket_name)
    found.put_object(KEY, b"data", headers={"x-oss-meta-a": "b", "x-oss-tagging": "a=b"})
    assert found.get_object(KEY, byte_range=(1, 2)).read() == b"at"
    assert [item.key for item in oss2.ObjectIterator(found, prefix="a b+c/", delimiter="/")] == [KEY]
    assert found.get_object_tagging(KEY).tag_set.tagging_rule == {"a": "b"}
    url = found.sign_url("GET", KEY, 60, params={"response-content-type": "text/x"})
    assert requests.get(url, timeout=10).headers["content-type"] == "text/x"
    for changed in (
        url.replace("text%2Fx", "text%2Fy"),
        url + "&acl",
        url.replace("x-oss-expires=1", "x-oss-expires=2"),
    ):
        answer = requests.get(changed, timeout=10)
        assert (answer.status_code, "<Code>SignatureDoesNotMatch</Code>" in answer.text) == (403, True)
    late = {"x-oss-date": oss2.utils.http_date(int(time.time()) - 24 * 3600)}
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        found.get_object(KEY, headers=late)
    assert caught.value.code == "RequestTimeTooSkewed"
    assert caught.value.message == "The difference between the request time and the current time is too large."


def test_boto3_signs_by_version_2(server: Server, bucket: oss2.Bucket) -> None:
    s3, name = client(server), bucket.bucket_name
    s3.put_object(Bucket=name, Key=KEY, Body=b"data", Metadata={"a": "b"})
    assert s3.get_object(Bucket=name, Key=KEY)["Metadata"] == {"a": "b"}
    assert s3.list_objects_v2(Bucket=name, Prefix="a b+c/")["KeyCount"] == 1
    s3.copy_object(Bucket=name, Key="copy", CopySource={"Bucket": name, "Key": KEY})
    upload = s3.create_multipart_upload(Bucket=name, Key="parts")["UploadId"]
    part = s3.upload_part(Bucket=name, Key="parts", UploadId=upload, PartNumber=1, Body=b"part")
    done = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket=name, Key="parts", UploadId=upload, MultipartUpload=done)
    asked = {"Bucket": name, "Key": "parts", "ResponseContentType": "text/x"}
    url = s3.generate_presigned_url("get_object", asked)
    assert "AWSAccessKeyId" in url
    answer = requests.get(url, timeout=10)
    assert (answer.content, answer.headers["content-type"]) == (b"part", "text/x")
    assert requests.get(url.replace("text%2Fx", "text%2Fy"), timeout=10).status_code == 403
    form = s3.generate_presigned_post(name, "posted")
    answer = requests.post(form["url"], data=form["fields"], files={"file": b"form"}, timeout=10)
    assert (answer.status_code, bucket.get_object("posted").read()) == (204, b"form")


def test_a_subresource_that_version_2_does_not_sign_is_refused(server: Server, bucket: oss2.Bucket) -> None:
    """It must not pass for the bucket itself."""
    bucket.put_object("k", b"x")
    for call in ("delete_bucket_encryption", "get_bucket_encryption", "delete_public_access_block"):
        with pytest.raises(ClientError, match="not signed"):
            getattr(client(server), call)(Bucket=bucket.bucket_name)
    assert bucket.get_object("k").read() == b"x"


def test_a_wrong_signature_says_what_was_to_be_signed(server: Server, bucket: oss2.Bucket) -> None:
    wrong = oss2.Bucket(oss2.Auth(server.access_key_id, "wrong"), server.endpoints["oss"], bucket.bucket_name)
    with pytest.raises(oss2.exceptions.SignatureDoesNotMatch) as caught:
        wrong.get_object("k", headers={"x-oss-a": "b"})
    details = caught.value.details
    text = details["StringToSign"]
    assert text.startswith("GET\n\n\n")
    assert text.endswith(f"\nx-oss-a:b\n/{bucket.bucket_name}/k")
    assert bytes.fromhex(details["StringToSignBytes"].replace(" ", "")).decode() == text
    assert details["OSSAccessKeyId"] == server.access_key_id
    assert len(base64.b64decode(details["SignatureProvided"])) == 20
    assert (details["EC"], caught.value.headers["x-oss-ec"]) == ("0002-00000040", "0002-00000040")
    with pytest.raises(ClientError, match="SignatureDoesNotMatch") as other:
        client(server, "wrong").get_object(Bucket=bucket.bucket_name, Key="k")
    assert other.value.response["Error"]["AWSAccessKeyId"] == server.access_key_id


def test_every_error_has_its_fine_code(server: Server, bucket: oss2.Bucket) -> None:
    for call in (bucket.get_object, bucket.head_object, bucket.get_object_meta):
        with pytest.raises(oss2.exceptions.OssError) as caught:
            call("none")
        assert caught.value.headers["x-oss-ec"] == "0026-00000001"
    for path, expected in (
        ("/none-such-bucket/k", "0003-00000001"),
        ("/", "0003-00000001"),
        ("/UPPER", "0015-00000001"),
        ("/?max-keys=1&max-keys=2", "9999-00000400"),
    ):
        answer = requests.get(server.endpoints["oss"] + path, timeout=10)
        root = ElementTree.fromstring(answer.content)
        assert (root.findtext("EC"), answer.headers["x-oss-ec"]) == (expected, expected)


def test_an_anonymous_refusal_names_neither_account_nor_policy(server: Server, bucket: oss2.Bucket) -> None:
    policy = (
        '{"Version":"1","Statement":[{"Effect":"Deny","Principal":["*"],"Action":["oss:GetObject"],'
        f'"Resource":["acs:oss:*:*:{bucket.bucket_name}/secret*"]}}]}}'
    )
    bucket.put_bucket_policy(policy)
    for key in ("secret", "other"):
        answer = requests.get(f"{server.endpoints['oss']}/{bucket.bucket_name}/{key}", timeout=10)
        assert answer.status_code == 403
        assert bucket.get_bucket_info().owner.id not in answer.text
        assert "policy" not in answer.text.lower()
