"""Hotlink protection: which pages may link to a bucket's objects.

Only anonymous requests and signed URLs are asked, as those are what a page can hold. A pattern covers every Referer
that begins with what it describes. With no list at all nothing is checked, even where an empty Referer is refused.
Source: the vendor's pages PutBucketReferer and "Hotlink protection".
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from yunbox.kernel.errors import Forbidden
from yunbox.services.oss.http.target import OssRequest
from yunbox.storage.objects.model import Bucket
from yunbox.wire.xml import parse_body


@dataclass(frozen=True)
class RefererLists:
    """Who may and who may not; patterns are compiled."""

    allowed: tuple[re.Pattern[str], ...]
    banned: tuple[re.Pattern[str], ...]
    empty: bool
    cut_query: bool
    cut_path: bool

    def admit(self, referer: str) -> bool:
        """Whether a request with this Referer may pass."""
        if not self.allowed and not self.banned:
            return True
        if not referer:
            return self.empty
        shown = self._cut(referer)
        if any(pattern.match(shown) for pattern in self.banned):
            return False
        return not self.allowed or any(pattern.match(shown) for pattern in self.allowed)

    def _cut(self, referer: str) -> str:
        if self.cut_path:
            scheme, mark, rest = referer.partition("://")
            return scheme + mark + rest.partition("/")[0].partition("?")[0] if mark else referer.partition("/")[0]
        return referer.partition("?")[0] if self.cut_query else referer


@lru_cache(maxsize=256)
def referers_of(document: str) -> RefererLists:
    """The lists of a document that was checked when it was written."""
    root = parse_body(document.encode())
    return RefererLists(
        _patterns(node.text for node in root.all("RefererList/Referer")),
        _patterns(node.text for node in root.all("RefererBlacklist/Referer")),
        root.value("AllowEmptyReferer", "true").lower() == "true",
        root.value("AllowTruncateQueryString", "true").lower() == "true",
        root.value("TruncatePath", "false").lower() == "true",
    )


def _patterns(texts: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    spelled = (re.sub(r"\*+", "*", text.strip()) for text in texts if text.strip())
    return tuple(
        re.compile("".join({"*": ".*", "?": "."}.get(c) or re.escape(c) for c in text), re.IGNORECASE | re.DOTALL)
        for text in spelled
    )


def check_referer(bucket: Bucket | None, request: OssRequest) -> None:
    """Raise Forbidden for a request that a page makes which may not."""
    document = bucket.settings.get("referer") if bucket is not None else None
    if document is None or "authorization" in request.headers or request.method == "OPTIONS":
        return
    if not referers_of(document).admit(request.headers.get("referer", "")):
        raise Forbidden("You are denied by bucket referer policy.", code="AccessDenied")
