"""Every operation of OSS asks for every right that it needs, of every object that it touches.

For each there is a line with what it needs. A user who has all of that but one right is refused, whichever that is; so
is one who has every right and is denied one; who has just these is let through. Sources: "RAM policies" (the table of
actions), and the pages of PutSymlink, CopyObject and InitiateMultipartUpload on permissions.
"""

import base64
import contextlib
import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from urllib.parse import urlencode

import oss2
import pytest
import requests

from tests.clients.oss.policies import NO_VPC
from tests.clients.oss.second_client import open_to_public
from tests.clients.oss.test_every_route import BODIES, HEADERS, QUERIES
from tests.clients.ram import new_user, ram
from yunbox.services.oss.http.route import BUCKET, OBJECT, OssRoute
from yunbox.services.oss.routes import ROUTES
from yunbox.testing.server import Server
from yunbox.wire.oss.signing import canonical_v1, sign_v1

HERE = "/@/"
"""The bucket of the test, in the headers of a line."""
_NUMBERS = itertools.count(1)
NOT_BY_BUCKET = {"OptionObject", "PostObject", "PutBucket", "DeleteBucket", "DeleteBucketPolicy", "PutBucketPolicy"}
"""They need no right, are no such request, or would take away what this test stands on."""
RIGHTS: dict[str, tuple[str, ...]] = {
    "HeadObject": ("GetObject k",),
    "GetObjectMeta": ("GetObject k",),
    "AppendObject": ("PutObject k",),
    "CopyObject": ("GetObject s", "PutObject k"),
    "UploadPartCopy": ("GetObject s", "PutObject k"),
    "DeleteMultipleObjects": ("DeleteObject k",),
    "ListObjectsV2": ("ListObjects",),
    "InitiateMultipartUpload": ("PutObject k",),
    "UploadPart": ("PutObject k",),
    "CompleteMultipartUpload": ("PutObject k",),
    "PutSymlink": ("PutObject k",),
    "GetSymlink": ("GetObject k",),
    "HeadBucket": ("GetBucketInfo",),
    "GetBucketPolicyStatus": ("GetBucketPolicy",),
    "ListBucketInventory": ("GetBucketInventory",),
    "SelectObject": ("GetObject k",),
    "CreateSelectObjectMeta": ("GetObject k",),
    "Rename": ("GetObject s", "DeleteObject s", "PutObject k"),
    "YunboxDoctor": ("ListObjects",),
    "YunboxCompact": ("ListObjects", "GetObject f/1.json", "GetObject f/2.json", "PutObject to/part*"),
    "YunboxSink": ("PutObject r/*",),
    "YunboxHotspots": ("GetBucketStat",),
    "YunboxRehash": ("GetBucketStat",),
}
OWN = {"YunboxMountRemote", "YunboxUnmount", "YunboxWarm", "YunboxCache", "YunboxHotspots", "YunboxRehash"}
"""For the account alone, or about mounts."""


@dataclass(frozen=True)
class Line:
    """A request, and the rights that it needs: an action and a key, or an action on the bucket."""

    name: str
    method: str
    key: str
    rights: tuple[str, ...]
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


def _of_route(route: OssRoute) -> Line:
    name = route.operation.name
    query = {**({route.marks.when: ""} if route.marks.when else {}), **QUERIES.get(name, {})}
    headers = {key: value.replace("/private/k", f"{HERE}s") for key, value in HEADERS.get(name, {}).items()}
    if name == "Rename":
        headers = {"x-oss-rename-source": "s"}
    if name == "YunboxCompact":
        query |= {"prefix": "f/", "to": "to"}
    if name == "YunboxSink":
        query |= {"prefix": "r/"}
    of_object = route.level == OBJECT
    rights = RIGHTS.get(name, (f"{name} k" if of_object else name,))
    return Line(name, route.method, "k" if of_object else "", rights, query, headers, BODIES.get(name, ""))


