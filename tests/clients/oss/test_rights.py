"""Who may what in OSS, and what the others are told: ACLs, bucket policies, RAM, temporary keys and signatures."""

import datetime
import itertools
import json
import time
from collections.abc import Callable
from email.utils import formatdate
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlencode, urlsplit

import oss2
import pytest
import requests
from oss2.exceptions import AccessDenied, ServerError

from tests.clients.oss.policies import NO_VPC
from tests.clients.oss.whole_query import whole
from yunbox.testing.server import Server

_NUMBERS = itertools.count(1)
Key = tuple[str, str]

pytestmark = pytest.mark.public


def code(answer: requests.Response) -> str:
    return answer.text.partition("<Code>")[2].partition("</Code>")[0]


@pytest.fixture
def user(cli: Callable[..., str]) -> Callable[..., Key]:
    """Make a RAM user with a policy of these statements; returns its key."""

    def make(*statements: dict) -> Key:
        name = f"ossuser{next(_NUMBERS)}"
        cli("ram", "create-user", name)
        if statements:
            cli("ram", "put-policy", f"p-{name}", json.dumps({"Version": "1", "Statement": list(statements)}))
            cli("ram", "attach", f"p-{name}", name)
        key = json.loads(cli("ram", "--output", "json", "create-key", name))
        return key["access_key_id"], key["access_key_secret"]

    return make


@pytest.fixture
def stranger(oss_url: str, bucket: oss2.Bucket) -> oss2.Bucket:
    """Anybody's view of the bucket."""
    return oss2.Bucket(oss2.AnonymousAuth(), oss_url, bucket.bucket_name)


def allow(actions: list[str] | str, resource: str = "*", effect: str = "Allow", **more: object) -> dict:
    return {"Effect": effect, "Action": actions, "Resource": resource, **more}


def put_policy(bucket: oss2.Bucket, *statements: dict) -> None:
    bucket.put_bucket_policy(json.dumps({"Version": "1", "Statement": list(statements)}))


# -- ACLs


def test_a_private_bucket_is_closed_to_strangers(bucket: oss2.Bucket, stranger: oss2.Bucket) -> None:
    bucket.put_object("k", b"x")
    for act in (
        lambda: stranger.get_object("k"),
        lambda: stranger.put_object("k", b"y"),
        lambda: stranger.delete_object("k"),
        lambda: stranger.list_objects(),
        lambda: stranger.get_object("missing"),
    ):
        with pytest.raises(AccessDenied) as caught:
            act()
        assert caught.value.status == 403
    assert bucket.get_object("k").read() == b"x"


def test_a_public_bucket_is_read_and_not_written(bucket: oss2.Bucket, stranger: oss2.Bucket) -> None:
    bucket.put_object("k", b"x")
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ)
    assert bucket.get_bucket_acl().acl == "public-read"
    assert stranger.get_object("k").read() == b"x"
    assert [item.key for item in stranger.list_objects().object_list] == ["k"]
    for act in (lambda: stranger.put_object("k", b"y"), lambda: stranger.delete_object("k")):
        with pytest.raises(AccessDenied):
            act()


def test_a_public_writable_bucket_is_written(bucket: oss2.Bucket, stranger: oss2.Bucket) -> None:
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ_WRITE)
    stranger.put_object("k", b"x")
    assert bucket.get_object("k").read() == b"x"
    stranger.delete_object("k")
    assert not bucket.object_exists("k")
    for act in (stranger.delete_bucket, lambda: stranger.put_bucket_acl("private"), stranger.get_bucket_acl):
        with pytest.raises(AccessDenied):
            act()


def test_an_objects_own_acl_counts_first(bucket: oss2.Bucket, stranger: oss2.Bucket) -> None:
    bucket.put_object("open", b"x", headers={"x-oss-object-acl": "public-read"})
    bucket.put_object("shut", b"x")
    assert stranger.get_object("open").read() == b"x"
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ)
    bucket.put_object_acl("shut", oss2.OBJECT_ACL_PRIVATE)
    with pytest.raises(AccessDenied):
        stranger.get_object("shut")
    bucket.put_object_acl("shut", oss2.OBJECT_ACL_DEFAULT)
    assert stranger.get_object("shut").read() == b"x"


