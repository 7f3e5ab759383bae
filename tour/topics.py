"""A call of DataHub's API: JSON over HTTP, signed. The vendor's client does so too, but needs a compiler."""

import base64
import hashlib
import hmac
import json
import urllib.request
from email.utils import formatdate
from typing import Any

from yunbox.testing.server import Server


def call(server: Server, method: str, path: str, **body: Any) -> dict[str, Any]:
    """What a request answers. Raises HTTPError."""
    kind, date = "application/json", formatdate(usegmt=True)
    text = "\n".join((method, kind, date, path))
    signature = base64.b64encode(hmac.digest(server.access_key_secret.encode(), text.encode(), hashlib.sha1)).decode()
    request = urllib.request.Request(
        server.endpoints["datahub"] + path,
        json.dumps(body).encode() if body else None,
        {"Content-Type": kind, "Date": date, "Authorization": f"DATAHUB {server.access_key_id}:{signature}"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        found: dict[str, Any] = json.loads(answer.read() or b"{}")
        return found