SAID = {"x-oss-object-acl": "private", "x-oss-tagging": "a=b"}
SAYS = ("PutObjectAcl k", "PutObjectTagging k")
SELECT = "<SelectRequest><Expression>c2VsZWN0ICogZnJvbSBvc3NvYmplY3Q=</Expression></SelectRequest>"
SOURCE = {"x-oss-copy-source": f"{HERE}s"}
OLD = {"versionId": "null"}
LINKED = ("GetObject link", "GetObject s")
LINES = [
    *(
        _of_route(route)
        for route in ROUTES
        if route.level in (BUCKET, OBJECT) and route.operation.name not in NOT_BY_BUCKET | OWN
    ),
    Line("PutObject with ACL and tags", "PUT", "k", ("PutObject k", *SAYS), {}, SAID),
    Line("AppendObject with ACL and tags", "POST", "k", ("PutObject k", *SAYS), {"append": "", "position": "0"}, SAID),
    Line("PutSymlink with ACL and tags", "PUT", "k", ("PutObject k", *SAYS), {"symlink": ""},
         SAID | {"x-oss-symlink-target": "s"}),
    Line("InitiateMultipartUpload with ACL and tags", "POST", "k", ("PutObject k", *SAYS), {"uploads": ""}, SAID),
    Line("CompleteMultipartUpload with ACL", "POST", "k", ("PutObject k", "PutObjectAcl k"), {"uploadId": "1"},
         {"x-oss-object-acl": "private"}, BODIES["CompleteMultipartUpload"]),
    Line("CopyObject with ACL and tags", "PUT", "k", ("GetObject s", "PutObject k", *SAYS), {},
         SAID | SOURCE | {"x-oss-tagging-directive": "REPLACE"}),
    Line("CopyObject of a version", "PUT", "k", ("GetObjectVersion s", "PutObject k"), {},
         {"x-oss-copy-source": f"{HERE}s?versionId=null"}),
    Line("UploadPartCopy of a version", "PUT", "k", ("GetObjectVersion s", "PutObject k"),
         {"uploadId": "1", "partNumber": "1"}, {"x-oss-copy-source": f"{HERE}s?versionId=null"}),
    *(Line(f"{action} of a version", method, "k", (f"{right} k",), OLD | query, headers, body)
      for action, method, right, query, headers, body in (
          ("GetObject", "GET", "GetObjectVersion", {}, {}, ""),
          ("HeadObject", "HEAD", "GetObjectVersion", {}, {}, ""),
          ("GetObjectMeta", "HEAD", "GetObjectVersion", {"objectMeta": ""}, {}, ""),
          ("GetSymlink", "GET", "GetObject", {"symlink": ""}, {}, ""),
          ("GetObjectAcl", "GET", "GetObjectVersionAcl", {"acl": ""}, {}, ""),
          ("PutObjectAcl", "PUT", "PutObjectVersionAcl", {"acl": ""}, {"x-oss-object-acl": "private"}, ""),
          ("GetObjectTagging", "GET", "GetObjectVersionTagging", {"tagging": ""}, {}, ""),
          ("PutObjectTagging", "PUT", "PutObjectVersionTagging", {"tagging": ""}, {}, "<Tagging><TagSet/></Tagging>"),
          ("DeleteObjectTagging", "DELETE", "DeleteObjectVersionTagging", {"tagging": ""}, {}, ""),
          ("RestoreObject", "POST", "RestoreObjectVersion", {"restore": ""}, {}, ""),
          ("DeleteObject", "DELETE", "DeleteObjectVersion", {}, {}, ""),
      ) if action != "GetSymlink"),
    Line("GetObject through a link", "GET", "link", LINKED),
    Line("HeadObject through a link", "HEAD", "link", LINKED),
    Line("SelectObject through a link", "POST", "link", LINKED, {"x-oss-process": "csv/select"}, {}, SELECT),
    Line("CreateSelectObjectMeta through a link", "POST", "link", LINKED, {"x-oss-process": "csv/meta"}, {},
         "<CsvMetaRequest/>"),
    Line("CopyObject through a link", "PUT", "k", (*LINKED, "PutObject k"), {},
         {"x-oss-copy-source": f"{HERE}link"}),
    Line("UploadPartCopy through a link", "PUT", "k", (*LINKED, "PutObject k"), {"uploadId": "1", "partNumber": "1"},
         {"x-oss-copy-source": f"{HERE}link"}),
    Line("Rename of a folder", "PUT", "to/", (
        "GetObject f/", "DeleteObject f/", "PutObject to/", "GetObject f/1.json", "DeleteObject f/1.json",
        "PutObject to/1.json", "GetObject f/2.json", "DeleteObject f/2.json", "PutObject to/2.json"),
        {"x-oss-rename": ""}, {"x-oss-rename-source": "f/"}),
    Line("YunboxCompact that removes", "POST", "", (
        "ListObjects", "GetObject f/1.json", "DeleteObject f/1.json", "GetObject f/2.json", "DeleteObject f/2.json",
        "PutObject f/part*"), {"yunboxCompact": "", "prefix": "f/", "remove": "true"}),
]  # fmt: skip