@pytest.mark.parametrize("acl", ["public", ""])
def test_an_acl_that_is_none(bucket: oss2.Bucket, acl: str) -> None:
    with pytest.raises(ServerError) as caught:
        bucket.put_bucket_acl(acl)
    assert (caught.value.status, caught.value.code) == (400, "InvalidArgument")


# -- bucket policies


def test_a_bucket_policy_opens_a_folder_to_everyone(bucket: oss2.Bucket, stranger: oss2.Bucket) -> None:
    for key in ("open/k", "shut/k"):
        bucket.put_object(key, b"x")
    put_policy(bucket, allow("oss:GetObject", f"acs:oss:*:*:{bucket.bucket_name}/open/*", Principal=["*"]))
    assert stranger.get_object("open/k").read() == b"x"
    with pytest.raises(AccessDenied):
        stranger.get_object("shut/k")
    bucket.delete_bucket_policy()
    with pytest.raises(AccessDenied):
        stranger.get_object("open/k")


def test_a_bucket_policy_speaks_to_a_user(bucket: oss2.Bucket, open_bucket, user, stranger: oss2.Bucket, cli) -> None:
    key = user()
    bucket.put_object("k", b"x")
    mine = open_bucket(bucket.bucket_name, key)
    with pytest.raises(AccessDenied):
        mine.get_object("k")
    users = json.loads(cli("ram", "--output", "json", "list-users"))
    ours = [one for one in users if one["user"].startswith("ossuser")]
    ident = max(ours, key=lambda one: int(one["user"].removeprefix("ossuser")))["id"]
    put_policy(
        bucket,
        allow(["oss:GetObject", "oss:PutObject"], f"acs:oss:*:*:{bucket.bucket_name}/*", Principal=[ident]),
        allow("oss:PutObject", f"acs:oss:*:*:{bucket.bucket_name}/locked/*", "Deny", Principal=["*"]),
    )
    assert mine.get_object("k").read() == b"x"
    mine.put_object("mine", b"y")
    for act in (lambda: mine.put_object("locked/k", b"y"), lambda: mine.delete_object("k"), mine.list_objects):
        with pytest.raises(AccessDenied):
            act()
    with pytest.raises(AccessDenied):
        stranger.get_object("k")


def test_a_deny_wins_over_an_open_bucket(bucket: oss2.Bucket, stranger: oss2.Bucket) -> None:
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ)
    bucket.put_object("k", b"x")
    assert stranger.get_object("k").read() == b"x"
    put_policy(bucket, allow("oss:GetObject", f"acs:oss:*:*:{bucket.bucket_name}/*", "Deny", Principal=["*"]))
    with pytest.raises(AccessDenied):
        stranger.get_object("k")


def test_a_deny_of_the_bucket_wins_over_a_users_policy(bucket: oss2.Bucket, open_bucket, user) -> None:
    mine = open_bucket(bucket.bucket_name, user(allow("oss:*")))
    mine.put_object("k", b"x")
    put_policy(bucket, allow("oss:*", f"acs:oss:*:*:{bucket.bucket_name}/*", "Deny", Principal=["*"]))
    with pytest.raises(AccessDenied):
        mine.get_object("k")


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        ({"IpAddress": {"acs:SourceIp": ["127.0.0.0/8"]}, **NO_VPC}, True),
        ({"IpAddress": {"acs:SourceIp": ["203.0.113.0/24"]}, **NO_VPC}, False),
        ({"NotIpAddress": {"acs:SourceIp": ["203.0.113.0/24"]}, **NO_VPC}, True),
        ({"DateLessThan": {"acs:CurrentTime": "2000-01-01T00:00:00Z"}}, False),
        ({"Bool": {"acs:SecureTransport": "true"}}, False),
    ],
)
def test_conditions_decide(bucket: oss2.Bucket, stranger: oss2.Bucket, condition: dict, passes: bool) -> None:
    bucket.put_object("k", b"x")
    resource = f"acs:oss:*:*:{bucket.bucket_name}/*"
    put_policy(bucket, allow("oss:GetObject", resource, Principal=["*"], Condition=condition))
    if passes:
        assert stranger.get_object("k").read() == b"x"
    else:
        with pytest.raises(AccessDenied):
            stranger.get_object("k")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"Version":"1","Statement":[{"Effect":"Maybe"}]}', "x" * 20_000])
