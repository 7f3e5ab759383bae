"""The documents of a bucket's sub-resources: what a client writes, checked for what the service must obey.

Each check gives the document without its declaration, as it will be returned. Sources: the vendor's page of each
Put operation.
"""

import itertools
import re
from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.kernel.texts import whole_number
from yunbox.services.oss.http.documents import parse_document
from yunbox.services.oss.http.shapes import malformed
from yunbox.storage.objects.model import STORAGE_CLASSES
from yunbox.wire.xml import Markup, Node, element

_CORS_METHODS = ("GET", "PUT", "DELETE", "POST", "HEAD")
_CORS_RULES_MAX = 20
_MAX_AGE_S_MAX = 999_999_999
_LIFECYCLE_RULES_MAX = 1000
_RULE_ID_MAX = 255
_TAGS_MAX = 20
_LOG_PREFIX_MAX = 256
_NOT_OF_TAGS = ("http://", "https://", "Aliyun")
"""How no key of a bucket's tag begins: the vendor's page of the error 0010-00000219."""
_REFERERS_MAX = 1000
_ROUTING_RULES_MAX = 20
_SSE_ALGORITHMS = ("AES256", "KMS", "SM4")
_KMS_CIPHERS = ("SM4", "AES256")
_KMS_KEY = re.compile(r"[\w.:/*-]{1,512}", re.ASCII)
_REDIRECT_CODES = ("301", "302", "303", "307", "308")
LEGAL_TAG = re.compile(r"[\w +=.:/-]*")
"""The characters of the tags of objects ("PutObjectTagging"); letters of every language, as oss2's tests have them."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T00:00:00(\.000)?Z", re.ASCII)
DAYS_MAX = 1_000_000
"""More than anybody waits for, and within what a time can be."""
Check = Callable[[bytes], str]


def markup(node: Node) -> Markup:
    """A node as it is returned."""
    if node.children:
        return element(node.tag, *(markup(child) for child in node.children), **node.attributes)
    return element(node.tag, node.text.strip(), **node.attributes)


def _kept(root: str, check: Callable[[Node], None]) -> Check:
    def run(body: bytes) -> str:
        node = parse_document(body, root)
        _lower(node)
        check(node)
        node.attributes.pop("xmlns", None)
        return str(markup(node))  # plain text, as it is stored

    return run


_BOOLEANS = frozenset((
    "PassQueryString", "MirrorPassQueryString", "MirrorFollowRedirect", "MirrorCheckMd5", "PassAll",
    "ExpiredObjectDeleteMarker", "SupportSubDir", "EnableReplacePrefix", "ResponseVary",
    "AllowEmptyReferer", "AllowTruncateQueryString", "TruncatePath", "IsAccessTime", "BlockPublicAccess", "Enabled",
))  # fmt: skip


def _lower(node: Node) -> None:
    """Make booleans what XML has: oss2 writes ``True``, and reads nothing but ``true``. Raises InvalidArgument."""
    for child in node.children:
        if child.tag in _BOOLEANS:
            child.text = child.text.strip().lower()
            if child.text not in ("true", "false"):
                raise malformed(f"{child.tag} is true or false.")
        _lower(child)


def _cors(node: Node) -> None:
    rules = list(node.all("CORSRule"))
    if not 1 <= len(rules) <= _CORS_RULES_MAX:
        raise malformed(f"There are 1 to {_CORS_RULES_MAX} rules.")
    for rule in rules:
        origins, methods = list(rule.all("AllowedOrigin")), list(rule.all("AllowedMethod"))
        if not origins or not methods or any(method.text.strip() not in _CORS_METHODS for method in methods):
            raise malformed("A rule has origins and methods.")
        if not all(origin.text.strip() for origin in origins):
            raise malformed("An origin is not empty.")
        wild = [*origins, *rule.all("AllowedHeader")]
        if any(item.text.count("*") > 1 for item in wild) or any("*" in item.text for item in rule.all("ExposeHeader")):
            raise malformed("A pattern has one '*' at most, and an exposed header none.")
        for header in rule.all("AllowedHeader"):
            header.text = header.text.lower()  # as alibabacloud-oss-v2's tests read them
        age = rule.value("MaxAgeSeconds", "0")
        if whole_number(age, _MAX_AGE_S_MAX + 1) > _MAX_AGE_S_MAX:
            raise InvalidArgument("MaxAgeSeconds is a number.", argument="MaxAgeSeconds", value=age[:64])
    if node.find("ResponseVary") is None:  # the answer says what counts, as oss2 reads it
        node.children.append(Node("ResponseVary", text="false"))


def _encryption(node: Node) -> None:
    rule = node.find("ApplyServerSideEncryptionByDefault")
    if rule is None:
        raise malformed()
    if rule.value("SSEAlgorithm") != "KMS":  # the real service takes it and does not keep it, as oss2's tests have it
        rule.children = [child for child in rule.children if child.tag != "KMSDataEncryption"]
    key_id, cipher = rule.value("KMSMasterKeyID"), rule.value("KMSDataEncryption")
    check_encryption(rule.value("SSEAlgorithm"), key_id or None, cipher or None)


def check_encryption(algorithm: str, key_id: str | None, cipher: str | None) -> None:
    """Refuse an encryption that the real service does not have. Raises InvalidArgument.

    Sources: the vendor's error table, and its pages of 0005-00000003 (the algorithms), -204 (a key without KMS) and
    -205 (an empty key).
    """
    if algorithm not in _SSE_ALGORITHMS:
        raise InvalidArgument(
            f"The Encryption Algorithm is not supported: {algorithm[:64]}", code="InvalidEncryptionAlgorithmError"
        )
    if (key_id is not None or cipher is not None) and algorithm != "KMS":
        raise InvalidArgument(f"A key and an algorithm of its own go with KMS, and not with {algorithm}.")
    if (key_id is not None and not _KMS_KEY.fullmatch(key_id)) or cipher not in (None, *_KMS_CIPHERS):
        raise InvalidArgument("The key of KMS has an id, and its algorithm is SM4, where it is not AES256.")


def _lifecycle(node: Node) -> None:
    rules = list(node.all("Rule"))
    if not 1 <= len(rules) <= _LIFECYCLE_RULES_MAX:
        raise malformed(f"There are 1 to {_LIFECYCLE_RULES_MAX} rules.")
    names = [rule.value("ID") for rule in rules if rule.value("ID")]
    if len(set(names)) != len(names):
        raise InvalidArgument("Rule ID must be unique.", code="InvalidArgument")
    for rule in rules:
        _lifecycle_rule(rule)
        _name(rule)


def _name(rule: Node) -> None:
    """Give a rule without an ID one, as the real service does ("PutBucketLifecycle", on the element ID)."""
    found = rule.find("ID")
    if found is None:
        rule.children.insert(0, Node("ID", text=str(uuid4())))
    elif not found.text.strip():
        found.text = str(uuid4())


_ACTIONS = (
    "Expiration", "Transition", "AbortMultipartUpload", "NoncurrentVersionExpiration", "NoncurrentVersionTransition",
)  # fmt: skip
_COLD = STORAGE_CLASSES[1:]


def _lifecycle_rule(rule: Node) -> None:
    if rule.value("Status") not in ("Enabled", "Disabled"):
        raise malformed("The Status of a rule is Enabled or Disabled.")
    if len(rule.value("ID")) > _RULE_ID_MAX:
        raise malformed(f"The ID of a rule has at most {_RULE_ID_MAX} characters.")
    actions = [child for child in rule.children if child.tag in _ACTIONS]
    if not actions:
        raise malformed("A rule has an action.")
    for action in actions:
        _lifecycle_action(action)
    _lifecycle_filter(rule)
    _lifecycle_kinds(rule)
    _lifecycle_tags(rule)
    for name, days in (("Transition", "Days"), ("NoncurrentVersionTransition", "NoncurrentDays")):
        _lifecycle_order(rule, name, days)


def _lifecycle_action(action: Node) -> None:
    whens = [action.value(name) for name in ("Days", "NoncurrentDays", "CreatedBeforeDate", "Date")]
    clears = action.value("ExpiredObjectDeleteMarker").lower()
    if len([text for text in (*whens, clears) if text]) != 1 or clears not in ("", "true", "false"):
        raise malformed(f"{action.tag} says one thing: after how many days, or for what is older than a date.")
    for text in whens[:2]:
        if text and not 1 <= whole_number(text, 0) <= DAYS_MAX:
            raise malformed(f"Days and NoncurrentDays are numbers from 1 to {DAYS_MAX}.")
    if any(date and not _is_midnight(date) for date in whens[2:]):
        raise malformed("A date is midnight in UTC: 2026-01-02T00:00:00.000Z.")
    if action.tag.endswith("Transition") and action.value("StorageClass") == "Standard":
        raise InvalidArgument("A transition does not go to Standard.")
    if action.tag.endswith("Transition") and action.value("StorageClass") not in _COLD:
        raise malformed("A transition goes to IA, Archive, ColdArchive or DeepColdArchive.")
    if action.value("IsAccessTime").lower() == "true":
        raise Unsupported("Yunbox does not offer lifecycle rules by the last access time (IsAccessTime).")


def _lifecycle_tags(rule: Node) -> None:
    tags = [tag for path in ("Tag", "Filter/Tag", "Filter/And/Tag") for tag in rule.all(path)]
    if not all(LEGAL_TAG.fullmatch(text.text) for tag in tags for text in tag.children):
        raise malformed("A tag has letters, digits, spaces and + - = . _ : /.")
    keys = [tag.value("Key") for tag in tags]
    if not all(keys) or len(set(keys)) != len(keys):
        raise malformed("A tag has a Key, which no other tag of the rule has.")


def _is_midnight(text: str) -> bool:
    """Whether a text is a midnight of a day that there is."""
    try:
        return _DATE.fullmatch(text) is not None and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _lifecycle_filter(rule: Node) -> None:
    sizes = [rule.value(f"Filter/{name}") for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan")]
    if any(text and whole_number(text) is None for text in sizes):
        raise malformed("ObjectSizeGreaterThan and ObjectSizeLessThan are sizes in bytes.")
    if all(sizes) and int(sizes[0]) >= int(sizes[1]):
        raise malformed("ObjectSizeLessThan is more than ObjectSizeGreaterThan.")
    if len([path for path in ("Prefix", "Filter/Prefix", "Filter/And/Prefix") if rule.find(path) is not None]) > 1:
        raise malformed("A rule has one Prefix.")
    excluded = list(rule.all("Filter/Not"))
    for item in excluded:
        _lifecycle_exception(rule.value("Prefix"), item.value("Prefix"), item.value("Tag/Key"))
    if rule.find("AbortMultipartUpload") is not None and (excluded or all(sizes) or rule.find("Tag") is not None):
        raise malformed("AbortMultipartUpload goes by the Prefix alone: parts have neither tags nor a size yet.")


def _lifecycle_exception(prefix: str, excluded: str, tag: str) -> None:
    """Refuse an exception that excepts nothing, or all ("PutBucketLifecycle", on the element Not)."""
    if not excluded and not tag:
        raise malformed("A Not has a Prefix or a Tag.")
    if excluded and (not excluded.startswith(prefix) or (excluded == prefix and not tag)):
        raise malformed("The Prefix of a Not begins with that of its rule, and goes on or has a Tag.")


def _lifecycle_kinds(rule: Node) -> None:
    """Refuse a rule that counts days for one thing and names a date for another, as the real service does for oss2."""
    actions = [child for child in rule.children if child.tag in ("Expiration", "Transition")]
    dated = {not action.value("Days") for action in actions if not action.value("ExpiredObjectDeleteMarker")}
    if len(dated) > 1:
        raise InvalidArgument("A rule goes by Days or by dates, not by both.", code="InvalidRequest")


def _lifecycle_order(rule: Node, name: str, days: str) -> None:
    """An object gets colder with time, and is deleted after that."""
    steps = [(_COLD.index(item.value("StorageClass")), int(item.value(days))) for item in rule.all(name)
             if item.value(days)]  # fmt: skip
    for (earlier, before), (later, after) in itertools.pairwise(sorted(steps)):
        if before >= after:
            raise InvalidArgument(
                f"Days in the Transition action for StorageClass {_COLD[later]} must be more than the Transition "
                f"action for StorageClass {_COLD[earlier]}",
                code="InvalidArgument",
            )
    expires = rule.value(f"{name.removesuffix('Transition')}Expiration/{days}")
    if expires and any(after >= int(expires) for _, after in steps):
        raise InvalidArgument(
            "Days in the Expiration action must be more than those of each Transition action", code="InvalidArgument"
        )


def check_overlap(body: bytes, *, allowed: bool) -> None:
    """Refuse two rules of one kind for the same keys, which OSS takes only when asked to; for uploads it never does.

    Rules that tags or exceptions may keep apart pass.
    """
    rules = [
        rule
        for rule in parse_document(body, "LifecycleConfiguration").all("Rule")
        if rule.find("Filter") is None and rule.find("Tag") is None
    ]
    for action in ("AbortMultipartUpload",) if allowed else ("AbortMultipartUpload", "Expiration"):
        prefixes = sorted(rule.value("Prefix") for rule in rules if rule.find(action) is not None)
        if any(longer.startswith(shorter) for shorter, longer in itertools.pairwise(prefixes)):
            raise InvalidArgument(f"Overlap for same action type {action}", code="InvalidArgument")


def _logging(node: Node) -> None:
    enabled = node.find("LoggingEnabled")
    if enabled is None:
        return
    if not enabled.value("TargetBucket"):
        raise malformed("LoggingEnabled names a TargetBucket.")
    prefix = enabled.value("TargetPrefix")
    if prefix.startswith(("/", "\\")):
        raise InvalidArgument("The TargetPrefix begins with no slash.", ec="0032-00000005")
    if len(prefix) > _LOG_PREFIX_MAX:
        raise InvalidArgument(f"The TargetPrefix has at most {_LOG_PREFIX_MAX} characters.", ec="0032-00000006")


def logging_target(document: str) -> str:
    """The bucket that a document of logging names; nothing for none."""
    return parse_document(document.encode(), "BucketLoggingStatus").value("LoggingEnabled/TargetBucket")


def _referer(node: Node) -> None:
    if node.value("AllowEmptyReferer").lower() not in ("true", "false"):
        raise malformed("AllowEmptyReferer is true or false.")
    for name, otherwise in (("AllowTruncateQueryString", "true"), ("TruncatePath", "false")):
        if node.find(name) is None:  # the answer says what counts, as oss2 reads it
            node.children.insert(1, Node(name, text=otherwise))
    if len(list(node.all("RefererBlacklist/Referer"))) + len(list(node.all("RefererList/Referer"))) > _REFERERS_MAX:
        raise malformed(f"There are at most {_REFERERS_MAX} patterns.")


def _website(node: Node) -> None:
    index, error = node.find("IndexDocument"), node.find("ErrorDocument")
    if index is None and error is None and node.find("RoutingRules") is None:
        raise malformed("A website has an index, an error document or rules.")
    if index is not None and (not index.value("Suffix") or "/" in index.value("Suffix")):
        raise malformed("The index document has a Suffix without a slash.")
    if index is not None and index.value("Type", "0") not in ("0", "1", "2"):
        raise malformed("The Type of an index document is 0, 1 or 2.")
    if error is not None and (not error.value("Key") or error.value("HttpStatus", "404") not in ("200", "404")):
        raise malformed("The error document has a Key, and 200 or 404 for its HttpStatus.")
    rules = list(node.all("RoutingRules/RoutingRule"))
    if len(rules) > _ROUTING_RULES_MAX:
        raise malformed(f"There are at most {_ROUTING_RULES_MAX} routing rules.")
    numbers = [rule.value("RuleNumber") for rule in rules]
    if len(set(numbers)) != len(numbers):
        raise malformed("Each routing rule has a RuleNumber of its own.")
    for rule in rules:
        _routing_rule(rule)


def _routing_rule(rule: Node) -> None:
    redirect = rule.find("Redirect")
    if redirect is None or whole_number(rule.value("RuleNumber")) is None:
        raise malformed("A routing rule has a RuleNumber and a Redirect.")
    kind = redirect.value("RedirectType")
    if kind == "Mirror":
        _mirror(redirect)
    if kind not in ("External", "AliCDN", "Internal", "Mirror"):
        raise malformed("A RedirectType is External, AliCDN, Internal or Mirror.")
    if redirect.value("Protocol", "http") not in ("http", "https"):
        raise malformed("The Protocol of a redirect is http or https.")
    if redirect.value("HttpRedirectCode", "302") not in _REDIRECT_CODES:
        raise malformed("An HttpRedirectCode is 301, 302, 303, 307 or 308.")
    if redirect.value("ReplaceKeyWith") and redirect.value("ReplaceKeyPrefixWith"):
        raise malformed("A rule replaces the key or its prefix, not both.")
    if rule.value("Condition/HttpErrorCodeReturnedEquals", "404") != "404":
        raise Unsupported("Yunbox follows a routing rule for HttpErrorCodeReturnedEquals 404 only.")


def _mirror(redirect: Node) -> None:
    """A rule that mirrors is kept and given back; what it is to be fetched for is refused by name when it is read."""
    if not redirect.value("MirrorURL").startswith(("http://", "https://")):
        raise malformed("A rule that mirrors has a MirrorURL.")
    if not redirect.value("MirrorURL").endswith("/"):
        raise malformed("A MirrorURL ends with a slash.")
    if asked := redirect.value("MirrorPassQueryString"):  # of a mirror the one is the other, as oss2's tests have it
        others = [child for child in redirect.children if child.tag != "PassQueryString"]
        redirect.children = [*others, Node("PassQueryString", text=asked)]


def _request_payment(node: Node) -> None:
    if node.value("Payer") not in ("BucketOwner", "Requester"):
        raise malformed("The Payer is BucketOwner or Requester.")


def _acceleration(node: Node) -> None:
    if node.value("Enabled") not in ("true", "false"):
        raise malformed("Enabled is true or false.")


def _tagging(node: Node) -> None:
    if node.find("TagSet") is None:
        raise malformed("A Tagging has a TagSet.")
    tags = [tag.value("Key") for tag in node.all("TagSet/Tag")]
    if len(tags) > _TAGS_MAX or len(set(tags)) != len(tags):
        raise malformed(f"There are at most {_TAGS_MAX} tags with different keys.")
    if not all(1 <= len(tag.encode()) <= 64 and not tag.startswith(_NOT_OF_TAGS) for tag in tags):
        raise InvalidArgument("The key of a bucket's tag has 1 to 64 bytes, and no forbidden start.", code="InvalidTag")
    if any(len(tag.value("Value").encode()) > 128 for tag in node.all("TagSet/Tag")):
        raise InvalidArgument("The value of a bucket's tag has at most 128 bytes.", code="InvalidTag")


def _public_access_block(node: Node) -> None:
    if node.find("BlockPublicAccess") is None:
        raise malformed()


CHECKS: dict[str, Check] = {
    "cors": _kept("CORSConfiguration", _cors),
    "encryption": _kept("ServerSideEncryptionRule", _encryption),
    "lifecycle": _kept("LifecycleConfiguration", _lifecycle),
    "logging": _kept("BucketLoggingStatus", _logging),
    "referer": _kept("RefererConfiguration", _referer),
    "website": _kept("WebsiteConfiguration", _website),
    "publicAccessBlock": _kept("PublicAccessBlockConfiguration", _public_access_block),
    "requestPayment": _kept("RequestPaymentConfiguration", _request_payment),
    "tagging": _kept("Tagging", _tagging),
    "transferAcceleration": _kept("TransferAccelerationConfiguration", _acceleration),
}
