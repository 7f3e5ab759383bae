"""Status and code where the real service says no, or yes. Each case names the vendor's page."""

import base64
import hashlib

import oss2
import pytest
from oss2.models import BucketVersioningConfig

from yunbox.testing.server import Server


def refusal(bucket: oss2.Bucket, method: str, key: str = "", params: dict | None = None, headers: dict | None = None,
            data: bytes = b"") -> tuple[int, str]:  # fmt: skip
    try:
        return bucket._do(method, bucket.bucket_name, key, params=params or {}, headers=headers, data=data).status, ""
    except oss2.exceptions.ServerError as error:
        return error.status, error.code


@pytest.mark.parametrize("limit", ["abc", "", "0", "819199", "838860801", "\u00b2", "99999999999999999999", "-819200"])
def test_a_traffic_limit_has_a_range(bucket: oss2.Bucket, limit: str) -> None:
    """0004-00000502; every operation of "Single-connection bandwidth throttling"."""
    bucket.put_object("k", b"x")
    upload = bucket.init_multipart_upload("u").upload_id
    asked = {"x-oss-traffic-limit": limit.encode().decode("latin-1")}
    source = {"x-oss-copy-source": f"/{bucket.bucket_name}/k", **asked}
    part = {"uploadId": upload, "partNumber": "1"}
    for call in (
        ("PUT", "new", None, asked, b"x"), ("GET", "k", None, asked), ("PUT", "new", None, source),
        ("POST", "new", {"append": "", "position": "0"}, asked, b"x"), ("PUT", "u", part, asked, b"x"),
        ("PUT", "u", part, source),
    ):  # fmt: skip
        assert refusal(bucket, *call) == (400, "InvalidArgument"), call
    assert refusal(bucket, "GET", "k", {"x-oss-traffic-limit": limit}) == (400, "InvalidArgument")
    assert not bucket.object_exists("new")


def test_a_limit_in_the_range_passes(bucket: oss2.Bucket) -> None:
    limit = {"x-oss-traffic-limit": "838860800"}
    bucket.put_object("k", b"data", headers=limit)
    assert bucket.get_object("k", headers=limit).read() == b"data"
    assert bucket.get_object("k", params=limit).read() == b"data"


@pytest.mark.parametrize("tags", ["aa=bb=cc", "%80=a", "a=%80", "a=%F0%9F%98%80", "a&b%26=c", "=a", "a=1&a=2", "a=1&",
                                  "a!=b", "a@=b", "a=" + "b" * 257, "a" * 129])  # fmt: skip
def test_tags_that_are_none(bucket: oss2.Bucket, tags: str) -> None:
    """0010-00000212, -216, -217 and -219."""
    assert refusal(bucket, "PUT", "k", None, {"x-oss-tagging": tags}, b"x") == (400, "InvalidTag")
    assert not bucket.object_exists("k")


def test_tags_that_are_some(bucket: oss2.Bucket) -> None:
    """Letters of any language, as oss2's own tests send them."""
    bucket.put_object("k", b"x", headers={"x-oss-tagging": "a%20+%2B%2D%3D._%3A/=%E4%B8%AD&b"})
    assert bucket.get_object_tagging("k").tag_set.tagging_rule == {"a  +-=._:/": "中", "b": ""}


@pytest.mark.parametrize("pair", [("", "x"), ("http://a", "x"), ("https://a", "x"), ("Aliyun", "x"), ("a" * 65, "x"),
                                  ("中" * 22, "x"), ("a", "x" * 129)])  # fmt: skip
def test_tags_of_buckets_that_are_none(bucket: oss2.Bucket, pair: tuple[str, str]) -> None:
    """0010-00000219."""
    body = f"<Tagging><TagSet><Tag><Key>{pair[0]}</Key><Value>{pair[1]}</Value></Tag></TagSet></Tagging>".encode()
    assert refusal(bucket, "PUT", "", {"tagging": ""}, None, body) == (400, "InvalidTag")


def test_appending_goes_on_beside_versions(bucket: oss2.Bucket) -> None:
    """AppendObject, on versioning."""
    bucket.append_object("log", 0, b"a")
    bucket.put_object("whole", b"x")
    bucket.put_bucket_versioning(BucketVersioningConfig("Enabled"))
    bucket.append_object("log", 1, b"b")
    assert bucket.get_object("log").read() == b"ab"
    assert len(list(bucket.list_object_versions("log").versions)) == 1
    append = {"append": "", "position": "0"}
    assert refusal(bucket, "POST", "whole", append, None, b"x") == (409, "ObjectNotAppendable")
    assert refusal(bucket, "POST", "log", {**append, "versionId": "null"}, None, b"x") == (400, "InvalidArgument")
    bucket.delete_object("log")
    bucket.append_object("log", 0, b"new")
    assert bucket.get_object("log").read() == b"new"
    kept = [version.versionid for version in bucket.list_object_versions("log").versions if not version.is_latest]
    assert [bucket.get_object("log", params={"versionId": item}).read() for item in kept] == [b"ab"]


