"""What puts an end to something: the block of public access, the seal of an appended object, a restored copy."""

import json
from collections.abc import Iterator
from pathlib import Path

import alibabacloud_oss_v2 as oss
import oss2
import pytest

from tests.clients.moved_clock import START_S, moved
from tests.clients.oss.policies import NO_VPC
from tests.clients.oss.second_client import client_of, open_to_public
from tests.clients.oss.whole_query import whole
from tests.waiting import until
from yunbox.kernel.clock import ManualClock
from yunbox.testing.server import Server

BUCKET = "ended"


@pytest.fixture
def client(server: Server) -> Iterator[oss.Client]:
    with client_of(server.endpoints["oss"], (server.access_key_id, server.access_key_secret)) as made:
        yield made


@pytest.fixture
def bucket(server: Server) -> Iterator[oss2.Bucket]:
    made = oss2.Bucket(oss2.Auth(server.access_key_id, server.access_key_secret), server.endpoints["oss"], BUCKET)
    made.create_bucket()
    open_to_public(made)
    yield made
    for item in list(oss2.ObjectIterator(made)):
        made.delete_object(item.key)
    made.delete_bucket()


@pytest.fixture
def stranger(server: Server, bucket: oss2.Bucket) -> oss2.Bucket:
    return oss2.Bucket(oss2.AnonymousAuth(), server.endpoints["oss"], BUCKET)


def code_of(error: BaseException) -> str:
    """The vendor's code of what the second client raises."""
    cause = getattr(error, "unwrap", lambda: error)()
    return cause.code


def policy_for_all(**more: object) -> str:
    resource = f"acs:oss:*:*:{BUCKET}/*"
    statement = {"Effect": "Allow", "Principal": ["*"], "Action": ["oss:GetObject"], "Resource": [resource], **more}
    return json.dumps({"Version": "1", "Statement": [statement]})


def block(client: oss.Client, on: bool) -> None:
    configuration = oss.PublicAccessBlockConfiguration(block_public_access=on)
    client.put_bucket_public_access_block(
        oss.PutBucketPublicAccessBlockRequest(bucket=BUCKET, public_access_block_configuration=configuration)
    )


def is_blocked(client: oss.Client) -> bool:
    found = client.get_bucket_public_access_block(oss.GetBucketPublicAccessBlockRequest(bucket=BUCKET))
    return bool(found.public_access_block_configuration.block_public_access)


def test_a_new_bucket_is_blocked(client: oss.Client, server: Server) -> None:
    """The vendor's page "Create a bucket": so since 2025-10-13, until the block is taken away."""
    new = oss2.Bucket(oss2.Auth(server.access_key_id, server.access_key_secret), server.endpoints["oss"], BUCKET)
    with pytest.raises(oss2.exceptions.AccessDenied, match="public bucket acl"):
        new.create_bucket("public-read")
    new.create_bucket()
    assert is_blocked(client)
    assert client.get_bucket_info(oss.GetBucketInfoRequest(bucket=BUCKET)).bucket_info.block_public_access
    for refused in (
        lambda: new.put_bucket_acl("public-read"),
        lambda: new.put_object("k", b"1", headers={"x-oss-object-acl": "public-read"}),
        lambda: new.put_bucket_policy(policy_for_all()),
    ):
        with pytest.raises(oss2.exceptions.AccessDenied, match="public"):
            refused()
    new.create_bucket()
    assert is_blocked(client), "its owner may create it again, and it stays what it was"
    open_to_public(new)
    new.create_bucket()
    assert not is_blocked(client)
    new.put_bucket_acl("public-read")
    new.delete_bucket()


