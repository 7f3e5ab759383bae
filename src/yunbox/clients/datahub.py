"""DataHub as our own processes use it: the requests of any other client, signed with the key of who asks.

So rights are checked and usage is metered as always, and the real service takes them too. Calls wait for their answer;
a connection is kept open, and opened anew where it was lost. Sources: pydatahub 2.29 (``rest/``, ``core.py``).
"""

import http.client
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from yunbox.kernel.call import Claim
from yunbox.kernel.errors import InvalidArgument, KernelError, Unavailable
from yunbox.wire.datahub.entries import Entries, read_entries
from yunbox.wire.datahub.envelope import unwrap, wrap
from yunbox.wire.datahub.schema import RecordSchema, parse_schema
from yunbox.wire.datahub.signing import SCHEME, canonical_strings, sign
from yunbox.wire.varint import varint

_JSON, _PROTOBUF = "application/json", "application/x-protobuf"
_ACTION = "x-datahub-request-action"
_MARK = "x-yunbox-mark"
_TRIES = 3
_PAUSE_S = 0.2
_ABSENT = ("NoSuchProject", "NoSuchTopic")


class DataHubError(KernelError):
    """What the service has refused; ``code`` is its own."""


@dataclass(frozen=True)
class TopicInfo:
    """A topic as it is now; ``schema`` is None for one of BLOBs."""

    project: str
    name: str
    schema: RecordSchema | None
    shard_count: int


@dataclass(frozen=True)
class ShardInfo:
    """A shard: its id, and whether it takes records."""

    id: str
    is_active: bool


class Position(NamedTuple):
    """A record of a shard: its sequence, and its time in milliseconds."""

    sequence: int
    time_ms: int


Session = tuple[int, int]
"""What one who uses a subscription's offsets shows: the number of the session, and the version of the offsets."""


