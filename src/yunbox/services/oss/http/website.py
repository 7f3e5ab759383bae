"""A bucket as a website: its home pages, its page for what is missing, and the rules that send readers elsewhere.

Only anonymous requests meet it: a client with a key wants the objects themselves. What is served instead is read as
the same reader, so a website shows nothing that its bucket does not. Source: the vendor's pages PutBucketWebsite and
"Static website hosting".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

import msgspec

from yunbox.services.oss.http.target import OssRequest
from yunbox.storage.objects.model import Bucket
from yunbox.wire.xml import Node, parse_body

_SUBFOLDER_REDIRECTS, _SUBFOLDER_SERVES = "0", "2"
"""What an ``IndexDocument/Type`` does for a missing key that has a home page below it; 1 does nothing."""


class Visit(msgspec.Struct, frozen=True):
    """What a website's rules may ask of a request: its headers, and how it was addressed."""

    headers: Mapping[str, str]
    host: str
    path: str
    query: tuple[tuple[str, str], ...]


def visit_of(request: OssRequest) -> Visit:
    """The visit that a request is."""
    return Visit(request.headers, request.host, request.raw_path, request.pairs)


@dataclass(frozen=True)
class HeaderCondition:
    """A header that a rule asks for."""

    name: str
    equals: str
    starts: str
    ends: str

    def holds(self, headers: Mapping[str, str]) -> bool:
        """Whether a request has it so."""
        value = headers.get(self.name)
        if value is None or (self.equals and value != self.equals):
            return False
        return value.startswith(self.starts) and value.endswith(self.ends)


@dataclass(frozen=True)
class Rule:
    """One routing rule. ``status`` is what the answer would have to be, 0 for whatever."""

    prefix: str
    suffix: str
    status: int
    headers: tuple[HeaderCondition, ...]
    kind: str
    protocol: str
    host: str
    key: str
    key_prefix: str
    replaces_prefix: bool
    code: int
    passes_query: bool

    def fits(self, key: str, visit: Visit, status: int) -> bool:
        """Whether the rule is for a request that would be answered with a status; 0 before that is known."""
        return (
            self.status == status
            and key.startswith(self.prefix)
            and key.endswith(self.suffix)
            and all(condition.holds(visit.headers) for condition in self.headers)
        )

    def key_for(self, key: str) -> str:
        """The key that the rule makes of another."""
        if self.key:
            return self.key.replace("${key}", key)
        if self.replaces_prefix or self.key_prefix:
            return self.key_prefix + key.removeprefix(self.prefix)
        return key

    def location(self, bucket: str, key: str, visit: Visit) -> str:
        """Where the rule sends a visit of a key."""
        host = self.host or visit.host
        path = quote(self.key_for(key), safe="/~")
        if not self.host and not visit.host.startswith(f"{bucket}."):
            path = f"{bucket}/{path}"
        query = "&".join(f"{name}={value}" if value else name for name, value in visit.query)
        return f"{self.protocol or 'http'}://{host}/{path}" + (f"?{query}" if self.passes_query and query else "")


@dataclass(frozen=True)
class Website:
    """A website's document. ``subfolders`` is the type of a subfolder's home page, empty where there is none."""

    index: str
    subfolders: str
    error: str
    error_status: int
    rules: tuple[Rule, ...]

    def rule(self, key: str, visit: Visit, status: int) -> Rule | None:
        """The first rule for a visit of a key."""
        return next((rule for rule in self.rules if rule.fits(key, visit, status)), None)

    def home(self, key: str) -> str:
        """The home page that a key which ends with a slash stands for; the empty key is the root."""
        return key + self.index if self.subfolders else self.index

    def serves(self, key: str) -> bool:
        """Whether a missing key shows the home page below it."""
        return self.subfolders == _SUBFOLDER_SERVES and not key.endswith("/")

    def redirects(self, key: str) -> bool:
        """Whether a missing key leads to the folder of its name."""
        return self.subfolders == _SUBFOLDER_REDIRECTS and not key.endswith("/")


def website_of(bucket: Bucket | None) -> Website | None:
    """A bucket's website, if it is one."""
    document = bucket.settings.get("website") if bucket is not None else None
    return _parsed(document) if document is not None else None


@lru_cache(maxsize=256)
def _parsed(document: str) -> Website:
    root = parse_body(document.encode())
    nested = root.value("IndexDocument/SupportSubDir").lower() == "true"
    rules = sorted(root.all("RoutingRules/RoutingRule"), key=lambda node: int(node.value("RuleNumber", "0")))
    return Website(
        root.value("IndexDocument/Suffix"),
        root.value("IndexDocument/Type", _SUBFOLDER_REDIRECTS) if nested else "",
        root.value("ErrorDocument/Key"),
        int(root.value("ErrorDocument/HttpStatus", "404")),
        tuple(_rule(node) for node in rules),
    )


def _rule(node: Node) -> Rule:
    condition, redirect = node.find("Condition") or Node(""), node.find("Redirect") or Node("")
    return Rule(
        condition.value("KeyPrefixEquals"),
        condition.value("KeySuffixEquals"),
        int(condition.value("HttpErrorCodeReturnedEquals", "0")),
        tuple(_header(item) for item in condition.all("IncludeHeader")),
        redirect.value("RedirectType", "External"),
        redirect.value("Protocol"),
        redirect.value("HostName"),
        redirect.value("ReplaceKeyWith"),
        redirect.value("ReplaceKeyPrefixWith"),
        redirect.value("EnableReplacePrefix").lower() == "true",
        int(redirect.value("HttpRedirectCode", "302")),
        redirect.value("PassQueryString").lower() == "true",
    )


def _header(node: Node) -> HeaderCondition:
    return HeaderCondition(
        node.value("Key").lower(), node.value("Equals"), node.value("StartsWith"), node.value("EndsWith")
    )


def entrance(bucket: Bucket | None, request: OssRequest) -> OssRequest:
    """What an anonymous request for a folder stands for: its home page, where the bucket has one."""
    site = website_of(bucket)
    if site is None or not site.index or request.method not in ("GET", "HEAD"):
        return request
    if not request.key.endswith("/") if request.key else request.query:
        return request
    return msgspec.structs.replace(request, key=site.home(request.key))
