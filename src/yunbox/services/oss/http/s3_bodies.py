"""Documents of the S3 dialect that differ from OSS's in more than a name: ACLs, encryption, storage classes of rules.

What comes in is turned into OSS's form before its shape is checked, and what goes out is turned back, so that no
operation knows of it. Sources: AWS's pages PutBucketAcl, PutObjectAcl, PutBucketEncryption and
PutBucketLifecycleConfiguration; s3cmd, which reads an ACL before it copies.
"""

from yunbox.kernel.errors import Unsupported
from yunbox.services.oss.http.s3 import CLASS_NAMES, CLASSES
from yunbox.wire.xml import MalformedXml, Markup, Node, element, parse_body

_GROUPS = "http://acs.amazonaws.com/groups/global/"
_EVERYBODY = f"{_GROUPS}AllUsers"
_XSI = {"xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance"}
_PUBLIC = {"public-read": ("READ",), "public-read-write": ("READ", "WRITE")}
_KMS = {"aws:kms": "KMS", "KMS": "aws:kms"}


def to_oss(body: bytes) -> bytes:
    """A document in OSS's form; what is none, or no other there, stays as it is."""
    try:
        root = parse_body(body)
    except MalformedXml:
        return body
    if root.tag == "ServerSideEncryptionConfiguration" and [child.tag for child in root.children] == ["Rule"]:
        return str(_markup(_encryption(root.children[0]))).encode()
    if root.tag == "LifecycleConfiguration":
        _rename(root, CLASSES)
        root.attributes.pop("xmlns", None)
        return str(_markup(root)).encode()
    return body


def of_oss(document: str) -> Markup:
    """A document that is kept, as the dialect has it."""
    root = parse_body(document.encode())
    if root.tag == "ServerSideEncryptionRule":
        _translate(root, "SSEAlgorithm", _KMS)
        return element("ServerSideEncryptionConfiguration", element("Rule", *map(_markup, root.children)))
    if root.tag == "LifecycleConfiguration":
        _rename(root, CLASS_NAMES)
        return _markup(root)
    return Markup(document)


def _encryption(rule: Node) -> Node:
    """The rule without what says how AWS's key service is asked."""
    _translate(rule, "SSEAlgorithm", _KMS)
    return Node("ServerSideEncryptionRule", children=[c for c in rule.children if c.tag != "BucketKeyEnabled"])


def _rename(root: Node, classes: dict[str, str]) -> None:
    _translate(root, "StorageClass", classes)


def _translate(node: Node, tag: str, words: dict[str, str]) -> None:
    for child in node.children:
        if child.tag == tag:
            child.text = words.get(child.text.strip(), child.text)
        _translate(child, tag, words)


def _markup(node: Node) -> Markup:
    return element(node.tag, *(map(_markup, node.children) if node.children else (node.text,)), **node.attributes)


# -- ACLs


def acl_of(body: bytes, owner: str) -> str:
    """The ACL that a document of grants is in OSS's words. Raises Unsupported for one that has no word.

    Raises MalformedXml for what is no such document.
    """
    root = parse_body(body)
    granted = list(root.all("AccessControlList/Grant"))
    if root.tag != "AccessControlPolicy" or not granted:
        raise MalformedXml("the document is an AccessControlPolicy with grants")
    public = {grant.value("Permission") for grant in granted if grant.value("Grantee/URI") == _EVERYBODY}
    others = [grant for grant in granted if grant.value("Grantee/URI") != _EVERYBODY]
    own = all(grant.value("Grantee/ID") == owner and not grant.value("Grantee/URI") for grant in others)
    found = next((acl for acl, permissions in _PUBLIC.items() if public == set(permissions)), "")
    if not own or (public and not found):
        raise Unsupported("OSS has ACLs for everybody alone: read, or read and write.", code="NotImplemented")
    return found or "private"


def acl_document(owner: str, acl: str) -> Markup:
    """An ACL as a document of grants: to the owner, and to everybody."""
    name = (element("ID", owner), element("DisplayName", owner))
    grants = [_grant("CanonicalUser", "FULL_CONTROL", *name)]
    grants += [_grant("Group", permission, element("URI", _EVERYBODY)) for permission in _PUBLIC.get(acl, ())]
    return element("AccessControlPolicy", element("Owner", *name), element("AccessControlList", *grants))


def _grant(kind: str, permission: str, *children: Markup) -> Markup:
    grantee = element("Grantee", *children, **{**_XSI, "xsi:type": kind})
    return element("Grant", grantee, element("Permission", permission))
