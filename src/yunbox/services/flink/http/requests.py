"""Requests of Flink's clients: JSON bodies, which GET may have too, and who sends them.

Flink's own interfaces know no users, and its clients send no credentials. What comes from another user of the machine
must bear an AccessKey (HTTP Basic); what comes from the user who runs the server is the account's. Which it is the
kernel tells, of connections on the loopback interface. A page in a browser is not its user: requests that name an
origin, or another host, are refused.
"""

import json
import math
import os
from base64 import b64decode
from collections.abc import Callable
from typing import Any

from yunbox.kernel.call import Claim
from yunbox.kernel.errors import Forbidden, InvalidArgument
from yunbox.services.flink.faults import MALFORMED
from yunbox.wire.http import Request
from yunbox.wire.peers import uid_of

_LOCAL = ("127.0.0.1", "localhost", "[::1]")


async def document(request: Request) -> dict[str, Any]:
    """The body of a request. Raises InvalidArgument."""
    data = await request.body.read()
    try:
        found = json.loads(data or b"{}")
    except ValueError:
        raise InvalidArgument("Request did not match expected format: the body is no JSON", code=MALFORMED) from None
    if not isinstance(found, dict):
        raise InvalidArgument("Request did not match expected format: the body is no JSON object", code=MALFORMED)
    return found


def text(body: dict[str, Any], name: str, default: str = "") -> str:
    """A text of a body. Raises InvalidArgument."""
    found = body.get(name, default)
    if found is None:
        return default
    if not isinstance(found, str):
        raise InvalidArgument(f"Request did not match expected format: {name} is a text", code=MALFORMED)
    return found


def texts(body: dict[str, Any], name: str) -> dict[str, str]:
    """Names and texts of a body. Raises InvalidArgument."""
    found = body.get(name) or {}
    if not isinstance(found, dict):
        raise InvalidArgument(f"Request did not match expected format: {name} is an object", code=MALFORMED)
    return {str(key): str(value) for key, value in found.items()}


class Callers:
    """Tells who sends a request. ``owner`` is the key of the account that the server is of."""

    def __init__(self, owner: Callable[[], tuple[str, str]], *, asks_key: bool) -> None:
        self._owner = owner
        self._asks_key = asks_key

    def claim(self, request: Request, peer_port: int) -> Claim:
        """What a request says of who sent it. Raises InvalidArgument, Forbidden."""
        _check_browser(request)
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            return _basic(encoded, request.peer)
        if self._asks_key or scheme or uid_of(request.peer, peer_port) not in (os.getuid(), 0):
            return Claim("none", source_ip=request.peer)
        return _claim(*self._owner(), request.peer)


def _basic(encoded: str, peer: str) -> Claim:
    try:
        name, _, password = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        raise InvalidArgument("The Authorization header is not one of Basic authentication") from None
    return _claim(name, password, peer)


def _claim(name: str, password: str, peer: str) -> Claim:
    return Claim("basic", name, password, signed=("",), expires_at=math.inf, source_ip=peer)


def _check_browser(request: Request) -> None:
    if request.headers.get("origin") or request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise Forbidden("Requests of web pages are not taken")
    host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
    if host and host not in _LOCAL and not host.replace(".", "").isdigit():
        raise Forbidden(f"The host {host[:100]!r} is not this server")
