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
    source = {"x-oss-copy-source": f"/{bucket.bucket_name}/k?versionId={marker}"}
    assert refusal(bucket, "PUT", "c", None, source) == (404, "NoSuchKey")


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


class _OfLater(oss2.Auth):
    """oss2's V1 as its later versions have it, which sign these names."""

    _subresource_key_set = oss2.Auth._subresource_key_set | {
        "accessPoint", "requesterQosInfo", "qosRequester", "resourcePool", "resourcePoolInfo", "resourcePoolBuckets",
    }  # fmt: skip


def test_a_v1_request_for_what_is_not_here_is_told_so(bucket: oss2.Bucket, server: Server) -> None:
    """oss2's tests of access points, bandwidth and resource pools."""
    bucket.auth = _OfLater(server.access_key_id, server.access_key_secret)
    assert b"<MaxKeys>100</MaxKeys>" in bucket._do("GET", "", "", params={"accessPoint": ""}).read()
    for level, query in (
        (bucket.bucket_name, {"requesterQosInfo": "", "qosRequester": "1"}),
        ("", {"resourcePool": ""}),
        ("", {"resourcePoolInfo": "", "resourcePool": "p"}),
        ("", {"resourcePoolBuckets": "", "resourcePool": "p"}),
    ):
        with pytest.raises(oss2.exceptions.ServerError) as caught:
            bucket._do("GET", level, "", params=query)
        assert (caught.value.status, caught.value.code) == (501, "NotImplemented")


# -- what the tests of the vendor's own Python SDK expect


def test_a_part_with_a_wrong_sum(bucket: oss2.Bucket) -> None:
    upload = bucket.init_multipart_upload("k").upload_id
    wrong = {"Content-MD5": oss2.utils.content_md5(b"other")}
    part = {"uploadId": upload, "partNumber": "1"}
    assert refusal(bucket, "PUT", "k", part, wrong, b"data") == (400, "InvalidDigest")
    assert refusal(bucket, "PUT", "k", None, wrong, b"data") == (400, "BadDigest")


def test_a_link_has_metadata_of_its_own(bucket: oss2.Bucket) -> None:
    bucket.put_object("k", b"x", headers={"x-oss-meta-of": "target"})
    bucket.put_symlink("k", "link", headers={"x-oss-meta-a": "b"})
    for found in (bucket.head_object("link"), bucket.get_object("link"), bucket.get_symlink("link")):
        assert found.headers["x-oss-meta-a"] == "b"
    bucket.put_bucket_versioning(BucketVersioningConfig("Enabled"))
    version = bucket.put_symlink("k", "link").versionid
    assert refusal(bucket, "DELETE", "link", {"symlink": "", "versionId": version})[0] == 204
    assert [item.versionid for item in bucket.list_object_versions("link").versions] == ["null"]


@pytest.mark.parametrize("name", ["prefix", "marker", "key-marker", "version-id-marker"])
def test_markers_are_bounded(bucket: oss2.Bucket, name: str) -> None:
    versions = {"versions": ""} if "-" in name else {}
    more = {"key-marker": "k"} if name == "version-id-marker" else {}
    assert refusal(bucket, "GET", "", {**versions, **more, name: "a" * 1025}) == (400, "InvalidArgument")


@pytest.mark.parametrize("kind", ["1", "3", "x", ""])
def test_the_second_form_of_a_listing_is_named_by_its_number(bucket: oss2.Bucket, kind: str) -> None:
    """0015-00000401."""
    assert refusal(bucket, "GET", "", {"list-type": kind}) == (400, "InvalidArgument")


@pytest.mark.parametrize("key", ["中文!@#$%^&*()-=文件\x0c-2.txt", "<hello>", "a\x01b"])
def test_a_batch_delete_of_any_key(bucket: oss2.Bucket, key: str) -> None:
    bucket.put_object(key, b"x")
    assert bucket.batch_delete_objects([key]).deleted_keys == [key]
    assert not bucket.object_exists(key)


def test_uploads_go_on_behind_a_marker(bucket: oss2.Bucket) -> None:
    begun = sorted(bucket.init_multipart_upload("k").upload_id for _ in range(9))
    bucket.init_multipart_upload("k2")
    assert [item.upload_id for item in oss2.ObjectUploadIterator(bucket, "k", max_uploads=2)] == begun
    assert [item.upload_id for item in oss2.MultipartUploadIterator(bucket, prefix="k", max_uploads=4)][:9] == begun


