"""What an OSS request is about: a bucket and a key, in path style or in the host's name, and its parameters."""

from collections import Counter
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, unquote_to_bytes

import msgspec

from yunbox.kernel import limits
from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.texts import whole_number
from yunbox.wire.http import Body, Receive, Scope
from yunbox.wire.oss.signing import decoded

OSS = "oss"
S3 = "s3"
_HEADERS_BYTES_MAX = 32 * 1024
_REPEATABLE = frozenset((b"accept", b"accept-encoding", b"accept-language", b"connection", b"cookie", b"via"))
"""Headers that proxies and browsers may send in pieces, and that nothing here reads."""


class OssRequest(msgspec.Struct, frozen=True):
    """One request. ``query`` is decoded, and each name stands in it once; ``pairs`` are as they were sent.

    ``values`` are the fields of an opened form, by name in lower case; ``unsigned`` the headers for which it must be
    refused, as no signature covers them; ``signed`` is false where nobody has signed anything.
    """

    method: str
    bucket: str
    key: str
    query: Mapping[str, str]
    pairs: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: Body
    raw_path: str
    host: str
    peer: str
    dialect: str = OSS
    values: dict[str, str] = {}
    unsigned: tuple[str, ...] = ()
    signed: bool = True

    def integer(self, name: str, default: int, *, low: int = 0, high: int = 1 << 62) -> int:
        """An integer parameter within bounds. Raises InvalidArgument."""
        text = self.query.get(name, "")
        if not text:
            return default
        number = whole_number(text)
        if number is None or not low <= number <= high:
            raise InvalidArgument(f"Argument {name} must be an integer between {low} and {high}.")
        return number

    def page_limit(self, name: str, most: int) -> int:
        """How many items of a page are asked for: what is beyond ``most`` is that. Raises InvalidArgument."""
        return min(self.integer(name, most, high=1 << 31), most)


def parse_target(scope: Scope, receive: Receive, domain: str) -> OssRequest:
    """The request in an ASGI scope. Raises InvalidArgument for what is too long or no UTF-8."""
    raw_path = scope["raw_path"].decode("latin-1").partition("?")[0]
    raw_query = scope["query_string"].decode("latin-1")
    if len(raw_path) + len(raw_query) > limits.URL_LENGTH_MAX:
        raise InvalidArgument("The request URL is too long.", code="InvalidURI")
    headers = {name.decode("latin-1"): value.decode("latin-1").strip() for name, value in scope["headers"]}
    if sum(map(len, headers.values())) > _HEADERS_BYTES_MAX:
        raise InvalidArgument("The headers of the request are too large.", code="RequestHeaderSectionTooLarge")
    host = headers.get("host", "")
    bucket = hosted_bucket(host, domain)
    path = raw_path.removeprefix("/")
    if not bucket:
        bucket, _, path = path.partition("/")
        bucket = _decode(bucket, "InvalidBucketName")
    pairs = _pairs(raw_query)
    query = {decoded(name): decoded(value) for name, value in pairs}
    if len(headers) != len(scope["headers"]) or len(query) != len(pairs):
        _check_once(name for name, _ in scope["headers"] if name not in _REPEATABLE)
        _check_once(decoded(name).encode("utf-8", "surrogateescape") for name, _ in pairs)
    if not (raw_query.isascii() and "".join(query.values()).isascii() and "".join(query).isascii()):
        _check_utf_8(query)
    return OssRequest(
        method=scope["method"],
        bucket=bucket,
        key=_decode(path),
        query=query,
        pairs=pairs,
        headers=headers,
        body=Body(receive),
        raw_path=raw_path,
        host=host,
        peer=(scope.get("client") or ("",))[0],
    )


def _check_once(names: Iterable[bytes]) -> None:
    """Refuse what stands twice: of two values one would be obeyed, and the other lost. Raises InvalidArgument."""
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise InvalidArgument(f"The request has {twice[:64].decode('utf-8', 'replace')} twice.")


def _check_utf_8(query: Mapping[str, str]) -> None:
    """Refuse a query that is no text, bar the headers that an answer shall have, whose bytes are the client's own."""
    for name, value in query.items():
        if not (name.isascii() and (value.isascii() or name.startswith("response-"))):
            try:
                (name + value).encode()
            except UnicodeEncodeError:
                raise InvalidArgument("The query of the request is not valid UTF-8.") from None


def named(text: str) -> str:
    """A name that a header spells percent-encoded, with a plus for a space, or as it is. Raises InvalidArgument."""
    try:
        return unquote_to_bytes(text.replace("+", " ").encode("latin-1")).decode()
    except UnicodeError:
        raise InvalidArgument("The name in a header is not valid UTF-8.", code="InvalidObjectName") from None


def as_sent(text: str) -> str:
    """A text as the value of a header, whose characters stand for the bytes of its UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def hosted_bucket(host: str, domain: str) -> str:
    """The bucket that a host name begins with, if it is one of ours: ``bucket.localhost``, ``bucket.<domain>``."""
    name = host.rpartition(":")[0] or host
    for ours in (domain, "localhost"):
        if name.endswith(f".{ours}"):
            return name[: -len(ours) - 1]
    return ""


def _pairs(raw_query: str) -> tuple[tuple[str, str], ...]:
    parts = [item.partition("=") for item in raw_query.split("&") if item]
    return tuple([(name, value) for name, _, value in parts])


def _decode(text: str, code: str = "InvalidObjectName") -> str:
    if "%" not in text:
        if not text.isascii():
            text = text.encode("latin-1").decode("utf-8", "replace")
        return text
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise InvalidArgument("The name in the URL is not valid UTF-8.", code=code) from None