def test_a_delete_marker_is_no_source(bucket: oss2.Bucket) -> None:
    """CopyObject, on versioning."""
    bucket.put_bucket_versioning(BucketVersioningConfig("Enabled"))
    bucket.put_object("k", b"x")
    marker = bucket.delete_object("k").versionid
    upload = bucket.init_multipart_upload("u").upload_id
    source = {"x-oss-copy-source": f"/{bucket.bucket_name}/k?versionId={marker}"}
    assert refusal(bucket, "PUT", "c", None, source) == (404, "NoSuchKey")
    assert refusal(bucket, "PUT", "u", {"uploadId": upload, "partNumber": "1"}, source) == (404, "NoSuchKey")


def rules(count: int) -> bytes:
    rule = "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>"
    return f"<CORSConfiguration>{rule * count}</CORSConfiguration>".encode()


def test_twenty_rules_of_cors(bucket: oss2.Bucket) -> None:
    """PutBucketCors."""
    assert refusal(bucket, "PUT", "", {"cors": ""}, None, rules(20)) == (200, "")
    assert refusal(bucket, "PUT", "", {"cors": ""}, None, rules(21)) == (400, "MalformedXML")


def lifecycle(bucket: oss2.Bucket, inner: str, identity: str = "") -> tuple[int, str]:
    rule = f"<Rule>{identity}<Prefix>a</Prefix><Status>Enabled</Status>{inner}</Rule>"
    body = f"<LifecycleConfiguration>{rule}</LifecycleConfiguration>".encode()
    md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
    return refusal(bucket, "PUT", "", {"lifecycle": ""}, {"Content-MD5": md5}, body)


EXPIRES = "<Expiration><Days>9</Days></Expiration>"
DATED = "<CreatedBeforeDate>2030-01-01T00:00:00.000Z</CreatedBeforeDate>"


@pytest.mark.parametrize("identity", ["", "<ID/>", "<ID> </ID>"])
def test_a_rule_without_an_id_gets_one(bucket: oss2.Bucket, identity: str) -> None:
    """PutBucketLifecycle, on the element ID."""
    assert lifecycle(bucket, EXPIRES, identity) == (200, "")
    first = bucket.get_bucket_lifecycle().rules[0].id
    assert len(first) == 36
    assert first == bucket.get_bucket_lifecycle().rules[0].id


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        (f"<Transition><Days>3</Days><StorageClass>IA</StorageClass></Transition><Expiration>{DATED}</Expiration>",
         "InvalidRequest"),
        (f"<Transition>{DATED}<StorageClass>IA</StorageClass></Transition>{EXPIRES}", "InvalidRequest"),
        (f"<Transition>{DATED}<StorageClass>IA</StorageClass></Transition><Transition><Days>3</Days><StorageClass>"
         "Archive</StorageClass></Transition>", "InvalidRequest"),
        (f"<Tag><Key>%&amp;</Key><Value>a</Value></Tag>{EXPIRES}", "MalformedXML"),
        (f"<Tag><Key>a</Key><Value>)%</Value></Tag>{EXPIRES}", "MalformedXML"),
    ],
)  # fmt: skip
def test_rules_that_the_real_service_refuses(bucket: oss2.Bucket, inner: str, code: str) -> None:
    """oss2's own tests of lifecycles."""
    assert lifecycle(bucket, inner) == (400, code)


EMPTY = {
    "live": "ListLiveChannelResult", "style": "StyleList", "httpsConfig": "HttpsConfiguration",
    "cname": "ListCnameResult", "accessmonitor": "AccessMonitorConfiguration",
    "resourceGroup": "BucketResourceGroupConfiguration", "archiveDirectRead": "ArchiveDirectReadConfiguration",
    "redundancyTransition": "ListBucketDataRedundancyTransition",
}  # fmt: skip
NONE = {"inventory": "NoSuchInventory", "replication": "NoSuchReplicationConfiguration",
        "metaQuery": "MetaQueryNotExist", "userDefinedLogFieldsConfig": "NoSuchUserDefinedLogFieldsConfig"}  # fmt: skip


def test_what_there_is_none_of_is_said_so(bucket: oss2.Bucket, server: Server) -> None:
    """ListLiveChannel and its like: none can be made here. V4, as oss2's V1 does not sign all of these names."""
    auth = oss2.AuthV4(server.access_key_id, server.access_key_secret)
    bucket = oss2.Bucket(auth, server.endpoints["oss"], bucket.bucket_name, region=server.region)
    for name, root in EMPTY.items():
        assert f"<{root}" in bucket._do("GET", bucket.bucket_name, "", params={name: ""}).read().decode()
        assert refusal(bucket, "PUT", "", {name: ""})[1] == "NotImplemented"
    for name, code in NONE.items():
        assert refusal(bucket, "GET", "", {name: ""}) == (404, code)
    assert list(oss2.LiveChannelIterator(bucket)) == []
