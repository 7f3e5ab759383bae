"""Requests signed by hand in each of the three styles, so that anything about them can be wrong."""

import base64
import hashlib
import hmac
import http.client
import json
import time
import uuid
from dataclasses import dataclass, field
from email.utils import formatdate
from urllib.parse import quote, urlsplit

ACS3, RPC, ROA = "acs3", "rpc", "roa"
VERSION = "2015-04-01"
ACTION = "GetCallerIdentity"


@dataclass
class Signed:
    """A request: what it is signed as, and what is done to it afterwards."""

    url: str
    key_id: str
    secret: str
    token: str | None = None
    at: float = field(default_factory=time.time)
    nonce: str = field(default_factory=lambda: uuid.uuid4().hex)
    action: str = ACTION
    version: str = VERSION
    method: str = "POST"
    path: str = "/"
    """Of ACS3 alone."""
    query: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    leave_out: tuple[str, ...] = ()
    """Headers that ACS3 does not sign; parameters, or ROA's digest of the body, that are not sent at all."""
    sent_body: bytes | None = None
    sent_query: dict[str, str] | None = None
    more_headers: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""
    """The last answer's body."""

    def send(self, style: str) -> tuple[int, dict]:
        """The status and the envelope of the answer."""
        return getattr(self, f"_{style}")()

    def _acs3(self) -> tuple[int, dict]:
        headers = {
            "host": urlsplit(self.url).netloc, "x-acs-action": self.action, "x-acs-version": self.version,
            "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.at)),
            "x-acs-signature-nonce": self.nonce, "x-acs-content-sha256": hashlib.sha256(self.body).hexdigest(),
        }  # fmt: skip
        if self.token is not None:
            headers["x-acs-security-token"] = self.token
        names = sorted(name for name in headers if name not in self.leave_out)
        lines = "".join(f"{name}:{headers[name]}\n" for name in names)
        text = "\n".join(
            (self.method, self.path, _query(self.query), lines, ";".join(names), hashlib.sha256(self.body).hexdigest())
        )
        digest = f"ACS3-HMAC-SHA256\n{hashlib.sha256(text.encode()).hexdigest()}"
        signature = hmac.new(self.secret.encode(), digest.encode(), hashlib.sha256).hexdigest()
        headers["Authorization"] = (
            f"ACS3-HMAC-SHA256 Credential={self.key_id},SignedHeaders={';'.join(names)},Signature={signature}"
        )
        return self._request(self.path, headers)

    def _rpc(self) -> tuple[int, dict]:
        query = {
            "Action": self.action, "Version": self.version, "AccessKeyId": self.key_id, "Format": "JSON",
            "SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0", "SignatureNonce": self.nonce,
            "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.at)), **self.query,
        }  # fmt: skip
        if self.token is not None:
            query["SecurityToken"] = self.token
        query = {name: value for name, value in query.items() if name not in self.leave_out}
        text = f"POST&%2F&{quote(_query(query), safe='~')}"
        digest = hmac.new(f"{self.secret}&".encode(), text.encode(), hashlib.sha1).digest()
        self.query = {**query, "Signature": base64.b64encode(digest).decode()}
        return self._request("/", {})

    def _roa(self) -> tuple[int, dict]:
        headers = {
            "accept": "application/json", "content-type": "application/json", "date": formatdate(self.at, usegmt=True),
            "x-acs-version": self.version, "x-acs-action": self.action, "x-acs-signature-nonce": self.nonce,
            "x-acs-signature-method": "HMAC-SHA1", "x-acs-signature-version": "1.0",
        }  # fmt: skip
        if self.token is not None:
            headers["x-acs-security-token"] = self.token
        if self.body and "content-md5" not in self.leave_out:
            headers["content-md5"] = base64.b64encode(hashlib.md5(self.body).digest()).decode()
        head = ["POST", *(headers.get(name, "") for name in ("accept", "content-md5", "content-type", "date"))]
        lines = [f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-acs-")]
        pairs = "&".join(f"{name}={value}" for name, value in sorted(self.query.items()))
        text = "\n".join((*head, *lines, f"/?{pairs}" if pairs else "/"))
        digest = hmac.new(self.secret.encode(), text.encode(), hashlib.sha1).digest()
        headers["Authorization"] = f"acs {self.key_id}:{base64.b64encode(digest).decode()}"
        return self._request("/", headers)

    def _request(self, path: str, headers: dict[str, str]) -> tuple[int, dict]:
        where = urlsplit(self.url)
        query = {**self.query, **(self.sent_query or {})}
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=30)
        body = self.body if self.sent_body is None else self.sent_body
        target = f"{path}?{_query(query)}" if query else path
        connection.request(self.method, target, body, {**headers, **self.more_headers})
        response = connection.getresponse()
        self.raw = response.read()
        connection.close()
        if "xml" in response.headers["content-type"]:
            return response.status, {}
        answer = json.loads(self.raw)
        assert (answer.get("RequestId") or answer["requestId"]) == response.headers["x-acs-request-id"]
        return response.status, answer


def _query(query: dict[str, str]) -> str:
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(query.items()))