def test_a_policy_that_is_none(bucket: oss2.Bucket, text: str) -> None:
    with pytest.raises(ServerError) as caught:
        bucket.put_bucket_policy(text)
    assert (caught.value.status, caught.value.code) == (400, "InvalidPolicyDocument")


@pytest.mark.parametrize(
    ("changed", "ec"),
    [
        ({"Version": 1}, "0030-00000005"),
        ({"Version": "2"}, "0030-00000002"),
        ({"Statement": []}, "0030-00000005"),
        ({"Principal": [""]}, "0030-00000005"),
        ({"Principal": {"AWS": "*"}}, "0030-00000005"),
        ({"Action": "s3:GetObject"}, "0030-00000005"),
        ({"Action": "GetObject"}, "0030-00000005"),
        ({"Resource": "b/*"}, "0030-00000005"),
        ({"Resource": "arn:aws:s3:::b/*"}, "0030-00000005"),
        ({"Resource": "acs:oss:*:*:b/**"}, "0030-00000007"),
        ({"Condition": {"StringNotEquals": {"acs:SourceVpc": ["vpc-**"]}}}, "0030-00000007"),
        ({"Condition": {"IpAddress": {"acs:SourceIp": ["10.10.10.10"]}}}, "0030-00000008"),
        ({"Condition": {"NotIpAddress": {"acs:SourceIp": "10.10.10.10"}}}, "0030-00000008"),
        ({"Condition": {"IpAddress": {"acs:SourceIp": "10.10.10.10"}, **NO_VPC}}, ""),
        ({"Resource": "*", "Action": ["*"]}, ""),
    ],
)
def test_what_a_bucket_policy_must_be(bucket: oss2.Bucket, changed: dict, ec: str) -> None:
    """Sources: the vendor's pages of the errors 0030-00000002, -05, -07 and -08, and "Policy syntax and elements"."""
    statement = {"Effect": "Deny", "Principal": ["1234"], "Action": "oss:GetObject", "Resource": "acs:oss:*:*:b/*"}
    document = {"Version": "1", "Statement": [statement]}
    for name, value in changed.items():
        (document if name in document else statement)[name] = value
    statement = {name: value for name, value in statement.items() if value is not None}
    text = json.dumps(document | ({"Statement": [statement]} if document["Statement"] else {}))
    if not ec:
        bucket.put_bucket_policy(text)
        return
    with pytest.raises(ServerError) as caught:
        bucket.put_bucket_policy(text)
    assert (caught.value.code, caught.value.details["EC"]) == ("InvalidPolicyDocument", ec)


def test_a_statement_without_a_principal_is_everybodys(
    bucket: oss2.Bucket, open_bucket, user, stranger: oss2.Bucket
) -> None:
    """alibabacloud-oss-v2's integration tests (GetBucketPolicyStatus calls it public), and oss2's, which write one."""
    mine = open_bucket(bucket.bucket_name, user(allow("oss:*")))
    bucket.put_object("k", b"x")
    put_policy(bucket, allow("oss:GetObject", "acs:oss:*:*:*"))
    status = whole(bucket)._do("GET", bucket.bucket_name, "", params={"policyStatus": ""})
    assert b"<IsPublic>true</IsPublic>" in status.read()
    assert stranger.get_object("k").read() == b"x"
    put_policy(bucket, allow("oss:GetObject", "acs:oss:*:*:*", "Deny"))
    for reader in (stranger, mine):
        with pytest.raises(AccessDenied):
            reader.get_object("k")


def test_a_long_statement_of_a_short_policy_is_taken(bucket: oss2.Bucket) -> None:
    """0030-00000001: the policy is what has 16 KB at most."""
    resources = [f"acs:oss:*:*:{bucket.bucket_name}/{number:0200}" for number in range(50)]
    put_policy(bucket, allow("oss:GetObject", resources, Principal=["1234"]))


