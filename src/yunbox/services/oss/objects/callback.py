"""Callbacks: after an upload the service asks the application's own server what to answer.

The request comes from here, on behalf of whoever uploads, so unless it is configured otherwise it goes to this
machine only, to the address that was looked up and checked. It has a short time and a bounded answer, and follows no
redirect. The real service signs it with an RSA key of its own; this one has none. Source: the vendor's page Callback.
"""

import asyncio
import contextlib
import http.client
import ipaddress
import json
import re
import socket
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlsplit

from yunbox.kernel.errors import KernelError

TIMEOUT_S = 5.0
_ANSWER_BYTES_MAX = 1024 * 1024
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
"""What the body of a callback may be."""
_PLACE = re.compile(r"\$\{([^${}]*)\}")
_THREADS = ThreadPoolExecutor(16, thread_name_prefix="oss-callback")
"""Of their own, so that slow servers do not keep the disk's threads waiting."""
_NUMBERS = ("size", "imageInfo.height", "imageInfo.width")


class CallbackFailed(KernelError):
    """No server gave an answer that can be passed on."""

    code = "CallbackFailed"


@dataclass(frozen=True)
class Callback:
    """Whom to ask, and how."""

    urls: tuple[str, ...]
    host: str
    body: str
    body_type: str
    variables: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What the application's server answered."""

    content_type: str
    body: bytes


def filled(callback: Callback, facts: Mapping[str, str]) -> bytes:
    """The body of the callback with the facts of the upload in it; what is not known is empty."""
    known = {**facts, **callback.variables}

    def form(found: re.Match[str]) -> str:
        return quote_plus(_fact(known, found[1]), safe="")

    def quoted(found: re.Match[str]) -> str:
        value = _fact(known, found[1])
        if found[1] in _NUMBERS and value:
            return value
        inside = callback.body[found.start() - 1 : found.start()] == callback.body[found.end() : found.end() + 1] == '"'
        return json.dumps(value)[1:-1] if inside else json.dumps(value)

    return _PLACE.sub(quoted if callback.body_type == JSON else form, callback.body).encode()


def _fact(known: Mapping[str, str], name: str) -> str:
    """A value by its name; the names of variables are in lower case in a form."""
    return known.get(name) or known.get(name.lower(), "") if name.startswith("x:") else known.get(name, "")


async def ask(callback: Callback, body: bytes, headers: Mapping[str, str], *, anywhere: bool) -> Answer:
    """Ask one server after another until one answers. Raises CallbackFailed."""
    failure = CallbackFailed("Callback address is not valid.")
    for url in callback.urls:
        exchange = _Exchange(url, callback, body, headers, anywhere)
        try:
            return await _in_time(exchange)
        except CallbackFailed as error:
            failure = error
        except (OSError, http.client.HTTPException, ValueError, TimeoutError):
            failure = CallbackFailed("Error status : -1. The server cannot be reached, or takes too long.")
    raise failure


async def _in_time(exchange: "_Exchange") -> Answer:
    """Ask one server; one that answers in drops is cut off, and gives its thread back."""
    running = asyncio.get_running_loop().run_in_executor(_THREADS, exchange.run)
    try:
        return await asyncio.wait_for(running, 2 * TIMEOUT_S)
    finally:
        exchange.cut()


class _Exchange:
    """One request to one server, in a thread."""

    def __init__(self, url: str, callback: Callback, body: bytes, headers: Mapping[str, str], anywhere: bool) -> None:
        self._parts = urlsplit(url if "://" in url else f"http://{url}")
        self._callback = callback
        self._body = body
        self._headers = dict(headers)
        self._anywhere = anywhere
        self._socket: socket.socket | None = None

    def run(self) -> Answer:
        """Send the request and read the answer. Raises CallbackFailed, OSError and what http.client raises."""
        parts = self._parts
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CallbackFailed("Callback address is not valid.")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        connection = http.client.HTTPConnection(parts.hostname, port, timeout=TIMEOUT_S)
        self._socket = socket.create_connection((_address(parts.hostname, port, self._anywhere), port), TIMEOUT_S)
        try:
            if parts.scheme == "https":
                context = ssl.create_default_context()
                self._socket = context.wrap_socket(self._socket, server_hostname=parts.hostname)
            connection.sock = self._socket
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", target, self._body, self._all_headers())
            return _answer(connection.getresponse())
        finally:
            connection.close()
            self._socket.close()

    def _all_headers(self) -> dict[str, str]:
        host = self._callback.host or self._parts.netloc.rpartition("@")[2]
        return self._headers | {"Host": host, "Content-Type": self._callback.body_type, "Connection": "close"}

    def cut(self) -> None:
        """End the exchange, wherever it is."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def _address(host: str, port: int, anywhere: bool) -> str:
    """The address to connect to. Raises CallbackFailed for one that is not of this machine."""
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    allowed = [item for item in found if anywhere or ipaddress.ip_address(item.partition("%")[0]).is_loopback]
    if not allowed:
        raise CallbackFailed("Private address is forbidden to callback.")
    return allowed[0]


def _answer(response: http.client.HTTPResponse) -> Answer:
    body = response.read(_ANSWER_BYTES_MAX + 1)
    if response.status != 200:
        raise CallbackFailed(f"Error status : {response.status}.")
    if len(body) > _ANSWER_BYTES_MAX:
        raise CallbackFailed("Response body is too long.")
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        raise CallbackFailed("Response body is not valid json format.") from None
    return Answer(response.headers.get("Content-Type", JSON), body)
