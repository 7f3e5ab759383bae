"""Who may touch what: the accesses of an operation, and what bucket policies and ACLs grant beyond RAM.

OSS asks three sources. RAM policies speak for the users of the owner's account; a bucket policy speaks for anybody
it names; an ACL opens a bucket or an object to everyone. A Deny of any wins. Sources: the vendor's page on
"Authentication and permissions" and the table of actions in "RAM policies".

A bucket policy binds the account that owns the bucket too, where it names it, or names everybody under a condition;
what it says of everybody without one is about the others ("Bucket policies", on the bucket owner). It never keeps the
owner from its own three calls: else nobody could take back one that shuts everybody out.

An object's ACL goes before its bucket's, for writing as for reading ("Configure ACLs for objects").
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache
from ipaddress import ip_network
from typing import Any, Protocol

from yunbox.identity.conditions import Condition
from yunbox.identity.policy import Statement, read_statement
from yunbox.kernel.call import ROLE_SESSION, Access, Principal
from yunbox.kernel.errors import Forbidden, InvalidArgument
from yunbox.kernel.texts import matches, strict_json
from yunbox.services.oss.payer import unpaid
from yunbox.storage.objects.model import Bucket, ObjectRecord
from yunbox.storage.objects.store import ObjectStore

BUCKET_ACLS = ("private", "public-read", "public-read-write")
OBJECT_ACLS = ("default", *BUCKET_ACLS)
POLICY_BYTES_MAX = 16 * 1024
_READS = ("oss:GetObject", "oss:GetObjectVersion")
_WRITES = (
    *_READS, "oss:PutObject", "oss:DeleteObject", "oss:ListObjects", "oss:AbortMultipartUpload", "oss:ListParts",
    "oss:ListMultipartUploads", "oss:RestoreObject",
)  # fmt: skip
_OPENED = {"public-read": (*_READS, "oss:ListObjects"), "public-read-write": _WRITES}
_CHANGES = ("oss:PutObject", "oss:DeleteObject", "oss:AbortMultipartUpload", "oss:RestoreObject")

_WHENCE = ("acs:SourceVpc", "acs:SourceVpcId", "acs:AccessId")
_OF_POLICIES = ("oss:PutBucketPolicy", "oss:GetBucketPolicy", "oss:DeleteBucketPolicy")
_OF_VERSIONS = {
    "GetObject": "GetObjectVersion",
    "DeleteObject": "DeleteObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
    "PutObjectAcl": "PutObjectVersionAcl",
    "GetObjectTagging": "GetObjectVersionTagging",
    "PutObjectTagging": "PutObjectVersionTagging",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
    "RestoreObject": "RestoreObjectVersion",
}
"""Actions that have a name of their own where a version is named."""
_EQUAL = ("StringEquals", "StringEqualsIgnoreCase", "StringLike")
_NETWORK_BITS_MIN = 8


def on_service(action: str, account_id: str) -> tuple[Access, ...]:
    """An access to the account's list of buckets."""
    return (Access(f"oss:{action}", "*", account_id),)


def of_version(action: str, version: str | None) -> str:
    """An action as it is called where a version is named."""
    return action if version is None else _OF_VERSIONS.get(action, action)


class Kept(Protocol):
    """Where buckets and objects are known, of which policies and ACLs are a part."""

    def bucket(self, name: str) -> Bucket | None:
        """A bucket, or None."""
        ...

    def record(self, bucket: Bucket, key: str, version: str | None) -> ObjectRecord | None:
        """An object, or one version of it, or None."""
        ...


class InStore:
    """They are in a store of this process."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def bucket(self, name: str) -> Bucket | None:
        """A bucket, or None."""
        return self._store.buckets.find(name)

    def record(self, bucket: Bucket, key: str, version: str | None) -> ObjectRecord | None:
        """An object, or one version of it, or None."""
        return self._store.objects.find(bucket, key, version)


class Grants:
    """What bucket policies and ACLs grant and deny."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def __call__(self, principal: Principal, access: Access) -> Iterable[Statement]:
        """The statements that apply to a principal and an access."""
        if not access.action.startswith("oss:"):
            return ()
        name, _, key = access.resource.partition("/")
        bucket = self._kept.bucket(name)
        if bucket is None:
            return ()
        if denied := unpaid(bucket, principal):
            return denied
        owns = principal.is_account and principal.account_id == bucket.account_id
        document = bucket.settings.get("policy")
        if owns and (document is None or access.action in _OF_POLICIES):
            return ()
        blocked = bucket.blocks_public
        statements = [] if blocked or owns else list(_acl(self._acl_of(bucket, key, access), access))
        if document:
            statements += (
                statement
                for who, statement in bucket_policy(document)
                if _speaks_to(who, principal, statement, owns=owns) and not (blocked and _opens(who, statement))
            )
        return statements

    def _acl_of(self, bucket: Bucket, key: str, access: Access) -> str:
        """The ACL that counts: that of the object, or of the version that is asked for, or the bucket's."""
        if key and access.action in _WRITES:
            record = self._kept.record(bucket, key, access.version)
            if record is not None and record.acl:
                return record.acl
        return bucket.acl


def _acl(acl: str, access: Access) -> Iterable[Statement]:
    actions = _OPENED.get(acl, ())
    if access.action in actions:
        yield Statement("Allow", (access.action.lower(),), ("*",), origin=f"the ACL {acl}")