def test_some_tags_of_a_bucket_go(bucket: oss2.Bucket) -> None:
    """DeleteBucketTags."""
    pairs = "".join(f"<Tag><Key>{key}</Key><Value>v</Value></Tag>" for key in ("a", "%@b", "c"))
    body = f"<Tagging><TagSet>{pairs}</TagSet></Tagging>".encode()
    assert refusal(bucket, "PUT", "", {"tagging": ""}, None, body) == (200, "")
    for named, left in (("%@b", {"a", "c"}), ("c,none", {"a"}), ("", set())):
        assert refusal(bucket, "DELETE", "", {"tagging": named}) == (204, "")
        assert set(bucket.get_bucket_tagging().tag_set.tagging_rule) == left


def test_buckets_are_listed_by_tag_and_group(bucket: oss2.Bucket, server: Server) -> None:
    body = b"<Tagging><TagSet><Tag><Key>only</Key><Value>here</Value></Tag></TagSet></Tagging>"
    refusal(bucket, "PUT", "", {"tagging": ""}, None, body)
    service = oss2.Service(oss2.Auth(server.access_key_id, server.access_key_secret), server.endpoints["oss"])

    def named(params: dict | None = None, headers: dict | None = None) -> list[str]:
        return [item.name for item in service.list_buckets(params=params, headers=headers).buckets]

    assert named({"tag-key": "only"}) == named({"tag-key": "only", "tag-value": "here"}) == [bucket.bucket_name]
    assert named({"tag-key": "only", "tag-value": "there"}) == named({"tag-key": "none"}) == []
    assert bucket.bucket_name in named(headers={"x-oss-resource-group-id": "rg-default"})
    assert named(headers={"x-oss-resource-group-id": "rg-other"}) == []


@pytest.mark.parametrize(
    "headers",
    [{"": "SM4"}, {"": "AES256"}, {"": "KMS", "-key-id": "k1"}, {"": "KMS", "-key-id": "k1", "data": "SM4"}],
)
def test_a_bucket_is_made_with_its_encryption(bucket: oss2.Bucket, headers: dict) -> None:
    base = "x-oss-server-side-"
    given = {
        f"{base}data-encryption" if name == "data" else f"{base}encryption{name}": v for name, v in headers.items()
    }
    bucket.create_bucket(headers=given)
    rule = bucket.get_bucket_info().bucket_encryption_rule
    assert (rule.sse_algorithm, rule.kms_master_keyid, rule.kms_data_encryption) == (
        headers[""], headers.get("-key-id"), headers.get("data"),
    )  # fmt: skip
    bucket.put_object("k", b"x")
    assert bucket.head_object("k").headers["x-oss-server-side-encryption"] == headers[""]


MISSING = "<HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>"
CONDITION = f"<Condition><KeyPrefixEquals>a</KeyPrefixEquals>{MISSING}</Condition>"
INDEX = "<IndexDocument><Suffix>i</Suffix></IndexDocument><ErrorDocument><Key>e</Key></ErrorDocument>"


@pytest.mark.parametrize("spelled", ["True", "true", "TRUE"])
def test_booleans_are_given_back_in_small_letters(bucket: oss2.Bucket, spelled: str) -> None:
    redirect = f"<RedirectType>External</RedirectType><PassQueryString>{spelled}</PassQueryString>"
    rule = f"<RoutingRule><RuleNumber>1</RuleNumber>{CONDITION}<Redirect>{redirect}</Redirect></RoutingRule>"
    body = f"<WebsiteConfiguration>{INDEX}<RoutingRules>{rule}</RoutingRules></WebsiteConfiguration>".encode()
    assert refusal(bucket, "PUT", "", {"website": ""}, None, body) == (200, "")
    assert bucket.get_bucket_website().rules[0].redirect.pass_query_string is True
    marker = f"<Expiration><ExpiredObjectDeleteMarker>{spelled}</ExpiredObjectDeleteMarker></Expiration>"
    assert lifecycle(bucket, marker) == (200, "")
    assert bucket.get_bucket_lifecycle().rules[0].expiration.expired_detete_marker is True


def test_more_refusals(bucket: oss2.Bucket) -> None:
    rule = "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><MaxAgeSeconds>-1</MaxAgeSeconds>"
    body = f"<CORSConfiguration><CORSRule>{rule}</CORSRule></CORSConfiguration>"
    with pytest.raises(oss2.exceptions.InvalidArgument) as caught:
        bucket.put_bucket_cors(body)
    assert (caught.value.name, caught.value.value) == ("MaxAgeSeconds", "-1")
    transition = "<Transition><Days>5</Days><StorageClass>Standard</StorageClass></Transition>"
    assert lifecycle(bucket, transition) == (400, "InvalidArgument")
    bucket.put_object("cold", b"x", headers={"x-oss-storage-class": "ColdArchive"})
    wrong = b"<RestoreRequest><Days>5</Days><JobParameters><Tier>wrong</Tier></JobParameters></RestoreRequest>"
    assert refusal(bucket, "POST", "cold", {"restore": ""}, None, wrong) == (400, "InvalidArgument")


