"""OSS as our own processes use it: objects of one bucket, read, listed and put as any other client does.

So rights are checked and usage is metered as always, and the real service takes the requests too. Sources: the vendor's
API reference of OSS (PutObject, GetObject, ListObjectsV2, DeleteObject; "Include a V1 signature in the Authorization
header").
"""

import ipaddress
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, urlencode, urlsplit

from yunbox.clients.requests import RequestFailed, download, send
from yunbox.wire.oss.signing import canonical_v1, sign_v1
from yunbox.wire.xml import parse_body

_EMPTY = 416
"""An object of no bytes has no first one."""
_KEYS_A_PAGE = 1000


@dataclass(frozen=True)
class Bucket:
    """Where objects are, and whose key it is that asks for them; ``token`` belongs to a key that is only lent."""

    endpoint: str
    name: str
    access_id: str
    access_key: str
    token: str = ""

    @property
    def url(self) -> str:
        """The endpoint as a URL: most people leave its scheme out."""
        return self.endpoint if "://" in self.endpoint else f"https://{self.endpoint}"


@dataclass(frozen=True)
class ObjectInfo:
    """An object as a listing has it."""

    key: str
    size_bytes: int
    modified_ms: int


class OssClient:
    """The objects of a bucket. All calls raise RequestFailed."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def put(self, key: str, body: bytes) -> None:
        """Have an object be there."""
        send(*self._request("PUT", key, {"Content-Type": "application/octet-stream"}), body)

    def put_file(self, key: str, path: Path) -> None:
        """Have a file's bytes be there as an object."""
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(path.stat().st_size)}
        with path.open("rb") as file:
            send(*self._request("PUT", key, headers), file)

    def has(self, key: str) -> bool:
        """Whether an object is there; raises also where the bucket is not, or may not be looked at."""
        try:
            send(*self._request("GET", key, {"Range": "bytes=0-0"}))
        except RequestFailed as error:
            if error.code == "NoSuchKey":
                return False
            if error.status != _EMPTY:
                raise
        return True

    def read(self, key: str, file: BinaryIO) -> None:
        """Write an object's bytes to a file."""
        endpoint, _, target, headers = self._request("GET", key, {})
        download(endpoint, target, headers, file)

    def delete(self, key: str) -> None:
        """Have an object not be there."""
        send(*self._request("DELETE", key, {}))

    def objects(self, prefix: str) -> Iterator[ObjectInfo]:
        """The objects whose keys begin so, in order."""
        token = ""
        while True:
            query = {"list-type": "2", "prefix": prefix, "max-keys": str(_KEYS_A_PAGE)}
            if token:
                query["continuation-token"] = token
            root = parse_body(send(*self._request("GET", "", {}, query)))
            for one in root.all("Contents"):
                yield ObjectInfo(one.value("Key"), int(one.value("Size")), _millis(one.value("LastModified")))
            token = root.value("NextContinuationToken")
            if not token:
                return

    def _request(
        self, method: str, key: str, headers: dict[str, str], query: dict[str, str] | None = None
    ) -> tuple[str, str, str, dict[str, str]]:
        """What ``send`` takes: endpoint, method, target and signed headers."""
        bucket, query = self._bucket, query or {}
        at = urlsplit(bucket.url)
        date = formatdate(time.time(), usegmt=True)
        sent = {"Date": date, **headers}
        if bucket.token:
            sent["x-oss-security-token"] = bucket.token
        lowered = {name.lower(): value for name, value in sent.items()}
        text = canonical_v1(method, f"/{bucket.name}/{key}", list(query.items()), lowered, date)
        sent["Authorization"] = f"OSS {bucket.access_id}:{sign_v1(bucket.access_key, text)}"
        target, endpoint = f"/{quote(key)}", bucket.url
        if _is_address(at.hostname or ""):
            target = f"/{bucket.name}{target}"
        else:
            endpoint = f"{at.scheme}://{bucket.name}.{at.netloc}"
        return endpoint, method, f"{target}?{urlencode(query)}" if query else target, sent


def _millis(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).timestamp() * 1000)


def _is_address(host: str) -> bool:
    """Whether a bucket cannot stand in front of a host's name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return True