def test_the_block_of_public_access_outweighs_acls_and_policies(
    client: oss.Client, bucket: oss2.Bucket, stranger: oss2.Bucket
) -> None:
    bucket.put_object("k", b"1", headers={"x-oss-object-acl": "public-read"})
    bucket.put_object("by-policy", b"2")
    policy = policy_for_all()
    bucket.put_bucket_policy(policy)
    assert stranger.get_object("k").read() == b"1"
    assert stranger.get_object("by-policy").read() == b"2"
    assert not is_blocked(client)
    block(client, True)
    assert is_blocked(client)
    for key in ("k", "by-policy"):
        with pytest.raises(oss2.exceptions.AccessDenied):
            stranger.get_object(key)
    assert bucket.get_object("k").read() == b"1", "the owner is not everybody"
    for refused in (
        lambda: bucket.put_bucket_acl("public-read"),
        lambda: bucket.create_bucket("public-read"),
        lambda: bucket.put_object_acl("k", "public-read-write"),
        lambda: bucket.put_object("new", b"x", headers={"x-oss-object-acl": "public-read"}),
        lambda: bucket.copy_object(BUCKET, "k", "copy", headers={"x-oss-object-acl": "public-read"}),
        lambda: bucket.init_multipart_upload("parts", headers={"x-oss-object-acl": "public-read"}),
        lambda: bucket.put_bucket_policy(policy),
    ):
        with pytest.raises(oss2.exceptions.AccessDenied, match="public"):
            refused()
    assert not bucket.object_exists("new")
    bucket.put_object_acl("k", "private")
    client.delete_bucket_public_access_block(oss.DeleteBucketPublicAccessBlockRequest(bucket=BUCKET))
    assert not is_blocked(client)
    assert stranger.get_object("by-policy").read() == b"2"


def test_the_block_of_an_account_counts_for_every_bucket(
    client: oss.Client, bucket: oss2.Bucket, stranger: oss2.Bucket, server: Server
) -> None:
    bucket.put_bucket_acl("public-read")
    bucket.put_object("k", b"1")
    configuration = oss.PublicAccessBlockConfiguration(block_public_access=True)
    assert stranger.get_object("k").read() == b"1"
    client.put_public_access_block(oss.PutPublicAccessBlockRequest(public_access_block_configuration=configuration))
    try:
        found = client.get_public_access_block(oss.GetPublicAccessBlockRequest())
        assert found.public_access_block_configuration.block_public_access
        with pytest.raises(oss2.exceptions.AccessDenied):
            stranger.get_object("k")
        assert bucket.get_bucket_info().name == BUCKET
        info = client.get_bucket_info(oss.GetBucketInfoRequest(bucket=BUCKET)).bucket_info
        assert info.block_public_access
        later = oss2.Bucket(bucket.auth, bucket.endpoint, "made-later")
        later.create_bucket()
        open_to_public(later)
        with pytest.raises(oss2.exceptions.AccessDenied, match="public bucket acl"):
            later.put_bucket_acl("public-read")
        with pytest.raises(oss2.exceptions.AccessDenied, match="public bucket acl"):
            later.create_bucket("public-read")
        later.delete_bucket()
    finally:
        client.delete_public_access_block(oss.DeletePublicAccessBlockRequest())
    assert stranger.get_object("k").read() == b"1"
    assert not client.get_public_access_block(
        oss.GetPublicAccessBlockRequest()
    ).public_access_block_configuration.block_public_access


@pytest.mark.parametrize(
    "narrowed",
    [
        {"Principal": ["27737962156157"]},
        {"Condition": {"IpAddress": {"acs:SourceIp": ["127.0.0.1", "10.0.0.0/8"]}, **NO_VPC}},
        {"Condition": {"StringEquals": {"acs:SourceVpc": ["vpc-1"]}, "Bool": {"acs:SecureTransport": "true"}}},
        {"Effect": "Deny"},
    ],
)
def test_a_statement_that_names_who_or_whence_is_not_public(
    client: oss.Client, bucket: oss2.Bucket, narrowed: dict[str, object]
) -> None:
    block(client, True)
    bucket.put_bucket_policy(policy_for_all(**narrowed))
    assert not is_public(client)


