"""A call of DataHub's API: JSON over HTTP, signed. The vendor's client does so too, but needs a compiler."""

import base64
import hashlib
import hmac
import json
import urllib.request
from email.utils import formatdate
from typing import Any

from guest import Guest


def call(guest: Guest, method: str, path: str, **body: Any) -> dict[str, Any]:
    """What a request answers. Raises HTTPError."""
    key, kind, date = guest.key, "application/json", formatdate(usegmt=True)
    token = f"x-datahub-security-token:{key.token}"
    text = "\n".join((method, kind, date, token, path))
    signature = base64.b64encode(hmac.digest(key.secret.encode(), text.encode(), hashlib.sha1)).decode()
    request = urllib.request.Request(
        guest.server.endpoints["datahub"] + path,
        json.dumps(body).encode() if body else None,
        {
            "Content-Type": kind,
            "Date": date,
            "x-datahub-security-token": key.token,
            "Authorization": f"DATAHUB {key.id}:{signature}",
        },
        method=method,
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        found: dict[str, Any] = json.loads(answer.read() or b"{}")
        return found