@pytest.fixture
def filled(server: Server) -> Iterator[oss2.Bucket]:
    """A bucket of one test's own: some operations leave settings behind."""
    auth = oss2.Auth(server.access_key_id, server.access_key_secret)
    bucket = oss2.Bucket(auth, server.endpoints["oss"], f"everyright{next(_NUMBERS)}")
    bucket.create_bucket()
    open_to_public(bucket)
    for key, data in {"k": b"a\n", "s": b"b\n", "f/1.json": b'{"a":1}\n', "f/2.json": b'{"a":2}\n'}.items():
        bucket.put_object(key, data)
    bucket.put_symlink("s", "link")
    yield bucket
    with contextlib.suppress(oss2.exceptions.ServerError):
        bucket.abort_bucket_worm()
    for upload in list(oss2.MultipartUploadIterator(bucket)):
        bucket.abort_multipart_upload(upload.key, upload.upload_id)
    found = bucket.list_object_versions()
    for item in [*found.versions, *found.delete_marker]:
        bucket.delete_object(item.key, params={"versionId": item.versionid})
    bucket.delete_bucket()


Key = tuple[str, str]


@pytest.fixture(scope="module")
def user(server: Server) -> tuple[str, Key]:
    """A RAM user without policies: an id and a key."""
    key = new_user(server, "everyright")
    found = next(one["id"] for one in ram(server, "list-users") if one["user"] == "everyright")
    return found, key


@pytest.fixture
def send(server: Server, filled: oss2.Bucket) -> Callable[[Line, Key | None], str]:
    def run(line: Line, key: Key | None) -> str:
        """The code of the answer, or its status."""
        here = f"/{filled.bucket_name}/"
        resource = here + line.key
        headers = {name: value.replace(HERE, here) for name, value in line.headers.items()}
        headers["Date"] = formatdate(usegmt=True)
        headers["Content-MD5"] = base64.b64encode(hashlib.md5(line.body.encode()).digest()).decode()
        if key:
            lowered = {name.lower(): value for name, value in headers.items()}
            text = canonical_v1(line.method, resource, tuple(line.query.items()), lowered, headers["Date"])
            headers["Authorization"] = f"OSS {key[0]}:{sign_v1(key[1], text)}"
        url = f"{server.endpoints['oss']}{resource}" + (f"?{urlencode(line.query)}" if line.query else "")
        answer = requests.request(line.method, url, headers=headers, data=line.body.encode(), timeout=30)
        assert answer.headers["x-oss-request-id"]
        assert answer.status_code < 500 or "<Code>NotImplemented</Code>" in answer.text, answer.text
        return answer.text.partition("<Code>")[2].partition("</Code>")[0] or str(answer.status_code)

    return run


def statement(effect: str, user_id: str, right: str, bucket: oss2.Bucket) -> dict:
    action, _, key = right.partition(" ")
    resource = f"acs:oss:*:*:{bucket.bucket_name}" + (f"/{key}" if key else "")
    return {"Effect": effect, "Principal": [user_id], "Action": [f"oss:{action}"], "Resource": [resource]}


def put_policy(bucket: oss2.Bucket, statements: list[dict]) -> None:
    if statements:
        bucket.put_bucket_policy(json.dumps({"Version": "1", "Statement": statements}))
    else:
        bucket.delete_bucket_policy()


REFUSED = ("AccessDenied", "403")


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_each_right_is_needed_and_no_other(line: Line, filled: oss2.Bucket, user, send) -> None:
    user_id, key = user
    everything = {"Effect": "Allow", "Principal": [user_id], "Action": ["oss:*"], "Resource": ["*"]}
    for missing in line.rights:
        put_policy(filled, [statement("Allow", user_id, right, filled) for right in line.rights if right != missing])
        assert send(line, key) in REFUSED, f"without {missing}"
        put_policy(filled, [everything, statement("Deny", user_id, missing, filled)])
        assert send(line, key) in REFUSED, f"denied {missing}"
    assert list(oss2.ObjectIterator(filled, prefix="to/")) == []  # nothing was moved or made on the way
    assert {item.key for item in oss2.ObjectIterator(filled)} >= {"k", "s", "link", "f/1.json", "f/2.json"}
    put_policy(filled, [statement("Allow", user_id, right, filled) for right in line.rights])
    assert send(line, key) not in REFUSED
    filled.delete_bucket_policy()


READS = {"GetObject", "HeadObject", "GetObjectMeta", "GetSymlink", "SelectObject", "CreateSelectObjectMeta"}
WRITES = READS | {"PutObject", "AppendObject", "DeleteObject", "PutSymlink", "InitiateMultipartUpload", "UploadPart",
                  "CompleteMultipartUpload", "AbortMultipartUpload", "ListParts", "RestoreObject",
                  "DeleteMultipleObjects"}  # fmt: skip