def test_a_principal_with_a_star_is_a_pattern(bucket: oss2.Bucket, open_bucket, user) -> None:
    mine = open_bucket(bucket.bucket_name, user(allow("oss:*")))
    bucket.put_object("k", b"x")
    resource = f"acs:oss:*:*:{bucket.bucket_name}/*"
    put_policy(bucket, allow("oss:GetObject", resource, "Deny", Principal=["acs:ram::*:user/*"]))
    with pytest.raises(AccessDenied):
        mine.get_object("k")
    put_policy(bucket, allow("oss:GetObject", resource, "Deny", Principal=["acs:ram::*:role/*"]))
    mine.get_object("k")


# -- RAM users


def test_a_user_may_what_its_policy_says(bucket: oss2.Bucket, open_bucket, user) -> None:
    name = bucket.bucket_name
    bucket.put_object("mine/a", b"x")
    bucket.put_object("yours/a", b"x")
    key = user(
        allow(["oss:GetObject", "oss:PutObject"], f"acs:oss:*:*:{name}/mine/*"),
        allow("oss:ListObjects", f"acs:oss:*:*:{name}"),
        allow("oss:DeleteObject", f"acs:oss:*:*:{name}/free/*"),
        allow("oss:PutObject", f"acs:oss:*:*:{name}/mine/locked", "Deny"),
    )
    mine = open_bucket(name, key)
    assert mine.get_object("mine/a").read() == b"x"
    mine.put_object("mine/b", b"y")
    assert len(mine.list_objects().object_list) == 3
    for act in (
        lambda: mine.get_object("yours/a"),
        lambda: mine.put_object("mine/locked", b"y"),
        lambda: mine.delete_object("mine/a"),
        lambda: mine.get_bucket_info(),
        lambda: mine.put_bucket_acl("private"),
        lambda: mine.copy_object(name, "yours/a", "mine/c"),
        lambda: mine.init_multipart_upload("yours/b"),
        lambda: mine.put_object("mine/d", b"", headers={"x-oss-object-acl": "public-read"}),
    ):
        with pytest.raises(AccessDenied) as caught:
            act()
        assert (caught.value.status, caught.value.code) == (403, "AccessDenied")
    bucket.put_object("free/a", b"x")
    for keys in (["mine/a"], ["free/a", "mine/a"]):  # the answer has no place for a key that is refused
        with pytest.raises(AccessDenied):
            mine.batch_delete_objects(keys)
    assert bucket.object_exists("mine/a")
    assert bucket.object_exists("free/a")


def test_a_user_without_policies_lists_no_buckets(bucket: oss2.Bucket, oss_url: str, user) -> None:
    with pytest.raises(AccessDenied):
        oss2.Service(oss2.Auth(*user()), oss_url).list_buckets()


# -- temporary keys


@pytest.fixture
def session(cli: Callable[..., str]) -> dict[str, str]:
    """A temporary key of the account."""
    return json.loads(cli("credentials", "--session", "900", "--output", "json"))


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_temporary_keys_in_headers_and_urls(
    bucket: oss2.Bucket, oss_url: str, session: dict[str, str], server: Server, version: str
) -> None:
    pair = session["access_key_id"], session["access_key_secret"]
    auth = oss2.StsAuth(*pair, session["security_token"], auth_version=version)
    mine = oss2.Bucket(auth, oss_url, bucket.bucket_name, region=server.region)
    mine.put_object("k", b"x")
    assert mine.get_object("k").read() == b"x"
    url = mine.sign_url("GET", "k", 60)
    assert requests.get(url, timeout=10).content == b"x"
    wrong = oss2.StsAuth(*pair, "no such token", auth_version=version)
    for bad, code in ((wrong, "InvalidSecurityToken"), (oss2.Auth(*pair), "InvalidAccessKeyId")):
        with pytest.raises(ServerError) as caught:
            oss2.Bucket(bad, oss_url, bucket.bucket_name, region=server.region).get_object("k")
        assert (caught.value.status, caught.value.code) == (403, code)


