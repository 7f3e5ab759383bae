"""Requests that the house sends on somebody's behalf: callbacks of uploads, webhooks of alarms.

Whoever may ask for one must not reach by it what only the house reaches. So it goes to the address that was looked up
and checked: to this machine unless it is configured otherwise, and never to the house's own listeners or to where
clouds keep credentials. It has a short time and a bounded answer, and follows no redirect.
"""

import asyncio
import contextlib
import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from yunbox.kernel.errors import KernelError

TIMEOUT_S = 5.0
FORM = "application/x-www-form-urlencoded"
_ANSWER_BYTES_MAX = 1024 * 1024
_THREADS = ThreadPoolExecutor(16, thread_name_prefix="outgoing")
"""Of their own, so that slow servers do not keep the disk's threads waiting."""
METADATA = "100.100.100.200"
"""Where the vendor's machines find their credentials; those of other clouds are link-local."""


class OutgoingError(KernelError):
    """There was no answer. Its kind says why."""


class BadAddress(OutgoingError):
    """The URL is none that a request can be sent to."""


class ForbiddenAddress(OutgoingError):
    """The URL leads to where nothing may be sent."""


class NoAnswer(OutgoingError):
    """The server cannot be reached, takes too long, or answers what is no HTTP."""


class TooLong(OutgoingError):
    """The answer is longer than anybody reads."""


@dataclass(frozen=True)
class Reply:
    """What a server answered."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True)
class Reach:
    """Whither requests may go: ``anywhere`` or to this machine, and not to ``own`` ports on it."""

    anywhere: bool
    own: Callable[[], frozenset[int]]

    def address(self, host: str, port: int) -> str:
        """The address to connect to. Raises OSError for a name that is none, and ForbiddenAddress."""
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        allowed = [item for item in found if self._allows(item.partition("%")[0], port)]
        if not allowed:
            raise ForbiddenAddress(f"Nothing may be sent to {host[:128]}:{port}")
        return allowed[0]

    def _allows(self, text: str, port: int) -> bool:
        address = ipaddress.ip_address(text)
        address = getattr(address, "ipv4_mapped", None) or address
        if address.is_loopback:
            return port not in self.own()
        hidden = str(address) == METADATA or address.is_link_local or address.is_unspecified or address.is_multicast
        return self.anywhere and not hidden


async def post(url: str, body: bytes, headers: Mapping[str, str], reach: Reach) -> Reply:
    """Send a body to one server; one that answers in drops is cut off. Raises OutgoingError."""
    exchange = _Exchange(url, body, headers, reach)
    running = asyncio.get_running_loop().run_in_executor(_THREADS, exchange.run)
    try:
        return await asyncio.wait_for(running, 2 * TIMEOUT_S)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer(str(error) or type(error).__name__) from None
    finally:
        exchange.cut()


class _Exchange:
    """One request to one server, in a thread."""

    def __init__(self, url: str, body: bytes, headers: Mapping[str, str], reach: Reach) -> None:
        self._parts = _parts(url)
        self._body = body
        self._headers = {"Host": self._parts.netloc.rpartition("@")[2], **headers, "Connection": "close"}
        self._reach = reach
        self._socket: socket.socket | None = None

    def run(self) -> Reply:
        """Send the request and read the answer."""
        parts = self._parts
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
        self._socket = socket.create_connection((self._reach.address(host, port), port), TIMEOUT_S)
        try:
            if parts.scheme == "https":
                self._socket = ssl.create_default_context().wrap_socket(self._socket, server_hostname=host)
            connection.sock = self._socket
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", target, self._body, self._headers)
            return _reply(connection.getresponse())
        finally:
            connection.close()
            self._socket.close()

    def cut(self) -> None:
        """End the exchange, wherever it is."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise BadAddress(f"{url[:128]} is no URL that a request can be sent to")
    return parts


def check_url(url: str) -> str:
    """A URL that requests are to go to later on. Raises BadAddress."""
    _parts(url)
    return url


def _reply(response: http.client.HTTPResponse) -> Reply:
    body = response.read(_ANSWER_BYTES_MAX + 1)
    if len(body) > _ANSWER_BYTES_MAX:
        raise TooLong("The answer is too long")
    return Reply(response.status, response.headers.get("Content-Type", ""), body)