OF_OBJECT = [line for line in LINES if line.rights == (line.rights[0],) and line.rights[0].endswith(" k")
             and "versionId" not in line.query]  # fmt: skip


@pytest.mark.parametrize("line", OF_OBJECT, ids=lambda line: line.name)
@pytest.mark.parametrize("of_bucket", ["private", "public-read-write"])
@pytest.mark.parametrize("own", ["private", "public-read", "public-read-write"])
def test_an_objects_own_acl_goes_before_its_buckets(line: Line, of_bucket, own, filled: oss2.Bucket, send) -> None:
    filled.put_bucket_acl(of_bucket)
    filled.put_object_acl("k", own)
    opened = {"private": set(), "public-read": READS, "public-read-write": WRITES}[own]
    assert (send(line, None) not in REFUSED) == (line.name in opened)


# -- the bucket's owner


@pytest.mark.parametrize(
    ("principal", "condition", "binds"),
    [
        (["*"], None, False),
        ([], None, False),
        (["*"], {"IpAddress": {"acs:SourceIp": "0.0.0.0/0"}, **NO_VPC}, True),
        (["*"], {"StringNotEquals": {"acs:SourceVpc": "vpc-1"}}, True),
        (["*"], {"IpAddress": {"acs:SourceIp": "192.0.2.0/24"}, **NO_VPC}, False),
        ("account", None, True),
        (["1"], None, False),
    ],
)
def test_a_deny_binds_the_owner_as_the_vendor_says(principal, condition, binds, filled: oss2.Bucket) -> None:
    """Source: "Bucket policies", on the bucket owner: of ``*`` only what has a condition is about the owner too."""
    owner = filled.get_bucket_info().owner.id
    denied = {"Effect": "Deny", "Principal": [owner] if principal == "account" else principal, "Action": ["oss:*"],
              "Resource": [f"acs:oss:*:*:{filled.bucket_name}", f"acs:oss:*:*:{filled.bucket_name}/*"]}  # fmt: skip
    put_policy(filled, [denied | ({"Condition": condition} if condition else {})])
    for act in (lambda: filled.get_object("k"), lambda: filled.put_object("k", b""), filled.get_bucket_info):
        if binds:
            with pytest.raises(oss2.exceptions.AccessDenied):
                act()
        else:
            act()
    assert json.loads(filled.get_bucket_policy().policy)  # else nobody could take it back
    filled.delete_bucket_policy()
    filled.get_object("k")


# -- what an object is for whoever has no name


def test_only_the_type_of_an_answer_may_be_asked_for_without_a_signature(filled: oss2.Bucket, server: Server) -> None:
    """Source: the vendor's page GetObject, on the parameters of the request."""
    filled.put_bucket_acl("public-read")
    url = f"{server.endpoints['oss']}/{filled.bucket_name}/k"
    for name in ("cache-control", "content-disposition", "content-encoding", "content-language", "expires"):
        answer = requests.get(url, params={f"response-{name}": "x"}, timeout=10)
        assert (answer.status_code, "<Code>InvalidRequest</Code>" in answer.text) == (400, True), name
        signed = requests.get(filled.sign_url("GET", "k", 60, params={f"response-{name}": "x"}), timeout=10)
        assert (signed.status_code, signed.headers[name]) == (200, "x")
    answer = requests.get(url, params={"response-content-type": "text/x"}, timeout=10)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/x")


def test_the_acl_of_a_version_is_its_own(filled: oss2.Bucket, server: Server) -> None:
    url = f"{server.endpoints['oss']}/{filled.bucket_name}/v"
    filled.put_bucket_versioning(oss2.models.BucketVersioningConfig("Enabled"))
    old = filled.put_object("v", b"secret").versionid
    new = filled.put_object("v", b"open", headers={"x-oss-object-acl": "public-read"}).versionid
    assert requests.get(url, timeout=10).content == b"open"
    assert requests.get(url, params={"versionId": new}, timeout=10).content == b"open"
    assert requests.get(url, params={"versionId": old}, timeout=10).status_code == 403


def test_links_and_folders_of_a_public_bucket_lead_to_nothing_private(filled: oss2.Bucket, send) -> None:
    filled.put_bucket_acl("public-read-write")
    filled.put_object_acl("s", "private")
    filled.put_object_acl("f/1.json", "private")
    for line in LINES:
        if "through a link" in line.name or line.name.startswith(("CopyObject", "UploadPartCopy", "Rename")):
            assert send(line, None) in REFUSED, line.name
    compact = next(line for line in LINES if line.name == "YunboxCompact")
    assert send(compact, None) == "200"
    assert list(oss2.ObjectIterator(filled, prefix="to/")) == []  # one file is left, and no row of the private one