@pytest.mark.parametrize(
    "condition",
    [
        {"IpAddress": {"acs:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}, **NO_VPC},
        {"IpAddress": {"acs:SourceIp": ["127.0.0.1", "::/0"]}, **NO_VPC},
        {"NotIpAddress": {"acs:SourceIp": ["192.0.2.1"]}, **NO_VPC},
        {"Bool": {"acs:SecureTransport": ["false"]}},
        {"StringLike": {"acs:SourceVpc": ["vpc-*"]}},
        {"StringNotEquals": {"acs:AccessId": ["LTAI5tNone"]}},
    ],
)
def test_a_condition_that_nearly_all_meet_leaves_a_statement_public(
    client: oss.Client, bucket: oss2.Bucket, stranger: oss2.Bucket, condition: dict[str, object]
) -> None:
    bucket.put_object("k", b"1")
    policy = policy_for_all(Condition=condition)
    bucket.put_bucket_policy(policy)
    assert is_public(client)
    block(client, True)
    with pytest.raises(oss2.exceptions.AccessDenied):
        stranger.get_object("k")
    with pytest.raises(oss2.exceptions.AccessDenied, match="public"):
        bucket.put_bucket_policy(policy)


def is_public(client: oss.Client) -> bool:
    found = client.get_bucket_policy_status(oss.GetBucketPolicyStatusRequest(bucket=BUCKET))
    return bool(found.policy_status.is_public)


def test_a_seal_ends_appending(client: oss.Client, bucket: oss2.Bucket) -> None:
    bucket.append_object("log", 0, b"one")
    bucket.put_object("whole", b"1")

    def seal(key: str, position: int) -> str:
        request = oss.SealAppendObjectRequest(bucket=BUCKET, key=key, position=position)
        return client.seal_append_object(request).sealed_time

    with pytest.raises(Exception, match="PositionNotEqualToLength") as raised:
        seal("log", 2)
    assert code_of(raised.value) == "PositionNotEqualToLength"
    assert "x-oss-sealed-time" not in bucket.head_object("log").headers
    sealed = seal("log", 3)
    assert sealed.endswith("GMT")
    assert seal("log", 3) == sealed, "a second seal changes nothing"
    assert bucket.head_object("log").headers["x-oss-sealed-time"] == sealed
    assert bucket.get_object("log").headers["x-oss-sealed-time"] == sealed
    with pytest.raises(oss2.exceptions.ObjectNotAppendable):
        bucket.append_object("log", 3, b"two")
    assert bucket.get_object("log").read() == b"one"
    with pytest.raises(Exception, match="ObjectNotAppendable"):
        seal("whole", 1)
    with pytest.raises(Exception, match="NoSuchKey"):
        seal("none", 0)


def test_a_restored_copy_is_put_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with moved(tmp_path, ManualClock(START_S), monkeypatch) as server:
        bucket = server.bucket(BUCKET)
        bucket.put_object("cold", b"ice", headers={"x-oss-storage-class": "ColdArchive"})
        bucket.put_object("warm", b"tea")

        def clean(key: str) -> None:
            whole(bucket)._do("POST", BUCKET, key, params={"cleanRestoredObject": ""})

        def refusal(key: str) -> str:
            with pytest.raises(oss2.exceptions.ServerError) as raised:
                clean(key)
            return raised.value.code

        assert refusal("cold") == "ArchiveRestoreFileStale"
        bucket.restore_object("cold")
        assert refusal("cold") == "ArchiveRestoreNotFinished"
        server.advance(hours=6)
        assert bucket.get_object("cold").read() == b"ice"
        clean("cold")
        with pytest.raises(oss2.exceptions.ServerError) as frozen:
            bucket.get_object("cold")
        assert frozen.value.code == "InvalidObjectState"
        assert "x-oss-restore" not in bucket.head_object("cold").headers
        assert refusal("cold") == "ArchiveRestoreFileStale"
        assert refusal("warm") == "OperationNotSupported"
        assert bucket.restore_object("cold").status == 202


def test_only_who_was_sealed_becomes_coldest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with moved(tmp_path, ManualClock(START_S), monkeypatch) as server:
        bucket = server.bucket(BUCKET)
        for key in ("open", "sealed"):
            bucket.append_object(key, 0, b"x")
        whole(bucket)._do("POST", BUCKET, "sealed", params={"seal": "", "position": "1"})
        rule = oss2.models.LifecycleRule(
            "cold", "", status="Enabled",
            storage_transitions=[oss2.models.StorageTransition(days=1, storage_class="ColdArchive")],
        )  # fmt: skip
        bucket.put_bucket_lifecycle(oss2.models.BucketLifecycle([rule]))
        server.advance(days=3)
        until(lambda: bucket.head_object("sealed").headers["x-oss-storage-class"] == "ColdArchive")
        assert bucket.head_object("open").headers["x-oss-storage-class"] == "Standard"
