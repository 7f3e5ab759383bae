"""A client of DataHub for tests that need no vendor's: JSON over HTTP, signed by hand."""

import base64
import hashlib
import hmac
import http.client
import json
from collections.abc import Sequence
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

from yunbox.testing.server import Server

Value = bytes | list[str]
"""What a record is: bytes, or the fields of one."""


class Refused(Exception):
    """An error of the service; ``code`` is its own."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.code = body.get("ErrorCode", "")


class Client:
    """One connection."""

    def __init__(self, server: Server, timeout_s: float = 60.0) -> None:
        at = urlsplit(server.endpoints["datahub"])
        self._line = http.client.HTTPConnection(at.hostname or "", at.port, timeout=timeout_s)
        self.key = server.access_key_id, server.access_key_secret

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()

    def call(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """Make a request. Raises Refused, and OSError or HTTPException where the server is gone."""
        data = json.dumps(body) if method != "GET" else None
        self._line.request(method, path, data, self.headers(method, path))
        answer = self._line.getresponse()
        found = json.loads(answer.read() or b"{}")
        if answer.status >= 400:
            raise Refused(answer.status, found)
        return found

    def send(self, method: str, path: str, data: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Make a request with any body, signed as its headers are."""
        self._line.request(method, path, data, self.headers(method, path, **headers))
        answer = self._line.getresponse()
        return answer.status, answer.read()

    def headers(self, method: str, path: str, **more: str) -> dict[str, str]:
        """The headers of a request, with its signature."""
        headers = {"Content-Type": "application/json", "Date": formatdate(usegmt=True), **more}
        lines = [method, headers["Content-Type"], headers["Date"]]
        lines += [f"{name.lower()}:{headers[name]}" for name in sorted(headers) if name.startswith("x-datahub-")]
        text = "\n".join([*lines, path])
        if not self.key[0]:
            return headers
        signature = base64.b64encode(hmac.digest(self.key[1].encode(), text.encode(), hashlib.sha1)).decode()
        return {**headers, "Authorization": f"DATAHUB {self.key[0]}:{signature}"}

    # -- what many tests do

    def create(self, project: str, topic: str, *, shards: int = 1, **more: str) -> None:
        """A project, and a topic in it, of bytes if nothing else is said."""
        self.call("POST", f"/projects/{project}", Comment="")
        told = {"RecordType": "BLOB", "Comment": "", **more}
        self.call("POST", f"/projects/{project}/topics/{topic}", ShardCount=shards, Lifecycle=1, **told)

    def put(self, project: str, topic: str, shard: str, values: Sequence[Value]) -> None:
        """Put records into a shard."""
        records = [
            {"Data": base64.b64encode(value).decode() if isinstance(value, bytes) else value} for value in values
        ]
        self.call("POST", f"/projects/{project}/topics/{topic}/shards/{shard}", Action="pub", Records=records)

    def read(self, project: str, topic: str, shard: str, first: int | None = None) -> list[tuple[int, Any]]:
        """All that a shard has, or all from a sequence on: sequences, and bytes or fields."""
        path = f"/projects/{project}/topics/{topic}/shards/{shard}"
        where = {"Type": "OLDEST"} if first is None else {"Type": "SEQUENCE", "Sequence": first}
        cursor = self.call("POST", path, Action="cursor", **where)["Cursor"]
        found: list[tuple[int, Any]] = []
        while True:
            page = self.call("POST", path, Action="sub", Cursor=cursor, Limit=1000)
            if not page["Records"]:
                return found
            for one in page["Records"]:
                data = one["Data"]
                found.append((one["Sequence"], base64.b64decode(data) if isinstance(data, str) else data))
            cursor = page["NextCursor"]