class DataHubClient:
    """One connection to an endpoint. A single thread uses it."""

    def __init__(self, endpoint: str, access_id: str, access_key: str, timeout_s: float = 30.0) -> None:
        at = urlsplit(endpoint if "://" in endpoint else f"http://{endpoint}")
        kind = http.client.HTTPSConnection if at.scheme == "https" else http.client.HTTPConnection
        if not at.hostname:
            raise InvalidArgument(f"{endpoint!r} is no endpoint: http://HOST:PORT is expected")
        self._endpoint = endpoint
        self._base = at.path.rstrip("/")
        self._line = kind(at.hostname, at.port, timeout=timeout_s)
        self._access_id, self._access_key = access_id, access_key

    # -- what there is

    def topic(self, project: str, name: str) -> TopicInfo:
        """A topic. Raises DataHubError, which names it where there is none, and Unavailable."""
        try:
            found = self._json("GET", _path(project, name))
        except DataHubError as error:
            if error.code not in _ABSENT:
                raise
            raise DataHubError(f"Topic {project}.{name}: {error.message}", code=error.code) from error
        text = found.get("RecordSchema")
        schema = parse_schema(text) if found.get("RecordType") == "TUPLE" else None
        return TopicInfo(project, name, schema, int(found.get("ShardCount", 0)))

    def shards(self, project: str, topic: str) -> list[ShardInfo]:
        """The shards of a topic. Raises DataHubError, Unavailable."""
        found = self._json("GET", f"{_path(project, topic)}/shards")["Shards"]
        return [ShardInfo(str(one["ShardId"]), one.get("State") == "ACTIVE") for one in found]

    def cursor(self, project: str, topic: str, shard: str, kind: str, value: int | None = None) -> tuple[str, int]:
        """A cursor (OLDEST, LATEST, SYSTEM_TIME, SEQUENCE), and its sequence. Raises DataHubError, Unavailable."""
        more: dict[str, Any] = {"Type": kind}
        if value is not None:
            more["Sequence" if kind == "SEQUENCE" else "SystemTime"] = value
        found = self._json("POST", f"{_path(project, topic)}/shards/{shard}", Action="cursor", **more)
        return str(found["Cursor"]), int(found["Sequence"])

    # -- records

    def get(self, project: str, topic: str, shard: str, cursor: str, limit: int) -> Entries:
        """Records from a cursor on. Raises DataHubError, Unavailable."""
        text = cursor.encode()
        message = b"\x0a%b%b\x10%b" % (varint(len(text)), text, varint(limit))
        body = self._call("POST", f"{_path(project, topic)}/shards/{shard}", wrap(message), _PROTOBUF, {_ACTION: "sub"})
        return read_entries(unwrap(body))

    def put(self, project: str, topic: str, shard: str, bodies: Sequence[bytes], mark: str = "") -> None:
        """Put records, each the fields of an entry (``messages.body_of``), into a shard: all or none of them.

        A mark is ``NUMBER WRITER``: what a writer has put into a shard by the same number, or a greater one, is not put
        again. A service that is not ours does not know marks. Raises DataHubError, Unavailable.
        """
        message = b"".join([b"\x0a%b%b" % (varint(len(body)), body) for body in bodies])
        more = {_ACTION: "pub", **({_MARK: mark} if mark else {})}
        self._call("POST", f"{_path(project, topic)}/shards/{shard}", wrap(message), _PROTOBUF, more)

    # -- subscriptions

    def open_offsets(self, project: str, topic: str, sub_id: str, shards: Sequence[str]) -> dict[str, Session]:
        """Begin to use a subscription's offsets; who has used them is told. Raises DataHubError, Unavailable."""
        path = f"{_path(project, topic)}/subscriptions/{quote(sub_id, safe='')}/offsets"
        found = self._json("POST", path, Action="open", ShardIds=list(shards))["Offsets"]
        return {str(shard): (int(one["SessionId"]), int(one["Version"])) for shard, one in found.items()}

    def commit_offsets(
        self, project: str, topic: str, sub_id: str, offsets: Mapping[str, tuple[Position, Session]]
    ) -> None:
        """Say which record of each shard was the last one that was dealt with. Raises DataHubError, Unavailable."""
        path = f"{_path(project, topic)}/subscriptions/{quote(sub_id, safe='')}/offsets"
        sent = {
            shard: {"Sequence": at.sequence, "Timestamp": at.time_ms, "SessionId": session, "Version": version}
            for shard, (at, (session, version)) in offsets.items()
        }
        self._json("PUT", path, Action="commit", Offsets=sent)

    def close(self) -> None:
        """Close the connection."""
        self._line.close()

    # -- inside

    def _json(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        data = json.dumps(body).encode() if body else None
        found = json.loads(self._call(method, path, data, _JSON, {}) or b"{}")
        if not isinstance(found, dict):
            raise Unavailable(f"{self._endpoint} does not answer as DataHub does")
        return found

    def _call(self, method: str, path: str, data: bytes | None, kind: str, more: Mapping[str, str]) -> bytes:
        target = self._base + path
        headers = {"Content-Type": kind, "Date": formatdate(usegmt=True), "x-datahub-client-version": "1.1", **more}
        text = canonical_strings(method, target, {name.lower(): value for name, value in headers.items()})[0]
        headers["Authorization"] = f"DATAHUB {self._access_id}:{sign(self._access_key, Claim(SCHEME), text)}"
        status, body = self._sent(method, target, data, headers)
        if status >= 400:
            raise _failure(status, body)
        return body

    def _sent(self, method: str, target: str, data: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        """Send a request. Only one that changes nothing is sent again, or one with a mark: of another nobody knows what
        became of it."""
        once = headers.get(_ACTION) == "pub" and _MARK not in headers
        for left in reversed(range(1 if once else _TRIES)):
            try:
                self._line.request(method, target, data, headers)
                answer = self._line.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException) as error:
                self._line.close()
                if not left:
                    raise Unavailable(f"No DataHub answers at {self._endpoint}: {error}") from None
                time.sleep(_PAUSE_S)
        raise Unavailable(f"No DataHub answers at {self._endpoint}")


def _path(project: str, topic: str) -> str:
    return f"/projects/{quote(project, safe='')}/topics/{quote(topic, safe='')}"


def _failure(status: int, body: bytes) -> DataHubError:
    try:
        found = json.loads(body)
        return DataHubError(str(found["ErrorMessage"]), code=str(found["ErrorCode"]))
    except (ValueError, KeyError, TypeError):
        return DataHubError(f"HTTP {status}", code="UnknownError")
