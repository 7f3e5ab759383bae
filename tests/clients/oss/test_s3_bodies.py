"""Documents of the S3 dialect that differ from OSS's own, as boto3 and s3cmd write and read them.

Sources: AWS's pages PutBucketAcl, PutObjectAcl, PutBucketEncryption, PutBucketLifecycleConfiguration; the requests of
s3cmd 2.4 (info, cp, mv, setacl).
"""

import boto3
import oss2
import pytest
from botocore.client import Config
from botocore.exceptions import ClientError

from yunbox.testing.server import Server

EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"

pytestmark = pytest.mark.public


@pytest.fixture
def s3(server: Server) -> boto3.client:
    return boto3.client(
        "s3", endpoint_url=server.endpoints["oss"], aws_access_key_id=server.access_key_id,
        aws_secret_access_key=server.access_key_secret, region_name="cn-local",
        config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"),
    )  # fmt: skip


def public(found: dict) -> list[str]:
    return sorted(grant["Permission"] for grant in found["Grants"] if grant["Grantee"].get("URI") == EVERYBODY)


def test_an_acl_is_a_document_of_grants(s3: boto3.client, bucket: oss2.Bucket) -> None:
    """s3cmd reads it, adds a grant to everybody, and writes it back."""
    name, key = bucket.bucket_name, "k"
    bucket.put_object(key, b"x")
    of_object, of_bucket = {"Bucket": name, "Key": key}, {"Bucket": name}
    for get, put, about in ((s3.get_object_acl, s3.put_object_acl, of_object),
                            (s3.get_bucket_acl, s3.put_bucket_acl, of_bucket)):  # fmt: skip
        found = get(**about)
        assert public(found) == []
        assert [grant["Permission"] for grant in found["Grants"]] == ["FULL_CONTROL"]
        everybody = {"Grantee": {"Type": "Group", "URI": EVERYBODY}, "Permission": "READ"}
        policy = {"Owner": found["Owner"], "Grants": [*found["Grants"], everybody]}
        put(**about, AccessControlPolicy=policy)
        assert public(get(**about)) == ["READ"]
        stranger = {"Grantee": {"Type": "CanonicalUser", "ID": "somebody"}, "Permission": "READ"}
        with pytest.raises(ClientError, match="NotImplemented"):
            put(**about, AccessControlPolicy={"Owner": found["Owner"], "Grants": [stranger]})
        put(**about, AccessControlPolicy={"Owner": found["Owner"], "Grants": found["Grants"]})
        assert public(get(**about)) == []
    assert bucket.get_object_acl(key).acl == "private"
    assert bucket.get_bucket_acl().acl == "private"
    s3.put_bucket_acl(**of_bucket, ACL="public-read-write")
    assert public(s3.get_bucket_acl(**of_bucket)) == ["READ", "WRITE"]


def test_rules_have_the_classes_of_the_dialect(s3: boto3.client, bucket: oss2.Bucket) -> None:
    rule = {"ID": "a", "Prefix": "logs/", "Status": "Enabled", "Expiration": {"Days": 90},
            "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"},
                            {"Days": 60, "StorageClass": "GLACIER"}]}  # fmt: skip
    s3.put_bucket_lifecycle_configuration(Bucket=bucket.bucket_name, LifecycleConfiguration={"Rules": [rule]})
    kept = bucket.get_bucket_lifecycle().rules[0].storage_transitions
    assert [item.storage_class for item in kept] == ["IA", "Archive"]
    found = s3.get_bucket_lifecycle_configuration(Bucket=bucket.bucket_name)["Rules"][0]
    assert [item["StorageClass"] for item in found["Transitions"]] == ["STANDARD_IA", "GLACIER"]


@pytest.mark.parametrize("algorithm", ["AES256", "aws:kms"])
def test_encryption_is_a_rule_of_the_dialect(algorithm: str, s3: boto3.client, bucket: oss2.Bucket) -> None:
    default = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": "k1"} if algorithm == "aws:kms" else {})
    rules = [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": False}]
    s3.put_bucket_encryption(Bucket=bucket.bucket_name, ServerSideEncryptionConfiguration={"Rules": rules})
    assert bucket.get_bucket_encryption().sse_algorithm == {"aws:kms": "KMS"}.get(algorithm, algorithm)
    found = s3.get_bucket_encryption(Bucket=bucket.bucket_name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert [rule["ApplyServerSideEncryptionByDefault"] for rule in found] == [default]


def test_an_owner_of_a_bucket_is_not_asked_to_pay(s3: boto3.client, bucket: oss2.Bucket) -> None:
    bucket.put_object("k", b"x")
    s3.put_bucket_request_payment(Bucket=bucket.bucket_name, RequestPaymentConfiguration={"Payer": "Requester"})
    assert s3.get_object(Bucket=bucket.bucket_name, Key="k", RequestPayer="requester")["Body"].read() == b"x"
    assert bucket.get_object("k").read() == b"x"


@pytest.mark.parametrize(
    "asked",
    [{"GrantRead": 'id="a"'}, {"ObjectLockMode": "GOVERNANCE"}, {"WebsiteRedirectLocation": "/x"},
     {"ObjectLockLegalHoldStatus": "ON"}],
)  # fmt: skip
def test_a_header_of_what_is_not_here_is_refused_by_name(asked: dict, s3: boto3.client, bucket: oss2.Bucket) -> None:
    with pytest.raises(ClientError, match="NotImplemented"):
        s3.put_object(Bucket=bucket.bucket_name, Key="k", Body=b"x", **asked)
    assert not bucket.object_exists("k")


def test_the_owner_that_is_expected(s3: boto3.client, bucket: oss2.Bucket) -> None:
    name, owner = bucket.bucket_name, bucket.get_bucket_info().owner.id
    s3.put_object(Bucket=name, Key="k", Body=b"x", ExpectedBucketOwner=owner)
    source = {"Bucket": name, "Key": "k"}
    s3.copy_object(Bucket=name, Key="copy", CopySource=source, ExpectedSourceBucketOwner=owner)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket=name, Key="k", ExpectedBucketOwner="1")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.copy_object(Bucket=name, Key="c", CopySource=source, ExpectedSourceBucketOwner="1")


@pytest.mark.parametrize("owner", ["1", "a" * 2000])
def test_no_bucket_has_no_owner(owner: str, s3: boto3.client, bucket: oss2.Bucket) -> None:
    """A request about no bucket, or one from a bucket whose name is none, is refused and no internal error."""

    def expect(params: dict, **_: object) -> None:
        params["headers"]["x-amz-expected-bucket-owner"] = owner

    s3.meta.events.register("before-call.s3.ListBuckets", expect)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.list_buckets()
    with pytest.raises(ClientError, match=r"InvalidBucketName|AccessDenied"):
        source = f"{'b' * 600}/k"
        s3.copy_object(Bucket=bucket.bucket_name, Key="c", CopySource=source, ExpectedSourceBucketOwner=owner)
