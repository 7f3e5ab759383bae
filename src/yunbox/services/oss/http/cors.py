"""Which pages of other origins may use a bucket: the rules of its CORS document, and the headers that say so.

The service never refuses a request for its Origin; it only leaves the headers out, and the browser refuses. A
preflight is different: it is refused when no rule fits. Source: the vendor's pages PutBucketCors and OptionObject.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from yunbox.kernel.errors import Forbidden
from yunbox.storage.objects.model import Bucket
from yunbox.wire.xml import Node, parse_body

_NOT_ENABLED = "CORSResponse: CORS is not enabled for this bucket."
_NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evaluation of Origin, request "
    "method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's "
    "CORS spec."
)


@dataclass(frozen=True)
class Rule:
    """One rule; origins and headers are patterns with one ``*`` at most, and headers are in lower case."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    exposed: tuple[str, ...]
    max_age_s: str


@dataclass(frozen=True)
class Cors:
    """All rules of a bucket. With ``vary`` every answer says that it depends on the Origin."""

    rules: tuple[Rule, ...]
    vary: bool


@lru_cache(maxsize=256)
def cors_of(document: str) -> Cors:
    """The rules of a document that was checked when it was written."""
    root = parse_body(document.encode())
    return Cors(tuple(_rule(node) for node in root.all("CORSRule")), root.value("ResponseVary").lower() == "true")


def _rule(node: Node) -> Rule:
    def texts(tag: str) -> tuple[str, ...]:
        return tuple(child.text.strip() for child in node.all(tag))

    headers = tuple(text.lower() for text in texts("AllowedHeader"))
    return Rule(
        texts("AllowedOrigin"), texts("AllowedMethod"), headers, texts("ExposeHeader"), node.value("MaxAgeSeconds")
    )


def preflight(bucket: Bucket, origin: str, method: str, wanted: str) -> dict[str, str]:
    """The headers that answer a preflight; ``wanted`` lists the headers it asks for. Raises Forbidden."""
    document = bucket.settings.get("cors")
    if document is None:
        raise Forbidden(_NOT_ENABLED, code="AccessForbidden")
    names = [name.strip().lower() for name in wanted.split(",") if name.strip()]
    rule = _fitting(cors_of(document), origin, method, names)
    if rule is None:
        raise Forbidden(_NOT_ALLOWED, code="AccessForbidden")
    headers = _granted(rule, origin)
    if names:
        headers["Access-Control-Allow-Headers"] = ", ".join(names)
    return headers


def answer_headers(bucket: Bucket | None, method: str, request_headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that an answer to a request of any other kind gets."""
    document = bucket.settings.get("cors") if bucket is not None else None
    if document is None:
        return {}
    cors = cors_of(document)
    origin = request_headers.get("origin", "")
    rule = _fitting(cors, origin, method, ()) if origin else None
    headers = _granted(rule, origin) if rule is not None else {}
    return headers | ({"Vary": "Origin"} if cors.vary else {})


def _fitting(cors: Cors, origin: str, method: str, names: list[str] | tuple[str, ...]) -> Rule | None:
    for rule in cors.rules:
        if (
            method in rule.methods
            and any(_covers(pattern.lower(), origin.lower()) for pattern in rule.origins)
            and all(any(_covers(pattern, name) for pattern in rule.headers) for name in names)
        ):
            return rule
    return None


def _granted(rule: Rule, origin: str) -> dict[str, str]:
    headers = {
        "Access-Control-Allow-Origin": "*" if "*" in rule.origins else origin,
        "Access-Control-Allow-Methods": ", ".join(rule.methods),
    }
    if rule.exposed:
        headers["Access-Control-Expose-Headers"] = ", ".join(rule.exposed)
    if rule.max_age_s:
        headers["Access-Control-Max-Age"] = rule.max_age_s
    return headers


def _covers(pattern: str, text: str) -> bool:
    head, star, tail = pattern.partition("*")
    if not star:
        return pattern == text
    return len(text) >= len(head) + len(tail) and text.startswith(head) and text.endswith(tail)