# -- signatures


@pytest.mark.parametrize("version", [1, 4])
def test_wrong_keys(bucket: oss2.Bucket, open_bucket, server: Server, version: int) -> None:
    for key, expected in (
        (("LTAI5tNoSuchKeyNoSuchKe", "x"), "InvalidAccessKeyId"),
        ((server.access_key_id, "wrong"), "SignatureDoesNotMatch"),
    ):
        with pytest.raises(ServerError) as caught:
            open_bucket(bucket.bucket_name, key, version).get_object("k")
        assert (caught.value.status, caught.value.code) == (403, expected)


@pytest.mark.parametrize("version", [1, 4])
def test_signed_urls_hold_for_what_was_signed(bucket: oss2.Bucket, open_bucket, version: int) -> None:
    bucket.put_object("k", b"x")
    bucket.put_object("l", b"y")
    mine = open_bucket(bucket.bucket_name, version=version)
    url = mine.sign_url("GET", "k", 60)
    assert requests.get(url, timeout=10).content == b"x"
    assert requests.head(url, timeout=10).status_code == 403
    parts = urlsplit(url)
    other = url.replace(parts.path, parts.path[:-1] + "l")
    longer = dict(parse_qsl(parts.query))
    name = "Expires" if version == 1 else "x-oss-expires"
    longer[name] = str(int(longer[name]) + 1)
    for bad in (other, f"{parts.scheme}://{parts.netloc}{parts.path}?{urlencode(longer)}"):
        answer = requests.get(bad, timeout=10)
        assert (answer.status_code, code(answer)) == (403, "SignatureDoesNotMatch")
    answer = requests.put(url, data=b"z", timeout=10)
    assert (answer.status_code, code(answer)) == (403, "SignatureDoesNotMatch")


class TenSecondsAgo(datetime.datetime):
    """The clock by which oss2 signs V4."""

    @classmethod
    def utcnow(cls) -> datetime.datetime:
        return datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - datetime.timedelta(seconds=10)


@pytest.mark.parametrize("version", [1, 4])
def test_signed_urls_expire(bucket: oss2.Bucket, open_bucket, version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.put_object("k", b"x")
    with monkeypatch.context() as patch:
        patch.setattr(oss2.auth, "time", SimpleNamespace(time=lambda: time.time() - 10))
        patch.setattr(oss2.auth, "datetime", TenSecondsAgo)
        url = open_bucket(bucket.bucket_name, version=version).sign_url("GET", "k", 1)
    answer = requests.get(url, timeout=10)
    assert (answer.status_code, code(answer)) == (403, "AccessDenied")
    assert "expired" in answer.text


def test_clocks_may_differ_by_a_quarter_of_an_hour(bucket: oss2.Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    shift = [-600]
    monkeypatch.setattr(oss2.utils, "http_date", lambda _=None: formatdate(time.time() + shift[0], usegmt=True))
    bucket.put_object("k", b"x")
    for seconds in (-1000, 1000):
        shift[0] = seconds
        with pytest.raises(ServerError) as caught:
            bucket.put_object("k", b"x")
        assert (caught.value.status, caught.value.code) == (403, "RequestTimeTooSkewed")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer x"}, 400),
        ({"Authorization": "OSS"}, 400),
        ({"Authorization": "OSS :"}, 403),
        ({"Authorization": "OSS a:b"}, 403),
        ({"Authorization": "OSS4-HMAC-SHA256 nonsense"}, 403),
        ({"Authorization": "OSS4-HMAC-SHA256 Credential=a/b/cn-hangzhou/d/e,Signature=x"}, 403),
        ({"Authorization": "OSS4-HMAC-SHA256 Credential=a/b/c/d/e,Signature=x"}, 400),
        ({"Authorization": "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=x"}, 403),
    ],
)
def test_claims_that_are_none(oss_url: str, bucket: oss2.Bucket, headers: dict[str, str], status: int) -> None:
    answer = requests.get(f"{oss_url}/{bucket.bucket_name}/k", headers=headers, timeout=10)
    assert answer.status_code == status, answer.text
    assert code(answer)