@lru_cache(maxsize=256)
def bucket_policy(document: str) -> tuple[tuple[tuple[str, ...], Statement], ...]:
    """A bucket policy as pairs of the principals it names and a statement. Raises InvalidArgument."""
    if len(document.encode()) > POLICY_BYTES_MAX:
        raise InvalidArgument("A bucket policy is at most 16 KB long.", code="InvalidPolicyDocument")
    try:
        body = strict_json(document)
        if set(body) - {"Version", "Statement"}:
            raise InvalidArgument("A policy has a Version and a Statement, and nothing else.")
        if str(body.get("Version")) != "1":
            raise InvalidArgument('The policy needs "Version": "1".')
        statements = body["Statement"]
        items = [statements] if isinstance(statements, dict) else list(statements)
        return tuple(_statement(item) for item in items)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidArgument("The policy is not a valid document.", code="InvalidPolicyDocument") from None
    except InvalidArgument as error:
        raise InvalidArgument(error.message, code="InvalidPolicyDocument") from None


def openings(bucket: Bucket) -> list[str]:
    """What opens a bucket to everybody: its ACL, or a policy that allows what it does to anyone."""
    if bucket.blocks_public:
        return []
    found = [f"{bucket.acl} by its ACL"] if bucket.acl != BUCKET_ACLS[0] else []
    document = bucket.settings.get("policy")
    pairs = bucket_policy(document) if document else ()
    statements = [statement for who, statement in pairs if _opens(who, statement)]
    if statements:
        changes = any(_names(statement, action) for statement in statements for action in _CHANGES)
        found.append(f"{BUCKET_ACLS[2 if changes else 1]} by its policy")
    return found


def is_public(document: str) -> bool:
    """Whether a policy opens its bucket to everybody."""
    return any(_opens(who, statement) for who, statement in bucket_policy(document))


def check_public(*, blocked: bool, acl: str, noun: str) -> None:
    """Raise Forbidden for an ACL that opens a bucket, or one of its objects, where that is blocked."""
    if blocked and acl.startswith("public"):
        told = f"Put public {noun} acl is not allowed: Block Public Access is on, as it is in new buckets"
        raise Forbidden(f"{told}. DeleteBucketPublicAccessBlock takes it away.", code="AccessDenied")


def _opens(named: tuple[str, ...], statement: Statement) -> bool:
    """Whether a statement is public: it allows, and neither its principals nor a condition name fixed ones.

    Source: the vendor's page "Block Public Access", on the conditions of access that is not public.
    """
    everybody = any("*" in name for name in named)
    return everybody and statement.effect == "Allow" and not any(map(_narrows, statement.conditions))


def _narrows(condition: Condition) -> bool:
    if condition.key == "acs:SourceIp":
        return condition.operator == "IpAddress" and all(map(_is_narrow, condition.values))
    fixed = condition.operator in _EQUAL and not any("*" in value or "?" in value for value in condition.values)
    return fixed and condition.key in _WHENCE


def _is_narrow(network: str) -> bool:
    """Whether addresses are few enough to name somebody: two halves of the internet are all of it."""
    try:
        return ip_network(network, strict=False).prefixlen >= _NETWORK_BITS_MIN
    except ValueError:
        return False


def _names(statement: Statement, action: str) -> bool:
    return any(fnmatchcase(action.lower(), name) for name in statement.actions) != statement.not_actions


def _statement(item: dict[str, Any]) -> tuple[tuple[str, ...], Statement]:
    """A statement and whom it names.

    One without a Principal, which the vendor's page requires, is everybody's: its clients' tests write one, and
    GetBucketPolicyStatus calls it public (alibabacloud-oss-v2's integration tests).
    """
    statement = read_statement({key: value for key, value in item.items() if key != "Principal"}, "the bucket policy")
    return _principals(item.get("Principal", [])), statement


def _principals(named: Any) -> tuple[str, ...]:
    if isinstance(named, dict):
        if set(named) != {"RAM"}:
            raise InvalidArgument("A Principal is a list of names, or has them under RAM.")
        named = named["RAM"]
    names = named if isinstance(named, list) else [named]
    if not all(isinstance(name, str) for name in names):
        raise InvalidArgument("A Principal is a list of names.")
    return tuple(names) or ("*",)  # an empty list is everybody ("Policy syntax and elements")


def _speaks_to(named: tuple[str, ...], principal: Principal, statement: Statement, *, owns: bool) -> bool:
    """Whether a statement's principals include one: ``*`` is everybody, else account or user ids, or their ARNs.

    A name with a star in it is a pattern of them, as all sessions of a role are: taken for a plain name it would be
    nobody's, and a Deny of it would deny nobody.
    """
    if "*" in named and (not owns or statement.conditions):
        return True
    named = tuple(name for name in named if name != "*")
    if principal.is_anonymous or not named:
        return False
    return any(matches(name, own) for name in named for own in _names_of(principal))


def _names_of(principal: Principal) -> tuple[str, ...]:
    """What policies of buckets call one by: an id and an ARN; of a role's session also ``arn:sts``."""
    account = f"acs:ram::{principal.account_id}"
    if principal.kind == ROLE_SESSION:
        session = principal.arn.partition(":assumed-role/")[2]
        role = session.partition("/")[0]
        return principal.id, f"arn:sts::{principal.account_id}:assumed-role/{session}", f"{account}:role/{role}"
    if principal.is_account:
        return principal.id, principal.account_id, f"{account}:root"
    return principal.id, f"{account}:user/{principal.name.rpartition(':')[2]}"
