"""The commands' own client of OSS: requests with signature V1, answers as lines of JSON."""

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from email.utils import formatdate
from typing import Any
from urllib.parse import quote

from yunbox.cli.http import Connection, HttpClient
from yunbox.wire.oss.signing import canonical_v1, sign_v1

_TIMEOUT_S = 24 * 3600.0
Query = list[tuple[str, str]]


class OssClient:
    """Calls one OSS endpoint."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._http = HttpClient(connection.endpoint, _TIMEOUT_S)

    def json(self, method: str, bucket: str, query: Query) -> dict[str, Any]:
        """The one document that a call answers with."""
        document, *_ = self.lines(method, bucket, query)
        return document

    def lines(
        self, method: str, bucket: str, query: Query, *, key: str = "", headers: dict[str, str] | None = None
    ) -> Iterator[dict[str, Any]]:
        """The documents that a call answers with, as they come. Raises ServerError."""
        with self._send(method, bucket, query, key, headers or {}) as response:
            for line in response:
                if line.strip():
                    yield json.loads(line)

    def call(self, method: str, bucket: str, query: Query, key: str, headers: dict[str, str]) -> dict[str, str]:
        """The headers that a call answers with."""
        with self._send(method, bucket, query, key, headers) as response:
            response.read()
            return {name.lower(): value for name, value in response.getheaders()}

    def post(self, bucket: str, query: Query, body: bytes = b"") -> None:
        """A call that answers with nothing but yes. Raises ServerError."""
        with self._send("POST", bucket, query, "", {}, body) as response:
            response.read()

    def _send(
        self, method: str, bucket: str, query: Query, key: str, headers: dict[str, str], body: bytes | None = None
    ) -> AbstractContextManager[http.client.HTTPResponse]:
        resource = f"/{bucket}/{key}" if bucket else "/"
        pairs = tuple((quote(name, safe="-"), quote(value, safe="")) for name, value in query)
        target = quote(resource) + "?" + "&".join(f"{name}={value}" if value else name for name, value in pairs)
        date = formatdate(time.time(), usegmt=True)
        signed = {**headers, "date": date, "connection": "close"}
        if self._connection.security_token:
            signed["x-oss-security-token"] = self._connection.security_token
        text = canonical_v1(method, resource, query, signed, date)
        signature = sign_v1(self._connection.access_key_secret, text)
        signed["Authorization"] = f"OSS {self._connection.access_key_id}:{signature}"
        return self._http.open(method, target, signed, body)
