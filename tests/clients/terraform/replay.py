"""Replays what Terraform's provider asks, from a transcript, signed as its SDKs sign.

A transcript is a list of calls. In them and in what is expected of the answers, ``<name>`` stands for a value that the
server made: the first answer that has it says what it is, and from then on it must be that. ``<any>`` is anything,
``<region>`` the server's own, ``<token>`` a new one. Of an answer only what the provider reads is expected; ``as
before`` is an answer that must be the one to the same call before: who reads a resource twice sees no change.
"""

import base64
import hashlib
import hmac
import json
import re
import time
import uuid
import warnings
import xml.etree.ElementTree as ET
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import requests

from yunbox.testing.server import Server

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import oss2

OLD, NEW = "old", "new"
"""The styles: RPC and ROA with HMAC-SHA1 and OSS V1, as the provider signs; ACS3 and OSS V4, as later ones do."""
FOLDER = Path(__file__).with_name("transcripts")
_NAME = re.compile(r"<([a-z]+\d*)>")
_FORM = "application/x-www-form-urlencoded"
_CHANGING = ("RequestId", "requestId", "HostId")
Answer = tuple[int, Any]


def transcript(name: str) -> list[dict[str, Any]]:
    """The calls of a transcript."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))["calls"]


class Replay:
    """One replay: what the names in a transcript stand for, and what was answered so far."""

    def __init__(self, server: Server, style: str) -> None:
        self._server = server
        self._style = style
        self.values: dict[str, str] = {"region": server.region}
        self._before: dict[str, tuple[Any, Any]] = {}

    def play(self, calls: list[dict[str, Any]]) -> None:
        """Make all calls; each is answered as the provider needs it."""
        for number, call in enumerate(calls):
            status, answer = self._asked(call)
            where = f"call {number}: {json.dumps({key: call[key] for key in call if key != 'answer'})[:600]}"
            assert status == call["status"], f"{where}\n{answer}"
            key = json.dumps({name: call[name] for name in call if name not in ("phase", "status", "answer")})
            if call.get("answer") == "as before":
                wanted, before = self._before[key]
                assert _read(wanted, answer) == before, where
            elif "answer" in call:
                self._expect(call["answer"], answer, where)
                self._before[key] = call["answer"], _read(call["answer"], answer)

    # -- calls

    def _asked(self, call: dict[str, Any]) -> Answer:
        filled = self._filled({key: call[key] for key in call if key != "answer"})
        if filled["service"] == "oss":
            return self._oss(filled)
        if filled["service"] == "datahub":
            return self._datahub(filled)
        return (
            self._acs3(filled) if self._style == NEW else self._roa(filled) if "path" in filled else self._rpc(filled)
        )

    def _filled(self, value: Any) -> Any:
        """A call with the values that its names stand for."""
        if isinstance(value, dict):
            return {key: self._filled(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._filled(one) for one in value]
        if not isinstance(value, str):
            return value
        return _NAME.sub(lambda found: uuid.uuid4().hex if found[1] == "token" else self.values[found[1]], value)

    def _rpc(self, call: dict[str, Any]) -> Answer:
        form = call.get("form", {})
        query = {
            "Action": call["action"], "Version": call["version"], "Format": "json", "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0", "SignatureNonce": uuid.uuid4().hex, "AccessKeyId": self._server.access_key_id,
            "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **call.get("query", {}),
        }  # fmt: skip
        text = f"POST&%2F&{quote(_pairs({**query, **form}), safe='~')}"
        query["Signature"] = _sha1(f"{self._server.access_key_secret}&", text)
        return self._sent("openapi", "POST", f"/?{_pairs(query)}", {"content-type": _FORM}, urlencode(form).encode())

    def _roa(self, call: dict[str, Any]) -> Answer:
        """As tea-roa does it: a body has no digest."""
        headers = {
            "accept": "application/json", "date": formatdate(usegmt=True), "x-acs-version": call["version"],
            "x-acs-signature-nonce": uuid.uuid4().hex, "x-acs-signature-method": "HMAC-SHA1",
            "x-acs-signature-version": "1.0",
        }  # fmt: skip
        body = json.dumps(call["body"]).encode() if "body" in call else b""
        if body:
            headers["content-type"] = "application/json; charset=utf-8"
        lines = [f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-acs-")]
        query = call.get("query", {})
        pairs = "&".join(f"{name}={value}" for name, value in sorted(query.items()))
        head = [call["method"], headers["accept"], "", headers.get("content-type", ""), headers["date"]]
        text = "\n".join((*head, *lines, f"{call['path']}?{pairs}" if pairs else call["path"]))
        headers["authorization"] = f"acs {self._server.access_key_id}:{_sha1(self._server.access_key_secret, text)}"
        return self._sent("openapi", call["method"], _target(call["path"], query), headers, body)

    def _acs3(self, call: dict[str, Any]) -> Answer:
        method, path, query = call.get("method", "POST"), call.get("path", "/"), call.get("query", {})
        body = json.dumps(call["body"]).encode() if "body" in call else urlencode(call.get("form", {})).encode()
        headers = {
            "host": urlsplit(self._server.endpoints["openapi"]).netloc, "x-acs-version": call["version"],
            "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "x-acs-signature-nonce": uuid.uuid4().hex,
            "x-acs-content-sha256": hashlib.sha256(body).hexdigest(), "accept": "application/json",
        }  # fmt: skip
        if "action" in call:
            headers["x-acs-action"] = call["action"]
        headers["content-type"] = "application/json; charset=utf-8" if "body" in call else _FORM
        names = sorted(name for name in headers if name.startswith("x-acs-") or name in ("host", "content-type"))
        lines = "".join(f"{name}:{headers[name]}\n" for name in names)
        text = "\n".join(
            (method, quote(path, safe="/~"), _pairs(query), lines, ";".join(names), headers["x-acs-content-sha256"])
        )
        digest = f"ACS3-HMAC-SHA256\n{hashlib.sha256(text.encode()).hexdigest()}"
        signature = hmac.new(self._server.access_key_secret.encode(), digest.encode(), hashlib.sha256).hexdigest()
        headers["authorization"] = (
            f"ACS3-HMAC-SHA256 Credential={self._server.access_key_id},SignedHeaders={';'.join(names)},"
            f"Signature={signature}"
        )
        return self._sent("openapi", method, _target(path, query), headers, body)

    def _oss(self, call: dict[str, Any]) -> Answer:
        """Signed as oss2 signs, which the SDKs for Go do alike."""
        key, secret = self._server.access_key_id, self._server.access_key_secret
        is_old = self._style == OLD and call.get("signed") != "v4"
        auth: Any = oss2.Auth(key, secret) if is_old else oss2.AuthV4(key, secret)
        bucket, name = call["bucket"], call.get("key", "")
        url = "/".join(filter(None, (self._server.endpoints["oss"], bucket, name))) + ("" if name else "/")
        request = oss2.http.Request(
            call["method"], url, data=call.get("body", "").encode(), params=call.get("query"),
            headers=dict(call.get("headers", {})), region=self._server.region, product="oss",
        )  # fmt: skip
        auth._sign_request(request, bucket, name)
        answer = oss2.http.Session().do_request(request, timeout=30)
        return answer.status, _flat(answer.read(), answer.headers.get("content-type", ""))

    def _datahub(self, call: dict[str, Any]) -> Answer:
        body = json.dumps(call["body"]).encode() if "body" in call else b""
        headers = {
            "content-type": "application/json",
            "date": formatdate(usegmt=True),
            "x-datahub-client-version": "1.1",
        }
        target = _target(call["path"], call.get("query", {}))
        text = "\n".join(
            (call["method"], headers["content-type"], headers["date"], "x-datahub-client-version:1.1", target)
        )
        signature = _sha1(self._server.access_key_secret, text)
        headers["authorization"] = f"DATAHUB {self._server.access_key_id}:{signature}"
        return self._sent("datahub", call["method"], target, headers, body)

    def _sent(self, endpoint: str, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        url = f"{self._server.endpoints[endpoint]}{target}"
        answer = requests.request(method, url, headers=headers, data=body, timeout=60)
        return answer.status_code, answer.json() if answer.content else None

    # -- answers

    def _expect(self, wanted: Any, found: Any, where: str) -> None:
        """Whether an answer has what is expected of it."""
        if isinstance(wanted, dict):
            assert isinstance(found, dict), where
            for key, value in wanted.items():
                assert key in found, f"{where}\n{key} is not in {found}"
                self._expect(value, found[key], f"{where}\n{key}")
        elif isinstance(wanted, list):
            assert isinstance(found, list), where
            assert len(found) == len(wanted), f"{where}\n{found}"
            for value, one in zip(wanted, found, strict=True):
                self._expect(value, one, where)
        elif isinstance(wanted, str) and wanted != "<any>" and isinstance(found, str):
            self._same(wanted, found, where)
        elif wanted != "<any>":
            assert found == wanted, f"{where}\n{found!r}, not {wanted!r}"

    def _same(self, wanted: str, found: str, where: str) -> None:
        """Whether a text is the one that is expected; a name in it that is new becomes what stands in its place."""
        known = _NAME.sub(lambda name: self.values.get(name[1], name[0]), wanted)
        pattern = "".join(
            f"(?P<{part[1:-1]}>[\\w.-]+)" if _NAME.fullmatch(part) else re.escape(part)
            for part in re.split(f"({_NAME.pattern.replace('(', '(?:')})", known)
        )
        match = re.fullmatch(pattern, found)
        assert match, f"{where}\n{found!r}, not {wanted!r}"
        self.values |= match.groupdict()


def _read(wanted: Any, found: Any) -> Any:
    """Of an answer what the provider reads of it."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return {key: _read(value, found.get(key)) for key, value in wanted.items() if key not in _CHANGING}
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return [_read(value, one) for value, one in zip(wanted, found, strict=True)]
    return found


def _flat(data: bytes, kind: str) -> Any:
    """A document in XML as its leaves, each with its path; of an error, its code."""
    if "xml" not in kind or not data:
        return json.loads(data) if data else None
    found: list[list[str]] = []

    def walk(element: ET.Element, path: str) -> None:
        here = f"{path}/{element.tag}".lstrip("/")
        if not len(element):
            found.append([here, element.text or ""])
        for inner in element:
            walk(inner, here)

    walk(ET.fromstring(data), "")
    return [leaf for leaf in found if leaf[0] == "Error/Code"] or found


def _sha1(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


def _pairs(values: dict[str, str]) -> str:
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(values.items()))


def _target(path: str, query: dict[str, str]) -> str:
    return f"{quote(path, safe='/~')}?{_pairs(query)}" if query else quote(path, safe="/~")