def test_a_text_goes_out_compressed(bucket: oss2.Bucket) -> None:
    """GetObject, on Accept-Encoding."""
    text = b"abc " * 1000
    bucket.put_object("k.txt", text)
    found = bucket.get_object("k.txt", headers={"Accept-Encoding": "gzip"})
    assert (found.headers["Content-Encoding"], found.headers["Transfer-Encoding"]) == ("gzip", "chunked")
    assert found.content_length is None
    assert "ETag" not in found.headers
    assert found.read() == text
    bucket.put_object("small.txt", b"abc")
    bucket.put_object("k.bin", text)
    for key, headers in (("k.txt", {}), ("small.txt", {"Accept-Encoding": "gzip"}),
                         ("k.bin", {"Accept-Encoding": "gzip"})):  # fmt: skip
        assert "Content-Encoding" not in bucket.get_object(key, headers=headers).headers
    part = bucket.get_object("k.txt", byte_range=(0, 2000), headers={"Accept-Encoding": "gzip"})
    assert (part.status, len(part.read()), "Content-Encoding" in part.headers) == (206, 2001, False)


def test_listings_say_how_far_restoring_is(bucket: oss2.Bucket) -> None:
    """GetBucket (ListObjects), on RestoreInfo."""
    bucket.put_object("cold", b"x", headers={"x-oss-storage-class": "ColdArchive"})
    bucket.put_object("frozen", b"x", headers={"x-oss-storage-class": "Archive"})
    bucket.put_object("warm", b"x")
    bucket.restore_object("cold")
    for params in ({}, {"list-type": "2"}, {"versions": ""}):
        text = bucket._do("GET", bucket.bucket_name, "", params=params).read().decode()
        assert text.count("<RestoreInfo>") == 1
        assert 'ongoing-request="true"' in text.partition("<RestoreInfo>")[2].replace("&quot;", '"')


def test_kms_says_which_key_it_used(bucket: oss2.Bucket) -> None:
    """oss2's tests of encryption by the server."""
    kms = {"x-oss-server-side-encryption": "KMS"}
    put = bucket.put_object("k", b"x", headers=kms).headers["x-oss-server-side-encryption-key-id"]
    assert put == bucket.head_object("k").headers["x-oss-server-side-encryption-key-id"]
    bucket.put_object("own", b"x", headers={**kms, "x-oss-server-side-encryption-key-id": "k1"})
    assert bucket.head_object("own").headers["x-oss-server-side-encryption-key-id"] == "k1"


@pytest.mark.parametrize("region", ["cn-hangzhou-test-1", "nowhere"])
def test_a_region_that_there_is_not(bucket: oss2.Bucket, server: Server, region: str) -> None:
    """oss2's tests of EC; 0002-00000226."""
    auth = oss2.AuthV4(server.access_key_id, server.access_key_secret)
    wrong = oss2.Bucket(auth, server.endpoints["oss"], bucket.bucket_name, region=region)
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        wrong.get_object("k")
    assert (caught.value.code, caught.value.details["EC"]) == ("InvalidArgument", "0002-00000226")
    assert caught.value.message == "Invalid signing region in Authorization header."
    there = oss2.Bucket(auth, server.endpoints["oss"], bucket.bucket_name, region="cn-hangzhou")
    there.put_object("k", b"x")


def test_who_signs_sees_the_home_of_a_folder_that_is_none(bucket: oss2.Bucket) -> None:
    """oss2's tests of websites."""
    bucket.put_object("index.html", b"home")
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.get_object("folder/")
    bucket.put_bucket_website(oss2.models.BucketWebsite("index.html", "error.html"))
    assert bucket.get_object("folder/").read() == b"home"
    bucket.put_object("folder/", b"own")
    assert bucket.get_object("folder/").read() == b"own"
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.get_object("none")


def test_a_body_of_a_get_spoils_no_other_request(bucket: oss2.Bucket) -> None:
    """oss2's tests of signatures announce one that they do not send."""
    bucket.put_object("k", b"data")
    for _ in range(3):
        found = bucket.get_object("k", headers={"Content-Length": "9"})
        assert (found.read(), found.headers["Connection"]) == (b"data", "close")
